"""A burst: many messages at once or within a short while, such as a mailing or a reply-all storm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from mailsim.declared import Duration
from mailsim.language import numeral, say
from mailsim.scenario.traffic.line import Source, TrafficBase
from mailsim.units import Instant, clock

__all__ = ["Burst"]


class Burst(TrafficBase):
    """``count`` messages from ``at`` on, at independent, evenly drawn instants ``within`` a while (0: all of them at ``at``)."""

    kind: Literal["burst"]
    at: Duration
    count: Annotated[int, Field(ge=1, le=100_000_000)] = 1
    within: Duration = 0

    def instants(self, source: Source) -> Iterator[int]:
        """The drawn places in order; without a while nothing is drawn."""
        if self.within == 0:
            yield from (self.at for _ in range(self.count))
            return
        place = source.uniforms("place")
        yield from sorted(self.at + int(place.at(k) * self.within) for k in range(self.count))

    def times_sent(self, starts: Instant) -> float:
        """``count``."""
        return self.count

    def said(self) -> str:
        """Number, instant and while."""
        at = numeral(clock(self.at))
        if not self.within:
            return say("portrait.burst", count=self.count, at=at)
        return say("portrait.burst_within", count=self.count, at=at, within=numeral(clock(self.within)))
