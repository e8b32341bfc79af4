"""Smarthosts and fallback relays: when they are used, what trouble with them means, and that loops end (Postfix unless said)."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from small_worlds import MTA, Run, com, outage, run, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
RELAY = {"fallback_relay": "[relay.example.com]"}
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "relay A 192.0.2.9")


def sending(zone: str, nodes: dict[str, Any], *faults: dict[str, Any], figures: dict[str, Any], **more: Any) -> Run:
    """Run it at both levels, which must come to the same."""
    flavour = more.pop("flavour", "postfix")
    values = world(zone, nodes, faults=faults, isp={"flavour": flavour, "parameters": figures}, **{"run_until": "4m", **more})
    result = run(values)
    assert run(values, level="messages").log.trace_hash() == result.log.trace_hash()
    return result


def test_the_fallback_relay_comes_after_five_dead_addresses_that_hide_a_backup() -> None:
    """smtp_mx_address_limit counts for each next hop by itself: 5 x 30 s, the sixth (mx2) is never tried, then the relay."""
    dead = [f"mx1 A 198.51.100.{k}" for k in range(1, 6)]
    zone = com("@ MX 10 mx1", "@ MX 20 mx2", *dead, "mx2 A 192.0.2.2", "relay A 192.0.2.9")
    result = sending(zone, {"mx2": FINAL, "relay": FINAL}, figures=RELAY)
    assert [host for _, host, _ in result.tries()] == ["mx1"] * 5 + ["relay"]
    assert result.tries()[-1] == (150.55, "relay", Why.OK)


def test_two_sessions_that_failed_are_followed_by_the_fallback_relay_and_not_by_the_third_mx() -> None:
    """smtp_mx_session_limit 2, again for each next hop: 0.4 s for each 450 at RCPT."""
    hosts = ("mx1", "mx2", "mx3")
    records = [line for k, host in enumerate(hosts) for line in (f"@ MX {10 * (k + 1)} {host}", f"{host} A 192.0.2.{k + 1}")]
    zone = com(*records, "relay A 192.0.2.9")
    faults = [outage(host, "0s", how="4xx", stage="rcpt") for host in hosts]
    result = sending(zone, {**dict.fromkeys(hosts, FINAL), "relay": FINAL}, *faults, figures=RELAY)
    assert result.tries() == [
        (0.55, "mx1", Why.TEMPFAIL),
        (pytest.approx(0.95), "mx2", Why.TEMPFAIL),
        (pytest.approx(1.35), "relay", Why.OK),
    ]


def test_a_refusal_for_good_is_returned_and_the_fallback_relay_is_not_asked() -> None:
    fault = outage("mx1", "0s", how="5xx", stage="rcpt")
    result = sending(ONE, {"mx1": FINAL, "relay": FINAL}, fault, figures=RELAY)
    assert ([host for _, host, _ in result.tries(number=0)], result.state()) == (["mx1"], State.BOUNCED)


def test_a_backup_mx_has_no_fallback_relay_for_the_domain_that_it_is_mx_of() -> None:
    """smtp_connect.c: "If we're MX host, don't connect to non-MX backups"; else the relay might send it back."""
    zone = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2", "relay A 192.0.2.9")
    backup = {**MTA, "relays_for": ["example.com"], "parameters": {**MTA["parameters"], **RELAY}}
    result = sending(zone, {"mx1": FINAL, "mx2": backup, "relay": FINAL}, outage("mx1", "0s", how="refused"), figures={})
    assert {host for _, host, _ in result.tries("mx2")} == {"mx1"}
    assert result.state() == State.QUEUED


def test_without_loop_rule_for_a_stranger_the_same_backup_uses_its_relay_for_other_domains() -> None:
    result = sending(ONE, {"mx1": FINAL, "relay": FINAL}, outage("mx1", "0s", how="refused"), figures=RELAY)
    assert result.tries() == [(0.55, "mx1", Why.REFUSED), (pytest.approx(0.65), "relay", Why.OK)]


# -- trouble with the relay itself -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("flavour", "state"), [("postfix", State.QUEUED), ("rfc5321", State.BOUNCED)])
def test_a_smarthost_that_does_not_exist_is_waited_for_by_postfix_and_bounced_by_others(flavour: str, state: State) -> None:
    """smtp_connect.c: trouble with $relayhost is a "configuration problem", made soft."""
    result = sending(ONE, {"mx1": FINAL}, figures={"smarthost": "gone.example.com"}, flavour=flavour)
    assert (result.state(), result.delivery().why) == (state, Why.DOMAIN_MISSING)


@pytest.mark.parametrize(("flavour", "state"), [("postfix", State.QUEUED), ("rfc5321", State.BOUNCED)])
def test_neither_domain_nor_fallback_relay_exist(flavour: str, state: State) -> None:
    figures = {"fallback_relay": "gone.example.com"}
    result = sending(ONE, {"mx1": FINAL}, figures=figures, flavour=flavour, to="bob@nowhere.example.com")
    assert (result.state(), result.delivery().why) == (state, Why.DOMAIN_MISSING)


def test_a_fallback_relay_that_does_not_exist_takes_nothing_from_a_domain_that_does() -> None:
    result = sending(ONE, {"mx1": FINAL}, figures={"fallback_relay": "gone.example.com"})
    assert result.state() == State.STORED


# -- loops -------------------------------------------------------------------------------------------------------------


def test_two_smarthosts_that_hand_mail_to_each_other_are_stopped_by_the_hop_limit() -> None:
    """isp to a at 1.0 s, a to b 0.45 s later, and so on: hops 1 (isp), 2, 3 ... ; whoever gets it with hop 5 returns it."""
    zone = com("a A 192.0.2.1", "b A 192.0.2.2")
    parts = MTA["parameters"]
    a = {**MTA, "relays_for": ["example.com", "example.org"], "parameters": {**parts, "smarthost": "[b.example.com]", "hop_limit": 5}}
    b = {**a, "parameters": {**a["parameters"], "smarthost": "[a.example.com]"}}
    result = sending(zone, {"a": a, "b": b}, figures={"smarthost": "[a.example.com]", "hop_limit": 5}, run_until="1h")
    message = result.delivery()
    assert (message.state, message.why) == (State.BOUNCED, Why.HOP_LIMIT)
    taken = [(r.t_us / 1e6, r.node) for r in result.of(Event.ACCEPTED, number=0)]
    assert [node for _, node in taken][:3] == ["isp", "a", "b"]
    assert taken[1:] == [(pytest.approx(0.55 + 0.45 * k), "ab"[(k + 1) % 2]) for k in range(1, len(taken))]
    assert message.ended_us == result.of(Event.ACCEPTED, number=0)[-1].t_us


def test_a_smarthost_that_is_the_machine_itself_is_a_loop_at_once() -> None:
    result = sending(ONE, {"mx1": FINAL}, figures={"smarthost": "[mail.example.org]"}, flavour="rfc5321")
    assert (result.state(), result.delivery().why, result.delivery().tries) == (State.BOUNCED, Why.MX_SELF, 0)
