"""Labels of one moment, which would stand on each other, spread out: below one another in order of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Box", "spread"]


class Box(NamedTuple):
    """Where letters would like to stand: from left to right, and their middle; heights grow downward."""

    left: float
    right: float
    middle: float


def spread(wished: Sequence[Box], *, low: float, high: float, step: float, most: int, taken: Sequence[Box] = ()) -> list[float | None]:
    """The middle that each label gets, so that none stands on another; None for one that there is no room for.

    Labels whose wishes lie less than a step below that of the first of them are of one moment.  They stand at the wish of the first, or
    each so many steps below it that it clears the ones before, so they read in order of time; what they belong to lies right below
    the first line and is left free.  Near the lower end of the sheet the last line stands at its wish, and the others above it.

    Parameters
    ----------
    wished : sequence of Box
        In order of time.
    low, high : float
        Upper and lower end of the sheet; ``low`` is less than ``high``.
    step : float
        From one line of letters to the next.
    most : int
        Lines that the labels of one moment may take; what would need more is left out.
    taken : sequence of Box
        Letters that stand fast.
    """
    fast = list(taken)
    found: list[float | None] = [None] * len(wished)
    first = 0
    while first < len(wished):
        end = next((k for k in range(first, len(wished)) if wished[k].middle >= wished[first].middle + step), len(wished))
        moment = range(first, end)
        lines = _lines([wished[k] for k in moment])
        needed = min(max(lines) + 1, most)
        top, gap = wished[first].middle, 0.6 * step
        if top + gap + step * (needed - 1) > high:
            top, gap = max(wished[moment[-1]].middle - step * (needed - 1), low), 0.0
        for k, line in zip(moment, lines, strict=True):
            for lower in range(line, most):  # below what stands there from another moment
                middle = wished[k].middle + step * lower if len(moment) == 1 else top + gap * (lower > 0) + step * lower
                box = wished[k]._replace(middle=middle)
                if middle <= max(high, wished[k].middle) and not any(_touch(box, other, step) for other in fast):
                    found[k] = middle
                    fast.append(box)
                    break
        first = end
    return found


def _lines(labels: Sequence[Box]) -> list[int]:
    """The line of each label: never above the one before, and not beside one that it would run into."""
    found: list[int] = []
    for k, box in enumerate(labels):
        line = max(found, default=0)
        while any(found[j] == line and box.left < labels[j].right and labels[j].left < box.right for j in range(k)):
            line += 1
        found.append(line)
    return found


def _touch(one: Box, other: Box, step: float) -> bool:
    return one.left < other.right and other.left < one.right and abs(one.middle - other.middle) < 0.9 * step
