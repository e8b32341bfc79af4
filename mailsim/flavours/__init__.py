"""Programs as data: each flavour is a TOML file in which every figure has its source; so have the defaults.

A figure stands as ``name = {value = ..., source = "...", verified = true}``.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from mailsim.errors import MailsimError, UnknownNameError
from mailsim.flavours.bind import BindFigures
from mailsim.flavours.dnsmasq import DnsmasqFigures
from mailsim.flavours.kresd import KresdFigures
from mailsim.flavours.models import MtaFigures, ResolverFigures
from mailsim.flavours.pdns import PdnsFigures
from mailsim.flavours.unbound import UnboundFigures

__all__ = [
    "RESOLVER_MODELS",
    "Figure",
    "Flavour",
    "default",
    "defaults",
    "flavour",
    "mta_figures",
    "mta_flavours",
    "resolver_figures",
    "resolver_flavours",
    "resolver_model",
    "unbound_figures",
]


#: machine that a resolver's flavour file names -> the model of its figures
RESOLVER_MODELS: dict[str, type[ResolverFigures]] = {
    "unbound": UnboundFigures,
    "pdns": PdnsFigures,
    "kresd": KresdFigures,
    "dnsmasq": DnsmasqFigures,
    "bind": BindFigures,
}


class Figure(NamedTuple):
    """A figure with where it comes from."""

    value: Any
    source: str
    verified: bool


class Flavour(NamedTuple):
    """A flavour file: what program it describes and its figures."""

    name: str
    kind: str
    program: str
    figures: dict[str, Figure]
    machine: str = ""  #: for resolvers and stubs: the program's machine, see ``mailsim.nodes``


@cache
def _file(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(name + ".toml").read_text("utf-8"))


@cache
def _names() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {"mta": [], "resolver": []}
    for entry in sorted(resources.files(__package__).iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".toml") and entry.name != "defaults.toml":
            found[_file(entry.name[:-5])["kind"]].append(entry.name[:-5])
    return {kind: tuple(names) for kind, names in found.items()}


def mta_flavours() -> tuple[str, ...]:
    """Names of the MTA flavours."""
    return _names()["mta"]


def resolver_flavours() -> tuple[str, ...]:
    """Names of the resolver flavours."""
    return _names()["resolver"]


def _figures(table: dict[str, Any], prefix: str = "") -> dict[str, Figure]:
    found = {}
    for key, entry in table.items():
        if "value" in entry and "source" in entry:
            found[prefix + key] = Figure(entry["value"], entry["source"], entry.get("verified", True))
        else:
            found.update(_figures(entry, f"{prefix}{key}."))
    return found


@cache
def flavour(name: str, kind: str = "mta") -> Flavour:
    """The flavour file ``name``; raises :class:`UnknownNameError` with a suggestion."""
    if name not in _names()[kind]:
        raise UnknownNameError({"mta": "MTA flavour", "resolver": "resolver flavour"}[kind], name, _names()[kind])
    text = _file(name)
    return Flavour(name, kind, text["program"], _figures(text["figures"]), text.get("machine", ""))


def _build(model: Any, found: Flavour, overrides: dict[str, Any]) -> Any:
    values = {key: figure.value for key, figure in found.figures.items()}
    for key, value in overrides.items():
        same_kind = isinstance(value, dict) and isinstance(values.get(key), dict)
        values[key] = {**values[key], **value} if same_kind and value.get("kind") in (None, values[key].get("kind")) else value
    return model.model_validate(values)


def mta_figures(name: str, overrides: dict[str, Any] | None = None) -> MtaFigures:
    """The figures of the MTA flavour ``name`` with ``overrides`` on top.

    Raises
    ------
    UnknownNameError
        There is no such flavour.
    pydantic.ValidationError
        An override is wrong.
    """
    result: MtaFigures = _build(MtaFigures, flavour(name, "mta"), overrides or {})
    return result


def resolver_figures(name: str, overrides: dict[str, Any] | None = None) -> ResolverFigures:
    """The figures of the resolver flavour ``name`` with ``overrides`` on top; raises as :func:`mta_figures`."""
    found = flavour(name, "resolver")
    result: ResolverFigures = _build(RESOLVER_MODELS[found.machine], found, overrides or {})
    return result


def unbound_figures() -> UnboundFigures:
    """The figures of unbound, the resolver of senders of whom nothing is known."""
    found = resolver_figures("unbound")
    assert isinstance(found, UnboundFigures)
    return found


def resolver_model(name: str) -> type[ResolverFigures]:
    """The model that the figures of the resolver flavour ``name`` are validated by."""
    return RESOLVER_MODELS[flavour(name, "resolver").machine]


@cache
def defaults() -> dict[str, Figure]:
    """Every default of a scenario: ``area.name`` to its figure."""
    return _figures(_file("defaults"))


def default(name: str) -> Any:
    """The value of the default ``area.name`` (durations as text)."""
    try:
        return defaults()[name].value
    except KeyError:
        raise MailsimError(f"no default named {name!r} in defaults.toml") from None
