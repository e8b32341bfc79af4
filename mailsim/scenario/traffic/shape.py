"""The shape of a week: how much mail there is at which hour of which day, by the local clock, and its integral over time.

An hour of the local clock is a piece of even rate.  Where the clocks go forward the hour that is skipped has no piece, where
they go back the hour that happens twice has two: what counts is what a clock on the wall shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, Field, model_validator

from mailsim.declared import Declared
from mailsim.errors import did_you_mean
from mailsim.flavours import default, defaults
from mailsim.units import Instant, calendar

__all__ = ["SCALE", "NamedShape", "Piece", "Shape", "Weekly", "pieces", "shape_presets", "weighed"]

#: weights are whole numbers of 1/SCALE, so that integrals and their inverses are exact
SCALE = 1 << 20

_AREA = "shape."
_HOUR_US = 3_600_000_000

_Part = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


def shape_presets() -> tuple[str, ...]:
    """Names of the shapes that come with mailsim: ``shape: office``."""
    return tuple(key.removeprefix(_AREA) for key in defaults() if key.startswith(_AREA))


class Weekly(NamedTuple):
    """A shape ready to use: 7 days (Monday first) of 24 weights each, whole numbers of 1/:data:`SCALE`, 1 on the mean."""

    weights: tuple[tuple[int, ...], ...]


class Shape(Declared):
    """How mail is spread over a week: ``hours`` has 24 weights (midnight first), ``days`` has 7 (Monday first).

    Only their proportions count; the weight of an hour is that of its hour times that of its day.
    """

    hours: Annotated[tuple[_Part, ...], Field(json_schema_extra={"minItems": 24, "maxItems": 24})] = (1.0,) * 24
    days: Annotated[tuple[_Part, ...], Field(json_schema_extra={"minItems": 7, "maxItems": 7})] = (1.0,) * 7

    @model_validator(mode="after")
    def _complete(self) -> Shape:
        for name, count, first in (("hours", 24, "midnight"), ("days", 7, "Monday")):
            if len(getattr(self, name)) != count:
                raise ValueError(f"{name} needs {count} weights, {first} first; there are {len(getattr(self, name))}")
            if not any(getattr(self, name)):
                raise ValueError(f"all weights of {name} are 0; leave the traffic out to send nothing")
        return self

    def weekly(self) -> Weekly:
        """The weights of the 168 hours of a week."""
        mean = sum(self.hours) / 24 * (sum(self.days) / 7)
        return Weekly(tuple(tuple(round(day * hour / mean * SCALE) for hour in self.hours) for day in self.days))


def _named(value: object) -> object:
    if not isinstance(value, str):
        return value
    names = shape_presets()
    if value.strip() not in names:
        near = did_you_mean(value, names) or f"; there is: {', '.join(names)}"
        raise ValueError(f"no shape {value[:60]!r}{near}; or write hours with 24 weights and days with 7")
    return default(_AREA + value.strip())


#: a shape, or the name of one that comes with mailsim
NamedShape = Annotated[Shape, BeforeValidator(_named)]


class Piece(NamedTuple):
    """A stretch of even rate: from, to (microseconds after the start of the scenario), weight in 1/:data:`SCALE`."""

    start_us: int
    end_us: int
    weight: int


def pieces(week: Weekly, starts: Instant, start_us: int, end_us: int) -> Iterator[Piece]:
    """The hours of the local clock from ``start_us`` to ``end_us``, the first and the last cut off there.

    Parameters
    ----------
    week : Weekly
        The weights.
    starts : Instant
        What the calendar shows at 0, with the zone whose clock counts.
    start_us, end_us : int
        The window; it may begin before 0.
    """
    at = start_us
    while at < end_us:
        local = calendar(starts, at)
        past = (local.minute * 60 + local.second) * 1_000_000 + local.microsecond
        end = min(at + _HOUR_US - past, end_us)
        if calendar(starts, end - 1).utcoffset() != local.utcoffset():
            end = _clock_change(starts, at, end, local.utcoffset())
        yield Piece(at, end, week.weights[local.weekday()][local.hour])
        at = end


def _clock_change(starts: Instant, low: int, high: int, offset: timedelta | None) -> int:
    """The first instant with another offset from UTC than at ``low``; there is one before ``high``."""
    while high - low > 1:
        middle = (low + high) // 2
        if calendar(starts, middle).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high


@lru_cache(maxsize=64)
def weighed(week: Weekly, starts: Instant, start_us: int, end_us: int) -> int:
    """The integral of the weight over a window, in microseconds times :data:`SCALE`."""
    return sum((piece.end_us - piece.start_us) * piece.weight for piece in pieces(week, starts, start_us, end_us))
