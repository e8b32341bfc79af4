"""Which of the figures that a run rests on a reader of one page must know: those that decide when mail moves, and the unverified."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from mailsim.language import listed, printable, say
from mailsim.markup import Markup, joined, tag

if TYPE_CHECKING:
    from mailsim.scenario.assumptions import Assumption

__all__ = ["Ground", "grounds", "grounds_part"]

#: the figures that decide when mail is tried again, given up, read, and how long a contact takes, in the order in which they are shown
DECISIVE: tuple[str, ...] = (
    "flavour",
    "retry",
    "queue_lifetime",
    "connect_timeout",
    "rtt",
    "mix",
    "rate",
    "shape",
    "drawn.up",
    "drawn.down",
    "name",
    "fetch.every",
    "health_checks",
)

#: most figures that decide, most unverified ones beside them, and most letters of a value
_ROWS, _UNVERIFIED, _LETTERS = 10, 4, 90

#: ``nodes.mx1.parameters.retry`` -> place ``mx1`` and figure ``retry``; ``links.default.rtt``; ``traffic[0].rate``
_PATH = re.compile(r"^(?:nodes|links)[.\[]([^.\]]+)\]?\.(?:parameters\.)?(.+)$|^(traffic\[\d+\]|faults\[\d+\])\.(.+)$")


class Ground(NamedTuple):
    """A figure with all places at which it is the same."""

    figure: str
    places: tuple[str, ...]
    value: str
    source: str
    status: str


def grounds(assumptions: Iterable[Assumption]) -> list[Ground]:
    """The assumptions, equal ones of several places as one, in the order in which they are first met."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for one in assumptions:
        parts = _PATH.match(one.path)
        place, name = (parts[1] or parts[3], parts[2] or parts[4]) if parts else ("", one.path)
        found.setdefault((name, one.value, one.source, one.status), []).append(place)
    return [Ground(name, tuple(dict.fromkeys(filter(None, places))), *rest) for (name, *rest), places in found.items()]


def grounds_part(assumptions: Iterable[Assumption]) -> Markup:
    """What stands on the page: how many figures there are, those that decide, and the unverified ones by name."""
    every = list(assumptions)
    counts = {status: sum(one.status == status for one in every) for status in ("given", "default", "unverified")}
    merged = grounds(every)
    rank = {name: k for k, name in enumerate(DECISIVE)}
    decisive = sorted((one for one in merged if _kind(one) in rank), key=lambda one: rank[_kind(one)])
    parts = [tag("p", say("memo.figures", total=len(every), **counts)), tag("ul", joined(map(_item, decisive[:_ROWS])), class_="grounds")]
    if len(decisive) > _ROWS:
        parts.append(tag("p", say("memo.more_figures", count=len(decisive) - _ROWS)))
    unverified = [f"{_name(one)} = {_short(one.value)}" for one in merged if one.status == "unverified" and one not in decisive[:_ROWS]]
    if unverified:
        key = "memo.unverified_some" if len(unverified) > _UNVERIFIED else "memo.unverified"
        parts.append(tag("p", say(key, figures="; ".join(unverified[:_UNVERIFIED]), more=len(unverified) - _UNVERIFIED)))
    return joined(parts)


def _item(one: Ground) -> Markup:
    return tag("li", joined((f"{printable(_name(one))} = {printable(_short(one.value))} · ", tag("span", printable(_source(one))))))


def _kind(one: Ground) -> str:
    """The key of :data:`DECISIVE` that a figure falls under: all of its name, or its last part."""
    return next((key for key in DECISIVE if one.figure == key or one.figure.startswith(f"{key}[")), one.figure)


def _name(one: Ground) -> str:
    return f"{one.figure} ({listed(one.places)})" if one.places else one.figure


def _short(value: str) -> str:
    return value if len(value) <= _LETTERS else value[: _LETTERS - 1].rstrip() + "…"


def _source(one: Ground) -> str:
    if one.status == "given":
        return say("memo.given") if one.source == "the scenario" else say("memo.given_of", source=one.source)
    return one.source if one.status == "default" else say("memo.unverified_of", source=one.source)
