"""The attempts of one message that fails at once every time, until it is given up: a schedule laid out by its own rule."""

from __future__ import annotations

from typing import NamedTuple

from mailsim.rules.retry.giving_up import GivingUp
from mailsim.rules.retry.grid import next_scan
from mailsim.rules.retry.host_records import HostRecord, HostRecordPolicy
from mailsim.rules.retry.policy import RetryPolicy

__all__ = ["Attempts", "lone_attempts"]

#: a message that is tried as often as this is tried for ever
MOST = 100_000


class Attempts(NamedTuple):
    """Ages of the attempts, and the age at which the message is given up; None where nobody knows what comes after the last."""

    ages_us: tuple[int, ...]
    given_up_us: int | None


class _LoneHost:
    """A host that one message alone goes to: Exim's record of it as a schedule (spec chapter 32)."""

    def __init__(self, policy: HostRecordPolicy, scan_us: int) -> None:
        self.policy, self.scan_us = policy, scan_us
        self.record: HostRecord | None = None

    def next(self, arrival_us: int, failed_us: int, phase_us: int) -> int:
        """The host's retry time, or any run once the message is older than the last T, on the grid of runs (if there is one)."""
        self.record = self.policy.failed(self.record, failed_us)
        due = max(min(self.record.next_us, arrival_us + self.policy.cutoff_us + 1), failed_us + 1)
        return next_scan(due, self.scan_us, phase_us) if self.scan_us else due

    @property
    def expired(self) -> bool:
        """Whether the host has failed for longer than the rule allows."""
        return self.record is not None and self.record.expired


def lone_attempts(
    policy: RetryPolicy | HostRecordPolicy,
    giving_up: GivingUp,
    lifetime_us: int,
    *,
    scan_us: int = 0,
    phase_us: int = 0,
    draw: float = 0.5,
) -> Attempts:
    """Walk a schedule from an arrival at 0 with attempts that take no time.

    Parameters
    ----------
    policy : RetryPolicy or HostRecordPolicy
        The schedule.
    giving_up : GivingUp
        How the message is given up.
    lifetime_us : int
        How long the program keeps it.
    scan_us : int
        The interval of queue runs for records of hosts (other schedules know theirs).
    phase_us : int
        Any one instant of a queue run.
    draw : float
        The draw of every jitter.
    """
    ages: list[int] = []
    host = _LoneHost(policy, scan_us) if isinstance(policy, HostRecordPolicy) else None
    at: int | None = 0
    while at is not None and len(ages) < MOST:
        ages.append(at)
        if host is not None:
            due: int | None = host.next(0, at, phase_us)
            over = at if host.expired else None
        else:
            assert not isinstance(policy, HostRecordPolicy)
            due = policy.next(0, at, attempt=len(ages), draw=draw, phase_us=phase_us)
            over = giving_up.given_up_us(0, at, due, attempt=len(ages), lifetime_us=lifetime_us)
        if over is not None:
            return Attempts(tuple(ages), over)
        at = due
    return Attempts(tuple(ages), None)
