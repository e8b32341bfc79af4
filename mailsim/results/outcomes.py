"""What became of mail, one kind each: in time, late, returned, rejected, lost, discarded, unknown, still under way."""

from __future__ import annotations

import numpy as np

from mailsim.events import EventLog, State
from mailsim.results.columns import view
from mailsim.results.metrics import Mask, ordinary
from mailsim.results.summary import LATER_THAN_US

__all__ = ["OUTCOMES", "outcome_counts"]

#: from the best to the worst, then what nobody knows (yet)
OUTCOMES = ("in_time", "late", "bounced", "rejected", "lost", "discarded", "unknown", "under_way")

_STATES: dict[str, tuple[State, ...]] = {
    "bounced": (State.BOUNCED,),
    "rejected": (State.REJECTED,),
    "lost": (State.LOST,),
    "discarded": (State.DISCARDED,),
    "unknown": (State.UNKNOWN,),
    "under_way": (State.SUBMITTING, State.QUEUED),
}


def outcome_counts(log: EventLog, mask: Mask | None = None, *, late_us: int = LATER_THAN_US["1h"]) -> dict[str, int]:
    """Deliveries of a cohort (by default all ordinary mail) by outcome; the counts add up to the cohort.

    ``in_time`` is in the mailbox within ``late_us`` after it was sent, that time included; ``late`` after more.
    """
    mask = ordinary(log) if mask is None else mask
    state, sent, stored = (view(log.messages, name)[mask] for name in ("state", "sent_us", "stored_us"))
    there = state == State.STORED
    in_time = there & (stored - sent <= late_us)
    counts = {"in_time": int(in_time.sum()), "late": int((there & ~in_time).sum())}
    return counts | {name: int(np.isin(state, states).sum()) for name, states in _STATES.items()}
