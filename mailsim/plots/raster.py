"""Attempts of many programs during one outage: a row for each, a tick for every attempt, and what became of the message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mailsim import __version__
from mailsim.flavours import Schedule, mta_figures, mta_flavours
from mailsim.flavours import schedule as flavour_schedule
from mailsim.flavours.schedules import schedule_of
from mailsim.language import say
from mailsim.plots.lettering import legend_below
from mailsim.plots.style import COLOURS, LETTERS, SIZES, Style
from mailsim.plots.timeaxis import Window, duration_text, span_axis, window_s
from mailsim.units import clock, duration, micros

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mailsim.results import Result
    from mailsim.scenario import Scenario

__all__ = ["Fate", "describe_raster", "fate_of", "raster", "raster_of", "senders_of"]

#: how many outages long the picture may be
_LONGEST = 4.0

#: looks of the marks: colour, marker, key of the word, size in marker areas
_LOOKS: dict[str, tuple[str, str, str, float]] = {
    "attempt": (COLOURS["ink"], "|", "attempt", 1.6),
    "guessed": (COLOURS["down"], "|", "guessed", 1.0),
    "delivered": (COLOURS["delivered"], "o", "delivered", 1.7),
    "returned": (COLOURS["bounced"], "X", "returned", 1.9),
    "unknown": (COLOURS["dns"], "D", "unknown", 1.2),
}


class Fate(NamedTuple):
    """What becomes of a message sent when an outage begins.

    Attributes
    ----------
    kind : str
        ``delivered``, ``returned`` or ``unknown``.
    at_us : int
        Its age then; for ``unknown`` the age of the last attempt that anybody has seen.
    tries : int
        Attempts that failed.
    """

    kind: str
    at_us: int
    tries: int


def fate_of(lane: Schedule, outage_us: int) -> Fate:
    """The fate of a message sent with that schedule when an outage of that length begins."""
    came = lane.delivered_after(outage_us)
    if came is not None:
        return Fate("delivered", came, sum(age < came for age in lane.ages_us))
    if lane.given_up_us is None:
        return Fate("unknown", lane.ages_us[-1], len(lane.ages_us))
    return Fate("returned", lane.given_up_us, len(lane.ages_us))


def raster(
    flavours: Sequence[str | Schedule] | None = None,
    *,
    outage: str | int = "6h",
    ax: Axes | None = None,
    style: Style = "print",
    window: Window = None,
    caption: str = "",
) -> Axes:
    """Draw when each program tries while an outage lasts, and when its message is delivered, returned, or lost from sight.

    The message is sent when the outage begins, and every attempt in it fails at once.  Rows are in the order of the fate: delivered
    first, the soonest on top, then returned, then unknown.

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

    Raises
    ------
    UnknownNameError
        There is no such flavour.
    """
    from mailsim.plots.picture import drawing, finish

    outage_us = micros(outage) if isinstance(outage, str) else outage
    lanes = _ordered(_lanes(mta_flavours() if flavours is None else flavours), outage_us)
    with drawing(ax, style=style, height=min(max(0.4 + 0.035 * len(lanes), 0.45), 2.0) if style == "print" else 1.0) as axes:
        low, high = window_s(window, 0.0, _end_s(lanes, outage_us))
        span_axis(axes, low, high)
        axes.set_xlabel("time since the outage began and the message was sent")
        pitch = _pitch(axes, len(lanes), style)
        letters = min(SIZES[style].font, max(pitch * 0.8, 5.0))
        axes.set_ylim(len(lanes) - 0.4, -0.5 - _label_pt(style) / pitch)
        _draw_outage(axes, outage_us / 1e6)
        for number, (lane, fate) in enumerate(lanes):
            _draw_lane(axes, number, lane, fate, outage_us, style=style, letters=letters)
        axes.set_yticks(range(len(lanes)), [lane.name for lane, _ in lanes])
        axes.tick_params(axis="y", length=0, pad=SIZES[style].font * 0.5, labelsize=letters)
        axes.spines["left"].set_visible(False)
        _legend(axes, lanes, outage_us, style)
        text = " · ".join(part for part in (f"mailsim {__version__}", caption, *_fine_print(lanes)) if part)
        return finish(axes, title=_title(lanes, outage_us), description=_described(lanes, outage_us), caption=text, style=style)


def raster_of(
    result: Result, *, outage: str | int | None = None, ax: Axes | None = None, style: Style = "print", window: Window = None
) -> Axes:
    """The raster of the programs that send in a result's scenario, for its longest fault (6 h where nothing failed) or ``outage``."""
    from mailsim.plots.picture import caption_of

    spans = [min(span.end_us, result.log.end_us) - span.start_us for span in result.log.conditions]
    length = outage if outage is not None else max(spans, default=0) or "6h"
    text = caption_of(result).partition(" · ")[2]
    return raster(senders_of(result.scenario), outage=length, ax=ax, style=style, window=window, caption=text)


