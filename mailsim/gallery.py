"""The gallery: every kind of picture once, each from a shipped scenario, with the question that it answers; and all on one sheet.

``mailsim gallery`` draws it; the pictures in the project's README are these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from mailsim.errors import UnknownNameError
from mailsim.language import say, speaking
from mailsim.markup import Markup, image, joined, tag

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mailsim.plots.picture import Sheet
    from mailsim.plots.style import Style
    from mailsim.results import Result
    from mailsim.study import Study

__all__ = ["EXHIBITS", "Drawn", "Exhibit", "drawn", "gallery"]

#: programs of the picture of schedules: five that were recorded, two that were read, three measured senders, one sample configuration
_RECORDED = ("postfix", "exim", "sendmail", "opensmtpd", "courier")
_PROGRAMS = (*_RECORDED, "kumomta", "haraka", "gmail-2016", "hotmail-2016", "aol-2016", "james-sample")

#: how the picture of outcomes by length is made
_BY_LENGTH = (
    'ms.outage_study({"mx1": "single-mx"}, target="mx1", lengths="6h,2d,4d,5d,6d,8d", runs=1, messages=500).plot.outcomes_by_length()'
)

#: how two timelines are made
_SIDE_BY_SIDE = 'silent.plot.timeline(beside=ms.load("primary-outage").replace("faults[0].how", "refused").run(seed=7))'

#: width of a picture on the page of the gallery
_SHOWN_PX = 760


@cache
def _run(name: str) -> Result:
    from mailsim.run import run
    from mailsim.scenario import load

    return run(load(name), seed=7, progress=False)


@cache
def _study() -> Study:
    from mailsim.scenario import load
    from mailsim.study import outage_study

    world = load("backup-mx")
    part = dict(world.study or {})
    layouts = {title: load(name) for title, name in part.pop("layouts").items()}
    return outage_study(layouts, **part, seed=world.seed, progress=False)


@cache
def _by_length() -> Study:
    from mailsim.scenario import load
    from mailsim.study import outage_study

    return outage_study({"mx1": load("single-mx")}, target="mx1", lengths="6h,2d,4d,5d,6d,8d", runs=1, messages=500, progress=False)


class Exhibit(NamedTuple):
    """One picture: its name (and file), the Python line that makes it, and the function that draws it in a style."""

    name: str
    line: str
    draw: Callable[[Style], Axes | Sheet]

    @property
    def question(self) -> str:
        """What it answers, in the language spoken."""
        return say(f"gallery.{self.name.replace('-', '_')}")


def _of_run(name: str, scenario: str, method: str) -> Exhibit:
    """A picture of a run that needs nothing more."""
    line = f'ms.load("{scenario}").run(seed=7).plot.{method}()'
    return Exhibit(name, line, lambda style: cast("Axes", getattr(_run(scenario).plot, method)(style=style)))


def _sequence(style: Style) -> Axes:
    story = _run("primary-outage").example("fallback").explain()
    return story.plot(style=style)


def _side_by_side(style: Style) -> Axes:
    from mailsim.run import run
    from mailsim.scenario import load

    refused = run(load("primary-outage").replace("faults[0].how", "refused"), seed=7, progress=False)
    return _run("primary-outage").plot.timeline(beside=refused, style=style)


def _schedules(style: Style) -> Axes:
    from mailsim.flavours import schedule
    from mailsim.plots.schedule import schedule as draw

    return draw([schedule(name) for name in _PROGRAMS], style=style)


#: every kind of picture, in the order of the gallery
EXHIBITS: tuple[Exhibit, ...] = (
    _of_run("dashboard", "primary-outage", "dashboard"),
    _of_run("timeline", "primary-outage", "timeline"),
    Exhibit("side-by-side", f'silent = ms.load("primary-outage").run(seed=7); {_SIDE_BY_SIDE}', _side_by_side),
    Exhibit("sequence", 'ms.load("primary-outage").run(seed=7).example("fallback").explain().plot()', _sequence),
    _of_run("topology", "primary-outage", "topology"),
    _of_run("latency", "primary-outage", "latency"),
    _of_run("sawtooth", "primary-outage", "sawtooth"),
    _of_run("queues", "primary-outage", "queues"),
    _of_run("budget", "primary-outage", "budget"),
    _of_run("mx-share", "primary-outage", "mx_share"),
    _of_run("outcomes", "backscatter", "outcomes"),
    _of_run("dns-cache", "moving-the-mx", "dns_cache"),
    _of_run("raster", "how-long-senders-retry", "raster"),
    Exhibit("schedules", f"mailsim flavours {' '.join(_PROGRAMS)} --out schedules.png", _schedules),
    Exhibit("impact", "mailsim study backup-mx --out study/", lambda style: _study().plot.impact(style=style)),
    Exhibit("outcomes-by-length", _BY_LENGTH, lambda style: _by_length().plot.outcomes_by_length(style=style)),
)


class Drawn(NamedTuple):
    """A picture that was drawn: which, as PNG, its title and its description."""

    exhibit: Exhibit
    png: bytes
    title: str
    description: str


def drawn(names: Iterable[str] = (), *, style: Style = "print", language: str | None = None) -> Iterator[Drawn]:
    """Draw pictures of the gallery one after the other.

    Parameters
    ----------
    names : iterable of str
        Which of :data:`EXHIBITS`; by default all.
    style : str
        ``print`` or ``slide``.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.

    Raises
    ------
    UnknownNameError
        There is no such picture, style or language.
    """
    known = {one.name: one for one in EXHIBITS}
    wanted = list(names) or list(known)
    for name in wanted:
        if name not in known:
            raise UnknownNameError("picture", name, known)
    return (_one(known[name], style, language) for name in wanted)


def _one(exhibit: Exhibit, style: Style, language: str | None) -> Drawn:
    from mailsim.plots.picture import describe, png, title_of

    with speaking(language):
        ax = exhibit.draw(style)
        return Drawn(exhibit, png(ax), title_of(ax), describe(ax))


def gallery(directory: str | Path, *, names: Iterable[str] = (), style: Style = "print", language: str | None = None) -> list[Path]:
    """Write pictures of the gallery, one sheet with all of them (``contact-sheet.png``) and a page (``index.html``).

    Where all are wanted, a run as a film (``film.gif``) is written too.

    Parameters
    ----------
    directory : str or Path
        Where to; it is made if it is not there.
    names : iterable of str
        Which pictures; by default all.
    style : str
        ``print`` or ``slide``.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.

    Returns
    -------
    list of Path
        The files, each written whole or not at all.

    Raises
    ------
    UnknownNameError
        There is no such picture, style or language.
    """
    from mailsim.plots.contact import contact_sheet
    from mailsim.results.files import write_whole

    place, wanted = Path(directory), list(names)
    found = list(drawn(wanted, style=style, language=language))
    place.mkdir(parents=True, exist_ok=True)
    with speaking(language) as speech:
        sheet = contact_sheet([(one.exhibit.name, one.png) for one in found])
        page = _page(found, speech)
    files: dict[str, str | bytes] = {f"{one.exhibit.name}.png": one.png for one in found}
    files |= {"contact-sheet.png": sheet, "index.html": page}
    if not wanted:
        files["film.gif"] = _run("primary-outage").plot.animation(style=style, language=language).gif()
    return [write_whole(place / name, content) for name, content in files.items()]


def _page(found: list[Drawn], language: str) -> str:
    parts = [
        joined(
            (
                tag("h2", one.exhibit.question, id=one.exhibit.name),
                tag("pre", one.exhibit.line),
                image(one.png, one.description, width_px=_SHOWN_PX),
                tag("p", one.description),
            )
        )
        for one in found
    ]
    head = joined((Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width">'), tag("title", say("gallery.title"))))
    style = "body{font:16px/1.5 sans-serif;max-width:800px;margin:2em auto;padding:0 1em;color:#222}pre{background:#f4f4f4;padding:.5em}"
    body = tag("body", joined((tag("h1", say("gallery.title")), *parts)))
    return f'<!DOCTYPE html>\n<html lang="{language}"><head>{head}<style>{style}figure{{margin:0}}</style></head>{body}</html>\n'
