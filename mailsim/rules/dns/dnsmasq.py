"""dnsmasq 2.90 as a state machine: a small cache, and questions passed on to upstream servers without a patience of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, NamedTuple, Protocol

from mailsim.rules.dns.cache import Entry
from mailsim.rules.dns.machine import Action, Alarm, Chance, Hint, Say, Send, Trouble
from mailsim.rules.dns.records import Question, Rcode, RRset
from mailsim.rules.dns.zones import Answer

__all__ = ["Dnsmasq", "DnsmasqFigures"]

SECOND_US = 1_000_000

#: what dnsmasq keeps (rfc1035.c extract_addresses); all else is passed through each time (recorded: zone_change)
_KEPT_TYPES = ("A", "AAAA", "CNAME", "PTR", "SRV")
#: a "no" is kept for these (rfc1035.c; recorded: neg_clamp_default)
_KEPT_NO_TYPES = ("A", "AAAA", "SRV")
#: aliases followed inside the cache (rfc1035.c answer_request)
_MOST_ALIASES = 10


class DnsmasqFigures(Protocol):
    """All figures of dnsmasq, named after its options where it has one."""

    forward: tuple[str, ...]
    min_cache_ttl: int
    max_cache_ttl: int
    neg_ttl: int
    max_ttl: int
    no_negcache: bool
    cache_size: int
    strict_order: bool
    all_servers: bool
    use_stale_cache: int
    fast_dns_retry: int
    fast_dns_retry_total: int
    race_after_questions: int
    race_after_time: int
    join_time: int
    forget_after: int


class _Kept(NamedTuple):
    """An RRset (or a "no") with the second at which it is over, and its SOA's TTL."""

    rrset: RRset
    rcode: int
    over_s: int


@dataclass(eq=False)
class _Pending:
    """A question under way upstream (struct frec): for whom, since which second, and to how many servers it went."""

    question: Question
    since_s: int
    clients: list[object] = field(default_factory=list)
    silent_clients: list[object] = field(default_factory=list)
    sent_to: int = 0
    to_all: int = 0
    delay_us: int = 0
    sent_us: int = 0
    numbers: dict[int, int] = field(default_factory=dict)


