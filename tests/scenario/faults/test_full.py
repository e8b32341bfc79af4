"""No room, no mailboxes, no passwords: what a sender, a backup and a reader see of it; by hand."""

from __future__ import annotations

from typing import Any

import pytest

import mailsim
from mailsim.engine import simulate
from mailsim.errors import ScenarioError
from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from mailsim.scenario.compiled import compiled
from small_worlds import MTA, S, com, outage, run, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
BACKUP: dict[str, Any] = {**MTA, "relays_for": ["example.com"]}
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
TWO = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
STORE = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "imap A 192.0.2.3")
BOXES = {"kind": "mailstore", "host": "imap.example.com", "mailboxes": {"bob@example.com": {}, "eve@example.com": {}}}
STORED = {"mx1": {**FINAL, "store": "boxes"}, "boxes": BOXES}


def agreed(values: dict[str, Any]) -> Any:
    """The run at level events, of which level messages tells the same."""
    result = run(values)
    scenario = mailsim.load(values)
    assert simulate(compiled(scenario), scenario.seed, "messages").trace_hash() == result.log.trace_hash()
    return result


def said(result: Any, node: str = "isp") -> list[tuple[float, str]]:
    """(second, stage and reply) of each contact."""
    return [(row.t_us / S, row.extra) for row in result.of(Event.TRIED, node=node)]


@pytest.mark.parametrize(
    ("flavour", "reply"),
    [
        ("postfix", "452 4.3.1 Insufficient system storage"),
        ("exim", "452 Space shortage, please try later"),
        ("sendmail", "452 4.4.5 Insufficient disk space; try again later"),
        ("opensmtpd", "452 4.3.1 Insufficient system storage"),
    ],
)
def test_a_server_with_a_full_disk_says_so_at_mail_in_its_programs_words(flavour: str, reply: str) -> None:
    """Full until 8 min: refused at 0.55 and 300 s, taken at 600 s."""
    fault = {"kind": "disk_full", "target": "mx1", "length": "8m"}
    result = agreed(world(ONE, {"mx1": {**FINAL, "flavour": flavour}}, faults=(fault,)))
    assert said(result)[:2] == [(0.55, f"mail|{reply}"), (300.0, f"mail|{reply}")]
    # the server of OpenSMTPD offers no PIPELINING, so the session takes two round trips more
    assert result.delivery().stored_us == (600_650_000 if flavour == "opensmtpd" else 600_450_000)


def test_a_full_disk_sends_mail_to_the_backup_and_does_not_stop_what_is_queued() -> None:
    """mx2 took the mail of 0 s while mx1 was away; its disk is full from 1 min to 1 h: mail of 2 min waits at isp, the older one goes."""
    full = {"kind": "disk_full", "target": "mx2", "start": "1m", "length": "59m"}
    faults = (outage("mx1", "0s", how="refused", length="500s"), full)
    result = agreed(world(TWO, {"mx1": FINAL, "mx2": BACKUP}, times=("0s", "2m"), faults=faults))
    first, second = result.delivery(0), result.delivery(1)
    assert (first.via, first.stored_us) == ("mx2.example.com", 600_450_000)  # refused at 1.1 s and 300 s, then the scan of 600 s
    assert (second.via, second.stored_us) == ("mx1.example.com", 600_450_000)  # 120.65 s: due at 120 + 300 - 1 s
    fallen_back = agreed(world(TWO, {"mx1": FINAL, "mx2": BACKUP}, faults=({"kind": "disk_full", "target": "mx1", "length": "1h"},)))
    assert fallen_back.delivery().via == "mx2.example.com"


def test_a_mail_store_with_a_full_disk_makes_its_mta_wait() -> None:
    """mx1 takes the mail at 1.00 s; the store says 452 until 8 min; mx1 tries again at its scans."""
    fault = {"kind": "disk_full", "target": "boxes", "length": "8m"}
    result = agreed(world(STORE, STORED, faults=(fault,)))
    message = result.delivery()
    assert said(result, "mx1")[0] == (1.0, "rcpt|452 4.3.1 Insufficient system storage")
    assert message.relayed_us == 1_000_000
    # refused at 1.3 s (two round trips to the greeting, EHLO, then MAIL and RCPT together: 0.4 s): due at 1 + 300 - 1 s
    assert [t for t, _ in said(result, "mx1")] == [1.0, 300.0, 600.0]
    assert message.stored_us == 600_450_000


@pytest.mark.parametrize("answer", ["4xx", "5xx"])
def test_one_full_mailbox_delays_or_returns_its_own_mail_only(answer: str) -> None:
    """The store says it by LMTP, so mx1 waits or tells ann; eve's mail goes through."""
    fault = {"kind": "mailbox_full", "target": "boxes", "mailbox": "Bob@Example.com".lower(), "answer": answer, "length": "8m"}
    bob, eve = (agreed(world(STORE, STORED, to=f"{name}@example.com", faults=(fault,))) for name in ("bob", "eve"))
    assert eve.delivery().stored_us == 1_450_000
    if answer == "4xx":
        assert (bob.state(), bob.delivery().stored_us) == (State.STORED, 600_450_000)
    else:
        assert (bob.state(), bob.delivery().code) == (State.BOUNCED, 552)
        assert [report.rcpt for report in bob.reports()] == ["ann@example.org"]


def test_a_full_mailbox_is_one_address_and_not_all_that_end_like_it() -> None:
    boxes = {**BOXES, "mailboxes": {"ann@example.com": {}, "joann@example.com": {}}}
    fault = {"kind": "mailbox_full", "target": "boxes", "mailbox": "ann@example.com", "answer": "5xx", "length": "8m"}
    result = agreed(world(STORE, {**STORED, "boxes": boxes}, to="joann@example.com", faults=(fault,)))
    assert result.state() == State.STORED


