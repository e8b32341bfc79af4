"""The figures of one run that studies compare: what each is called, its unit and meaning, and how it is read off the log."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Literal

import numpy as np

from mailsim.events import EventLog, State
from mailsim.results.columns import Ints, view
from mailsim.results.metrics import Mask, arrival_curve, shares
from mailsim.results.summary import LATER_THAN_US

__all__ = ["COMPARED", "QUANTITIES", "STUDIED", "Quantity", "queue_figures", "run_figures"]


@dataclass(frozen=True)
class Quantity:
    """One figure of a run: its name (a column), its unit, words for a table of people, and what it means."""

    name: str
    unit: Literal["share", "s", "messages", "GB", "tries"]
    words: str
    meaning: str

    @property
    def bounds(self) -> tuple[float, float | None]:
        """Least and most that it can be."""
        return (0.0, 1.0 if self.unit == "share" else None)


_ALL: tuple[Quantity, ...] = (
    Quantity("delivered_share", "share", "in the mailbox", "share of the cohort that is in the mailbox when the run ends"),
    Quantity("bounced_share", "share", "returned (bounced)", "share of the cohort that was returned to its sender"),
    Quantity("rejected_share", "share", "rejected", "share that no server ever accepted: the sender was told in session"),
    Quantity("late_1h_share", "share", "not there after 1 h", "share not in the mailbox 1 h after it was sent, returned mail included"),
    Quantity("late_4h_share", "share", "not there after 4 h", "share not in the mailbox 4 h after it was sent, returned mail included"),
    Quantity("late_24h_share", "share", "not there after 24 h", "share not in the mailbox 24 h after it was sent, likewise"),
    Quantity("censored_share", "share", "still under way", "share under way when the run ended: neither delivered nor returned"),
    Quantity("unknown_share", "share", "unknown", "share of which nobody knows more: the schedule of its sender is known no further"),
    Quantity("delay_p50_s", "s", "half there within", "time from sent to stored for half of the cohort; missing where half never arrives"),
    Quantity("delay_p95_s", "s", "95 % there within", "time from sent to stored for 95 % of the cohort; missing where fewer arrive"),
    Quantity("delay_mean_s", "s", "mean delay", "mean time from sent to stored of what arrived; missing where mail was still under way"),
    Quantity("peak_queue", "messages", "most in our queues", "most messages of the cohort in the layout's own queues at a time"),
    Quantity("peak_queue_gb", "GB", "the same in GB", "most octets of the cohort in those queues at a time, in 10^9 octets"),
    Quantity("drain_s", "s", "settled after the end", "from the end of the outage to the last arrival or return; missing if one is open"),
    Quantity("tries_mean", "tries", "tries per message", "delivery attempts that contacted a host, over all servers, per message"),
)

#: every figure by name
QUANTITIES: dict[str, Quantity] = {one.name: one for one in _ALL}

#: what an outage study tells of each cell
STUDIED: tuple[str, ...] = tuple(QUANTITIES)

#: what two scenarios are compared by: the figures that need no single outage
COMPARED: tuple[str, ...] = tuple(name for name in QUANTITIES if name not in ("peak_queue", "peak_queue_gb", "drain_s"))


def run_figures(log: EventLog, cohort: Mask) -> dict[str, float]:
    """The figures of :data:`COMPARED` for the deliveries of ``cohort``; ``nan`` where a figure does not exist.

    Mail still under way counts as neither delivered nor returned: shares later than a time and quantiles come from the
    censoring-aware curve of :func:`mailsim.results.metrics.arrival_curve`.
    """
    what, curve = shares(log, cohort), arrival_curve(log, cohort)
    found = {f"{name}_share": _or_nan(getattr(what, name)) for name in ("delivered", "bounced", "rejected", "censored", "unknown")}
    for text, us in LATER_THAN_US.items():
        there = curve.share_within(us)
        found[f"late_{text}_share"] = nan if there is None else round(1 - there, 12)
    for percent in (50, 95):
        quantile = curve.quantile_us(percent / 100)
        found[f"delay_p{percent}_s"] = nan if quantile is None else quantile / 1e6
    arrived = cohort & (view(log.messages, "state") == State.STORED)
    delays = (view(log.messages, "stored_us") - view(log.messages, "sent_us"))[arrived]
    found["delay_mean_s"] = float(delays.mean()) / 1e6 if len(delays) and not curve.censored else nan
    found["tries_mean"] = float(view(log.messages, "tries")[cohort].mean()) if cohort.any() else nan
    return found


def queue_figures(log: EventLog, cohort: Mask, *, over_us: int) -> dict[str, float]:
    """The figures of :data:`STUDIED` that are about queues: peaks at our own servers, and when all was settled.

    Parameters
    ----------
    over_us : int
        When the outage ended.

    Notes
    -----
    A message is in a queue of ours from the instant at which one of the domain's MX hosts first took it until it is
    stored or returned.  That needs the message table only.
    """
    last = _last_instant(log)
    settled = ~np.isin(view(log.messages, "state"), (State.SUBMITTING, State.QUEUED))
    ours = cohort & (view(log.messages, "relayed_us") >= 0)
    enter, leave = view(log.messages, "relayed_us")[ours], last[ours]
    size = view(log.messages, "size")[ours]
    known = bool(cohort.any()) and bool(settled[cohort].all())
    return {
        "peak_queue": float(_peak(enter, leave, np.ones(len(enter), dtype=np.int64))),
        "peak_queue_gb": _peak(enter, leave, size) / 1e9,
        "drain_s": max(0, int(last[cohort].max()) - over_us) / 1e6 if known else nan,
    }


def _last_instant(log: EventLog) -> Ints:
    """When each delivery was stored or ended otherwise; the end of the run for what is still under way."""
    state = view(log.messages, "state")
    ended = np.where(state == State.STORED, view(log.messages, "stored_us"), view(log.messages, "ended_us"))
    return np.where(ended >= 0, ended, log.end_us)


def _peak(enter: Ints, leave: Ints, weight: Ints) -> int:
    """The largest sum of weights that are inside at a time; who leaves at an instant is gone at that instant."""
    instant = np.concatenate((leave, enter))
    step = np.concatenate((-weight, weight))
    order = np.argsort(instant, kind="stable")  # leaving comes first among equals
    return int(np.cumsum(step[order]).max(initial=0))


def _or_nan(value: float | None) -> float:
    return nan if value is None else value
