"""Programs as data: each flavour is a TOML file in which every figure has its source; so have the defaults.

A figure stands as ``name = {value = ..., source = "...", verified = true}``.  ``inherits = "other"`` takes over every figure that
the file does not give; figures of another program count as unverified for this one, and their source says whose they are.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from mailsim.errors import MailsimError, UnknownNameError
from mailsim.flavours.bind import BindFigures
from mailsim.flavours.dnsmasq import DnsmasqFigures
from mailsim.flavours.kresd import KresdFigures
from mailsim.flavours.logins import StoreFigures
from mailsim.flavours.models import MtaFigures, ResolverFigures
from mailsim.flavours.own import OwnFlavour, laid_over
from mailsim.flavours.pdns import PdnsFigures
from mailsim.flavours.schedules import Schedule, schedule_of
from mailsim.flavours.unbound import UnboundFigures

__all__ = [
    "RESOLVER_MODELS",
    "Figure",
    "Flavour",
    "OwnFlavour",
    "Schedule",
    "default",
    "defaults",
    "flavour",
    "flavour_kinds",
    "mta_figures",
    "mta_flavours",
    "nameserver_flavours",
    "resolver_figures",
    "resolver_flavours",
    "resolver_model",
    "schedule",
    "sender_mixes",
    "store_figures",
    "store_flavours",
    "stub_flavours",
    "unbound_figures",
]


#: machine that a resolver's flavour file names -> the model of its figures
RESOLVER_MODELS: dict[str, type[ResolverFigures]] = {
    "bind": BindFigures,
    "unbound": UnboundFigures,
    "pdns": PdnsFigures,
    "kresd": KresdFigures,
    "dnsmasq": DnsmasqFigures,
}


class Figure(NamedTuple):
    """A figure with where it comes from."""

    value: Any
    source: str
    verified: bool


class Flavour(NamedTuple):
    """A flavour file: what program it describes and its figures; ``label`` is what must be said beside its name, if anything."""

    name: str
    kind: str
    program: str
    figures: dict[str, Figure]
    label: str = ""
    note: str = ""
    inherits: str = ""
    machine: str = ""  #: for resolvers and stubs: the program's machine, see ``mailsim.nodes``


@cache
def _file(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(name + ".toml").read_text("utf-8"))


@cache
def _names() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {"mta": [], "resolver": [], "stub": [], "nameserver": [], "mailstore": []}
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


def flavour_kinds() -> dict[str, str]:
    """Every flavour's name and kind (``mta``, ``resolver`` ...), MTAs first."""
    return {name: kind for kind, names in _names().items() for name in names}


def store_flavours() -> tuple[str, ...]:
    """Names of the flavours of mail stores."""
    return _names()["mailstore"]


def stub_flavours() -> tuple[str, ...]:
    """Names of the flavours of stub resolvers."""
    return _names()["stub"]


def nameserver_flavours() -> tuple[str, ...]:
    """Names of the flavours of authoritative name servers."""
    return _names()["nameserver"]


def _figures(table: dict[str, Any], prefix: str = "") -> dict[str, Figure]:
    found = {}
    for key, entry in table.items():
        if "value" in entry and "source" in entry:
            found[prefix + key] = Figure(entry["value"], entry["source"], entry.get("verified", True))
        else:
            found.update(_figures(entry, f"{prefix}{key}."))
    return found


_KINDS = {"mta": "MTA flavour", "resolver": "resolver flavour", "mailstore": "mail store flavour"}


@cache
def _shipped(name: str, kind: str) -> Flavour:
    if name not in _names()[kind]:
        raise UnknownNameError(_KINDS.get(kind, f"{kind} flavour"), name, _names()[kind])
    text = _file(name)
    figures = _figures(text["figures"])
    inherits = text.get("inherits", "")
    if inherits:
        base = _shipped(inherits, kind)
        figures = {**{key: _borrowed(figure, base, text["program"]) for key, figure in base.figures.items()}, **figures}
    return Flavour(name, kind, text["program"], figures, text.get("label", ""), text.get("note", ""), inherits, text.get("machine", ""))


def _borrowed(figure: Figure, base: Flavour, program: str) -> Figure:
    """A figure as the heir has it: where that is another program, nobody has checked that it has the same."""
    if base.program == program:
        return figure
    return Figure(figure.value, f"not known of {program}, as {base.name}: {figure.source}", False)


