"""One lookup of unbound as it stands: what is asked, of whom, what was tried, and who waits for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from mailsim.rules.dns.records import Question, RRset
from mailsim.rules.dns.unbound.delegation import Delegation

__all__ = ["Lookup", "Minimise"]


class Minimise(Enum):
    """How far the hiding of a name from its parents is (RFC 9156; iterator/iterator.h)."""

    INIT = "begin at the zone"
    ON = "one more label"
    SKIP = "the same name again, after a time-out"
    OFF = "the full name"


@dataclass(eq=False)
class Lookup:
    """A state of the mesh with its iterator."""

    question: Question
    chase: Question
    out: Question
    #: clients that wait, with the instants at which they asked
    clients: list[tuple[object, int]] = field(default_factory=list)
    #: lookups that wait for this one
    supers: list[Lookup] = field(default_factory=list)
    #: alias links followed so far
    links: list[RRset] = field(default_factory=list)
    delegation: Delegation | None = None
    #: the delegation whose parent is being asked for it once more
    earlier: Delegation | None = None
    #: begin above the delegation that is there
    refetch: bool = False
    minimise: Minimise = Minimise.INIT
    minimised: int = 0
    timeouts: int = 0
    sent: int = 0
    referrals: int = 0
    restarts: int = 0
    #: look-ups of name servers' addresses that it waits for
    subs: int = 0
    #: a question is under way
    busy: bool = False
    depth: int = 0
    #: the cache must not answer it: a refresh, or a look at the parent's side
    fresh: bool = False
    #: it looks for a name server's address as the parent zone has it
    parent_glue: bool = False
    found_glue: bool = False
    #: a refresh counts what has no more life than this as dead
    leeway_s: int = 0
    #: a clock runs after which waiting clients get an expired answer
    stale_clock: bool = False
    over: bool = False
