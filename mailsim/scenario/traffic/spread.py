"""Spread traffic: an exact number of messages, evenly over a window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from mailsim.declared import Duration
from mailsim.language import say
from mailsim.scenario.traffic.line import Source, Windowed
from mailsim.units import Instant

__all__ = ["Spread"]


class Spread(Windowed):
    """Exactly ``count`` messages, one at a uniformly drawn instant in each of ``count`` equal parts of the window."""

    kind: Literal["spread"]
    count: Annotated[int, Field(ge=1, le=100_000_000)]
    start: Duration = 0
    until: Duration

    def instants(self, source: Source) -> Iterator[int]:
        """One place in each part."""
        place = source.uniforms("place")
        width = (self.until - self.start) / self.count
        for k in range(self.count):
            yield self.start + int((k + place.at(k)) * width)

    def times_sent(self, starts: Instant) -> float:
        """``count``."""
        return self.count

    def said(self) -> str:
        """Number and window."""
        return say("portrait.spread", count=self.count, window=self.said_window())
