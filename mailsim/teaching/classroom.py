"""The class as one experiment: each pupil's outage of another length is one point of the impact curve."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mailsim.draws import Draws
from mailsim.errors import UnsupportedError
from mailsim.plots.classroom import ClassPoint, class_curve
from mailsim.results.result import Result
from mailsim.scenario.doors import load
from mailsim.scenario.scenario import Scenario
from mailsim.study import outage_study
from mailsim.study.worlds import recipient
from mailsim.teaching.variants import length_between, seed_of
from mailsim.units import duration, micros

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mailsim.plots.style import Style
    from mailsim.plots.timeaxis import Window

__all__ = ["LENGTHS", "MESSAGES", "ClassPoint", "class_plot", "class_point", "own_length", "read_line"]

#: lengths of a pupil's outage: from a quarter of a day, in which nothing comes back, to well beyond what usual mail servers wait
#: (Postfix 5 d, Exim 4 d), so that about a third of a class sees mail come back
LENGTHS = ("6h", "14d")
#: messages that a pupil's run follows: one point takes a second
MESSAGES = 200

_KEYS = ("student", "length_s", "messages", "bounced_share", "delay_p50_s")


def own_length(student: str, *, lengths: tuple[str, str] = LENGTHS, name: str = "class") -> str:
    """A pupil's length of an outage, such as ``13h``; each doubling within ``lengths`` is equally likely.

    Raises
    ------
    UnsupportedError
        The name is empty, or the lengths are no range.

    Examples
    --------
    >>> own_length("Ada") == own_length(" ada")
    True
    """
    try:
        shortest, longest = (micros(length) for length in lengths)
    except ValueError as error:
        raise UnsupportedError(f"lengths: {error}") from None
    if not 0 < shortest < longest:
        raise UnsupportedError(f"lengths={lengths!r}: give the shortest and the longest, such as ('1h', '7d')")
    return duration(length_between(Draws(seed_of(student, name)), 0, shortest, longest))


def class_point(
    student: str,
    layout: Scenario | str | Path | Mapping[str, Any] = "single-mx",
    *,
    target: str = "mx1",
    lengths: tuple[str, str] = LENGTHS,
    messages: int = MESSAGES,
    language: str | None = None,
) -> ClassPoint:
    """Let ``target`` fail for the pupil's own length and follow the mail that is sent meanwhile: one point of the class's curve.

    Parameters
    ----------
    student : str
        The pupil's name.
    layout : Scenario, str, Path or dict
        As for :func:`mailsim.load`.
    target, messages
        As for :func:`mailsim.outage_study`.
    lengths : tuple of str
        The shortest and the longest outage of the class.
    language : str, optional
        ``en`` or ``de``: in which the point is shown; by default the one spoken.
    """
    scenario = load(layout)
    length = own_length(student, lengths=lengths, name=scenario.name)
    seed = seed_of(student, scenario.name)
    to = recipient(scenario, target, title=scenario.name)
    study = outage_study(
        {"class": scenario}, target=target, lengths=[length], runs=1, seed=seed, messages=messages, to=to, progress=False
    )
    figures = study.cells[0].runs[0].figures
    delay = figures["delay_p50_s"]
    return ClassPoint(
        str(student),
        micros(length) / 1e6,
        study.cells[0].runs[0].messages,
        figures["bounced_share"],
        delay if isfinite(delay) else None,
        language,
    )


def _point_of(result: Result, student: str) -> ClassPoint:
    """The point of a run with one outage: what became of the mail sent while it lasted."""
    spans = result.faults
    if len(spans) != 1:
        raise UnsupportedError(f"{student}: a point needs a run with one outage, this one has {len(spans)}")
    figures = next((one for one in result.summary().figures if one.key != "all"), None)
    if figures is None or not figures.shares.total:
        raise UnsupportedError(f"{student}: no mail was sent during the outage, so there is nothing to draw")
    half = figures.stored.quantile_us(0.5)
    bounced = figures.shares.bounced
    assert bounced is not None  # there was mail
    return ClassPoint(student, float(spans["length_s"].iloc[0]), figures.shares.total, bounced, None if half is None else half / 1e6)


def read_line(text: str) -> ClassPoint:
    """A point from the line that a pupil handed in.

    Raises
    ------
    UnsupportedError
        It is no such line.
    """
    try:
        found = json.loads(text)
        student, length, messages, bounced, delay = (found[key] for key in _KEYS)
        point = ClassPoint(str(student), float(length), int(messages), float(bounced), None if delay is None else float(delay))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UnsupportedError(f"{text[:60]!r} is not the line of a class point ({error}); hand in what point.line gives") from None
    sound = 0 < point.length_s < 1e9 and 0 <= point.bounced_share <= 1 and point.messages > 0
    if not sound or (point.delay_p50_s is not None and not 0 <= point.delay_p50_s < 1e9):
        raise UnsupportedError(f"{text[:60]!r}: a length, share or delay that can't be")
    return point


def class_plot(
    results: Mapping[str, Result | ClassPoint | str] | Iterable[Result | ClassPoint | str],
    *,
    student: str = "",
    ax: Axes | None = None,
    style: Style = "print",
    window: Window = None,
    language: str | None = None,
) -> Axes:
    """One curve from the whole class: share of the mail that came back, and delay, against the length of the outage.

    Parameters
    ----------
    results : mapping or iterable
        What each pupil has: a run with one outage, a :class:`ClassPoint`, or its line as text; with a mapping by pupil's name.
    student : str
        Whose point to point out.
    ax, style, window
        As for every picture.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.

    Raises
    ------
    UnsupportedError
        There is nothing to draw, or something that is no result.

    Examples
    --------
    >>> class_plot([class_point(name) for name in ("Ada", "Ben")]).get_title()
    'No mail came back, up to an outage of 26 h.'
    """
    named = results.items() if isinstance(results, Mapping) else ((f"{k}", one) for k, one in enumerate(results, 1))
    points = [_read(name, one) for name, one in named]
    if not points:
        raise UnsupportedError("results is empty: give one result of each pupil")
    return class_curve(points, student=student, ax=ax, style=style, window=window, language=language)


def _read(name: str, one: Result | ClassPoint | str) -> ClassPoint:
    if isinstance(one, ClassPoint):
        return one
    if isinstance(one, Result):
        return _point_of(one, name)
    if isinstance(one, str):
        return read_line(one)
    raise UnsupportedError(f"{name}: a result is a run, a class point or its line, not {type(one).__name__}")
