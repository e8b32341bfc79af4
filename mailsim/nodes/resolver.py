"""Recursive resolver: answers its clients from a cache on the simulation's clock, or asks the zones' name servers."""

from __future__ import annotations

from typing import Any, Literal

from mailsim.flavours import resolver_figures
from mailsim.nodes.base import HostDeclaration, node_kind
from mailsim.nodes.world import Life, World
from mailsim.rules.dns import Answer, Cache, Entry, Question, Rcode, TtlRules
from mailsim.rules.dns.lookup import Upstream, ask_servers, look_up
from mailsim.rules.reasons import Why

__all__ = ["Resolver", "ResolverActor"]

SECOND_US = 1_000_000
NO_ANSWER = Answer(Rcode.TIMEOUT)


@node_kind("resolver")
class Resolver(HostDeclaration):
    """A caching recursive resolver of a ``flavour`` (``unbound``); ``parameters`` override the flavour's figures."""

    kind: Literal["resolver"] = "resolver"
    flavour: str = "unbound"
    parameters: dict[str, Any] = {}


class ResolverActor:
    """One resolver with its cache.

    What the name servers will do is known in advance (conditions and draws), so a question is worked out when it is
    asked; its cache entry carries the instant at which the answer is here, and whoever asks meanwhile joins.
    """

    def __init__(self, world: World, name: str, declaration: Resolver) -> None:
        self.name = name
        self._world = world
        figures = resolver_figures(declaration.flavour, declaration.parameters)
        self.figures = figures
        self.cache = Cache(
            TtlRules(
                figures.ttl_minimum // SECOND_US,
                figures.ttl_maximum // SECOND_US,
                figures.negative_ttl_maximum // SECOND_US,
                figures.negative_without_soa // SECOND_US,
                figures.servfail_ttl // SECOND_US,
                figures.hit_at_ttl,
            ),
            phase_us=-world.origin_us % SECOND_US,
        )
        self._asked: dict[Question, int] = {}
        delay = figures.stub_delay.distribution()
        self.stub_delay_us = round(delay.mean)
        self._miss = figures.miss_delay.distribution()

    def ask(self, asker: str, question: Question, t_us: int, patience: tuple[int, int]) -> Life:
        """Answer a stub: gives ``(instant, Answer, Why)``; the instant may lie ahead of the clock after a cache hit.

        Parameters
        ----------
        asker : str
            The node that asks.
        question : Question
            Name and type.
        t_us : int
            When the stub sends, at or after the clock.
        patience : (int, int)
            Tries of the stub and how long it waits for each, microseconds (resolv.conf(5)).

        Notes
        -----
        The stub's way to the resolver is charged on the way back, so that the cache is read at the instant asked.
        A resolver that drops old questions (unbound ``discard-timeout``) leaves the stub without a reply; its repeat
        joins the question already running.
        """
        path = self._world.wire(asker, self.name).path
        tries, timeout = patience
        limit = timeout if self.figures.discard_timeout is None else min(timeout, self.figures.discard_timeout)
        waited = Why.NONE  # what an earlier try waited for in vain: a later one gets that answer from the cache
        for k in range(tries):
            start = t_us + k * timeout
            if path.at(start).reach != Why.OK:
                continue
            entry = self.cache.get(question, start)
            if entry is None or entry.filled_us > start:
                if start > self._world.now:
                    start = yield start
                    entry = self.cache.get(question, start)
                if entry is None:
                    entry, why = self._begin(question, start), Why.FROM_SERVER
                else:
                    why = Why.JOINED if entry.filled_us > start else _cached(entry)
            else:
                why = _cached(entry)
            why = waited or why
            wait = max(entry.filled_us - start, 0)
            if wait <= limit:
                arrives = start + wait + self.stub_delay_us
                if wait:
                    arrives = yield arrives
                return arrives, entry.answer, why
            waited = why
        gave_up = yield t_us + tries * timeout
        return gave_up, NO_ANSWER, Why.DNS_TIMEOUT

    def quiet_for(self, asker: str) -> bool:
        """Whether nothing is ever wrong on the way from ``asker``."""
        return self._world.wire(asker, self.name).path.quiet

    def hit(self, question: Question, t_us: int) -> Entry | None:
        """The entry that answers at once at ``t_us``, or None."""
        entry = self.cache.get(question, t_us)
        return entry if entry is not None and entry.filled_us <= t_us else None

    def _begin(self, question: Question, t_us: int) -> Entry:
        answer, done = look_up(question, t_us, self.cache, self._world.compiled.zones, self._exchange, self.figures.restarts)
        entry = self.cache.get(question, t_us)
        if entry is not None and entry.answer is answer:
            return entry
        return self.cache.put(question, answer, asked_us=t_us, filled_us=done)

    def _exchange(self, origin: str, question: Question, t_us: int) -> tuple[Answer, int]:
        """Ask the name servers of a zone; gives the answer and the instant at which it is here."""
        turn = self._asked.get(question, 0)
        self._asked[question] = turn + 1
        stream = f"dns {self.name} {question.name}/{question.rtype}"
        draws = self._world.draws
        compiled = self._world.compiled
        index = compiled.zones[origin].at(t_us)
        servers = []
        for host in index.name_servers or ("",):
            node = compiled.name_server(host)
            if node is None:
                servers.append(Upstream(None, draws.stream(stream, self._miss).at(turn)))
            else:
                link = compiled.link(self.name, node)
                servers.append(Upstream(compiled.path(self.name, node), draws.stream(stream, link.rtt).at(turn)))
        order = draws.order(stream + " order", turn, 0, len(servers))
        faults = [f.timeline for f in compiled.conditions.names if f.concerns(*question)]
        return ask_servers([servers[k] for k in order], faults, lambda t: compiled.zones[origin].at(t).answer(question), t_us, self.figures)


def _cached(entry: Entry) -> Why:
    return Why.FROM_CACHE if entry.answer.rdatas else Why.NEGATIVE_CACHE
