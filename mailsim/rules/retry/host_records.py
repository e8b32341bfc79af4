"""Exim: retry times kept per host since that host first failed (spec chapter 32), looked at in queue runs.

``F,T,I``: while the host has failed for less than T, try every I.  ``G,T,I,k``: start at I, then multiply the last gap by k.
``next try = floor(e) + interval``, tried in the first queue run at or after it (Exim 4.96 observed).  After the last T the
failure is final.  A success deletes the record.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["HostRecord", "HostRecordPolicy", "RuleStep"]

SECOND_US = 1_000_000


class RuleStep(NamedTuple):
    """One step of a rule: ``F`` fixed or ``G`` geometric, until the host has failed this long, interval, factor."""

    kind: str
    until_us: int
    interval_us: int
    factor: float


class HostRecord(NamedTuple):
    """What is known of a failing host: since when, when it last failed, when it may be tried again, past the last T."""

    first_us: int
    last_us: int
    next_us: int
    expired: bool


class HostRecordPolicy(NamedTuple):
    """A retry rule."""

    steps: tuple[RuleStep, ...]
    interval_max_us: int

    @property
    def cutoff_us(self) -> int:
        """The last T: a host that has failed for longer has failed for good."""
        return self.steps[-1].until_us

    def failed(self, record: HostRecord | None, failed_us: int) -> HostRecord:
        """The record after a failure that ended at ``failed_us``.

        Notes
        -----
        As ``retry.c`` does it: the first step whose T is not exceeded by the time since the first failure; in a ``G``
        step the gap is the smaller of the last planned and the last real gap times the factor, at least the step's own
        interval, at most ``retry_interval_max``.  Past the last T the last step goes on counting.
        """
        now = failed_us - failed_us % SECOND_US
        if record is None:
            record = HostRecord(now, now, now, False)
        failing = now - record.first_us
        expired = failing > self.cutoff_us
        step = next((s for s in self.steps if failing <= s.until_us), self.steps[-1])
        if step.kind == "F":
            gap = step.interval_us
        else:
            planned = record.next_us - record.last_us
            real = now - record.last_us
            base = min(planned, real) if planned > 0 else real
            gap = max(step.interval_us, int(base * step.factor))
        return HostRecord(record.first_us, now, now + min(gap, self.interval_max_us), expired)
