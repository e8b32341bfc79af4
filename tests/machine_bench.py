"""A bench for resolver machines: a few scripted servers, clients, and a clock that jumps from one event to the next."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any, NamedTuple

from mailsim.rules.dns import Answer, Question, Rcode, RRset
from mailsim.rules.dns.machine import Alarm, Hint, Say, Send, Trouble

MS, S = 1_000, 1_000_000
ROOT, TLD, NS1, NS2, NS3 = "192.0.2.1", "192.0.2.2", "192.0.2.11", "192.0.2.12", "192.0.2.13"
HINTS = (Hint("", (("a.root", (ROOT,)),)),)

#: what a server does with a question: ``(after how many microseconds, what)``, or None for silence
Serve = Callable[[Send, int], tuple[int, Answer | Trouble] | None]


class Sent(NamedTuple):
    """A question that went out."""

    t_us: int
    server: str
    name: str
    rtype: str
    proto: str


class Said(NamedTuple):
    """An answer to a client: asked when, answered when."""

    asked_us: int
    t_us: int
    answer: Answer


def address(name: str, ttl: int = 300, *rdatas: str) -> Answer:
    """A positive answer of type A."""
    found = rdatas or ("192.0.2.99",)
    return Answer(Rcode.NOERROR, (RRset(name, "A", ttl, found),), found, ttl)


def no(rcode: int = Rcode.NXDOMAIN, *, ttl: int = 3600, minimum: int = 60) -> Answer:
    """A "no" whose SOA has this TTL and MINIMUM."""
    soa = RRset("example.tld", "SOA", ttl, (("ns1.example.tld", "hostmaster.example.tld", 1, 7200, 900, 1209600, minimum),))
    return Answer(rcode, (), (), 0, min(ttl, minimum), authority=(soa,))


def delegation(origin: str, *servers: str) -> Answer:
    """A referral to ``ns1.<origin>`` and so on at these addresses."""
    hosts = tuple(f"ns{k}.{origin}" for k in range(1, len(servers) + 1))
    glue = tuple(RRset(host, "A", 86400, (server,)) for host, server in zip(hosts, servers, strict=True))
    return Answer(Rcode.NOERROR, authority=(RRset(origin, "NS", 86400, hosts),), additional=glue)


class World:
    """Root and ``tld`` at one server each; ``example.tld`` at ``servers``; each answers after 10 ms unless ``zone`` says otherwise."""

    def __init__(self, zone: Serve | None = None, servers: tuple[str, ...] = (NS1, NS2)) -> None:
        self.servers = servers
        self.zone = zone or (lambda sent, t_us: (10 * MS, address(sent.question.name)))

    def __call__(self, sent: Send, t_us: int) -> tuple[int, Answer | Trouble] | None:
        if sent.server == ROOT:
            return 10 * MS, delegation("tld", TLD)
        if sent.server == TLD:
            return 10 * MS, delegation("example.tld", *self.servers)
        return self.zone(sent, t_us)


class Bench:
    """Runs a machine; ``sent`` and ``said`` tell what it did."""

    def __init__(self, machine: Any, serve: Serve) -> None:
        self.machine = machine
        self.serve = serve
        self.sent: list[Sent] = []
        self.said: dict[object, Said] = {}
        self._asked: dict[object, int] = {}
        self._heap: list[tuple[int, int, Callable[[int], Any]]] = []
        self._turn = count()

    def at(self, t_us: int, act: Callable[[int], Any]) -> None:
        heapq.heappush(self._heap, (t_us, next(self._turn), act))

    def ask(self, t_us: int, name: str, rtype: str = "A", client: object = None) -> object:
        """A question to come; gives the client, who may ask again."""
        who = object() if client is None else client
        self._asked.setdefault(who, t_us)
        self.at(t_us, lambda t: self._perform(self.machine.asked(who, Question(name, rtype), t), t))
        return who

    def run(self, until_us: int) -> None:
        while self._heap and self._heap[0][0] <= until_us:
            t_us, _, act = heapq.heappop(self._heap)
            act(t_us)

    def _perform(self, actions: list[Any], t_us: int) -> None:
        for action in actions:
            if isinstance(action, Say):
                self.said.setdefault(action.client, Said(self._asked[action.client], t_us, action.answer))
            elif isinstance(action, Alarm):
                self.at(max(action.at_us, t_us), lambda t, what=action.what: self._perform(self.machine.rang(what, t), t))
            else:
                self._send(action, t_us)

    def _send(self, action: Send, t_us: int) -> None:
        self.sent.append(Sent(t_us, action.server, action.question.name, action.question.rtype, action.proto))
        found = self.serve(action, t_us)
        if found is not None:
            after, what = found
            self.at(t_us + after, lambda t: self._perform(self.machine.heard(action.number, what, t), t))

    def questions(self, name: str) -> list[tuple[int, str, str]]:
        """When, where and how a name was asked for."""
        return [(sent.t_us, sent.server, sent.proto) for sent in self.sent if sent.name == name]


def steady(value: float = 0.5) -> Callable[[str], float]:
    """Chance that always says the same; 0.5 explores nothing and is no noise to speak of."""
    return lambda purpose: 0.0 if purpose in ("noise", "timers", "millisecond") else value


def in_turn(**values: list[float]) -> Callable[[str], float]:
    """Chance that gives the values of a purpose in turn, then the last one for ever; 0.5 for all else."""
    left: dict[str, Iterator[float]] = {purpose: iter(found) for purpose, found in values.items()}
    last = {purpose: found[-1] for purpose, found in values.items()}

    def chance(purpose: str) -> float:
        if purpose not in left:
            return steady()(purpose)
        return next(left[purpose], last[purpose])

    return chance
