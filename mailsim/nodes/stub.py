"""The stub of a node: a stub program on the engine's clock, whose cache hits at its first server cost no event."""

from __future__ import annotations

from typing import Any

from mailsim.draws import Constant
from mailsim.flavours.stubs import stub_figures, stub_model
from mailsim.nodes.driver import Driver, Reply, chance_of
from mailsim.nodes.world import Life, World
from mailsim.rules.conditions import NORMAL
from mailsim.rules.dns import Answer, Entry, Question, Rcode
from mailsim.rules.dns.stubs import CLOSED, CUT, Call, GlibcStub, Rfc1035Stub, StubMachine
from mailsim.rules.reasons import Why
from mailsim.units import duration

__all__ = ["Stub", "StubDriver", "Waiting", "stub_of"]

SECOND_US = 1_000_000
#: records of one answer that surely fit into 512 octets: a name each (RFC 1035 sections 3.1 and 4.2.1), addresses less
FITTING = 7

#: what mail programs are told where no server's port was open, or the last connection was cut
_TOLD = {CLOSED: Answer(Rcode.TIMEOUT), CUT: Answer(Rcode.TIMEOUT)}


class Waiting:
    """Somebody who waits for a stub's answer: where he is parked, and what came while he was not."""

    __slots__ = ("answer", "line", "world")

    def __init__(self, world: World) -> None:
        self.world = world
        self.line: Any = world.line()
        self.answer: Answer | None = None

    def said(self, answer: Answer, t_us: int) -> None:
        """The stub's answer."""
        self.answer = answer
        self.world.wake_all(self.line, answer)

    def wait(self) -> Life:
        """Park until the answer is here."""
        if self.answer is None:
            yield self.line
        return self.answer


class StubDriver(Driver):
    """A stub machine on the clock."""

    machine: StubMachine

    def call(self, call: Call, t_us: int, reply: Reply) -> None:
        """A program calls at the clock's instant; ``reply`` may be called before this returns, later, or never."""
        self._perform(self.machine.called(reply, call, t_us), t_us)


def stub_of(world: World, name: str, patience: tuple[int, int], library: str | None = None) -> Stub | None:
    """The stub of a mail program, or None where the node has nobody to ask.

    ``patience`` is the number of rounds and the timeout that the mail program sets where the library has such options
    (resolv.conf(5) ``attempts`` and ``timeout``); what the node says of its stub goes before.
    ``library``: the stub flavour of a program that has a resolver library of its own, where the node says nothing.
    """
    if not world.compiled.resolvers_of.get(name):
        return None
    tries, timeout = patience
    options = {"attempts": min(tries, 5), "timeout": duration(min(max(timeout, SECOND_US), 30 * SECOND_US))}
    return Stub(world, name, options, library=library)


class Stub:
    """One node's stub.

    Parameters
    ----------
    world : World
        The engine.
    name : str
        The node.
    options : dict
        Figures that the node's program sets, where the stub has them.
    phase_us : int
        How far the wall clock is into its second when the scenario starts.
    library : str, optional
        The flavour of the stub where the node says nothing of it.
    """

    def __init__(self, world: World, name: str, options: dict[str, Any], *, phase_us: int = 0, library: str | None = None) -> None:
        self._world = world
        self._name = name
        declaration = world.compiled.nodes[name].declaration
        flavour, parameters = declaration.stub.flavour, declaration.stub.parameters
        if library is not None and "stub" not in declaration.model_fields_set:
            flavour = library
        known = stub_model(flavour).model_fields
        self.figures = stub_figures(flavour, {**{k: v for k, v in options.items() if k in known}, **parameters})
        servers = world.compiled.resolvers_of[name]
        addresses = tuple(world.compiled.nodes[server].addresses[0] for server in servers)
        machine = self.figures.machine(addresses, chance_of(world, f"stub {name}"), (phase_us - world.origin_us) % SECOND_US)
        self.driver = StubDriver(world, name, machine, Constant(0))
        first = world.compiled.nodes[servers[0]]
        self._first = servers[0]
        self._path = world.compiled.path(name, servers[0])
        self._resolver = world.actor(servers[0]) if first.declaration.kind == "resolver" else None
        #: what a hit in the first server's cache costs
        self.stub_delay_us: int = 0 if self._resolver is None else self._resolver.stub_delay_us
        #: every lookup begins at the first server, and the stub keeps nothing itself
        plain = isinstance(machine, GlibcStub) and not machine.rules.rotate and not machine.rules.by_tcp
        self._steady = plain or isinstance(machine, Rfc1035Stub)

    @property
    def caches(self) -> bool:
        """Whether answers may be older than the question: not where a name server itself is asked."""
        return self._resolver is not None

    @property
    def quiet(self) -> bool:
        """Whether every hit in the first server's cache will be seen: nothing is ever wrong with the server and the way to it."""
        faults = (fault.node == self._first for fault in self._world.compiled.conditions.servers)
        return self._steady and self._resolver is not None and self._path.quiet and not any(faults)

    def hit(self, question: Question, t_us: int) -> Entry | None:
        """What the first server's cache answers at once at ``t_us``, or None."""
        resolver = self._resolver
        if resolver is None or not self._steady:
            return None
        entry: Entry | None = resolver.hit(question, t_us)
        return entry if entry is not None and len(entry.answer.rdatas) + len(entry.answer.chain) <= FITTING else None

    def ask(self, asker: str, question: Question, t_us: int, patience: tuple[int, int]) -> Life:
        """Look up a complete name: gives ``(instant, Answer, Why)``; the instant may lie ahead of the clock after a hit.

        The stub's way to a resolver is charged on the way back, so that the cache is read at the instant asked.
        """
        world, resolver = self._world, self._resolver
        open_way = self._undisturbed(question, t_us)
        entry = self.hit(question, t_us) if open_way else None
        if entry is None and t_us > world.now:
            t_us = yield t_us
            entry = self.hit(question, t_us) if open_way else None
        if entry is not None:
            return t_us + self.stub_delay_us, entry.answer, Why.FROM_CACHE if entry.answer.rdatas else Why.NEGATIVE_CACHE
        why = Why.JOINED if open_way and resolver is not None and resolver.asking(question) else Why.FROM_SERVER
        waiting = Waiting(world)
        self.driver.call(Call(question.name + ".", question.rtype, search=False), t_us, waiting.said)
        answer: Answer = yield from waiting.wait()
        answer = _TOLD.get(answer.rcode, answer)
        return world.now, answer, Why.DNS_TIMEOUT if answer.rcode == Rcode.TIMEOUT else why

    def _undisturbed(self, question: Question, t_us: int) -> bool:
        """Whether a question to the first server gets there, and its answer back, as if nothing was ever wrong."""
        service = self._world.compiled.dns_service(self._first, "udp", question.rtype, question.name)
        way = NORMAL if self._path.quiet else self._path.at(t_us)
        return way.reach == Why.OK and not way.unsteady and bool(service.quiet or service.at(t_us) == NORMAL)
