"""Which server first took the mail from the sending side, and when."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mailsim.events import EventLog, State
from mailsim.results.columns import Ints, view
from mailsim.results.metrics import Mask, fault_spans, ordinary

__all__ = ["Takers", "takers"]


class Takers(NamedTuple):
    """Deliveries that a server took.

    Attributes
    ----------
    hosts : tuple of str
        The servers, the one that took most first.
    host : ndarray of int
        Per delivery the place of its server in ``hosts``.
    t_us : ndarray of int
        When the server took it, ascending.
    in_fault : ndarray of bool
        Whether a fault was active then.
    open : int
        Deliveries that no server took and that are in no mailbox either: not yet, or never.
    """

    hosts: tuple[str, ...]
    host: Ints
    t_us: Ints
    in_fault: Mask
    open: int

    def counts(self, mask: Mask | None = None) -> Ints:
        """How many each host took (of those in ``mask``)."""
        return np.bincount(self.host if mask is None else self.host[mask], minlength=len(self.hosts)).astype(np.int64)


def takers(log: EventLog) -> Takers:
    """Who first took each delivery of ordinary mail."""
    mail = ordinary(log)
    via, t_us = view(log.messages, "via")[mail].astype(np.int64), view(log.messages, "relayed_us")[mail].astype(np.int64)
    there = (via >= 0) & (t_us >= 0)
    order = np.argsort(t_us[there], kind="stable")
    names, host, counts = np.unique(via[there][order], return_inverse=True, return_counts=True)
    ranked = sorted(range(len(names)), key=lambda k: (-int(counts[k]), log.names[int(names[k])]))
    place = np.zeros(len(names), dtype=np.int64)
    place[ranked] = np.arange(len(names))
    when = t_us[there][order]
    hosts = tuple(log.names[int(names[k])] for k in ranked)
    in_fault = _within(when, fault_spans(log))
    nowhere = ~there & (view(log.messages, "state")[mail] != State.STORED)
    return Takers(hosts, place[host.ravel()].astype(np.int64), when, in_fault, int(nowhere.sum()))


def _within(t_us: Ints, spans: list[tuple[int, int]]) -> Mask:
    """Which instants lie in one of the stretches (start included, end excluded)."""
    if not spans:
        return np.zeros(len(t_us), dtype=bool)
    starts, ends = (np.array(edge, dtype=np.int64) for edge in zip(*spans, strict=True))
    place = np.searchsorted(starts, t_us, side="right") - 1
    return np.asarray((place >= 0) & (t_us < ends[np.maximum(place, 0)]))
