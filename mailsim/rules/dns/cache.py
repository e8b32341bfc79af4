"""A resolver's cache with an explicit clock: what is kept, for how long, and when it still answers."""

from __future__ import annotations

from typing import NamedTuple

from mailsim.rules.dns.records import Question, Rcode
from mailsim.rules.dns.zones import Answer

__all__ = ["Cache", "Entry", "TtlRules"]

SECOND_US = 1_000_000


class TtlRules(NamedTuple):
    """How a program bounds and counts life-times, seconds; ``hit_at_ttl``: it still answers when the age equals the TTL."""

    ttl_minimum: int
    ttl_maximum: int
    negative_ttl_maximum: int
    negative_without_soa: int
    servfail_ttl: int
    hit_at_ttl: bool


class Entry(NamedTuple):
    """A kept answer: asked and filled at these instants, and the last instant (excluded) at which it answers."""

    answer: Answer
    asked_us: int
    filled_us: int
    until_us: int


class Cache:
    """Answers by question, on the clock that is handed in.

    Age is counted in whole wall-clock seconds, as the programs do (unbound 1.17.1 observed): an entry filled at 0.02 s
    with TTL 12 still answers at 12.9 s where ``hit_at_ttl`` holds.  An entry whose ``filled_us`` lies ahead is a question
    that is still being asked.
    """

    def __init__(self, rules: TtlRules, *, phase_us: int = 0) -> None:
        self._rules = rules
        self._phase_us = phase_us
        self._entries: dict[Question, Entry] = {}

    def lifetime_s(self, answer: Answer) -> int:
        """How many seconds an answer is kept, -1 for not at all."""
        rules = self._rules
        if answer.rcode in (Rcode.SERVFAIL, Rcode.REFUSED, Rcode.TIMEOUT):
            return rules.servfail_ttl
        if answer.rdatas:
            return min(max(answer.ttl, rules.ttl_minimum), rules.ttl_maximum)
        if answer.negative_ttl < 0:
            return rules.negative_without_soa
        return min(answer.negative_ttl, rules.negative_ttl_maximum, *(alias.ttl for alias in answer.chain))

    def left_s(self, entry: Entry, now_us: int) -> int:
        """The TTL that an entry still has: whoever keeps its answer under another name must not keep it for longer."""
        whole = (entry.until_us + self._phase_us) // SECOND_US - (now_us + self._phase_us) // SECOND_US
        return max(whole - (1 if self._rules.hit_at_ttl else 0), 0)

    def put(self, question: Question, answer: Answer, *, asked_us: int, filled_us: int) -> Entry:
        """Keep an answer that arrives at ``filled_us``; gives the entry."""
        life = self.lifetime_s(answer)
        whole = (filled_us + self._phase_us) // SECOND_US
        until = (whole + life + (1 if self._rules.hit_at_ttl and life > 0 else 0)) * SECOND_US - self._phase_us
        entry = Entry(answer, asked_us, filled_us, max(until, filled_us) if life > 0 else filled_us)
        self._entries[question] = entry
        return entry

    def get(self, question: Question, now_us: int) -> Entry | None:
        """The entry that answers (or is being asked for) at ``now_us``, or None."""
        entry = self._entries.get(question)
        if entry is None or (now_us >= entry.until_us and now_us >= entry.filled_us) or now_us < entry.asked_us:
            return None
        return entry
