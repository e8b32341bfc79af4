"""Traffic at listed instants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from mailsim.declared import Duration
from mailsim.language import numeral, say
from mailsim.scenario.traffic.line import Source, TrafficBase
from mailsim.units import Instant, clock

__all__ = ["At"]


class At(TrafficBase):
    """Messages at the listed instants."""

    kind: Literal["at"]
    times: tuple[Duration, ...] = Field(min_length=1)

    def instants(self, source: Source) -> Iterator[int]:
        """The list in order."""
        yield from sorted(self.times)

    def times_sent(self, starts: Instant) -> float:
        """Its length."""
        return len(self.times)

    def said(self) -> str:
        """Number and first instant."""
        return say("portrait.instants", count=len(self.times), first=numeral(clock(min(self.times))))
