"""The grid on which queue runs fall: the first run at or after an instant."""

from __future__ import annotations

__all__ = ["next_scan"]


def next_scan(t_us: int, interval_us: int, phase_us: int) -> int:
    """The first instant at or after ``t_us`` on the grid ``phase + k * interval``."""
    return t_us + (phase_us - t_us) % interval_us
