"""Stations and slots: worked by hand, and equal to plain SimPy customer by customer where no two instants tie."""

from __future__ import annotations

from random import Random

import pytest
import simpy

from mailsim.engine.kernel import FAULT, MESSAGE, SOURCE, Clock, Flow
from mailsim.engine.stations import SLOT, SlotLine, Slots, Station


def customers(n, seed, *, mean_gap=1_000_000):
    """Arrival, duration and patience of n customers, in microseconds so fine that no two instants of a run tie."""
    random = Random(seed)
    t, table = 0, []
    for _ in range(n):
        t += random.randrange(1, 2 * mean_gap)
        table.append((t, random.randrange(1, 5 * mean_gap), random.randrange(1, 4 * mean_gap)))
    return table


def feed(env, table, script):
    def source():
        for number, (arrival, *rest) in enumerate(table):
            t = yield arrival
            Flow(env, script(number, t, *rest), MESSAGE + number)

    Flow(env, source(), SOURCE)
    env.run()


def plain_simpy_ends(table, capacity, *, impatient=False):
    env, ends = simpy.Environment(), {}
    resource = simpy.Resource(env, capacity)

    def customer(number, duration, patience):
        with resource.request() as request:
            if impatient:
                yield request | env.timeout(patience)
                if not request.triggered:
                    ends[number] = -env.now
                    return
            else:
                yield request
            yield env.timeout(duration)
        ends[number] = env.now

    def source():
        for number, (arrival, duration, patience) in enumerate(table):
            yield env.timeout(arrival - env.now)
            env.process(customer(number, duration, patience))

    env.process(source())
    env.run()
    assert len({abs(end) for end in ends.values()}) == len(ends), "ties: not a fair oracle"
    return ends


# ---------------------------------------------------------------------------------------------------------- Station
def test_a_station_starts_each_arrival_at_the_earliest_free_server():
    station = Station(2)
    assert station.serve(0, 10) == 10
    assert station.serve(0, 4) == 4
    assert station.start(1) == 4
    assert station.serve(1, 3) == 7
    assert station.serve(2, 1) == 8  # servers are free at 7 and 10
    assert station.start(50) == 50


def test_a_station_without_limit_lets_nobody_wait():
    station = Station(None)
    assert isinstance(station, Station)
    assert [station.serve(3, 10) for _ in range(5)] == [13] * 5
    assert station.start(4) == 4


@pytest.mark.parametrize("capacity", [1, 2, 3])
def test_a_station_equals_a_simpy_resource_with_one_event_a_visit(capacity):
    table, ends = customers(2_000, capacity), {}
    env, station = Clock(), Station(capacity)

    def script(number, t, duration, patience):
        ends[number] = yield station.serve(t, duration)

    feed(env, table, script)
    assert ends == plain_simpy_ends(table, capacity)
    assert env.steps == 2 * len(table)  # an arrival and a visit each


# ------------------------------------------------------------------------------------------------------------ Slots
def test_look_ahead_slots_equal_a_simpy_resource():
    table, ends = customers(2_000, 11), {}
    env = Clock()
    slots = Slots(env, 3)

    def script(number, t, duration, patience):
        if slots.free(t) or (yield from slots.wait()):
            end = env.now + duration
            slots.take(end, 0)
            ends[number] = yield end

    feed(env, table, script)
    assert ends == plain_simpy_ends(table, 3)


def window_feedback(slots, end, failed):
    """A window that grows by one on success and shrinks by one on failure; three failures at window 1 close the place."""
    if not failed:
        slots.limit, slots.strikes = min(slots.limit + 1, 4), 0
    elif slots.limit > 1:
        slots.limit -= 1
    else:
        slots.strikes += 1
        if slots.strikes == 3:
            slots.closed_until_us, slots.limit, slots.strikes = end + 30_000_000, 2, 0


class WindowSlots(Slots):
    __slots__ = ("strikes",)


class WindowLine(SlotLine):
    """The same place by park and wake: feedback at each end by an event, changes of the limit and closing from outside."""

    __slots__ = ("closed_until_us", "limit", "strikes")


