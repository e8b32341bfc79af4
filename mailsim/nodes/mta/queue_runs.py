"""sendmail's way to work off a queue: a run takes every message, one after the other, and remembers what is dead for a while.

New mail is tried at once, each message by a process of its own that knows nothing of the others.  Every queue run (``-q``) then
takes all messages that no process holds, least tried first (operations guide, ``RetryFactor``: each attempt makes a job's
priority worse).  A run that is slow does not keep the next one waiting: both go through the queue, and whoever comes first to a
message holds it.

A run is one process, and remembers for ``Timeout.hoststatus`` which hosts it could not connect to and which domains it could not
look up: the other messages for them are put off untried (mci.c ``mci_get``, in whole seconds of the wall clock; sendmail 8.17.1.9
observed: one try per run after a burst, the rest deferred from the run's host status).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mailsim.nodes.attempt import Item, Outcome, attempt
from mailsim.nodes.mta.disciplines import discipline
from mailsim.nodes.mta.life import MESSAGE_ORDER, activated, commit, until_running, walk
from mailsim.nodes.mta.order import rank_of
from mailsim.nodes.world import Life
from mailsim.rules.reasons import Why
from mailsim.rules.retry import next_scan
from mailsim.rules.smtp import Action

if TYPE_CHECKING:
    from mailsim.nodes.mta.actor import MtaActor

__all__ = ["HostStatus", "QueueRuns"]

SECOND_US = 1_000_000

#: before the messages of an instant, as the runner of deferred mail
RUN_ORDER = 1


class HostStatus:
    """What one process remembers of hosts and domains that failed, in whole seconds of a clock that shows 0 at ``origin_us``.

    >>> status = HostStatus(1_000_000, origin_us=0)
    >>> status.note(["10.0.0.1"], 4_900_000)
    >>> status.dead(4_999_999), status.dead(5_000_000)
    (frozenset({'10.0.0.1'}), frozenset())
    """

    __slots__ = ("_kept_us", "_origin_us", "_since")

    def __init__(self, kept_us: int, *, origin_us: int) -> None:
        self._kept_us = kept_us
        self._origin_us = origin_us
        self._since: dict[str, int] = {}

    def note(self, keys: list[str], t_us: int) -> None:
        """Addresses or domains failed."""
        for key in keys:
            self._since[key] = (t_us - self._origin_us) // SECOND_US

    def dead(self, t_us: int) -> frozenset[str]:
        """What is still known to be dead."""
        second = (t_us - self._origin_us) // SECOND_US
        return frozenset(key for key, since in self._since.items() if (second - since) * SECOND_US < self._kept_us)


@discipline("queue_runs")
class QueueRuns:
    """The queue runs of one MTA."""

    def __init__(self, mta: MtaActor) -> None:
        self._mta = mta
        self._rank = rank_of(mta.figures.queue_order, mta.name, mta.world.draws, mta.world.origin_us)
        #: what runs have on their lists and nobody holds yet
        self._free: dict[Item, None] = {}
        self._latest: tuple[int, list[Item]] = (-1, [])
        self._watched = False

    def carry(self, item: Item, t_us: int) -> Life:
        """New mail: an attempt by a process of its own."""
        return walk(self._mta, item, t_us, None)

    def due(self, items: list[Item], now_us: int) -> None:
        """A queue run begins: it takes what is due, and what the runs before have not come to yet."""
        begun, listed = self._latest
        if begun == now_us:
            listed.extend(items)
        else:
            listed = [*items, *self._free]
            self._latest = (now_us, listed)
            self._mta.spawn(self._run(listed), MESSAGE_ORDER)
        for item in items:
            self._free[item] = None

    def inherit(self, before: Any, under_way: list[Item]) -> None:
        """A new daemon knows of no run."""

    def _watch(self, now_us: int) -> None:
        """The next run will take what this one has not come to by then."""
        if self._free and not self._watched:
            self._watched = True
            memory = self._mta.memory
            self._mta.spawn(self._next_run(next_scan(now_us + 1, memory.scan_us, memory.phase_us)), RUN_ORDER)

    def _next_run(self, at_us: int) -> Life:
        now: int = yield at_us
        self._watched = False
        if self._free:
            self.due([], now)

    def _run(self, items: list[Item]) -> Life:
        """One run: message after message, each by itself once a server has it."""
        mta = self._mta
        now: int = yield mta.world.now
        status = HostStatus(mta.figures.host_status or 0, origin_us=mta.memory.origin_us)
        items.sort(key=self._rank)
        for item in items:
            if not mta.stopped.quiet:
                now = yield from until_running(mta, now)
            if item not in self._free:
                continue
            del self._free[item]
            self._watch(now)
            activated(mta, item, now)
            dead = status.dead(now)
            if item.domain in dead:
                outcome = _put_off(item, now)
            else:
                outcome = yield from attempt(mta, item, now, dead=dead)
                unknown = [item.domain] if any(key.startswith("route ") for key in outcome.failed_hosts) else []
                status.note([*unknown, *(key for key in outcome.failed_hosts if " " not in key)], outcome.end_us)
            if outcome.contacted:
                for d in item.deliveries:
                    mta.log.tries[d] += 1
            stage = yield from commit(mta, item, outcome)
            mta.world.spawn(stage, MESSAGE_ORDER + item.number)
            now = mta.world.now
            if outcome.end_us > now:
                now = yield outcome.end_us


def _put_off(item: Item, t_us: int) -> Outcome:
    """The domain's names could not be looked up a moment ago: not tried again."""
    item.attempt += 1
    item.started_us = t_us
    return Outcome(Action.DEFER, Why.DESTINATION_DEAD, t_us, None, item.deliveries, (), None, 0, (), False, ())
