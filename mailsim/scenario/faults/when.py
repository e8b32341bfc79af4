"""When a fault holds, other than once: planned again and again, or drawn at random."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, Field, model_validator

from mailsim.declared import Declared, DrawnDuration, Duration, drawn
from mailsim.draws import Distribution, Draws, Weibull
from mailsim.errors import did_you_mean
from mailsim.language import numeral, say
from mailsim.scenario.faults import renewal
from mailsim.units import calendar, clock, duration, instant

__all__ = ["MOST_WINDOWS", "Drawn", "Every", "Spell", "Window", "window_words"]

#: no fault may hold more often; a year of hours is 8,760
MOST_WINDOWS = 10_000

DAY_US = 86_400_000_000

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


class Window(NamedTuple):
    """From ``start_us`` (included) until ``end_us`` (excluded), microseconds since the scenario's start."""

    start_us: int
    end_us: int


def _time_of_day(text: str) -> tuple[int, int]:
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text[:40]!r} is no time of day; write for example 02:00")
    return int(found[1]), int(found[2])


def _day(text: str) -> int:
    if text.lower() not in _DAYS:
        near = did_you_mean(text.lower(), _DAYS) or f"; the days are {', '.join(day.title() for day in _DAYS)}"
        raise ValueError(f"{text[:40]!r} is no day of the week{near}")
    return _DAYS.index(text.lower())


def window_words(start_us: int, end_us: int) -> str:
    """A stretch of time for people: ``from 1h to 7h``."""
    return say("portrait.window", start=numeral(clock(start_us)), end=numeral(clock(end_us)))


class Every(Declared):
    """Planned again and again: ``{period: 7d, length: 30m, start: 2h, until: 28d}`` or ``{weekly: Sunday 02:00, length: 30m, until: 28d}``.

    Parameters
    ----------
    period : duration, optional
        From one beginning to the next; the first is at ``start``.
    daily : str, optional
        In place of ``period``: a time of day in the scenario's time zone, such as ``02:00``.
    weekly : str, optional
        In place of ``period``: a day and a time, such as ``Sunday 02:00``.
    length : duration
        How long it lasts each time.
    start : duration
        Nothing happens before.
    until : duration
        Nothing happens from then on.

    Notes
    -----
    On the calendar it begins at that local time whatever the clocks do.  A time that the change of clocks skips is taken with
    the offset from before the change, one that comes twice is taken the first time (RFC 5545 sections 3.3.5 and 3.3.10).  It
    lasts for ``length`` of real time.
    """

    period: Duration | None = Field(default=None, gt=0)
    daily: str | None = None
    weekly: str | None = None
    length: Duration = Field(gt=0)
    start: Duration = 0
    until: Duration

    @model_validator(mode="after")
    def _fits(self) -> Every:
        if sum(one is not None for one in (self.period, self.daily, self.weekly)) != 1:
            raise ValueError("give one of period, daily and weekly; write for example period: 7d or weekly: Sunday 02:00")
        self._when()
        if self.length >= self._least_period_us:
            raise ValueError(f"length ({clock(self.length)}) must be less than what lies between two beginnings; or write one long outage")
        if self.until <= self.start:
            raise ValueError("until must lie after start")
        if (self.until - self.start) // self._least_period_us > MOST_WINDOWS:
            raise ValueError(f"this is more than {MOST_WINDOWS:,} times; let it end earlier, or come less often")
        return self

    def _when(self) -> tuple[int | None, int, int]:
        """Day of the week (None: each), hour and minute."""
        if self.weekly is not None:
            day, _, time = self.weekly.partition(" ")
            return _day(day), *_time_of_day(time)
        return None, *(_time_of_day(self.daily) if self.daily is not None else (0, 0))

    @property
    def _least_period_us(self) -> int:
        if self.period is not None:
            return self.period
        return (7 if self.weekly is not None else 1) * DAY_US - DAY_US // 24  # the night in which the clocks go forward

    @property
    def words(self) -> str:
        """For people: ``for 30m every 7d``, ``for 30m every Sunday 02:00``."""
        facts = {"length": numeral(clock(self.length)), "window": window_words(self.start, self.until)}
        if self.period is not None:
            return say("portrait.every_period", often=numeral(clock(self.period)), **facts)
        return say("portrait.every_week" if self.weekly else "portrait.every_day", often=self.weekly or self.daily, **facts)

    def windows(self, starts: str) -> tuple[Window, ...]:
        """All of them in order; ``starts`` is the scenario's calendar instant zero.  What begins before ``start`` is cut there."""
        begins = range(self.start, self.until, self.period) if self.period is not None else self._on_calendar(starts)
        return tuple(
            Window(max(begin, self.start), min(begin + self.length, self.until))
            for begin in begins
            if begin < self.until and begin + self.length > self.start
        )

    def _on_calendar(self, starts: str) -> Sequence[int]:
        weekday, hour, minute = self._when()
        origin = instant(starts).epoch_us
        first, last = calendar(starts, self.start), calendar(starts, self.until)
        found = []
        for k in range(-7, (last.date() - first.date()).days + 1):
            date = first.date() + timedelta(days=k)
            if weekday in (None, date.weekday()):
                local = datetime(date.year, date.month, date.day, hour, minute, tzinfo=first.tzinfo, fold=0)
                found.append(int(local.timestamp()) * 1_000_000 - origin)  # whole minutes
        return found


