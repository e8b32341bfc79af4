"""Places: host names and addresses from the zones, else from the node, else the next free documentation address."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.scenario import Scenario, load
from mailsim.scenario.places import ends_of_link, host_addresses, places


def world(zone: str, **nodes: dict[str, Any]) -> Scenario:
    return load({"name": "x", "zones": [zone], "nodes": {"dns": {"kind": "resolver"}, **nodes}})


ZONE = """\
$ORIGIN example.com.
@    300 IN MX 10 mx1
mx1  300 IN A 198.51.100.10
mx1  300 IN AAAA 2001:db8:1::10
imap 300 IN CNAME real
real 300 IN A 198.51.100.30
"""


def test_a_host_is_the_zone_name_whose_first_label_is_the_node() -> None:
    where = places(world(ZONE, mx1={"kind": "mta"}, boxes={"kind": "mailstore", "host": "imap.example.com"}))
    assert where.host == {"dns": "dns.test", "mx1": "mx1.example.com", "boxes": "imap.example.com"}


def test_addresses_are_those_of_the_host_through_aliases() -> None:
    where = places(world(ZONE, mx1={"kind": "mta"}, boxes={"kind": "mailstore", "host": "IMAP.example.com."}))
    assert where.addresses["mx1"] == ("198.51.100.10", "2001:db8:1::10")
    assert where.addresses["boxes"] == ("198.51.100.30",)


def test_without_a_record_the_nodes_own_address_counts_and_then_the_next_free_one() -> None:
    zone = ZONE + "taken 300 IN A 192.0.2.1\n"
    where = places(
        world(zone, mx2={"kind": "mta", "address": "192.0.2.2"}, mx3={"kind": "mta"}, ann={"kind": "client", "address": "a@b.test"})
    )
    assert where.addresses == {"dns": ("192.0.2.3",), "mx2": ("192.0.2.2",), "mx3": ("192.0.2.4",), "ann": ("192.0.2.5",)}
    assert where.assigned == {"mx3": "192.0.2.4"}
    assert where.notes[0] == "mx3: no zone has an address for mx3.test; 192.0.2.4 is assigned"


def test_after_the_documentation_networks_of_ipv4_come_those_of_ipv6() -> None:
    nodes = {f"c{k}": {"kind": "client", "address": f"c{k}@b.test"} for k in range(763)}
    where = places(world(ZONE.replace("198.51.100", "10.0.0"), **nodes))
    assert where.addresses["c253"] == ("198.51.100.1",)
    assert where.addresses["c760"] == ("203.0.113.254",)
    assert where.addresses["c761"] == ("2001:db8::1",)


def test_two_names_with_one_address_are_one_machine() -> None:
    zone = ZONE + "box 300 IN A 198.51.100.10\n"
    where = places(world(zone, mx1={"kind": "mta"}, box={"kind": "mailstore"}))
    assert where.nodes_at["198.51.100.10"] == ("mx1", "box")
    assert where.nodes_at["2001:db8:1::10"] == ("mx1",)


def test_nodes_that_name_one_host_are_one_machine_even_without_a_record() -> None:
    where = places(
        world(ZONE, a={"kind": "mta", "host": "all.example.net"}, b={"kind": "mailstore", "host": "all.example.net"}, c={"kind": "mta"})
    )
    assert where.addresses["a"] == where.addresses["b"] != where.addresses["c"]


def test_an_address_has_one_spelling() -> None:
    assert places(world(ZONE, mx9={"kind": "mta", "address": "2001:DB8:0:0::9"})).addresses["mx9"] == ("2001:db8::9",)


def test_a_ring_of_aliases_has_no_address() -> None:
    scenario = world("$ORIGIN a.test.\nx 5 CNAME y\ny 5 CNAME x\n")
    assert host_addresses(scenario.parsed_zones(), "x.a.test") == ()


@pytest.mark.parametrize(
    ("text", "ends"),
    [("a-b", ("a", "b")), ("a-b-c", ("a", "b-c")), ("b-c-a", ("b-c", "a")), ("b-c", None), ("a", None), ("a-", None), ("", None)],
)
def test_the_ends_of_a_link_are_found_though_names_hold_hyphens(text: str, ends: tuple[str, str] | None) -> None:
    assert ends_of_link(text, {"a": 1, "b": 1, "b-c": 1} if text != "b-c" else {"a": 1, "b-c": 1}) == ends
