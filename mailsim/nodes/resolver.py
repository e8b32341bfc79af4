"""Recursive resolver: a program's machine on the engine's clock, whose cache hits cost no event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from mailsim.declared import Duration
from mailsim.flavours import flavour, resolver_figures
from mailsim.nodes.base import HostDeclaration, node_kind
from mailsim.nodes.driver import Driver, Reply, chance_of
from mailsim.nodes.world import World
from mailsim.rules.dns import Entry, Question
from mailsim.rules.dns.bind import Bind
from mailsim.rules.dns.dnsmasq import Dnsmasq
from mailsim.rules.dns.kresd import Kresd
from mailsim.rules.dns.machine import Chance, Hint, Recursive
from mailsim.rules.dns.pdns import Pdns
from mailsim.rules.dns.unbound import Unbound

__all__ = ["MACHINES", "Resolver", "ResolverActor"]

SECOND_US = 1_000_000

#: the programs by the ``machine`` that a flavour file names: figures, hints, chance, phase of the wall clock -> machine
MACHINES: dict[str, Callable[[Any, tuple[Hint, ...], Chance, int], Recursive]] = {
    "bind": lambda figures, hints, chance, phase_us: Bind(figures.rules(), hints, chance, phase_us),
    "pdns": lambda figures, hints, chance, phase_us: Pdns(figures, hints, chance=chance, phase_us=phase_us),
    "kresd": lambda figures, hints, chance, phase_us: Kresd(figures, hints, chance=chance, phase_us=phase_us),
    "dnsmasq": lambda figures, hints, chance, phase_us: Dnsmasq(figures, hints, chance=chance, phase_us=phase_us),
    "unbound": lambda figures, hints, chance, phase_us: Unbound(figures.rules(), hints, chance, phase_us),
}


@node_kind("resolver")
class Resolver(HostDeclaration):
    """A caching recursive resolver of a ``flavour`` (``unbound``); ``parameters`` override the flavour's figures.

    Parameters
    ----------
    second_phase : duration or "drawn"
        How far the wall clock is into its second when the scenario starts: programs count TTLs in whole seconds.
        ``drawn``: anywhere, the same for all resolvers of the run.
    """

    kind: Literal["resolver"] = "resolver"
    flavour: str = "unbound"
    parameters: dict[str, Any] = {}
    second_phase: Duration | Literal["drawn"] = 0


class ResolverActor:
    """One resolver: who asks it gets an answer from its machine, at once where the machine's cache has it."""

    def __init__(self, world: World, name: str, declaration: Resolver) -> None:
        self.name = name
        self._world = world
        figures = resolver_figures(declaration.flavour, declaration.parameters)
        self.figures = figures
        phase = declaration.second_phase
        if phase == "drawn":
            phase = int(world.draws.uniform("phase of the wall clock's second", 0) * SECOND_US)
        make = MACHINES[flavour(declaration.flavour, "resolver").machine]
        hints = world.compiled.name_service.hints
        self.machine = make(figures, hints, chance_of(world, name), (phase - world.origin_us) % SECOND_US)
        self._driver = Driver(world, name, self.machine, figures.miss_delay.distribution())
        self.stub_delay_us = round(figures.stub_delay.distribution().mean)
        self.hit: Callable[[Question, int], Entry | None] = self.machine.hit
        self.asking: Callable[[Question], bool] = self.machine.asking

    def put(self, question: Question, t_us: int, reply: Reply) -> None:
        """A question that reached it at the clock's instant; ``reply`` is called at once, later, or never."""
        self._driver.ask(question, t_us, reply)
