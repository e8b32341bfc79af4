"""The command ``flavours``: the programs whose behaviour is known, their schedules side by side, every figure with its source."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from mailsim.cli.show import complain, show, show_json, show_table
from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.language import say

if TYPE_CHECKING:
    from mailsim.flavours import Flavour, Schedule

__all__ = ["flavours"]

#: columns of several schedules side by side
_COMPARED = ("name", "first attempts", "in 1 h", "6 h", "24 h", "last attempt", "returned at", "6 h outage", "24 h outage", "")


@click.command()
@click.argument("names", metavar="[NAME...]", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON value instead of text.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the retry schedules as a picture: FILE.png or FILE.svg."
)
def flavours(names: tuple[str, ...], as_json: bool, out: Path | None) -> None:
    """List the programs whose behaviour is known; show one with every figure and its source; compare several.

    A schedule is that of a message which fails at once every time; queue runs begin with its first attempt.
    """
    from mailsim.flavours import flavour, flavour_kinds, schedule

    kinds = flavour_kinds()
    for name in names:
        if name not in kinds:
            raise UnknownNameError("flavour", name, kinds)
    if out is not None:
        _draw([schedule(name) for name in _mtas(names or tuple(kinds), kinds, strict=bool(names))], out)
    found = [flavour(name, kinds[name]) for name in names or kinds]
    if not names:
        _list(found, as_json=as_json)
    elif as_json:
        values = [_values(one) for one in found]
        show_json(values[0] if len(values) == 1 else values)
    elif len(found) == 1:
        _show_one(found[0])
    else:
        _compare([schedule(name) for name in _mtas(names, kinds, strict=True)])
    if out is not None and not as_json:
        complain(say("cli.wrote", path=out))


def _mtas(names: Sequence[str], kinds: dict[str, str], *, strict: bool) -> list[str]:
    """Those of the names that are MTAs, the only ones with a schedule."""
    others = [name for name in names if kinds[name] != "mta"]
    if others and strict:
        raise UnsupportedError(f"{others[0]} is a {kinds[others[0]]}: only MTAs have a retry schedule")
    return [name for name in dict.fromkeys(names) if kinds[name] == "mta"]


def _list(found: Sequence[Flavour], *, as_json: bool) -> None:
    rows = [(one.name, one.kind, one.program, one.label) for one in found]
    if as_json:
        show_json([dict(zip(("name", "kind", "program", "label"), row, strict=True)) for row in rows])
    else:
        show_table(rows, header=("name", "kind", "program", ""))


def _values(found: Flavour) -> dict[str, Any]:
    """A flavour as plain values."""
    from mailsim.flavours import schedule

    figures = {key: {"value": one.value, "source": one.source, "verified": one.verified} for key, one in found.figures.items()}
    values: dict[str, Any] = {"name": found.name, "kind": found.kind, "program": found.program, "label": found.label, "note": found.note}
    if found.kind == "mta":
        values["schedule"] = _plain(schedule(found.name))
    return {**values, "figures": figures}


def _plain(found: Schedule) -> dict[str, Any]:
    """A schedule as plain values, ages in seconds."""
    end = found.given_up_us
    return {
        "attempts_s": [age / 1e6 for age in found.ages_us],
        "interpolated_s": [age / 1e6 for age in found.ages_us if age in found.interpolated],
        "returned_s": None if end is None else end / 1e6,
        "known_until_s": None if found.known_until_us is None else found.known_until_us / 1e6,
        "attempts_within": {span: found.within(span) for span in ("1h", "6h", "24h")},
        "delivered_after_s": {span: None if (age := found.delivered_after(span)) is None else age / 1e6 for span in ("6h", "24h")},
    }


def _show_one(found: Flavour) -> None:
    from mailsim.flavours import schedule

    label = f" ({found.label})" if found.label else ""
    show(f"{found.name}: {found.program}{label}\n")
    if found.note:
        show(f"{found.note}\n")
    if found.kind == "mta":
        show_table(schedule(found.name).rows(), header=("schedule", ""))
        show()
    figures = [(key, _figure(one.value), "" if one.verified else "unverified", one.source) for key, one in found.figures.items()]
    show_table(figures, header=("figure", "value", "", "source"))


def _compare(found: Sequence[Schedule]) -> None:
    rows = [
        (
            one.name,
            ", ".join(one.first(5)),
            *(str(one.within(span)) for span in ("1h", "6h", "24h")),
            one.last,
            one.end,
            one.fate("6h"),
            one.fate("24h"),
            one.label,
        )
        for one in found
    ]
    show_table(rows, header=_COMPARED)


def _draw(found: Sequence[Schedule], out: Path) -> None:
    from mailsim.plots.picture import drawn
    from mailsim.plots.schedule import schedule
    from mailsim.results.files import write_whole

    kinds: dict[str, Literal["png", "svg"]] = {".png": "png", ".svg": "svg"}
    if out.suffix.lower() not in kinds:
        raise UnsupportedError(f"{out}: a picture is FILE.png or FILE.svg")
    write_whole(out, drawn(schedule(found), kinds[out.suffix.lower()]))


def _figure(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_figure(inner)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(_figure(inner) for inner in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