class Spell(DrawnDuration):
    """How long something is up, or down: ``{kind: exponential, mean: 30d}``, or just ``30d`` for always as long.

    The kinds are those of :class:`DrawnDuration`, and ``weibull`` with ``mean`` and ``shape``: below 1 what was repaired fails
    soon again, above 1 it wears out.
    """

    kind: Literal["constant", "exponential", "uniform", "lognormal", "weibull"] = "constant"  # type: ignore[assignment]
    shape: Annotated[float, Field(ge=0.2, le=20)] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Spell:
        if self.kind != "weibull":
            if self.shape is not None:
                raise ValueError(f"a {self.kind} distribution takes no shape; write kind: weibull")
            DrawnDuration.model_validate(self.model_dump(exclude={"shape"}))
            return self
        for name in ("value", "low", "high", "median", "sigma"):
            if getattr(self, name) is not None:
                raise ValueError(f"a weibull distribution takes mean and shape, not {name}")
        if self.mean is None or self.shape is None:
            raise ValueError(f"a weibull distribution needs mean and shape; {'mean' if self.mean is None else 'shape'} is missing")
        return self

    def _texts(self) -> dict[str, str]:
        """The durations as they are written."""
        names = ("value", "mean", "low", "high", "median")
        return {name: duration(value) for name in names if (value := getattr(self, name)) is not None}

    def distribution(self) -> Distribution:
        """The distribution in microseconds."""
        return Weibull(self.mean or 0, self.shape or 1.0) if self.kind == "weibull" else super().distribution()

    @property
    def words(self) -> str:
        """For people: ``exponential (mean 30d)``."""
        of = [f"{name} {text}" for name, text in self._texts().items()]
        of += [f"{name} {value:g}" for name in ("sigma", "shape") if (value := getattr(self, name)) is not None]
        return f"{self.kind} ({', '.join(of)})"


_Spell = Annotated[Spell, BeforeValidator(drawn)]


class Drawn(Declared):
    """Drawn at random: up for a time, down for a time, and so on; an alternating renewal process.

    ``{up: {kind: exponential, mean: 30d}, down: {kind: lognormal, median: 1h, sigma: 1}, until: 365d}``

    Parameters
    ----------
    up : distribution
        How long it works until it fails; its mean is the MTBF.
    down : distribution
        How long it then fails; its mean is the MTTR.
    start : duration
        Nothing fails before.
    until : duration
        Nothing fails from then on.
    fresh : bool
        At ``start`` it has just been repaired.  Otherwise, the default, it has been in service for long: at ``start`` it is
        down with the probability MTTR / (MTBF + MTTR), as at any other instant (the steady state).

    Notes
    -----
    The draws are addressed by what fails and by the seed, so all layouts that are compared have the same outages, and a later
    ``until`` only adds some.  No distribution of the outages of mail servers has been published: all of this is an assumption.
    """

    up: _Spell
    down: _Spell
    start: Duration = 0
    until: Duration
    fresh: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Drawn:
        if self.until <= self.start:
            raise ValueError("until must lie after start")
        up, down = self.means_us
        if up <= 0 or down <= 0:
            raise ValueError("up and down must be longer than 0 on average")
        if (self.until - self.start) / (up + down) > MOST_WINDOWS:
            raise ValueError(f"this is more than {MOST_WINDOWS:,} outages; let it end earlier, or fail less often")
        return self

    @property
    def means_us(self) -> tuple[float, float]:
        """MTBF and MTTR."""
        return self.up.distribution().mean, self.down.distribution().mean

    @property
    def availability(self) -> float:
        """The share of the time in which it is up: MTBF / (MTBF + MTTR)."""
        up, down = self.means_us
        return up / (up + down)

    def share_longer(self, length_us: int) -> float:
        """The share of the outages that last for at least so long: by bisection, as a longer one never has a smaller draw."""
        down, low, high = self.down.distribution(), 0.0, 1.0
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (low, middle) if down.sample(middle) >= length_us else (middle, high)
        return 1.0 - high

    @property
    def words(self) -> str:
        """For people."""
        return say("portrait.drawn", up=self.up.words, down=self.down.words, window=window_words(self.start, self.until))

    def windows(self, draws: Draws, label: str) -> tuple[Window, ...]:
        """The outages of what is called ``label``."""
        found = renewal.alternating(draws, label, self._service)
        return tuple(Window(*one) for one in found)

    def windows_of_members(self, draws: Draws, label: str, members: Sequence[tuple[str, str]], together: float) -> list[tuple[Window, ...]]:
        """The outages of each member of a group, of which ``together`` is the share that all have at once.

        ``members`` are (name, label) pairs.  At 0 each has its own, and those are the ones that it would have outside of the
        group; at 1 all have those of the group; between, see :func:`mailsim.scenario.faults.renewal.with_common_causes`.
        """
        if together == 0:
            return [self.windows(draws, own) for _, own in members]
        if together == 1:
            return [self.windows(draws, label)] * len(members)
        found = renewal.with_common_causes(draws, label, [own for _, own in members], self._service, together)
        return [tuple(Window(*one) for one in each) for each in found]

    @property
    def _service(self) -> renewal.Service:
        return renewal.Service(self.up.distribution(), self.down.distribution(), self.start, self.until, self.fresh)
