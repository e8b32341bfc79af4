"""Where the time of a message went, from send to read, in whole microseconds that add up.

::

    sent ........ accepted ........................ relayed ........ taken ...... stored ..... fetched
         submit            queue + resolve + relay          onward         store         fetch

*Accepted* is when the first MTA took it, *relayed* when an MX of the recipient's domain did, *taken* when the server that keeps the
domain's mail did.  Between the first two, *resolve* is the time in which names were being looked up, *relay* the time in contact with
servers (time-outs included), and *queue* the rest.  Where a message went to several domains at a time, the look-ups and
contacts of all of them count, each moment once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mailsim.events import Event, EventLog, State
from mailsim.results.columns import Ints, view
from mailsim.results.metrics import Mask, ordinary

__all__ = ["PARTS", "MeanBudget", "latency_parts", "mean_budgets"]

#: the parts, in order of time
PARTS = ("submit", "queue", "resolve", "relay", "onward", "store", "fetch")

Spans = list[tuple[int, int]]


def latency_parts(log: EventLog) -> tuple[Ints, dict[str, Ints]]:
    """Rows of the message table (ordinary mail that is stored), and the parts of each, microseconds; ``fetch`` is -1 for unread mail.

    Needs a log of level ``events``.
    """
    assert log.level == "events", log.level
    rows: Ints = np.flatnonzero(ordinary(log) & (view(log.messages, "state") == State.STORED)).astype(np.int64)
    at = {name: view(log.messages, f"{name}_us")[rows].astype(np.int64) for name in ("sent", "accepted", "relayed", "stored", "fetched")}
    accepted = np.where(at["accepted"] < 0, at["sent"], at["accepted"])
    relayed = np.clip(np.where(at["relayed"] < 0, accepted, at["relayed"]), accepted, at["stored"])
    numbers = view(log.messages, "message")[rows].tolist()
    rcpts = view(log.messages, "rcpt")[rows].tolist()
    history = _History(log, set(numbers))
    found: dict[str, list[int]] = {part: [] for part in ("queue", "resolve", "relay", "onward", "store")}
    for number, rcpt, begin, middle, end in zip(numbers, rcpts, accepted.tolist(), relayed.tolist(), at["stored"].tolist(), strict=True):
        asked = history.asked[number]
        resolve = _covered(asked, begin, middle)
        busy = _covered(asked + history.tried[number], begin, middle)
        taken = min(max(history.taken(number, rcpt, end), middle), end)
        parts = (middle - begin - busy, resolve, busy - resolve, taken - middle, end - taken)
        for part, value in zip(found, parts, strict=True):
            found[part].append(value)
    return rows, {
        "submit": accepted - at["sent"],
        **{part: np.array(values, dtype=np.int64) for part, values in found.items()},
        "fetch": np.where(at["fetched"] < 0, -1, at["fetched"] - at["stored"]),
    }


class _History:
    """What the event rows say of some messages: when names were asked for and servers contacted, and who took them when."""

    def __init__(self, log: EventLog, wanted: set[int]) -> None:
        self.asked: dict[int, Spans] = defaultdict(list)
        self.tried: dict[int, Spans] = defaultdict(list)
        self._accepted: dict[tuple[int, int], Spans] = defaultdict(list)
        self._stored: dict[tuple[int, int], int] = {}
        column = {name: view(log.events, name) for name in ("t_us", "message", "rcpt", "kind", "node", "peer", "value")}
        kinds = (Event.LOOKED_UP, Event.TRIED, Event.ACCEPTED, Event.STORED)
        chosen = np.flatnonzero(np.isin(column["kind"], kinds) & (column["message"] >= 0))
        for t, message, rcpt, kind, node, peer, took in zip(*(values[chosen].tolist() for values in column.values()), strict=True):
            if message not in wanted:
                continue
            if kind == Event.ACCEPTED:
                self._accepted[(message, node)].append((t, t))
            elif kind == Event.STORED:
                self._stored.setdefault((message, rcpt), node if peer < 0 else peer)
            else:
                (self.asked if kind == Event.LOOKED_UP else self.tried)[message].append((t, t + took))

    def taken(self, message: int, rcpt: int, stored_us: int) -> int:
        """When the server that put it into the mailbox took it; -1 where that was none of the MTAs."""
        keeper = self._stored.get((message, rcpt), -1)
        return max((t for t, _ in self._accepted.get((message, keeper), ()) if t <= stored_us), default=-1)


def _covered(spans: Spans, begin_us: int, end_us: int) -> int:
    """How much of a stretch the spans cover together."""
    total, reached = 0, begin_us
    for start, end in sorted(spans):
        start, end = max(start, reached), min(end, end_us)
        if end > start:
            total += end - start
            reached = end
    return total


class MeanBudget(NamedTuple):
    """The mean of each part over the mail of a cohort that is in the mailbox, in microseconds (means add up, medians do not).

    Attributes
    ----------
    parts_us : dict of str to float
        Every part of :data:`PARTS` in order; ``fetch`` is the mean over the mail that was read.
    stored, read : int
        Deliveries in the mailbox, and read, that the means are of.
    median_us : float
        Half of it was in the mailbox within this time.
    """

    parts_us: dict[str, float]
    stored: int
    read: int
    median_us: float

    @property
    def to_mailbox_us(self) -> float:
        """The mean time to the mailbox: the sum of all parts but ``fetch``."""
        return sum(us for part, us in self.parts_us.items() if part != "fetch")


def mean_budgets(log: EventLog, masks: Sequence[Mask]) -> list[MeanBudget]:
    """The mean budget of each cohort (masks over the rows of the message table); needs a log of level ``events``."""
    rows, found = latency_parts(log)
    budgets = []
    for mask in masks:
        chosen = mask[rows]
        read = chosen & (found["fetch"] >= 0)
        parts = {part: _mean(found[part][read if part == "fetch" else chosen]) for part in PARTS}
        total = np.sum([found[part] for part in PARTS[:-1]], axis=0)
        median = float(np.quantile(total[chosen], 0.5, method="inverted_cdf")) if chosen.any() else 0.0
        budgets.append(MeanBudget(parts, int(chosen.sum()), int(read.sum()), median))
    return budgets


def _mean(values: Ints) -> float:
    return float(values.mean()) if len(values) else 0.0
