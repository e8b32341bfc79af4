"""How places are shared: servers of a station and slots of a queue, with as few events as exactness allows.

Two kinds.  **Look-ahead**: what an entry will do is known when it comes (from the timeline of conditions and its own
draws), so its end is computed and waiting and service are one wake-up: :class:`Station` where entries don't affect each
other, :class:`Slots` where the outcome of one decides about those behind it.  **Park and wake**: where the future is
not known (waits that are cancelled, limits that change, several users) an entry parks until somebody hands it a slot:
:class:`SlotLine`.  The look-ahead kinds are exact and cheap under the conditions they state, and wrong outside them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from heapq import heappop, heappush, heapreplace
from typing import Any, Final

from mailsim.engine.kernel import Clock, Line, Turn, wake

__all__ = ["SLOT", "SlotLine", "Slots", "Station"]

SLOT: Final = True  #: what a Flow that waited for a slot gets with the slot; anything else is the reason why it got none


class Station:
    """First-in-first-out station with ``capacity`` servers, by look-ahead; no limit when it is None.

    ``free`` is a heap of the instants at which the servers become free; an arrival takes the earliest.

    Exact as long as arrivals are put in in the order of time, nobody overtakes, leaves or is interrupted, the capacity
    stays, and the duration is known given the start (which may lie in an outage: ask :meth:`start`, then decide).
    Otherwise use :class:`SlotLine`.
    """

    __slots__ = ("free",)

    def __new__(cls, capacity: int | None) -> Station:
        """Pick the class without waiting where there is no limit, so that the other one need not ask."""
        return object.__new__(_Unlimited if capacity is None else cls)

    def __init__(self, capacity: int | None) -> None:
        if capacity is not None:
            assert capacity > 0, "a station needs at least one server"
            self.free = [0] * capacity

    def start(self, t: int) -> int:
        """When the service of an arrival at t would start; changes nothing."""
        first = self.free[0]
        return t if t > first else first

    def serve(self, t: int, duration_us: int) -> int:
        """Put in an arrival at t and give the end of its service."""
        first = self.free[0]
        end = (t if t > first else first) + duration_us
        heapreplace(self.free, end)
        return end


class _Unlimited(Station):
    """A station where nobody waits."""

    __slots__ = ()

    def start(self, t: int) -> int:
        return t

    def serve(self, t: int, duration_us: int) -> int:
        return t + duration_us


class Slots:
    """Places whose uses are known at their start, by look-ahead: no event for a release.

    Each use is a heap entry (end, outcome), *settled* when somebody next looks: :meth:`settle` hands all that have
    ended, in the order of their ends, to ``feedback(slots, end_us, outcome)``, which may change ``limit`` or set
    ``closed_until_us`` (a destination declared dead).  Only the head of those who wait owns an event; it comes back at
    each end.

    ::

        if slots.free(t) or (yield from slots.wait()):
            t = env.now
            slots.take(end, outcome)             # at once, before the next yield
            t = yield end

    ``wait`` gives False when the place is closed.  Limits that others change from outside need a :class:`SlotLine`.
    """

    __slots__ = ("_head", "closed_until_us", "ends", "env", "feedback", "limit", "line")

    def __init__(self, env: Clock, limit: int, *, feedback: Callable[[Slots, int, int], None] | None = None) -> None:
        self.env = env
        self.limit = limit
        self.feedback = feedback
        self.ends: list[tuple[int, int]] = []
        self.closed_until_us = -1  #: closed up to, not including, this instant
        self.line = Line()
        self._head = False  # somebody is at the head of those who wait, or about to take

    def settle(self, t: int) -> None:
        """Give feedback for all uses that have ended by t, each with its own end."""
        ends, feedback = self.ends, self.feedback
        while ends and ends[0][0] <= t:
            end, outcome = heappop(ends)
            if feedback is not None:
                feedback(self, end, outcome)

    def free(self, t: int) -> bool:
        """Whether an arrival at t can take a slot at once: open, a slot free and nobody before it."""
        self.settle(t)
        return not self._head and len(self.ends) < self.limit and self.closed_until_us <= t

    def wait(self) -> Generator[Turn, Any, bool]:
        """Wait for a slot; True: take it at once, False: closed."""
        if self._head:
            yield self.line
        self._head = True
        while True:
            t = self.env.now
            self.settle(t)
            if self.closed_until_us > t:
                self._next(t)
                return False
            if len(self.ends) < self.limit:
                return True
            assert self.ends, "a limit below 1 lets nobody in, ever"
            yield self.ends[0][0]

    def take(self, end_us: int, outcome: int) -> None:
        """Use a slot from now until ``end_us``; ``outcome`` goes to the feedback at that instant."""
        heappush(self.ends, (end_us, outcome))
        if self._head:
            self._next(self.env.now)

    def _next(self, t: int) -> None:
        """Pass the head of the queue on; the flag stays up while it travels, so that nobody barges in."""
        if self.line:
            wake(self.line.popleft(), None, t)
        else:
            self._head = False


class SlotLine:
    """Slots by park and wake: for outcomes that are not known at the start, limits that change, waits that are cancelled.

    ::

        got = SLOT if slots.take(t) else (yield slots.line)      # or (slots.line, patience)
        if got is SLOT:
            t = yield env.now + duration_us
            slots.release(t)

    The slot is *handed over*: on a release ``busy`` stays as it is and the first in line is woken with ``SLOT``.  If it
    were freed and taken again, a newcomer of the same instant could barge in between.
    """

    __slots__ = ("busy", "capacity", "env", "line")

    def __init__(self, env: Clock, capacity: int) -> None:
        self.env = env
        self.capacity = capacity
        self.busy = 0  #: slots in use, those on their way to a woken Flow included
        self.line = Line()

    def take(self, t: int) -> bool:
        """Take a slot if one is free; else the caller may wait on ``line``."""
        assert t == self.env._now, f"a slot is taken at {t} us, but the clock stands at {self.env._now} us"
        if self.busy < self.capacity:
            self.busy += 1
            return True
        return False

    def release(self, t: int) -> None:
        """Give a slot back: to the first in line, unless the capacity has shrunk meanwhile."""
        assert t == self.env._now, f"a slot is released at {t} us, but the clock stands at {self.env._now} us"
        if self.line and self.busy <= self.capacity:
            wake(self.line.popleft(), SLOT, t)
        else:
            self.busy -= 1
            assert self.busy >= 0, "more slots released than taken"

    def resize(self, capacity: int, t: int) -> None:
        """Change the capacity: those in line get what is new; who holds a slot keeps it."""
        self.capacity = capacity
        while self.line and self.busy < capacity:
            self.busy += 1
            wake(self.line.popleft(), SLOT, t)

    def dismiss(self, reason: object, t: int) -> None:
        """Send all who wait away with ``reason`` and no slot; who was handed one at this instant keeps it."""
        assert reason not in (SLOT, None), "a reason must differ from SLOT and None"
        while self.line:
            wake(self.line.popleft(), reason, t)
