"""When the next attempt is due: pure schedules, one file a mechanism."""

from mailsim.rules.retry.age_clamped import AgeClampedPolicy
from mailsim.rules.retry.host_records import HostRecord, HostRecordPolicy, RuleStep

__all__ = ["AgeClampedPolicy", "HostRecord", "HostRecordPolicy", "RuleStep", "next_scan"]


def next_scan(t_us: int, interval_us: int, phase_us: int) -> int:
    """The first instant at or after ``t_us`` on the grid ``phase + k * interval``."""
    return t_us + (phase_us - t_us) % interval_us
