"""The running world: actors by name, wires between them, the clock and the recorder behind the seam that nodes see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mailsim.draws import Draws
from mailsim.engine.kernel import Clock, Flow, Line, wake
from mailsim.engine.recorder import Recorder
from mailsim.nodes import Client, Mailstore, Mta, Prober, Resolver, Senders
from mailsim.nodes.client import ClientActor
from mailsim.nodes.dnsclient import DnsClient, DnsClientActor
from mailsim.nodes.dnsnetwork import DnsNetwork
from mailsim.nodes.dnsprocess import DnsProcess, DnsProcessActor
from mailsim.nodes.mailstore import MailstoreActor
from mailsim.nodes.mta import MtaActor
from mailsim.nodes.prober import ProberActor
from mailsim.nodes.resolver import ResolverActor
from mailsim.nodes.senders import SendersActor
from mailsim.nodes.world import Life
from mailsim.rules.conditions import Timeline
from mailsim.scenario.compiled import Compiled

__all__ = ["RunningWire", "RunningWorld"]

#: who acts for a declaration, in the order in which actors are made: those that others look for come first
ACTORS: tuple[tuple[type, Any], ...] = (
    (Resolver, ResolverActor),
    (Mailstore, MailstoreActor),
    (Mta, MtaActor),
    (Senders, SendersActor),
    (Client, ClientActor),
    (Prober, ProberActor),
    (DnsClient, DnsClientActor),
    (DnsProcess, DnsProcessActor),
)

MAIL_SERVICES = ("smtp",)
SUBMISSION_SERVICES = ("submission", "submissions")


class RunningWire:
    """The way between two nodes as the first one sees it: conditions, and what a session or some octets cost."""

    __slots__ = ("path", "rtt_us", "us_per_octet", "ways")

    def __init__(self, draws: Draws, name: str, rtt: Any, bandwidth: float, path: Timeline) -> None:
        #: ``rtt_us(item, turn)``: round-trip time of a session, drawn
        self.rtt_us: Callable[[int, int], int] = draws.stream(name, rtt).at
        self.path = path
        #: the path of a session that meets more than that, by what it meets
        self.ways: dict[tuple[str, tuple[int, ...]], Timeline] = {}
        self.us_per_octet = 8_000_000 / bandwidth if bandwidth else 0.0

    def transfer_us(self, octets: int) -> int:
        """Time that the octets need on the wire."""
        return int(octets * self.us_per_octet)


class RunningWorld:
    """What nodes meet in; see :class:`mailsim.nodes.world.World` for what each part is for."""

    def __init__(self, compiled: Compiled, seed: int, level: str, limit_us: int) -> None:
        self.compiled = compiled
        self.draws = Draws(seed)
        self.clock = Clock(0)
        self.log = Recorder(level)
        #: the clock's reading when the scenario starts
        self.origin_us = compiled.warm_up_us
        self.limit_us = limit_us
        self.shared: dict[str, Any] = {}
        self.open = 0
        self.stops_when_settled = compiled.run_until_us is None
        self.sources = 0
        self._wires: dict[tuple[str, str], RunningWire] = {}
        self._actors: dict[str, Any] = {}
        self._servers: dict[tuple[str, str], Any] = {}
        self._machines: dict[str, str] = {}
        self.dns = DnsNetwork(self)
        for name in compiled.nodes:
            self.log.name(name)
        for node in compiled.nodes.values():
            for address in node.addresses:
                self._machines.setdefault(address, node.name)
        for declared, actor in ACTORS:
            for node in compiled.nodes.values():
                if isinstance(node.declaration, declared):
                    self._actors[node.name] = actor(self, node.name, node.declaration)
                    self._listen(node.name)

    def _listen(self, name: str) -> None:
        """Register the services of a node at its addresses."""
        node, actor = self.compiled.nodes[name], self._actors[name]
        services: tuple[str, ...] = ()
        if isinstance(node.declaration, Mta):
            services = MAIL_SERVICES + (SUBMISSION_SERVICES if node.declaration.submission else ())
        elif isinstance(node.declaration, Senders):
            services = MAIL_SERVICES
        elif isinstance(node.declaration, Mailstore):
            services = ("lmtp", "imap", "pop3")
        elif isinstance(node.declaration, Resolver):
            services = ("dns",)
        for address in node.addresses:
            for service in services:
                self._servers.setdefault((address, service), actor)

    @property
    def now(self) -> int:
        """The clock, microseconds."""
        return self.clock._now  # type: ignore[return-value]

    def actor(self, name: str) -> Any:
        """The actor of a node."""
        return self._actors[name]

    def actors(self, kind: type) -> list[Any]:
        """All actors of one class, in the order of the scenario."""
        return [self._actors[n] for n in self.compiled.nodes if isinstance(self._actors.get(n), kind)]

    def wire(self, client: str, server: str) -> RunningWire:
        """The way between two nodes."""
        found = self._wires.get((client, server))
        if found is None:
            link = self.compiled.link(client, server)
            name = "rtt {} {}".format(*sorted((client, server)))
            path = self.compiled.path(client, server)
            found = self._wires[(client, server)] = RunningWire(self.draws, name, link.rtt, link.bandwidth, path)
        return found

    def server_at(self, address: str, service: str) -> Any | None:
        """The actor that listens for ``service`` at an address, or None."""
        return self._servers.get((address, service))

    def machine_at(self, address: str) -> str | None:
        """A node that has this address, or None."""
        return self._machines.get(address)

    def line(self) -> Line:
        """A new wait-list."""
        return Line()

    def wake_all(self, line: Line, value: object) -> None:
        """Wake whoever is parked on a wait-list, first come first."""
        now = self.clock.now
        while line:
            wake(line.popleft(), value, now)

    def wake_one(self, line: Line, value: object) -> None:
        """Wake the first who is parked on a wait-list."""
        wake(line.popleft(), value, self.clock.now)

    def spawn(self, life: Life | None, order: int) -> None:
        """Start a Flow that goes from stage to stage of a life (None: there is nothing left to do)."""
        if life is not None:
            Flow(self.clock, life, order)

    def opened(self, deliveries: int) -> None:
        """So many deliveries came into being."""
        self.open += deliveries

    def settled(self, deliveries: int) -> None:
        """So many deliveries need no more work; the run ends when none does."""
        self.open -= deliveries
        if not self.open and not self.sources and self.stops_when_settled:
            self.clock.stop()
