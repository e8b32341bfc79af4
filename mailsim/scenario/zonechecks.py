"""Checks of zones, of the places that they give to nodes, and of links."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mailsim.errors import did_you_mean
from mailsim.nodes.base import HostDeclaration
from mailsim.scenario.document import path_text
from mailsim.scenario.nodechecks import among
from mailsim.scenario.places import ambiguous_hosts, ends_of_link, host_addresses, places
from mailsim.scenario.problems import KEY
from mailsim.scenario.zones import zone_reading

if TYPE_CHECKING:
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["check_links", "check_places", "check_zones"]

#: kinds that listen on the same port, of which a machine has one
_PORT = {
    "mta": "mail server (port 25)",
    "mailstore": "mail store (port 993)",
    "resolver": "DNS server (port 53)",
    "nameserver": "DNS server (port 53)",
}


def check_zones(sight: Sight) -> Iterator[Complaint]:
    """Every line of every zone, and that no zone is there twice.  A zone that can't be read makes ``zones`` unsure."""
    seen: dict[str, int] = {}
    for k, text in enumerate(sight.scenario.zones):
        reading = zone_reading(text)
        for row, what in reading.problems:
            yield ("zones", k), what, row
        if reading.zone is None:
            sight.unsure.add("zones")
            continue
        first = seen.setdefault(reading.zone.origin, k)
        if first != k:
            earlier = path_text(sight.in_file(("zones", first)))
            yield ("zones", k), f"the zone {reading.zone.origin} is there twice, first in {earlier}", 0


def check_places(sight: Sight) -> Iterator[Complaint]:
    """Host names and addresses: readable, unambiguous, not contradicted by the zones, and one server per port and machine."""
    scenario = sight.scenario
    readable = True
    for name, node in scenario.nodes.items():
        for k, address in enumerate(node.address if isinstance(node, HostDeclaration) else ()):
            try:
                ipaddress.ip_address(address)
            except ValueError:
                readable = False
                yield ("nodes", name, "address", k), f"{address[:60]!r} is not an IP address; write for example 192.0.2.10", 0
    if "zones" in sight.unsure or not readable:
        return
    ambiguous = ambiguous_hosts(scenario)
    for name, hosts in ambiguous.items():
        yield ("nodes", name), f"which host is {name}: {', '.join(hosts[:6])}? Write it, such as host: {hosts[0]}", 0
    zones = scenario.parsed_zones()
    where = places(scenario)
    for name, node in scenario.nodes.items():
        if not isinstance(node, HostDeclaration) or name in ambiguous:
            continue
        declared = host_addresses(zones, where.host[name])
        if node.address and declared and set(declared) != set(node.address):
            what = f"the zones say that {where.host[name]} is {', '.join(declared)}; leave 'address' out, or name another host"
            yield ("nodes", name, "address"), what, 0
    yield from _check_ports(sight, where.nodes_at, set(ambiguous))


def _check_ports(sight: Sight, nodes_at: dict[str, tuple[str, ...]], ambiguous: set[str]) -> Iterator[Complaint]:
    told: set[str] = set()
    for address, names in nodes_at.items():
        first: dict[str, str] = {}
        for name in names:
            service = _PORT.get(sight.scenario.nodes[name].kind)
            if service is None or name in ambiguous:
                continue
            other = first.setdefault(service, name)
            if other != name and name not in told:
                told.add(name)
                what = f"{other} already is the {service} at {address}; one machine has one: leave {name} out, or give it another host"
                yield ("nodes", name), what, 0


def check_links(sight: Sight) -> Iterator[Complaint]:
    """The keys of ``links`` name two nodes, two sites, or one of the two words."""
    known = dict.fromkeys(sight.names)
    sites = sorted({node.site for node in sight.scenario.nodes.values() if node.site is not None})
    for key in sight.scenario.links:
        if key in ("default", "local") or (sight.ghosts and key.startswith("site:")):
            continue
        if key.startswith("site:"):
            a, dash, b = key.partition("-site:")
            wrong = [s for s in (a.removeprefix("site:"), b) if s not in sites]
            if not dash:
                yield ("links", key), "a link between sites is written site:north-site:south", KEY
            elif wrong:
                yield ("links", key), f"no node is at a site {wrong[0]!r}{did_you_mean(wrong[0], sites) or among(sites)}", KEY
        elif ends_of_link(key, known) is None:
            wrong = [part for part in key.split("-", 1) if part not in known]
            near = did_you_mean(wrong[0], [*known, "default", "local"]) if wrong else ""
            hint = near or "; a link is named default, local, by two nodes (isp-mx1) or two sites (site:north-site:south)"
            yield ("links", key), f"{key[:60]!r} names no link{hint}", KEY
