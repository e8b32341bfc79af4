"""When a program gives a message up: after a failed attempt, by the number of attempts, at an exact timer, or before a wait.

Each program has one way of it, and the way decides whether there is a last attempt when the lifetime is over:

==================== ================================================================================================
``after_attempt``    at the end of a failed attempt, the message is as old as its lifetime (Postfix, sendmail, Courier)
``begun_too_late``   the attempt that failed began after the lifetime was over (qmail-send.c ``flagdying``)
``timer``            when the lifetime is over, without a last attempt (OpenSMTPD 6.8.0p2 observed)
``before_wait``      at once, if the next attempt would come after the lifetime (KumoMTA)
``at_wake``          the next time it would be tried, instead of trying it (chasquid, Postal)
==================== ================================================================================================

``attempts`` limits the number of attempts besides; where the program notices that, the way says too.  Programs that count age by
time(2) see whole seconds of the wall clock (``whole_seconds``): sendmail 8.17.1.9 returned a message 39.96 s old after 40 s.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["GivingUp", "Way"]

SECOND_US = 1_000_000

#: the ways of the table above
Way = Literal["after_attempt", "begun_too_late", "timer", "before_wait", "at_wake"]


class GivingUp(NamedTuple):
    """How a program gives up; ``attempts`` 0 means as many as the lifetime allows."""

    way: Way = "after_attempt"
    attempts: int = 0
    whole_seconds: bool = False

    def by_count(self, attempt: int) -> bool:
        """Whether this was the last attempt because of their number."""
        return bool(self.attempts) and attempt >= self.attempts

    def given_up_us(
        self,
        arrival_us: int,
        failed_us: int,
        due_us: int | None,
        *,
        attempt: int,
        lifetime_us: int,
        started_us: int = -1,
        origin_us: int = 0,
    ) -> int | None:
        """When the message is given up after a failed attempt, or None if it is tried again at ``due_us``.

        Parameters
        ----------
        arrival_us, failed_us : int
            When the message entered the queue, and the end of the attempt.
        due_us : int or None
            When the next attempt would be; None where nobody knows: then only what is known now counts.
        attempt : int
            Number of attempts so far.
        lifetime_us : int
            How long the program keeps the message.
        started_us : int
            When the attempt began; -1 for one that took no time.
        origin_us : int
            An instant at which the wall clock shows a whole second.
        """
        over = arrival_us + lifetime_us
        if self.whole_seconds:
            over -= (arrival_us - origin_us) % SECOND_US
        if self.by_count(attempt):
            return due_us if self.way == "at_wake" and due_us is not None else failed_us
        if self.way == "after_attempt":
            return failed_us if failed_us >= over else None
        if self.way == "begun_too_late":
            return failed_us if (failed_us if started_us < 0 else started_us) > over else None
        if due_us is None:
            return None
        if self.way == "timer":
            return max(over, failed_us) if due_us >= over else None
        if self.way == "before_wait":
            return failed_us if due_us > over else None
        return due_us if due_us >= over else None
