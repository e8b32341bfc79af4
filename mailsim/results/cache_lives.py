"""What caches held and for how long: the questions to each resolver, by name and type, and the lives of the answers that it kept.

A log records when a question was asked, what it took, whether the cache answered it, and the answer with its TTL; it does not record
what lies in a cache.  So a life is read off the answers:

*   It begins when an answer that was not from the cache arrives, and ends its TTL later (RFC 1034 section 3.6), or when the next one
    begins.  A program counts in whole seconds, so that a hit may lie up to a second behind the end.
*   A hit behind the end shows that the resolver has renewed the answer by itself.  That life begins with the last question of the
    resolver that got through; where the log has none, no life is told and the hit stands alone.
*   For how long a negative answer (NXDOMAIN, no such record) is kept is not recorded.  Its life reaches as far as it is proved:
    to the last question that was answered from it.
*   An answer is *stale* (RFC 8767) where the resolver is set to serve such, its last life is over, and either no question of the
    resolver got through meanwhile or the TTL is below that of the same records before.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mailsim.events import Event, EventLog
from mailsim.flavours import resolver_figures
from mailsim.nodes import Resolver
from mailsim.nodes.lookups import TYPE_NUMBERS
from mailsim.results.columns import view
from mailsim.rules.dns.records import Rcode
from mailsim.rules.reasons import Why

if TYPE_CHECKING:
    from mailsim.scenario import Scenario

__all__ = ["KINDS", "CacheLane", "Forgotten", "Life", "cache_lanes", "forgotten", "lanes_of", "zone_edits"]

#: what becomes of a question: answered from the cache, by a name server, with nothing (NXDOMAIN, no such record), with what is
#: out of date, or not at all (SERVFAIL, no answer in time)
KINDS: tuple[str, ...] = ("hit", "asked", "negative", "stale", "failed")

#: the figures of a program that make it serve stale answers (unbound, BIND, Knot Resolver, dnsmasq, PowerDNS Recursor)
_SERVES_STALE = ("serve_expired", "stale_answer_enable", "serve_stale", "use_stale_cache", "serve_stale_extensions")

#: programs count TTLs in whole seconds
_SECOND_US = 1_000_000

_TTL = re.compile(r"^(.*) \(TTL (\d+)\)$", re.DOTALL)
_LINE = re.compile(r"^\S+ (\d+) (\S+ .*)$")
_TYPES = {number: word for word, number in TYPE_NUMBERS.items()}

Key = tuple[str, str, str]


class Life(NamedTuple):
    """A stretch in which a cache held an answer: first instant, first instant at which no longer, the records; ``negative``: of nothing."""

    begin_us: int
    end_us: int
    records: str
    negative: bool = False


class CacheLane(NamedTuple):
    """What one resolver was asked for one name and type, and what it held of it.

    Attributes
    ----------
    resolver, name, rtype : str
        Who was asked for what.
    lives : tuple of Life
        In order of time, none over another.
    asked_us : dict of str to tuple of int
        For each of :data:`KINDS` the instants of the questions that fared so.
    stale : tuple of (int, str)
        The instant and the records of each stale answer.
    """

    resolver: str
    name: str
    rtype: str
    lives: tuple[Life, ...]
    asked_us: dict[str, tuple[int, ...]]
    stale: tuple[tuple[int, str], ...]

    @property
    def questions(self) -> int:
        """Questions in all."""
        return sum(map(len, self.asked_us.values()))


class Forgotten(NamedTuple):
    """A changed record, and until when the last cache still held the old one."""

    resolver: str
    name: str
    rtype: str
    changed_us: int
    until_us: int


def lanes_of(log: EventLog, scenario: Scenario) -> list[CacheLane]:
    """The lanes of a run: those of each node that asks a resolver of the scenario, the one it asks first."""
    nodes = scenario.nodes
    asks = {name: first for name in nodes if (first := scenario.resolver_of(name)) and isinstance(nodes.get(first), Resolver)}
    keepers = set()
    for name in set(asks.values()):
        declared = nodes[name]
        assert isinstance(declared, Resolver)
        figures = resolver_figures(declared.flavour, declared.parameters)
        if any(getattr(figures, key, None) for key in _SERVES_STALE):
            keepers.add(name)
    return cache_lanes(log, asks, serve_stale=frozenset(keepers))


def cache_lanes(log: EventLog, asks: Mapping[str, str], *, serve_stale: frozenset[str] = frozenset()) -> list[CacheLane]:
    """Read the lanes off the rows of a log of level ``events``, in order of the first question.

    Parameters
    ----------
    log : EventLog
        What a run wrote.
    asks : mapping
        Node to the resolver that it asks.
    serve_stale : frozenset
        Resolvers that are set to serve answers whose TTL is over.
    """
    assert log.level == "events", log.level
    servers = _server_questions(log)
    made: dict[Key, _Reader] = {}
    names, number = log.names, {name: k for k, name in enumerate(log.names)}
    resolver_of = {number[node]: resolver for node, resolver in asks.items() if node in number}
    chosen = np.flatnonzero(view(log.events, "kind") == Event.LOOKED_UP)
    columns = ("t_us", "node", "peer", "detail", "code", "why", "value", "extra")
    for t, node, peer, rtype, code, why, took, extra in zip(*(view(log.events, name)[chosen].tolist() for name in columns), strict=True):
        if node not in resolver_of or rtype not in _TYPES:
            continue
        key = (resolver_of[node], names[peer], _TYPES[rtype])
        reader = made.get(key)
        if reader is None:
            reader = made[key] = _Reader(*servers.get(key, ([], [])), stale_served=key[0] in serve_stale)
        reader.take(t, t + took, code, why, names[extra] if extra >= 0 else "")
    return [reader.lane(key) for key, reader in made.items()]


def _server_questions(log: EventLog) -> dict[Key, tuple[list[int], list[int]]]:
    """For each who asked for what: the instants of all questions to servers, and of those that got through."""
    found: dict[Key, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    chosen = np.flatnonzero(view(log.events, "kind") == Event.ASKED)
    columns = ("t_us", "node", "detail", "why", "extra")
    for t, node, rtype, reach, name in zip(*(view(log.events, column)[chosen].tolist() for column in columns), strict=True):
        if rtype in _TYPES:
            every, through = found[(log.names[node], log.names[name], _TYPES[rtype])]
            every.append(t)
            if reach == Why.OK:
                through.append(t)
    return found


class _Reader:
    """Reads the questions of one lane in order of time."""

    def __init__(self, every: list[int], through: list[int], *, stale_served: bool) -> None:
        self._every, self._through = every, through
        self._stale_served = stale_served
        self._lives: list[Life] = []
        self._last: tuple[str, int] = ("", -1)  # records and TTL of the last answer that was taken in
        self._asked: dict[str, list[int]] = {kind: [] for kind in KINDS}
        self._stale: list[tuple[int, str]] = []

    def lane(self, key: Key) -> CacheLane:
        """What was read."""
        return CacheLane(*key, tuple(self._lives), {kind: tuple(found) for kind, found in self._asked.items()}, tuple(self._stale))

    def take(self, t_us: int, end_us: int, rcode: int, why: int, text: str) -> None:
        """The next question, with its answer."""
        ttl_s, records = _parsed(text)
        kind = self._kind(t_us, end_us, rcode, why, ttl_s, records)
        self._asked[kind].append(t_us)
        if kind == "stale":
            self._stale.append((end_us, records))
        elif kind == "negative":
            self._nothing(t_us if why == Why.NEGATIVE_CACHE else end_us, records, known=why == Why.NEGATIVE_CACHE)
        elif kind == "asked" and ttl_s > 0:
            self._keep(Life(end_us, end_us + ttl_s * _SECOND_US, records))
            self._last = (records, ttl_s)
        elif kind == "hit" and ttl_s > 0 and not self._alive(t_us):
            since = self._lives[-1].begin_us if self._lives else -1
            place = bisect_right(self._through, t_us)
            if place and self._through[place - 1] > since:
                self._keep(Life(self._through[place - 1], self._through[place - 1] + ttl_s * _SECOND_US, records))
                self._last = (records, ttl_s)

    def _kind(self, t_us: int, end_us: int, rcode: int, why: int, ttl_s: int, records: str) -> str:
        if rcode == Rcode.NXDOMAIN or (rcode == Rcode.NOERROR and ttl_s < 0):
            return "negative"
        if rcode != Rcode.NOERROR:
            return "failed"
        if why == Why.FROM_CACHE:
            return "hit"
        quiet = why != Why.JOINED and bisect_left(self._every, t_us) == bisect_right(self._every, end_us)
        if quiet and self._alive(t_us):
            return "hit"  # the log calls it asked, but the resolver asked nobody
        last_records, last_ttl_s = self._last
        if self._stale_served and last_records == records and t_us >= self._lives[-1].end_us:
            unheard = why != Why.JOINED and bisect_left(self._through, t_us) == bisect_right(self._through, end_us)
            if unheard or ttl_s < last_ttl_s:
                return "stale"
        return "asked"

    def _alive(self, t_us: int) -> bool:
        return bool(self._lives) and t_us < self._lives[-1].end_us + _SECOND_US and not self._lives[-1].negative

    def _keep(self, new: Life) -> None:
        """A life begins; the one before ends at the latest then, and the same records with no later end are the same life."""
        if self._lives:
            old = self._lives[-1]
            if not old.negative and old.records == new.records and new.end_us <= old.end_us + _SECOND_US and new.begin_us < old.end_us:
                return
            self._lives[-1] = old._replace(end_us=min(old.end_us, new.begin_us))
        self._lives.append(new)

    def _nothing(self, t_us: int, records: str, *, known: bool) -> None:
        """There is nothing: from now on, or (from the negative cache) still."""
        if known and self._lives and self._lives[-1].negative:
            self._lives[-1] = self._lives[-1]._replace(end_us=t_us)
        else:
            self._keep(Life(t_us, t_us, records, negative=True))


def _parsed(text: str) -> tuple[int, str]:
    """TTL in seconds (-1: it has none) and the records of an answer, as people or as zone files write them, in a fixed order."""
    found = _TTL.match(text)
    if found:
        return int(found[2]), ", ".join(sorted(found[1].split(", ")))
    lines = [_LINE.match(line) for line in text.split("\n")]
    told = [line for line in lines if line]
    if told and len(told) == len(lines):
        return min(int(line[1]) for line in told), ", ".join(sorted(line[2] for line in told))
    return -1, text


def forgotten(log: EventLog, lanes: list[CacheLane]) -> Forgotten | None:
    """The change of a record that a cache remained ignorant of for longest; None where no cache held a changed record.

    A change is known by its row in the log and by the answers before and after it; where several changes of the zone lie between the
    two, nobody can say which of them it was, and it is left out.  A stale answer with the old records counts as holding them.
    ``until_us`` is the end of the run where the cache still held them then.
    """
    changed: dict[tuple[str, str], set[int]] = defaultdict(set)
    edits = zone_edits(log)
    for lane in lanes:
        for old, new in pairwise(lane.lives):
            between = [t for zone, t in edits if _inside(lane.name, zone) and old.begin_us < t <= new.begin_us]
            if old.records != new.records and len(between) == 1 and not old.negative:
                changed[(lane.name, lane.rtype)].add(between[0])
    found = [
        Forgotten(lane.resolver, lane.name, lane.rtype, t, min(_held_until(lane, life, t), log.end_us))
        for lane in lanes
        for t in changed.get((lane.name, lane.rtype), ())
        for life in lane.lives
        if life.begin_us <= t < life.end_us
    ]
    return max(found, key=lambda one: (one.until_us - one.changed_us, one.name, one.rtype), default=None)


def _held_until(lane: CacheLane, life: Life, changed_us: int) -> int:
    following = next((other.begin_us for other in lane.lives if other.begin_us > changed_us), life.end_us)
    stale = [t for t, records in lane.stale if records == life.records and changed_us < t <= following]
    return max([life.end_us, *stale])


def zone_edits(log: EventLog) -> list[tuple[str, int]]:
    """Zone and instant of each change."""
    chosen = np.flatnonzero(view(log.events, "kind") == Event.ZONE_CHANGED)
    columns = (view(log.events, name)[chosen].tolist() for name in ("peer", "t_us"))
    return [(log.names[peer], t) for peer, t in zip(*columns, strict=True)]


def _inside(name: str, zone: str) -> bool:
    return not zone or name == zone or name.endswith("." + zone)
