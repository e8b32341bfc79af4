"""Courier: bursts of a few attempts close together, with long waits between them that double up to a limit.

courier(8): ``retryalpha`` (5 min) between the ``retrybeta`` (3) attempts of a burst, then ``retrygamma`` (15 min) doubled at
most ``retrymaxdelta`` (3) times.  The wait counts from the end of the attempt, on no grid.  The manual's first long wait is
``retrygamma``; the program's is twice that, since its exponent is the number of bursts made (cdmsgq3.C; Courier 1.0.16
observed: 0, 4, 8, 16, 20, 24, 40 s for alpha 4 s, beta 3, gamma 4 s).
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["BurstPolicy"]


class BurstPolicy(NamedTuple):
    """The figures of the schedule; ``as_manual``: the first long wait is ``gamma_us`` and not twice that."""

    alpha_us: int
    beta: int
    gamma_us: int
    maxdelta: int
    as_manual: bool = False

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
        bursts, within = divmod(attempt, self.beta)
        if within:
            return failed_us + self.alpha_us
        doublings = min(bursts - self.as_manual, self.maxdelta)
        return failed_us + (self.gamma_us << doublings)
