"""Postfix: wait as long as the message is old, clamped, then for the next scan of the deferred queue.

``next = first scan at or after floor(e) + clamp(a, minimum, maximum) - 1 s`` with the age
``a = floor(e) - floor(arrival)`` at the end ``e`` of the failed attempt (qmgr_active.c; postconf(5)
``minimal_backoff_time``, ``maximal_backoff_time``, ``queue_run_delay``).  Age is counted in whole seconds and the
time stamp lies one second back: file times have one-second resolution (Postfix 3.7.11 observed in all its recordings).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["AgeClampedPolicy"]

SECOND_US = 1_000_000


class AgeClampedPolicy(NamedTuple):
    """The figures of the schedule, microseconds; ``scan_us`` 0 means no grid, ``back_us`` is how far the time stamp lies back."""

    minimum_us: int
    maximum_us: int
    scan_us: int
    back_us: int = SECOND_US

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
        """The instant of the next attempt; see :class:`mailsim.rules.retry.policy.RetryPolicy` for what is not named here.

        Parameters
        ----------
        arrival_us : int
            When the message entered the queue.
        failed_us : int
            End of the attempt that failed.
        phase_us : int
            Any one instant of a queue scan.
        origin_us : int
            An instant at which the wall clock shows a whole second.
        """
        end = failed_us - (failed_us - origin_us) % SECOND_US
        age = end - (arrival_us - (arrival_us - origin_us) % SECOND_US)
        wait = self.minimum_us if age < self.minimum_us else self.maximum_us if age > self.maximum_us else age
        due = end + wait - self.back_us
        if due < failed_us:
            due = failed_us
        if self.scan_us:
            due += (phase_us - due) % self.scan_us
        return due

    def next_column(
        self, arrival_us: npt.NDArray[np.int64], failed_us: npt.NDArray[np.int64], *, phase_us: int = 0, origin_us: int = 0
    ) -> npt.NDArray[np.int64]:
        """:meth:`next` for a column of messages."""
        end = failed_us - (failed_us - origin_us) % SECOND_US
        age = end - (arrival_us - (arrival_us - origin_us) % SECOND_US)
        due: npt.NDArray[np.int64] = (end + age.clip(self.minimum_us, self.maximum_us) - self.back_us).clip(min=failed_us)
        return due + (phase_us - due) % self.scan_us if self.scan_us else due
