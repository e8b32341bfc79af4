"""Next-MX table: failure kind x MTA, each cell a test of the flavour's table and one of a delivery in a small world.

Recorded of Postfix 3.7.11, Exim 4.96, OpenSMTPD 6.8.0p2, sendmail 8.17.1.9 and Courier 1.0.16; qmail's column is read in
qmail-remote.c.  ``next``: the other MX in the same attempt.  ``last`` columns: the same failure with no MX left.
"""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.events import Event, State
from mailsim.flavours import mta_figures
from mailsim.rules.reasons import Why
from mailsim.rules.smtp import Action, Stage, verdict
from small_worlds import MTA, com, outage, run, world

PROGRAMS = ("postfix", "exim", "opensmtpd", "sendmail", "courier", "qmail")
N, D, B = Action.NEXT, Action.DEFER, Action.BOUNCE

#: kind of failure -> outcome, stage, what each program does with another MX left
TABLE: dict[str, tuple[Why, Stage, tuple[Action, ...]]] = {
    #                                                     postfix exim opensmtpd sendmail courier qmail
    "connection refused": (Why.REFUSED, Stage.CONNECT, (N, N, N, N, N, N)),
    "connect timeout": (Why.SILENT, Stage.CONNECT, (N, N, N, N, N, N)),
    "ICMP unreachable": (Why.UNREACHABLE, Stage.CONNECT, (N, N, N, N, N, N)),
    "close before the banner": (Why.CLOSED, Stage.GREETING, (N, N, N, N, N, D)),
    "silent banner": (Why.REPLY_TIMEOUT, Stage.GREETING, (N, N, N, N, N, D)),
    "421 greeting": (Why.TEMPFAIL, Stage.GREETING, (N, N, N, N, D, D)),
    "554 greeting": (Why.PERMFAIL, Stage.GREETING, (N, N, N, N, B, D)),
    "450 at EHLO and HELO": (Why.TEMPFAIL, Stage.EHLO, (N, N, N, N, D, D)),
    "45x at MAIL": (Why.TEMPFAIL, Stage.MAIL, (N, N, D, N, D, D)),
    "45x at RCPT": (Why.TEMPFAIL, Stage.RCPT, (N, N, D, N, D, D)),
    "45x at DATA": (Why.TEMPFAIL, Stage.DATA, (N, N, D, N, D, D)),
    "451 after end of data": (Why.TEMPFAIL, Stage.EOD, (N, N, D, N, D, D)),
    "close at RCPT": (Why.CLOSED, Stage.RCPT, (N, N, D, N, D, D)),
    "silence at RCPT": (Why.REPLY_TIMEOUT, Stage.RCPT, (N, N, D, N, D, D)),
    "reply lost after data": (Why.REPLY_LOST, Stage.EOD, (N, N, D, N, D, D)),
    "550 at MAIL": (Why.PERMFAIL, Stage.MAIL, (B, B, B, B, B, B)),
    "550 at RCPT": (Why.PERMFAIL, Stage.RCPT, (B, B, B, B, B, B)),
    "554 after data": (Why.PERMFAIL, Stage.EOD, (B, B, B, B, B, B)),
}

#: what is told of the last MX where it is not to wait: 554 greeting and no backup
LAST_554 = {"postfix": D, "exim": B, "opensmtpd": D, "sendmail": B, "courier": B, "qmail": D}

CELLS = [(kind, program, did) for kind, (_, _, row) in TABLE.items() for program, did in zip(PROGRAMS, row, strict=True)]


@pytest.mark.parametrize(("kind", "program", "did"), CELLS)
def test_the_flavours_table_says_what_the_program_does_with_another_mx_left(kind: str, program: str, did: Action) -> None:
    outcome, stage, _ = TABLE[kind]
    assert verdict(outcome, stage, last=False, failures=mta_figures(program).failures).action == did


@pytest.mark.parametrize(("kind", "program", "did"), CELLS)
def test_the_flavours_table_says_what_the_program_does_at_the_last_mx(kind: str, program: str, did: Action) -> None:
    outcome, stage, _ = TABLE[kind]
    wanted = LAST_554[program] if kind == "554 greeting" else B if did == B else D
    assert verdict(outcome, stage, last=True, failures=mta_figures(program).failures).action == wanted


#: how a server fails so in a small world: a fault, or what it says by script
FAULTS: dict[str, dict[str, Any]] = {
    "connection refused": {"how": "refused"},
    "connect timeout": {"how": "silent"},
    "ICMP unreachable": {"how": "unreachable"},
}
SCRIPTS: dict[str, dict[str, Any]] = {
    "close before the banner": {"stage": "greeting", "close": True},
    "421 greeting": {"stage": "greeting", "reply": "421 4.3.2 no", "close": True},
    "554 greeting": {"stage": "greeting", "reply": "554 5.3.2 no"},
    "450 at EHLO and HELO": {"stage": "ehlo", "reply": "450 4.3.2 busy"},
    "45x at MAIL": {"stage": "mail", "reply": "451 4.3.0 later"},
    "45x at RCPT": {"stage": "rcpt", "reply": "450 4.2.0 later"},
    "45x at DATA": {"stage": "data", "reply": "451 4.3.0 later"},
    "451 after end of data": {"stage": "eod", "reply": "451 4.3.0 later"},
    "close at RCPT": {"stage": "rcpt", "close": True},
    "550 at MAIL": {"stage": "mail", "reply": "550 5.7.1 no"},
    "550 at RCPT": {"stage": "rcpt", "reply": "550 5.1.1 no"},
    "554 after data": {"stage": "eod", "reply": "554 5.6.0 no"},
}


@pytest.mark.parametrize(("kind", "program", "did"), [cell for cell in CELLS if cell[0] in FAULTS or cell[0] in SCRIPTS])
def test_a_delivery_goes_on_waits_or_comes_back_as_the_table_says(kind: str, program: str, did: Action) -> None:
    """The better MX fails so for ever, the backup takes everything: who has it after the first attempt?"""
    better: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
    if kind in SCRIPTS:
        better["script"] = [SCRIPTS[kind]]
    zone = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
    nodes = {"mx1": better, "mx2": {**MTA, "final_for": ["example.com"]}}
    faults = (outage("mx1", "0s", **FAULTS[kind]),) if kind in FAULTS else ()
    result = run(world(zone, nodes, faults=faults, isp={"flavour": program}, run_until="6m"))
    first = [row for row in result.of(Event.TRIED, node="isp", number=0) if row.attempt == 1]
    tried = [row.peer.partition(".")[0] for row in first]
    assert tried == (["mx1", "mx2"] if did == N else ["mx1"])
    assert result.state(0) == {N: State.STORED, D: State.QUEUED, B: State.BOUNCED}[did]
