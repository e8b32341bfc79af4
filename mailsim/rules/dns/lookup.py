"""What a recursive resolver does for a question that its cache can't answer: follow zones, aliases and name servers.

No clock and no network inside: the instants are arguments, the world is a function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from mailsim.rules.conditions import NORMAL, Timeline
from mailsim.rules.dns.cache import Cache
from mailsim.rules.dns.records import Question, Rcode, RRset
from mailsim.rules.dns.zones import Answer, zone_of
from mailsim.rules.reasons import Why

__all__ = ["Upstream", "ask_servers", "look_up"]

#: the synthesised root says no for a day (SOA minimum of the real root zone)
ROOT_SAYS_NO = Answer(Rcode.NXDOMAIN, (), (), 0, 86400)
SERVFAIL = Answer(Rcode.SERVFAIL)

_NO_LIMIT_S = 1 << 40


class Upstream(NamedTuple):
    """A name server as the resolver sees it: what is wrong on the way (None: never anything), round-trip time."""

    path: Timeline | None
    rtt_us: int


class _Figures(Protocol):
    @property
    def first_timeout(self) -> int: ...
    @property
    def timeout_factor(self) -> float: ...
    @property
    def tries_per_server(self) -> int: ...
    @property
    def total_timeout(self) -> int: ...


def ask_servers(
    servers: Sequence[Upstream],
    faults: Sequence[Timeline],
    served: Callable[[int], Answer],
    t_us: int,
    figures: _Figures,
    lost: Callable[[float], bool] | None = None,
) -> tuple[Answer, int]:
    """The answer of a zone's name servers and the instant at which the resolver has it.

    Servers are asked in the order given, round after round; the wait for each grows by ``timeout_factor`` per round and is
    at least twice the round trip.  A server that answers SERVFAIL or REFUSED is passed over; when all said no in every round,
    or ``total_timeout`` is over, the outcome is SERVFAIL (RFC 1035 section 7.2; RFC 2308 section 7).  ``lost(p)`` says
    whether the next packet is lost that is lost with probability p.
    """
    deadline = t_us + figures.total_timeout
    t = t_us
    for turn in range(figures.tries_per_server):
        for server in servers:
            wait = max(int(figures.first_timeout * figures.timeout_factor**turn), 2 * server.rtt_us)
            there = t + (server.rtt_us >> 1)
            way = NORMAL if server.path is None else server.path.at(there)
            reach, rcode = way.reach, way.rcode
            for fault in faults:
                condition = fault.at(there)
                reach = condition.reach if reach == Why.OK else reach
                rcode = max(rcode, condition.rcode)
            if reach == Why.OK and way.packet_loss and lost is not None and (lost(way.packet_loss) or lost(way.packet_loss)):
                reach = Why.SILENT  # the question or its answer
            if reach == Why.OK:
                t += server.rtt_us + way.delay_us + way.lag_us
                if t > deadline:
                    return SERVFAIL, deadline
                if rcode == Rcode.NXDOMAIN:
                    return Answer(Rcode.NXDOMAIN, (), (), 0, served(there).negative_ttl), t
                if rcode < 0:
                    return served(there if way.as_of_us < 0 else way.as_of_us), t
            elif reach == Why.SILENT or len(servers) == 1:
                t += wait
            else:
                t += server.rtt_us
            if t >= deadline:
                return SERVFAIL, deadline
    return SERVFAIL, t


def look_up(
    question: Question,
    t_us: int,
    cache: Cache,
    zones: Mapping[str, Any],
    exchange: Callable[[str, Question, int], tuple[Answer, int]],
    restarts: int,
) -> tuple[Answer, int]:
    """Resolve a question, following aliases through cache and zones; gives the answer and its instant.

    Every RRset learnt on the way is put into the cache with the instant at which it came (RFC 1034 section 5.3.3).
    ``restarts`` bounds the alias links followed from zone to zone; beyond it the outcome is SERVFAIL.
    """
    chain: list[RRset] = []
    left_s = _NO_LIMIT_S
    name, rtype, t = question.name, question.rtype, t_us
    for _ in range(restarts + 1):
        step = Question(name, rtype)
        entry = cache.get(step, t) or (cache.get(Question(name, "CNAME"), t) if rtype != "CNAME" else None)
        if entry is not None:
            answer, t = entry.answer, max(t, entry.filled_us)
            left_s = min(left_s, cache.left_s(entry, t))
        else:
            origin = zone_of(name, zones)
            asked = t
            answer, t = (ROOT_SAYS_NO, t) if origin is None else exchange(origin, step, t)
            _remember(cache, step, answer, asked, t)
        if answer.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN):
            return answer, t
        onward = answer.onward or (answer.rdatas[0] if answer.rdatas and answer.chain[-1].rtype == "CNAME" != rtype else "")
        chain.extend(answer.chain)
        if not onward:
            return (answer if name == question.name else _joined(answer, chain, left_s)), t
        name = onward
    return SERVFAIL, t


def _joined(answer: Answer, chain: list[RRset], left_s: int) -> Answer:
    """The answer to the first name of a chain: it holds as long as the shortest-lived part, cached parts for what they have left."""
    ttl = min((rrset.ttl for rrset in chain), default=0)
    return answer._replace(chain=tuple(chain), ttl=min(ttl, left_s), negative_ttl=min(answer.negative_ttl, left_s))


def _remember(cache: Cache, step: Question, answer: Answer, asked_us: int, filled_us: int) -> None:
    """Keep each link of a chain and its end under their own names."""
    for rrset in answer.chain:
        if rrset.rtype == "CNAME" and step.rtype != "CNAME":
            link = Answer(Rcode.NOERROR, (rrset,), rrset.rdatas, rrset.ttl)
            cache.put(Question(rrset.name, "CNAME"), link, asked_us=asked_us, filled_us=filled_us)
        elif rrset.rtype == step.rtype:
            own = answer if len(answer.chain) == 1 else Answer(Rcode.NOERROR, (rrset,), rrset.rdatas, rrset.ttl)
            cache.put(Question(rrset.name, rrset.rtype), own, asked_us=asked_us, filled_us=filled_us)
    if not answer.rdatas and not answer.onward:
        end = answer.chain[-1].rdatas[0] if answer.chain else step.name
        cache.put(Question(end, step.rtype), answer._replace(chain=()), asked_us=asked_us, filled_us=filled_us)