def test_look_ahead_slots_with_feedback_equal_slots_by_park_and_wake():
    random = Random(5)
    table = [(arrival, duration, random.random() < 0.7) for arrival, duration, _ in customers(3_000, 6)]
    ahead, awake = {}, {}

    env = Clock()
    slots = WindowSlots(env, 2, feedback=window_feedback)
    slots.strikes = 0

    def look_ahead(number, t, duration, failed):
        if slots.free(t) or (yield from slots.wait()):
            start = env.now
            slots.take(start + duration, failed)
            yield start + duration
            ahead[number] = (start, env.now)
        else:
            ahead[number] = (env.now, "closed")

    feed(env, table, look_ahead)

    clock = Clock()
    place = WindowLine(clock, 2)
    place.limit, place.strikes, place.closed_until_us = 2, 0, -1

    def park_and_wake(number, t, duration, failed):
        if place.closed_until_us > t:
            awake[number] = (t, "closed")
            return
        got = SLOT if not place.line and place.take(t) else (yield place.line)
        if got is not SLOT:
            awake[number] = (clock.now, got)
            return
        start = clock.now
        t = yield start + duration
        awake[number] = (start, t)
        window_feedback(place, t, failed)
        place.capacity = place.limit
        if place.closed_until_us > t:
            place.dismiss("closed", t)
        place.release(t)
        place.resize(place.limit, t)

    feed(clock, table, park_and_wake)
    closed = sum(entry[1] == "closed" for entry in ahead.values())
    waited = sum(ahead[number][0] > arrival for number, (arrival, *_) in enumerate(table))
    assert closed > 100
    assert waited > 100
    assert ahead == awake
    assert env.parked == clock.parked == 0


def test_feedback_comes_in_the_order_of_the_ends_with_their_own_instants():
    seen = []
    slots = Slots(Clock(), 5, feedback=lambda slots, end, outcome: seen.append((end, outcome)))
    slots.take(30, 0)
    slots.take(10, 1)
    slots.take(20, 0)
    slots.settle(25)
    assert seen == [(10, 1), (20, 0)]
    slots.settle(30)
    assert seen == [(10, 1), (20, 0), (30, 0)]


def test_who_waits_for_look_ahead_slots_owns_one_event_in_all():
    env = Clock()
    slots = Slots(env, 1)

    def script():
        if slots.free(env.now) or (yield from slots.wait()):
            end = env.now + 100
            slots.take(end, 0)
            yield end

    for number in range(50):
        Flow(env, script(), MESSAGE + number)
    assert env.parked == 48  # one uses the slot, one waits for its end


def test_a_newcomer_does_not_barge_past_those_who_wait_for_look_ahead_slots():
    env, starts = Clock(), {}
    slots = Slots(env, 1)

    def script(name, arrival):
        t = yield arrival
        if slots.free(t) or (yield from slots.wait()):
            starts[name] = env.now
            slots.take(env.now + 10, 0)

    Flow(env, script("holder", 0), MESSAGE + 1)
    Flow(env, script("waits", 1), MESSAGE + 9)
    Flow(env, script("behind", 2), MESSAGE + 8)
    Flow(env, script("newcomer", 10), MESSAGE + 0)  # its rank is the first of all at the instant of the release
    env.run()
    assert starts == {"holder": 0, "waits": 10, "behind": 20, "newcomer": 30}


def test_a_closed_place_sends_all_who_wait_away_at_one_instant():
    env, seen = Clock(), []

    def close(slots, end, outcome):
        slots.closed_until_us = end + 1_000

    slots = Slots(env, 1, feedback=close)

    def script(name, arrival):
        t = yield arrival
        if slots.free(t) or (yield from slots.wait()):
            slots.take(env.now + 10, 1)
            seen.append((env.now, name, "in"))
        else:
            seen.append((env.now, name, "closed"))

    for number, arrival in enumerate((0, 1, 2, 500, 1_009, 1_010)):
        Flow(env, script(number, arrival), MESSAGE + number)
    env.run()
    assert seen == [(0, 0, "in"), (10, 1, "closed"), (10, 2, "closed"), (500, 3, "closed"), (1_009, 4, "closed"), (1_010, 5, "in")]


