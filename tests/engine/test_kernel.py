"""Flows, lines and the clock: what each wait gives back, what it costs in events, and in which order ties run."""

from __future__ import annotations

import gc
import weakref
from itertools import permutations

import pytest

from mailsim.engine.kernel import FAULT, MESSAGE, SOURCE, Clock, Flow, Join, Line, wake
from mailsim.errors import LimitError


def sleeper(env, seen, name, *instants):
    for instant in instants:
        t = yield instant
        seen.append((t, name))


def parker(env, seen, name, turn):
    value = yield turn
    seen.append((env.now, name, value))


def waker(line, t, value):
    t = yield t
    if line:
        wake(line.popleft(), value, t)


def test_a_flow_gets_back_the_instant_it_asked_for_and_the_clock_stands_there():
    env, seen = Clock(), []

    def script():
        t = yield 5
        seen.append((t, env.now))
        t = yield t + 7_000_000_000_000_000
        seen.append((t, env.now))

    Flow(env, script(), MESSAGE)
    env.run()
    assert seen == [(5, 5), (7_000_000_000_000_005, 7_000_000_000_000_005)]
    assert type(env.now) is int


def test_a_flow_begins_at_once_in_its_creators_instant():
    env, seen = Clock(start_us=40), []

    def script():
        seen.append(env.now)
        yield 50

    Flow(env, script(), MESSAGE)
    assert seen == [40]


def test_a_wait_costs_one_event_and_beginning_and_ending_cost_none():
    env = Clock()
    for number in range(10):
        Flow(env, sleeper(env, [], number, 3, 4, 5), MESSAGE + number)
    env.run()
    assert env.steps == 10 * 3


def test_a_wake_costs_exactly_one_event():
    env, line, seen = Clock(), Line(), []
    Flow(env, parker(env, seen, "a", line), MESSAGE)
    Flow(env, waker(line, 8, "slot"), MESSAGE + 1)
    env.run()
    assert seen == [(8, "a", "slot")]
    assert env.steps == 2  # the waker's own instant, and the wake


def test_ties_run_by_number_whatever_the_order_of_arming():
    wanted = [(10, "fault"), (10, "source"), (10, "m0"), (10, "m1")]
    flows = {"fault": FAULT, "source": SOURCE, "m0": MESSAGE, "m1": MESSAGE + 1}
    for arrangement in permutations(flows):
        env, seen = Clock(), []
        for name in arrangement:
            Flow(env, sleeper(env, seen, name, 10), flows[name])
        env.run()
        assert seen == wanted


def test_ties_do_not_depend_on_how_many_waits_came_before():
    for stops in ([10], [1, 10], [1, 2, 3, 9, 10]):
        env, seen = Clock(), []
        Flow(env, sleeper(env, seen, "first", *stops), MESSAGE)
        Flow(env, sleeper(env, seen, "second", 10), MESSAGE + 1)
        env.run()
        assert [name for t, name in seen if t == 10] == ["first", "second"]


def test_a_woken_flow_keeps_its_rank_among_those_due_at_that_instant():
    env, line, seen = Clock(), Line(), []
    Flow(env, parker(env, seen, "woken", line), MESSAGE + 5)
    Flow(env, waker(line, 10, 1), MESSAGE)
    Flow(env, sleeper(env, seen, "before", 10), MESSAGE + 4)
    Flow(env, sleeper(env, seen, "after", 10), MESSAGE + 6)
    env.run()
    assert [entry[1] for entry in seen] == ["before", "woken", "after"]


def test_a_timed_park_that_is_woken_in_time_gets_the_value_and_its_alarm_stays_silent():
    env, line, seen = Clock(), Line(), []

    def script():
        value = yield line, 100
        seen.append((env.now, value))
        t = yield 500
        seen.append((env.now, t))

    Flow(env, script(), MESSAGE)
    Flow(env, waker(line, 60, "slot"), MESSAGE + 1)
    env.run()
    assert seen == [(60, "slot"), (500, 500)]


