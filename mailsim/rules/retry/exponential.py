"""Each wait is the one before times a factor: KumoMTA, mox, Haraka, maddy, Postal; with cap, jitter and rounding as they have it.

The wait after the k-th failed attempt is ``base * factor^(k-1)``, at most ``cap``.  maddy as coded rounds the power down to a
whole number (queue.go: ``time.Duration(math.Pow(...))``), so the first waits are all alike.  KumoMTA adds a jitter to the
wait; mox draws the base a few seconds off and then doubles it, so that the jitter doubles too.  mox writes the next attempt
down when one begins, the others when it has failed.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["ExponentialPolicy"]


class ExponentialPolicy(NamedTuple):
    """The figures of the schedule; ``cap_us`` 0 means none, jitter is drawn uniformly from ``low`` to ``high``.

    ``whole``: the power is rounded down.  ``jitter_grows``: the jitter is part of the base.  ``from_start``: the wait counts
    from the beginning of the attempt.
    """

    base_us: int
    factor: float
    cap_us: int = 0
    jitter_low_us: int = 0
    jitter_high_us: int = 0
    whole: bool = False
    jitter_grows: bool = False
    from_start: bool = False

    def power(self, attempt: int) -> float:
        """``factor^(attempt - 1)`` by multiplication, the same bits everywhere."""
        power = 1.0
        for _ in range(min(attempt - 1, 200)):
            power *= self.factor
        return float(int(power)) if self.whole else power

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
        """The attempt's beginning or end and the wait; see :class:`mailsim.rules.retry.policy.RetryPolicy`."""
        jitter = self.jitter_low_us + int(draw * (self.jitter_high_us - self.jitter_low_us))
        power = self.power(attempt)
        wait = int((self.base_us + jitter) * power) if self.jitter_grows else int(self.base_us * power)
        if self.cap_us:
            wait = min(wait, self.cap_us)
        if not self.jitter_grows:
            wait += jitter
        begun = started_us if self.from_start and started_us >= 0 else failed_us
        return max(begun + wait, failed_us)
