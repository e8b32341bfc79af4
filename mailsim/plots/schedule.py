"""Retry schedules as a picture: one lane a program, its attempts on a logarithmic age, and what becomes of a message in an outage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mailsim import __version__
from mailsim.flavours import Schedule
from mailsim.language import phrased, say, speaking
from mailsim.plots.lettering import legend_below
from mailsim.plots.style import COLOURS, LETTERS, SIZES, Style
from mailsim.plots.timeaxis import Window, ages_s, duration_axis, duration_text
from mailsim.units import micros

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["describe_schedule", "schedule"]

#: looks of the marks: colour, marker, filled, size in marker areas, key of the word
_ATTEMPT = (COLOURS["deferred"], "v", True, 1.0, "attempt")
_DELIVERED = (COLOURS["delivered"], "o", True, 2.0, "delivered")
_LATER = (COLOURS["down"], "v", False, 0.7, "later")
_RETURNED = (COLOURS["bounced"], "X", True, 2.2, "returned")
_GUESSED = (COLOURS["down"], "|", True, 1.2, "guessed")

Look = tuple[str, str, bool, float, str]


def schedule(
    data: Schedule | Sequence[Schedule],
    *,
    ax: Axes | None = None,
    style: Style = "print",
    window: Window = None,
    outage: str = "6h",
    caption: str = "",
    language: str | None = None,
) -> Axes:
    """Draw when mail is tried that fails at once every time, and what becomes of mail sent when an outage begins.

    Parameters
    ----------
    data : Schedule or sequence of Schedule
        From :func:`mailsim.flavours.schedule`; one lane each, in that order.
    ax : Axes, optional
        Where to draw; by default a new figure.
    style : str
        ``print`` or ``slide``.
    window : pair, optional
        Ages from and to, such as ``("1m", "1d")``.
    outage : str
        Length of the outage that the marks tell of.
    caption : str
        More for the line below.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.
    """
    from mailsim.plots.picture import drawing, finish

    lanes = [data] if isinstance(data, Schedule) else list(data)
    height = min(max(0.42 + 0.085 * len(lanes), 0.5), 3.2)
    with speaking(language), drawing(ax, style=style, height=height) as axes:
        low, high = ages_s(window, *_span(lanes))
        duration_axis(axes, low, high)
        axes.set_ylim(len(lanes) - 0.5 + 0.1, -0.6)
        _draw_outage(axes, micros(outage) / 1e6, style)
        used: list[Look] = []
        for number, lane in enumerate(lanes):
            used += _draw_lane(axes, number, lane, micros(outage), (low, high), style)
        axes.set_yticks(range(len(lanes)), [lane.name for lane in lanes])
        _label(axes, lanes, style)
        axes.tick_params(axis="y", length=0, pad=SIZES[style].font * 0.7)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(say("schedule.axis"))
        _legend(axes, used, style)
        text = " · ".join(part for part in (f"mailsim {__version__}", caption, _fine_print(lanes)) if part)
        return finish(axes, title=_title(lanes, outage), description=_described(lanes, outage), caption=text, style=style)


def _span(lanes: Sequence[Schedule]) -> tuple[float, float]:
    """Ages to show in seconds: from before the first retry to after the end."""
    retries = [lane.ages_us[1] for lane in lanes if len(lane.ages_us) > 1]
    ends = [lane.ages_us[-1] * 4 if lane.given_up_us is None else lane.given_up_us for lane in lanes]  # room for what nobody knows
    return min(retries, default=60_000_000) / 1.7e6, max(ends, default=86_400_000_000) * 1.6 / 1e6


def _label(ax: Axes, lanes: Sequence[Schedule], style: str) -> None:
    """What must be said beside a name, in small letters below it."""
    for number, lane in enumerate(lanes):
        ax.annotate(
            phrased("labels", lane.label),
            (0, number),
            xycoords=("axes fraction", "data"),
            xytext=(-SIZES[style].font * 0.7, -SIZES[style].font * 0.75),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=SIZES[style].font * 0.7,
            color=COLOURS["quiet"],
        )


def _draw_outage(ax: Axes, end_s: float, style: str) -> None:
    """The outage as a hatched band up to its end."""
    low, high = ax.get_xlim()
    if not low < end_s < high:
        return
    ax.axvspan(low, end_s, facecolor=COLOURS["faint"], alpha=0.5, hatch="///", edgecolor="#B5B5B5", linewidth=0, zorder=0.1)
    ax.axvline(end_s, color=COLOURS["down"], linewidth=SIZES[style].line * 0.8, zorder=0.3)
    ax.annotate(
        say("schedule.outage", length=duration_text(end_s)),
        (0, 1),
        xycoords="axes fraction",
        xytext=(4, -3),
        textcoords="offset points",
        ha="left",
        va="top",
        fontsize="small",
        color=COLOURS["quiet"],
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1, "alpha": 0.85},
    )


def _draw_lane(ax: Axes, number: int, lane: Schedule, outage_us: int, window: tuple[float, float], style: str) -> list[Look]:
    """A line from the first attempt to the end, the attempts on it, and a word for what becomes of the message; gives the looks used."""
    low, high = window
    came = lane.delivered_after(outage_us)
    end_us = lane.ages_us[-1] if lane.given_up_us is None else lane.given_up_us
    ax.plot([low, end_us / 1e6], [number, number], color=COLOURS["down"], linewidth=SIZES[style].line * 0.6, zorder=1)
    if lane.given_up_us is None:
        ax.plot([end_us / 1e6, high], [number, number], color=COLOURS["down"], linewidth=SIZES[style].line * 0.6, linestyle=":", zorder=1)
        _say(ax, number, (end_us / 1e6 * high) ** 0.5, say("schedule.unknown"), COLOURS["quiet"], style, middle=True)
    groups: list[tuple[Look, list[int]]] = [
        (_GUESSED, [age for age in lane.ages_us if age in lane.interpolated and age < outage_us]),
        (_ATTEMPT, [age for age in lane.ages_us if age < outage_us and age not in lane.interpolated]),
        (_LATER, [age for age in lane.ages_us if age >= outage_us and age != came]),
        (_RETURNED, [] if lane.given_up_us is None else [lane.given_up_us]),
        (_DELIVERED, [] if came is None else [came]),
    ]
    for look, ages in groups:
        _draw(ax, number, look, [max(age / 1e6, low) for age in ages], style)
    if came is not None:
        _say(ax, number, min(max(came / 1e6, low), high), duration_text(came / 1e6), LETTERS[COLOURS["delivered"]], style)
    elif lane.given_up_us is not None:
        _say(ax, number, min(max(end_us / 1e6, low), high), say("schedule.returned"), COLOURS["bounced"], style)
    return [look for look, ages in groups if ages]


def _say(ax: Axes, number: int, at_s: float, word: str, colour: str, style: str, *, middle: bool = False) -> None:
    """A word above a lane, beginning at its mark (or around it)."""
    ax.annotate(
        word,
        (at_s, number),
        xytext=(0 if middle else SIZES[style].font * 0.35, SIZES[style].font * 0.35),
        textcoords="offset points",
        ha="center" if middle else "left",
        va="bottom",
        fontsize="small",
        color=colour,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.8},
        zorder=5,
    )


def _draw(ax: Axes, number: int, look: Look, at_s: list[float], style: str) -> None:
    colour, marker, filled, size, _ = look
    if not at_s:
        return
    paint: dict[str, Any] = {"color": colour} if marker == "|" else {"facecolors": colour if filled else "white", "edgecolors": colour}
    ax.scatter(
        at_s,
        np.full(len(at_s), number),
        s=SIZES[style].marker * size,
        marker=marker,
        linewidths=SIZES[style].line * 0.7 if marker == "|" or not filled else 0,
        zorder=4 if size >= 2 else 3 if filled else 2.5,
        clip_on=False,
        **paint,
    )


def _legend(ax: Axes, used: Sequence[Look], style: str) -> None:
    from matplotlib.lines import Line2D

    size = SIZES[style]
    handles = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=look[1],
            markersize=(size.marker * 1.3) ** 0.5,
            markerfacecolor=look[0] if look[2] else "white",
            markeredgecolor=look[0],
            markeredgewidth=size.line * 0.7 if look[1] == "|" or not look[2] else 0,
            label=say(f"schedule.mark_{look[4]}"),
        )
        for look in (_ATTEMPT, _GUESSED, _DELIVERED, _LATER, _RETURNED)
        if look in used
    ]
    legend_below(ax, handles, style=style)


def _fine_print(lanes: Sequence[Schedule]) -> str:
    runs = [lane.name for lane in lanes if lane.scan_us]
    return say("schedule.note_runs", names=", ".join(runs)) if runs else say("schedule.note_at_once")


def _title(lanes: Sequence[Schedule], outage: str) -> str:
    """The picture in a sentence."""
    span = duration_text(micros(outage) / 1e6)
    if not lanes:
        return say("schedule.nothing")
    if len(lanes) == 1:
        lane = lanes[0]
        known = lane.given_up_us is not None
        end_us = lane.ages_us[-1] if lane.given_up_us is None else lane.given_up_us
        # not called count: whoever tries once tries "1 times", which no rule for plurals mends in both languages
        facts = {"name": lane.name, "tries": lane.within(outage), "span": span, "end": duration_text(end_us / 1e6)}
        return say("schedule.title_lone" if known else "schedule.title_lone_unknown", **facts)
    came = {lane.name: at for lane in lanes if (at := lane.delivered_after(outage)) is not None}
    names = [lane.name for lane in lanes if lane.delivered_after(outage) is None and lane.given_up_us is not None]
    gone = say("schedule.gone", names=", ".join(names), count=len(names)) if names else ""
    if not came:
        return say("schedule.title_nobody", span=span, gone=gone)
    first, last = min(came, key=lambda name: came[name]), max(came, key=lambda name: came[name])
    if came[first] == came[last]:
        return say("schedule.title_alike", span=span, first=duration_text(came[first] / 1e6), gone=gone)
    ends = {"first": duration_text(came[first] / 1e6), "who": first, "last": duration_text(came[last] / 1e6), "other": last}
    return say("schedule.title", span=span, gone=gone, **ends)


def describe_schedule(data: Schedule | Sequence[Schedule], *, outage: str = "6h", language: str | None = None) -> str:
    """The schedules in words."""
    with speaking(language):
        return _described([data] if isinstance(data, Schedule) else list(data), outage)


def _described(lanes: Sequence[Schedule], outage: str) -> str:
    parts = [say("schedule.described"), _title(lanes, outage)]
    for lane in lanes:
        fate = lane.fate(outage)
        key = "delivered" if fate not in ("returned", "unknown") else fate
        if key == "delivered" and lane.given_up_us is None:
            key = "delivered_unknown"
        who = f"{lane.name} ({phrased('labels', lane.label)})" if lane.label else lane.name
        facts = {"ages": ", ".join(lane.first(8)), "end": lane.end, "outage": outage, "fate": fate}
        parts.append(say(f"schedule.lane_{key}", who=who, **facts))
    return " ".join(parts)
