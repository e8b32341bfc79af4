"""Figures of a run, each with its cohort: how much arrived within a time, what was returned, what is still under way.

Everything is read off one curve, :func:`arrival_curve`: the share of the cohort that is in the mailbox (or at the
reader) within a time after sending.  Mail that was returned never arrives: it stays in the denominator for ever.
Mail still under way when the run ends is *censored*: it counts as long as it was watched and no longer.  Mail whose sender's
schedule is known no further (*unknown*) ends the knowledge: from its last known attempt on no share is told, since nothing says
that it fares like the rest, as censoring assumes.

The curve is the cumulative incidence of arrival with return as the competing end (Aalen and Johansen 1978), which
without returned mail is one minus the Kaplan-Meier estimate (1958), and without censored mail the plain share.
It is a dozen lines of numpy rather than ``scipy.stats.ecdf`` because that one knows no competing end, and because the
figures must be the same digits where scipy is not installed; the tests compare both where both apply.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from mailsim.events import EventLog, State
from mailsim.language import say
from mailsim.results.columns import Ints, view

__all__ = [
    "ArrivalCurve",
    "Cohort",
    "Mask",
    "Shares",
    "arrival_curve",
    "cohorts",
    "fault_spans",
    "ordinary",
    "sent_during_faults",
    "shares",
]

#: which rows of the message table
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

#: rounding slack of a share that is a product of many fractions; far below one message in a billion
_SLACK = 1e-12


@dataclass(frozen=True)
class Cohort:
    """Which deliveries a figure is about.

    Attributes
    ----------
    key : str
        ``during_faults`` or ``all``.
    mask : ndarray of bool
        Over the rows of the message table.
    """

    key: Literal["during_faults", "all"]
    mask: Mask

    @property
    def words(self) -> str:
        """For people: ``mail sent while a fault was active``."""
        return say(f"cohorts.{self.key}")

    def __len__(self) -> int:
        return int(self.mask.sum())


@dataclass(frozen=True)
class ArrivalCurve:
    """Share of a cohort that has arrived within a time after sending.

    Attributes
    ----------
    t_us : ndarray of int
        The different times after which mail arrived, ascending, in microseconds.
    share : ndarray of float
        Share arrived within ``t_us`` (ends included).
    at_risk : ndarray of int
        Mail that just before ``t_us`` had neither arrived nor been returned and was still watched.
    total, censored, never, unknown : int
        Deliveries in the cohort; of which still under way or unknown; of which ended otherwise (returned, lost); of which unknown.
    known_until_us : int
        Beyond this time the share is not known, since what is left was watched no longer; -1 where it is always known.
    """

    t_us: Ints
    share: Floats
    at_risk: Ints
    total: int
    censored: int
    never: int
    known_until_us: int
    _leave_us: Ints
    unknown: int = 0
    _slowest_us: int = -1

    def share_within(self, t_us: int) -> float | None:
        """Share that arrives within ``t_us``; None where the run was too short to know, or the cohort is empty."""
        if self.total == 0 or 0 <= self.known_until_us < t_us:
            return None
        place = int(np.searchsorted(self.t_us, t_us, side="right"))
        return float(self.share[place - 1]) if place else 0.0

    def quantile_us(self, p: float) -> int | None:
        """Time within which the share ``p`` of the cohort arrives; None where that share never does (or is not known)."""
        assert 0 < p <= 1, p
        place = int(np.searchsorted(self.share, p - _SLACK, side="left"))
        return int(self.t_us[place]) if place < len(self.t_us) else None

    @property
    def max_us(self) -> int | None:
        """The slowest arrival that was seen; None where none was."""
        return self._slowest_us if self._slowest_us >= 0 else int(self.t_us[-1]) if len(self.t_us) else None

    @property
    def last_us(self) -> int:
        """The longest time for which any delivery was watched: it arrived, ended, or the run ended."""
        return int(self._leave_us[-1]) if len(self._leave_us) else 0

    def at_risk_after(self, t_us: int) -> int:
        """Deliveries that ``t_us`` after sending were still under way and watched."""
        return self.total - int(np.searchsorted(self._leave_us, t_us, side="right"))


@dataclass(frozen=True)
class Shares:
    """What became of a cohort, in shares of it (None where it is empty)."""

    total: int
    delivered: float | None
    bounced: float | None
    rejected: float | None
    censored: float | None
    discarded: float | None
    lost: float | None
    unknown: float | None


def ordinary(log: EventLog) -> Mask:
    """Deliveries of mail that users sent (no reports) and whose send instant the run reached."""
    return np.asarray((view(log.messages, "parent") < 0) & (view(log.messages, "state") != State.UNSENT))


def fault_spans(log: EventLog) -> list[tuple[int, int]]:
    """Stretches (start included, end excluded) in which at least one fault was active, merged, in order."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((span.start_us, span.end_us) for span in log.conditions if span.end_us > span.start_us):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def sent_during_faults(log: EventLog) -> Mask:
    """Deliveries that were sent while at least one fault was active."""
    sent = view(log.messages, "sent_us")
    spans = fault_spans(log)
    if not spans:
        return np.zeros(len(sent), dtype=bool)
    place = np.searchsorted(np.array([start for start, _ in spans], dtype=np.int64), sent, side="right") - 1
    ends = np.array([end for _, end in spans], dtype=np.int64)
    return np.asarray((place >= 0) & (sent < ends[np.maximum(place, 0)]))


