"""Poisson traffic: independent arrivals at an even rate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from mailsim.declared import Duration, Rate
from mailsim.draws import Exponential
from mailsim.language import numeral, say
from mailsim.scenario.traffic.line import Source, Windowed
from mailsim.units import Instant

__all__ = ["Poisson"]


class Poisson(Windowed):
    """Independent arrivals at ``rate`` from ``start`` until ``until``."""

    kind: Literal["poisson"]
    rate: Rate
    start: Duration = 0
    until: Duration

    def instants(self, source: Source) -> Iterator[int]:
        """Gaps are exponential."""
        gaps = source.stream("gap", Exponential(round(1_000_000 / self.rate)))
        t, k = self.start + gaps.at(0), 0
        while t < self.until:
            yield t
            k += 1
            t += gaps.at(k)

    def earlier(self, source: Source, warm_up_us: int) -> list[tuple[int, int]]:
        """What begins with the scenario had been flowing before, counted backwards from the start."""
        if self.start != 0:
            return []
        gaps = source.stream("earlier gap", Exponential(round(1_000_000 / self.rate)))
        found, t, k = [], -gaps.at(0), 0
        while t >= -warm_up_us:
            k += 1
            found.append((-k, t))
            t -= gaps.at(k)
        return found

    def times_sent(self, starts: Instant) -> float:
        """Rate times window."""
        return self.rate * (self.until - self.start) / 1e6

    def said(self) -> str:
        """Rate and window."""
        return say("portrait.poisson", rate=numeral(f"{self.rate * 60:g}"), window=self.said_window())
