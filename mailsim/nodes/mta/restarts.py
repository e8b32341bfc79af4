"""What an MTA loses when its machine or service goes down in the middle of its work, and how it begins again.

An MTA of which a crash or restart is declared keeps account of what it holds (*custody*), and whatever it does is *mortal*: a Flow
that belongs to it ends when it goes down.  What it has on disk stays: deferred mail, retry records; what was under way goes back
into the queue.  When it is up again everything that is due is tried at once, and the grid of its queue runs begins at that instant.

Sources: Postfix qmgr.c ``qmgr_post_init`` (what was active goes to *incoming*, both queues are scanned, the deferred one every
``queue_run_delay`` from then on); Exim daemon.c ("pretend the alarm has just gone off": the first queue runner starts at once);
sendmail's main.c ("If we should also be processing the queue, start doing it in background").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mailsim.events import Event, State
from mailsim.nodes.attempt import Item
from mailsim.nodes.mta.disciplines import discipline_of
from mailsim.nodes.mta.returning import lose
from mailsim.nodes.world import Life
from mailsim.rules.conditions import FOREVER, Timeline
from mailsim.rules.reasons import Why

if TYPE_CHECKING:
    from mailsim.nodes.mta.actor import MtaActor

__all__ = ["Restarts", "Turn", "turns"]

#: before everything else of an instant: an outage includes its first instant
FAULT_ORDER = 0


class Turn(NamedTuple):
    """At an instant an MTA goes down (until ``until_us``), loses its queue, or is up again."""

    at_us: int
    down: bool
    lost: bool
    until_us: int


def turns(timeline: Timeline) -> list[Turn]:
    """What happens to an MTA with these conditions, in order of time.

    Examples
    --------
    >>> from mailsim.rules.conditions import Condition, Span
    >>> [turn[:3] for turn in turns(Timeline([Span(5, 9, Condition(restarts=True, loses_queue=True))]))]
    [(5, True, True), (9, False, False)]
    """
    found: list[Turn] = []
    end = -1
    loses = False
    spans = [span for span in timeline.spans() if span.condition.restarts]
    for k, span in enumerate(spans):
        fresh = span.start_us != end
        if fresh and end >= 0:
            found.append(Turn(end, False, False, end))
        if fresh or (span.condition.loses_queue and not loses):
            up = next((a.end_us for a, b in zip(spans[k:], spans[k + 1 :], strict=False) if a.end_us != b.start_us), spans[-1].end_us)
            found.append(Turn(span.start_us, True, span.condition.loses_queue, up))
        end, loses = span.end_us, span.condition.loses_queue
    if 0 <= end < FOREVER:
        found.append(Turn(end, False, False, end))
    return found


class Restarts:
    """The custody of one MTA and its ups and downs."""

    def __init__(self, mta: MtaActor, happens: list[Turn]) -> None:
        self._mta = mta
        self._happens = happens
        self._boot = 0
        #: deliveries that it is responsible for, by the item of its queue
        self.held: dict[Item, list[int]] = {}
        #: reports that are being made: message to delivery
        self.making: dict[int, int] = {}

    def begin(self) -> None:
        """Let the ups and downs happen."""
        self._mta.world.spawn(self._course(), FAULT_ORDER)

    # -- custody ------------------------------------------------------------------------------------------------

    def enter(self, item: Item) -> None:
        """An item is in the queue (again)."""
        self.held.setdefault(item, list(item.deliveries))

    def leave(self, item: Item, deliveries: tuple[int, ...]) -> None:
        """Deliveries are somebody else's now, or over."""
        mine = self.held.get(item)
        if mine is None:
            return
        mine[:] = [d for d in mine if d not in deliveries]
        if not mine:
            del self.held[item]

    # -- mortality ----------------------------------------------------------------------------------------------

    def mortal(self, life: Life) -> Life:
        """The same life, which ends without a word when the MTA goes down or comes up."""
        boot, value = self._boot, None
        while True:
            try:
                turn = life.send(value)
            except StopIteration as end:
                return end.value
            value = yield turn
            if self._boot != boot:
                life.close()
                return None

    # -- ups and downs ------------------------------------------------------------------------------------------

    def _course(self) -> Life:
        for turn in self._happens:
            now: int = yield max(turn.at_us, self._mta.world.now)
            if turn.down:
                self._down(now, turn)
            else:
                self._up(now)

    def _down(self, now_us: int, turn: Turn) -> None:
        mta = self._mta
        self._boot += 1
        mta.door.went_down()
        lines = [line for destination in mta.destinations.values() for line in destination.lines]
        mta.destinations.clear()
        for line in lines:  # who waits there is dead, and hears of it
            mta.world.wake_all(line, False)
        mta.deferred.halt()
        if turn.lost:
            self._lose_all(now_us)
        elif mta.log.rows is not None:
            for item in self._under_way():
                row = (now_us, item.number, -1, Event.DEFERRED, mta.number, -1, -1, item.attempt, -1, Why.WENT_DOWN, turn.until_us, -1)
                mta.log.rows.extend(row)

    def _under_way(self) -> list[Item]:
        """What is held and does not wait for its time."""
        return [item for item in self.held if not item.ticket]

    def _lose_all(self, now_us: int) -> None:
        mta = self._mta
        for item, deliveries in list(self.held.items()):
            lose(mta, item, tuple(deliveries), now_us)
        mta.deferred.take(list(self.held))
        self.held.clear()
        for number, d in self.making.items():
            log = mta.log
            log.accepted_us[d], log.holder[d], log.state[d] = now_us, mta.number, State.QUEUED
            if log.rows is not None:
                log.rows.extend((now_us, number, -1, Event.ACCEPTED, mta.number, mta.number, -1, 0, 250, 0, 0, -1))
            lose(mta, Item(number, (d,), "", 0, now_us, local=False), (d,), now_us)
        self.making.clear()
        mta.waiting.clear()
        mta.memory.records.clear()

    def _up(self, now_us: int) -> None:
        mta = self._mta
        self._boot += 1
        mta.memory.phase_us = now_us
        under_way = self._under_way()
        before: Any = mta.discipline
        mta.discipline = discipline_of(mta)
        if mta.discipline is not None:
            mta.discipline.inherit(before, under_way)
        mta.deferred.resume(lambda item, due: max(mta.due_again(item, due), now_us))
        for item in under_way:
            item.deliveries = tuple(self.held[item])
            mta.deferred.put(item, now_us)
        reports, self.making = self.making, {}
        for number, delivery in reports.items():
            mta.world.spawn(mta.take(number, (delivery,), 0, now_us, mta.number), 2 + number)