def senders_of(scenario: Scenario) -> list[Schedule]:
    """The schedules of the MTAs of a scenario that pass mail on, and of the flavours of its populations of senders.

    An MTA has what the scenario says instead of its flavour's figures.
    """
    found: dict[str, Schedule] = {}
    passing = {name for name, node in scenario.nodes.items() if node.kind == "mta" and (node.submission or node.relays_for)}
    for name, node in scenario.nodes.items():
        if node.kind == "mta" and (name in passing or not passing):
            kept = {} if node.queue_lifetime is None else {"queue_lifetime": duration(node.queue_lifetime)}
            figures = mta_figures(node.flavour, {**node.parameters, **kept}, own=scenario.flavours)
            found[name] = schedule_of(f"{name} ({node.flavour})", "", figures)
        elif node.kind == "senders":
            found |= {f"/{flavour}": flavour_schedule(flavour, own=scenario.flavours) for flavour in node.mix}
    return list(found.values())


def _lanes(data: Iterable[str | Schedule]) -> list[Schedule]:
    return [flavour_schedule(one) if isinstance(one, str) else one for one in data]


Lane = tuple[Schedule, Fate]


def _ordered(lanes: Sequence[Schedule], outage_us: int) -> list[Lane]:
    """By fate, then by its time, then by name."""
    kinds = ("delivered", "returned", "unknown")
    pairs = [(lane, fate_of(lane, outage_us)) for lane in lanes]
    return sorted(pairs, key=lambda pair: (kinds.index(pair[1].kind), pair[1].at_us, pair[0].name))


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
            f"outage, {duration_text(end_s)}",
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
        _fate_words(fate, outage_us),
        (1, number),
        xycoords=("axes fraction", "data"),
        xytext=(size.font * 0.8, 0),
        textcoords="offset points",
        va="center",
        fontsize=letters,
        color=LETTERS.get(_LOOKS[fate.kind][0], _LOOKS[fate.kind][0]),
        annotation_clip=False,
    )


def _fate_words(fate: Fate, outage_us: int) -> str:
    """What becomes of the message, for the column at the right."""
    if fate.kind == "delivered":
        after = fate.at_us - outage_us
        return "at once" if after == 0 else f"{duration_text(after / 1e6)} after it"
    if fate.kind == "returned":
        return f"returned at {duration_text(fate.at_us / 1e6)}"
    return f"unknown after {duration_text(fate.at_us / 1e6)}"


def _legend(ax: Axes, lanes: Sequence[Lane], outage_us: int, style: str) -> None:
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
    legend_below(ax, handles, style=style)


def _fine_print(lanes: Sequence[Lane]) -> list[str]:
    labels = [f"{lane.name}: {lane.label}" for lane, _ in lanes if lane.label and not lane.name.endswith("-2016")]
    measured = ["programs with a year: measured then, against 4xx"] if any(lane.name.endswith("-2016") for lane, _ in lanes) else []
    runs = ["queue runs begin with the first attempt"] if any(lane.scan_us for lane, _ in lanes) else []
    return ["sent the moment the outage begins; attempts fail at once", *runs, *measured, *labels]


def _title(lanes: Sequence[Lane], outage_us: int) -> str:
    """The picture in a sentence."""
    if not lanes:
        return "No program was named."
    span = duration_text(outage_us / 1e6)
    came = [(fate.at_us, lane.name) for lane, fate in lanes if fate.kind == "delivered"]
    gone, lost = (sum(fate.kind == kind for _, fate in lanes) for kind in ("returned", "unknown"))
    tail = [f"{gone} {'has' if gone == 1 else 'have'} returned it" if gone else "", f"of {lost} nobody knows" if lost else ""]
    ends = "".join(f"; {text}" for text in tail if text)
    if not came:
        return f"No program delivers the message after an outage of {span}{ends}."
    waits = [_fate_words(Fate("delivered", at_us, 0), outage_us).removesuffix(" after it") for at_us, _ in (min(came), max(came))]
    (_, soonest), (_, last) = min(came), max(came)
    when = "at once" if waits[0] == "at once" else f"after {waits[0]} more"
    if len(lanes) == 1:
        tries = lanes[0][1].tries
        return f"{soonest} tries {tries} times in vain in an outage of {span} and delivers {when}."
    if len(came) == 1:
        return f"After an outage of {span}, only {soonest} delivers, {when}{ends}."
    if waits[0] == waits[1]:
        return f"After an outage of {span}, {len(came)} of {len(lanes)} programs deliver {when}{ends}."
    return f"After an outage of {span}, the first program delivers {when} ({soonest}), the last after {waits[1]} ({last}){ends}."


def describe_raster(flavours: Sequence[str | Schedule] | None = None, *, outage: str | int = "6h") -> str:
    """The raster in words."""
    outage_us = micros(outage) if isinstance(outage, str) else outage
    return _described(_ordered(_lanes(mta_flavours() if flavours is None else flavours), outage_us), outage_us)


def _described(lanes: Sequence[Lane], outage_us: int) -> str:
    parts = [f"Attempts of each program while an outage of {clock(outage_us)} lasts, one row a program. {_title(lanes, outage_us)}"]
    for lane, fate in lanes:
        label = f" ({lane.label})" if lane.label else ""
        words = {
            "delivered": f"delivered at the age of {clock(fate.at_us)}",
            "returned": f"returned at {clock(fate.at_us)}",
            "unknown": f"unknown after {clock(fate.at_us)}",
        }
        parts.append(f"{lane.name}{label}: {fate.tries} attempts in vain, {words[fate.kind]}.")
    return " ".join(parts)
