"""What an actor may know of the world around it: the seam at which nodes meet, since they never import each other."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Protocol

from mailsim.draws import Draws
from mailsim.rules.conditions import Timeline

__all__ = ["Life", "Server", "Wire", "World"]

#: what drives a Flow: yields instants or wait-lists, returns the next stage of the message's life or None
Life = Generator[Any, Any, Any]


class Wire(Protocol):
    """The way between two nodes as the first one sees it."""

    path: Timeline
    us_per_octet: float
    #: the path of a session that meets more than that, by what it meets
    ways: dict[tuple[str, tuple[int, ...]], Timeline]
    #: ``rtt_us(item, turn)``: round-trip time of a session, drawn
    rtt_us: Callable[[int, int], int]

    def transfer_us(self, octets: int) -> int:
        """Time that the octets need on the wire."""
        ...


class Server(Protocol):
    """An actor that takes mail by SMTP or LMTP."""

    name: str

    def take(self, number: int, deliveries: tuple[int, ...], hops: int, t_us: int, giver: int) -> Life | None:
        """Take responsibility for deliveries of a message at ``t_us``: the rest of their life."""
        ...


class World(Protocol):
    """The engine as nodes see it."""

    draws: Draws
    log: Any
    compiled: Any
    #: carries DNS questions: :class:`mailsim.nodes.dnsnetwork.DnsNetwork`
    dns: Any
    #: the clock's reading when the scenario starts; the wall clock shows a whole second then
    origin_us: int
    #: memories that several nodes share, by name
    shared: dict[str, Any]
    #: the run ends here at the latest: look-ahead needs to see no further
    limit_us: int

    @property
    def now(self) -> int:
        """The clock, microseconds."""
        ...

    def actor(self, name: str) -> Any:
        """The actor of a node."""
        ...

    def wire(self, client: str, server: str) -> Wire:
        """The way between two nodes."""
        ...

    def line(self) -> Any:
        """A new wait-list."""
        ...

    def wake_all(self, line: Any, value: object) -> None:
        """Wake whoever is parked on a wait-list, first come first."""
        ...

    def wake_one(self, line: Any, value: object) -> None:
        """Wake the first who is parked on a wait-list."""
        ...

    def spawn(self, life: Life | None, order: int) -> None:
        """Start a Flow; ``order`` settles ties."""
        ...

    def server_at(self, address: str, service: str) -> Any | None:
        """The actor that listens for ``service`` at an address, or None."""
        ...

    def machine_at(self, address: str) -> str | None:
        """A node that has this address, or None: an address without a node is silent."""
        ...

    def settled(self, deliveries: int) -> None:
        """So many deliveries need no more work."""
        ...

    def opened(self, deliveries: int) -> None:
        """So many deliveries came into being."""
        ...
