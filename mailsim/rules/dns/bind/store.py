"""BIND's cache: RRsets and the absence of them, each with the whole second at which it is no longer good."""

from __future__ import annotations

from dataclasses import dataclass

from mailsim.rules.dns.bind.settings import BindRules
from mailsim.rules.dns.cache import Entry
from mailsim.rules.dns.records import Question, Rcode, RRset
from mailsim.rules.dns.zones import Answer

__all__ = ["Kept", "Store"]

SECOND_US = 1_000_000
_ANY = "ANY"


@dataclass
class Kept:
    """An RRset (or, with ``rcode`` and no RRset, its absence) in the cache."""

    rrset: RRset | None
    rcode: int
    ttl_s: int
    filled_us: int
    expiry_s: int
    #: it was an answer and not said beside one
    answer: bool = True
    #: a hit near its end fetches it again
    eligible: bool = False
    #: the second in which a refresh of it last ran out of time
    failed_s: int = -1
    entry: Entry | None = None


class Store:
    """The cache database (lib/dns/rbtdb.c): an entry is good while now < expiry, in whole seconds of the wall clock."""

    def __init__(self, rules: BindRules, phase_us: int) -> None:
        self._rules = rules
        self._phase_us = phase_us
        self._kept: dict[tuple[str, str], Kept] = {}

    def second(self, t_us: int) -> int:
        """The second of the wall clock in which an instant lies."""
        return (t_us + self._phase_us) // SECOND_US

    def put(self, rrset: RRset, t_us: int, *, answer: bool) -> Kept:
        """Keep an RRset; what was only said beside an answer never replaces a living answer."""
        now_s = self.second(t_us)
        old = self._kept.get((rrset.name, rrset.rtype))
        if not answer and old is not None and old.answer and old.rrset is not None and old.expiry_s > now_s:
            return old
        ttl = min(max(rrset.ttl, self._rules.min_cache_ttl_s), self._rules.max_cache_ttl_s)
        eligible = bool(self._rules.prefetch_trigger_s) and ttl >= self._rules.prefetch_eligible_s
        kept = self._kept[(rrset.name, rrset.rtype)] = Kept(rrset, Rcode.NOERROR, ttl, t_us, now_s + ttl, answer, eligible)
        if answer:
            self._kept.pop((rrset.name, _ANY), None)
        return kept

    def put_absence(self, question: Question, rcode: int, soa: RRset | None, t_us: int) -> Kept:
        """Keep a "no" for the TTL of the SOA that came with it; NXDOMAIN is the absence of every type."""
        now_s = self.second(t_us)
        ttl = soa.ttl if soa is not None else 0
        ttl = min(max(ttl, self._rules.min_ncache_ttl_s), self._rules.max_ncache_ttl_s)
        kept = Kept(None, rcode, ttl, t_us, now_s + ttl)
        if rcode == Rcode.NXDOMAIN:
            for key in [key for key in self._kept if key[0] == question.name]:
                del self._kept[key]
        self._kept[(question.name, _ANY if rcode == Rcode.NXDOMAIN else question.rtype)] = kept
        return kept

    def find(self, question: Question, now_s: int, *, stale: bool = False) -> Kept | None:
        """What the cache says to a client's question: the RRset, an alias, or a "no"; ``stale``: what has expired will do."""
        name, rtype = question
        for key in ((name, _ANY), (name, rtype), (name, "CNAME")):
            kept = self._kept.get(key)
            if kept is not None and kept.answer and self._good(kept, now_s, stale):
                return kept
        return None

    def living(self, name: str, rtype: str, now_s: int) -> RRset | None:
        """An RRset for BIND's own use: name servers and their addresses may have come beside an answer."""
        kept = self._kept.get((name, rtype))
        return kept.rrset if kept is not None and kept.rrset is not None and kept.expiry_s > now_s else None

    def _good(self, kept: Kept, now_s: int, stale: bool) -> bool:
        if kept.expiry_s > now_s:
            return True
        if kept.ttl_s == 0 and kept.rrset is None and kept.expiry_s == now_s:
            return True  # a "no" without SOA holds to the end of its second; an RRset of TTL 0 is always asked for again
        if not self._rules.stale_cache or kept.rcode == Rcode.NXDOMAIN or kept.ttl_s == 0:
            return False
        if kept.expiry_s + self._rules.max_stale_ttl_s <= now_s:
            return False
        # for a while after a refresh that ran out of time the expired answer is as good as a fresh one
        refreshed = kept.failed_s >= 0 and now_s < kept.failed_s + self._rules.stale_refresh_s
        return stale or (self._rules.stale_answer and refreshed)

    def hit(self, question: Question, t_us: int) -> Entry | None:
        """What answers a question at once, with no other effect; aliases are followed by the program itself."""
        now_s = self.second(t_us)
        kept = self.find(question, now_s)
        if kept is None or kept.expiry_s <= now_s or (kept.rrset is not None and kept.rrset.rtype != question.rtype):
            return None
        due_s = kept.expiry_s - self._rules.prefetch_trigger_s if kept.eligible else kept.expiry_s
        if now_s >= due_s:
            return None
        if kept.entry is None:
            if kept.rrset is None:
                answer = Answer(kept.rcode, negative_ttl=kept.ttl_s)
            else:
                answer = Answer(kept.rcode, (kept.rrset,), kept.rrset.rdatas, kept.rrset.ttl)
            kept.entry = Entry(answer, kept.filled_us, kept.filled_us, due_s * SECOND_US - self._phase_us)
        return kept.entry
