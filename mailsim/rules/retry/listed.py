"""Attempts that somebody measured, as a list: what comes after the last one nobody knows, and nothing is made up.

For providers whose program is not public (Pagani et al., DSN 2016: retries against six hours of 4xx).
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ListedPolicy"]


class ListedPolicy(NamedTuple):
    """Ages of the retries, ascending, counted from the first attempt (which is at the arrival)."""

    ages_us: tuple[int, ...]

    @property
    def known_until_us(self) -> int:
        """The age of the last attempt that was seen."""
        return self.ages_us[-1]

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
    ) -> int | None:
        """The listed age, or None beyond the list; see :class:`mailsim.rules.retry.policy.RetryPolicy`."""
        if attempt > len(self.ages_us):
            return None
        return max(arrival_us + self.ages_us[attempt - 1], failed_us)