def test_a_place_is_open_again_at_the_very_instant_at_which_its_closing_ends():
    env, starts = Clock(), {}

    def close_for_nothing(slots, end, outcome):
        slots.closed_until_us = end

    slots = Slots(env, 1, feedback=close_for_nothing)

    def script(name, arrival):
        t = yield arrival
        if slots.free(t) or (yield from slots.wait()):
            starts[name] = env.now
            slots.take(env.now + 10, 1)

    Flow(env, script("first", 0), MESSAGE)
    Flow(env, script("waits", 3), MESSAGE + 1)
    env.run()
    assert starts == {"first": 0, "waits": 10}


# --------------------------------------------------------------------------------------------------------- SlotLine
def test_slots_by_park_and_wake_with_patience_equal_simpy_with_any_of():
    table, ends = customers(3_000, 21, mean_gap=1_000_000_007), {}
    env = Clock()
    slots = SlotLine(env, 2)

    def script(number, t, duration, patience):
        got = SLOT if slots.take(t) else (yield slots.line, t + patience)
        if got is SLOT:
            t = yield env.now + duration
            slots.release(t)
            ends[number] = t
        else:
            ends[number] = -env.now

    feed(env, table, script)
    wanted = plain_simpy_ends(table, 2, impatient=True)
    assert sum(end < 0 for end in wanted.values()) > 300
    assert ends == wanted
    assert (slots.busy, len(slots.line), env.parked) == (0, 0, 0)


def holder(env, slots, starts, name, arrival, length=10):
    t = yield arrival
    got = SLOT if slots.take(t) else (yield slots.line)
    starts[name] = env.now if got is SLOT else (env.now, got)
    if got is SLOT:
        t = yield env.now + length
        slots.release(t)


def test_a_slot_is_handed_over_so_that_a_newcomer_of_the_same_instant_does_not_barge_in():
    env, starts = Clock(), {}
    slots = SlotLine(env, 1)
    Flow(env, holder(env, slots, starts, "holder", 0), MESSAGE + 0)
    Flow(env, holder(env, slots, starts, "waits", 5), MESSAGE + 9)
    Flow(env, holder(env, slots, starts, "newcomer", 10), MESSAGE + 5)  # runs between the release and the woken one
    env.run()
    assert starts == {"holder": 0, "waits": 10, "newcomer": 20}


def test_those_dismissed_get_the_reason_and_who_was_handed_a_slot_at_that_instant_keeps_it():
    env, starts = Clock(), {}
    slots = SlotLine(env, 1)
    Flow(env, holder(env, slots, starts, "holder", 0), MESSAGE + 0)
    for number in (1, 2, 3):
        Flow(env, holder(env, slots, starts, number, number), MESSAGE + number + 1)

    def closing():
        t = yield 10
        slots.dismiss("destination dead", t)

    Flow(env, closing(), MESSAGE + 1)  # after the release by the holder, before the one who got the slot has run
    env.run()
    assert starts == {"holder": 0, 1: 10, 2: (10, "destination dead"), 3: (10, "destination dead")}
    assert slots.busy == 0


def test_more_slots_let_those_in_line_in_and_fewer_turn_nobody_out():
    env, starts = Clock(), {}
    slots = SlotLine(env, 1)
    for number in range(5):
        Flow(env, holder(env, slots, starts, number, number), MESSAGE + number)

    def limits():
        t = yield 6
        slots.resize(3, t)
        t = yield 7
        slots.resize(1, t)

    Flow(env, limits(), FAULT)
    env.run()
    # 0 holds until 10; 1 and 2 enter at 6 and hold until 16; with one slot again the next enters when the last of them ends
    assert starts == {0: 0, 1: 6, 2: 6, 3: 16, 4: 26}


def test_a_slot_released_twice_is_caught():
    slots = SlotLine(Clock(), 1)
    slots.take(0)
    slots.release(0)
    with pytest.raises(AssertionError, match="more slots released than taken"):
        slots.release(0)


@pytest.mark.parametrize("act", ["take", "release"])
def test_a_slot_is_neither_taken_nor_released_ahead_of_the_clock(act):
    slots = SlotLine(Clock(), 2)
    slots.take(0)
    with pytest.raises(AssertionError, match="the clock stands at 0 us"):
        getattr(slots, act)(5)


@pytest.mark.parametrize("reason", [SLOT, None])
def test_a_dismissal_needs_a_reason_that_is_no_slot(reason):
    with pytest.raises(AssertionError, match="must differ"):
        SlotLine(Clock(), 1).dismiss(reason, 0)
