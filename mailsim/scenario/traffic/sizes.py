"""How large messages are: one size, log-normal, a table of quantiles or of bins, a heavy tail, or a mixture of these."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_serializer, model_validator

from mailsim.declared import Declared, Octets
from mailsim.draws import Constant, Distribution, LogNormal, Mixture, Pareto, Quantiles
from mailsim.errors import did_you_mean
from mailsim.flavours import default, defaults
from mailsim.scenario.traffic.weights import Weight

__all__ = ["BinnedSizes", "EmpiricalSizes", "MixedSizes", "ParetoSizes", "Size", "SizePart", "Sizes", "size_presets"]

_AREA = "size_preset."


def size_presets() -> tuple[str, ...]:
    """Names of the size distributions that come with mailsim: ``size: mail``."""
    return tuple(key.removeprefix(_AREA) for key in defaults() if key.startswith(_AREA))


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

    def distribution(self) -> Distribution:
        """The distribution in octets."""
        return Constant(self.value or 0) if self.kind == "constant" else LogNormal(self.median, self.sigma)


def _share(value: object) -> object:
    """``95%`` or ``0.95``."""
    found = re.fullmatch(r"(\d{1,3}(?:\.\d{1,12})?)\s*(%?)", value.strip(), re.ASCII) if isinstance(value, str) else None
    if found is None:
        if isinstance(value, str):
            raise ValueError(f"{value[:60]!r} is no share of the messages; write for example 95%")
        return value
    return float(Fraction(found[1]) / (100 if found[2] else 1))


class EmpiricalSizes(Declared):
    """Sizes by a measured table: ``{kind: empirical, quantiles: {0%: 500 B, 50%: 10 kB, 95%: 1 MB, 100%: 20 MB}}``.

    Half of the messages are smaller than what stands at 50%; between two entries the logarithms of the sizes lie evenly.
    """

    kind: Literal["empirical"]
    quantiles: dict[Annotated[float, BeforeValidator(_share), Field(ge=0, le=1)], Octets]

    @model_validator(mode="after")
    def _complete(self) -> EmpiricalSizes:
        shares = sorted(self.quantiles)
        if len(shares) < 2 or shares[0] != 0 or shares[-1] != 1:
            raise ValueError("quantiles need the sizes at 0% and at 100%, the smallest and the largest")
        if self.quantiles[0] < 1:
            raise ValueError("the smallest size is at least 1 B")
        for low, high in pairwise(shares):
            if self.quantiles[low] > self.quantiles[high]:
                raise ValueError(f"the size at {high * 100:g}% is smaller than the one at {low * 100:g}%; quantiles do not fall")
        return self

    def distribution(self) -> Distribution:
        """The distribution in octets."""
        shares = sorted(self.quantiles)
        return Quantiles(tuple(shares), tuple(self.quantiles[share] for share in shares))

    @model_serializer
    def _written(self) -> dict[str, Any]:
        return {"kind": self.kind, "quantiles": {repr(share): self.quantiles[share] for share in sorted(self.quantiles)}}


class BinnedSizes(Declared):
    """Sizes by the weights of bins: ``{kind: bins, least: 1 kB, up_to: {10 kB: 50, 100 kB: 35, 1 MB: 10, 10 MB: 5}}``.

    Each bin goes from the end of the one before (the first from ``least``) to its key; in it the logarithms lie evenly.
    """

    kind: Literal["bins"]
    least: Octets
    up_to: Annotated[dict[Octets, Weight], Field(min_length=1)]

    @model_validator(mode="after")
    def _complete(self) -> BinnedSizes:
        if not 1 <= self.least <= min(self.up_to):
            raise ValueError("least is at least 1 B and no more than the end of the first bin")
        return self

    def distribution(self) -> Distribution:
        """The distribution in octets."""
        ends, total, below = sorted(self.up_to), sum(self.up_to.values()), 0.0
        shares = [0.0]
        for end in ends[:-1]:
            below += self.up_to[end]
            shares.append(below / total)
        return Quantiles((*shares, 1.0), (self.least, *ends))

    @model_serializer
    def _written(self) -> dict[str, Any]:
        ends = {f"{end} B": self.up_to[end] for end in sorted(self.up_to)}
        return {"kind": self.kind, "least": self.least, "up_to": ends}


class ParetoSizes(Declared):
    """A heavy tail: ``{kind: pareto, least: 1 MB, alpha: 2, most: 10 MB}``; ``(least / x) ** alpha`` are larger than x."""

    kind: Literal["pareto"]
    least: Octets
    alpha: Annotated[float, Field(gt=0, le=100)]
    most: Octets

    @model_validator(mode="after")
    def _complete(self) -> ParetoSizes:
        if not 1 <= self.least <= self.most:
            raise ValueError("least is at least 1 B and no more than most")
        return self

    def distribution(self) -> Distribution:
        """The distribution in octets."""
        return Pareto(self.least, self.alpha, self.most)


class SizePart(Declared):
    """One part of a mixture: its weight and its sizes."""

    weight: Weight
    size: Size


class MixedSizes(Declared):
    """A mixture: ``{kind: mixture, parts: [{weight: 95, size: {median: 10 kB, sigma: 1}}, {weight: 5, size: 2 MB}]}``."""

    kind: Literal["mixture"]
    parts: Annotated[tuple[SizePart, ...], Field(min_length=1, max_length=100)]

    def distribution(self) -> Distribution:
        """The distribution in octets."""
        return Mixture(tuple(part.size.distribution() for part in self.parts), tuple(part.weight for part in self.parts))


def _spelt(value: object) -> object:
    """A number or ``20 kB`` is one size, a name a preset, and a mapping without ``kind`` is log-normal."""
    if isinstance(value, dict) and "kind" not in value:
        return {"kind": "lognormal", **value}
    if not isinstance(value, str | int):
        return value
    names = size_presets()
    if isinstance(value, str) and value.strip()[:1].isalpha():
        if value.strip() not in names:
            near = did_you_mean(value, names) or f"; there is: {', '.join(names)}"
            raise ValueError(f"no size preset {value[:60]!r}{near}; one size is written as 20 kB")
        return default(_AREA + value.strip())
    return {"kind": "constant", "value": value}


#: any way to say how large messages are, told apart by ``kind``
Size: TypeAlias = Annotated[
    Annotated[Sizes | EmpiricalSizes | BinnedSizes | ParetoSizes | MixedSizes, Field(discriminator="kind")], BeforeValidator(_spelt)
]

SizePart.model_rebuild()
MixedSizes.model_rebuild()
