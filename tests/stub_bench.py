"""A bench for stubs: servers whose behaviour is written down, and the instants at which a stub asks and answers.

Instants are seconds.  A server answers 10 ms after the question came, as in the recordings, unless it is told otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import Any, NamedTuple

from mailsim.rules.dns.machine import Alarm, Say, Send, Trouble
from mailsim.rules.dns.records import Question, Rcode, RRset
from mailsim.rules.dns.stubs import Call
from mailsim.rules.dns.zones import Answer

__all__ = ["NO", "SERVFAIL", "Asked", "Bench", "Told", "address", "good", "says", "silent", "slow"]

S = 1_000_000
RTT = 10_000

SERVFAIL = Answer(Rcode.SERVFAIL)
NO = Answer(Rcode.NXDOMAIN, (), (), 0, 60)

#: what a server does with a question at an instant: what comes back and how much later, or None
Server = Callable[[Send, int], "tuple[Answer | Trouble, int] | None"]


class Asked(NamedTuple):
    """A question that reached a server."""

    t_s: float
    server: str
    name: str
    rtype: str
    proto: str


class Told(NamedTuple):
    """What a call got, and after how long."""

    took_s: float
    answer: Answer


def address(question: Question) -> Answer:
    """A good answer: one A or AAAA record, or two mail servers."""
    known: dict[str, tuple[Any, ...]] = {"A": ("192.0.2.1",), "AAAA": ("2001:db8::1",), "MX": ((10, "mx1.example"), (20, "mx2.example"))}
    rdatas = known[question.rtype]
    return Answer(Rcode.NOERROR, (RRset(question.name, question.rtype, 300, rdatas),), rdatas, 300)


def silent(send: Send, t_us: int) -> None:
    """A server from which nothing comes back."""


def slow(delay_s: float) -> Server:
    """A server whose good answers come so late."""
    return lambda send, t_us: (address(send.question), int(delay_s * S))


def says(what: Answer | Trouble) -> Server:
    """A server that says the same to everything."""
    return lambda send, t_us: (what, RTT)


def good(send: Send, t_us: int) -> tuple[Answer, int]:
    """A server that knows everything."""
    return address(send.question), RTT


class Bench:
    """A stub on a bench with its servers by name."""

    def __init__(self, stub: Any, **servers: Server) -> None:
        self.stub = stub
        self.servers = servers
        self.asked: list[Asked] = []
        self._queue: list[tuple[int, int, Any, Any]] = []
        self._order = count()
        self._told: dict[int, tuple[int, Answer]] = {}
        self._calls = count()

    def call(self, name: str, rtype: str = "A", *, at_s: float = 0.0, search: bool = True) -> Told:
        """A call at an instant: what it gets and how long that takes."""
        start, mine = round(at_s * S), next(self._calls)
        while self._queue and self._queue[0][0] < start:
            self._step()
        self._do(self.stub.called(mine, Call(name, rtype, search), start), start)
        while mine not in self._told:
            self._step()
        end, answer = self._told[mine]
        return Told((end - start) / S, answer)

    def sent(self, *, since: int = 0) -> list[tuple[float, str]]:
        """When which server was asked."""
        return [(asked.t_s, asked.server) for asked in self.asked[since:]]

    def _step(self) -> None:
        now, _, cause, came = heappop(self._queue)
        self._do(self.stub.heard(cause.number, came, now) if isinstance(cause, Send) else self.stub.rang(cause.what, now), now)

    def _do(self, actions: list[Any], now: int) -> None:
        for action in actions:
            if isinstance(action, Say):
                assert isinstance(action.client, int)
                self._told[action.client] = (now, action.answer)
            elif isinstance(action, Alarm):
                heappush(self._queue, (action.at_us, next(self._order), action, None))
            else:
                self.asked.append(Asked(now / S, action.server, action.question.name, action.question.rtype, action.proto))
                came = self.servers[action.server](action, now)
                if came is not None:
                    heappush(self._queue, (now + came[1], next(self._order), action, came[0]))
