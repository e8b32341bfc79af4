"""Traffic by name: as much mail as a department or a university gets, over the hours of a week."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from mailsim.declared import Duration, Rate
from mailsim.errors import did_you_mean
from mailsim.flavours import default, defaults
from mailsim.language import say
from mailsim.scenario.traffic.diurnal import Shaped
from mailsim.scenario.traffic.shape import NamedShape
from mailsim.scenario.traffic.sizes import Size

__all__ = ["Preset", "traffic_presets"]

_AREA = "traffic_preset."


def traffic_presets() -> tuple[str, ...]:
    """Names of the traffic that comes with mailsim."""
    return tuple(key.removeprefix(_AREA) for key in defaults() if key.startswith(_AREA))


def _known(value: object) -> object:
    if isinstance(value, str) and value.strip() not in traffic_presets():
        near = did_you_mean(value, traffic_presets()) or f"; there is: {', '.join(traffic_presets())}"
        raise ValueError(f"no traffic preset {value[:60]!r}{near}")
    return value


def _rate_of(given: dict[str, Any]) -> Any:
    """The preset's own rate; without a valid name any, as the name is complained of."""
    return default(_AREA + given["name"]) if "name" in given else "1/day"


class Preset(Shaped):
    """The traffic ``department``, ``department-out``, ``university`` or ``university-large``.

    A name stands for a ``rate`` (the mean over a week); the shape is ``office``, the sizes are those of ``mail``.  Each of
    them can be given instead.
    """

    kind: Literal["preset"]
    name: Annotated[str, BeforeValidator(_known)]
    rate: Rate = Field(default_factory=_rate_of)
    shape: NamedShape = Field(default_factory=lambda: default("shape.office"))
    size: Size = Field(default_factory=lambda: default("size_preset.mail"))
    start: Duration = 0
    until: Duration

    @property
    def mean_rate(self) -> float:
        """The preset's, or what is given instead."""
        return self.rate

    def said(self) -> str:
        """Name, mean rate and window."""
        return say("portrait.preset", name=self.name, often=super().said())
