"""Periodic traffic: one message after the other at even distances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from mailsim.declared import Duration
from mailsim.language import numeral, say
from mailsim.scenario.traffic.line import Source, Windowed
from mailsim.units import Instant, clock

__all__ = ["Periodic"]


class Periodic(Windowed):
    """One message every ``every`` from ``start`` until ``until`` (excluded)."""

    kind: Literal["periodic"]
    every: Duration = Field(gt=0)
    start: Duration = 0
    until: Duration

    def instants(self, source: Source) -> Iterator[int]:
        """Nothing is drawn."""
        yield from range(self.start, self.until, self.every)

    def earlier(self, source: Source, warm_up_us: int) -> list[tuple[int, int]]:
        """What begins with the scenario had been flowing before."""
        return [] if self.start != 0 else [(-k, -k * self.every) for k in range(1, warm_up_us // self.every + 1)]

    def times_sent(self, starts: Instant) -> float:
        """The number of instants."""
        return len(range(self.start, self.until, self.every))

    def said(self) -> str:
        """Distance and window."""
        return say("portrait.periodic", every=numeral(clock(self.every)), window=self.said_window())
