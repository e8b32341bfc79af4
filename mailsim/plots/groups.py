"""Groups of mail that a picture compares: the cohorts of a run, cut to a window of send instants, and their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mailsim.language import say
from mailsim.plots.timeaxis import Window, duration_text, window_s
from mailsim.results.columns import view
from mailsim.results.metrics import Cohort, cohorts

if TYPE_CHECKING:
    from mailsim.results import Result

__all__ = ["group_name", "sent_in", "sent_within"]


def sent_in(window: Window) -> str:
    """What a caption says of a window of send instants."""
    if window is None:
        return ""
    low, high = (duration_text(edge) if edge else "0" for edge in window_s(window, 0, 1))
    return say("cohorts.sent_in", low=low, high=high)


def sent_within(result: Result, window: Window) -> tuple[Cohort, ...]:
    """The cohorts of a run, cut to the mail that was sent in a window; those that are left empty are left out.

    The second one is left out too where every mail was sent during the fault: it would say the same again.
    """
    found = cohorts(result.log)
    if window is not None:
        low, high = window_s(window, 0, 1)
        sent_s = view(result.log.messages, "sent_us") / 1e6
        found = tuple(Cohort(one.key, one.mask & (sent_s >= low) & (sent_s < high)) for one in found)
    kept = [one for one in found if len(one)]
    return tuple(one for k, one in enumerate(kept) if k == 0 or not np.array_equal(one.mask, kept[0].mask))


def group_name(key: str, count: int) -> str:
    """The name of a group at the left of its bar, its lines set apart by `` / `` in the table, and how many there are in it."""
    lines = say(key).split(" / ")
    return "\n".join([*lines, f"({count})"])
