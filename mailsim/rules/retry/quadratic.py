"""qmail and OpenSMTPD: the k-th retry comes when the message is ``base * k^2`` old, so the gaps grow as the root of the age.

qmail reckons from the clock when an attempt begins: ``birth + (floor(sqrt(age)) + skip)^2`` seconds with skip 20 for remote
and 10 for local mail (qmail-send.c ``nextretry``), which is ``skip^2 * k^2`` for attempts on time.  OpenSMTPD takes the
smallest ``arrival + base * k^2`` that is still to come (scheduler_ramqueue.c ``scheduler_next``; OpenSMTPD 6.8.0p2 observed),
however long the attempt took.
"""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["QuadraticPolicy", "RootPolicy"]

SECOND_US = 1_000_000


class QuadraticPolicy(NamedTuple):
    """OpenSMTPD: the smallest ``arrival + base * k^2`` after the attempt; ``base_us`` is 400 s for remote mail."""

    base_us: int

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
        """The next square; see :class:`mailsim.rules.retry.policy.RetryPolicy`."""
        step = isqrt((failed_us - arrival_us) // self.base_us) + 1
        return arrival_us + self.base_us * step * step

    def next_column(
        self, arrival_us: npt.NDArray[np.int64], failed_us: npt.NDArray[np.int64], *, phase_us: int = 0, origin_us: int = 0
    ) -> npt.NDArray[np.int64]:
        """:meth:`next` for a column of messages."""
        squares = (failed_us - arrival_us) // self.base_us
        root = (squares**0.5).astype("int64")
        root -= root * root > squares  # what the root of a float is off by
        root += (root + 1) * (root + 1) <= squares
        due: npt.NDArray[np.int64] = arrival_us + self.base_us * (root + 1) * (root + 1)
        return due


class RootPolicy(NamedTuple):
    """qmail: ``birth + (floor(sqrt(age)) + skip)^2`` in whole seconds, reckoned when the attempt begins."""

    skip: int

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
        """The retry time that was written down when the attempt began; see :class:`mailsim.rules.retry.policy.RetryPolicy`."""
        begun = failed_us if started_us < 0 else started_us
        root = isqrt(max(begun - arrival_us, 0) // SECOND_US) + self.skip
        return max(arrival_us + root * root * SECOND_US, failed_us)
