"""Which address serves which zones, and what a resolver need not ask for."""

from __future__ import annotations

from typing import Any

import mailsim
from mailsim.rules.dns import Manner, Question, Rcode
from mailsim.rules.reasons import Why
from mailsim.scenario.compiled import Compiled, compiled

COM = """$ORIGIN com.
@ 900 IN SOA a h 1 2 3 4 900
@ 900 IN NS a
a 900 IN A 192.0.2.2
example 900 IN NS ns.example
ns.example 900 IN A 192.0.2.53
"""
EXAMPLE = """$ORIGIN example.com.
@ 60 IN SOA ns h 1 2 3 4 60
@ 60 IN NS ns
@ 60 IN NS far.example.net.
ns 60 IN A 192.0.2.53
www 60 IN A 192.0.2.8
"""
BARE = "$ORIGIN bare.test.\nwww 60 IN A 192.0.2.9\n"
ROOT = """$ORIGIN .
@ 60 IN SOA a.root h.root 1 2 3 4 60
@ 60 IN NS a.root
a.root 60 IN A 192.0.2.1
com 60 IN NS a.com.
a.com 60 IN A 192.0.2.2
"""


def world(*zones: str, **nodes: Any) -> Compiled:
    values = {"name": "x", "zones": list(zones), "nodes": {"dns": {"kind": "resolver"}, **nodes}}
    return compiled(mailsim.load(values))


def test_servers_are_found_by_ns_records_and_addresses() -> None:
    service = world(EXAMPLE).name_service
    assert {address: serving.origins for address, serving in service.servings.items()} == {
        "192.0.2.53": ("example.com",),
        "far.example.net.": ("example.com",),  # no zone has an address for it: it gets its name as one
        "198.41.0.4": ("",),
    }


def test_a_declared_name_server_serves_what_its_host_name_or_its_list_says() -> None:
    ns = {"kind": "nameserver", "host": "ns.example.com"}
    other = {"kind": "nameserver", "address": "203.0.113.1", "zones": ["bare.test"]}
    everything = {"kind": "nameserver", "address": "203.0.113.2", "recursive": True, "additional": False}
    servings = world(EXAMPLE, BARE, ns=ns, other=other, everything=everything).name_service.servings
    assert (servings["192.0.2.53"].node, servings["192.0.2.53"].origins) == ("ns", ("example.com",))
    assert servings["203.0.113.1"].origins == ("bare.test",)
    assert servings["203.0.113.2"].origins == ("example.com", "bare.test")
    assert servings["203.0.113.2"].manner == Manner(additional=False, recursive=True)


def test_zones_that_a_declared_zone_delegates_are_not_known_beforehand() -> None:
    assert [hint.origin for hint in world(COM, EXAMPLE, BARE).name_service.hints] == ["com", "bare.test", ""]
    assert [hint.origin for hint in world(ROOT, COM, EXAMPLE).name_service.hints] == [""]


def test_the_synthesised_root_delegates_what_is_declared_and_denies_the_rest() -> None:
    service = world(EXAMPLE, BARE).name_service
    referral = service.answer("198.41.0.4", Question("www.example.com", "A"), 0).delegation
    assert referral is not None
    assert referral.rdatas == ("ns.example.com", "far.example.net")
    assert service.answer("198.41.0.4", Question("elsewhere.test", "A"), 0).rcode == Rcode.NXDOMAIN


def test_answers_follow_the_versions_of_a_zone() -> None:
    values = {
        "name": "x",
        "zones": [EXAMPLE],
        "nodes": {"dns": {"kind": "resolver"}},
        "changes": [{"at": "1m", "zone": "example.com", "records": "www 60 IN A 192.0.2.99"}],
    }
    service = compiled(mailsim.load(values)).name_service
    shown = [service.answer("192.0.2.53", Question("www.example.com", "A"), t).rdatas for t in (0, 60_000_000)]
    assert shown == [("192.0.2.8",), ("192.0.2.99",)]


def test_faults_of_a_server_are_conditions_by_transport_and_type() -> None:
    values = {
        "name": "x",
        "zones": [EXAMPLE],
        "nodes": {"dns": {"kind": "resolver"}, "ns": {"kind": "nameserver", "host": "ns.example.com"}},
        "faults": [
            {"kind": "dns", "target": "ns", "start": "1m", "length": "1m", "how": "slow", "delay": "2s"},
            {"kind": "dns", "target": "192.0.2.53", "start": "90s", "length": "1m", "how": "silent", "proto": "tcp", "rtype": "mx"},
        ],
    }
    made = compiled(mailsim.load(values))
    assert [made.dns_service("ns", "udp", "A", "www.example.com").at(t).delay_us for t in (0, 60_000_000, 120_000_000)] == [0, 2_000_000, 0]
    both = made.dns_service("ns", "tcp", "MX", "example.com").at(100_000_000)
    assert (both.delay_us, both.reach) == (2_000_000, Why.SILENT)
    assert made.dns_service("ns", "tcp", "A", "example.com").at(100_000_000).reach == Why.OK
    assert not made.dns_quiet
    assert [span.how for span in made.conditions.spans] == ["DNS slow by 2s", "DNS silent over tcp for MX"]
    assert made.next_change(61_000_000) == 90_000_000
