"""sendmail's way to work off a queue: a run takes every message, one after the other, and remembers dead hosts while it lasts.

New mail is tried at once, each message by a process of its own that knows nothing of the others.  Every queue run (``-q``) then
takes all messages that no process holds, least tried first (operations guide, ``RetryFactor``: each attempt makes a job's
priority worse).  A host whose connection failed is not called again in that run: the other messages for it are put off untried
(sendmail 8.17.1.9 observed: one try per run after a burst, the rest deferred from the run's host status).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailsim.nodes.attempt import Item, Outcome, attempt
from mailsim.nodes.mta.disciplines import discipline
from mailsim.nodes.mta.life import MESSAGE_ORDER, activated, commit, walk
from mailsim.nodes.world import Life

if TYPE_CHECKING:
    from mailsim.nodes.mta.actor import MtaActor

__all__ = ["QueueRuns"]


@discipline("queue_runs")
class QueueRuns:
    """The queue runs of one MTA."""

    def __init__(self, mta: MtaActor) -> None:
        self._mta = mta

    def carry(self, item: Item, t_us: int) -> Life:
        """New mail: an attempt by a process of its own."""
        return walk(self._mta, item, t_us, None)

    def due(self, items: list[Item], now_us: int) -> None:
        """A queue run begins."""
        self._mta.world.spawn(self._run(items), MESSAGE_ORDER + items[0].number)

    def _run(self, items: list[Item]) -> Life:
        """One run: message after message, each by itself once a server has it."""
        mta = self._mta
        now: int = yield mta.world.now
        dead: set[str] = set()
        for item in items:
            activated(mta, item, now)
            outcome: Outcome = yield from attempt(mta, item, now, dead=dead)
            dead.update(key for key in outcome.failed_hosts if " " not in key)
            if outcome.contacted:
                for d in item.deliveries:
                    mta.log.tries[d] += 1
            stage = yield from commit(mta, item, outcome)
            mta.world.spawn(stage, MESSAGE_ORDER + item.number)
            now = mta.world.now
            if outcome.end_us > now:
                now = yield outcome.end_us
