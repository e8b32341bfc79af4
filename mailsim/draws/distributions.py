"""Distributions of durations: a uniform number in, whole microseconds out, by inverse transform.

Each has ``sample`` for one number and ``samples`` for a numpy column of them; both give the same values to the last bit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, TypeAlias

from mailsim.draws.portable import exp_column, log_column, normal_quantile, portable_exp, portable_gamma, portable_log, quantile_column

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Integers: TypeAlias = NDArray[np.int64]

__all__ = ["LONGEST_US", "Constant", "Distribution", "Empirical", "Exponential", "LogNormal", "Shifted", "Uniform", "Weibull"]

LONGEST_US = 2**53 - 1  #: no drawn duration is longer (285 years), so all are exact as floats too


class Distribution(ABC):
    """How long something takes: turns a uniform number into whole microseconds by inverse transform.

    A larger uniform never gives a shorter duration, so two runs that share their draws stay ordered.
    """

    __slots__ = ()

    @property
    @abstractmethod
    def mean(self) -> float:
        """Expected value in microseconds (before rounding to whole ones)."""

    @abstractmethod
    def sample(self, u: float) -> int:
        """The duration in microseconds that belongs to u, for u in [0, 1)."""

    def samples(self, u: Floats) -> Integers:
        """:meth:`sample` of each entry, in numpy; the same values."""
        import numpy as np

        return np.fromiter(map(self.sample, u.tolist()), np.int64, len(u))


def _require(holds: bool, text: str) -> None:
    if not holds:
        raise ValueError(text)


def _round(x: float) -> int:
    return int(min(x + 0.5, LONGEST_US))


def _round_column(x: Floats) -> Integers:
    import numpy as np

    return np.minimum(x + 0.5, LONGEST_US).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Constant(Distribution):
    """Always ``us`` microseconds."""

    us: int

    def __post_init__(self) -> None:
        _require(0 <= self.us <= LONGEST_US, "a constant duration must not be negative")

    @property
    def mean(self) -> float:
        """``us`` itself."""
        return float(self.us)

    def sample(self, u: float) -> int:
        """``us``, whatever u is."""
        return self.us

    def samples(self, u: Floats) -> Integers:
        """:meth:`sample` of each entry."""
        import numpy as np

        return np.full(len(u), self.us, np.int64)


@dataclass(frozen=True, slots=True)
class Exponential(Distribution):
    """Exponential with mean ``mean_us``: waiting for what can happen at any moment."""

    mean_us: float

    def __post_init__(self) -> None:
        _require(self.mean_us >= 0 and isfinite(self.mean_us), "the mean of an exponential must not be negative")

    @property
    def mean(self) -> float:
        """``mean_us`` itself."""
        return float(self.mean_us)

    def sample(self, u: float) -> int:
        """``-mean * log(1 - u)``, rounded."""
        return _round(-self.mean_us * portable_log(1.0 - u))

    def samples(self, u: Floats) -> Integers:
        """:meth:`sample` of each entry."""
        return _round_column(-self.mean_us * log_column(1.0 - u))


@dataclass(frozen=True, slots=True)
class Uniform(Distribution):
    """Each whole microsecond from ``low_us`` to ``high_us``, both included, equally likely."""

    low_us: int
    high_us: int

    def __post_init__(self) -> None:
        _require(0 <= self.low_us <= self.high_us <= LONGEST_US, "a uniform duration needs 0 <= low <= high")

    @property
    def mean(self) -> float:
        """The middle of the two ends."""
        return (self.low_us + self.high_us) / 2

    def sample(self, u: float) -> int:
        """``low + floor(u * (high - low + 1))``."""
        return self.low_us + int(u * (self.high_us - self.low_us + 1))

    def samples(self, u: Floats) -> Integers:
        """:meth:`sample` of each entry."""
        import numpy as np

        return self.low_us + (u * (self.high_us - self.low_us + 1)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class LogNormal(Distribution):
    """Log-normal: half of the values lie below ``median_us``; ``sigma`` is the deviation of the logarithm."""

    median_us: float
    sigma: float

    def __post_init__(self) -> None:
        _require(self.median_us >= 0 and isfinite(self.median_us), "the median of a log-normal must not be negative")
        _require(0 <= self.sigma <= 20, "sigma of a log-normal must lie between 0 and 20")

    @property
    def mean(self) -> float:
        """``median * exp(sigma**2 / 2)``."""
        return self.median_us * portable_exp(0.5 * self.sigma * self.sigma)

    def sample(self, u: float) -> int:
        """``median * exp(sigma * z)``, rounded; z is the normal quantile of u."""
        return _round(self.median_us * portable_exp(self.sigma * normal_quantile(u)))

    def samples(self, u: Floats) -> Integers:
        """:meth:`sample` of each entry."""
        return _round_column(self.median_us * exp_column(self.sigma * quantile_column(u)))


@dataclass(frozen=True, slots=True)
class Weibull(Distribution):
    """Weibull with mean ``mean_us``: below shape 1 what has lasted lasts on (early failures), above 1 it wears out; 1: exponential."""

    mean_us: float
    shape: float

    def __post_init__(self) -> None:
        _require(self.mean_us >= 0 and isfinite(self.mean_us), "the mean of a Weibull must not be negative")
        _require(0.1 <= self.shape <= 20, "the shape of a Weibull must lie between 0.1 and 20")

    @property
    def mean(self) -> float:
        """``mean_us`` itself."""
        return float(self.mean_us)

    @property
    def scale_us(self) -> float:
        """The scale: ``mean / gamma(1 + 1 / shape)``; 63 % of the values lie below it."""
        return self.mean_us / portable_gamma(1.0 + 1.0 / self.shape)

    def sample(self, u: float) -> int:
        """``scale * (-log(1 - u)) ** (1 / shape)``, rounded."""
        depth = -portable_log(1.0 - u)
        return _round(self.scale_us * portable_exp(portable_log(depth) / self.shape)) if depth > 0.0 else 0

    def samples(self, u: Floats) -> Integers:
        """:meth:`sample` of each entry."""
        import numpy as np

        depth = -log_column(1.0 - u)
        some = depth > 0.0
        power = exp_column(log_column(np.where(some, depth, 1.0)) / self.shape)
        return np.where(some, _round_column(self.scale_us * power), 0)


@dataclass(frozen=True)
class Empirical(Distribution):
    """One of the recorded durations, each equally likely; kept in ascending order."""

    values: tuple[int, ...]

    def __init__(self, values: Iterable[int]) -> None:
        object.__setattr__(self, "values", tuple(sorted(values)))
        _require(bool(self.values), "an empirical distribution needs at least one value")
        _require(self.values[0] >= 0 and self.values[-1] <= LONGEST_US, "a recorded duration must not be negative")

    @property
    def mean(self) -> float:
        """The mean of the values."""
        return sum(self.values) / len(self.values)

    def sample(self, u: float) -> int:
        """The value of rank ``floor(u * n)``, counted from 0."""
        return self.values[int(u * len(self.values))]

    def samples(self, u: Floats) -> Integers:
        """:meth:`sample` of each entry."""
        import numpy as np

        return self._column[(u * len(self.values)).astype(np.int64)]

    @cached_property
    def _column(self) -> Integers:
        import numpy as np

        return np.array(self.values, np.int64)


@dataclass(frozen=True, slots=True)
class Shifted(Distribution):
    """``least_us`` and on top of it a draw of ``rest``: a round trip and its jitter."""

    least_us: int
    rest: Distribution

    def __post_init__(self) -> None:
        _require(0 <= self.least_us <= LONGEST_US, "the least duration must not be negative")

    @property
    def mean(self) -> float:
        """The least duration and the mean of the rest."""
        return self.least_us + self.rest.mean

    def sample(self, u: float) -> int:
        """``least_us`` and the draw of the rest."""
        return self.least_us + self.rest.sample(u)

    def samples(self, u: Floats) -> Integers:
        """:meth:`sample` of each entry."""
        return self.least_us + self.rest.samples(u)
