"""What every schedule answers: when the next attempt is due, from the message's age, the number of attempts and one draw."""

from __future__ import annotations

from typing import Protocol

__all__ = ["RetryPolicy"]


class RetryPolicy(Protocol):
    """A schedule of one message.

    Exim's records per host are no such schedule, since they are shared by messages: see :mod:`mailsim.rules.retry.host_records`.
    """

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
        """The instant of the next attempt, not before ``failed_us``; None where nobody knows.

        Parameters
        ----------
        arrival_us : int
            When the message entered the queue.
        failed_us : int
            End of the attempt that failed.
        attempt : int
            Its number, from 1.
        started_us : int
            When that attempt began; -1 for an attempt that took no time.
        draw : float
            A uniform draw in [0, 1) for schedules with jitter.
        phase_us : int
            Any one instant of a queue run, for schedules on a grid.
        origin_us : int
            An instant at which the wall clock shows a whole second.
        """
        ...
