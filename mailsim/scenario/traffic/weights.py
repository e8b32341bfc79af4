"""Weights: one of several drawn in proportion, or a whole number shared out in proportion."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Annotated, TypeAlias

from pydantic import Field

__all__ = ["Weight", "apportioned", "bounds_of", "drawn_index"]

#: how often, or how much, in proportion to the others
Weight: TypeAlias = Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)]


def bounds_of(weights: Sequence[float]) -> tuple[float, ...]:
    """Where each one's share of [0, 1) ends."""
    total = sum(weights)
    return (*(reached / total for reached in list(accumulate(weights))[:-1]), 1.0)


def drawn_index(bounds: Sequence[float], u: float) -> int:
    """Which one's share a number in [0, 1) lies in.

    Examples
    --------
    >>> [drawn_index(bounds_of([9, 1]), u) for u in (0.0, 0.899, 0.9, 0.999)]
    [0, 0, 1, 1]
    """
    return min(bisect_right(bounds, u), len(bounds) - 1)


def apportioned(count: int, weights: Sequence[float]) -> tuple[int, ...]:
    """``count`` shared out by weight in whole numbers, by largest remainder; of equal remainders the first wins.

    Examples
    --------
    >>> apportioned(500, [0.7, 0.3]), apportioned(10, [1, 1, 1])
    ((350, 150), (4, 3, 3))
    """
    total = sum(weights)
    exact = [count * weight / total for weight in weights]
    shares = [int(share + 1e-9) for share in exact]
    order = sorted(range(len(weights)), key=lambda k: (round(shares[k] - exact[k], 9), k))
    for k in order[: count - sum(shares)]:
        shares[k] += 1
    return tuple(shares)
