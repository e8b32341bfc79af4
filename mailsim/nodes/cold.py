"""The resolver of a lone sender: nothing cached, always up, as far away from the name servers as the draw says."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from mailsim.flavours.unbound import UnboundFigures
from mailsim.nodes.world import Life, World
from mailsim.rules.conditions import merged
from mailsim.rules.dns import Answer, Cache, Question, Rcode, TtlRules
from mailsim.rules.dns.lookup import Upstream, ask_servers, look_up
from mailsim.rules.reasons import Why

__all__ = ["ColdResolver"]

NO_ANSWER = Answer(Rcode.TIMEOUT)
NO_RULES = TtlRules(0, 86400, 86400, 0, 0, True)


class ColdResolver:
    """Asks the zones' name servers for every question; answers lie ahead of the clock, no event is needed."""

    def __init__(self, world: World, name: str, figures: UnboundFigures) -> None:
        self._world = world
        self._name = name
        self._figures = figures
        self._delay = world.draws.stream(f"senders dns {name}", figures.miss_delay.distribution())
        self.stub_delay_us = round(figures.stub_delay.distribution().mean)
        self._number = 0
        #: where wanted: what each question took, in round trips to name servers
        self.trail: list[int] | None = None
        self._known: dict[tuple[Question, int], tuple[Answer, int]] = {}

    def of(self, number: int) -> ColdResolver:
        """The resolver of message ``number``."""
        own = object.__new__(ColdResolver)  # a copy, without the detours of copy.copy
        own.__dict__.update(self.__dict__)
        own._number = number
        return own

    def ask(self, asker: str, question: Question, t_us: int, patience: tuple[int, int]) -> Life:
        """As :meth:`ResolverActor.ask`; never yields."""
        yield from ()
        tries, timeout = patience
        answer, done = self._answer(question, t_us)
        limit = self._limit(timeout)
        for k in range(tries):
            start = t_us + k * timeout
            if done - start <= limit:
                return max(start, done) + self.stub_delay_us, answer, Why.FROM_SERVER
        return t_us + tries * timeout, NO_ANSWER, Why.DNS_TIMEOUT

    def in_time(self, trail: Sequence[int], patience: tuple[int, int]) -> bool:
        """Whether each of these questions is answered at the first try."""
        delay: int = self._delay.at(self._number)
        return max(trail, default=0) * delay <= self._limit(patience[1])

    def time_us(self, trail: Sequence[int]) -> int:
        """What these questions take one after the other, each answered at the first try."""
        delay: int = self._delay.at(self._number)
        return sum(trail) * delay + len(trail) * self.stub_delay_us

    def _limit(self, timeout_us: int) -> int:
        """How late an answer may come: the stub gives up, or the resolver throws late answers away."""
        discard = self._figures.discard_timeout
        return timeout_us if discard is None else min(timeout_us, discard)

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
        if self.trail is not None:
            self.trail.append(known[1])
        return known[0], t_us + known[1] * delay

    def _exchange(self, origin: str, question: Question, t_us: int) -> tuple[Answer, int]:
        compiled = self._world.compiled
        delay: int = self._delay.at(self._number)
        index = compiled.zones[origin].at(t_us)
        servers = []
        for host in index.name_servers or ("",):
            node = compiled.name_server(host)
            path = None
            if node is not None:
                path = merged([compiled.path(self._name, node), compiled.dns_service(node, "udp", question.rtype, question.name)])
            servers.append(Upstream(path, delay))
        faults = [f.timeline for f in compiled.conditions.names if f.concerns(*question)]
        chance = self._world.draws.sequence(f"dns packets {self._name} {question.name}/{question.rtype}", self._number, t_us)
        packet = count()
        return ask_servers(
            servers,
            faults,
            lambda t: compiled.zones[origin].at(t).answer(question),
            t_us,
            self._figures,
            lost=lambda loss: chance(next(packet)) < loss,
        )
