"""The mail that a scenario's traffic sends with one seed: when, from whom, to whom, how large."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from heapq import merge
from typing import NamedTuple

from mailsim.draws import Draws
from mailsim.nodes import Client, Senders
from mailsim.scenario.compiled import Compiled
from mailsim.scenario.traffic import Source, TrafficBase

__all__ = ["Arrivals", "Line", "arrivals", "expected_messages"]

#: so many lines have numbers that fit into two octets each
_FEW = 1 << 16


class Line(NamedTuple):
    """What messages of one line of traffic share: origin node, envelope sender, recipients.

    ``drawn`` gives the envelope sender of a message of a population instead.
    """

    node: str
    sender: str
    recipients: tuple[str, ...]
    drawn: Callable[[int], str] | None
    #: the line of traffic's place in the scenario
    place: int = 0


class Arrivals(NamedTuple):
    """The mail to send, in order of time: instants (us, on the engine's clock), line, octets; and the lines.

    A line of traffic whose messages are not alike (senders or recipients are drawn, or there is one message for each of
    them) has a :class:`Line` for each sender and recipients that occur.
    """

    sent_us: array[int]
    line: array[int]
    size: array[int]
    lines: tuple[Line, ...]
    #: so many at the end warm the caches before the scenario starts and are not counted
    warming: int = 0


class _Lines:
    """The lines, each made when it first occurs."""

    def __init__(self, world: Compiled, draws: Draws) -> None:
        self.world = world
        self.draws = draws
        self.lines: list[Line] = []
        self._known: dict[tuple[int, str, tuple[str, ...]], int] = {}
        nodes = ((n.name, n.declaration) for n in world.nodes.values())
        self._clients = {node.address: name for name, node in nodes if isinstance(node, Client) and node.submission is not None}

    def number(self, n: int, stream: TrafficBase, sender: str, recipients: tuple[str, ...]) -> int:
        """The number of a line."""
        key = (n, sender, recipients)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = len(self.lines)
            self.lines.append(self._line(stream, sender, recipients)._replace(place=n))
        return known

    def _line(self, stream: TrafficBase, sender: str, recipients: tuple[str, ...]) -> Line:
        node = self._clients.get(sender, sender)
        if stream.sender is not None:
            return Line(node, stream.sender, recipients, None)
        declared = self.world.nodes[node].declaration
        if not isinstance(declared, Senders):
            return Line(node, "" if stream.null_sender else declared.address, recipients, None)
        place, domains = self.draws.uniforms("senders domain"), declared.domains
        return Line(node, "", recipients, lambda i: f"user@s{int(place.at(i) * domains)}.{node}.test")

    def of(self, n: int, stream: TrafficBase, source: Source, *, early: bool = False) -> Callable[[int], tuple[int, ...]]:
        """The lines of the messages that a line of traffic sends the ``k``-th time."""
        senders, envelopes = stream.senders(source, early=early), stream.envelopes(source, early=early)
        if stream.alike:
            always = (self.number(n, stream, senders(0), envelopes(0)[0]),)
            return lambda k: always

        def of(k: int) -> tuple[int, ...]:
            sender = senders(k)
            return tuple([self.number(n, stream, sender, recipients) for recipients in envelopes(k)])

        return of


def arrivals(world: Compiled, draws: Draws) -> Arrivals:
    """The mail of one seed, sorted by instant, then by place in the file; what warms the caches comes last."""
    sources = [(n, stream, Source(draws, n, world.starts)) for n, stream in enumerate(world.traffic)]
    lines = _Lines(world, draws)
    sent, size = array("q"), array("q")
    line = array("H" if all(stream.alike for stream in world.traffic) and len(sources) < _FEW else "I")
    sizes = [stream.octets(source) for _, stream, source in sources]
    numbers = [lines.of(n, stream, source) for n, stream, source in sources]
    alike = [numbers[n](0) if stream.alike else () for n, stream, _ in sources]
    for t, n, k in merge(*(_numbered(stream.instants(source), n) for n, stream, source in sources)):
        octets = max(1, sizes[n](k))
        for number in alike[n] or numbers[n](k):
            sent.append(t + world.warm_up_us)
            line.append(number)
            size.append(octets)
    counted = len(sent)
    early = sorted((t, n, k) for n, stream, source in sources for k, t in stream.earlier(source, world.warm_up_us))
    if early:
        sizes = [stream.octets(source, early=True) for _, stream, source in sources]
        numbers = [lines.of(n, stream, source, early=True) for n, stream, source in sources]
    for t, n, k in early:
        octets = max(1, sizes[n](-k))
        for number in numbers[n](-k):
            sent.append(t + world.warm_up_us)
            line.append(number)
            size.append(octets)
    return Arrivals(sent, line, size, tuple(lines.lines), len(sent) - counted)


def _numbered(instants: Iterator[int], number: int) -> Iterator[tuple[int, int, int]]:
    return ((t, number, k) for k, t in enumerate(instants))


def expected_messages(world: Compiled) -> int:
    """About how many messages the traffic sends."""
    return round(sum(stream.messages(world.starts) for stream in world.traffic))
