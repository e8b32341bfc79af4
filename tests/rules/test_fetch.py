"""What fetching costs and when a client looks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.rules.conditions import FOREVER, QUIET, Condition, Span, Timeline
from mailsim.rules.fetch import (
    LOGIN_RTTS,
    SESSION_RTTS,
    IdlePatience,
    SessionCost,
    idle_ends,
    idle_since,
    next_poll,
    pushed_us,
    session_cost,
)
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


# -- a connection that is kept open --------------------------------------------------------------------------------------

S = 1_000_000
#: two minutes of keepalive, IDLE again every 29 min, 100 s for the answer
PATIENT = IdlePatience(120 * S, 29 * MIN, 100 * S)


def stretches(*spans: tuple[int, int, Why]) -> Timeline:
    return Timeline([Span(start * S, end * S, Condition(why)) for start, end, why in spans])


@pytest.mark.parametrize(
    ("path", "opened", "cut", "noticed"),
    [
        (stretches((100, 219, Why.SILENT)), 0, None, None),  # over one second before keepalive would end
        (stretches((100, 220, Why.SILENT)), 0, 100, 220),
        (stretches((100, 9000, Why.UNREACHABLE)), 0, 100, 220),  # an ICMP error ends no connection (RFC 1122 section 4.2.3.9)
        (stretches((100, 101, Why.REFUSED)), 0, 100, 100),
        (stretches((100, 150, Why.SILENT), (150, 160, Why.REFUSED)), 0, 100, 150),  # it comes back and knows of no connection
        (stretches((100, 150, Why.SILENT), (400, 600, Why.SILENT)), 0, 400, 520),  # the first silence did no harm
        (stretches((100, 150, Why.SILENT), (151, 600, Why.SILENT)), 0, 151, 271),
        (stretches((1700, 9000, Why.SILENT)), 0, 1700, 1820),  # IDLE again at 1740 s: an answer is waited for until 1840 s
        (stretches((1739, 9000, Why.SILENT)), 0, 1739, 1840),  # which is before 1859 s
        (stretches((100, 200, Why.SILENT)), 200, None, None),  # opened when it was over
        (stretches((100, 300, Why.SILENT)), 5000, None, None),
    ],
)  # fmt: skip
def test_when_a_kept_connection_ends_and_when_that_is_noticed(path: Timeline, opened: int, cut: int | None, noticed: int | None) -> None:
    expected = (FOREVER, FOREVER) if cut is None or noticed is None else (cut * S, noticed * S)
    assert idle_ends(path, opened * S, PATIENT) == expected


def test_without_keepalive_each_new_idle_is_a_question_to_the_server() -> None:
    """Opened at 7 s: IDLE again at 7 s + 1740 s * k."""
    never = PATIENT._replace(keepalive_us=FOREVER)
    for cut, again in ((7, 1747), (100, 1747), (1747, 1747), (1748, 3487)):
        assert idle_ends(stretches((cut, 99_999, Why.SILENT)), 7 * S, never) == (cut * S, (again + 100) * S)


@pytest.mark.parametrize(
    ("path", "done"),
    [
        (QUIET, 10.15),
        (stretches((10, 11, Why.SILENT)), 11.4 + 0.15),  # EXISTS again after 0.2, 0.6, 1.4 s
        (stretches((10, 12, Why.SILENT)), 13.15),  # and 3 s
        (Timeline([Span(10_020_000, 11 * S, Condition(Why.SILENT))]), 11.45 + 0.1),  # FETCH of 10.05 s again at 11.45 s
        (Timeline([Span(10_100_000, 11 * S, Condition(Why.SILENT))]), 10.1 + 1.4 + 0.1),  # the message itself
    ],
)
def test_what_falls_into_silence_is_sent_again(path: Timeline, done: float) -> None:
    assert pushed_us(path, 10 * S, 100_000, 0, FOREVER) == round(done * S)


def test_nothing_comes_through_a_connection_that_is_cut_before() -> None:
    assert pushed_us(QUIET, 10 * S, 100_000, 0, 10_150_000) == FOREVER
    assert pushed_us(QUIET, 10 * S, 100_000, 0, 10_150_001) == 10_150_000
    assert pushed_us(stretches((10, 10**9, Why.SILENT)), 10 * S, 100_000, 0, FOREVER) == FOREVER