def test_an_mta_that_knows_of_the_full_mailbox_refuses_in_session() -> None:
    fault = {"kind": "mailbox_full", "target": "mx1", "mailbox": "bob@example.com", "answer": "5xx", "length": "8m"}
    result = agreed(world(ONE, {"mx1": FINAL}, faults=(fault,)))
    assert said(result) == [(0.55, "rcpt|552 5.2.2 Quota exceeded (mailbox for user is full)")]
    assert (result.state(), result.of(Event.ACCEPTED, node="mx1")) == (State.BOUNCED, [])


# -- behind the MX, and at the door of the users ---------------------------------------------------------------------------------


def test_a_dead_mail_store_is_invisible_to_senders_and_no_backup_helps() -> None:
    """The MX takes the mail at 1.00 s whatever the store does, so nobody falls back; refused by LMTP until 1 h.

    mx1 tries at 1 s and at the scans of 300, 600, 1200, 2400 and 4800 s (as old as it is, from the end of each attempt).
    """
    nodes = {**STORED, "mx2": BACKUP}
    zone = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2", "imap A 192.0.2.3")
    result = agreed(world(zone, nodes, faults=(outage("boxes", "0s", how="refused", length="1h"),)))
    message = result.delivery()
    assert (message.via, message.relayed_us, message.stored_us) == ("mx1.example.com", 1_000_000, 4_800_450_000)
    assert [t for t, _, _ in result.tries("mx1")] == [1, 300, 600, 1200, 2400, 4800]
    assert (result.of(Event.ACCEPTED, node="mx2"), result.reports()) == ([], [])


@pytest.mark.parametrize("flavour", ["postfix", "exim", "sendmail", "opensmtpd", "courier"])
@pytest.mark.parametrize("fault", [{"kind": "outage", "how": "refused"}, {"kind": "disk_full"}, {"kind": "crash"}])
def test_every_program_tries_its_store_again_until_it_takes_the_mail(flavour: str, fault: dict[str, Any]) -> None:
    """The store takes nothing until 20 min; each program's own schedule brings it there within the two hours that follow."""
    nodes = {"mx1": {**FINAL, "flavour": flavour, "store": "boxes"}, "boxes": BOXES}
    result = agreed(world(STORE, nodes, faults=({**fault, "target": "boxes", "length": "20m"},)))
    assert result.delivery().relayed_us < 2 * S
    assert 1200 * S <= result.delivery().stored_us <= 1200 * S + 7200 * S


@pytest.mark.parametrize(
    ("how", "instant", "why", "said_to_her"),
    [
        # nobody checks passwords, so the server's program can't start: the greeting would be here at 0.2 s, and its fatal error takes
        # a second (msg(3); Postfix 3.7.11 observed), so that the connection is closed at 1.2 s
        ("refused", 1.2, Why.CLOSED, "greeting|"),
        # the checker is silent: 454 10 s after AUTH, which is there at 0.35 s (RFC 4954 section 4; Postfix 3.7.11 observed)
        ("silent", 10.4, Why.AUTH_UNAVAILABLE, "auth|454 4.7.0 "),
    ],
)
def test_who_cannot_check_passwords_takes_no_mail_from_users_and_all_mail_from_others(
    how: str, instant: float, why: Why, said_to_her: str
) -> None:
    """Until 10 min: ann is told at once that her mail is not sent.  Strangers need no login: mail for her arrives all the while."""
    values = world(ONE, {"mx1": FINAL}, times=("0s", "15m"), faults=(outage("auth of isp", "0s", how=how, length="10m"),))
    values["nodes"]["isp"]["store"] = "home"
    values["nodes"]["home"] = {"kind": "mailstore", "host": "mail.example.org", "mailboxes": {"ann@example.org": {"password": "secret"}}}
    values["nodes"]["crowd"] = {"kind": "senders", "mix": {"postfix": 1}}
    values["traffic"].append({"kind": "at", "from": "crowd", "to": ["ann@example.org"], "times": ["1m"]})
    result = agreed(values)
    mine = [d for d in result.deliveries if d.origin == "ann"]
    assert [(d.state, d.ended_us) for d in mine] == [(State.REJECTED, int(instant * S)), (State.STORED, -1)]
    (row,) = result.of(Event.REJECTED)
    assert (row.why, row.extra[: len(said_to_her)]) == (why, said_to_her)
    assert [d.state for d in result.deliveries if d.origin == "crowd"] == [State.STORED]


# -- in a file -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({"kind": "mailbox_full", "target": "boxes", "mailbox": "bbo@example.com"}, "boxes has no mailbox bbo@example.com; did you mean"),
        ({"kind": "disk_full", "target": "ann"}, "ann is a node of kind client; a full disk needs one of kind mta or mailstore"),
        ({"kind": "crash", "target": "ann"}, "ann is a node of kind client; a crash needs one of kind mta"),
        ({"kind": "restart", "target": "boxes"}, "boxes is a node of kind mailstore; a restart needs one of kind mta"),
        ({"kind": "crash", "target": "mx1", "then_flush": ["boxes"]}, "a flush needs one of kind mta"),
    ],
)
def test_a_fault_that_does_not_fit_its_target_is_refused_with_a_hint(fault: dict[str, Any], says: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        mailsim.load(world(STORE, STORED, faults=({**fault, "length": "1h"},)))
    assert says in str(caught.value)


def test_a_flush_has_no_length() -> None:
    with pytest.raises(ScenarioError, match="flush happens at an instant; give only start"):
        mailsim.load(world(STORE, STORED, faults=({"kind": "flush", "target": "mx1", "start": "1h", "length": "1h"},)))
