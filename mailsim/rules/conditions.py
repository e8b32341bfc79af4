"""What can be wrong with a node, a link or a name at an instant, and when that changes next.

Faults compile to these (:mod:`mailsim.scenario.timeline`); engines, plots and stories read them and know no fault kind.
Intervals include their start and exclude their end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import NamedTuple

from mailsim.rules.reasons import Why
from mailsim.rules.smtp import Reply, Stage

__all__ = ["CUT", "FOREVER", "NORMAL", "QUIET", "SINCE", "Condition", "Direction", "Manner", "Span", "Timeline", "merged"]

#: an instant that never comes (some 146,000 years)
FOREVER = 1 << 62


class Manner(IntEnum):
    """What a server does at a stage."""

    REPLY = 0  #: it gives the reply
    DROP = 1  #: it closes the connection
    HANG = 2  #: it says nothing and keeps the connection
    LOSE = 3  #: it does what it was asked to, and its reply is lost


class Direction(IntEnum):
    """Which packets a cut way loses, as who calls sees it."""

    BOTH = 0  #: all
    THERE = 1  #: what is sent there; what comes back arrives
    BACK = 2  #: what comes back; what is sent there arrives


class Condition(NamedTuple):
    """How a place behaves.

    Parameters
    ----------
    reach : Why
        ``OK``; ``REFUSED`` the machine answers, the service does not run; ``SILENT`` nothing comes back;
        ``UNREACHABLE`` a router says so.
    reply : Reply or None
        The server gives this reply at ``stage`` instead of its own.
    stage : Stage or None
        Where that reply comes.
    rcode : int
        For names and DNS servers: the response code given instead of the answer; -1 for none.
    delay_us : int
        Each reply of the server (SMTP, mailbox, DNS) comes so much later.
    loss : float
        For DNS servers: the share of the questions that are lost.
    truncated : bool
        For DNS servers: over UDP only an empty answer with the TC bit.
    manner : Manner
        What the server does at ``stage`` other than giving a reply.
    idle : bool
        For MTAs: no mail is worked on.
    as_of_us : int
        For DNS servers: they serve their zones as they were at that instant; -1: as they are.
    restarts : bool
        What runs there ends with it and begins anew when it is over: connections are forgotten, an MTA runs its queue at once.
    loses_queue : bool
        For MTAs: all mail in the queue is destroyed when it begins.
    direction : Direction
        Which packets ``SILENT`` and ``UNREACHABLE`` concern.  A new connection fails either way; a session in flight tells.
    stopped : bool
        The service does not run (``REFUSED``) behind a way that is cut, so that ``reach`` does not show it.
    lag_us : int
        Each round trip takes so much longer.
    packet_loss : float
        Each packet, there and back, is lost with this probability.
    sessions : int
        For MTAs: so many SMTP sessions are served at a time; -1 for as many as ever.
    slower : float
        For MTAs: what taking a message costs the server is multiplied by this.
    """

    reach: Why = Why.OK
    reply: Reply | None = None
    stage: Stage | None = None
    rcode: int = -1
    delay_us: int = 0
    loss: float = 0.0
    truncated: bool = False
    manner: Manner = Manner.REPLY
    idle: bool = False
    as_of_us: int = -1
    restarts: bool = False
    loses_queue: bool = False
    direction: Direction = Direction.BOTH
    stopped: bool = False
    lag_us: int = 0
    packet_loss: float = 0.0
    sessions: int = -1
    slower: float = 1.0

    @property
    def unsteady(self) -> bool:
        """Whether it changes what an exchange of packets costs, beyond whether there is any."""
        return bool(self.delay_us or self.lag_us or self.packet_loss or self.slower != 1.0)

    @property
    def loses_there(self) -> bool:
        """Whether no packet gets there."""
        return self.packet_loss >= 1.0 or (self.reach in CUT and self.direction != Direction.BACK)

    @property
    def loses_back(self) -> bool:
        """Whether no packet comes back."""
        return self.packet_loss >= 1.0 or (self.reach in CUT and self.direction != Direction.THERE)

    @property
    def down(self) -> bool:
        """Whether the service does not run."""
        return self.stopped or self.reach == Why.REFUSED

    def seen_from_there(self) -> Condition:
        """The same for who calls in the other direction: he gets no word from a router that only the others hear."""
        if self.direction == Direction.BOTH:
            return self
        turned = Direction.BACK if self.direction == Direction.THERE else Direction.THERE
        return self._replace(reach=Why.SILENT, direction=turned)

    def with_worse(self, other: Condition) -> Condition:
        """What is seen where another condition holds too."""
        return _worse(self, other)


#: for ``as_of_us``: the instant at which the condition begins
SINCE = -2

#: nothing is wrong
NORMAL = Condition()

#: a worse reach hides a milder one
_SEVERITY = {Why.OK: 0, Why.REFUSED: 1, Why.UNREACHABLE: 2, Why.SILENT: 3}

#: the network lets nothing through, whatever the service does
CUT = (Why.SILENT, Why.UNREACHABLE)


def _worse(one: Condition, other: Condition) -> Condition:
    """What is seen where both hold: the worse reach; of replies that at the earlier stage, which a session meets first; of two at
    one stage, and of response codes, the first one's.

    A reply is kept beside ``SILENT``: a server that heard the last command before the way was cut still says it; and it is
    kept in mind that the service does not run.  Packets pass two lossy places independently; of delays the longer one holds.
    """
    if one is NORMAL or other is NORMAL:
        return other if one is NORMAL else one
    reach = one.reach if _SEVERITY[one.reach] >= _SEVERITY[other.reach] else other.reach
    said = one if other.stage is None or (one.stage is not None and one.stage <= other.stage) else other
    few = [c.sessions for c in (one, other) if c.sessions >= 0]
    return Condition(
        reach,
        said.reply,
        said.stage,
        one.rcode if one.rcode >= 0 else other.rcode,
        max(one.delay_us, other.delay_us),
        max(one.loss, other.loss),
        one.truncated or other.truncated,
        said.manner,
        one.idle or other.idle,
        one.as_of_us if one.as_of_us >= 0 else other.as_of_us,
        one.restarts or other.restarts,
        one.loses_queue or other.loses_queue,
        direction=_both_cut(one, other),
        stopped=reach in CUT and (one.down or other.down),
        lag_us=max(one.lag_us, other.lag_us),
        packet_loss=_either_lost(one.packet_loss, other.packet_loss),
        sessions=min(few, default=-1),
        slower=max(one.slower, other.slower),
    )


def _either_lost(one: float, other: float) -> float:
    """The probability that a packet is lost at one of two places."""
    return 1 - (1 - one) * (1 - other) if one and other else one or other


def _both_cut(one: Condition, other: Condition) -> Direction:
    """What is lost where either loses something."""
    if one.reach not in CUT or other.reach not in CUT:
        return one.direction if one.reach in CUT else other.direction
    return one.direction if one.direction == other.direction else Direction.BOTH


class Span(NamedTuple):
    """A condition that holds from ``start_us`` (included) to ``end_us`` (excluded)."""

    start_us: int
    end_us: int
    condition: Condition


class Timeline:
    """Conditions over time: a step function with its edges.

    Parameters
    ----------
    spans : iterable of Span
        Stretches, in any order; where they overlap the worse condition is seen.
    """

    __slots__ = ("conditions", "edges", "quiet", "unsteady")

    def __init__(self, spans: Iterable[Span] = ()) -> None:
        spans = sorted(spans, key=lambda s: (s.start_us, s.end_us))
        instants = sorted({s.start_us for s in spans} | {s.end_us for s in spans if s.end_us < FOREVER})
        self.edges: list[int] = []
        self.conditions: list[Condition] = [NORMAL]
        begun, active = 0, list[Span]()
        for instant in instants:
            active = [span for span in active if span.end_us > instant]
            while begun < len(spans) and spans[begun].start_us <= instant:
                if spans[begun].end_us > instant:
                    active.append(spans[begun])
                begun += 1
            seen = NORMAL
            for span in active:
                seen = _worse(seen, span.condition)
            if seen != self.conditions[-1]:
                self.edges.append(instant)
                self.conditions.append(NORMAL if seen == NORMAL else seen)
        self.quiet = not self.edges
        #: at some time exchanges cost more than round trips
        self.unsteady = any(condition.unsteady for condition in self.conditions)

    def at(self, t_us: int) -> Condition:
        """The condition at an instant."""
        if self.quiet:
            return NORMAL
        return self.conditions[bisect_right(self.edges, t_us)]

    def next_edge(self, t_us: int) -> int:
        """The first instant after ``t_us`` at which the condition changes, or :data:`FOREVER`."""
        edges = self.edges
        if not edges:
            return FOREVER
        index = bisect_right(edges, t_us)
        return edges[index] if index < len(edges) else FOREVER

    def stretch(self, t_us: int) -> tuple[Condition, int]:
        """The condition at an instant and the instant at which it ends."""
        edges = self.edges
        if not edges:
            return NORMAL, FOREVER
        index = bisect_right(edges, t_us)
        return self.conditions[index], edges[index] if index < len(edges) else FOREVER

    def next_crash(self, t_us: int) -> int:
        """The first instant after ``t_us`` at which a machine goes off and forgets its connections, or :data:`FOREVER`."""
        edge = self.next_edge(t_us)
        while edge < FOREVER:
            met = self.at(edge)
            if met.restarts and met.reach == Why.SILENT:
                break
            edge = self.next_edge(edge)
        return edge

    def seen_from_there(self) -> Timeline:
        """The same for who calls in the other direction."""
        return Timeline(span._replace(condition=span.condition.seen_from_there()) for span in self.spans())

    def spans(self) -> list[Span]:
        """The stretches in which something is wrong."""
        ends = [*self.edges[1:], FOREVER] if self.edges else []
        return [
            Span(start, end, condition)
            for start, end, condition in zip(self.edges, ends, self.conditions[1:], strict=True)
            if condition != NORMAL
        ]


#: nothing is ever wrong
QUIET = Timeline()


def merged(timelines: Sequence[Timeline]) -> Timeline:
    """What is seen through several places at once: the worst of them at each instant."""
    loud = [t for t in timelines if not t.quiet]
    if not loud:
        return QUIET
    if len(loud) == 1:
        return loud[0]
    return Timeline(span for timeline in loud for span in timeline.spans())
