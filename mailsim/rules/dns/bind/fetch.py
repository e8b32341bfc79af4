"""One fetch of BIND as it stands: what is asked, which servers were tried, and who waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from mailsim.rules.dns.records import Question, RRset

__all__ = ["Asking", "Fetch", "Outcome", "Waiter"]


class Outcome(NamedTuple):
    """How a fetch ended: a code (SERVFAIL for every failure), the RRset of an answer, and whether time ran out.

    ``spilled`` is the number of its clients if others were dropped for being too many, else 0.
    """

    rcode: int
    rrset: RRset | None = None
    timed_out: bool = False
    spilled: int = 0


#: what is told how a fetch ended, and when
Waiter = Callable[[Outcome, int], None]


@dataclass
class Asking:
    """The question that is under way to a server."""

    number: int
    server: str
    sent_us: int
    tcp: bool


@dataclass(eq=False)
class Fetch:
    """A fetch context (lib/dns/resolver.c)."""

    question: Question
    #: it looks for a zone cut on the way to a longer name
    for_cut: bool
    began_us: int
    depth: int = 0
    waiters: list[Waiter] = field(default_factory=list)
    #: clients among the waiters
    clients: int = 0
    spilled: bool = False
    #: the zone whose servers are asked
    zone: str = ""
    servers: tuple[str, ...] = ()
    #: servers of this pass that have not been tried
    untried: list[str] = field(default_factory=list)
    bad: set[str] = field(default_factory=set)
    #: passes over the servers
    restarts: int = 0
    asking: Asking | None = None
    #: the shorter name whose zone cut is looked for first, or None for the full name
    cut: str | None = None
    #: no more shorter names
    full: bool = False
    #: name servers whose addresses were asked for
    hosts_asked: set[str] = field(default_factory=set)
    waits: int = 0
    over: bool = False
