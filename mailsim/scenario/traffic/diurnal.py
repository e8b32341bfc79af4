"""Diurnal traffic: Poisson arrivals whose rate follows the hours of the day and the days of the week on the local clock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator

from mailsim.declared import Duration, Rate
from mailsim.draws import Exponential
from mailsim.language import numeral, say
from mailsim.scenario.traffic.line import Source, Windowed
from mailsim.scenario.traffic.shape import SCALE, NamedShape, pieces, weighed
from mailsim.units import Instant, instant

__all__ = ["Diurnal", "Shaped", "ZoneName"]


def _zone(value: object) -> object:
    if isinstance(value, str):
        instant(f"2000-01-01 00:00 {value.strip()}")
        return value.strip()
    return value


#: a time zone: ``Europe/Berlin``, ``UTC``, ``+02:00``
ZoneName = Annotated[str, BeforeValidator(_zone)]


class Shaped(Windowed):
    """Poisson arrivals at ``rate`` on the mean of a week, times what the shape says of the hour.

    They are drawn exactly: exponential gaps of a process with an even rate are carried over to the calendar by the inverse of
    the integral of the shape ("inversion", as in Ross, Simulation, 2006).
    """

    shape: NamedShape
    zone: ZoneName | None = None

    @property
    def mean_rate(self) -> float:
        """Messages a second on the mean of a week."""
        raise NotImplementedError

    def _clock(self, starts: Instant) -> Instant:
        """The calendar whose clock counts."""
        return starts if self.zone is None else Instant(starts.epoch_us, instant(f"2000-01-01 00:00 {self.zone}").zone)

    def instants(self, source: Source) -> Iterator[int]:
        """Every sum of gaps at the instant at which the integral of the shape reaches it."""
        gaps = source.stream("gap", Exponential(1_000_000 / self.mean_rate))
        k, passed, reached = 0, gaps.at(0) * SCALE, 0
        for piece in pieces(self.shape.weekly(), self._clock(source.starts), self.start, self.until):
            end = reached + (piece.end_us - piece.start_us) * piece.weight
            while passed < end:
                yield piece.start_us + (passed - reached) // piece.weight
                k += 1
                passed += gaps.at(k) * SCALE
            reached = end

    def earlier(self, source: Source, warm_up_us: int) -> list[tuple[int, int]]:
        """What begins with the scenario had been flowing before, counted backwards from the start."""
        if self.start != 0 or not warm_up_us:
            return []
        gaps = source.stream("earlier gap", Exponential(1_000_000 / self.mean_rate))
        found: list[tuple[int, int]] = []
        k, passed, reached = 0, gaps.at(0) * SCALE, 0
        for piece in reversed(list(pieces(self.shape.weekly(), self._clock(source.starts), -warm_up_us, 0))):
            end = reached + (piece.end_us - piece.start_us) * piece.weight
            while passed < end:
                k += 1
                found.append((-k, piece.end_us - (passed - reached) // piece.weight))
                passed += gaps.at(k) * SCALE
            reached = end
        return found

    def times_sent(self, starts: Instant) -> float:
        """The integral of the rate over the window, change of clocks and all."""
        return self.mean_rate * weighed(self.shape.weekly(), self._clock(starts), self.start, self.until) / SCALE / 1e6

    def said(self) -> str:
        """Mean rate and window."""
        return say("portrait.diurnal", rate=numeral(f"{self.mean_rate * 86_400:g}"), window=self.said_window())


class Diurnal(Shaped):
    """Poisson arrivals that follow a ``shape`` of day and week: ``office``, or ``{hours: [24 weights], days: [7 weights]}``.

    ``rate`` is the mean over a whole week.  The hours are those of the clock in ``zone``, by default the zone of ``starts``.
    """

    kind: Literal["diurnal"]
    rate: Rate
    start: Duration = 0
    until: Duration

    @property
    def mean_rate(self) -> float:
        """As declared."""
        return self.rate
