"""Which delivery process takes which delivery, and who waits: Courier's processes by destination, as a state machine.

A destination (the recipient's domain) has at most so many deliveries under way (``MAXHOST`` 4), the program at most so many in all
(``MAXDELS`` 40; module.esmtp courier.config).  What finds no place waits in the order of its coming; when a delivery ends,
destinations are served from the most recently used one on, but the one that was used longest ago comes first (cdmsgq3.C
``msgq::completed``).  A process keeps to its destination, stays for a while after its last delivery (``esmtptimeoutkeepalive``),
and gives way before its time when another destination needs one and there are too many (courieresmtp.c).
"""

from __future__ import annotations

from collections import OrderedDict, deque
from heapq import heappop, heappush
from typing import Generic, TypeVar

__all__ = ["Worker", "WorkerPool"]

Work = TypeVar("Work")
Session = TypeVar("Session")


class Worker(Generic[Session]):
    """A delivery process: its open session or None, when it last used it, until when it takes its destination for down."""

    __slots__ = ("domain", "down_until_us", "leaves_us", "session", "slot", "used_us")

    def __init__(self, domain: str, slot: int) -> None:
        self.domain = domain
        self.slot = slot
        self.session: Session | None = None
        self.used_us = 0
        self.down_until_us = 0
        self.leaves_us = 0


class _Destination(Generic[Work, Session]):
    """Deliveries under way, idle processes and those who wait."""

    __slots__ = ("busy", "idle", "waiting")

    def __init__(self) -> None:
        self.busy = 0
        self.idle: dict[int, Worker[Session]] = {}
        self.waiting: deque[Work] = deque()


class WorkerPool(Generic[Work, Session]):
    """The processes of one program.

    Parameters
    ----------
    per_host, total : int
        Deliveries at a time, to one destination and in all; ``total`` is also the number of processes, idle ones included.
    idle_us : int
        How long an idle process stays.
    """

    def __init__(self, per_host: int, total: int, idle_us: int) -> None:
        self._per_host = per_host
        self._total = total
        self._idle_us = idle_us
        self._busy = 0
        self._waiting = 0
        self._slots: list[int] = []  #: those of processes that have gone, a heap
        self._made = 0
        #: the most recently used destination last
        self._destinations: OrderedDict[str, _Destination[Work, Session]] = OrderedDict()
        #: the process that has been idle for longest first
        self._idle: OrderedDict[int, Worker[Session]] = OrderedDict()

    def enter(self, domain: str, work: Work, t_us: int) -> Worker[Session] | None:
        """Ask for a process at ``t_us``: gives it, or None if the work has to wait."""
        place = self._destinations.get(domain)
        if place is None:
            place = self._destinations[domain] = _Destination()
            self._destinations.move_to_end(domain, last=False)
        if place.busy < self._per_host and self._busy < self._total:
            return self._take(domain, place, t_us)
        place.waiting.append(work)
        self._waiting += 1
        return None

    def leave(self, worker: Worker[Session], t_us: int) -> list[tuple[Worker[Session], Work]]:
        """A delivery has ended at ``t_us``: gives what waited and goes on now, each with its process."""
        crowded = self._busy == self._total
        self._busy -= 1
        place = self._destinations[worker.domain]
        place.busy -= 1
        place.idle[worker.slot] = self._idle[worker.slot] = worker
        worker.leaves_us = t_us + self._idle_us
        self._destinations.move_to_end(worker.domain)
        self._destinations.move_to_end(next(iter(self._destinations)))
        if not self._waiting:
            return []
        started = []
        for domain in [worker.domain] if not crowded else list(reversed(self._destinations)):
            if self._busy == self._total:
                break
            place = self._destinations[domain]
            if place.waiting and place.busy < self._per_host:
                self._waiting -= 1
                work = place.waiting.popleft()
                started.append((self._take(domain, place, t_us), work))
        return started

    def _take(self, domain: str, place: _Destination[Work, Session], t_us: int) -> Worker[Session]:
        """An idle process of the destination, the one with the lowest slot; else a new one."""
        place.busy += 1
        self._busy += 1
        while self._idle and next(iter(self._idle.values())).leaves_us <= t_us:
            self._gone(next(iter(self._idle.values())))
        if place.idle:
            worker = place.idle.pop(min(place.idle))
            del self._idle[worker.slot]
            return worker
        if self._busy + len(self._idle) > self._total:
            self._gone(next(iter(self._idle.values())))
        if self._slots:
            return Worker(domain, heappop(self._slots))
        self._made += 1
        return Worker(domain, self._made - 1)

    def _gone(self, worker: Worker[Session]) -> None:
        """An idle process ends."""
        del self._idle[worker.slot]
        heappush(self._slots, worker.slot)
        place = self._destinations[worker.domain]
        del place.idle[worker.slot]
        if not place.busy and not place.idle and not place.waiting:
            del self._destinations[worker.domain]
