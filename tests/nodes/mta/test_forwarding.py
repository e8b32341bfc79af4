"""Alias forwarding, loops between domains, and two servers that both keep a domain's mail: by hand.

In these small worlds (``small_worlds``) mail that is sent at 0 is in the queue of ``isp`` at 0.55 s and taken by the next server at
1.00 s; each further server takes it 0.45 s after the last one, a mail store too.
"""

from __future__ import annotations

from typing import Any

import pytest

import mailsim
from mailsim.errors import ScenarioError
from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from small_worlds import MTA, NET, ORG, Run, com, outage, run, world

ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "boxes A 192.0.2.9")
BOXES = {"kind": "mailstore", "host": "boxes.example.com", "mailboxes": {"bob@example.com": {}, "cas@example.com": {}}}
THERE: dict[str, Any] = {**MTA, "host": "mx.example.net", "final_for": ["example.net"]}


def aliased(aliases: dict[str, list[str]], *, there: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """example.com with aliases and a store, example.net at another place with none."""
    mx1 = {**MTA, "final_for": ["example.com"], "store": "boxes", "aliases": aliases, **more.pop("mx1", {})}
    nodes = {"mx1": mx1, "boxes": BOXES, "there": {**THERE, **(there or {})}}
    return world(ONE, nodes, zones=[ONE, ORG, NET], **{"run_until": "10m", **more})


def same_at_both_levels(values: dict[str, Any]) -> Run:
    """The run, after the level ``messages`` was seen to come to the same."""
    found = run(values)
    assert run(values, level="messages").log.trace_hash() == found.log.trace_hash()
    return found


def fates(result: Run) -> list[tuple[str, str, State, float]]:
    """(sender, recipient, state, second at which it was stored or ended) of each delivery."""
    return [(d.sender[:3], d.rcpt, State(d.state), max(d.stored_us, d.ended_us) / 1e6) for d in result.deliveries]


def test_an_alias_sends_a_copy_to_everybody_on_its_list_from_the_same_sender() -> None:
    result = same_at_both_levels(aliased({"info@example.com": ["bob@example.com", "eve@example.net"]}, to="info@example.com"))
    # mx1 has it at 1.00: that is when the alias has it; the copies are stored 0.45 later: Bob's by LMTP, Eve's by the other server
    assert fates(result) == [
        ("ann", "info@example.com", State.STORED, 1.0),
        ("ann", "bob@example.com", State.STORED, 1.45),
        ("ann", "eve@example.net", State.STORED, 1.45),
    ]
    (expanded,) = result.of(Event.STORED, number=0)
    assert (expanded.node, Why(expanded.why)) == ("mx1", Why.EXPANDED)
    (sent,) = result.of(Event.SENT, number=1)
    assert (sent.node, Why(sent.why), sent.value) == ("mx1", Why.EXPANDED, 0)
    assert result.reports() == []


def test_who_asked_for_success_is_told_that_the_alias_has_it_and_nothing_of_the_copies() -> None:
    """mx1 has it at 1.00 and reports that it was delivered; the report is at isp 0.45 later."""
    values = aliased({"info@example.com": ["bob@example.com", "eve@example.net"]}, to="info@example.com")
    values["traffic"][0]["notify"] = ["success"]
    result = same_at_both_levels(values)
    assert [(d.rcpt, d.stored_us) for d in result.reports()] == [("ann@example.org", 1_450_000)]
    (sent,) = [row for row in result.of(Event.SENT, node="mx1") if row.why == Why.REPORTED_DELIVERED]
    assert (sent.t_us, sent.extra) == (1_000_000, "delivered|info@example.com")
    assert [result.reports(number) for number in (1, 2)] == [[], []]


def test_the_stories_say_what_became_of_it() -> None:
    result = mailsim.load(aliased({"info@example.com": ["bob@example.com", "eve@example.net"]}, to="info@example.com")).run()
    assert "mx1 has delivered it to info@example.com, which is an alias" in str(result.explain(0))
    assert "mx1 sends message 0 on: 10 kB for bob@example.com, eve@example.net" in str(result.explain(1))
    assert result.conservation.ok


def test_who_is_in_its_own_list_gets_the_mail_itself_and_once() -> None:
    result = same_at_both_levels(aliased({"bob@example.com": ["bob@example.com", "eve@example.net"]}))
    assert fates(result) == [("ann", "bob@example.com", State.STORED, 1.45), ("ann", "eve@example.net", State.STORED, 1.45)]
    assert [d.copies for d in result.deliveries] == [1, 1]
    alone = same_at_both_levels(aliased({"bob@example.com": ["bob@example.com"]}))
    assert fates(alone) == [("ann", "bob@example.com", State.STORED, 1.45)]


def test_lists_within_a_server_are_followed_at_once() -> None:
    aliases = {"info@example.com": ["team@example.com", "bob@example.com"], "team@example.com": ["bob@example.com", "cas@example.com"]}
    result = same_at_both_levels(aliased(aliases, to="info@example.com"))
    assert [(d.rcpt, d.stored_us) for d in result.deliveries[1:]] == [("bob@example.com", 1_450_000), ("cas@example.com", 1_450_000)]


def test_an_alias_is_a_recipient_and_other_addresses_are_not() -> None:
    result = same_at_both_levels(aliased({"info@example.com": ["bob@example.com"]}, to=["info@example.com", "no@example.com"]))
    assert [d.state for d in result.deliveries[:2]] == [State.STORED, State.BOUNCED]


def test_a_copy_that_fails_is_returned_to_the_first_sender() -> None:
    refuses = {"script": [{"stage": "rcpt", "reply": "550 5.1.1 no such user"}]}
    values = aliased({"info@example.com": ["eve@example.net", "bob@example.com"]}, to="info@example.com", there=refuses)
    result = same_at_both_levels(values)
    assert result.state(1, "eve@example.net") == State.BOUNCED
    assert result.state(1, "bob@example.com") == State.STORED
    assert result.at(Event.BOUNCED, node="mx1") == [1.4]  # the reply to RCPT, 0.40 after 1.00
    assert [d.rcpt for d in result.reports(1)] == ["ann@example.org"]


def test_a_forwarded_report_has_no_report() -> None:
    refuses = {"script": [{"stage": "rcpt", "reply": "550 5.1.1 no such user"}]}
    values = aliased({"info@example.com": ["eve@example.net"]}, to="info@example.com", there=refuses)
    values["traffic"][0]["null_sender"] = True
    result = same_at_both_levels(values)
    assert [(d.sender, State(d.state)) for d in result.deliveries] == [("", State.STORED), ("", State.DISCARDED)]


@pytest.mark.parametrize("limit", [5, 10])
def test_a_circle_of_two_domains_ends_at_the_hop_limit_with_a_report(limit: int) -> None:
    """RFC 5321 section 6.3; 5.4.6 (RFC 3463 X.4.6).

    mx1 takes it at 1.00 s with its second Received line, and each server adds one, 0.45 s after the last.  The server that adds
    line ``limit`` finds it on its way to the mailbox and returns it.
    """
    few = {"parameters": {**MTA["parameters"], "hop_limit": limit}}
    aliases = {"info@example.com": ["eve@example.net"]}
    there = {"aliases": {"eve@example.net": ["info@example.com"]}, **few}
    result = same_at_both_levels(aliased(aliases, to="info@example.com", there=there, mx1=few, run_until="settled"))
    mail = [d for d in result.deliveries if d.parent < 0]
    # the first one and a copy at each server after that: lines 2 .. limit
    assert [d.rcpt for d in mail] == ["info@example.com", *(["eve@example.net", "info@example.com"] * limit)[: limit - 2]]
    assert [State(d.state) for d in mail] == [State.STORED] * (limit - 2) + [State.BOUNCED]
    (row,) = result.of(Event.BOUNCED)
    assert (row.t_us, Why(row.why)) == (1_000_000 + 450_000 * (limit - 2), Why.HOP_LIMIT)
    assert "5.4.6" in row.extra
    assert [(d.rcpt, State(d.state)) for d in result.deliveries if d.parent >= 0] == [("ann@example.org", State.STORED)]


def test_copies_of_what_only_warms_the_caches_are_not_counted() -> None:
    values = aliased({"info@example.com": ["bob@example.com"]}, to="info@example.com", warm_up="1h")
    values["traffic"] = [{"kind": "periodic", "from": "ann@example.org", "to": "info@example.com", "every": "20m", "until": "30m"}]
    result = same_at_both_levels(values)
    # sent at 0 and at 20 min; the copies come after all mail
    assert [(d.message, d.parent, d.rcpt[:4]) for d in result.deliveries][:3] == [(0, -1, "info"), (1, -1, "info"), (2, -2, "bob@")]


def test_a_postmaster_who_is_an_alias_for_nobody_ends_a_double_bounce_all_the_same() -> None:
    """The report to a nobody fails at mx1, the postmaster is told, whose copy goes to a nobody too: that is the end.

    eve's mail and the postmaster's are refused at example.net; a message whose own failure is dropped stays one when an alias sends
    it on.
    """
    aliases = {"x@example.com": ["gone@example.net"], "info@example.com": ["gone@example.net"]}
    tells = {"parameters": {**MTA["parameters"], "double_bounce": "postmaster", "postmaster": "info@example.com"}}
    values = aliased(aliases, mx1=tells, there={"store": "there-boxes"}, to="x@example.com", run_until="1h")
    values["nodes"]["there-boxes"] = {"kind": "mailstore", "host": "mx.example.net", "mailboxes": {"eve@example.net": {}}}
    values["traffic"][0]["null_sender"] = True
    result = same_at_both_levels(values)
    assert [(d.rcpt, State(d.state)) for d in result.deliveries] == [
        ("x@example.com", State.STORED), ("gone@example.net", State.DISCARDED),
        ("info@example.com", State.STORED), ("gone@example.net", State.DISCARDED),
    ]  # fmt: skip


def test_an_alias_is_of_a_domain_that_the_server_keeps() -> None:
    with pytest.raises(ScenarioError, match=r"nodes\.mx1\.aliases\[info@example\.net\].*example\.net is not in final_for"):
        mailsim.load(aliased({"info@example.net": ["bob@example.com"]}))


# -- split brain -------------------------------------------------------------------------------------------------------


def test_a_backup_with_mailboxes_of_its_own_keeps_what_it_takes() -> None:
    """Two servers are final for one domain, each with a store: nothing is lost, and half of it nobody reads."""
    zone = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2", "boxes A 192.0.2.9", "spare A 192.0.2.8")
    keeps: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
    nodes = {
        "mx1": {**keeps, "store": "boxes"}, "mx2": {**keeps, "store": "spare"},
        "boxes": BOXES, "spare": {**BOXES, "host": "spare.example.com"},
        "bob": {"kind": "client", "address": "bob@example.com", "fetch": {"host": "boxes.example.com", "every": "1m"}},
    }  # fmt: skip
    down = outage("mx1", "0s", length="10m")
    result = same_at_both_levels(world(zone, nodes, times=("0s", "11m"), faults=(down,), run_until="30m"))
    # 30 s of silence; mx2 has it at 31.00, its store 0.45 later; the second one is with mx1 at 661.00
    assert [(d.holder, d.stored_us) for d in result.deliveries] == [("spare", 31_450_000), ("boxes", 661_450_000)]
    assert [d.fetched_us >= 0 for d in result.deliveries] == [False, True]
    assert result.at(Event.BOUNCED) == []
