"""Lies a figure where the recordings lie, give or take some slack?"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["outside", "span", "within"]


def within(value: float | None, recorded: Iterable[float | None], slack: float) -> bool:
    """Whether ``value`` is at most ``slack`` outside the range of the recorded figures.

    A figure that is missing (None) agrees with recordings that all lack it, and with no other.

    Examples
    --------
    >>> within(4.5, [3.0, None, 4.0], 0.5), within(4.6, [3.0, 4.0], 0.5), within(None, [None, None], 1.0), within(1.0, [], 9.0)
    (True, False, True, False)
    """
    there = [figure for figure in recorded if figure is not None]
    if value is None or not there:
        return value is None and not there
    return min(there) - slack <= value <= max(there) + slack


def span(recorded: Iterable[float | None]) -> str:
    """The recorded range in words.

    Examples
    --------
    >>> span([3.0, 4.25, None]), span([7, 7]), span([None])
    ('3 to 4.25', '7', 'nothing')
    """
    there = sorted({figure for figure in recorded if figure is not None})
    if not there:
        return "nothing"
    low, high = f"{there[0]:.4g}", f"{there[-1]:.4g}"
    return low if low == high else f"{low} to {high}"


def outside(what: str, value: float | None, recorded: Iterable[float | None]) -> str:
    """The sentence for a figure that lies outside."""
    return f"{what} {'nothing' if value is None else f'{value:.4g}'}, recorded {span(recorded)}"
