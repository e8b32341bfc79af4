"""The stub of a node: which servers it asks for names, in what order, and how long it waits for each."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Any

from mailsim.nodes.world import Life, World
from mailsim.rules.conditions import NORMAL, merged
from mailsim.rules.dns import Answer, Cache, Entry, Question, Rcode, TtlRules
from mailsim.rules.dns.lookup import look_up
from mailsim.rules.dns.machine import Action, Alarm, Say, Send, Trouble
from mailsim.rules.dns.stubs import CLOSED, GlibcRules, GlibcStub
from mailsim.rules.reasons import Why

__all__ = ["DirectStub", "stub_of"]

NO_RULES = TtlRules(0, 86400, 86400, 0, 0, True)
#: what a stub's answer says to those who do not know stubs
_TOLD = {CLOSED: Answer(Rcode.TIMEOUT)}
_WHY = {Rcode.TIMEOUT: Why.DNS_TIMEOUT, CLOSED: Why.DNS_TIMEOUT}


def stub_of(world: World, name: str, patience: tuple[int, int]) -> Any | None:
    """The stub of a node: the resolver's own side where it asks one resolver, a stub where it asks name servers, or None."""
    servers = world.compiled.resolvers_of.get(name, ())
    if not servers:
        return None
    kinds = {world.compiled.nodes[server].declaration.kind for server in servers}
    if kinds == {"nameserver"}:
        return DirectStub(world, name, servers, patience)
    return world.actor(next(server for server in servers if world.compiled.nodes[server].declaration.kind == "resolver"))


class DirectStub:
    """A stub that asks authoritative name servers directly: what they do is known in advance, so no event is needed.

    The servers are taken to know every declared zone.
    """

    #: it keeps nothing, so no route is remembered
    stub_delay_us = 0

    def __init__(self, world: World, name: str, servers: tuple[str, ...], patience: tuple[int, int]) -> None:
        self._world = world
        self._name = name
        self._servers = servers
        self._stub = GlibcStub(GlibcRules(timeout_us=patience[1], attempts=patience[0]), servers, self._chance)
        self._sent: dict[Question, int] = {}

    def quiet_for(self, asker: str) -> bool:
        """Never: without a cache there is no hit to count on."""
        return False

    def hit(self, question: Question, t_us: int) -> Entry | None:
        """Nothing is kept."""
        return None

    def ask(self, asker: str, question: Question, t_us: int, patience: tuple[int, int]) -> Life:
        """Ask the list of servers: gives ``(instant, Answer, Why)``; the instant may lie ahead of the clock."""
        yield from ()
        answer, done = self._played(question, t_us)
        return done, _TOLD.get(answer.rcode, answer), _WHY.get(answer.rcode, Why.FROM_SERVER)

    def _chance(self, purpose: str) -> float:
        return self._world.draws.uniform(f"stub {self._name} {purpose}", 0)

    def _played(self, question: Question, t_us: int) -> tuple[Answer, int]:
        """The lookup as it will go: the stub's steps against what the servers will do."""
        queue: list[tuple[int, int, Send | Alarm, Answer | Trouble | None]] = []
        actions: list[Action] = self._stub.asked(None, question, t_us)
        order, now = 0, t_us
        while True:
            for action in actions:
                order += 1
                if isinstance(action, Say):
                    return action.answer, now
                if isinstance(action, Alarm):
                    heappush(queue, (action.at_us, order, action, None))
                else:
                    what, arrives = self._exchange(action, now)
                    if what is not None:
                        heappush(queue, (arrives, order, action, what))
            now, _, cause, came = heappop(queue)
            if isinstance(cause, Send):
                assert came is not None
                actions = self._stub.heard(cause.number, came, now)
            else:
                actions = self._stub.rang(cause.what, now)

    def _exchange(self, send: Send, t_us: int) -> tuple[Answer | Trouble | None, int]:
        """What a server sends back and when it is here; None: nothing ever comes."""
        compiled, question = self._world.compiled, send.question
        turn = self._sent.get(question, 0)
        self._sent[question] = turn + 1
        link = compiled.link(self._name, send.server)
        rtt = self._world.draws.stream(f"stub {self._name} {question.name}/{question.rtype}", link.rtt).at(turn)
        there = t_us + (rtt >> 1)
        condition = compiled.path(self._name, send.server).at(there)
        faults = [f.timeline for f in compiled.conditions.names if f.concerns(*question)]
        fault = merged(faults).at(there) if faults else NORMAL
        if condition.reach == Why.SILENT or fault.reach == Why.SILENT:
            return None, 0
        if condition.reach != Why.OK:
            return Trouble.CLOSED, t_us + rtt
        if fault.rcode == Rcode.NXDOMAIN:
            return Answer(Rcode.NXDOMAIN, (), (), 0, 0), t_us + rtt
        return (self._served(question, there) if fault.rcode < 0 else Answer(fault.rcode)), t_us + rtt

    def _served(self, question: Question, t_us: int) -> Answer:
        """What the zones say at an instant, aliases followed from zone to zone."""
        zones = self._world.compiled.zones
        answer, _ = look_up(question, t_us, Cache(NO_RULES), zones, lambda origin, q, t: (zones[origin].at(t).answer(q), t), 11)
        return answer
