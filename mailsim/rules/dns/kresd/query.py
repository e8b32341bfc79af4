"""One question of Knot Resolver on its way: what the cache says, what to ask next, what an answer means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from mailsim.rules.dns.kresd.selection import Fault, Flags, Network, SelectionFigures, Transport
from mailsim.rules.dns.machine import Chance, Hint, Trouble
from mailsim.rules.dns.records import Question, Rcode, RRset
from mailsim.rules.dns.shelf import Held, Nothing, Shelf
from mailsim.rules.dns.zones import Answer

__all__ = ["KresdFigures", "Query", "Request", "Resolving", "State"]

SECOND_US = 1_000_000


class KresdFigures(SelectionFigures, Protocol):
    """All figures of Knot Resolver."""

    ttl_minimum: int
    ttl_maximum: int
    negative_ttl_maximum: int
    request_limit: int
    timeout_limit: int
    iteration_limit: int
    failures_in_a_row: int
    longest_alias_chain: int
    qname_minimisation: bool
    connect_timeout: int
    tcp_inactivity: int
    tcp_recheck: int
    tcp_idle: int
    health_check: int
    started_before: int | None
    forward: tuple[str, ...]
    timing_noise: int
    timer_lag: int
    prefetch: bool
    prefetch_left: int
    serve_stale: bool
    stale_after: int
    stale_maximum: int
    stale_ttl: int


class State(Enum):
    """Where a request stands (enum kr_layer_state)."""

    PRODUCE = "next question"
    DONE = "answered"
    FAIL = "failed"


@dataclass
class Query:
    """A name and type to resolve for a request; ``host``: the name server whose address it is for."""

    question: Question
    created_us: int
    flags: Flags = field(default_factory=Flags)
    asked_cache: bool = False
    host: str = ""


@dataclass(eq=False)
class Request:
    """A client's question with the plan of queries (the last one is worked at) and what was found."""

    client: object
    question: Question
    created_us: int
    plan: list[Query]
    chain: list[RRset] = field(default_factory=list)
    soa: RRset | None = None
    rcode: int = Rcode.NOERROR
    timeouts: int = 0
    steps: int = 0
    failures: int = 0
    expiring: bool = False
    no_cache: bool = False
    finished: bool = False
    too_long: bool = False
    excess: tuple[RRset, ...] = ()
    transport: Transport | None = None
    joined: bool = False
    asking: Question | None = None
    sent_us: int = 0
    came_us: int = -1