def test_a_timed_park_that_nobody_wakes_gets_none_at_its_instant_and_leaves_the_line():
    env, line, seen = Clock(), Line(), []
    Flow(env, parker(env, seen, "a", (line, 100)), MESSAGE)
    Flow(env, parker(env, seen, "b", line), MESSAGE + 1)
    Flow(env, waker(line, 101, "slot"), MESSAGE + 2)
    env.run()
    assert seen == [(100, "a", None), (101, "b", "slot")]


@pytest.mark.parametrize(("waker_order", "wanted"), [(MESSAGE, "slot"), (MESSAGE + 9, None)])
def test_patience_that_ends_at_the_very_instant_of_the_wake_is_decided_by_rank(waker_order, wanted):
    env, line, seen = Clock(), Line(), []
    Flow(env, parker(env, seen, "a", (line, 100)), MESSAGE + 5)
    Flow(env, waker(line, 100, "slot"), waker_order)
    env.run()
    assert seen == [(100, "a", wanted)]


def test_a_second_timed_park_is_not_ended_by_the_alarm_of_the_first():
    env, line, seen = Clock(), Line(), []

    def script():
        seen.append(((yield line, 100), env.now))
        seen.append(((yield line, 200), env.now))

    Flow(env, script(), MESSAGE)
    Flow(env, waker(line, 50, "early"), MESSAGE + 1)
    env.run()
    assert seen == [("early", 50), (None, 200)]


def test_a_line_is_first_come_first_served_and_can_be_left_from_the_middle():
    env, line, seen = Clock(), Line(), []
    Flow(env, parker(env, seen, "a", line), MESSAGE)
    Flow(env, parker(env, seen, "b", (line, 5)), MESSAGE + 1)
    Flow(env, parker(env, seen, "c", line), MESSAGE + 2)
    for number in range(2):
        Flow(env, waker(line, 10 + number, "slot"), MESSAGE + 3 + number)
    env.run()
    assert seen == [(5, "b", None), (10, "a", "slot"), (11, "c", "slot")]
    assert not line


def test_a_join_goes_on_at_the_instant_of_the_last():
    env, seen = Clock(), []
    join = Join(3)

    def part(t):
        t = yield t
        join.done(t)

    for number, t in enumerate((30, 10, 20)):
        Flow(env, part(t), MESSAGE + number)
    Flow(env, parker(env, seen, "whole", join.line), MESSAGE + 3)
    env.run()
    assert seen == [(30, "whole", 30)]
    assert join.missing == 0


def test_a_flow_that_nobody_wakes_is_counted():
    env, line = Clock(), Line()
    Flow(env, parker(env, [], "lost", line), MESSAGE)
    Flow(env, parker(env, [], "patient", (line, 50)), MESSAGE + 1)
    Flow(env, sleeper(env, [], "asleep", 60), MESSAGE + 2)
    assert env.parked == 1
    env.run()
    assert env.parked == 1


def test_a_flow_that_was_woken_counts_no_more():
    env, line, seen = Clock(), Line(), []
    Flow(env, parker(env, seen, "plain", line), MESSAGE)
    Flow(env, parker(env, seen, "timed", (line, 50)), MESSAGE + 1)
    for number in range(2):
        Flow(env, waker(line, 10, "slot"), MESSAGE + 2 + number)
    env.run()
    assert len(seen) == 2
    assert env.parked == 0


def test_a_void_alarm_does_not_hide_a_parked_flow():
    env, line, seen = Clock(), Line(), []

    def script():
        seen.append((yield line, 100))
        yield line

    Flow(env, script(), MESSAGE)
    Flow(env, waker(line, 10, "slot"), MESSAGE + 1)
    env.run(until=20)
    assert seen == ["slot"]
    assert env.parked == 1


def test_a_run_ends_just_before_what_is_due_at_its_end_and_can_be_resumed():
    env, seen = Clock(), []
    Flow(env, sleeper(env, seen, "fault", 10), FAULT)
    Flow(env, sleeper(env, seen, "m", 9, 10, 11), MESSAGE)
    env.run(until=10)
    assert (env.now, seen, env.steps) == (10, [(9, "m")], 1)
    env.run(until=11)
    assert (env.now, seen[1:], env.steps) == (11, [(10, "fault"), (10, "m")], 3)
    env.run()
    assert (seen[3:], env.steps) == ([(11, "m")], 4)


