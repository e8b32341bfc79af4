"""A law: whatever a sender heeds and however it chooses, both recording levels tell the same, and no policy is a verdict for good."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailsim.events import State
from mailsim.rules.reasons import Why
from small_worlds import MTA, com, outage, run

TLS: dict[str, Any] = {"server_time": "0s", "starttls": True}
SETTINGS = settings(deadline=None, derandomize=True, max_examples=10, suppress_health_check=[HealthCheck.too_slow])
HOSTS = ("mx1", "mx2", "mx3")
TLSA = " TLSA 3 1 1 " + "ab" * 32


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """Three MX hosts with certificates of every kind, two programs in a population, faults of hosts, policy host and names."""
    lines = ['_mta-sts 60 TXT "v=STSv1; id=1"', "@ A 192.0.2.80"]
    nodes: dict[str, Any] = {"web": {**MTA, "host": "example.com", "final_for": ["example.com"], "parameters": TLS}}
    for k, host in enumerate(HOSTS):
        lines += [f"@ MX {draw(st.sampled_from([10, 20]))} {host}", f"{host} A 192.0.2.{k + 1}"]
        if draw(st.booleans()):
            lines.append(f"{host} AAAA 2001:db8::{k + 1}")
        if draw(st.booleans()):
            lines.append(f"_25._tcp.{host}{TLSA}")
        certificate = {"certificate": draw(st.sampled_from(["valid", "valid", "invalid"])), "tlsa_matches": draw(st.booleans())}
        starttls = draw(st.sampled_from([True, True, False]))
        nodes[host] = {**MTA, "final_for": ["example.com"], **certificate, "parameters": {**TLS, "starttls": starttls}}
    choice: dict[str, Any] = {
        "inherits": draw(st.sampled_from(["postfix", "exim", "rfc5321"])),
        "sts": draw(st.booleans()),
        "dane": draw(st.booleans()),
        "mx_choice": draw(st.sampled_from(["best_first", "worst_first", "best_only", "worst_only", "sticky"])),
        "equal_preference": draw(st.sampled_from(["shuffled", "listed"])),
        "address_family": draw(st.sampled_from(["any", "ipv6_first", "ipv4_first", "ipv4_only"])),
        "dns_trouble": draw(st.sampled_from(["defer", "bounce", "address"])),
        "address_fallback": draw(st.booleans()),
        "queue_lifetime": "8h",
    }
    sender = draw(st.sampled_from(["world", "ann@example.org"]))
    own = {"kind": "mta", "host": "mail.example.org", "flavour": "own", "final_for": ["example.org"], "submission": True}
    nodes["isp"] = {**own, "accounts": {"ann@example.org": {"password": "x"}}}
    nodes["ann"] = {"kind": "client", "address": "ann@example.org", "password": "x", "submission": {"discover": "mail.example.org"}}
    nodes["world"] = {"kind": "senders", "mix": {"own": 2, "postfix": 1}}
    named = draw(st.lists(st.sampled_from([f"{host}.example.com" for host in HOSTS]), min_size=1, unique=True))
    length = st.integers(1, 300).map(lambda n: f"{n}m")
    start = st.integers(0, 200).map(lambda n: f"{n}m")
    hosts = draw(st.lists(st.sampled_from(HOSTS), unique=True))
    faults = [outage(host, draw(start), length=draw(length), how=draw(st.sampled_from(["silent", "refused", "4xx"]))) for host in hosts]
    if draw(st.booleans()):
        faults.append({"kind": "policy", "target": "example.com", "start": draw(start), "length": draw(length)})
    if draw(st.booleans()):
        faults.append({"kind": "bogus", "target": "example.com", "start": draw(start), "length": draw(length)})
    later = [{"at": "90m", "mode": "enforce", "mx": [f"{host}.example.com" for host in HOSTS], "max_age": "1d"}][: draw(st.integers(0, 1))]
    mode, age = draw(st.sampled_from(["enforce", "enforce", "testing"])), draw(st.sampled_from(["10m", "2h", "7d"]))
    return {
        "name": "random",
        "seed": draw(st.integers(0, 1000)),
        "zones": [com(*lines), "$ORIGIN example.org.\n@ 60 MX 10 mail\nmail 60 A 203.0.113.25\n"],
        "signed_zones": ["example.com"],
        "policies": {"example.com": {"mode": mode, "mx": named, "max_age": age, "later": later}},
        "flavours": {"own": choice},
        "nodes": {"dns": {"kind": "resolver"}, **nodes},
        "traffic": [{"kind": "spread", "from": sender, "to": "bob@example.com", "count": 12, "until": "4h"}],
        "faults": faults,
    }


@SETTINGS
@given(worlds())
def test_both_levels_tell_the_same_and_no_policy_returns_mail_before_its_life_is_over(values: dict[str, Any]) -> None:
    """Under all checkers; what a policy forbids is a failure for now (RFC 8461 section 5, RFC 7672 section 2.2)."""
    result = run(values)
    assert run(values, level="messages").log.trace_hash() == result.log.trace_hash()
    forbidden = {Why.STS_MISMATCH, Why.STS_UNTRUSTED, Why.DANE_LOOKUP, Why.DANE_FAILED}
    for d in result.deliveries:
        assert d.state != State.BOUNCED or d.why not in forbidden
