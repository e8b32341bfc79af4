"""What unbound keeps: RRsets, and messages made of them, each with the whole second of the wall clock at which it expires."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from mailsim.rules.dns.cache import Entry
from mailsim.rules.dns.records import Question, Rcode, RRset
from mailsim.rules.dns.unbound.settings import UnboundRules
from mailsim.rules.dns.zones import Answer

__all__ = ["ANSWER", "GLUE", "Kept", "Message", "Part", "Reply", "Store", "shown"]

SECOND_US = 1_000_000

#: how far an RRset is to be trusted: the answer itself, or beside it (RFC 2181 section 5.4.1)
GLUE, ANSWER = 1, 2


@dataclass
class Kept:
    """An RRset in the cache: its data (``rrset.ttl`` as it came), the second in which it expires, trust, and its version."""

    rrset: RRset
    expiry_s: int
    trust: int
    version: int


class Part(NamedTuple):
    """An RRset of a message: where it is in the cache, and the version that the message was made with."""

    name: str
    rtype: str
    version: int


@dataclass
class Message:
    """A reply in the cache: its code, the RRsets of its answer and those beside it, and its own expiry."""

    rcode: int
    expiry_s: int
    #: from this second on a hit fetches it again (prefetch: the last tenth of its life)
    prefetch_s: int
    filled_us: int
    chain: tuple[Part, ...] = ()
    beside: tuple[Part, ...] = ()
    entry: Entry | None = field(default=None)


class Reply(NamedTuple):
    """A reply before it is kept: RRsets of the answer in order, and those beside it (SOA, additional)."""

    rcode: int
    chain: tuple[RRset, ...]
    beside: tuple[RRset, ...]


class Store:
    """The RRset cache and the message cache (services/cache/rrset.c, services/cache/dns.c)."""

    def __init__(self, rules: UnboundRules, phase_us: int) -> None:
        self._rules = rules
        self._phase_us = phase_us
        self._rrsets: dict[tuple[str, str], Kept] = {}
        self._messages: dict[Question, Message] = {}
        #: NS records and addresses as a parent zone gave them, asked for on purpose (PACKED_RRSET_PARENT_SIDE)
        self._parents: dict[tuple[str, str], Kept] = {}
        self._version = 0

    def second(self, t_us: int) -> int:
        """The second of the wall clock in which an instant lies."""
        return (t_us + self._phase_us) // SECOND_US

    # -- RRsets

    def rrset(self, name: str, rtype: str, now_s: int) -> Kept | None:
        """A living RRset."""
        kept = self._rrsets.get((name, rtype))
        return kept if kept is not None and kept.expiry_s >= now_s else None

    def keep(self, rrset: RRset, trust: int, now_s: int, leeway_s: int = 0) -> Kept:
        """Put an RRset into the cache, or find that the cached one is as good: then that one stays, with what life it has left."""
        ttl = min(max(self._ttl(rrset), self._rules.cache_min_ttl_s), self._rules.cache_max_ttl_s)
        if rrset.rtype == "SOA":
            ttl = min(ttl, self._rules.cache_max_negative_ttl_s)
        old = self._rrsets.get((rrset.name, rrset.rtype))
        if old is not None:
            equal = sorted(map(str, old.rrset.rdatas)) == sorted(map(str, rrset.rdatas))
            if trust <= old.trust and old.expiry_s >= now_s + leeway_s and (equal or trust < old.trust):
                return old
            version = old.version if equal else self._next()
        else:
            version = self._next()
        kept = self._rrsets[(rrset.name, rrset.rtype)] = Kept(rrset, now_s + ttl, trust, version)
        return kept

    def _ttl(self, rrset: RRset) -> int:
        """The TTL as it is read from the packet: an SOA beside the answer counts no more than its MINIMUM (RFC 2308)."""
        return min(rrset.ttl, rrset.rdatas[0][6]) if rrset.rtype == "SOA" else rrset.ttl

    def _next(self) -> int:
        self._version += 1
        return self._version

    # -- parent side

    def keep_parent(self, rrset: RRset, now_s: int) -> None:
        """Keep what a parent zone says, apart from everything else."""
        self._parents[(rrset.name, rrset.rtype)] = Kept(rrset, now_s + rrset.ttl, GLUE, 0)

    def keep_no_parent(self, question: Question, now_s: int) -> None:
        """Keep that there is no address at the parent's side (iter_store_parentside_neg)."""
        self.keep_parent(RRset(question.name, question.rtype, self._rules.servfail_ttl_s, ()), now_s)

    def parent(self, name: str, rtype: str, now_s: int) -> RRset | None:
        """What a parent zone said, while it lives."""
        kept = self._parents.get((name, rtype))
        return kept.rrset if kept is not None and kept.expiry_s >= now_s else None

    # -- messages

    def message(self, question: Question, now_s: int, *, expired: bool = False) -> Message | None:
        """A message that can be used: it and all its RRsets live, and none has got other data since; or any, expired or not."""
        message = self._messages.get(question)
        if message is None or (not expired and message.expiry_s < now_s):
            return None
        for part in (*message.chain, *message.beside):
            kept = self._rrsets.get((part.name, part.rtype))
            if kept is None or kept.version != part.version or (not expired and kept.expiry_s < now_s):
                return None
        return message

    def answer(self, message: Message) -> list[Kept]:
        """The RRsets of a message's answer as they are in the cache now."""
        return [self._rrsets[(part.name, part.rtype)] for part in message.chain]

    def put(self, question: Question, reply: Reply, t_us: int, leeway_s: int = 0, *, whole: bool = True) -> Message:
        """Keep a reply: it lives as long as the shortest-lived of its RRsets, those beside the answer included.

        Without ``whole`` only its RRsets are kept.
        """
        now_s = self.second(t_us)
        chain = [self.keep(rrset, ANSWER, now_s, leeway_s) for rrset in reply.chain]
        beside = [self.keep(rrset, GLUE, now_s, leeway_s) for rrset in reply.beside]
        lives = [kept.expiry_s - now_s for kept in (*chain, *beside)]
        life = min(lives) if lives else self._rules.negative_without_soa_s
        prefetch_s = now_s + life - life // 10
        message = Message(reply.rcode, now_s + life, prefetch_s, t_us, tuple(map(_part, chain)), tuple(map(_part, beside)))
        if whole and life > 0:  # a TTL of 0 is good for this answer only (dns_cache_store_msg)
            self._messages[question] = message
        return message

    def put_failure(self, question: Question, t_us: int) -> None:
        """Keep a failure for a while, unless there is something better (error_response_cache)."""
        now_s = self.second(t_us)
        old = self._messages.get(question)
        if old is not None and old.rcode in (Rcode.NOERROR, Rcode.NXDOMAIN) and (self._rules.serve_expired or old.expiry_s >= now_s):
            return
        life = self._rules.servfail_ttl_s
        self._messages[question] = Message(Rcode.SERVFAIL, now_s + life, now_s + life, t_us)

    def postpone(self, question: Question, t_us: int) -> bool:
        """After a failed prefetch: the next one not before the failure would have been forgotten (dns_cache_prefetch_adjust)."""
        message = self._messages.get(question)
        if message is None:
            return False
        message.prefetch_s = self.second(t_us) + self._rules.servfail_ttl_s
        message.entry = None
        return True

    def hit(self, question: Question, t_us: int) -> Entry | None:
        """What answers a question at once, with no other effect."""
        now_s = self.second(t_us)
        message = self.message(question, now_s)
        if message is None or (self._rules.prefetch and now_s >= message.prefetch_s):
            return None
        entry = message.entry
        if entry is None:
            parts = (*message.chain, *message.beside)
            last = min([message.expiry_s, *(self._rrsets[(part.name, part.rtype)].expiry_s for part in parts)])
            if self._rules.prefetch:
                last = min(last, message.prefetch_s - 1)
            until = (last + 1) * SECOND_US - self._phase_us
            answer = shown(message.rcode, [kept.rrset for kept in self.answer(message)], question)
            entry = message.entry = Entry(answer, message.filled_us, message.filled_us, until)
        return entry


def _part(kept: Kept) -> Part:
    return Part(kept.rrset.name, kept.rrset.rtype, kept.version)


def shown(rcode: int, chain: list[RRset], question: Question) -> Answer:
    """An answer as a client gets it."""
    last = chain[-1] if chain else None
    final = last is not None and (last.rtype == question.rtype or question.rtype == "ANY")
    ttl = min((rrset.ttl for rrset in chain), default=0)
    return Answer(rcode, tuple(chain), last.rdatas if last is not None and final else (), ttl)
