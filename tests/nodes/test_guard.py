"""MTA-STS and DANE in small worlds: which hosts a sender uses, when, and what that makes of a backup (RFC 8461, RFC 7672).

A session with STARTTLS and TLS 1.3 takes eight round trips, 0.8 s; the server has the message after 0.75 s.  Mail that ann sends at
0 s enters the queue of ``isp`` at 0.85 s: AUTH and STARTTLS cost a round trip and three more.  A fetch of a policy takes 0.3 s.
"""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from small_worlds import MTA, Run, S, com, outage, run, world

TLS: dict[str, Any] = {"server_time": "0s", "starttls": True}
FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"], "parameters": TLS}
PLAIN: dict[str, Any] = {**FINAL, "parameters": {**TLS, "starttls": False}}
HOSTS = ("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
RECORD = '_mta-sts 60 TXT "v=STSv1; id=1"'
BOTH = ["mx1.example.com", "mx2.example.com"]
PRIMARY_DOWN = outage("mx1", "0s", how="refused")


def policy(mode: str = "enforce", mx: list[str] | None = None, **more: Any) -> dict[str, Any]:
    return {"example.com": {"mode": mode, "mx": mx or BOTH, "max_age": "7d", "fetch_time": "300ms", **more}}


def policy_down(start: str, *, length: str = "60d", how: str = "silent") -> dict[str, Any]:
    """The policy host fails."""
    return {"kind": "policy", "target": "example.com", "start": start, "length": length, "how": how}


def setting(
    *faults: dict[str, Any],
    served: dict[str, Any] | None = None,
    mx1: dict[str, Any] = FINAL,
    mx2: dict[str, Any] = FINAL,
    lines: tuple[str, ...] = (RECORD,),
    figures: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    isp = {"parameters": {**TLS, **(figures or {"sts": True})}}
    zone = com(*HOSTS, *lines)
    more = {"run_until": "4m", **more}
    return world(zone, {"mx1": mx1, "mx2": mx2}, faults=faults, isp=isp, policies=served or {}, **more)


def sending(*faults: dict[str, Any], **more: Any) -> Run:
    """Run it at both levels, which must come to the same."""
    values = setting(*faults, **more)
    result = run(values)
    assert run(values, level="messages").log.trace_hash() == result.log.trace_hash()
    return result


def fetches(result: Run) -> list[tuple[float, float, Why]]:
    """(second, seconds it took, outcome) of each fetch of a policy."""
    why = (Why.POLICY_FETCHED, Why.POLICY_MISSING)
    return [(r.t_us / S, r.value / S, Why(r.why)) for r in result.of(Event.LOOKED_UP, node="isp") if r.why in why]


# -- MTA-STS: the lesson -----------------------------------------------------------------------------------------------


def test_a_backup_missing_from_the_policy_is_no_backup() -> None:
    """0.85 + 0.3 for the fetch; the primary refuses for a round trip; the backup is up and is not even called."""
    result = sending(PRIMARY_DOWN, served=policy(mx=["mx1.example.com"]))
    assert fetches(result) == [(0.85, 0.3, Why.POLICY_FETCHED)]
    assert result.tries() == [(1.15, "mx1", Why.REFUSED), (1.25, "mx2", Why.STS_MISMATCH)]
    assert (result.state(), result.delivery().why, result.delivery().tries) == (State.QUEUED, Why.STS_MISMATCH, 1)


def test_a_backup_in_the_policy_takes_the_mail_in_the_same_attempt() -> None:
    result = sending(PRIMARY_DOWN, served=policy())
    assert result.tries() == [(1.15, "mx1", Why.REFUSED), (1.25, "mx2", Why.OK)]
    assert result.at(Event.STORED) == [2.0]  # 1.25 + 0.75


def test_in_testing_mode_the_backup_is_used_all_the_same() -> None:
    result = sending(PRIMARY_DOWN, served=policy("testing", mx=["mx1.example.com"]))
    assert result.tries() == [(1.15, "mx1", Why.REFUSED), (1.25, "mx2", Why.OK)]


def test_who_does_not_heed_policies_neither_asks_nor_fetches() -> None:
    result = sending(PRIMARY_DOWN, served=policy(mx=["mx1.example.com"]), figures={"starttls": True})
    assert fetches(result) == []
    assert result.tries() == [(0.85, "mx1", Why.REFUSED), (0.95, "mx2", Why.OK)]


def test_where_no_mx_is_in_the_policy_mail_waits_for_its_whole_life_and_comes_back_as_undeliverable_for_now() -> None:
    figures = {"sts": True, "queue_lifetime": "1h"}
    result = sending(served=policy(mx=["old.example.com"]), figures=figures, run_until="settled")
    assert {why for _, _, why in result.tries(number=0)} == {Why.STS_MISMATCH}
    assert (result.state(), result.delivery().why) == (State.BOUNCED, Why.LIFETIME_OVER)
    assert result.delivery().tries == 0  # nobody was ever called
    assert result.of(Event.EXPIRED)[0].why == Why.STS_MISMATCH


def test_a_wildcard_lets_a_host_of_another_provider_in() -> None:
    served = policy(mx=["mx1.example.com", "*.example.com"])
    assert sending(PRIMARY_DOWN, served=served).state() == State.STORED


# -- MTA-STS: the certificate ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mx1", "costs"),
    [
        ({**FINAL, "certificate": "invalid"}, 0.5),  # connect 1, greeting 1, EHLO 1, STARTTLS and handshake 2
        (PLAIN, 0.3),  # the reply to EHLO has no STARTTLS
    ],
)
def test_a_named_host_without_trusted_tls_is_left_for_the_next(mx1: dict[str, Any], costs: float) -> None:
    result = sending(served=policy(), mx1=mx1)
    assert result.tries() == [(1.15, "mx1", Why.STS_UNTRUSTED), (pytest.approx(1.15 + costs), "mx2", Why.OK)]
    assert result.delivery().tries == 1


def test_a_certificate_matters_only_in_enforce() -> None:
    result = sending(served=policy("testing"), mx1={**FINAL, "certificate": "invalid"})
    assert result.tries() == [(1.15, "mx1", Why.OK)]


def test_what_the_only_server_lacks_is_waited_for() -> None:
    bad = {**FINAL, "certificate": "invalid"}
    result = sending(served=policy(), mx1=bad, mx2=bad)
    assert [why for _, _, why in result.tries()] == [Why.STS_UNTRUSTED, Why.STS_UNTRUSTED]
    assert (result.state(), result.delivery().why) == (State.QUEUED, Why.STS_UNTRUSTED)


def test_a_scripted_server_is_heard_until_the_client_leaves() -> None:
    """421 at the greeting comes before the certificate is seen; a script for RCPT is never reached."""
    bad = {**FINAL, "certificate": "invalid"}
    greets = {**bad, "script": [{"stage": "greeting", "reply": "421 4.3.2 busy"}]}
    late = {**bad, "script": [{"stage": "rcpt", "reply": "450 4.2.0 busy"}]}
    assert sending(served=policy(), mx1=greets).tries()[0] == (1.15, "mx1", Why.TEMPFAIL)
    assert sending(served=policy(), mx1=late).tries() == [(1.15, "mx1", Why.STS_UNTRUSTED), (1.65, "mx2", Why.OK)]


# -- MTA-STS: what is held, and for how long -----------------------------------------------------------------------------


def test_a_policy_counts_until_max_age_also_while_its_host_is_down_and_no_longer() -> None:
    """A fetches at 0.85 s and is delivered.  B (1 h) finds the primary gone: its attempts at 0, 5, 10, 20, 40 min still go by
    the policy, which is 2 h old at 7201.15 s; at 80 min (8400 s) it is over: 60 s for a fetch in vain, then 0.1 s for mx1.
    """
    result = sending(
        policy_down("1m"),
        outage("mx1", "30m", how="refused"),
        served=policy(mx=["mx1.example.com"], max_age="2h"),
        times=("0s", "1h"),
        run_until="3h",
    )
    assert fetches(result) == [(0.85, 0.3, Why.POLICY_FETCHED), (8400.0, 60.0, Why.POLICY_MISSING)]
    skipped = [t for t, host, why in result.tries(number=1) if why == Why.STS_MISMATCH]
    assert skipped == pytest.approx([3600.95, 3900.1, 4200.1, 4800.1, 6000.1])
    assert result.tries(number=1)[-2:] == [(8460.0, "mx1", Why.REFUSED), (8460.1, "mx2", Why.OK)]


def test_a_newer_policy_is_found_by_its_id_and_lets_the_waiting_mail_go() -> None:
    """The record lives for 60 s; policy and id change at 1 h; B's attempt at 80 min finds both: 8400 + 0.3 for the fetch."""
    result = sending(
        outage("mx1", "30m", how="refused"),
        served=policy(mx=["mx1.example.com"], later=[{"at": "2h", "mode": "enforce", "mx": BOTH, "max_age": "7d"}]),
        changes=[{"at": "2h", "zone": "example.com", "records": '_mta-sts 60 TXT "v=STSv1; id=2"'}],
        times=("0s", "1h"),
        run_until="3h",
    )
    assert fetches(result) == [(0.85, 0.3, Why.POLICY_FETCHED), (8400.0, 0.3, Why.POLICY_FETCHED)]
    assert result.tries(number=1)[-2:] == [(8400.3, "mx1", Why.REFUSED), (8400.4, "mx2", Why.OK)]


def test_a_newer_policy_behind_an_old_id_is_not_looked_for() -> None:
    served = policy(mx=["mx1.example.com"], later=[{"at": "2h", "mode": "enforce", "mx": BOTH, "max_age": "7d"}])
    result = sending(outage("mx1", "30m", how="refused"), served=served, times=("0s", "1h"), run_until="3h")
    assert len(fetches(result)) == 1
    assert result.state(1) == State.QUEUED


@pytest.mark.parametrize(("how", "costs"), [("silent", 60.0), ("refused", 0.1), ("unreachable", 0.1)])
def test_without_any_policy_to_be_had_mail_is_sent_as_if_there_were_none(how: str, costs: float) -> None:
    """RFC 8461 section 3.3; a minute's patience, or one of the three round trips of a fetch."""
    result = sending(policy_down("0s", how=how), PRIMARY_DOWN, served=policy(mx=["mx1.example.com"]))
    assert fetches(result) == [(0.85, costs, Why.POLICY_MISSING)]
    assert result.tries() == [(pytest.approx(0.85 + costs), "mx1", Why.REFUSED), (pytest.approx(0.95 + costs), "mx2", Why.OK)]


def test_without_its_record_a_policy_is_never_looked_for() -> None:
    result = sending(PRIMARY_DOWN, served=policy(mx=["mx1.example.com"]), lines=())
    assert fetches(result) == []
    assert result.state() == State.STORED


def test_one_fetch_serves_all_who_come_while_it_is_under_way_and_after_it() -> None:
    """The second message is there 0.1 s after the fetch began, and waits 0.2 s for it."""
    result = sending(served=policy(), times=("0s", "100ms", "5s"))
    assert fetches(result) == [(0.85, 0.3, Why.POLICY_FETCHED)]
    assert [result.tries(number=k)[0][0] for k in range(3)] == [1.15, 1.15, 5.85]


def test_after_a_fetch_in_vain_nobody_tries_again_for_five_minutes() -> None:
    """Refused at 0.85 s until 0.95 s; at 60 s and 295 s nobody asks; at 302 s (300 s after 0.95 s are over) it is fetched."""
    fault = policy_down("0s", length="10s", how="refused")
    result = sending(fault, served=policy(), times=("0s", "1m", "295s", "302s"), run_until="10m")
    assert [(t, why) for t, _, why in fetches(result)] == [(0.85, Why.POLICY_MISSING), (302.85, Why.POLICY_FETCHED)]


def test_behind_a_smarthost_the_policy_of_the_smarthost_counts() -> None:
    """RFC 8461 section 3.4: mail for example.net goes by example.com's policy, which names no MX of it but mx1."""
    values = setting(PRIMARY_DOWN, served=policy(mx=["mx1.example.com"]), to="bob@example.net")
    values["nodes"]["isp"]["parameters"]["smarthost"] = "example.com"
    assert run(values).tries() == [(1.15, "mx1", Why.REFUSED), (1.25, "mx2", Why.STS_MISMATCH)]


def test_the_fallback_relay_is_not_bound_by_the_domains_policy() -> None:
    values = setting(PRIMARY_DOWN, served=policy(mx=["mx1.example.com"]))
    values["nodes"]["isp"]["parameters"]["fallback_relay"] = "[mx2.example.com]"
    tries = run(values).tries()
    assert tries == [(1.15, "mx1", Why.REFUSED), (1.25, "mx2", Why.STS_MISMATCH), (1.25, "mx2", Why.OK)]


def test_a_share_of_a_population_heeds_the_policy_and_waits_while_the_others_use_the_backup() -> None:
    """The primary is refused for 20 min; who heeds the policy waits for it, each message with a fetch of its own."""
    values: dict[str, Any] = {
        "name": "small",
        "seed": 1,
        "zones": [com(*HOSTS, RECORD)],
        "policies": policy(mx=["mx1.example.com"]),
        "flavours": {"careful": {"inherits": "postfix", "sts": True}},
        "nodes": {
            "world": {"kind": "senders", "mix": {"postfix": 1, "careful": 1}},
            "dns": {"kind": "resolver"},
            "mx1": FINAL,
            "mx2": FINAL,
        },
        "links": {"default": {"rtt": "100ms", "bandwidth": None}},
        "traffic": [{"kind": "spread", "from": "world", "to": "bob@example.com", "count": 60, "until": "15m"}],
        "faults": [outage("mx1", "0s", length="20m", how="refused")],
    }
    result = run(values)
    via = {flavour: {d.via for d in result.deliveries if d.flavour == flavour} for flavour in ("postfix", "careful")}
    assert via == {"postfix": {"mx2.example.com"}, "careful": {"mx1.example.com"}}
    assert min(d.stored_us for d in result.deliveries if d.flavour == "careful") >= 1200 * S
    fetched = [row.message for row in result.of(Event.LOOKED_UP, node="world") if row.why == Why.POLICY_FETCHED]
    assert sorted(fetched) == [d.message for d in result.deliveries if d.flavour == "careful"]
    assert run(values, level="messages").log.trace_hash() == result.log.trace_hash()


def test_a_population_whose_policies_end_during_the_outage_is_not_worked_out_ahead_as_if_they_held() -> None:
    """All fetch in the first minute; the policy host then fails; after 2 h nothing forbids mx2 though mx1 is down for 10 h."""
    values: dict[str, Any] = {
        "name": "small",
        "seed": 1,
        "zones": [com(*HOSTS, RECORD)],
        "policies": policy(mx=["mx1.example.com"], max_age="2h"),
        "flavours": {"careful": {"inherits": "postfix", "sts": True}},
        "nodes": {"world": {"kind": "senders", "mix": {"careful": 1}}, "dns": {"kind": "resolver"}, "mx1": FINAL, "mx2": FINAL},
        "links": {"default": {"rtt": "100ms", "bandwidth": None}},
        "traffic": [{"kind": "spread", "from": "world", "to": "bob@example.com", "count": 10, "until": "30s"}],
        "faults": [outage("mx1", "0s", length="10h", how="refused"), policy_down("1m")],
    }
    result = run(values)
    assert {d.via for d in result.deliveries} == {"mx2.example.com"}
    assert all(7200 * S <= d.stored_us < 10 * 3600 * S for d in result.deliveries)
    assert run(values, level="messages").log.trace_hash() == result.log.trace_hash()


# -- DANE --------------------------------------------------------------------------------------------------------------

TLSA = "_25._tcp.mx1 TLSA 3 1 1 " + "ab" * 32


def dane(*faults: dict[str, Any], lines: tuple[str, ...] = (TLSA,), signed: bool = True, **more: Any) -> Run:
    more = {"figures": {"dane": True}, "signed_zones": ["example.com"] if signed else [], **more}
    return sending(*faults, lines=lines, **more)


def test_a_host_with_the_certificate_that_its_tlsa_records_name_is_used() -> None:
    """It need not be one that everybody trusts."""
    result = dane(mx1={**FINAL, "certificate": "invalid"})
    assert result.tries() == [(0.85, "mx1", Why.OK)]
    assert [r.detail for r in result.of(Event.LOOKED_UP, node="isp") if r.peer.startswith("_25")] == [52]


@pytest.mark.parametrize(("mx1", "costs"), [({**FINAL, "tlsa_matches": False}, 0.5), (PLAIN, 0.3)])
def test_a_host_that_does_not_meet_its_tlsa_records_is_left_for_the_next(mx1: dict[str, Any], costs: float) -> None:
    result = dane(mx1=mx1)
    assert result.tries() == [(0.85, "mx1", Why.DANE_FAILED), (pytest.approx(0.85 + costs), "mx2", Why.OK)]


def test_without_tlsa_records_tls_is_opportunistic() -> None:
    assert dane(mx1=PLAIN, lines=()).tries() == [(0.85, "mx1", Why.OK)]


def test_in_a_zone_that_is_not_signed_nobody_asks_for_tlsa_records() -> None:
    result = dane(mx1={**FINAL, "tlsa_matches": False}, signed=False)
    assert result.tries() == [(0.85, "mx1", Why.OK)]
    assert not [r for r in result.of(Event.LOOKED_UP) if r.detail == 52]


def test_records_that_smtp_cannot_use_demand_tls_and_no_certificate() -> None:
    unusable = TLSA.replace("3 1 1", "1 1 1")
    assert dane(mx1={**FINAL, "tlsa_matches": False}, lines=(unusable,)).tries() == [(0.85, "mx1", Why.OK)]
    assert dane(mx1=PLAIN, lines=(unusable,)).tries()[0] == (0.85, "mx1", Why.DANE_FAILED)


def test_a_tlsa_lookup_that_fails_makes_the_host_unreachable_and_the_next_one_is_tried_at_once() -> None:
    result = dane(outage("dns _25._tcp.mx1.example.com/TLSA", "0s", how="servfail"))
    (first, host, why), (second, backup, outcome) = result.tries()
    assert (host, why, backup, outcome) == ("mx1", Why.DANE_LOOKUP, "mx2", Why.OK)
    assert first == second  # nobody was called at mx1


def test_where_every_host_fails_its_tlsa_check_mail_waits_and_expires() -> None:
    bad = {**FINAL, "tlsa_matches": False}
    lines = (TLSA, TLSA.replace("mx1", "mx2"))
    result = dane(mx1=bad, mx2=bad, lines=lines, run_until="settled", figures={"dane": True, "queue_lifetime": "1h"})
    assert (result.state(), result.delivery().why) == (State.BOUNCED, Why.LIFETIME_OVER)
    assert result.of(Event.EXPIRED)[0].why == Why.DANE_FAILED


def test_a_bogus_zone_delays_all_mail_of_everybody_until_it_is_mended() -> None:
    """No MX can be had: attempts at 0.85 s and, by the scans, at 5 min; mended at 8 min, delivered at 10 min."""
    result = dane({"kind": "bogus", "target": "example.com", "length": "8m"}, run_until="20m")
    assert [Why(r.why) for r in result.of(Event.DEFERRED)] == [Why.DNS_SERVFAIL, Why.DNS_SERVFAIL]
    assert result.tries() == [(600.0, "mx1", Why.OK)]


def test_dane_and_sts_must_both_be_met() -> None:
    """mx1 fails DANE though its certificate is valid; mx2 has no TLSA records, and the policy does not name it."""
    served = policy(mx=["mx1.example.com"])
    values = {"figures": {"dane": True, "sts": True}, "signed_zones": ["example.com"], "lines": (TLSA, RECORD)}
    result = sending(served=served, mx1={**FINAL, "tlsa_matches": False}, **values)
    assert result.tries() == [(1.15, "mx1", Why.DANE_FAILED), (1.65, "mx2", Why.STS_MISMATCH)]
