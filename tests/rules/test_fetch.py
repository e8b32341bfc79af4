"""What fetching costs and when a client looks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.rules.conditions import FOREVER, QUIET, Condition, Span, Timeline
from mailsim.rules.fetch import LOGIN_RTTS, SESSION_RTTS, SessionCost, idle_since, next_poll, session_cost
from mailsim.rules.reasons import Why

MIN = 60_000_000
DOWN = Condition(Why.SILENT)


def test_imap_answers_the_login_after_four_round_trips_and_sends_all_messages_in_one_go() -> None:
    """Connect, TLS 1.3, greeting, LOGIN; then SELECT and FETCH."""
    assert session_cost("imap", 100, [7, 8, 9]) == SessionCost(400, (607, 615, 624))


def test_pop3_asks_for_each_message_by_itself() -> None:
    """Connect, TLS 1.3, greeting, USER, PASS, LIST, and a RETR for each message (RFC 1939)."""
    assert session_cost("pop3", 100, [7, 8, 9]) == SessionCost(500, (707, 815, 924))


def test_a_look_that_finds_nothing_fetches_nothing() -> None:
    assert session_cost("imap", 100, []).messages_us == ()


def test_the_login_is_answered_before_any_message_is_here() -> None:
    assert max(LOGIN_RTTS.values()) < SESSION_RTTS


@pytest.mark.parametrize(("now", "expected"), [(0, 3), (3, 3), (4, 13), (12, 13), (13, 13), (14, 23)])
def test_a_client_looks_at_its_own_times(now: int, expected: int) -> None:
    assert next_poll(now, 10, 3) == expected


@given(st.integers(0, 10**6), st.integers(1, 1000), st.integers(0, 10**4))
def test_the_next_look_is_the_first_on_the_grid(now: int, every: int, phase: int) -> None:
    poll = next_poll(now, every, phase)
    assert now <= poll < now + every
    assert (poll - phase) % every == 0


def outage(start: int, end: int) -> Timeline:
    return Timeline([Span(start * MIN, end * MIN, DOWN)])


@pytest.mark.parametrize(
    ("path", "now", "since"),
    [
        (QUIET, 5, 0),
        (outage(10, 20), 9, 0),  # up from the start until it breaks
        (outage(10, 20), 10, None),
        (outage(10, 20), 19, None),
        (outage(10, 20), 22, None),  # the store is back, the client looks at 23
        (outage(10, 20), 23, 23),
        (outage(10, 20), 50, 23),
        (outage(10, 23), 23, 23),  # it comes back at the very instant of a look
        (outage(0, 2), 5, 3),
        (Timeline([Span(10 * MIN, 20 * MIN, DOWN), Span(21 * MIN, 40 * MIN, DOWN)]), 45, 43),
        (Timeline([Span(10 * MIN, FOREVER, DOWN)]), 45, None),
    ],
)  # fmt: skip
def test_a_broken_idle_connection_is_opened_again_at_the_next_look(path: Timeline, now: int, since: int | None) -> None:
    """Looks at 3, 13, 23, ... minutes; the connection was opened when the program started."""
    assert idle_since(path, now * MIN, 10 * MIN, 3 * MIN) == (None if since is None else since * MIN)


def test_a_reply_of_a_mail_server_does_not_break_idle() -> None:
    from mailsim.rules.smtp import Reply, Stage

    path = Timeline([Span(10 * MIN, 20 * MIN, Condition(Why.OK, Reply(451), Stage.RCPT))])
    assert idle_since(path, 15 * MIN, 10 * MIN, 3 * MIN) == 0
