"""Attempts of many programs during one outage: a row for each, a tick for every attempt, and what became of the message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mailsim import __version__
from mailsim.flavours import Schedule, mta_flavours
from mailsim.flavours import schedule as flavour_schedule
from mailsim.language import phrased, say, speaking
from mailsim.plots.fates import Fate, Lane, by_fate, describe_fates, fate_words, headline_of, senders_of
from mailsim.plots.lettering import legend_below, room_pt
from mailsim.plots.style import COLOURS, LETTERS, SIZES, Style
from mailsim.plots.timeaxis import Window, duration_text, span_axis, window_s
from mailsim.units import micros

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mailsim.results import Result

__all__ = ["describe_raster", "raster", "raster_of"]

#: how many outages long the picture may be
_LONGEST = 4.0

#: most rows of a slide below each other; more stand in two columns, so that the letters can be read from the last row
_ROWS = 16

#: looks of the marks: colour, marker, key of the word, size in marker areas
_LOOKS: dict[str, tuple[str, str, str, float]] = {
    "attempt": (COLOURS["ink"], "|", "attempt", 1.6),
    "guessed": (COLOURS["down"], "|", "guessed", 1.0),
    "delivered": (COLOURS["delivered"], "o", "delivered", 1.7),
    "returned": (COLOURS["bounced"], "X", "returned", 1.9),
    "unknown": (COLOURS["dns"], "D", "unknown", 1.2),
}


def raster(
    flavours: Sequence[str | Schedule] | None = None,
    *,
    outage: str | int = "6h",
    ax: Axes | None = None,
    style: Style = "print",
    window: Window = None,
    caption: str = "",
    language: str | None = None,
) -> Axes:
    """Draw when each program tries while an outage lasts, and when its message is delivered, returned, or lost from sight.

    The message is sent when the outage begins, and every attempt in it fails at once.  Rows are in the order of the fate: delivered
    first, the soonest on top, then returned, then unknown.  On a slide of their own many rows stand in two columns.

    Parameters
    ----------
    flavours : sequence of str or Schedule, optional
        MTA flavours, or schedules from :func:`mailsim.flavours.schedule`; by default every flavour that ships.
    outage : str or int
        Its length, such as ``"6h"``, or microseconds.
    ax : Axes, optional
        Where to draw; by default on a new figure.
    style : str
        ``print`` or ``slide``.
    window : pair, optional
        Ages to show, such as ``("5h", "8h")``.
    caption : str
        More for the line below.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.

    Returns
    -------
    Axes
        Those of the first column.

    Raises
    ------
    UnknownNameError
        There is no such flavour.
    """
    from mailsim.plots.picture import axes_beside, drawing, finish

    outage_us = micros(outage) if isinstance(outage, str) else outage
    lanes = by_fate(_lanes(mta_flavours() if flavours is None else flavours), outage_us)
    two = ax is None and style == "slide" and len(lanes) > _ROWS
    height = min(max(0.4 + 0.035 * len(lanes), 0.45), 2.0) if style == "print" else 1.0
    with speaking(language), drawing(ax, style=style, height=height) as axes:
        span = window_s(window, 0.0, _end_s(lanes, outage_us))
        half = (len(lanes) + 1) // 2
        columns = [(axes, lanes[:half]), (axes_beside(axes), lanes[half:])] if two else [(axes, lanes)]
        for column, some in columns:
            _draw_column(column, some, outage_us, span, style=style, rows=len(columns[0][1]), most=9 // len(columns))
        axes.set_xlabel(say("raster.axis"), loc="left" if two else "center")
        _legend([column for column, _ in columns], lanes, outage_us, style)
        text = " · ".join(part for part in (f"mailsim {__version__}", caption, *_fine_print(lanes)) if part)
        title, description = headline_of(lanes, outage_us), describe_fates(lanes, outage_us)
        return finish(axes, title=title, description=description, caption=text, style=style)


def raster_of(
    result: Result,
    *,
    outage: str | int | None = None,
    ax: Axes | None = None,
    style: Style = "print",
    window: Window = None,
    language: str | None = None,
) -> Axes:
    """The raster of the programs that send in a result's scenario, for its longest fault (6 h where nothing failed) or ``outage``."""
    from mailsim.plots.picture import caption_of

    end_us = result.log.end_us
    spans = [min(span.end_us, end_us) - span.start_us for span in result.log.conditions if span.start_us < end_us]
    length = outage if outage is not None else max(spans, default=0) or "6h"
    text = caption_of(result).partition(" · ")[2]
    return raster(senders_of(result.scenario), outage=length, ax=ax, style=style, window=window, caption=text, language=language)


def _draw_column(ax: Axes, lanes: Sequence[Lane], outage_us: int, span: tuple[float, float], *, style: str, rows: int, most: int) -> None:
    """Programs below each other, in rows as high as a column of so many has."""
    span_axis(ax, *span, most=most)
    pitch = _pitch(ax, rows, style)
    letters = min(SIZES[style].font, max(pitch * 0.8, 5.0))
    ax.set_ylim(max(rows, len(lanes)) - 0.4, -0.5 - _label_pt(style) / pitch)
    _draw_outage(ax, outage_us / 1e6)
    for number, (lane, fate) in enumerate(lanes):
        _draw_lane(ax, number, lane, fate, outage_us, style=style, letters=letters)
    ax.set_yticks(range(len(lanes)), [lane.name for lane, _ in lanes])
    ax.tick_params(axis="y", length=0, pad=SIZES[style].font * 0.5, labelsize=letters)
    ax.spines["left"].set_visible(False)


def _lanes(data: Iterable[str | Schedule]) -> list[Schedule]:
    return [flavour_schedule(one) if isinstance(one, str) else one for one in data]


