"""How sure a mean over runs is: Student's t interval, with the exact cases kept exact."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, isnan, nan, sqrt
from typing import NamedTuple

__all__ = ["LEVEL", "Interval", "mean_interval"]

#: the share of studies in which such an interval covers the true mean, where runs scatter normally
LEVEL = 0.95


class Interval(NamedTuple):
    """A mean over runs and the ends of its interval; ``nan`` where it is not known."""

    mean: float
    low: float
    high: float


def mean_interval(values: Sequence[float], *, least: float | None = None, most: float | None = None) -> Interval:
    """Mean of independent runs with Student's t interval at :data:`LEVEL`.

    Parameters
    ----------
    values : sequence of float
        One value per run; ``nan`` for a run in which the figure does not exist.
    least, most : float, optional
        Bounds of the quantity: the interval is cut there.

    Returns
    -------
    Interval
        All ``nan`` as soon as one run has no value, since the mean of the others would be that of a selection.  With one
        run the ends are ``nan``.  Where all runs agree, mean and ends are that value to the last digit.

    Examples
    --------
    >>> mean_interval([1.0, 2.0, 3.0])  # 2 +- t(0.975, 2) * 1 / sqrt(3) = 2 +- 4.3027 * 0.57735
    Interval(mean=2.0, low=-0.484..., high=4.484...)
    """
    n = len(values)
    if n == 0 or any(isnan(value) for value in values):
        return Interval(nan, nan, nan)
    if n == 1:
        return Interval(values[0], nan, nan)
    if min(values) == max(values):
        return Interval(values[0], values[0], values[0])
    from scipy.special import stdtrit  # the t quantile alone: scipy.stats takes ten times as long to import

    mean = fsum(values) / n
    deviation = sqrt(fsum((value - mean) ** 2 for value in values) / (n - 1))
    half = float(stdtrit(n - 1, (1 + LEVEL) / 2)) * deviation / sqrt(n)
    low, high = mean - half, mean + half
    return Interval(mean, low if least is None else max(low, least), high if most is None else min(high, most))
