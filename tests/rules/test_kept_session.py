"""A session that is used again: a further message costs two round trips, and RSET tells whether it still works."""

from __future__ import annotations

import pytest

from mailsim.rules.conditions import FOREVER, QUIET, Condition, Span, Timeline
from mailsim.rules.reasons import Why
from mailsim.rules.session import Contact, Timeouts, contact, probe, script
from mailsim.rules.smtp import ACCEPTED, Stage

MS = 1000
S = 1_000_000
RTT = 100 * MS

KEPT = script(Timeouts(30 * S, 300 * S, 300 * S, 300 * S, 300 * S, 120 * S, 600 * S, 180 * S), kept=True)


def during(start_ms: int, end_ms: int | None, reach: Why) -> Timeline:
    return Timeline([Span(start_ms * MS, FOREVER if end_ms is None else end_ms * MS, Condition(reach))])


def from_(start_ms: int, reach: Why) -> Timeline:
    return during(start_ms, None, reach)


def session(path: Timeline) -> Contact:
    return contact(KEPT, path, start_us=0, rtt_us=RTT, body_us=0)


def test_a_further_message_in_an_open_session_costs_two_round_trips() -> None:
    """MAIL, RCPT and DATA together, then the body."""
    assert KEPT.rtts == 2
    assert session(QUIET) == Contact(Why.OK, Stage.EOD, ACCEPTED, 200 * MS, 150 * MS)
    assert session(from_(120, Why.REFUSED)) == Contact(Why.CLOSED, Stage.EOD, None, 200 * MS, -1)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (QUIET, (True, 10_100)),
        (from_(5_000, Why.SILENT), (False, 40_000)),  # the client's patience of 30 s
        (during(5_000, 6_000, Why.SILENT), (True, 10_100)),  # nothing was sent meanwhile
        (during(5_000, 6_000, Why.REFUSED), (False, 10_100)),  # the server was started again
        (from_(5_000, Why.REFUSED), (False, 10_100)),
        (during(1_000, 1_500, Why.REFUSED), (True, 10_100)),  # before the session was last used
    ],
)
def test_rset_tells_whether_an_open_session_still_works(path: Timeline, found: tuple[bool, int]) -> None:
    works, knows_ms = found
    assert probe(path, 2 * S, 10 * S, RTT, 30 * S) == (works, knows_ms * MS)