class Resolving:
    """What kr_resolve_produce and kr_resolve_consume do, on shared records and servers."""

    def __init__(self, figures: KresdFigures, hints: Sequence[Hint], chance: Chance, phase_us: int) -> None:
        self.figures = figures
        self.shelf = Shelf(hit_at_ttl=True, phase_us=phase_us)
        self.network = Network(figures, chance)
        self._hints = tuple(hints)
        self._forwarders = tuple(figures.forward)

    def begin(self, client: object, question: Question, t_us: int, *, no_cache: bool = False) -> Request:
        """A new request; forwarded questions are never minimised (policy.lua FORWARD)."""
        return Request(client, question, t_us, [self._query(question, t_us)], no_cache=no_cache)

    def _query(self, question: Question, t_us: int, host: str = "") -> Query:
        return Query(question, t_us, Flags(whole_name=bool(self._forwarders) or not self.figures.qname_minimisation), host=host)

    def produce(self, request: Request, t_us: int) -> State:
        """Answer the last query of the plan from the cache, or choose what to ask: then ``transport`` is set."""
        query = request.plan[-1]
        figures = self.figures
        stale = figures.serve_stale and (t_us - query.created_us > figures.stale_after or query.flags.no_server)
        if (not query.asked_cache or stale) and not request.no_cache:
            query.asked_cache = True
            if self._cached(request, query, t_us, stale=stale):
                return self._after(request)
        asking, chosen, hosts = query.question, None, []
        if self._forwarders:
            chosen = self.network.choose(self._forwarders, query.flags, t_us, forward=True)
        else:
            origin, servers = self.shelf.cut(query.question.name, self._hints, t_us)
            addresses = [address for _, known in servers for address in known]
            planned = {earlier.host for earlier in request.plan}
            hosts = [h for h, known in servers if not known and h not in planned and not h.endswith("." + origin)]
            chosen = self.network.choose(addresses, query.flags, t_us, unresolved=len(hosts))
            asking = self._minimised(query, origin)
        if chosen is None:
            if query.flags.no_server:
                return State.FAIL
            query.flags.no_server = True  # once more round for serve_stale
        elif isinstance(chosen, int):
            request.plan.append(self._query(Question(hosts[chosen], "A"), t_us, hosts[chosen]))
        else:
            request.transport, request.asking, request.joined = chosen, asking, False
        return State.PRODUCE

    def _minimised(self, query: Query, origin: str) -> Question:
        """One label more than the zone, type NS, while more labels follow (RFC 9156; recorded: ``tld. NS``, ``example.tld. NS``)."""
        labels = query.question.name.split(".")
        known = (len(origin.split(".")) if origin else 0) + 1
        if query.flags.whole_name or known >= len(labels):
            return query.question
        return Question(".".join(labels[-known:]), "NS")

    def consume(self, request: Request, what: Answer | Trouble | None, t_us: int) -> State:
        """Take what came back for the last query of the plan (None: nothing did, or a connection failed)."""
        query, transport = request.plan[-1], request.transport
        if what is None or transport is None:
            return State.PRODUCE
        tried_tcp = query.flags.tcp
        if what is Trouble.TRUNCATED:
            self.network.blame(transport, query.flags, Fault.TRUNCATED, t_us)
            request.failures = 0
        elif (fault := self._fault(request, query, what)) is not None:
            self.network.blame(transport, query.flags, fault, t_us, joined=request.joined)
            request.failures += 1
            if request.failures > self.figures.failures_in_a_row:
                if query.flags.no_server:
                    return State.FAIL
                query.flags.no_server = True
                return State.PRODUCE
            if not tried_tcp and query.flags.tcp:
                return State.PRODUCE
        elif isinstance(what, Answer):
            request.failures = 0
            self._learn(request, query, what, t_us)
        query.flags.tcp = False
        return self._after(request)

    def _fault(self, request: Request, query: Query, what: Answer | Trouble) -> Fault | None:
        """What is wrong with an answer: its code, or more aliases than are followed (iterate.c unroll_cname)."""
        if not isinstance(what, Answer) or what.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN):
            return Fault.SAID_NO
        aliases = [rrset for rrset in (*request.chain, *what.chain) if rrset.rtype == "CNAME"]
        most = self.figures.longest_alias_chain
        if len(aliases) <= most or query.question.rtype == "CNAME" or what.delegation is not None:
            return None
        request.excess = tuple(aliases[: most + 1])
        return Fault.BAD_ALIAS

    def _after(self, request: Request) -> State:
        if request.too_long:
            return State.FAIL
        return State.PRODUCE if request.plan else State.DONE

    def _learn(self, request: Request, query: Query, answer: Answer, t_us: int) -> None:
        asking = request.asking or query.question
        if answer.delegation is not None:
            for rrset in (answer.delegation, *answer.additional):
                self._put(rrset, t_us)
            return
        kept = [self._put(rrset, t_us) for rrset in answer.chain]
        if asking != query.question:
            query.flags.whole_name = True
            return
        if not answer.rdatas and not answer.onward:
            end = kept[-1].rdatas[0] if kept else asking.name
            life = self.figures.negative_ttl_maximum // SECOND_US
            low = self.figures.ttl_minimum // SECOND_US
            soa = answer.soa and answer.soa._replace(ttl=max(min(answer.soa.ttl, life), low))
            self.shelf.put_nothing(end, asking.rtype, (answer.rcode, soa), max(life, low) if soa is None else soa.ttl, t_us)
            self._resolved(request, query, kept, answer.rcode, soa, t_us)
        else:
            self._resolved(request, query, kept, Rcode.NOERROR, None, t_us)

    def _put(self, rrset: RRset, t_us: int) -> RRset:
        figures = self.figures
        ttl = min(max(rrset.ttl, figures.ttl_minimum // SECOND_US), figures.ttl_maximum // SECOND_US)
        self.shelf.put(rrset._replace(ttl=ttl), ttl, t_us)
        return rrset._replace(ttl=ttl)

    def _resolved(self, request: Request, query: Query, found: list[RRset], rcode: int, soa: RRset | None, t_us: int) -> None:
        """Take a query off the plan; an alias puts the next name on it."""
        request.plan.pop()
        if query.host:
            return
        request.chain.extend(found)
        request.too_long = sum(rrset.rtype == "CNAME" for rrset in request.chain) > self.figures.longest_alias_chain
        last = found[-1] if found else None
        if last is not None and last.rtype == "CNAME" != query.question.rtype and soa is None and rcode == Rcode.NOERROR:
            request.plan.append(self._query(Question(last.rdatas[0], query.question.rtype), t_us))
            return
        request.rcode, request.soa = rcode, soa

    def _cached(self, request: Request, query: Query, t_us: int, *, stale: bool) -> bool:
        """Take a query off the plan with what the cache holds; stale records stand for ``stale_ttl``."""
        name, rtype = query.question
        nothing = self.shelf.held_nothing(name, rtype)
        left = None if nothing is None else self._ttl(nothing, t_us, stale=stale)
        if nothing is not None and left is not None:
            self._resolved(request, query, [], nothing.rcode, nothing.soa and nothing.soa._replace(ttl=left), t_us)
            return True
        for kind in dict.fromkeys((rtype, "CNAME")):
            held = self.shelf.held(name, kind)
            ttl = None if held is None else self._ttl(held, t_us, stale=stale)
            if held is not None and ttl is not None:
                request.expiring |= 100 * (ttl - self.figures.prefetch_left // SECOND_US) < held.ttl_s
                self._resolved(request, query, [held.rrset._replace(ttl=ttl)], Rcode.NOERROR, None, t_us)
                return True
        return False

    def _ttl(self, held: Held | Nothing, t_us: int, *, stale: bool) -> int | None:
        left = self.shelf.left_s(held, t_us)
        if left >= 0:
            return left
        figures = self.figures
        return figures.stale_ttl // SECOND_US if stale and -left < figures.stale_maximum // SECOND_US else None
