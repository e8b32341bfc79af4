"""sendmail: every queue run tries every message, with no back-off (``-q30m``; ``MinQueueAge`` may spare young ones).

A message that a delivery still holds is skipped (its queue file is locked), so the next attempt is in the first run after the
last one ended.  With ``MinQueueAge`` a run skips a message whose last attempt began less than that ago (sendmail operations
guide, ``MinQueueAge``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mailsim.rules.retry.grid import next_scan

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["EveryRunPolicy"]


class EveryRunPolicy(NamedTuple):
    """The figures of the schedule, microseconds."""

    interval_us: int
    minimum_age_us: int = 0

    def next(
        self,
        arrival_us: int,
        failed_us: int,
        *,
        attempt: int = 1,
        started_us: int = -1,
        draw: float = 0.5,
        phase_us: int = 0,
        origin_us: int = 0,
    ) -> int:
        """The first queue run after the attempt ended; see :class:`mailsim.rules.retry.policy.RetryPolicy`."""
        earliest = failed_us + 1
        if self.minimum_age_us:
            earliest = max(earliest, (failed_us if started_us < 0 else started_us) + self.minimum_age_us)
        return next_scan(earliest, self.interval_us, phase_us)

    def next_column(
        self, arrival_us: npt.NDArray[np.int64], failed_us: npt.NDArray[np.int64], *, phase_us: int = 0, origin_us: int = 0
    ) -> npt.NDArray[np.int64]:
        """:meth:`next` for a column of messages whose attempts took no time."""
        earliest = failed_us + max(1, self.minimum_age_us)
        return earliest + (phase_us - earliest) % self.interval_us