def flavour(name: str, kind: str = "mta", *, own: Mapping[str, OwnFlavour] | None = None) -> Flavour:
    """The flavour ``name``, shipped or one of a scenario's ``own``; raises :class:`UnknownNameError` with a suggestion."""
    chain: list[str] = []
    while kind == "mta" and own and name in own and name not in chain:
        chain.append(name)
        name = own[name].inherits
    if own and name not in _names()[kind]:
        if name in chain:
            raise MailsimError(f"flavour {name!r} inherits from itself: {' from '.join([*chain, name])}")
        raise UnknownNameError(_KINDS.get(kind, f"{kind} flavour"), name, (*_names()[kind], *own))
    found = _shipped(name, kind)
    for heir in reversed(chain):
        assert own is not None
        declared = own[heir]
        values = laid_over({key: figure.value for key, figure in found.figures.items()}, declared.figures)
        figures = {key: Figure(value, "the scenario", True) for key, value in values.items() if key in declared.figures}
        program = declared.program or found.program
        found = Flavour(heir, kind, program, {**found.figures, **figures}, "given in the scenario", "", declared.inherits)
    return found


def _build(model: Any, found: Flavour, overrides: Mapping[str, Any]) -> Any:
    return model.model_validate(laid_over({key: figure.value for key, figure in found.figures.items()}, overrides))


def mta_figures(name: str, overrides: Mapping[str, Any] | None = None, *, own: Mapping[str, OwnFlavour] | None = None) -> MtaFigures:
    """The figures of the MTA flavour ``name`` (shipped or of a scenario's ``own``) with ``overrides`` on top.

    Raises
    ------
    UnknownNameError
        There is no such flavour.
    pydantic.ValidationError
        An override is wrong.
    """
    result: MtaFigures = _build(MtaFigures, flavour(name, "mta", own=own), overrides or {})
    return result


def schedule(
    name: str,
    *,
    phase: float = 0.0,
    grid: bool = True,
    draw: float = 0.5,
    overrides: Mapping[str, Any] | None = None,
    own: Mapping[str, OwnFlavour] | None = None,
) -> Schedule:
    """When a message is tried that fails at once every time, and when it is given up: the schedule of a flavour as a table.

    Parameters
    ----------
    name : str
        An MTA flavour.
    phase : float
        When the first queue run is, as a share of the interval (0: together with the first attempt), for programs that have runs.
    grid : bool
        False: attempts at the instants of the rule itself, as if a queue run came whenever one is due.
    draw : float
        The draw of every jitter, in [0, 1).
    overrides, own
        As for :func:`mta_figures`.

    Examples
    --------
    >>> schedule("postfix").first(6)
    ('0', '5m', '10m', '20m', '40m', '1h 20m')
    >>> schedule("postfix").within("6h")
    10
    """
    found = flavour(name, "mta", own=own)
    return schedule_of(found.name, found.label, mta_figures(name, overrides, own=own), phase=phase, grid=grid, draw=draw)


def resolver_figures(name: str, overrides: dict[str, Any] | None = None) -> ResolverFigures:
    """The figures of the resolver flavour ``name`` with ``overrides`` on top; raises as :func:`mta_figures`."""
    found = flavour(name, "resolver")
    result: ResolverFigures = _build(RESOLVER_MODELS[found.machine], found, overrides or {})
    return result


def store_figures(name: str, overrides: dict[str, Any] | None = None) -> StoreFigures:
    """The figures of the mail store flavour ``name`` with ``overrides`` on top; raises as :func:`mta_figures`."""
    result: StoreFigures = _build(StoreFigures, flavour(name, "mailstore"), overrides or {})
    return result


def unbound_figures() -> UnboundFigures:
    """The figures of unbound, the resolver of senders of whom nothing is known."""
    found = resolver_figures("unbound")
    assert isinstance(found, UnboundFigures)
    return found


def resolver_model(name: str) -> type[ResolverFigures]:
    """The model that the figures of the resolver flavour ``name`` are validated by."""
    return RESOLVER_MODELS[flavour(name, "resolver").machine]


def sender_mixes() -> tuple[str, ...]:
    """Names of the mixes of MTA flavours for populations of senders; ``default("sender_mix.NAME")`` has the weights."""
    return tuple(key.removeprefix("sender_mix.") for key in defaults() if key.startswith("sender_mix."))


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
