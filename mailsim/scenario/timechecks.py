"""Checks of what happens: traffic, groups and planned changes; those of faults are in :mod:`mailsim.scenario.faultchecks`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mailsim.errors import did_you_mean
from mailsim.nodes import Client, Senders
from mailsim.scenario.document import Path
from mailsim.scenario.faults.change import check_records, check_removed
from mailsim.scenario.nodechecks import among
from mailsim.units import instant

if TYPE_CHECKING:
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["MOST_MESSAGES", "check_changes", "check_groups", "check_traffic"]

#: no scenario may send more messages; ten times what the largest study has
MOST_MESSAGES = 100_000_000


def check_traffic(sight: Sight) -> Iterator[Complaint]:
    """Who sends exists and can send; windows run forwards; the number of messages is bearable."""
    total = deliveries = 0.0
    starts = instant(sight.scenario.starts)
    for k, stream in enumerate(sight.scenario.traffic):
        at: Path = ("traffic", k)
        for path, sender, row in stream.named(starts):
            yield from _check_sender(sight, (*at, *path), sender, row)
        wrong = [((*at, *path), what, row) for path, what, row in stream.wrong(starts)]
        yield from wrong
        if wrong:
            continue
        total += stream.messages(starts)
        deliveries += stream.deliveries(starts)
        if total > MOST_MESSAGES:
            yield at, f"with this there are about {total:.3g} messages; the most is {MOST_MESSAGES:,}", 0
            return
        if deliveries > MOST_MESSAGES:
            what = f"with this there are about {deliveries:.3g} deliveries (messages times recipients); the most is {MOST_MESSAGES:,}"
            yield at, what, 0
            return


def _check_sender(sight: Sight, path: Path, sender: str, row: int) -> Iterator[Complaint]:
    nodes = sight.scenario.nodes
    clients = {name: node for name, node in nodes.items() if isinstance(node, Client)}
    populations = [name for name, node in nodes.items() if isinstance(node, Senders)]
    if sender in populations or sender in sight.ghosts:
        return
    named = [sender] if sender in clients else [name for name, node in clients.items() if node.address == sender]
    named = [name for name in named if clients[name].submission is not None] or named[:1]  # a user's other devices may only read
    if not named:
        if sender in nodes:
            yield path, f"{sender!r} is a node of kind {nodes[sender].kind}; mail comes from a client's address or a senders node", row
        elif not sight.ghosts:
            known = [*(node.address for node in clients.values()), *populations]
            yield path, f"no client has the address {sender[:60]!r}{did_you_mean(sender, known) or among(known)}", row
    elif len(named) > 1:
        yield path, f"{', '.join(named)} have this address; write the node's name, such as {named[0]}", row
    elif clients[named[0]].submission is None:
        yield path, f"{named[0]} can't send; give the node submission: {{discover: srv}}", row


def check_groups(sight: Sight) -> Iterator[Complaint]:
    """The members of each group are nodes, each named once."""
    for name, members in sight.scenario.groups.items():
        for k, member in enumerate(members):
            path: Path = ("groups", name, k)
            if member not in sight.names:
                yield path, f"there is no node {member[:60]!r}{did_you_mean(member, sight.names) or among(sight.names)}", 0
            elif member in members[:k]:
                yield path, f"{member} is in this group already", 0


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
        if not change.records and not change.remove and change.ttl is None:
            yield at, "nothing changes; give records, remove or ttl", 0
        yield from check_records(change.records, origin, at, zones[origin])
    for k, change in enumerate(sight.scenario.changes):
        there = zones.get(change.zone.rstrip(".").lower())
        if there is not None:
            yield from check_removed(change.remove, ("changes", k), there)
    yield from _check_serials(sight)


def _check_serials(sight: Sight) -> Iterator[Complaint]:
    """A serial must be newer than the one before, or no secondary takes the change (RFC 1982 section 3.2)."""
    serials = {
        zone.origin: zone.rrsets[(zone.origin, "SOA")].rdatas[0][2]
        for zone in sight.scenario.parsed_zones()
        if (zone.origin, "SOA") in zone.rrsets
    }
    for k, change in sorted(enumerate(sight.scenario.changes), key=lambda each: each[1].at):
        origin = change.zone.rstrip(".").lower()
        if origin not in serials:
            continue
        old, new = serials[origin], change.serial if change.serial is not None else (serials[origin] + 1) % 2**32
        if not 0 < (new - old) % 2**32 < 2**31:
            what = f"serial {new} is not newer than {old}, so no secondary would take the change (RFC 1982)"
            yield ("changes", k, "serial"), f"{what}; leave it out or write {old + 1}", 0
        serials[origin] = new