def test_a_run_until_a_quiet_instant_comes_to_that_instant():
    env = Clock()
    env.run(until=1_000)
    assert (env.now, env.steps) == (1_000, 0)


def test_a_run_can_be_stopped_from_inside_before_anything_else_of_that_instant():
    env, seen = Clock(), []

    def stopping():
        yield 5
        env.stop()

    Flow(env, stopping(), SOURCE)
    Flow(env, sleeper(env, seen, "m", 4, 5, 6), MESSAGE)
    env.run(until=50)
    assert (env.now, seen) == (5, [(4, "m")])
    env.run()
    assert seen == [(4, "m"), (5, "m"), (6, "m")]


def test_a_run_into_the_past_is_refused():
    with pytest.raises(ValueError, match="it is 10 us already"):
        Clock(start_us=10).run(until=9)


def test_a_budget_of_steps_stops_an_endless_run():
    env = Clock()

    def endless():
        t = 0
        while True:
            t = yield t

    Flow(env, endless(), MESSAGE)
    with pytest.raises(LimitError, match="max_steps=1,000"):
        env.run(until=50, max_steps=1_000)
    assert env.steps == 1_000


@pytest.mark.parametrize("until", [None, 3])
def test_a_budget_that_is_just_enough_is_enough(until):
    env, seen = Clock(), []
    Flow(env, sleeper(env, seen, "m", *((1, 2) if until is None else (1, 2, 3))), MESSAGE)
    env.run(until, max_steps=2)
    assert (seen, env.steps) == ([(1, "m"), (2, "m")], 2)
    assert env.now == (until or 2)


def test_after_a_spent_budget_the_run_can_go_on():
    env, seen = Clock(), []
    Flow(env, sleeper(env, seen, "m", 1, 2, 30), MESSAGE)
    with pytest.raises(LimitError):
        env.run(until=20, max_steps=1)
    env.run()
    assert seen == [(1, "m"), (2, "m"), (30, "m")]


def test_a_wake_by_somebody_who_has_looked_ahead_is_caught():
    env, line = Clock(), Line()
    Flow(env, parker(env, [], "a", line), MESSAGE)

    def hasty():
        t = yield 10
        wake(line.popleft(), True, t + 5)

    Flow(env, hasty(), MESSAGE + 1)
    with pytest.raises(AssertionError, match="looked ahead"):
        env.run()


def test_a_second_wake_of_the_same_flow_is_caught():
    env, line = Clock(), Line()
    flow = Flow(env, parker(env, [], "a", line), MESSAGE)
    wake(line.popleft(), True, 0)
    with pytest.raises(AssertionError, match="due already"):
        wake(flow, True, 0)


@pytest.mark.parametrize("turn", [9, (Line(), 9)])
def test_a_wait_for_the_past_is_caught(turn):
    env = Clock(start_us=10)
    with pytest.raises(AssertionError, match="it is 10 us already"):
        Flow(env, parker(env, [], "a", turn), MESSAGE)


@pytest.mark.parametrize("turn", [1.5, True, None, "5m"])
def test_a_yield_of_anything_else_is_a_type_error(turn):
    env = Clock()
    with pytest.raises(TypeError, match="a Flow yields an int, a Line"):
        Flow(env, parker(env, [], "a", turn), MESSAGE)


def test_an_error_in_a_script_comes_out_of_the_run():
    env = Clock()

    def broken():
        yield 3
        raise KeyError("mx9")

    Flow(env, broken(), MESSAGE)
    with pytest.raises(KeyError, match="mx9"):
        env.run()


def test_events_and_processes_of_simpy_itself_work_on_the_clock():
    env, seen = Clock(), []

    def process():
        yield env.timeout(4) & env.timeout(7)
        seen.append(env.now)
        env.event().fail(KeyError("unheeded"))

    env.process(process())
    with pytest.raises(KeyError, match="unheeded"):
        env.run()
    assert seen == [7]


def test_a_flow_that_has_ended_is_freed_without_the_garbage_collector():
    env, line = Clock(), Line()

    def script():
        yield 1
        yield line, 3

    gc.disable()
    try:
        flow = weakref.ref(Flow(env, script(), MESSAGE))
        assert flow() is not None
        env.run()
        assert flow() is None
    finally:
        gc.enable()
