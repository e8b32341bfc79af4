"""What is wrong on the way of one session: between the two nodes, at the very address, and what this session meets by chance."""

from __future__ import annotations

from collections.abc import Callable

from mailsim.nodes.world import World
from mailsim.rules.conditions import QUIET, Timeline, merged

__all__ = ["is_plain", "packets", "way"]


def is_plain(world: World, server: str, address: str) -> bool:
    """Whether all sessions with a node at this address meet the same."""
    wrong = world.compiled.conditions
    return server not in wrong.parts and address not in wrong.addresses


def way(world: World, client: str, server: str, address: str, number: int, start_us: int) -> Timeline:
    """What is wrong for a session of ``client`` about message ``number`` that begins at ``start_us``.

    A part of the sessions that fails is drawn anew for each session, by the message and the instant.
    """
    wire = world.wire(client, server)
    path: Timeline = wire.path
    if is_plain(world, server, address):
        return path
    wrong = world.compiled.conditions
    drawn = tuple(
        part.number
        for part in wrong.parts.get(server, ())
        if world.draws.uniform(f"part {part.number} of {server} for {client}", number, start_us) < part.share
    )
    key = (address, drawn)
    found: Timeline | None = wire.ways.get(key)
    if found is None:
        met = (part.timeline for part in wrong.parts.get(server, ()) if part.number in drawn)
        found = wire.ways[key] = merged([path, wrong.addresses.get(address, QUIET), *met])
    return found


def packets(world: World, client: str, server: str, path: Timeline, number: int, start_us: int) -> Callable[[int], float] | None:
    """What decides which packets of a session are lost, drawn for each session; None where no packet is lost by chance."""
    if not path.unsteady or not any(condition.packet_loss for condition in path.conditions):
        return None
    drawn: Callable[[int], float] = world.draws.sequence(f"packets {client} {server}", number, start_us)
    return drawn
