"""The MTA's queues: what waits for its retry time, and who may have a session with a destination.

Deferred mail is data, not a sleeping generator: an entry in a heap, woken by one runner.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any

from mailsim.flavours.models import Concurrency
from mailsim.nodes.attempt import Item
from mailsim.nodes.mta.order import Rank
from mailsim.nodes.world import Life, World

__all__ = ["Deferred", "Destination"]

#: after every message of an instant
LAST = 1 << 62


class Deferred:
    """Entries by the instant at which they are due; ``fire(items)`` is called at each such instant.

    ``rank(item)`` gives the place of an item among those of its instant; ``item.ticket`` counts what was put in.

    On a scan grid many entries share an instant: they stand in one list, and only instants are sorted.
    """

    def __init__(
        self, world: World, fire: Any, order: int, rank: Rank, *, spawn: Callable[[Life, int], None] | None = None
    ) -> None:
        self._spawn = spawn or world.spawn
        self._fire = fire
        self._rank = rank
        self._order = order
        self._due: list[int] = []
        self._entries: dict[int, list[tuple[Any, int, Item]]] = {}
        self._sequence = 0
        self._armed: int | None = None

    def put(self, item: Item, due_us: int) -> None:
        """Keep an entry until it is due."""
        self._sequence = item.ticket = self._sequence + 1
        entries = self._entries.get(due_us)
        entry = (self._rank(item), item.ticket, item)
        if entries is not None:
            entries.append(entry)
            return
        self._entries[due_us] = [entry]
        heappush(self._due, due_us)
        self._arm()

    def take(self, items: list[Item]) -> None:
        """Take entries out before their time (a host came back, a flush)."""
        for item in items:
            item.ticket = 0

    def _arm(self) -> None:
        due = self._due[0]
        if self._armed is None or due < self._armed:
            self._armed = due
            self._spawn(self._run(due), self._order)

    def items(self) -> list[Item]:
        """Everything that waits, in order of its time."""
        return [item for due in sorted(self._due) for _, ticket, item in sorted(self._entries[due]) if item.ticket == ticket]

    def halt(self) -> None:
        """Nobody runs the queue any more: the runner is gone."""
        self._armed = None

    def resume(self, due_again: Callable[[Item, int], int]) -> None:
        """Run the queue again, each entry at the instant that ``due_again(item, due)`` gives."""
        waiting = [(item, due) for due in sorted(self._due) for _, ticket, item in sorted(self._entries[due]) if item.ticket == ticket]
        self._due.clear()
        self._entries.clear()
        self._armed = None
        for item, due in waiting:
            self.put(item, due_again(item, due))

    def _run(self, due_us: int) -> Life:
        now = yield due_us
        if self._armed != now:
            return
        self._armed = None
        heappop(self._due)
        entries = self._entries.pop(due_us)
        entries.sort()  # the ticket is unique
        batch = [item for _, ticket, item in entries if item.ticket == ticket]
        if batch:
            self._fire(batch, now)
        if self._due:
            self._arm()


class Destination:
    """Sessions of one destination at a time, with Postfix's feedback and dead mark (qmgr(8), qmgr_queue.c).

    A success widens the window by one up to the limit; a failure adds ``1 / window`` and narrows it by one, the first failure
    after a start or a success by two (qmgr_queue.c takes negative feedback at the start of its cycle); when the sum reaches 1
    the destination is dead for a while and what waits for it is deferred untried.  From the start window 5 the third failure
    one after another kills: 1/5 + 1/3 + 1/2 >= 1 (Postfix 3.7.11 observed, cases burst_refused and e2e_all_down).  Window and
    sum are forgotten when nothing is active for the destination.

    Two deliveries are handed to delivery agents at a time, which takes ``pace_us`` (qmgr.h, QMGR_TRANSPORT_MAX_PEND): so a host
    that refuses at once sees four connections of a burst before its destination is dead, a silent one five (Postfix 3.7.11
    observed, cases burst_refused and burst_down).

    Sessions whose end is known are kept by their end and settled when somebody looks, in order of their ends; a Flow that
    watches the ends exists only while somebody waits.  What a queue scan activates waits as data: ``serve(item)`` starts it
    when its turn comes, ``give_up(items)`` is told when the destination died meanwhile.
    """

    def __init__(
        self,
        world: World,
        rule: Concurrency,
        order: int,
        *,
        pace_us: int = 0,
        serve: Callable[[Item], None] | None = None,
        give_up: Callable[[list[Item]], None] | None = None,
        spawn: Callable[[Life, int], None] | None = None,
    ) -> None:
        self._spawn = spawn or world.spawn
        self._serve = serve
        self._give_up = give_up
        self._world = world
        self._rule = rule
        self._order = order
        self._pace_us = pace_us
        self._starts = (-pace_us, -pace_us)  #: of the last two sessions
        self.window = rule.initial
        self.failures = 0.0
        self.fresh = True  #: the next failure is the first one after a start or a success
        self.dead_until_us = -1
        self.open = 0
        self.ends: list[tuple[int, int, bool]] = []
        self.line = world.line()
        #: who waits, in order: an item, or None for the next Flow on the line
        self._queue: deque[Item | None] = deque()
        self._bell = world.line()
        self._watched = False
        self._sequence = 0

    @property
    def lines(self) -> tuple[Any, ...]:
        """Where Flows are parked."""
        return self.line, self._bell

    def revive(self, t_us: int) -> None:
        """Forget at ``t_us`` that it was dead, and the failures that made it so."""
        self.settle(t_us)  # what failed before would kill it again when somebody looks
        self.dead_until_us = -1
        self._start()

    def settle(self, t_us: int) -> None:
        """Apply the ends up to ``t_us``, each with its own instant."""
        ends = self.ends
        while ends and ends[0][0] <= t_us:
            end, _, failed = heappop(ends)
            if not self._rule.feedback:
                continue
            if failed:
                if self.dead_until_us <= end:
                    self.failures += 1 / self.window
                    if self.failures >= 1:
                        self.dead_until_us = end + self._rule.dead_for
                        self._start()
                    else:
                        self.window = max(self.window - (2 if self.fresh else 1), 1)
                        self.fresh = False
            else:
                self.dead_until_us, self.failures = -1, 0.0
                if self.window < self._rule.limit:
                    self.window += 1
                    self.fresh = True
        if not ends and not self.open and not self._queue:
            self._start()

    def _start(self) -> None:
        self.window, self.failures, self.fresh = self._rule.initial, 0.0, True

    def enter(self, t_us: int) -> bool | None:
        """Ask for a session at the clock's instant: True granted, False dead, None full (then wait)."""
        self.settle(t_us)
        if self.dead_until_us > t_us:
            return False
        if self._queue or self.open + len(self.ends) >= self.window or self._starts[0] + self._pace_us > t_us:
            return None
        self._start_one(t_us)
        return True

    def _start_one(self, t_us: int) -> None:
        self.open += 1
        self._starts = (self._starts[1], t_us)

    def is_dead(self, t_us: int) -> bool:
        """Whether the destination is left alone at the clock's instant."""
        self.settle(t_us)
        return self.dead_until_us > t_us

    def wait(self) -> Life:
        """Wait for a session: gives True when one is handed over, False when the destination died meanwhile."""
        self._wait_in_line([None])
        granted = yield self.line
        return granted

    def admit(self, items: list[Item], t_us: int) -> None:
        """Serve what a scan activated at ``t_us`` (the clock) as far as sessions are free; the rest waits its turn."""
        assert self._serve is not None
        for k, item in enumerate(items):
            if not self.enter(t_us):
                self._wait_in_line(items[k:])
                return
            self._serve(item)

    def _wait_in_line(self, entries: Sequence[Item | None]) -> None:
        self._queue.extend(entries)
        if not self._watched:
            self._watched = True
            self._spawn(self._watch(), self._order)

    def leave(self, end_us: int, *, failed: bool) -> None:
        """The session's end is known."""
        self.open -= 1
        self._sequence += 1
        heappush(self.ends, (end_us, self._sequence, failed))
        if self._bell:
            self._world.wake_one(self._bell, True)

    def _watch(self) -> Life:
        yield self._world.now
        queue = self._queue
        while queue:
            now = self._world.now
            self.settle(now)
            if self.dead_until_us > now:
                items = [entry for entry in queue if entry is not None]
                queue.clear()
                self._world.wake_all(self.line, False)
                if items:
                    self._spawn(self._turned_away(items), LAST)
                break
            while queue and self.open + len(self.ends) < self.window and self._starts[0] + self._pace_us <= now:
                self._start_one(now)
                entry = queue.popleft()
                if entry is None:
                    self._world.wake_one(self.line, True)
                elif self._serve is not None:
                    self._serve(entry)
            if queue:
                yield self._next_turn()
        self._watched = False

    def _turned_away(self, items: list[Item]) -> Life:
        """Those who waited are put off after those who failed."""
        yield self._world.now
        if self._give_up is not None:
            self._give_up(items)

    def _next_turn(self) -> Any:
        """When who waits has a chance again: at the next end, or when another two may start."""
        if self.open + len(self.ends) < self.window:
            paced = self._starts[0] + self._pace_us
            return min(paced, self.ends[0][0]) if self.ends else paced
        if not self.ends:
            return self._bell
        return (self._bell, self.ends[0][0]) if self.open else self.ends[0][0]
