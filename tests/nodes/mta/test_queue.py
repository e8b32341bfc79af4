"""The MTA's queues: deferred mail by its date; Postfix's sessions with one destination, and what its death means for mail that waits."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from mailsim.engine.kernel import MESSAGE, Clock, Flow, Line, wake
from mailsim.events import Event, State
from mailsim.flavours.models import Concurrency
from mailsim.nodes.attempt import Item
from mailsim.nodes.mta.queue import Deferred, Destination
from mailsim.rules.reasons import Why
from small_worlds import MTA, NET, Run, com, outage, run, world

S = 1_000_000
RULE = Concurrency(initial=5, limit=20, feedback=True, dead_for="300s")  # type: ignore[arg-type]


class SmallWorld:
    """A clock and wait-lists, as nodes see them."""

    def __init__(self) -> None:
        self.clock = Clock(0)

    @property
    def now(self) -> int:
        return self.clock.now

    def line(self) -> Line:
        return Line()

    def spawn(self, life: Any, order: int) -> None:
        Flow(self.clock, life, order)

    def wake_one(self, line: Line, value: object) -> None:
        wake(line.popleft(), value, self.now)

    def wake_all(self, line: Line, value: object) -> None:
        while line:
            self.wake_one(line, value)


def item(number: int) -> Item:
    return Item(number, (number,), "example.com", 0, 0, local=False)


# -- deferred mail -----------------------------------------------------------------------------------------------------


class Kept:
    """A deferred queue that notes what becomes due when."""

    def __init__(self) -> None:
        self.small = SmallWorld()
        self.fired: list[tuple[int, list[int]]] = []
        self.queue = Deferred(self.small, self._fire, 1, lambda item: item.number)  # type: ignore[arg-type]

    def _fire(self, items: list[Item], now: int) -> None:
        self.fired.append((now, [one.number for one in items]))

    def run(self) -> list[tuple[int, list[int]]]:
        self.small.clock.run()
        return self.fired


def test_what_is_due_at_one_instant_goes_on_together_by_number() -> None:
    kept = Kept()
    for number, due in ((3, 20), (1, 10), (2, 20), (0, 20)):
        kept.queue.put(item(number), due)
    assert kept.run() == [(10, [1]), (20, [0, 2, 3])]


def test_an_earlier_date_that_comes_later_is_kept() -> None:
    kept = Kept()
    kept.queue.put(item(1), 20)
    kept.queue.put(item(2), 5)
    assert kept.run() == [(5, [2]), (20, [1])]


def test_what_was_taken_out_does_not_become_due() -> None:
    kept = Kept()
    items = [item(k) for k in range(3)]
    for one in items:
        kept.queue.put(one, 10)
    kept.queue.take([items[1]])
    assert kept.run() == [(10, [0, 2])]


@pytest.mark.parametrize(("old", "new"), [(20, 10), (10, 20), (10, 10)])
def test_what_was_taken_out_and_put_back_is_due_at_its_new_date_only(old: int, new: int) -> None:
    kept = Kept()
    one = item(1)
    kept.queue.put(one, old)
    kept.queue.take([one])
    kept.queue.put(one, new)
    assert kept.run() == [(new, [1])]


# -- a destination's sessions, alone -----------------------------------------------------------------------------------


def destination(rule: Concurrency = RULE) -> tuple[SmallWorld, Destination]:
    small = SmallWorld()
    return small, Destination(small, rule, 1)  # type: ignore[arg-type]


def held_open(rule: Concurrency = RULE) -> Destination:
    """A destination with one session that lasts for 1000 s, so that nothing is forgotten meanwhile."""
    _, sessions = destination(rule)
    sessions.enter(0)
    sessions.leave(1000 * S, failed=False)
    return sessions


def test_five_sessions_may_be_open_to_begin_with() -> None:
    _, sessions = destination()
    assert [sessions.enter(0) for _ in range(6)] == [True] * 5 + [None]


@pytest.mark.parametrize(
    ("outcomes", "dead_until_s"),
    [
        ("f", None),  # 1/5
        ("ff", None),  # 1/5 + 1/3
        ("fff", 3 + 300),  # 1/5 + 1/3 + 1/2: dead from the third failure on
        ("ffff", 3 + 300),  # a further failure changes nothing
        ("fsf", None),  # a success forgets the sum
        ("ffsff", 5 + 300),  # a success with a window of 2 makes it 3: 1/3, then 1/1
    ],
)
def test_the_third_failure_one_after_another_kills(outcomes: str, dead_until_s: int | None) -> None:
    """qmgr_queue.c; Postfix 3.7.11 observed in burst_refused (rest put off before the fourth failure ended) and e2e_all_down.

    Sessions that began together end at 1, 2, 3 ... s: ``f`` failed, ``s`` succeeded.
    """
    _, sessions = destination()
    for _ in outcomes:
        assert sessions.enter(0) is True
    for k, outcome in enumerate(outcomes, 1):
        sessions.leave(k * S, failed=outcome == "f")
    assert sessions.is_dead(9 * S) == (dead_until_s is not None)
    if dead_until_s is not None:
        assert sessions.is_dead(dead_until_s * S - 1)
        assert not sessions.is_dead(dead_until_s * S)


def test_a_dead_destination_lets_nobody_in_until_its_time_is_over() -> None:
    sessions = held_open()
    for k in range(3):
        assert sessions.enter(k * S) is True
        sessions.leave(k * S + S // 2, failed=True)
    assert not sessions.is_dead(int(2.4 * S))
    assert sessions.enter(3 * S) is False
    assert sessions.enter(int(302.5 * S) - 1) is False
    assert sessions.enter(int(302.5 * S)) is True


@pytest.mark.parametrize(("success", "dead"), [(True, False), (False, True)])
def test_a_success_in_between_forgives_the_failures_before(success: bool, dead: bool) -> None:
    """From 10: 1/10 + 1/8 + 1/7 + 1/6 + 1/5 = 0.73; then either a success (5 places) and 1/5 + 1/3, or 1/4 + 1/3 more."""
    sessions = held_open(RULE.model_copy(update={"initial": 10}))
    for k, failed in enumerate([True] * 5 + [False] * success + [True] * 2):
        assert sessions.enter(k * S) is True
        sessions.leave(k * S + 1, failed=failed)
    assert sessions.is_dead(8 * S) is dead


def test_window_and_failures_are_forgotten_when_nothing_is_active() -> None:
    """So mail that comes one at a time never kills a destination (recorded: no memory of dead hosts)."""
    _, sessions = destination()
    for k in range(20):
        assert sessions.enter(k * S) is True
        sessions.leave(k * S + S // 2, failed=True)
    assert not sessions.is_dead(20 * S)
    assert sessions.window == 5


def test_successes_widen_the_window_up_to_its_limit() -> None:
    sessions = held_open(RULE.model_copy(update={"limit": 7}))
    for k in range(6):
        sessions.enter(k)
        sessions.leave(k + 1, failed=False)
    assert [sessions.enter(10) for _ in range(7)] == [True] * 6 + [None]


def test_failures_narrow_the_window() -> None:
    """Two failures leave 5 - 2 - 1 = 2 places (the first one counts twice, qmgr_queue.c); the long session holds one."""
    sessions = held_open()
    for k in range(2):
        sessions.enter(k)
        sessions.leave(k + 1, failed=True)
    assert [sessions.enter(10) for _ in range(2)] == [True, None]


def test_without_feedback_the_window_stays_and_nothing_dies() -> None:
    sessions = held_open(RULE.model_copy(update={"feedback": False}))
    for k in range(10):
        sessions.enter(k)
        sessions.leave(k + 1, failed=True)
    assert [sessions.enter(20) for _ in range(5)] == [True] * 4 + [None]


def visit(
    small: SmallWorld, sessions: Destination, log: list[Any], name: str, start: int, length: int, failed: bool
) -> Generator[Any, Any, None]:
    yield start
    granted = sessions.enter(small.now)
    if granted is None:
        granted = yield from sessions.wait()
    log.append((name, small.now, granted))
    if granted:
        sessions.leave(small.now + length, failed=failed)


def test_who_waits_gets_the_first_place_that_becomes_free_in_the_order_of_coming() -> None:
    small, sessions = destination(RULE.model_copy(update={"initial": 1, "limit": 1}))
    log: list[Any] = []
    for k, (name, start) in enumerate([("a", 0), ("b", 1), ("c", 2), ("d", 25)]):
        Flow(small.clock, visit(small, sessions, log, name, start, 10, False), MESSAGE + k)
    small.clock.run()
    assert log == [("a", 0, True), ("b", 10, True), ("c", 20, True), ("d", 30, True)]


def test_who_waits_is_sent_away_when_the_destination_dies() -> None:
    small, sessions = destination()
    log: list[Any] = []
    for k in range(8):
        Flow(small.clock, visit(small, sessions, log, f"m{k}", 0, 100 + k, True), MESSAGE + k)
    small.clock.run()
    assert log[:5] == [(f"m{k}", 0, True) for k in range(5)]
    assert log[5:] == [(f"m{k}", 102, False) for k in range(5, 8)]  # the third failure is that of m2


# -- a destination's sessions, in a world ------------------------------------------------------------------------------

ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
FINAL = {**MTA, "final_for": ["example.com"]}


def burst(fault: dict[str, Any], **more: Any) -> Run:
    """Twenty messages at the same instant."""
    return run(world(ONE, {"mx1": FINAL}, times=("0s",) * 20, faults=(fault,), **more))


def test_a_burst_to_a_refusing_host_makes_five_connections_and_then_leaves_it_alone() -> None:
    """All five places are taken from 0.55 s on, two every 5 ms; the third one fails at 0.655 s, so the others are put off at that
    instant, untried, each by its age.

    The scan at 300 s still finds the destination dead (until 300.655 s); that at 600 s tries five again.
    """
    result = burst(outage("mx1", "0s", how="refused"), run_until="650s")
    contacts = result.tries()
    assert [t for t, _, _ in contacts] == [0.55, 0.55, 0.555, 0.555, 0.56, 600.0, 600.0, 600.005, 600.005, 600.01]
    put_off = [row.t_us / S for row in result.of(Event.DEFERRED) if row.why == Why.DESTINATION_DEAD]
    assert put_off == [0.655] * 15 + [300.0] * 20 + [600.105] * 15


def test_a_burst_to_a_host_next_door_that_refuses_makes_four_connections_a_wave() -> None:
    """Postfix 3.7.11 observed (burst_refused: four, four, then the rest): two start every 5 ms, the third failure kills, and by then
    the first two of the four have freed no place, since the window has narrowed from 5 to 2.

    A round trip of 2 ms: the first two fail at 0.552 s... the other two, started 5 ms after them, 2 ms after their start.
    """
    near = {"links": {"default": {"rtt": "2ms", "bandwidth": None}}}
    values = world(ONE, {"mx1": FINAL}, times=("0s",) * 20, faults=(outage("mx1", "0s", how="refused", length="10m"),), run_until="650s")
    result = run({**values, **near})
    starts = [t for t, _, why in result.tries() if why == Why.REFUSED]
    assert len(starts) == 4
    assert [round(t - starts[0], 6) for t in starts] == [0, 0, 0.005, 0.005]
    assert len([row for row in result.of(Event.DEFERRED) if row.why == Why.DESTINATION_DEAD and row.t_us < 1 * S]) == 16


def test_a_burst_to_a_silent_host_waits_with_five_connections_for_the_timeout() -> None:
    result = burst(outage("mx1", "0s"), run_until="200s")
    assert [t for t, _, _ in result.tries()] == [0.55, 0.55, 0.555, 0.555, 0.56]
    assert [row.t_us / S for row in result.of(Event.DEFERRED) if row.why == Why.DESTINATION_DEAD] == [30.555] * 15


def test_a_burst_to_a_healthy_host_opens_more_and_more_connections() -> None:
    """Five at first; each success widens the window by one: ten can start when the five have ended, then the rest.

    They end half a second after their start, and two start every 5 ms.
    """
    result = run(world(ONE, {"mx1": FINAL}, times=("0s",) * 30))
    starts = [t for t, _, _ in result.tries()]
    assert starts[:5] == [0.55, 0.55, 0.555, 0.555, 0.56]
    assert [len([t for t in starts if low <= t < low + 0.4]) for low in (0.55, 1.05, 1.55)] == [5, 10, 15]


def test_after_the_outage_every_message_of_the_burst_arrives() -> None:
    result = burst(outage("mx1", "0s", how="refused", length="10m"))
    assert {d.state for d in result.deliveries} == {State.STORED}
    assert min(d.stored_us for d in result.deliveries) == 600_450_000


def test_a_dead_destination_holds_up_no_other() -> None:
    nodes = {"mx1": FINAL, "mx": {**MTA, "host": "mx.example.net", "final_for": ["example.net"]}}
    values = world(ONE, nodes, times=("0s",) * 20, faults=(outage("mx1", "0s", how="refused"),), run_until="4m")
    values["zones"].append(NET)
    values["traffic"].append({"kind": "at", "from": "ann@example.org", "to": "joe@example.net", "times": ["10s"], "size": "10 kB"})
    result = run(values)
    assert next(d for d in result.deliveries if d.rcpt == "joe@example.net").stored_us == 11_000_000


def test_mail_that_is_put_off_untried_still_comes_back_when_its_lifetime_is_over() -> None:
    """Postfix looks at the age whenever a round leaves recipients deferred (qmgr_active.c), tried or not.

    60 mails for one dead host: most of the last rounds are untried.  After 1 h the next round comes within 3600 s of age,
    a queue scan of 300 s and an attempt of 30 s.
    """
    times = tuple(f"{20 * k}s" for k in range(60))
    result = run(world(ONE, {"mx1": FINAL}, times=times, faults=(outage("mx1", "0s"),), isp={"queue_lifetime": "1h"}))
    assert {d.state for d in result.deliveries if d.parent < 0} == {State.BOUNCED}
    expired = result.of(Event.EXPIRED)
    assert {Why(row.why) for row in expired} == {Why.SILENT, Why.DESTINATION_DEAD}
    assert all(row.value < (3600 + 3600 + 300 + 30 + 30) * S for row in expired)
