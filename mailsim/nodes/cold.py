"""The resolver of a lone sender: nothing cached, always up, as far away from the name servers as the draw says."""

from __future__ import annotations

from copy import copy

from mailsim.flavours.models import ResolverFigures
from mailsim.nodes.world import Life, World
from mailsim.rules.dns import Answer, Cache, Question, Rcode, TtlRules
from mailsim.rules.dns.lookup import Upstream, ask_servers, look_up
from mailsim.rules.reasons import Why

__all__ = ["ColdResolver"]

NO_ANSWER = Answer(Rcode.TIMEOUT)
NO_RULES = TtlRules(0, 86400, 86400, 0, 0, True)


class ColdResolver:
    """Asks the zones' name servers for every question; answers lie ahead of the clock, no event is needed."""

    def __init__(self, world: World, name: str, figures: ResolverFigures) -> None:
        self._world = world
        self._name = name
        self._figures = figures
        self._delay = world.draws.stream(f"senders dns {name}", figures.miss_delay.distribution())
        self.stub_delay_us = round(figures.stub_delay.distribution().mean)
        self._number = 0
        self._known: dict[tuple[Question, int], tuple[Answer, int]] = {}

    def of(self, number: int) -> ColdResolver:
        """The resolver of message ``number``."""
        own = copy(self)
        own._number = number
        return own

    def ask(self, asker: str, question: Question, t_us: int, patience: tuple[int, int]) -> Life:
        """As :meth:`ResolverActor.ask`; never yields."""
        yield from ()
        tries, timeout = patience
        answer, done = self._answer(question, t_us)
        limit = timeout if self._figures.discard_timeout is None else min(timeout, self._figures.discard_timeout)
        for k in range(tries):
            start = t_us + k * timeout
            if done - start <= limit:
                return max(start, done) + self.stub_delay_us, answer, Why.FROM_SERVER
        return t_us + tries * timeout, NO_ANSWER, Why.DNS_TIMEOUT

    def _answer(self, question: Question, t_us: int) -> tuple[Answer, int]:
        """The answer and its instant; where DNS has no faults, questions of one age of the zones are answered alike."""
        compiled = self._world.compiled
        delay: int = self._delay.at(self._number)
        if not compiled.dns_quiet:
            return look_up(question, t_us, Cache(NO_RULES), compiled.zones, self._exchange, self._figures.restarts)
        key = (question, compiled.zone_epoch(t_us))
        known = self._known.get(key)
        if known is None:
            steps = 0

            def exchange(origin: str, q: Question, t: int) -> tuple[Answer, int]:
                nonlocal steps
                steps += 1
                return compiled.zones[origin].at(t).answer(q), t

            answer, _ = look_up(question, t_us, Cache(NO_RULES), compiled.zones, exchange, self._figures.restarts)
            known = self._known[key] = (answer, steps)
        return known[0], t_us + known[1] * delay

    def _exchange(self, origin: str, question: Question, t_us: int) -> tuple[Answer, int]:
        compiled = self._world.compiled
        delay: int = self._delay.at(self._number)
        index = compiled.zones[origin].at(t_us)
        servers = []
        for host in index.name_servers or ("",):
            node = compiled.name_server(host)
            servers.append(Upstream(None if node is None else compiled.path(self._name, node), delay))
        faults = [f.timeline for f in compiled.conditions.names if f.concerns(*question)]
        return ask_servers(servers, faults, lambda t: compiled.zones[origin].at(t).answer(question), t_us, self._figures)
