"""What declarations are made of: the frozen base model, durations, sizes, host names, distributions."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema, model_validator

from mailsim.draws import Constant, Distribution, Exponential, LogNormal, Uniform
from mailsim.units import duration, micros, octets, per_second, rate

__all__ = ["Declared", "DrawnDuration", "Duration", "HostName", "MailAddress", "Octets", "Rate", "drawn"]


class Declared(BaseModel):
    """Base of everything that a scenario or flavour declares: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, validate_default=True)

    def __dir__(self) -> list[str]:
        """What the Tab key offers: what is declared and can be done, without pydantic's own names."""
        return sorted(name for name in super().__dir__() if name.startswith("__") or name not in _OF_PYDANTIC)


_OF_PYDANTIC = frozenset(dir(BaseModel))


_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")


def _host_name(text: object) -> object:
    if not isinstance(text, str):
        return text
    name = text.strip().removesuffix(".").lower()
    if not name.isascii():
        raise ValueError(f"{name!r} is not a host name; write it as it stands in the DNS, in its xn-- form")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise ValueError(f"{name[:80]!r} is not a host name; write for example mx1.example.com")
    return name


def _mail_address(text: object) -> object:
    if not isinstance(text, str):
        return text
    local, at, domain = text.strip().rpartition("@")
    if not (at and 0 < len(local) <= 64) or re.search(r"[\s<>@\x00-\x1f\x7f]", local):
        raise ValueError(f"{text[:80]!r} is not a mail address; write for example ann@example.org")
    return f"{local}@{_host_name(domain)}"


#: a duration such as ``5m`` or ``1h30m``, kept as integer microseconds, written out again as exact text
Duration = Annotated[
    int,
    BeforeValidator(micros),
    Field(ge=0),
    PlainSerializer(duration, return_type=str),
    WithJsonSchema({"anyOf": [{"type": "string", "examples": ["5m", "48h", "1h30m", "40ms"]}, {"const": 0}]}),
]

#: a size such as ``20 kB``, kept as octets
Octets = Annotated[
    int,
    BeforeValidator(octets),
    Field(ge=0),
    WithJsonSchema({"anyOf": [{"type": "string", "examples": ["20 kB", "1 GB"]}, {"type": "integer", "minimum": 0}]}),
]

#: a rate such as ``2/min``, kept as events per second (float), written out again as exact text
Rate = Annotated[
    float,
    BeforeValidator(per_second),
    Field(gt=0),
    PlainSerializer(rate, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["2/min", "1000/day"]}),
]

#: a fully qualified name without its final dot, in lower case
HostName = Annotated[str, BeforeValidator(_host_name)]

#: a mail address; its domain in lower case, its local part as it stands (RFC 5321 section 2.4)
MailAddress = Annotated[str, BeforeValidator(_mail_address)]


#: what each kind of distribution takes
_PARAMETERS = {"constant": ("value",), "exponential": ("mean",), "uniform": ("low", "high"), "lognormal": ("median", "sigma")}


class DrawnDuration(Declared):
    """A duration that is drawn: ``{kind: lognormal, median: 40ms, sigma: 0.4}``, or just ``40ms`` for a constant.

    ``constant`` takes ``value``; ``exponential`` takes ``mean``; ``uniform`` takes ``low`` and ``high``;
    ``lognormal`` takes ``median`` and ``sigma`` (of the natural logarithm).
    """

    kind: Literal["constant", "exponential", "uniform", "lognormal"] = "constant"
    value: Duration | None = None
    mean: Duration | None = None
    low: Duration | None = None
    high: Duration | None = None
    median: Duration | None = None
    sigma: Annotated[float, Field(ge=0, le=5)] | None = None

    @model_validator(mode="after")
    def _complete(self) -> DrawnDuration:
        takes = _PARAMETERS[self.kind]
        for name in ("value", "mean", "low", "high", "median", "sigma"):
            if name in takes and getattr(self, name) is None:
                raise ValueError(f"a {self.kind} distribution needs {' and '.join(takes)}; {name} is missing")
            if name not in takes and getattr(self, name) is not None:
                raise ValueError(f"a {self.kind} distribution takes {' and '.join(takes)}, not {name}")
        if self.kind == "uniform" and (self.low or 0) > (self.high or 0):
            raise ValueError("low must not be more than high")
        return self

    def distribution(self) -> Distribution:
        """The distribution in microseconds."""
        if self.kind == "constant":
            return Constant(self.value or 0)
        if self.kind == "exponential":
            return Exponential(self.mean or 0)
        if self.kind == "uniform":
            return Uniform(self.low or 0, self.high or 0)
        return LogNormal(self.median or 0, self.sigma or 0.0)


def drawn(value: object) -> object:
    """``40ms`` is short for a constant distribution."""
    return {"kind": "constant", "value": value} if isinstance(value, str | int | float) else value
