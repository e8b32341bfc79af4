"""Distributions made of others or of a table, and the heavy tail: for what is measured rather than derived, such as sizes.

All are inverse transforms of one uniform number as those of ``distributions`` are.  Only :class:`Mixture` gives up the order:
a larger uniform number may there give a smaller value.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

from mailsim.draws.distributions import LONGEST_US, Distribution
from mailsim.draws.portable import portable_exp, portable_log

__all__ = ["Mixture", "Pareto", "Quantiles"]


def _require(holds: bool, text: str) -> None:
    if not holds:
        raise ValueError(text)


@dataclass(frozen=True, slots=True)
class Quantiles(Distribution):
    """A table of quantiles: ``shares[k]`` of all values lie below ``values[k]``; between two entries logarithms lie evenly.

    ``shares`` rise from 0 to 1, ``values`` (at least 1) do not fall.
    """

    shares: tuple[float, ...]
    values: tuple[int, ...]

    def __post_init__(self) -> None:
        _require(len(self.shares) == len(self.values) >= 2, "a table of quantiles needs at least two shares, with a value each")
        _require(self.shares[0] == 0 and self.shares[-1] == 1, "a table of quantiles goes from 0 to 1")
        _require(all(a < b for a, b in pairwise(self.shares)), "the shares of a table of quantiles must rise")
        _require(all(a <= b for a, b in pairwise(self.values)), "the values of a table of quantiles must not fall")
        _require(self.values[0] >= 1 and self.values[-1] <= LONGEST_US, "the values of a table of quantiles must be at least 1")

    @property
    def mean(self) -> float:
        """Each step with its share: the mean of a log-uniform is (b - a) / log(b / a)."""
        total = 0.0
        for k in range(len(self.shares) - 1):
            a, b = self.values[k], self.values[k + 1]
            total += (self.shares[k + 1] - self.shares[k]) * (a if a == b else (b - a) / portable_log(b / a))
        return total

    def sample(self, u: float) -> int:
        """The value below which ``u`` of all lie, rounded."""
        k = min(bisect_right(self.shares, u), len(self.shares) - 1) - 1
        low, high = self.values[k], self.values[k + 1]
        part = (u - self.shares[k]) / (self.shares[k + 1] - self.shares[k])
        return min(int(low * portable_exp(part * portable_log(high / low)) + 0.5), high)


@dataclass(frozen=True, slots=True)
class Pareto(Distribution):
    """A heavy tail: ``(least / x) ** alpha`` of all values are larger than x; cut at ``most`` (what is larger is not drawn)."""

    least: int
    alpha: float
    most: int

    def __post_init__(self) -> None:
        _require(1 <= self.least <= self.most <= LONGEST_US, "a Pareto distribution needs 1 <= least <= most")
        _require(0 < self.alpha <= 100 and isfinite(self.alpha), "alpha of a Pareto distribution must lie between 0 and 100")

    @property
    def _missing(self) -> float:
        """The share that the cut takes off."""
        return portable_exp(-self.alpha * portable_log(self.most / self.least))

    @property
    def mean(self) -> float:
        """Of the values between ``least`` and ``most``."""
        low, high, alpha = self.least, self.most, self.alpha
        if low == high:
            return float(low)
        if alpha == 1:
            return low / (1 - self._missing) * portable_log(high / low)
        lost = portable_exp((1 - alpha) * portable_log(high / low))
        return alpha / (alpha - 1) * low * (1 - lost) / (1 - self._missing)

    def sample(self, u: float) -> int:
        """``least * (1 - u * (1 - (least / most) ** alpha)) ** (-1 / alpha)``, rounded."""
        left = 1.0 - u * (1.0 - self._missing)
        return min(int(self.least * portable_exp(-portable_log(left) / self.alpha) + 0.5), self.most)


@dataclass(frozen=True)
class Mixture(Distribution):
    """One of several distributions, drawn by weight; what is left of the uniform number then draws within it."""

    parts: tuple[Distribution, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        _require(len(self.parts) == len(self.weights) >= 1, "a mixture needs at least one part, with a weight each")
        _require(all(weight > 0 and isfinite(weight) for weight in self.weights), "the weights of a mixture are more than zero")

    @property
    def mean(self) -> float:
        """The parts' means by weight."""
        return sum(part.mean * weight for part, weight in zip(self.parts, self.weights, strict=True)) / sum(self.weights)

    def sample(self, u: float) -> int:
        """The part in whose share of [0, 1) u lies draws with where in that share it lies."""
        at = u * sum(self.weights)
        for part, weight in zip(self.parts, self.weights, strict=True):
            if at < weight:
                return part.sample(at / weight)
            at -= weight
        return self.parts[-1].sample(1 - 2**-53)