class Dnsmasq:
    """dnsmasq.

    It never repeats a question by itself: a client's own repeat goes to all servers (forward.c forward_query).  Time is in
    whole seconds wherever it compares ages.

    Parameters
    ----------
    figures : DnsmasqFigures
        Its settings; ``forward`` are the servers.
    hints : sequence of Hint
        Not used: it asks no authoritative servers.
    chance : Chance
        Not used: it draws nothing that is seen.
    phase_us : int
        Where in the wall-clock second t = 0 lies.
    """

    def __init__(self, figures: DnsmasqFigures, hints: Sequence[Hint] = (), *, chance: Chance | None = None, phase_us: int = 0) -> None:
        self._figures = figures
        self._servers = tuple(figures.forward)
        self._phase_us = phase_us
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._turns: dict[str, int] = {}
        self._pending: dict[Question, _Pending] = {}
        self._numbers: dict[int, _Pending] = {}
        self._number = 0
        self._last = -1
        self._questions = 0
        self._raced_s = 0

    def _second(self, t_us: int) -> int:
        return (t_us + self._phase_us) // SECOND_US

    # the seam

    def asked(self, client: object, question: Question, t_us: int) -> list[Action]:
        """A client's question came in; a stale answer is followed by a question that nobody waits for."""
        found, stale = self._cached(question, t_us, turn=True)
        if found is None:
            return self._forward(question, client, t_us)
        said: list[Action] = [Say(client, found)]
        return [*said, *self._forward(question, client, t_us, answered=True)] if stale else said

    def heard(self, number: int, what: Answer | Trouble, t_us: int) -> list[Action]:
        """Something came back; a closed port goes unnoticed (recorded: closed_one)."""
        pending = self._numbers.get(number)
        if pending is None or what is Trouble.CLOSED:
            return []
        server = pending.numbers[number]
        rcode = what.rcode if isinstance(what, Answer) else Rcode.NOERROR
        if rcode in (Rcode.SERVFAIL, Rcode.REFUSED) and pending.to_all == 0:
            if not self._figures.strict_order:
                pending.to_all = 1
                return self._send(pending, 0, t_us)
            if pending.sent_to + 1 < len(self._servers):
                return self._send(pending, pending.sent_to + 1, t_us)
        if pending.to_all:
            pending.to_all -= 1
            if pending.to_all > 1 and rcode == Rcode.REFUSED:
                return []
        if rcode != Rcode.REFUSED:
            self._last = server
        self._forget(pending)
        answer = what if isinstance(what, Answer) else Answer(Rcode.NOERROR)  # TC is passed on with nothing in it
        if isinstance(what, Answer):
            self._keep(pending.question, answer, t_us)
        return [Say(client, answer) for client in pending.clients]

    def rang(self, what: object, t_us: int) -> list[Action]:
        """``fast-dns-retry``: ask the same server again, after twice as long each time."""
        assert isinstance(what, tuple)
        question, sent_us = what
        pending = self._pending.get(question)
        if pending is None or pending.sent_us != sent_us:
            return []
        if (self._second(t_us) - pending.since_s) * SECOND_US >= self._figures.fast_dns_retry_total:
            return []
        pending.delay_us *= 2
        return self._send(pending, pending.sent_to, t_us, again=True)

    def hit(self, question: Question, t_us: int) -> Entry | None:
        """What the cache says, while it is fresh."""
        found, stale = self._cached(question, t_us)
        if found is None or stale:
            return None
        life = found.ttl if found.rdatas else found.negative_ttl
        return Entry(found, t_us, t_us, (self._second(t_us) + life) * SECOND_US - self._phase_us)

    def asking(self, question: Question) -> bool:
        """Whether this very question is under way."""
        return question in self._pending

    # upstream

    def _forward(self, question: Question, client: object, t_us: int, *, answered: bool = False) -> list[Action]:
        """Pass a question on (forward.c forward_query): new, of one more client, or repeated by one."""
        if not self._servers:
            return [] if answered else [Say(client, Answer(Rcode.REFUSED))]
        pending = self._pending.get(question)
        if pending is None:
            return self._new(question, client, t_us, answered=answered)
        repeated = client in pending.clients or client in pending.silent_clients
        if not repeated:
            (pending.silent_clients if answered else pending.clients).append(client)
            if (self._second(t_us) - pending.since_s) * SECOND_US < self._figures.join_time:
                return []
        start = pending.sent_to
        if self._figures.strict_order:
            start = min(start + 1, len(self._servers) - 1)
        elif repeated:
            pending.to_all = 1
            start = 0
        return self._send(pending, start, t_us)

    def _new(self, question: Question, client: object, t_us: int, *, answered: bool) -> list[Action]:
        figures, second = self._figures, self._second(t_us)
        for old in list(takewhile(lambda p: (second - p.since_s) * SECOND_US >= figures.forget_after, self._pending.values())):
            self._forget(old)
        pending = self._pending[question] = _Pending(question, second, delay_us=figures.fast_dns_retry)
        (pending.silent_clients if answered else pending.clients).append(client)
        pending.to_all = 1 if figures.all_servers else 0
        start = 0
        if not figures.strict_order:
            self._questions += 1
            late = (second - self._raced_s) * SECOND_US > figures.race_after_time
            if self._questions - 1 > figures.race_after_questions or late or self._last < 0:
                self._raced_s, self._questions, pending.to_all = second, 0, 1
            else:
                start = self._last
        return self._send(pending, start, t_us)

    def _send(self, pending: _Pending, start: int, t_us: int, *, again: bool = False) -> list[Action]:
        """To one server, or from there on to all; each one that it goes to is one more answer to wait for."""
        actions: list[Action] = []
        for server in range(start, len(self._servers)):
            self._number += 1
            self._numbers[self._number] = pending
            pending.numbers[self._number] = server
            actions.append(Send(self._number, self._servers[server], pending.question))
            pending.sent_to = server
            if not pending.to_all:
                break
            pending.to_all += 1
        pending.sent_us = t_us
        if pending.delay_us:
            actions.append(Alarm(t_us + pending.delay_us, (pending.question, t_us)))
        return actions

    def _forget(self, pending: _Pending) -> None:
        self._pending.pop(pending.question, None)
        for number in pending.numbers:
            self._numbers.pop(number, None)

    # the cache

    def _keep(self, question: Question, answer: Answer, t_us: int) -> None:
        """Keep addresses, aliases and their "no" (RFC 2308: min of SOA TTL and MINIMUM; without SOA ``neg-ttl``)."""
        if answer.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN) or question.rtype not in _KEPT_TYPES or self._figures.cache_size == 0:
            return
        second = self._second(t_us)
        for rrset in answer.chain:
            life = self._clamped(rrset.ttl)
            if life > 0:
                self._kept[rrset.name, rrset.rtype] = _Kept(rrset, Rcode.NOERROR, second + life)
        if not answer.rdatas and not answer.onward and question.rtype in _KEPT_NO_TYPES and not self._figures.no_negcache:
            soa = answer.soa
            life = self._figures.neg_ttl // SECOND_US if soa is None else min(soa.ttl, soa.rdatas[0][6])
            life = self._clamped(life) if life > 0 else 0
            end = answer.chain[-1].rdatas[0] if answer.chain else question.name
            if life > 0:
                empty = RRset(end, question.rtype, life, ())
                self._kept[end, question.rtype] = _Kept(empty, answer.rcode, second + life)

    def _clamped(self, ttl_s: int) -> int:
        """max-cache-ttl, then min-cache-ttl (cache.c cache_insert); a TTL of 0 is never kept without the latter."""
        most, least = self._figures.max_cache_ttl, self._figures.min_cache_ttl // SECOND_US
        return max(min(ttl_s, most // SECOND_US) if most else ttl_s, least)

    def _cached(self, question: Question, t_us: int, *, turn: bool = False) -> tuple[Answer | None, bool]:
        """The answer that the cache can give, and whether some of it is stale; an incomplete chain is none."""
        if question.rtype not in _KEPT_TYPES:
            return None, False
        chain: list[RRset] = []
        stale, name = False, question.name
        for _ in range(_MOST_ALIASES):
            kept = self._usable(name, question.rtype, t_us) or self._usable(name, "CNAME", t_us)
            if kept is None:
                return None, False
            left = kept.over_s - self._second(t_us)
            stale = stale or left <= 0
            most = self._figures.max_ttl // SECOND_US
            rrset = kept.rrset._replace(ttl=min(max(left, 0), most) if most else max(left, 0))
            if not rrset.rdatas:
                ttl = min([rrset.ttl, *(link.ttl for link in chain)])
                return Answer(kept.rcode, tuple(chain), (), 0, ttl), stale
            chain.append(self._rotated(rrset, turn=turn))
            if rrset.rtype == question.rtype:
                return Answer(Rcode.NOERROR, tuple(chain), chain[-1].rdatas, min(link.ttl for link in chain)), stale
            name = rrset.rdatas[0]
        return None, False

    def _usable(self, name: str, rtype: str, t_us: int) -> _Kept | None:
        kept = self._kept.get((name, rtype))
        if kept is None:
            return None
        past = (self._second(t_us) - kept.over_s) * SECOND_US
        return kept if past < 0 or 0 <= past < self._figures.use_stale_cache + SECOND_US * (self._figures.use_stale_cache > 0) else None

    def _rotated(self, rrset: RRset, *, turn: bool) -> RRset:
        """Addresses move on by one with each answer (cache.c cache_find_by_name; recorded: order)."""
        by = self._turns.get(rrset.name, 0) % max(len(rrset.rdatas), 1)
        if turn and len(rrset.rdatas) > 1:
            self._turns[rrset.name] = by + 1
        rdatas: tuple[Any, ...] = rrset.rdatas[by:] + rrset.rdatas[:by]
        return rrset._replace(rdatas=rdatas)
