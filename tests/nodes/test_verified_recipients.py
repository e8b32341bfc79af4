"""What a backup server knows of its recipients, and backscatter: by hand.

In these small worlds (``small_worlds``) a session that starts at 0.65 s has RCPT at the server at 1.00 s, its reply at 1.05 s and the
mail taken at 1.10 s.  A probe costs 0.4 s: connection, greeting, EHLO, and MAIL with RCPT.
"""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from small_worlds import MTA, NET, ORG, Run, S, com, outage, run, world

PAIR = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2", "boxes A 192.0.2.9")
FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"], "store": "boxes"}
BACKUP: dict[str, Any] = {**MTA, "relays_for": ["example.com"]}
BOXES = {"kind": "mailstore", "host": "boxes.example.com", "mailboxes": {"bob@example.com": {}}}
#: the sender can't reach the primary, the backup can
CUT = outage("link isp-mx1", "0s", how="unreachable")


def backed(recipients: Any, *faults: dict[str, Any], backup: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A primary with one mailbox and a backup."""
    mx2 = {**BACKUP, "recipients": recipients, **(backup or {})}
    return world(PAIR, {"mx1": FINAL, "mx2": mx2, "boxes": BOXES}, faults=faults, **{"run_until": "4m", **more})


def same_at_both_levels(values: dict[str, Any]) -> Run:
    """The run, after the level ``messages`` was seen to come to the same."""
    found = run(values)
    assert run(values, level="messages").log.trace_hash() == found.log.trace_hash()
    return found


# -- the backup has a list ---------------------------------------------------------------------------------------------


def test_without_a_list_a_backup_takes_what_the_primary_refuses_and_has_to_return_it() -> None:
    result = same_at_both_levels(backed("none", CUT, to="no@example.com"))
    # unreachable at 0.65; the backup takes it at 1.10, and the primary says 550 to RCPT at 1.10 + 0.40
    assert [(t, host, Why(why)) for t, host, why in result.tries("mx2", 0)] == [(1.1, "mx1", Why.PERMFAIL)]
    assert result.at(Event.BOUNCED, node="mx2") == [1.5]
    assert [(d.origin, d.rcpt) for d in result.reports()] == [("mx2", "ann@example.org")]


def test_with_a_list_a_backup_refuses_what_the_primary_would_refuse() -> None:
    result = same_at_both_levels(backed("list", CUT, to="no@example.com"))
    assert result.tries()[1] == (0.65, "mx2", Why.PERMFAIL)
    assert result.of(Event.TRIED)[1].extra == (
        "rcpt|550 5.1.1 <no@example.com>: Recipient address rejected: User unknown in relay recipient table"
    )
    assert result.at(Event.BOUNCED, node="isp") == [1.05]
    assert [d.origin for d in result.reports()] == ["isp"]
    assert same_at_both_levels(backed("list", CUT)).at(Event.ACCEPTED, node="mx2") == [1.1]


def test_a_list_may_be_kept_for_one_domain_only() -> None:
    listed = {"relays_for": ["example.com", "example.net"]}
    assert run(backed({"example.net": "list"}, CUT, backup=listed, to="no@example.com")).at(Event.BOUNCED, node="mx2") == [1.5]
    assert run(backed({"example.com": "list"}, CUT, backup=listed, to="no@example.com")).at(Event.BOUNCED, node="isp") == [1.05]


# -- the backup asks the primary ---------------------------------------------------------------------------------------


def test_a_client_waits_while_the_backup_asks_the_primary() -> None:
    result = same_at_both_levels(backed("probe", CUT))
    # RCPT is there at 1.00, and so is the probe's start; its answer is known at 1.40 and seen at the next look, at 4.00; taken at 4.10
    (probe,) = result.of(Event.PROBED, node="mx2")
    assert (probe.t_us, probe.value, probe.extra) == (1_400_000, 400_000, "rcpt|")
    assert result.at(Event.ACCEPTED, node="mx2") == [4.1]


@pytest.mark.parametrize(("code", "state"), [(450, State.QUEUED), (550, State.BOUNCED)])
def test_what_the_primary_refuses_is_refused_with_the_code_that_was_chosen(code: int, state: State) -> None:
    values = backed("probe", CUT, backup={"verification": {"reject_code": code}}, to="no@example.com")
    result = same_at_both_levels(values)
    assert result.state() == state
    tried = result.of(Event.TRIED)[1]
    assert (tried.t_us + tried.value, tried.code) == (4_050_000, code)
    if code == 450:
        assert [Why(row.why) for row in result.of(Event.DEFERRED)] == [Why.UNVERIFIED_RECIPIENT]


def test_what_is_known_needs_no_waiting_until_it_is_old() -> None:
    values = backed("probe", CUT, times=("0s", "10s", "60s"), backup={"verification": {"positive_refresh": "40s", "positive_expire": "2m"}})
    result = same_at_both_levels(values)
    # known since 1.40; at 60.65 + 0.35 that is older than 40 s: it counts, and is asked for anew
    assert result.at(Event.ACCEPTED, node="mx2") == [4.1, 11.1, 61.1]
    assert result.at(Event.PROBED, node="mx2") == [1.4, 61.4]


def test_while_the_primary_is_down_nothing_new_is_taken() -> None:
    result = same_at_both_levels(backed("probe", outage("mx1", "0s", length="9m"), run_until="30m"))
    # the sender waits 30 s for the primary; RCPT is at the backup at 30.90, which looks until 36.90; its probe waits until 60.90
    tried = result.of(Event.TRIED)[1]
    assert (tried.t_us, tried.t_us + tried.value, tried.code) == (30_550_000, 36_950_000, 450)
    assert result.at(Event.PROBED, node="mx2") == [60.9]
    # in the scan at 600 s (36 + 300 - 1 is past the one at 300) the primary is back
    assert result.at(Event.STORED) == [pytest.approx(600.45 + 0.45)]
    assert result.delivery().via == "mx1.example.com"


def test_what_is_known_helps_while_the_primary_is_down() -> None:
    values = backed("probe", {**CUT, "length": "5s"}, outage("mx1", "6s", length="3m"), times=("0s", "10s"), run_until="30m")
    result = same_at_both_levels(values)
    # the second message waits 30 s for the primary: 40.55, RCPT at 40.90, taken at once: 41.00
    assert result.at(Event.ACCEPTED, node="mx2") == [4.1, 41.0]


def test_a_server_that_looks_once_puts_every_new_recipient_off() -> None:
    """postconf(5) address_verify_poll_count: 1 is a crude form of greylisting."""
    result = same_at_both_levels(backed("probe", CUT, backup={"verification": {"poll_count": 1}}, run_until="10m"))
    # put off at 1.05; the scan at 300; the primary is unreachable at 300.1; the backup takes it 0.45 later
    assert result.at(Event.ACCEPTED, node="mx2") == [300.55]


@pytest.mark.parametrize("sent", ["0s", "100ms", "300ms", "500ms", "2500ms", "3s"])
def test_who_comes_while_a_probe_is_under_way_waits_for_its_result_only(sent: str) -> None:
    """The result is there at 1.40; a RCPT from then on is answered at once, an earlier one at its first look after that, 3 s later."""
    second = float(sent.replace("ms", "e-3").rstrip("s"))
    result = same_at_both_levels(backed("probe", CUT, times=("0s", sent)))
    taken = second + 1.1 + (3 if second + 1.0 < 1.4 else 0)
    assert sorted(result.at(Event.ACCEPTED, node="mx2")) == pytest.approx(sorted([4.1, taken]))
    assert len(result.of(Event.PROBED)) == 1


def test_a_client_that_waits_for_a_probe_has_the_servers_only_session() -> None:
    """The first client has the session from 0.65 to 4.15: who comes at 0.75, before the probe's result, or at 1.65 is turned away."""
    busy = {"max_sessions": 1, "parameters": {**MTA["parameters"], "over_limit": "421"}}
    result = same_at_both_levels(backed("probe", CUT, times=("0s", "100ms", "1s", "4s"), backup=busy))
    assert [(t, why) for t, host, why in result.tries() if host == "mx2"] == [
        (0.65, Why.OK), (0.75, Why.TEMPFAIL), (1.65, Why.TEMPFAIL), (4.65, Why.OK),
    ]  # fmt: skip
    assert result.at(Event.ACCEPTED, node="mx2") == [4.1, 5.1]


@pytest.mark.parametrize("sts", [True, False])
def test_who_leaves_because_of_tls_does_not_wait_for_a_probe(sts: bool) -> None:
    """mx2 has a bad certificate: who heeds the policy leaves after the handshake, at 1.75, and nobody has asked the primary for bob.

    In isp's queue at 0.85; the fetch costs 0.3; the primary is unreachable at 1.25; then connection, greeting, EHLO, STARTTLS and TLS
    1.3 cost five round trips.  Without the policy: RCPT is at the backup at 1.60, and the probe costs 0.4.
    """
    backup = {"certificate": "invalid", "parameters": {**MTA["parameters"], "starttls": True}}
    policy = {"mode": "enforce", "mx": ["*.example.com"], "max_age": "1d", "fetch_time": "300ms"}
    isp = {"parameters": {"starttls": True, "sts": sts}}
    values = backed("probe", CUT, backup=backup, isp=isp, policies={"example.com": policy})
    values["zones"] = [PAIR + '_mta-sts IN TXT "v=STSv1; id=1"\n', ORG]
    result = same_at_both_levels(values)
    assert result.at(Event.PROBED) == ([] if sts else [2.0])
    assert result.at(Event.DEFERRED, node="isp") == ([1.75] if sts else [])


def test_each_recipient_of_a_message_is_verified() -> None:
    values = backed("probe", CUT, to=["bob@example.com", "no@example.com"], backup={"verification": {"reject_code": 550}})
    result = same_at_both_levels(values)
    assert [result.state(0, f"{who}@example.com") for who in ("bob", "no")] == [State.STORED, State.BOUNCED]
    assert result.at(Event.ACCEPTED, node="mx2", number=0) == [4.1]


# -- backscatter -------------------------------------------------------------------------------------------------------


def flooded(recipients: str, *, backup_only: bool = True) -> Run:
    """40 messages of forgers in an hour, half of them to nobody; their sender's domain exists, the sender does not."""
    victim = {**MTA, "host": "mx.example.net", "final_for": ["example.net"], "store": "theirs"}
    theirs = {"kind": "mailstore", "host": "theirs.example.net", "mailboxes": {"eve@example.net": {}}}
    crowd = {"kind": "senders", "mix": {"postfix": 1}}
    faults = [outage("link crowd-mx1", "0s", how="unreachable")] if backup_only else []
    values = backed(recipients, *faults, run_until="7d", backup={"verification": {"reject_code": 550}})
    values["nodes"].update({"victim": victim, "theirs": theirs, "crowd": crowd})
    values["zones"] = [PAIR, ORG, NET + "theirs 3600 IN A 198.51.100.9\n"]
    lines = [("bob@example.com", "user@s1.crowd.test"), ("no@example.com", "forged@example.net")]
    values["traffic"] = [{"kind": "spread", "from": "crowd", "sender": by, "to": to, "count": 20, "until": "1h"} for to, by in lines]
    return same_at_both_levels(values)


@pytest.mark.parametrize(("recipients", "backscatter"), [("none", 20), ("list", 0), ("probe", 0)])
def test_only_a_backup_that_takes_everything_sends_reports_to_forged_senders(recipients: str, backscatter: int) -> None:
    """Reports to forged senders = mail x invalid share x share that comes by the backup: 40 x 1/2 x 1."""
    result = flooded(recipients)
    reports = [d for d in result.deliveries if d.parent >= 0]
    assert len(reports) == backscatter
    assert all((d.origin, d.rcpt, d.state) == ("mx2", "forged@example.net", State.DISCARDED) for d in reports)
    assert sum(d.state == State.STORED for d in result.deliveries) == 20
    assert sum(d.state == State.BOUNCED for d in result.deliveries) == 20


def test_mail_that_comes_by_the_primary_makes_no_backscatter() -> None:
    """Refused in the session, and a forger's program tells nobody."""
    assert [d for d in flooded("none", backup_only=False).deliveries if d.parent >= 0] == []


def test_a_client_may_send_with_another_sender() -> None:
    values = backed("none", to="no@example.com")
    values["traffic"][0]["sender"] = "bob@example.com"
    result = run({**values, "run_until": "10m"})
    assert result.delivery().sender == "bob@example.com"
    assert [(d.rcpt, d.state, d.stored_us >= 0) for d in result.reports()] == [("bob@example.com", State.STORED, True)]
    assert result.log.end_us == 600 * S