def cohorts(log: EventLog) -> tuple[Cohort, ...]:
    """The cohorts of a run, the default one first: mail sent while a fault was active (if any was), and all mail."""
    mail = ordinary(log)
    every = Cohort("all", mail)
    during = mail & sent_during_faults(log)
    if not during.any():
        return (every,)
    return (Cohort("during_faults", during), every)


def arrival_curve(log: EventLog, mask: Mask | None = None, *, to: Literal["stored", "read"] = "stored") -> ArrivalCurve:
    """The arrival curve of a cohort.

    Parameters
    ----------
    log : EventLog
    mask : ndarray of bool, optional
        The deliveries it is about; by default all ordinary mail.
    to : str
        ``stored``: in the mailbox; ``read``: at the reader's client.
    """
    mask = ordinary(log) if mask is None else mask
    sent = view(log.messages, "sent_us")[mask]
    state = view(log.messages, "state")[mask]
    arrived_us = view(log.messages, {"stored": "stored_us", "read": "fetched_us"}[to])[mask]
    ended_us = view(log.messages, "ended_us")[mask]
    arrived = (state == State.STORED) & (arrived_us >= 0)
    never = np.isin(state, (State.BOUNCED, State.REJECTED, State.DISCARDED, State.LOST))
    unknown = state == State.UNKNOWN
    last = np.where(arrived, arrived_us, np.where((never | unknown) & (ended_us >= 0), ended_us, log.end_us))
    curve = _curve(last - sent, arrived, never)
    return _as_far_as_known(curve, int((last - sent)[unknown].min()), int(unknown.sum())) if unknown.any() else curve


def _as_far_as_known(curve: ArrivalCurve, until_us: int, unknown: int) -> ArrivalCurve:
    """A curve up to the first instant at which somebody's fate is unknown."""
    kept = curve.t_us <= until_us
    return replace(
        curve,
        t_us=curve.t_us[kept],
        share=curve.share[kept],
        at_risk=curve.at_risk[kept],
        known_until_us=until_us if curve.known_until_us < 0 else min(until_us, curve.known_until_us),
        unknown=unknown,
        _slowest_us=-1 if curve.max_us is None else curve.max_us,
    )


def _curve(time_us: Ints, arrived: Mask, never: Mask) -> ArrivalCurve:
    """Aalen-Johansen over exact times; at equal times arrivals and returns come before censorings."""
    total = len(time_us)
    leave = np.sort(time_us)
    ends = arrived | never
    t_us, place = np.unique(time_us[ends], return_inverse=True)
    gone = np.bincount(place, minlength=len(t_us)).astype(np.int64)
    came = np.bincount(place[arrived[ends]], minlength=len(t_us)).astype(np.int64)
    at_risk = total - np.searchsorted(leave, t_us, side="left")
    censored = total - int(ends.sum())
    if censored:
        staying = np.cumprod(1 - gone / at_risk)
        share = np.cumsum(np.concatenate(([1.0], staying[:-1])) * came / at_risk) if len(t_us) else np.zeros(0)
        share = np.where(t_us <= time_us[~ends].min(), np.cumsum(came) / total, share)  # exact while all are watched
        open_end = len(t_us) == 0 or staying[-1] > _SLACK
    else:
        share = np.cumsum(came) / total if total else np.zeros(0)
        open_end = False
    kept = came > 0
    known = int(leave[-1]) if open_end and total else -1
    return ArrivalCurve(t_us[kept], share[kept], at_risk[kept], total, censored, int(never.sum()), known, leave)


def shares(log: EventLog, mask: Mask | None = None) -> Shares:
    """What became of the deliveries in ``mask`` (by default all ordinary mail)."""
    mask = ordinary(log) if mask is None else mask
    state = view(log.messages, "state")[mask]

    def share(states: Sequence[State]) -> float | None:
        return float(np.isin(state, states).mean()) if len(state) else None

    return Shares(
        total=len(state),
        delivered=share((State.STORED,)),
        bounced=share((State.BOUNCED,)),
        rejected=share((State.REJECTED,)),
        censored=share((State.SUBMITTING, State.QUEUED)),
        discarded=share((State.DISCARDED,)),
        lost=share((State.LOST,)),
        unknown=share((State.UNKNOWN,)),
    )
