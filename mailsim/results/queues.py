"""Queue depth over time from the log, its peak, and the time that a queue takes to drain after the last fault.

A message is in the queue of a node from the instant at which the node takes responsibility (``ACCEPTED``) until it has
handed it over, stored, returned or lost it for the last of its recipients there; between ``DEFERRED`` and ``ACTIVATED``
it waits for another attempt, for the reason that its ``DEFERRED`` row tells.  It counts once, however many recipients it has.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mailsim.events import Event, EventLog, State
from mailsim.results.columns import Ints, by_message, view
from mailsim.results.metrics import fault_spans
from mailsim.rules.reasons import Why

__all__ = ["WAITS", "QueueChanges", "QueuePeak", "peak_of", "queue_by_reason", "queue_changes", "queue_peaks", "queue_total", "waiting_at"]

#: why a message is in a queue: it is worked on, or it waits after an attempt that came to one of the reasons
WAITS: dict[str, frozenset[Why]] = {
    "at_work": frozenset(),
    "silence": frozenset((Why.SILENT, Why.REPLY_TIMEOUT)),
    "refused": frozenset((Why.REFUSED, Why.UNREACHABLE, Why.CLOSED, Why.NO_SERVICE)),
    "tempfail": frozenset((Why.TEMPFAIL, Why.GREYLISTED, Why.TOO_MANY_CONNECTIONS, Why.TOO_MANY_SESSIONS, Why.RATE_LIMITED,
                           Why.UNVERIFIED_RECIPIENT, Why.MAILBOX_FULL, Why.AUTH_UNAVAILABLE)),
    "dns": frozenset((Why.DNS_TIMEOUT, Why.DNS_SERVFAIL, Why.DNS_NXDOMAIN, Why.DNS_NODATA, Why.DNS_REFUSED)),
    "left_alone": frozenset((Why.DESTINATION_DEAD, Why.HOST_RETRY_TIME)),
    "policy": frozenset((Why.STS_MISMATCH, Why.STS_UNTRUSTED, Why.DANE_LOOKUP, Why.DANE_FAILED)),
    "other": frozenset(),
}  # fmt: skip

_LEAVES = (Event.DELIVERED, Event.STORED, Event.BOUNCED, Event.EXPIRED, Event.DISCARDED, Event.LOST, Event.UNKNOWN)
_KINDS = (Event.ACCEPTED, Event.DEFERRED, Event.ACTIVATED, *_LEAVES)


class QueueChanges(NamedTuple):
    """Instants at which queues changed, by node and then by time; the figures hold from each instant on."""

    node: Ints  #: name number (of :func:`queue_by_reason`: the place in :data:`WAITS`)
    t_us: Ints
    depth: Ints
    deferred: Ints
    octets: Ints

    def at_node(self, node: int) -> QueueChanges:
        """The changes at one node."""
        return QueueChanges(*(column[self.node == node] for column in self))


class QueuePeak(NamedTuple):
    """How far a queue filled, and when it was back at what it was before the first fault.

    Attributes
    ----------
    node : str
        The node, or ``""`` for all queues together.
    peak, peak_octets : int
        Most messages (and most octets) at a time.
    peak_us : int
        First instant of the most messages.
    level : int
        Most messages before the first fault began: the usual depth (the peak itself where there was no fault).
    drained_us : int or None
        First instant after the last fault's end at which no more than ``level`` are left; None where there was no
        fault, the last one did not end, or the run ended before.
    """

    node: str
    peak: int
    peak_octets: int
    peak_us: int
    level: int
    drained_us: int | None


class _Steps(NamedTuple):
    """What one row changed: one message enters (1) or leaves (-1) a node, begins (1) or ends (-1) to wait; its size."""

    message: Ints
    node: Ints
    t_us: Ints
    enters: Ints
    waits: Ints
    size: Ints


def queue_changes(log: EventLog) -> QueueChanges:
    """Every change of every queue (of all nodes that took responsibility for mail)."""
    steps = _steps(log)
    change = np.stack((steps.enters, steps.waits, steps.enters * steps.size), axis=1)
    return _summed_by_node(steps.node, steps.t_us, change)


def waiting_at(log: EventLog, at_us: Ints) -> list[dict[str, int]]:
    """Messages in the queue of each node at each instant, where there are any."""
    changes, found = queue_changes(log), [dict[str, int]() for _ in at_us]
    for node in np.unique(changes.node).tolist():
        here = changes.at_node(node)
        place = np.searchsorted(here.t_us, at_us, side="right") - 1
        for k, row in enumerate(place.tolist()):
            if row >= 0 and here.depth[row]:
                found[k][log.names[node]] = int(here.depth[row])
    return found


def queue_total(log: EventLog) -> QueueChanges:
    """All queues together, with node -1; a message that two nodes hold for the moment of a handover counts once."""
    steps = _steps(log)
    order = np.lexsort((-steps.enters, steps.t_us, steps.message))
    message, enters = steps.message[order], steps.enters[order]
    holders = np.cumsum(enters)  # starts at 0 for each message that left all nodes; what stays is taken off below
    first = np.ones(len(message), dtype=bool)
    first[1:] = message[1:] != message[:-1]
    before = np.repeat((holders - enters)[first], np.diff(np.append(np.flatnonzero(first), len(message))))
    inside = ((holders - before) > 0).astype(np.int64)
    step = inside - np.where(first, 0, np.roll(inside, 1))
    change = np.stack((step, steps.waits[order], step * steps.size[order]), axis=1)
    moved = (change != 0).any(axis=1)
    return _summed_by_node(np.full(int(moved.sum()), -1), steps.t_us[order][moved], change[moved])


def queue_by_reason(log: EventLog) -> QueueChanges:
    """All queues together, by why messages are in them: at work or waiting after an attempt that failed for a reason.

    In the place of ``node`` stands the place of the reason in :data:`WAITS`.
    """
    places = {int(why): place for place, whys in enumerate(WAITS.values()) for why in whys}
    table = np.array([places.get(n, len(WAITS) - 1) for n in range(max(Why) + 1)])
    states = _states(log)
    now = np.where(states.inside == 0, -1, np.where(states.kind == Event.DEFERRED, table[states.why], 0))
    before = np.where(states.new, -1, np.roll(now, 1))
    goes, comes = (now != before) & (before >= 0), (now != before) & (now >= 0)
    place = np.concatenate((before[goes], now[comes]))
    step = np.repeat((-1, 1), (goes.sum(), comes.sum()))
    size = by_message(log, "size")[np.concatenate((states.message[goes], states.message[comes]))]
    t_us = np.concatenate((states.t_us[goes], states.t_us[comes]))
    return _summed_by_node(place, t_us, np.stack((step, np.where(place > 0, step, 0), step * size), axis=1))


class _States(NamedTuple):
    """After each row that counts, message by message and node by node: what the row was, and is the message in that queue then."""

    message: Ints
    node: Ints
    t_us: Ints
    kind: Ints
    why: Ints
    inside: Ints
    new: npt.NDArray[np.bool_]  #: the first row of a message at a node


def _states(log: EventLog) -> _States:
    rows = np.flatnonzero(np.isin(view(log.events, "kind"), _KINDS))
    message = view(log.events, "message")[rows].astype(np.int64)
    node = view(log.events, "node")[rows].astype(np.int64)
    key = message * (len(log.names) + 1) + node
    order = np.argsort(key, kind="stable")
    order = order[_counted(key[order], view(log.events, "kind")[rows][order], _held(log))]
    key, kind = key[order], view(log.events, "kind")[rows][order]
    new = np.ones(len(key), dtype=bool)
    new[1:] = key[1:] != key[:-1]
    t_us, why = view(log.events, "t_us")[rows][order], view(log.events, "why")[rows][order]
    return _States(message[order], node[order], t_us, kind, why, (~np.isin(kind, _LEAVES)).astype(np.int64), new)


def _steps(log: EventLog) -> _Steps:
    states = _states(log)
    inside, waiting = states.inside, (states.kind == Event.DEFERRED).astype(np.int64)
    enters = inside - np.where(states.new, 0, np.roll(inside, 1))
    waits = waiting - np.where(states.new, 0, np.roll(waiting, 1))
    changed = (enters != 0) | (waits != 0)
    who = states.message[changed]
    return _Steps(who, states.node[changed], states.t_us[changed], enters[changed], waits[changed], by_message(log, "size")[who])


def _held(log: EventLog) -> Ints:
    """Keys (message, node) of what is still queued when the run ends."""
    queued = view(log.messages, "state") == State.QUEUED
    message = view(log.messages, "message")[queued].astype(np.int64)
    return np.asarray(message * (len(log.names) + 1) + view(log.messages, "holder")[queued])


def _counted(key: Ints, kind: Ints, held: Ints) -> npt.NDArray[np.bool_]:
    """Which rows count: a leave counts only if the message (for its last recipient) is really gone from the node then.

    It is not where another row of the same message and node follows that is no new arrival, nor where the run ends
    with the message still queued there.
    """
    leave = np.isin(kind, _LEAVES)
    followed = np.zeros(len(key), dtype=bool)
    followed[:-1] = (key[1:] == key[:-1]) & (kind[1:] != Event.ACCEPTED)
    last = np.ones(len(key), dtype=bool)
    last[:-1] = key[1:] != key[:-1]
    return ~(leave & (followed | (last & np.isin(key, held))))


def _summed_by_node(node: Ints, t_us: Ints, change: Ints) -> QueueChanges:
    order = np.lexsort((t_us, node))
    node, t_us, change = node[order], t_us[order], change[order]
    running = np.cumsum(change, axis=0)
    first = np.ones(len(node), dtype=bool)
    first[1:] = node[1:] != node[:-1]
    starts = np.flatnonzero(first)
    if len(starts):
        before = running[starts] - change[starts]
        running = running - np.repeat(before, np.diff(np.append(starts, len(node))), axis=0)
    last = np.ones(len(node), dtype=bool)
    last[:-1] = (node[1:] != node[:-1]) | (t_us[1:] != t_us[:-1])
    node, t_us, running = node[last], t_us[last], running[last]
    moved = np.ones(len(node), dtype=bool)  # what comes and goes at one instant is no change
    moved[1:] = (node[1:] != node[:-1]) | (running[1:] != running[:-1]).any(axis=1)
    return QueueChanges(node[moved], t_us[moved], running[moved, 0], running[moved, 1], running[moved, 2])


def peak_of(changes: QueueChanges, node: str, spans: list[tuple[int, int]], *, end_us: int) -> QueuePeak:
    """Peak and drain of one node's changes, given the merged stretches with faults and the end of the run."""
    depth, t_us = changes.depth, changes.t_us
    place = int(np.argmax(depth)) if len(depth) else -1
    peak, peak_us = (int(depth[place]), int(t_us[place])) if place >= 0 else (0, 0)
    octets = int(changes.octets.max(initial=0))
    if not spans or spans[0][0] >= end_us:
        return QueuePeak(node, peak, octets, peak_us, peak, None)
    level = int(depth[t_us < spans[0][0]].max(initial=0))
    over = max(end for start, end in spans if start < end_us)
    if over >= end_us:
        return QueuePeak(node, peak, octets, peak_us, level, None)
    at_end = int(np.searchsorted(t_us, over, side="right")) - 1
    if at_end < 0 or depth[at_end] <= level:
        return QueuePeak(node, peak, octets, peak_us, level, over)
    later = np.flatnonzero((t_us > over) & (depth <= level))
    return QueuePeak(node, peak, octets, peak_us, level, int(t_us[later[0]]) if len(later) else None)


def queue_peaks(log: EventLog) -> list[QueuePeak]:
    """Peak and drain of all queues together (first, with node ``""``) and of each node, in the order of their numbers."""
    changes, spans = queue_changes(log), fault_spans(log)
    each = [("", queue_total(log))] + [(log.names[node], changes.at_node(node)) for node in np.unique(changes.node).tolist()]
    return [peak_of(some, name, spans, end_us=log.end_us) for name, some in each]
