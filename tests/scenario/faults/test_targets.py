"""What a site or group means to a kind of fault: those of its nodes that the kind is about, and no others."""

from __future__ import annotations

from typing import Any

import pytest

import mailsim
from mailsim.errors import ScenarioError
from mailsim.scenario.compiled import compiled
from small_worlds import MTA, com, world

ZONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "store A 192.0.2.3")
STORE: dict[str, Any] = {"kind": "mailstore", "site": "north", "mailboxes": {"bob@example.com": {}}}
NODES: dict[str, Any] = {
    "mx1": {**MTA, "final_for": ["example.com"], "store": "store", "site": "north"},
    "store": STORE,
    "dns": {"kind": "resolver", "flavour": "unbound", "site": "north"},
    "ns": {"kind": "nameserver", "host": "ns1.example.com", "site": "north"},
    "reader": {"kind": "client", "address": "bob@example.com", "site": "north"},
}


@pytest.mark.parametrize(
    ("fault", "concerned"),
    [
        ({"kind": "stuck"}, {"mx1"}),
        ({"kind": "restart"}, {"mx1"}),
        ({"kind": "capacity", "sessions": 1}, {"mx1"}),
        ({"kind": "disk_full"}, {"mx1", "store"}),
        ({"kind": "mailbox_full", "mailbox": "bob@example.com"}, {"mx1", "store"}),
        ({"kind": "outage", "how": "4xx"}, {"mx1", "store"}),
        ({"kind": "dns", "how": "silent"}, {"dns", "ns"}),
        ({"kind": "slow", "delay": "3s"}, {"mx1", "store", "dns", "ns"}),
        ({"kind": "outage", "how": "silent"}, {"mx1", "store", "dns", "ns", "reader"}),
    ],
)
def test_a_fault_of_a_site_concerns_the_nodes_that_it_is_about(fault: dict[str, Any], concerned: set[str]) -> None:
    scenario = mailsim.load(world(ZONE, NODES, faults=({**fault, "target": "site:north", "start": "1h", "length": "1h"},)))
    assert {span.node for span in compiled(scenario).conditions.spans} == concerned


def test_a_flush_of_a_site_is_asked_of_its_mail_servers() -> None:
    scenario = mailsim.load(world(ZONE, NODES, faults=({"kind": "flush", "target": "site:north", "start": "1h"},)))
    assert {span.node for span in compiled(scenario).conditions.spans} == {"mx1"}


@pytest.mark.parametrize("side", [[], 5, ["mx1", 5], {"x": 1}])
def test_a_side_of_a_partition_that_is_none_is_complained_about_once(side: Any) -> None:
    with pytest.raises(ScenarioError) as caught:
        mailsim.load(world(ZONE, NODES, faults=({"kind": "partition", "a": side, "b": "store", "length": "1h"},)))
    assert len(caught.value.problems) == 1
