"""Traffic: who sends to whom, when, and how large; compiled to instants before the run."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from mailsim.declared import Declared, Duration, MailAddress, Octets, Rate
from mailsim.flavours import default
from mailsim.scenario.asking import Asking

__all__ = ["At", "Periodic", "Poisson", "Sizes", "Spread", "Traffic", "TrafficBase"]


class Sizes(Declared):
    """Message sizes: ``{kind: lognormal, median: 10 kB, sigma: 1.9}`` or ``{kind: constant, value: 20 kB}``."""

    kind: Literal["constant", "lognormal"] = "lognormal"
    value: Octets | None = None
    median: Octets = Field(default_factory=lambda: default("traffic.size_median"))
    sigma: Annotated[float, Field(ge=0, le=5)] = Field(default_factory=lambda: default("traffic.size_sigma"))

    @model_validator(mode="after")
    def _complete(self) -> Sizes:
        if self.kind == "constant" and self.value is None:
            raise ValueError("a constant size needs value; write for example size: 20 kB")
        if self.kind == "lognormal" and self.value is not None:
            raise ValueError("a lognormal size takes median and sigma, not value; write kind: constant for one size")
        return self


def _sizes(value: object) -> object:
    return {"kind": "constant", "value": value} if isinstance(value, str | int) else value


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class TrafficBase(Asking):
    """What all traffic has.  ``from`` is a client's address, or the name of a ``senders`` node.

    ``null_sender``: the envelope sender is empty, as that of reports and automatic replies (RFC 5321 section 4.5.5).
    """

    from_: str = Field(alias="from")
    to: Annotated[tuple[MailAddress, ...], Field(min_length=1), BeforeValidator(_one_or_more)]
    size: Annotated[Sizes, BeforeValidator(_sizes)] = Field(default_factory=Sizes)
    null_sender: bool = False


class Poisson(TrafficBase):
    """Independent arrivals at ``rate`` from ``start`` until ``until``."""

    kind: Literal["poisson"]
    rate: Rate
    start: Duration = 0
    until: Duration


class Periodic(TrafficBase):
    """One message every ``every`` from ``start`` until ``until`` (excluded)."""

    kind: Literal["periodic"]
    every: Duration = Field(gt=0)
    start: Duration = 0
    until: Duration


class Spread(TrafficBase):
    """Exactly ``count`` messages, one at a uniformly drawn instant in each of ``count`` equal parts of the window."""

    kind: Literal["spread"]
    count: Annotated[int, Field(ge=1, le=100_000_000)]
    start: Duration = 0
    until: Duration


class At(TrafficBase):
    """Messages at the listed instants."""

    kind: Literal["at"]
    times: tuple[Duration, ...] = Field(min_length=1)


#: any line of traffic, told apart by ``kind``
Traffic = Annotated[Poisson | Periodic | Spread | At, Field(discriminator="kind")]
