"""Waits written out one by one, the last one repeated: Stalwart, Exchange's phases, ZoneMTA, James, the advice of RFC 5321.

Also chasquid's: waits by the message's age instead of the number of attempts, each with a random part (queue.go ``nextDelay``).
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["AgeStepsPolicy", "LadderPolicy"]


class LadderPolicy(NamedTuple):
    """The wait after the k-th failed attempt is the k-th of ``waits_us``, counted from its end; the last one repeats."""

    waits_us: tuple[int, ...]

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
        """The end of the attempt and its wait; see :class:`mailsim.rules.retry.policy.RetryPolicy`."""
        return failed_us + self.waits_us[min(attempt, len(self.waits_us)) - 1]


class AgeStepsPolicy(NamedTuple):
    """The wait is that of the first step whose age the message has not reached, ``(below, wait)``; then ``last_us``.

    ``jitter_us`` times the draw comes on top of it.
    """

    steps: tuple[tuple[int, int], ...]
    last_us: int
    jitter_us: int = 0

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
        """The end of the attempt and the wait of its age; see :class:`mailsim.rules.retry.policy.RetryPolicy`."""
        age = failed_us - arrival_us
        wait = next((wait for below, wait in self.steps if age < below), self.last_us)
        return failed_us + wait + int(draw * self.jitter_us)
