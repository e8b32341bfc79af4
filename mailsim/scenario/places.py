"""Where every node is: its host name, its addresses, and who answers at an address.

``host:`` is a node's fully qualified name; by default it is the one name of the declared zones whose first label is the
node's name.  Its addresses are the A and AAAA records of that name, else ``address:``, else the next free documentation
address (RFC 5737 and RFC 3849), in the order of the file.  Two names with one address are one machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailsim.nodes.base import HostDeclaration
from mailsim.rules.dns.records import Zone

if TYPE_CHECKING:
    from mailsim.scenario.scenario import Scenario

__all__ = ["Places", "ambiguous_hosts", "ends_of_link", "host_addresses", "places"]

_LONGEST_CHAIN = 8

#: kinds of node that others find by their name in the DNS; clients know their resolver by itself
_LOOKED_UP = ("mta", "mailstore", "nameserver")


@dataclass(frozen=True)
class Places:
    """Where the nodes of a scenario are.

    Attributes
    ----------
    host : dict of str to str
        Node to its fully qualified name.
    addresses : dict of str to tuple of str
        Node to its addresses.
    nodes_at : dict of str to tuple of str
        Address to the nodes of that machine, in the order of the file.
    assigned : dict of str to str
        Node that others look up to the documentation address that it got because the file has none.
    """

    host: dict[str, str]
    addresses: dict[str, tuple[str, ...]]
    nodes_at: dict[str, tuple[str, ...]] = field(default_factory=dict)
    assigned: dict[str, str] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was assigned, for people."""
        return tuple(
            f"{node}: no zone has an address for {self.host[node]}; {address} is assigned" for node, address in self.assigned.items()
        )


def _owners(zones: Sequence[Zone]) -> list[str]:
    return list(dict.fromkeys(name for zone in zones for name, _ in zone.rrsets))


def _with_label(node: str, owners: Sequence[str]) -> list[str]:
    return [owner for owner in owners if owner.partition(".")[0] == node.lower()]


def ambiguous_hosts(scenario: Scenario) -> dict[str, list[str]]:
    """Nodes without ``host:`` for which several zone names would do."""
    owners = _owners(scenario.parsed_zones())
    return {
        name: found
        for name, node in scenario.nodes.items()
        if isinstance(node, HostDeclaration) and node.host is None and len(found := _with_label(name, owners)) > 1
    }


def host_addresses(zones: Sequence[Zone], host: str) -> tuple[str, ...]:
    """The A and AAAA records of a name in the declared zones, through aliases; empty where there are none."""
    rrsets = {key: rrset for zone in zones for key, rrset in zone.rrsets.items()}
    for _ in range(_LONGEST_CHAIN):
        alias = rrsets.get((host, "CNAME"))
        if alias is None:
            break
        host = alias.rdatas[0]
    return tuple(str(a) for rtype in ("A", "AAAA") if (host, rtype) in rrsets for a in rrsets[(host, rtype)].rdatas)


def _documentation_addresses() -> Iterator[str]:
    """The addresses for examples: 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 (RFC 5737), then 2001:db8::/32 (RFC 3849)."""
    for network in ("192.0.2", "198.51.100", "203.0.113"):
        for last in range(1, 255):
            yield f"{network}.{last}"
    for k in range(1, 2**32):
        yield f"2001:db8::{k:x}" if k < 2**16 else f"2001:db8::{k >> 16:x}:{k & 0xFFFF:x}"


def places(scenario: Scenario) -> Places:
    """Find the place of every node; the same for each run of the same file.

    Clients and populations of senders get an address too, because links have two ends; no zone names them.
    """
    zones = scenario.parsed_zones()
    owners = _owners(zones)
    host: dict[str, str] = {}
    addresses: dict[str, tuple[str, ...]] = {}
    for name, node in scenario.nodes.items():
        if isinstance(node, HostDeclaration):
            host[name] = node.host or next(iter(_with_label(name, owners)), f"{name.lower()}.test")
            addresses[name] = host_addresses(zones, host[name]) or node.address
        else:
            host[name], addresses[name] = f"{name.lower()}.test", ()
    taken = {a for zone in zones for rrset in zone.rrsets.values() if rrset.rtype in ("A", "AAAA") for a in rrset.rdatas}
    taken.update(a for found in addresses.values() for a in found)
    free = (address for address in _documentation_addresses() if address not in taken)
    # nodes that name one host are one machine, whichever of them has the address
    machine = {host[name]: found for name, found in addresses.items() if found}
    assigned: dict[str, str] = {}
    for name in [name for name, found in addresses.items() if not found]:
        if host[name] not in machine:
            machine[host[name]] = (next(free),)
            if scenario.nodes[name].kind in _LOOKED_UP:
                assigned[name] = machine[host[name]][0]
        addresses[name] = machine[host[name]]
    nodes_at: dict[str, list[str]] = {}
    for name, found in addresses.items():
        for address in found:
            nodes_at.setdefault(address, []).append(name)
    return Places(host, addresses, {address: tuple(names) for address, names in nodes_at.items()}, assigned)


def ends_of_link(text: str, nodes: Mapping[str, object]) -> tuple[str, str] | None:
    """The two nodes of ``a-b``, whose names may contain hyphens; ``None`` where they are no two nodes."""
    for k, character in enumerate(text):
        if character == "-" and text[:k] in nodes and text[k + 1 :] in nodes:
            return text[:k], text[k + 1 :]
    return None
