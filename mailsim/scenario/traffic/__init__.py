"""Traffic: who sends to whom, when, and how large.  One kind is one file and one line here.

``line`` holds what all kinds have and what the engine asks of each; ``sizes``, ``shape`` and ``weights`` what they are made of.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mailsim.scenario.traffic.at import At
from mailsim.scenario.traffic.burst import Burst
from mailsim.scenario.traffic.diurnal import Diurnal
from mailsim.scenario.traffic.line import Source, TrafficBase
from mailsim.scenario.traffic.periodic import Periodic
from mailsim.scenario.traffic.poisson import Poisson
from mailsim.scenario.traffic.preset import Preset
from mailsim.scenario.traffic.replay import Replay
from mailsim.scenario.traffic.sizes import Sizes
from mailsim.scenario.traffic.spread import Spread

__all__ = ["At", "Burst", "Diurnal", "Periodic", "Poisson", "Preset", "Replay", "Sizes", "Source", "Spread", "Traffic", "TrafficBase"]

#: any line of traffic, told apart by ``kind``
Traffic = Annotated[Poisson | Diurnal | Preset | Periodic | Spread | Burst | At | Replay, Field(discriminator="kind")]
