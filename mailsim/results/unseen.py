"""Mail that is in a mailbox but not in the one that its reader looks into: what a backup with mailboxes of its own hides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mailsim.events import EventLog, State
from mailsim.language import counted, say
from mailsim.results.columns import view
from mailsim.results.metrics import Mask, ordinary

__all__ = ["Unseen", "unseen"]


@dataclass(frozen=True)
class Unseen:
    """Stored mail that its reader never sees.

    Attributes
    ----------
    stored : int
        The cohort: deliveries of ordinary mail that are stored for an address that somebody fetches mail of.
    count : int
        Of these, not fetched and stored where nobody looks for them.
    places : dict of str to int
        The nodes that keep them.
    """

    stored: int
    count: int
    places: dict[str, int]

    @property
    def share(self) -> float | None:
        """Share of the cohort; None where that is empty."""
        return self.count / self.stored if self.stored else None

    def as_dict(self) -> dict[str, object]:
        """Plain values, ready for JSON."""
        return {"stored": self.stored, "count": self.count, "share": self.share, "places": dict(self.places)}

    def sentence(self) -> str:
        """For people."""
        where = ", ".join(f"{node} {counted(count)}" for node, count in self.places.items())
        return say("summary.unseen", unseen=counted(self.count), stored=counted(self.stored), where=where)


def unseen(log: EventLog, looks_into: Mapping[str, frozenset[str]], mask: Mask | None = None) -> Unseen:
    """Count the mail that is stored where its reader doesn't look.

    Parameters
    ----------
    looks_into : mapping
        Address (lower case) that somebody fetches mail of -> the mail stores in which somebody looks for it; an address for which
        nobody looks anywhere is not counted.
    mask : ndarray of bool, optional
        The deliveries it is about; by default all ordinary mail.
    """
    mask = ordinary(log) if mask is None else mask
    rcpt, holder = view(log.messages, "rcpt"), view(log.messages, "holder")
    fetched = view(log.messages, "fetched_us")
    known = [number for number, name in enumerate(log.names) if looks_into.get(name.lower())]
    cohort = mask & (view(log.messages, "state") == State.STORED) & np.isin(rcpt, known)
    places: dict[str, int] = {}
    for row in np.flatnonzero(cohort & (fetched < 0)).tolist():
        node = log.names[holder[row]]
        if node not in looks_into[log.names[rcpt[row]].lower()]:
            places[node] = places.get(node, 0) + 1
    return Unseen(int(cohort.sum()), sum(places.values()), dict(sorted(places.items())))
