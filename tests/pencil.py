"""A pencil for resolver machines: servers that answer by a function, a list of what is due, and what was sent and said."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, NamedTuple

from mailsim.rules.dns import Answer, Manner, Question, Rcode, RRset, Zone, ZoneIndex, respond
from mailsim.rules.dns.machine import Alarm, Hint, Say, Send, Trouble

__all__ = ["MS", "NS1", "NS2", "RIG", "Pencil", "S", "Sent", "half", "hints", "index", "silent"]

MS, S = 1_000, 1_000_000
NS1, NS2 = "10.0.1.1", "10.0.1.2"

#: what comes back for a question that is sent at an instant: the thing and how long it takes, or None
Server = Callable[[Send, int], "tuple[Answer | Trouble, int] | None"]


class Sent(NamedTuple):
    """A question on its way: millisecond, server, name, type and transport."""

    ms: int
    server: str
    name: str
    rtype: str
    proto: str


def silent(question: Send, t_us: int) -> None:
    return None


def half(purpose: str) -> float:
    """The draw of all draws: 0.5."""
    return 0.5


def index(origin: str, *rrsets: RRset) -> ZoneIndex:
    """A zone with an SOA (TTL 3600, MINIMUM 60) unless one is among its RRsets."""
    soa = RRset(origin, "SOA", 3600, ((f"ns1.{origin}", f"h.{origin}", 1, 7200, 900, 1209600, 60),))
    return ZoneIndex(Zone(origin, {(r.name, r.rtype): r for r in (soa, *rrsets)}))


def hints(*servers: str, origin: str = "example.test") -> tuple[Hint, ...]:
    """The servers of a zone (and of the root, which is silent unless a server function answers for it)."""
    return (
        Hint(origin, tuple((f"ns{k}.{origin}", (address,)) for k, address in enumerate(servers, 1))),
        Hint("", (("a.root", ("10.0.0.1",)),)),
    )


class Rig:
    """Name servers of one zone: all alike, ``rtt_ms`` away, the parent delegates to them; broken as told."""

    def __init__(self, zone: ZoneIndex, *servers: str, rtt_ms: int = 10, manner: Manner | None = None) -> None:
        self.zone, self.servers, self.rtt_ms = zone, servers, rtt_ms
        self.manner = manner or Manner(soa_ttl_as_is=True)
        #: (from ms, until ms, servers, "drop" or a response code, or Trouble)
        self.faults: list[tuple[int, int, tuple[str, ...], Any]] = []
        ns = RRset(zone.origin, "NS", 86400, tuple(f"ns{k}.{zone.origin}" for k in range(1, len(servers) + 1)))
        glue = (RRset(f"ns{k}.{zone.origin}", "A", 86400, (address,)) for k, address in enumerate(servers, 1))
        self.parent = index("", ns, *glue)

    def __call__(self, sent: Send, t_us: int) -> tuple[Answer | Trouble, int] | None:
        for start, end, servers, how in self.faults:
            if start <= t_us // MS < end and sent.server in servers:
                if how == "drop":
                    return None
                return how if isinstance(how, Trouble) else Answer(how), self.rtt_ms * MS
        zone = self.zone if sent.server in self.servers else self.parent
        return respond({zone.origin: zone}, sent.question, self.manner), self.rtt_ms * MS


RIG = Rig


class Pencil:
    """Runs a machine by hand."""

    def __init__(self, machine: Any, server: Server) -> None:
        self.machine, self.server = machine, server
        self.sent: list[Sent] = []
        #: (ms, client, answer)
        self.said: list[tuple[int, object, Answer]] = []
        self._due: list[tuple[int, int, Callable[[int], list[Any]]]] = []
        self._count = 0

    def ask(self, name: str, rtype: str = "A", *, ms: int = 0, client: object = None) -> Pencil:
        """A client will ask."""
        self._put(ms * MS, lambda t: self.machine.asked(client or name, Question(name, rtype), t))
        return self

    def run(self, *, until_ms: int = 600_000) -> Pencil:
        """Let everything happen until then."""
        while self._due and self._due[0][0] <= until_ms * MS:
            t, _, step = heappop(self._due)
            for action in step(t):
                if isinstance(action, Send):
                    self.sent.append(Sent(t // MS, action.server, *action.question, action.proto))
                    back = self.server(action, t)
                    if back is not None:
                        what, after = back
                        self._put(t + after, lambda at, n=action.number, w=what: self.machine.heard(n, w, at))
                elif isinstance(action, Alarm):
                    self._put(max(action.at_us, t), lambda at, w=action.what: self.machine.rang(w, at))
                else:
                    assert isinstance(action, Say)
                    self.said.append((t // MS, action.client, action.answer))
        return self

    def _put(self, t_us: int, step: Callable[[int], list[Any]]) -> None:
        self._count += 1
        heappush(self._due, (t_us, self._count, step))

    def instants(self, name: str = "") -> list[int]:
        """When questions (for a name) were sent, ms."""
        return [sent.ms for sent in self.sent if name in ("", sent.name)]

    def outcomes(self) -> list[tuple[int, object, int]]:
        """(ms, client, code) of each answer."""
        return [(ms, client, answer.rcode) for ms, client, answer in self.said]

    def asked_for(self, name: str = "") -> list[str]:
        """Names and types that were asked for, in order."""
        return [f"{sent.name} {sent.rtype}" for sent in self.sent if name in ("", sent.name)]


NXDOMAIN = Rcode.NXDOMAIN
