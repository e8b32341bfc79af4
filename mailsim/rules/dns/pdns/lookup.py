"""How PowerDNS Recursor resolves one question: cache, minimised names, one try per server, aliases, stale records at last."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from mailsim.rules.dns.machine import Hint, Trouble
from mailsim.rules.dns.pdns.servers import Servers, ThrottleFigures
from mailsim.rules.dns.records import Question, Rcode, RRset
from mailsim.rules.dns.shelf import Held, Nothing, Shelf
from mailsim.rules.dns.zones import Answer

__all__ = ["Ask", "Found", "Heard", "Lookup", "LookupFigures"]

SECOND_US = 1_000_000


class Ask(NamedTuple):
    """A lookup wants this asked and waits for what comes of it."""

    address: str
    question: Question
    proto: str


class Heard(NamedTuple):
    """What came of it (None: nothing in time), when, and after how many microseconds."""

    what: Answer | Trouble | None
    t_us: int
    usecs: int
    chained: bool = False


class Found(NamedTuple):
    """The outcome of a lookup: code, links and records with the TTL that is left, the SOA of a "no"."""

    rcode: int
    chain: tuple[RRset, ...] = ()
    soa: RRset | None = None


Steps: TypeAlias = Generator[Ask, Heard, Found]


class LookupFigures(ThrottleFigures, Protocol):
    """Figures of a lookup."""

    ttl_minimum: int
    ttl_maximum: int
    negative_ttl_maximum: int
    total_timeout: int
    recursion_depth: float
    depth_of_asked_link: float
    depth_of_cached_link: float
    serve_stale_extensions: int
    serve_stale_period: int
    refresh_on_ttl_perc: int
    qname_minimization: bool


class _Stop(Exception):
    """Too much time or depth went into one question: SERVFAIL at once (syncres.cc ImmediateServFailException)."""


FAILED = Found(Rcode.SERVFAIL)


class Lookup:
    """The working of questions on shared memory: records, servers, how often stale records were lengthened.

    ``stale`` counts for each RRset the extensions that it has had (recursor_cache.cc updateStaleEntry); ``refresh`` collects
    questions that should be asked again behind the client's back.
    """

    def __init__(self, figures: LookupFigures, shelf: Shelf, servers: Servers, hints: Sequence[Hint], forwarders: Sequence[str]) -> None:
        self.figures = figures
        self.shelf = shelf
        self.servers = servers
        self.hints = tuple(hints)
        self.forwarders = tuple(forwarders)
        self.stale: dict[tuple[str, str, bool], int] = {}
        self.refresh: list[Question] = []

    def work(self, question: Question, t_us: int, *, past_cache: bool = False) -> Steps:
        """Resolve a client's question; with stale records allowed, a failure is followed by a second look at the cache."""
        run = _Run(self, t_us)
        run.past_cache = past_cache
        found = yield from run.resolve(question)
        if found.rcode == Rcode.SERVFAIL and self.figures.serve_stale_extensions > 0 and not past_cache:
            lengthened = run.cached(question, serve_stale=True)
            return lengthened or found
        return found


