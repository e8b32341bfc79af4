"""The graph: roles, layers, and edges by who speaks to whom."""

from __future__ import annotations

from typing import Any

import networkx as nx
import pytest

from mailsim.scenario import load
from mailsim.scenario.graph import LAYERS, graph, mx_of


@pytest.fixture(scope="module")
def outage() -> nx.MultiDiGraph:
    return graph(load("primary-outage"))


def edges(of: nx.MultiDiGraph, via: str) -> list[tuple[str, str]]:
    return [(a, b) for a, b, attributes in of.edges(data=True) if attributes["via"] == via]


def test_nodes_have_their_role_layer_site_and_place(outage: nx.MultiDiGraph) -> None:
    roles = {name: attributes["role"] for name, attributes in outage.nodes(data=True)}
    assert roles == {
        "ann": "client", "isp": "submission", "home": "mailstore", "dns": "dns",
        "mx1": "mx", "mx2": "mx", "boxes": "mailstore", "bob": "reader",
    }  # fmt: skip
    assert all(attributes["layer"] == LAYERS[attributes["role"]] for _, attributes in outage.nodes(data=True))
    assert outage.nodes["mx1"]["site"] == "north"
    assert outage.nodes["mx1"]["host"] == "mx1.example.com"
    assert outage.nodes["mx1"]["addresses"] == ("192.0.2.10",)


def test_edges_run_the_way_the_mail_goes(outage: nx.MultiDiGraph) -> None:
    assert edges(outage, "submission") == [("ann", "isp")]
    assert edges(outage, "relay") == [("isp", "mx1"), ("isp", "mx2"), ("mx2", "mx1")]
    assert edges(outage, "store") == [("isp", "home"), ("mx1", "boxes")]
    assert edges(outage, "fetch") == [("boxes", "bob")]
    assert edges(outage, "dns") == [("ann", "dns"), ("isp", "dns"), ("mx1", "dns"), ("mx2", "dns"), ("bob", "dns")]


def test_a_relay_carries_its_preference_and_domain(outage: nx.MultiDiGraph) -> None:
    assert outage.edges["isp", "mx2", "relay example.com"] == {"via": "relay", "domain": "example.com", "preference": 20}


def test_the_primary_is_where_all_ways_to_the_mailbox_meet(outage: nx.MultiDiGraph) -> None:
    mail = nx.DiGraph((a, b) for a, b, attributes in outage.edges(data=True) if attributes["via"] != "dns")
    assert nx.minimum_node_cut(mail, "isp", "boxes") == {"mx1"}


WORLD: dict[str, Any] = {
    "name": "x",
    "zones": [
        "$ORIGIN a.test.\n@ 60 A 192.0.2.1\nmail 60 A 192.0.2.1\n_submission._tcp 60 SRV 0 1 587 mail\n_imap._tcp 60 SRV 0 1 143 mail\n",
        "$ORIGIN b.test.\n@ 60 MX 10 mx1\n@ 60 MX 10 mx2\nmx1 60 A 192.0.2.2\nmx2 60 A 192.0.2.3\n",
    ],
    "nodes": {
        "dns": {"kind": "resolver"},
        "ns": {"kind": "nameserver"},
        "ann": {"kind": "client", "address": "ann@a.test", "submission": {"discover": "srv"}, "fetch": {}},
        "mail": {"kind": "mta", "final_for": ["a.test"], "store": "boxes", "submission": True},
        "boxes": {"kind": "mailstore", "host": "mail.a.test", "mailboxes": {"ann@a.test": {}}},
        "mx1": {"kind": "mta", "final_for": ["b.test"]},
        "mx2": {"kind": "mta", "relays_for": ["b.test"]},
        "world": {"kind": "senders"},
    },
    "traffic": [{"kind": "at", "from": "world", "to": ["x@b.test", "ann@a.test"], "times": ["1m"]}],
}


def test_discovery_by_srv_leads_to_the_servers() -> None:
    found = graph(load(WORLD))
    assert edges(found, "submission") == [("ann", "mail")]
    assert edges(found, "fetch") == [("boxes", "ann")]
    assert ("dns", "ns") in edges(found, "dns")


def test_discovery_by_mx_leads_to_the_best_mx() -> None:
    scenario = load(WORLD).replace("nodes.ann.submission.discover", "mx")
    assert edges(graph(scenario), "submission") == [("ann", "mail")]


def test_a_population_sends_to_every_mx_and_to_a_domain_without_one() -> None:
    relays = edges(graph(load(WORLD)), "relay")
    assert {("world", "mx1"), ("world", "mx2"), ("world", "mail")} <= set(relays)


def test_equals_do_not_relay_to_each_other() -> None:
    assert ("mx2", "mx1") not in edges(graph(load(WORLD)), "relay")


def test_the_mx_set_is_sorted_and_may_be_implied() -> None:
    scenario = load(WORLD)
    assert mx_of(scenario, "b.test") == [(10, "mx1.b.test"), (10, "mx2.b.test")]
    assert mx_of(scenario, "a.test") == [(0, "a.test")]
    assert mx_of(scenario, "c.test") == []
