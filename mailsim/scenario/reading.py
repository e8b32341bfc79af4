"""Where readers look: the mail store that each client's host leads to when the scenario starts, and who reads an address where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailsim.nodes import Client, Mailstore
from mailsim.rules.mx import is_address
from mailsim.scenario.places import host_addresses, places

if TYPE_CHECKING:
    from mailsim.scenario.places import Places
    from mailsim.scenario.scenario import Scenario

__all__ = ["looks_into", "store_of"]


def store_of(scenario: Scenario, where: Places | None = None) -> dict[str, str]:
    """Client to the mail store that it fetches from; a client whose host leads to no store with its mailbox is left out."""
    where = places(scenario) if where is None else where
    zones = scenario.parsed_zones()
    found: dict[str, str] = {}
    for name, node in scenario.nodes.items():
        if not isinstance(node, Client) or node.fetch is None:
            continue
        host = node.fetch.host
        if host is None:
            label = "_imaps" if node.fetch.protocol == "imap" else "_pop3s"
            service = f"{label}._tcp.{node.address.rpartition('@')[2].lower()}"
            rrset = next((zone.rrsets[(service, "SRV")] for zone in zones if (service, "SRV") in zone.rrsets), None)
            if rrset is None:
                continue
            host = sorted(rrset.rdatas)[0][3]
        addresses = (host,) if is_address(host) else host_addresses(zones, host)
        stores = (other for address in addresses for other in where.nodes_at.get(address, ()))
        for store in stores:
            declared = scenario.nodes[store]
            if isinstance(declared, Mailstore) and node.address.lower() in map(str.lower, declared.mailboxes):
                found.setdefault(name, store)
    return found


def looks_into(scenario: Scenario) -> dict[str, frozenset[str]]:
    """Address (lower case) that somebody fetches mail of -> the mail stores in which somebody looks for it (perhaps none)."""
    stores = store_of(scenario)
    found: dict[str, set[str]] = {}
    for name, node in scenario.nodes.items():
        if isinstance(node, Client) and node.fetch is not None:
            found.setdefault(node.address.lower(), set()).update([stores[name]] if name in stores else [])
    return {address: frozenset(some) for address, some in found.items()}