class _Run:
    """One client's question on its way: the time spent at servers, the depth reached, the clock as last told."""

    def __init__(self, lookup: Lookup, t_us: int) -> None:
        self.up = lookup
        self.now_us = t_us
        self.spent_us = 0
        self.depth = 0.0
        self.past_cache = False

    def resolve(self, question: Question) -> Steps:
        """The question with its aliases followed."""
        figures = self.up.figures
        links: list[RRset] = []
        name = question.name
        try:
            while True:
                step = Question(name, question.rtype)
                found = None if self.past_cache else self.cached(step)
                self.depth += figures.depth_of_asked_link if found is None else figures.depth_of_cached_link
                if self.depth >= figures.recursion_depth:
                    return Found(Rcode.SERVFAIL, tuple(links))
                if found is None:
                    found = yield from self.asked(step)
                links.extend(found.chain)
                last = found.chain[-1] if found.chain else None
                if last is None or last.rtype != "CNAME" or question.rtype == "CNAME" or found.rcode == Rcode.SERVFAIL:
                    return Found(found.rcode, tuple(links), found.soa)
                if found.soa is not None or found.rcode != Rcode.NOERROR:
                    return Found(found.rcode, tuple(links), found.soa)
                name = last.rdatas[0]
        except _Stop:
            return Found(Rcode.SERVFAIL, tuple(links))

    def cached(self, question: Question, *, serve_stale: bool = False) -> Found | None:
        """What the record cache and the negative cache say; an alias only as far as its own link."""
        shelf, now = self.up.shelf, self.now_us
        for rtype in (question.rtype, "CNAME"):
            held = shelf.held(question.name, rtype)
            if held is not None and (shelf.fresh(held, now) or self._lengthened(question.name, rtype, held, serve_stale=serve_stale)):
                rrset = shelf.get(question.name, rtype, now)
                assert rrset is not None
                if rrset.ttl * 100 <= held.ttl_s * self.up.figures.refresh_on_ttl_perc:
                    self.up.refresh.append(question)
                return Found(Rcode.NOERROR, (rrset,))
            for kind in ("", rtype) if rtype == question.rtype else ("",):
                no = shelf.held_nothing(question.name, kind)
                if no is not None and (shelf.fresh(no, now) or self._lengthened(question.name, kind, no, serve_stale=serve_stale)):
                    left = shelf.left_s(shelf.held_nothing(question.name, kind) or no, now)
                    return Found(no.rcode, (), no.soa and no.soa._replace(ttl=left))
        return None

    def _lengthened(self, name: str, rtype: str, held: Held | Nothing, *, serve_stale: bool) -> bool:
        """Give a record or a "no" that is over some more time, as far as ``serve-stale-extensions`` goes (also negcache.cc)."""
        figures, shelf = self.up.figures, self.up.shelf
        key = (name, rtype, isinstance(held, Nothing))
        served = self.up.stale.get(key, 0)
        if served >= figures.serve_stale_extensions or not (serve_stale or served):
            return False
        own = held.rrset.ttl if isinstance(held, Held) else held.soa.ttl if held.soa is not None else held.ttl_s
        extension = max(1, min(own, figures.serve_stale_period // SECOND_US))
        over = max(1, -shelf.left_s(held, self.now_us))
        if isinstance(held, Held):
            shelf.put(held.rrset, extension, self.now_us)
        else:
            shelf.put_nothing(name, rtype, (held.rcode, held.soa), extension, self.now_us)
        self.up.stale[key] = min(served + 1 + over // extension, figures.serve_stale_extensions)
        if not serve_stale:
            self.up.refresh.append(Question(name, rtype or "A"))
        return True

    def asked(self, question: Question) -> Steps:
        """Ask the servers: the forwarders, or zone by zone with one more label each time (RFC 9156), then the whole question."""
        up = self.up
        if up.forwarders:
            found = yield from self._at(question, "", tuple((a, (a,)) for a in up.forwarders), forwarded=True)
            return found or FAILED
        labels = question.name.split(".")
        known = 0
        while up.figures.qname_minimization:
            origin, servers = up.shelf.cut(question.name, up.hints, self.now_us)
            own = len(origin.split(".")) if origin else 0
            known = max(known, own) + 1
            if known >= len(labels):
                break
            minimised = Question(".".join(labels[-known:]), "A")
            if self.cached(minimised) is not None and up.shelf.get(minimised.name, "NS", self.now_us) is None:
                continue
            found = yield from self._at(minimised, origin, servers)
            if found is None or found.rcode != Rcode.NOERROR:
                break
        for _ in labels:
            origin, servers = up.shelf.cut(question.name, up.hints, self.now_us)
            found = yield from self._at(question, origin, servers)
            if found is None:
                return FAILED
            if found.chain or found.soa is not None or found.rcode != Rcode.NOERROR or self._cut(question) == origin:
                return found
        return FAILED

    def _cut(self, question: Question) -> str:
        return self.up.shelf.cut(question.name, self.up.hints, self.now_us)[0]

    def _at(
        self, question: Question, origin: str, servers: Sequence[tuple[str, tuple[str, ...]]], *, forwarded: bool = False
    ) -> Generator[Ask, Heard, Found | None]:
        """One pass over a zone's servers, the fastest first, each address once; None when none of them gave an answer."""
        up = self.up
        known = dict(servers)
        for host in up.servers.in_order(list(known), self.now_us):
            addresses = known[host]
            if not addresses and not forwarded:
                addresses = yield from self._addresses(host, origin)
            for address in addresses:
                if up.servers.left_alone(address, question, self.now_us):
                    continue
                heard = yield from self._exchange(address, question)
                if isinstance(heard.what, Answer) and heard.what.rcode in (Rcode.NOERROR, Rcode.NXDOMAIN):
                    up.servers.answered(host, address, heard.usecs, self.now_us)
                    return self._learn(question, heard.what)
                if not heard.chained:
                    self._blame(host, address, question, heard.what, at_root=origin == "", forwarded=forwarded)
        return None

    def _blame(self, host: str, address: str, question: Question, what: Answer | Trouble | None, *, at_root: bool, forwarded: bool) -> None:
        servers = self.up.servers
        if isinstance(what, Answer):
            if forwarded and what.rcode == Rcode.SERVFAIL:
                servers.failed(host, address, self.now_us)  # it may be the only way there is: only prefer the others
            else:
                servers.refused(address, question, self.now_us)
        else:
            servers.silent(host, address, question, self.now_us, closed=what is Trouble.CLOSED, at_root=at_root)

    def _exchange(self, address: str, question: Question) -> Generator[Ask, Heard, Heard]:
        """Ask one server, over TCP when it says so; a lookup that has spent too much waiting stops here."""
        for proto in ("udp", "tcp"):
            if self.spent_us > self.up.figures.total_timeout:
                raise _Stop
            heard = yield Ask(address, question, proto)
            self.now_us = heard.t_us
            self.spent_us += heard.usecs
            if heard.what is not Trouble.TRUNCATED:
                break
        return heard

    def _addresses(self, host: str, origin: str) -> Generator[Ask, Heard, tuple[str, ...]]:
        """Resolve a name server's own name, unless that would need the server itself."""
        if host == origin or host.endswith("." + origin):
            return ()
        self.depth += self.up.figures.depth_of_asked_link
        if self.depth >= self.up.figures.recursion_depth:
            raise _Stop
        yield from self.asked(Question(host, "A"))
        return self.up.shelf.addresses(host, self.now_us)

    def _learn(self, question: Question, answer: Answer) -> Found:
        """Keep what an answer says and give what it means for the question."""
        figures, shelf, now = self.up.figures, self.up.shelf, self.now_us
        low, high = figures.ttl_minimum // SECOND_US, figures.ttl_maximum // SECOND_US
        chain = answer.chain
        if chain and chain[0].rtype == "CNAME" != question.rtype:
            chain = chain[:1]  # what follows an alias is asked for again, link by link (recorded: cname_long)
        kept = []
        for rrset in chain:
            own = rrset._replace(ttl=min(max(rrset.ttl, low), high))
            shelf.put(own, own.ttl, now)
            self.up.stale.pop((own.name, own.rtype, False), None)
            kept.append(own)
        if answer.delegation is not None:
            for rrset in (answer.delegation, *answer.additional):
                shelf.put(rrset, min(max(rrset.ttl, low), high), now)
            return Found(Rcode.NOERROR)
        if answer.rdatas or answer.onward or len(chain) < len(answer.chain) or (kept and kept[-1].rtype == "CNAME"):
            return Found(Rcode.NOERROR, tuple(kept))
        soa = answer.soa
        if soa is not None:
            soa = soa._replace(ttl=min(max(soa.ttl, low), figures.negative_ttl_maximum // SECOND_US))
            kind = "" if answer.rcode == Rcode.NXDOMAIN else question.rtype
            self.up.stale.pop((question.name, kind, True), None)
            shelf.put_nothing(question.name, kind, (answer.rcode, soa), soa.ttl, now)
        return Found(answer.rcode, tuple(kept), soa)
