"""The mail that a scenario's traffic sends with one seed: when, from whom, to whom, how large."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from heapq import merge
from typing import NamedTuple

from mailsim.draws import Constant, Distribution, Draws, Exponential, LogNormal
from mailsim.nodes import Client, Senders
from mailsim.scenario.compiled import Compiled
from mailsim.scenario.traffic import At, Periodic, Poisson, Traffic

__all__ = ["Arrivals", "Line", "arrivals", "expected_messages"]


class Line(NamedTuple):
    """What the messages of one line of traffic share: origin node, envelope sender, recipients.

    ``drawn`` gives the envelope sender of a message of a population instead.
    """

    node: str
    sender: str
    recipients: tuple[str, ...]
    drawn: Callable[[int], str] | None


class Arrivals(NamedTuple):
    """The mail to send, in order of time: instants (us, on the engine's clock), line of traffic, octets; and the lines."""

    sent_us: array[int]
    line: array[int]
    size: array[int]
    lines: tuple[Line, ...]
    #: so many at the end warm the caches before the scenario starts and are not counted
    warming: int = 0


def arrivals(world: Compiled, draws: Draws) -> Arrivals:
    """The mail of one seed, sorted by instant, then by place in the file; what warms the caches comes last."""
    sizes = [draws.stream(f"traffic {n} size", _size(stream)) for n, stream in enumerate(world.traffic)]
    sent, line, size = array("q"), array("H"), array("q")
    numbered = [_numbered(_instants(stream, n, draws), n) for n, stream in enumerate(world.traffic)]
    for t, n, k in merge(*numbered):
        sent.append(t + world.warm_up_us)
        line.append(n)
        size.append(max(1, sizes[n].at(k)))
    early = sorted((t, n, k) for n, stream in enumerate(world.traffic) for k, t in _before(stream, n, draws, world.warm_up_us))
    sizes = [draws.stream(f"traffic {n} earlier size", _size(stream)) for n, stream in enumerate(world.traffic)]
    for t, n, k in early:
        sent.append(t + world.warm_up_us)
        line.append(n)
        size.append(max(1, sizes[n].at(-k)))
    return Arrivals(sent, line, size, tuple(_line(world, stream, draws) for stream in world.traffic), len(early))


def _numbered(instants: Iterator[int], number: int) -> Iterator[tuple[int, int, int]]:
    return ((t, number, k) for k, t in enumerate(instants))


def _line(world: Compiled, stream: Traffic, draws: Draws) -> Line:
    declared = ((n.name, n.declaration) for n in world.nodes.values())
    clients = {node.address: name for name, node in declared if isinstance(node, Client) and node.submission is not None}
    node = clients.get(stream.from_, stream.from_)
    sender = world.nodes[node].declaration
    if not isinstance(sender, Senders):
        return Line(node, "" if stream.null_sender else sender.address, stream.to, None)
    place, domains = draws.uniforms("senders domain"), sender.domains
    return Line(node, "", stream.to, lambda i: f"user@s{int(place.at(i) * domains)}.{node}.test")


def _before(stream: Traffic, number: int, draws: Draws, warm_up_us: int) -> list[tuple[int, int]]:
    """Steady traffic that begins with the scenario had been flowing before: (index, instant) of what it sent, all negative."""
    if not warm_up_us or not isinstance(stream, Poisson | Periodic) or stream.start != 0:
        return []
    if isinstance(stream, Periodic):
        return [(-k, -k * stream.every) for k in range(1, warm_up_us // stream.every + 1)]
    gaps = draws.stream(f"traffic {number} earlier gap", Exponential(round(1_000_000 / stream.rate)))
    found, t, k = [], -gaps.at(0), 0
    while t >= -warm_up_us:
        k += 1
        found.append((-k, t))
        t -= gaps.at(k)
    return found


def _size(stream: Traffic) -> Distribution:
    if stream.size.kind == "constant":
        return Constant(stream.size.value or 0)
    return LogNormal(stream.size.median, stream.size.sigma)


def _instants(stream: Traffic, number: int, draws: Draws) -> Iterator[int]:
    """When a traffic line sends, microseconds since the start, in order of time."""
    if isinstance(stream, At):
        yield from sorted(stream.times)
    elif isinstance(stream, Periodic):
        yield from range(stream.start, stream.until, stream.every)
    elif isinstance(stream, Poisson):
        gaps = draws.stream(f"traffic {number} gap", Exponential(round(1_000_000 / stream.rate)))
        t, k = stream.start + gaps.at(0), 0
        while t < stream.until:
            yield t
            k += 1
            t += gaps.at(k)
    else:
        place = draws.uniforms(f"traffic {number} place")
        width = (stream.until - stream.start) / stream.count
        for k in range(stream.count):
            yield stream.start + int((k + place.at(k)) * width)


def expected_messages(world: Compiled) -> int:
    """About how many messages the traffic sends."""
    total = 0.0
    for stream in world.traffic:
        if isinstance(stream, At):
            total += len(stream.times)
        elif isinstance(stream, Periodic):
            total += (stream.until - stream.start) // stream.every
        elif isinstance(stream, Poisson):
            total += stream.rate * (stream.until - stream.start) / 1e6
        else:
            total += stream.count
    return round(total)