def _end_s(lanes: Sequence[Lane], outage_us: int) -> float:
    """The end of the time axis: the last delivery, but no more than some outages."""
    last = max((fate.at_us for _, fate in lanes if fate.kind == "delivered"), default=outage_us)
    return max(min(max(last, outage_us * 1.1), outage_us * _LONGEST) * 1.02 / 1e6, 1.0)


def _label_pt(style: str) -> float:
    """Height of the label of the outage, which stands above the first row."""
    return SIZES[style].font * 1.1 + 6


def _pitch(ax: Axes, rows: int, style: str) -> float:
    """Height of a row in points: about two thirds of the sheet are axes."""
    figure: Any = ax.figure
    high: float = figure.get_figheight() * 72 * 0.66 - _label_pt(style)
    return high / max(rows, 1)


def _draw_outage(ax: Axes, end_s: float) -> None:
    low, high = ax.get_xlim()
    bottom, top = ax.get_ylim()
    if low < end_s:
        end = min(end_s, high)
        ax.axvspan(low, end, facecolor="#F2F2F2", edgecolor="#B5B5B5", hatch="//", linewidth=0, zorder=0.1)
        ax.annotate(
            say("raster.outage", length=duration_text(end_s)),
            (low, top),
            xytext=(4, -3),
            textcoords="offset points",
            va="top",
            fontsize="small",
            color=COLOURS["quiet"],
            bbox={"boxstyle": "square,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
            zorder=4,
        )
        if end_s < high:
            ax.plot([end_s, end_s], [bottom, top], color=COLOURS["down"], linewidth=1.2, zorder=0.6)


def _draw_lane(ax: Axes, number: int, lane: Schedule, fate: Fate, outage_us: int, *, style: str, letters: float) -> None:
    """A line as long as the message waits, its attempts, its fate as a mark, and in the column at the right in words."""
    low, high = ax.get_xlim()
    size = SIZES[style]
    height = min(size.marker, (letters * 0.9) ** 2)
    end_s = fate.at_us / 1e6
    ax.plot([low, min(end_s, high)], [number, number], color=COLOURS["down"], linewidth=size.line * 0.4, zorder=1)
    if fate.kind == "unknown" and end_s < high:
        ax.plot([end_s, high], [number, number], color=COLOURS["dns"], linewidth=size.line * 0.6, linestyle=":", zorder=1)
    failed = [age for age in lane.ages_us if age < outage_us]
    groups = {
        "guessed": [age for age in failed if age in lane.interpolated],
        "attempt": [age for age in failed if age not in lane.interpolated],
        fate.kind: [fate.at_us],
    }
    for kind, ages in groups.items():
        colour, marker, _, area = _LOOKS[kind]
        at_s = np.array([age / 1e6 for age in ages if low <= age / 1e6 <= high])
        paint: dict[str, Any] = {"color": colour} if marker == "|" else {"facecolors": colour, "edgecolors": "white"}
        if len(at_s):
            wide = size.line * (0.55 if marker == "|" else 0.3)
            paint |= {"s": height * area, "marker": marker, "linewidths": wide, "zorder": 3 if marker == "|" else 4, "clip_on": False}
            ax.scatter(at_s, np.full(len(at_s), number), label="_" + kind, **paint)
    if end_s > high and fate.kind != "unknown":
        ax.scatter([high], [number], s=height, marker=">", color=_LOOKS[fate.kind][0], zorder=4, clip_on=False, label="_beyond")
    ax.annotate(
        fate_words(fate, outage_us),
        (1, number),
        xycoords=("axes fraction", "data"),
        xytext=(size.font * 0.8, 0),
        textcoords="offset points",
        va="center",
        fontsize=letters,
        color=LETTERS.get(_LOOKS[fate.kind][0], _LOOKS[fate.kind][0]),
        annotation_clip=False,
    )


def _legend(columns: Sequence[Axes], lanes: Sequence[Lane], outage_us: int, style: str) -> None:
    """The marks that occur, explained below the columns: below two, each has its half."""
    from matplotlib.lines import Line2D

    inferred = any(age < outage_us for lane, _ in lanes for age in lane.interpolated)
    used = {"attempt", *(["guessed"] if inferred else []), *(fate.kind for _, fate in lanes)}
    size = SIZES[style]
    handles = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=marker,
            markersize=(size.marker * 1.3) ** 0.5,
            color=colour,
            markeredgewidth=size.line * 0.7 if marker == "|" else 0,
            label=say(f"raster.{word}"),
        )
        for kind, (colour, marker, word, _) in _LOOKS.items()
        if kind in used and lanes
    ]
    share = -(-len(handles) // len(columns))
    for k, column in enumerate(columns):
        room = room_pt(columns[0], style=style) / len(columns)
        legend_below(column, handles[k * share : (k + 1) * share], style=style, room=room)


def _fine_print(lanes: Sequence[Lane]) -> list[str]:
    by_year = any(lane.name.endswith("-2016") for lane, _ in lanes)
    labels = [f"{lane.name}: {phrased('labels', lane.label)}" for lane, _ in lanes if lane.label and not lane.name.endswith("-2016")]
    runs = [say("raster.note_runs")] if any(lane.scan_us for lane, _ in lanes) else []
    return [say("raster.note_sent"), *runs, *([say("raster.note_measured")] if by_year else []), *labels]


def describe_raster(flavours: Sequence[str | Schedule] | None = None, *, outage: str | int = "6h", language: str | None = None) -> str:
    """The raster in words."""
    outage_us = micros(outage) if isinstance(outage, str) else outage
    with speaking(language):
        return describe_fates(by_fate(_lanes(mta_flavours() if flavours is None else flavours), outage_us), outage_us)
