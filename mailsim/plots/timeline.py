"""The timeline: one lane per server in the order of the path, outages, attempts, queues, deliveries; the slowest mail's way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mailsim.language import say, speaking
from mailsim.plots.bands import band_labels, bands, draw_band
from mailsim.plots.lettering import room_pt
from mailsim.plots.marks import COLUMNS, draw_marks, legend_for
from mailsim.plots.style import COLOURS, SIZES, Style
from mailsim.plots.tale import Lane, Tale, first_returned_row, returned_after_s, tale_of
from mailsim.plots.timeaxis import Window, clock_axis, clock_text, duration_text, window_s
from mailsim.results.metrics import cohorts, shares

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mailsim.results import Result

__all__ = [
    "FAILED",
    "LEAST_QUEUE",
    "describe_timeline",
    "described",
    "draw_bands",
    "draw_lanes",
    "draw_way",
    "fullest_of",
    "name_lanes",
    "note_of",
    "timeline",
    "title_of",
]

#: the looks of attempts that failed
FAILED = frozenset({"silence", "refused", "tempfail", "permfail", "policy"})

#: a queue of fewer is neither drawn to full height nor written out
LEAST_QUEUE = 5

#: heights inside a lane of height 1: the queue's area, where marks begin and end, and where they end above a queue
_QUEUE_TOP, _MARKS_LOW, _MARKS_HIGH, _ABOVE_QUEUE = 0.34, 0.22, 0.82, 0.62

#: where marks begin and end in a lane whose outage bands have their labels above them
_BELOW_LABEL, _LOWER = 0.28, 0.92

#: the same where two timelines share a slide, and the columns that marks are gathered into there
_DENSE, _COLUMNS_DENSE = (0.4, 0.98), COLUMNS * 2 // 5


def timeline(
    result: Result,
    *,
    beside: Result | None = None,
    ax: Axes | None = None,
    style: Style = "print",
    window: Window = None,
    language: str | None = None,
) -> Axes:
    """Draw what happened when.

    Parameters
    ----------
    result : Result
        A run; below level ``events`` attempts and queues are missing.
    beside : Result, optional
        Another run to compare it with, drawn with the same lanes and scale of time.
    ax : Axes, optional
        Where to draw; by default on a new figure.
    style : str
        ``print`` or ``slide``.
    window : pair, optional
        Stretch to show, such as ``("1h", "6h")``.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.

    See Also
    --------
    mailsim.plots.side_by_side.timelines : two runs on one sheet, with names of your own.
    """
    if beside is not None:
        from mailsim.plots.side_by_side import timelines

        return timelines([result, beside], ax=ax, style=style, window=window, language=language)
    with speaking(language):
        return _drawn(result, ax=ax, style=style, window=window)


def _drawn(result: Result, *, ax: Axes | None, style: Style, window: Window) -> Axes:
    """One timeline on a sheet of its own."""
    from mailsim.plots.picture import caption_of, drawing, finish

    tale = tale_of(result)
    low, high = window_s(window, *tale.shown_s)
    lanes = tale.lanes
    with drawing(ax, style=style, height=0.5 + 0.13 * len(lanes) if style == "print" else 1.0) as axes:
        clock_axis(axes, result.starts, low, high)
        axes.set_ylim(max(len(lanes), 1), 0)
        draw_lanes(axes, result, lanes, fullest=fullest_of(lanes), style=style, window=(low, high))
        points = 0.86 * room_pt(axes, style=style)  # the names of rows take some at the right
        draw_bands(axes, result, lanes, points=points, style=style, window=(low, high))
        draw_way(axes, tale, style)
        name_lanes(axes, lanes, style)
        marks = [mark for lane in lanes for mark in lane.marks]
        legend_for(axes, marks, way=tale.way_word, queue=any(lane.queue is not None for lane in lanes), style=style)
        return finish(
            axes,
            title=title_of(result, tale),
            description=described(result, tale),
            caption=caption_of(result, note_of(result)),
            style=style,
        )


def note_of(result: Result) -> str:
    """What a timeline of this run lacks."""
    return "" if result.log.level == "events" else say("timeline.level", level=result.log.level)


def fullest_of(lanes: Sequence[Lane]) -> int:
    """Mail in the fullest queue at its peak, at least :data:`LEAST_QUEUE`: what fills the height that queues have."""
    return max((int(lane.queue[1].max()) for lane in lanes if lane.queue is not None), default=LEAST_QUEUE)


def draw_lanes(
    ax: Axes, result: Result, lanes: Sequence[Lane], *, fullest: int, style: str, window: tuple[float, float], dense: bool = False
) -> None:
    """Queues and marks, lane below lane from height 0 on; ``dense`` where two timelines share a slide."""
    wrong = {span.node for span in result.log.conditions}
    for number, lane in enumerate(lanes):
        _draw_queue(ax, number, lane, max(fullest, LEAST_QUEUE), window=window)
        _draw_rows(ax, number, lane, style=style, window=window, banded=lane.node in wrong, dense=dense)


def name_lanes(ax: Axes, lanes: Sequence[Lane], style: str) -> None:
    """The names of the lanes instead of an axis."""
    ax.set_yticks([number + 0.5 for number in range(len(lanes))], [lane.title for lane in lanes])
    ax.tick_params(axis="y", length=0, pad=SIZES[style].font * 0.7)
    ax.spines["left"].set_visible(False)


def draw_bands(
    ax: Axes, result: Result, lanes: Sequence[Lane], *, points: float, style: str, window: tuple[float, float], dense: bool = False
) -> None:
    """What was wrong: a band in the lane concerned, thin lines through all lanes at its ends; the window is ``points`` wide."""
    found = bands(result.log.conditions, end_s=result.log.end_us / 1e6)
    for edge in sorted({edge for band in found for edge in (band.start_s, band.end_s)}):
        ax.vlines(edge, 0, len(lanes), color=COLOURS["down"], linewidth=0.7, linestyle=(0, (1, 2)), zorder=0.3)
    for number, lane in enumerate(lanes):
        here = [band for band in found if band.node == lane.node]
        words = band_labels(here, *window, points=points, size=SIZES[style].font * 0.84)
        for band, label in zip(here, words, strict=True):
            draw_band(ax, band, low=number + 0.94, high=number + 0.06, label=label, size="x-small" if dense else "small")


def _draw_queue(ax: Axes, number: int, lane: Lane, fullest: int, *, window: tuple[float, float]) -> None:
    """Separator and queue area (to one scale in all lanes: ``fullest`` fills it), its peak written at its foot."""
    ax.axhline(number, color=COLOURS["faint"], linewidth=0.8, zorder=0.2)
    if lane.queue is not None:
        t_s, depth = lane.queue
        peak = int(depth.max())
        height = depth / fullest * (_QUEUE_TOP if lane.marks else 0.8)
        ax.fill_between(
            np.append(t_s, window[1]),
            number + 0.97,
            number + 0.97 - np.append(height, height[-1]),
            step="post",
            color=COLOURS["transit"],
            alpha=0.55,
            linewidth=0,
            zorder=1,
        )
        top = int(np.argmax(depth))
        if peak >= LEAST_QUEUE and peak >= 0.08 * fullest and window[0] <= t_s[top] <= window[1]:
            late = t_s[top] > window[0] + 0.2 * (window[1] - window[0])
            ax.annotate(
                say("timeline.waiting", count=peak),
                (t_s[top], number + 0.97),
                xytext=(-3 if late else 3, 1.5),
                textcoords="offset points",
                ha="right" if late else "left",
                va="bottom",
                fontsize="small",
                color=COLOURS["strong"],
                zorder=5,
            )


def _draw_rows(ax: Axes, number: int, lane: Lane, *, style: str, window: tuple[float, float], banded: bool, dense: bool) -> None:
    """The marks of a lane in a row for each who sent them, named at the right edge, below the label of an outage band."""
    rows = sorted({mark.row for mark in lane.marks})
    low, high = _DENSE if banded and dense else (_BELOW_LABEL, _LOWER) if banded else (_MARKS_LOW, _MARKS_HIGH)
    room = ((high if lane.queue is None else _ABOVE_QUEUE) - low) / max(len(rows), 1)
    for k, row in enumerate(rows):
        y = number + low + room * (k + 0.5)
        here = [mark for mark in lane.marks if mark.row == row]
        draw_marks(ax, here, y=y, style=style, window=window, columns=_COLUMNS_DENSE if dense else COLUMNS)
        if len(rows) > 1 and row:
            ax.annotate(
                row,
                (1, y),
                xycoords=("axes fraction", "data"),
                xytext=(SIZES[style].font * 0.6, 0),
                textcoords="offset points",
                va="center",
                fontsize="x-small" if dense else "small",
                color=COLOURS["quiet"],
            )


def draw_way(ax: Axes, tale: Tale, style: str) -> None:
    """The way of the mail that the title is about: along a lane while it waits, to the next when it is handed over."""
    if not tale.way:
        return
    number = {lane.node: k for k, lane in enumerate(tale.lanes)}
    steps = [(t_s, number[node] + 0.5) for t_s, node in tale.way if node in number]
    if len(steps) < 2:
        return
    t_s, y = zip(*steps, strict=True)
    ax.step(t_s, y, where="post", color=COLOURS["ink"], linewidth=SIZES[style].line * 0.9, zorder=3.5)
    ax.plot(t_s, y, linestyle="none", marker=".", color=COLOURS["ink"], markersize=SIZES[style].line * 3.5, zorder=3.6)


def title_of(result: Result, tale: Tale) -> str:
    """The headline as a sentence, from the figures."""
    mail = result.conservation.mail
    if mail.sent == 0:
        return say("timeline.nobody")
    if mail.bounced:
        return _returned(result, tale)
    if mail.rejected and not result.log.conditions:
        logins = result.summary().failed_logins
        return say("timeline.rejected_logins" if logins else "timeline.rejected", count=mail.rejected, total=mail.sent, logins=logins)
    if tale.latency_s is None:
        fates = ["rejected", "queued", *(fate for fate in ("lost", "discarded", "unknown") if getattr(mail, fate))]
        told = ", ".join(say(f"timeline.fate_{fate}", number=getattr(mail, fate)) for fate in fates)
        return say("timeline.none", total=mail.sent, fates=told)
    sent = clock_text(result.starts, tale.sent_s, span_s=result.log.end_us / 1e6)
    took, words = duration_text(tale.latency_s), bool(tale.fault_words)
    fault = tale.fault_words or tale.fault
    if tale.after_fault_s is not None:
        after = duration_text(tale.after_fault_s)
        return say("timeline.waited_words" if words else "timeline.waited", sent=sent, after=after, fault=fault)
    if mail.sent == 1:
        return say("timeline.single", sent=sent, took=took)
    if fault:
        return say("timeline.slowest_during" if words else "timeline.slowest_out", sent=sent, took=took, fault=fault)
    return say("timeline.slowest", count=mail.stored, total=mail.sent, sent=sent, took=took)


def _returned(result: Result, tale: Tale) -> str:
    """How much mail came back: of that sent during the faults, else of all."""
    mail, cohort = result.conservation.mail, cohorts(result.log)[0]
    count = round((shares(result.log, cohort.mask).bounced or 0) * len(cohort))
    key, total = ("timeline.returned_during", len(cohort)) if count and cohort.key == "during_faults" else ("timeline.returned", mail.sent)
    first_s = tale.first_bounce_s
    if key == "timeline.returned_during":
        first_s = returned_after_s(result.log, first_returned_row(result.log, cohort.mask))
    after = duration_text(first_s)
    if mail.sent == 1:
        return say("timeline.returned_single", after=after)
    return say(key, total=total, count=count or mail.bounced, after=after)


def describe_timeline(result: Result, *, language: str | None = None) -> str:
    """The timeline in words."""
    with speaking(language):
        return described(result, tale_of(result))


def described(result: Result, tale: Tale) -> str:
    """A tale in words."""
    end = result.log.end_us / 1e6
    wrong = [
        say("timeline.wrong_from", node=band.node, how=band.label, at=clock_text(result.starts, band.start_s, span_s=end))
        for band in bands(result.log.conditions, end_s=end)
    ]
    failed = sum(len(mark.t_s) for lane in tale.lanes for mark in lane.marks if mark.look in FAILED)
    parts = [
        say("timeline.described", nodes=", ".join(lane.node for lane in tale.lanes)),
        say("timeline.wrong", wrong="; ".join(wrong)) if wrong else say("timeline.nothing_wrong"),
        title_of(result, tale),
        say("timeline.failed", count=failed) if failed else "",
        _queue_words(result, tale),
    ]
    return " ".join(part for part in parts if part)


def _queue_words(result: Result, tale: Tale) -> str:
    peaks = [
        (int(lane.queue[1].max()), lane.node, float(lane.queue[0][int(np.argmax(lane.queue[1]))])) for lane in tale.lanes if lane.queue
    ]
    if not peaks:
        return ""
    peak, node, t_s = max(peaks)
    at = clock_text(result.starts, t_s, span_s=result.log.end_us / 1e6)
    return say("timeline.peak", node=node, count=peak, at=at)
