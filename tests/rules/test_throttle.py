"""Postfix without its password checker: no greeting, then no server at all for a minute."""

from __future__ import annotations

from mailsim.rules.conditions import FOREVER, QUIET, Condition, Span, Timeline
from mailsim.rules.reasons import Why
from mailsim.rules.throttle import Start, Startup, start

S = 1_000_000
POSTFIX = Startup(lives_us=S, throttled_us=60 * S)


def down(begin_s: int, end_s: int | None = None) -> Timeline:
    return Timeline([Span(begin_s * S, FOREVER if end_s is None else end_s * S, Condition(Why.REFUSED))])


def test_with_its_checker_a_server_greets_at_once() -> None:
    assert start(POSTFIX, QUIET, (), 5 * S) == (Start(5 * S, -1), ())


def test_the_first_connection_is_closed_after_a_second_and_the_next_waits_for_a_minute() -> None:
    """Recorded (auth_backend_down): closed after 1.1 s; then no greeting for 20 s and more.  service_throttle_time is 60 s."""
    first, rests = start(POSTFIX, down(0), (), 0)
    assert (first, rests) == (Start(0, S), ((S, 61 * S),))
    second, rests = start(POSTFIX, down(0), rests, 2 * S)
    assert second == Start(61 * S, 62 * S)  # taken up when the minute is over, and that server dies as well
    assert rests == ((S, 61 * S), (62 * S, 122 * S))


def test_connections_within_the_second_are_each_closed_a_second_after_they_were_made() -> None:
    """The master knows of no failure yet and starts one server for each."""
    _, rests = start(POSTFIX, down(0), (), 0)
    second, rests = start(POSTFIX, down(0), rests, 600_000)
    assert (second, rests) == (Start(600_000, 1_600_000), ((S, 61 * S),))


def test_who_waits_is_greeted_at_the_end_of_the_minute_when_the_checker_is_back() -> None:
    _, rests = start(POSTFIX, down(0, 10), (), 0)
    assert start(POSTFIX, down(0, 10), rests, 20 * S)[0] == Start(61 * S, -1)
    assert start(POSTFIX, down(0, 10), rests, 61 * S)[0] == Start(61 * S, -1)


def test_a_checker_that_hangs_does_not_keep_a_server_from_greeting() -> None:
    hangs = Timeline([Span(0, FOREVER, Condition(Why.SILENT))])
    assert start(POSTFIX, hangs, (), 0) == (Start(0, -1), ())
