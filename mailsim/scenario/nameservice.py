"""Where the DNS is: which address serves which zones, and the delegations that a resolver need not ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from mailsim.nodes import Nameserver
from mailsim.rules.dns import Answer, Manner, Question, RRset, Zone, ZoneIndex, respond
from mailsim.rules.dns.machine import Hint

if TYPE_CHECKING:
    from mailsim.scenario.compiled import Compiled, CompiledNode, ZoneTimeline

__all__ = ["NameService", "Serving"]

#: the synthesised root, where no zone "." is declared: it delegates the declared zones for two days, and says no to
#: everything else for a day, as the real one does
ROOT_SERVER = ("a.root-servers.net", "198.41.0.4")
_ROOT_SOA = (ROOT_SERVER[0], "nstld.verisign-grs.com", 1, 1800, 900, 604_800, 86_400)
_DELEGATION_TTL_S = 172_800


class Serving(NamedTuple):
    """A DNS server at an address: its node (None: undeclared and always up), the zones that it serves, its manner."""

    node: str | None
    origins: tuple[str, ...]
    manner: Manner


class NameService:
    """The authoritative servers of a compiled scenario by address.

    A zone's servers are the hosts of its NS records, at the addresses that the declared zones give; a host without
    address gets its own name as one, and a zone without NS records a server that is always up.  A zone that no other
    declared zone delegates to is known without asking: the root and all above it are synthesised.
    """

    def __init__(self, compiled: Compiled) -> None:
        self._zones = compiled.zones
        self._epoch = compiled.zone_epoch
        self._known: dict[tuple[str, Question, int], Answer] = {}
        nodes = {node.name: node for node in compiled.nodes.values() if isinstance(node.declaration, Nameserver)}
        self.servings: dict[str, Serving] = dict(_declared(nodes, compiled.zones))
        hosts = {node.host: node.addresses for node in nodes.values()}
        servers = {origin: _servers(zone, compiled.zones, hosts) for origin, zone in compiled.zones.items()}
        undeclared: dict[str, list[str]] = {}
        for origin, found in servers.items():
            for address in (a for _, addresses in found for a in addresses if a not in self.servings):
                undeclared.setdefault(address, []).append(origin)
        self.servings.update((address, Serving(None, tuple(origins), Manner())) for address, origins in undeclared.items())
        delegated = {
            name
            for origin, zone in compiled.zones.items()
            for name, rtype in zone.versions[0].zone.rrsets
            if rtype == "NS" and name != origin
        }
        self.hints = tuple(Hint(origin, found) for origin, found in servers.items() if origin == "" or origin not in delegated)
        self._root = _root(self.hints)
        if "" not in compiled.zones:
            self.hints += (Hint("", ((ROOT_SERVER[0], (ROOT_SERVER[1],)),)),)
            self.servings[ROOT_SERVER[1]] = Serving(None, ("",), Manner())

    def answer(self, address: str, question: Question, t_us: int) -> Answer:
        """What the server at an address answers at an instant."""
        key = (address, question, self._epoch(t_us))
        known = self._known.get(key)
        if known is None:
            serving = self.servings[address]
            indexes = {origin: self._zones[origin].at(t_us) if origin in self._zones else self._root for origin in serving.origins}
            known = self._known[key] = respond(indexes, question, serving.manner)
        return known


def _root(hints: tuple[Hint, ...]) -> ZoneIndex:
    """The synthesised root zone: everything that nobody declared a parent for is delegated right here."""
    rrsets = {("", "SOA"): RRset("", "SOA", 86_400, (_ROOT_SOA,))}
    for hint in hints:
        hosts = tuple(host for host, _ in hint.servers)
        rrsets[(hint.origin, "NS")] = RRset(hint.origin, "NS", _DELEGATION_TTL_S, hosts)
        for host, addresses in hint.servers:
            for rtype, own in (("A", [a for a in addresses if ":" not in a]), ("AAAA", [a for a in addresses if ":" in a])):
                if own:
                    rrsets[(host, rtype)] = RRset(host, rtype, _DELEGATION_TTL_S, tuple(own))
    return ZoneIndex(Zone("", rrsets))


def _declared(nodes: Mapping[str, CompiledNode], zones: Mapping[str, ZoneTimeline]) -> Iterator[tuple[str, Serving]]:
    for node in nodes.values():
        own: Nameserver = node.declaration
        if own.recursive:
            origins = tuple(zones)
        elif own.zones:
            origins = tuple(origin.rstrip(".").lower() for origin in own.zones)
        else:
            origins = tuple(o for o, zone in zones.items() if any(node.host in version.name_servers for version in zone.versions))
        for address in node.addresses:
            yield address, Serving(node.name, origins, own.manner)


def _servers(
    zone: ZoneTimeline, zones: Mapping[str, ZoneTimeline], declared: Mapping[str, tuple[str, ...]]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The hosts that serve a zone in any of its versions, with their addresses."""
    hosts = dict.fromkeys(host for version in zone.versions for host in version.name_servers)
    if not hosts:
        return ((f"ns.{zone.origin}", (f"the name server of {zone.origin or 'the root'}",)),)
    return tuple((host, declared.get(host) or _addresses(host, zones) or (f"{host}.",)) for host in hosts)


def _addresses(host: str, zones: Mapping[str, ZoneTimeline]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for zone in zones.values():
        for rtype in ("A", "AAAA"):
            rrset = zone.versions[0].zone.rrsets.get((host, rtype))
            found.update(dict.fromkeys(rrset.rdatas if rrset else ()))
    return tuple(found)
