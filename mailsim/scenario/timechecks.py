"""Checks of what happens: traffic, faults and planned changes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mailsim.errors import did_you_mean
from mailsim.nodes import Client, Mailstore, Mta, Senders
from mailsim.scenario.document import Path, path_text
from mailsim.scenario.faults import DnsFault, Outage
from mailsim.scenario.nodechecks import among
from mailsim.scenario.places import ends_of_link, places
from mailsim.scenario.timeline import AUTH_OF
from mailsim.scenario.traffic import At, Periodic, Poisson, Spread
from mailsim.scenario.zones import record_types, records_reading
from mailsim.units import clock

if TYPE_CHECKING:
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["MOST_MESSAGES", "check_changes", "check_faults", "check_traffic"]

#: no scenario may send more messages; ten times what the largest study has
MOST_MESSAGES = 100_000_000

_US_PER_S = 1_000_000
_FOR_NAMES = ("silent", "servfail", "refused", "nxdomain")
_FOR_LINKS = ("silent", "unreachable")
_FOR_LOGINS = ("silent", "refused")
_FOR_NODES = ("silent", "refused", "unreachable", "4xx", "5xx")
_REPLY = re.compile(r"(?P<code>[245][0-5][0-9])(?: (?P<enhanced>[245]\.\d{1,3}\.\d{1,3}))?(?: [ -~]*)?")


def check_traffic(sight: Sight) -> Iterator[Complaint]:
    """Who sends exists and can send; windows run forwards; the number of messages is bearable."""
    total = 0.0
    for k, stream in enumerate(sight.scenario.traffic):
        at: Path = ("traffic", k)
        yield from _check_sender(sight, (*at, "from"), stream.from_)
        if not isinstance(stream, At) and stream.until <= stream.start:
            yield (*at, "until"), f"until ({clock(stream.until)}) must lie after start ({clock(stream.start)})", 0
            continue
        if isinstance(stream, Poisson):
            total += stream.rate * (stream.until - stream.start) / _US_PER_S
        elif isinstance(stream, Periodic):
            total += (stream.until - stream.start) / stream.every
        else:
            total += stream.count if isinstance(stream, Spread) else len(stream.times)
        if total > MOST_MESSAGES:
            yield at, f"with this there are about {total:.3g} messages; the most is {MOST_MESSAGES:,}", 0
            return


def _check_sender(sight: Sight, path: Path, sender: str) -> Iterator[Complaint]:
    nodes = sight.scenario.nodes
    clients = {name: node for name, node in nodes.items() if isinstance(node, Client)}
    populations = [name for name, node in nodes.items() if isinstance(node, Senders)]
    if sender in populations or sender in sight.ghosts:
        return
    named = [sender] if sender in clients else [name for name, node in clients.items() if node.address == sender]
    if not named:
        if sender in nodes:
            yield path, f"{sender!r} is a node of kind {nodes[sender].kind}; mail comes from a client's address or a senders node", 0
        elif not sight.ghosts:
            known = [*(node.address for node in clients.values()), *populations]
            yield path, f"no client has the address {sender[:60]!r}{did_you_mean(sender, known) or among(known)}", 0
    elif len(named) > 1:
        yield path, f"{', '.join(named)} have this address; write the node's name, such as {named[0]}", 0
    elif clients[named[0]].submission is None:
        yield path, f"{named[0]} can't send; give the node submission: {{discover: srv}}", 0


def check_faults(sight: Sight) -> Iterator[Complaint]:
    """Targets exist, the way of failing fits them, and no two outages of one target overlap."""
    spans: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
    for k, fault in enumerate(sight.scenario.faults):
        at: Path = ("faults", k)
        if isinstance(fault, DnsFault):
            yield from _check_dns(sight, at, fault)
        else:
            yield from _check_target(sight, (*at, "target"), fault.target)
            yield from _check_how(sight, at, fault)
        target = " ".join(fault.target.split())
        if target.startswith("dns "):
            target = target.lower()
        # what a DNS server does wrong may add up: slow and lossy, over TCP and for MX
        what = f"{fault.kind} {fault.how} {fault.proto} {fault.rtype}" if isinstance(fault, DnsFault) else fault.kind
        for start, end, other in spans.setdefault((what, target), []):
            if fault.start < end and start < fault.end_us:
                earlier = f"{path_text(sight.in_file(('faults', other)))} on {fault.target} ({clock(start)} to {clock(end)})"
                yield at, f"overlaps {earlier}; let one begin where the other ends", 0
                break
        spans[(what, target)].append((fault.start, fault.end_us, k))


def _check_dns(sight: Sight, at: Path, fault: DnsFault) -> Iterator[Complaint]:
    """The target is a DNS server, and the record type exists."""
    nodes = sight.scenario.nodes
    servers = [name for name, node in nodes.items() if node.kind in ("nameserver", "resolver")]
    if fault.target in nodes and fault.target not in servers:
        what = f"{fault.target} is a node of kind {nodes[fault.target].kind}; a fault of kind dns needs a nameserver or resolver"
        yield (*at, "target"), f"{what}{among(servers)}", 0
    elif fault.target not in servers and fault.target not in sight.ghosts:
        at_address = [] if "zones" in sight.unsure else places(sight.scenario).nodes_at.get(fault.target, ())
        if not any(name in servers for name in at_address) and not sight.ghosts:
            yield (*at, "target"), f"there is no DNS server {fault.target[:60]!r}{did_you_mean(fault.target, servers) or among(servers)}", 0
    if fault.rtype is not None and fault.rtype.upper() not in record_types():
        yield (*at, "rtype"), f"unknown record type {fault.rtype[:60]!r}{did_you_mean(fault.rtype.upper(), record_types())}", 0


def _check_target(sight: Sight, path: Path, target: str) -> Iterator[Complaint]:
    known = dict.fromkeys(sight.names)
    if target in known:
        return
    kind, _, rest = target.partition(" ")
    if kind == "link":
        if ends_of_link(rest.strip(), known) is None:
            wrong = [part for part in rest.strip().split("-", 1) if part not in known]
            near = did_you_mean(wrong[0], known) if wrong else ""
            yield path, f"{target[:60]!r} names no two nodes{near or among(list(known))}; write link a-b", 0
    elif kind == "dns":
        yield from _check_name_target(sight, path, rest.strip())
    elif target.startswith(AUTH_OF):
        yield from _check_auth_target(sight, path, target.removeprefix(AUTH_OF).strip())
    elif target.startswith("site:"):
        sites = sorted({node.site for node in sight.scenario.nodes.values() if node.site is not None})
        if target[5:] not in sites and not sight.ghosts:
            yield path, f"no node is at a site {target[5:65]!r}{did_you_mean(target[5:], sites) or among(sites)}", 0
    elif re.fullmatch(r"[0-9.]+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*", target):
        if "zones" not in sight.unsure and not sight.ghosts and target not in places(sight.scenario).nodes_at:
            yield path, f"no node has the address {target[:60]}", 0
    else:
        near = did_you_mean(target, known) or among(list(known))
        yield path, f"there is no node {target[:60]!r}{near}", 0


def _check_auth_target(sight: Sight, path: Path, node: str) -> Iterator[Complaint]:
    """Passwords are checked at mail stores and at MTAs that offer a login."""
    found = sight.scenario.nodes.get(node)
    if node not in sight.names:
        yield path, f"there is no node {node[:60]!r}{did_you_mean(node, sight.names) or among(sight.names)}", 0
    elif found is not None and not (isinstance(found, Mailstore) or (isinstance(found, Mta) and (found.submission or found.login_on_smtp))):
        yield path, f"nobody logs in at {node}; passwords are checked by mail stores, and by MTAs with submission: true", 0


def _check_name_target(sight: Sight, path: Path, text: str) -> Iterator[Complaint]:
    name, slash, rtype = text.partition("/")
    if slash and rtype.upper() not in record_types():
        yield path, f"unknown record type {rtype[:60]!r}{did_you_mean(rtype.upper(), record_types())}", 0
    if "zones" in sight.unsure:
        return
    name = name.rstrip(".").lower()
    origins = [zone.origin for zone in sight.scenario.parsed_zones()]
    if name and not any(name == o or name.endswith("." + o) or o.endswith("." + name) for o in origins):
        yield path, f"{name[:60]} lies in none of the zones{did_you_mean(name, origins) or among(origins)}", 0


def _check_how(sight: Sight, at: Path, fault: Outage) -> Iterator[Complaint]:
    kind, space, _ = fault.target.partition(" ")
    special = {"dns": ("a name", _FOR_NAMES), "link": ("a link", _FOR_LINKS), "auth": ("who checks passwords", _FOR_LOGINS)}
    what, possible = special.get(kind if space else "", ("a node", _FOR_NODES))
    if fault.how not in possible:
        yield (*at, "how"), f"{what} can't fail by {fault.how}; write {', '.join(possible[:-1])} or {possible[-1]}", 0
    elif fault.how in ("4xx", "5xx"):
        node = sight.scenario.nodes.get(fault.target)
        if node is not None and node.kind not in ("mta", "mailstore"):
            yield (
                (*at, "how"),
                f"{fault.target} is a node of kind {node.kind} and gives no replies; write silent, refused or unreachable",
                0,
            )
    if fault.reply is None:
        return
    found = _REPLY.fullmatch(fault.reply)
    if fault.how not in ("4xx", "5xx"):
        yield (*at, "reply"), f"a reply goes with how: 4xx or 5xx, not {fault.how}", 0
    elif found is None:
        yield (*at, "reply"), f"{fault.reply[:60]!r} is no SMTP reply; write for example: 451 4.3.0 try again later", 0
    elif found["code"][0] != fault.how[0] or (found["enhanced"] or fault.how)[0] != fault.how[0]:
        yield (*at, "reply"), f"{fault.reply[:60]!r} is no {fault.how} reply", 0


def check_changes(sight: Sight) -> Iterator[Complaint]:
    """Planned edits: the zone exists, the records can be read, and what is removed is there."""
    if "zones" in sight.unsure:
        return
    zones = {zone.origin: set(zone.rrsets) for zone in sight.scenario.parsed_zones()}
    for k, change in enumerate(sight.scenario.changes):
        at: Path = ("changes", k)
        origin = change.zone.rstrip(".").lower()
        if origin not in zones:
            yield (*at, "zone"), f"there is no zone {change.zone[:60]!r}{did_you_mean(origin, zones) or among(list(zones))}", 0
            continue
        if not change.records and not change.remove:
            yield at, "nothing changes; give records or remove", 0
        if change.records:
            records, problems = records_reading(change.records, origin)
            for row, what in problems:
                yield (*at, "records"), what, row
            zones[origin].update((record.name, record.rtype) for record in records)
    for k, change in enumerate(sight.scenario.changes):
        there = zones.get(change.zone.rstrip(".").lower())
        for j, entry in enumerate(change.remove if there is not None else ()):
            name, _, rtype = entry.partition(" ")
            key = (name.rstrip(".").lower(), rtype.strip().upper())
            if there is not None and key not in there:
                known = [" ".join(one) for one in sorted(there)]
                hint = did_you_mean(" ".join(key), known) or "; write the full name and the type, such as: mx1.example.com A"
                yield ("changes", k, "remove", j), f"the zone has no {entry[:60]!r}{hint}", 0
