"""How queues fill and drain: messages waiting, stacked by reason or by node, their size, the outage behind, the peak written out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from mailsim.errors import UnknownNameError
from mailsim.language import numeral, say, speaking
from mailsim.plots.bands import Band, band_labels, bands, draw_band, joined
from mailsim.plots.depths import stacked, thinned
from mailsim.plots.lettering import legend_below, room_pt, width_pt
from mailsim.plots.stacks import PAPER
from mailsim.plots.style import COLOURS, HATCHES, NODE_COLOURS, SIZES, Style
from mailsim.plots.timeaxis import Window, clock_axis, clock_text, duration_text, window_s
from mailsim.results.metrics import fault_spans
from mailsim.results.queues import WAITS, QueueChanges, QueuePeak, queue_by_reason, queue_changes, queue_peaks, queue_total

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from mailsim.results import Result

__all__ = ["By", "describe_queues", "octets_text", "queues"]

#: what the areas of the stack are: reasons for which messages wait, or nodes at which they do
By = Literal["reason", "node"]

#: how each reason of :data:`mailsim.results.queues.WAITS` looks
_LOOKS: dict[str, tuple[str, str]] = {
    "at_work": (COLOURS["transit"], ""),
    "silence": (COLOURS["deferred"], "..."),
    "refused": (COLOURS["down"], "xx"),
    "tempfail": (COLOURS["strong"], "\\\\\\"),
    "dns": (COLOURS["dns"], "++"),
    "left_alone": (COLOURS["note"], "///"),
    "policy": (COLOURS["bounced"], "oo"),
    "other": (COLOURS["faint"], "--"),
}

#: how much higher than the peak the picture is
_ROOM = 1.22

#: units of sizes
_UNITS: tuple[tuple[float, str], ...] = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B"))


def octets_text(octets: float) -> str:
    """A size in a sentence: ``7 kB``, ``1.25 GB`` (a GB: 10^9 octets).

    Examples
    --------
    >>> [octets_text(octets) for octets in (900, 7_000, 1_250_000_000)]
    ['900 B', '7 kB', '1.25 GB']
    """
    size, unit = _unit(octets)
    return numeral(f"{octets / size:.3g} {unit}")


def _unit(octets: float) -> tuple[float, str]:
    return next((pair for pair in _UNITS if octets >= pair[0]), _UNITS[-1])


def queues(
    result: Result,
    *,
    by: By = "reason",
    ax: Axes | None = None,
    style: Style = "print",
    window: Window = None,
    language: str | None = None,
) -> Axes:
    """Draw the messages that nodes are responsible for, over time, and at the right their size.

    The size is a dashed line; where all messages are of one size it would lie on the top of the stack, which then is read off at
    either side.

    Parameters
    ----------
    result : Result
        A run at level ``events``.
    by : str
        What is stacked: ``reason`` for which messages wait (no answer, not now, no name ...), or ``node`` that holds them.
    ax : Axes, optional
        Where to draw; by default on a new figure.
    style : str
        ``print`` or ``slide``.
    window : pair, optional
        Stretch to show, such as ``("1h", "6h")``.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.

    Raises
    ------
    UnsupportedError
        The run kept no event rows.
    UnknownNameError
        It can't be stacked by that.
    """
    from mailsim.plots.picture import caption_of, drawing, finish
    from mailsim.results.tables import require_level

    _known(by)
    require_level(result.log, "queues")
    peaks = queue_peaks(result.log)
    with speaking(language), drawing(ax, style=style) as axes:
        wrong = bands(result.log.conditions, end_s=result.log.end_us / 1e6)
        window = _stretch(result, wrong, window)
        clock_axis(axes, result.starts, *window)
        top = max(peaks[0].peak, 1) * _ROOM
        axes.set_ylim(0, top)
        axes.set_ylabel(say("queues.axis"))
        axes.locator_params(axis="y", integer=True, nbins=6)
        handles = _draw_sizes(axes, result, peaks[0].peak_octets, window[1], style) if peaks[0].peak_octets else []
        _draw_bands(axes, joined(wrong), style)
        if peaks[0].peak:
            legend_below(axes, [*_draw_areas(axes, result, by, window[1], style), *handles], style=style)
        _write_peak(axes, result, peaks[0], window)
        said = _described(result, peaks, by)
        return finish(axes, title=_title(result, peaks[0]), description=said, caption=caption_of(result), style=style)


def _stretch(result: Result, wrong: Sequence[Band], window: Window) -> tuple[float, float]:
    """What to show, in seconds: by default from a little before the first queue or fault to a little after the last."""
    t_us, end_us = queue_changes(result.log).t_us, result.log.end_us
    last = max([float(t_us.max(initial=0)) / 1e6, *(band.end_s for band in wrong)])
    first = min([float(t_us.min(initial=end_us)) / 1e6, *(band.start_s for band in wrong)])
    begin = 0.0 if first < 0.5 * last else max(0.0, first - 0.1 * (last - first))
    return window_s(window, begin, min(last + 0.03 * (last - begin), end_us / 1e6) or end_us / 1e6 or 1.0)


def _draw_bands(ax: Axes, wrong: Sequence[Band], style: str) -> None:
    """The outages, their labels in the room that the axis at the right leaves."""
    size, (low, high) = SIZES[style].font, ax.get_xlim()
    points = room_pt(ax, style=style) - 3.5 * size - width_pt("00,0", size)
    words = band_labels(wrong, low, high, points=points, size=size * 0.84)
    for band, label in zip(wrong, words, strict=True):
        draw_band(ax, band, low=0, high=ax.get_ylim()[1], label=label)


def _draw_areas(ax: Axes, result: Result, by: By, high: float, style: str) -> list[Artist]:
    """The stack, and a thin line of all queues together that shows what waits too briefly for an area; gives the legend's entries."""
    log = result.log
    changes: QueueChanges = queue_by_reason(log) if by == "reason" else queue_changes(log)
    nodes, t_s, depth = thinned(*stacked(changes, log))
    keys = list(WAITS)
    names = [say(f"queues.wait_{keys[n]}") if by == "reason" else log.names[n] for n in nodes]
    looks = [_LOOKS[keys[n]] for n in nodes] if by == "reason" else list(zip(NODE_COLOURS, HATCHES * 2, strict=False))
    labels = _labels(names, len(depth))
    areas = ax.stackplot(
        np.append(t_s, high),
        np.concatenate([depth, depth[:, -1:]], axis=1),
        step="post",
        colors=[colour for colour, _ in looks][: len(depth)],
        labels=labels if by == "reason" else [say("queues.queue_of", node=name) for name in labels],
        zorder=2,
        linewidth=0,
    )
    for area, (_, hatch) in zip(areas, looks, strict=False):
        area.set_hatch(hatch)
        area.set_edgecolor("white")
    total = queue_total(log)
    _, line_s, most = thinned([], total.t_us / 1e6, total.depth[np.newaxis])
    line = ax.step(
        np.append(line_s, high),
        np.append(most[0], most[0, -1:]),
        where="post",
        color=COLOURS["strong"],
        linewidth=SIZES[style].line * 0.5,
        label=say("queues.all"),
    )
    return [*areas, *line]


def _draw_sizes(ax: Axes, result: Result, most: int, high: float, style: str) -> list[Artist]:
    """The size of all that waits as a dashed line on an axis of its own at the right; gives the legend's entry."""
    from matplotlib.ticker import MaxNLocator

    total = queue_total(result.log)
    _, t_s, octets = thinned([], total.t_us / 1e6, total.octets[np.newaxis])
    size, unit = _unit(most)
    right = ax.twinx()
    right.set_ylim(0, most * _ROOM)
    ticks = [tick for tick in MaxNLocator(nbins=5).tick_values(0, most * _ROOM / size) if tick * size <= most * _ROOM]
    right.set_yticks([tick * size for tick in ticks], [numeral(f"{tick:.10g}") for tick in ticks])
    right.set_ylabel(say("queues.axis_size", unit=unit))
    right.spines["right"].set_visible(True)
    if np.array_equal(total.octets * total.depth.max(), total.depth * total.octets.max()):
        return []
    line = right.step(
        np.append(t_s, high),
        np.append(octets[0], octets[0, -1:]),
        where="post",
        color=COLOURS["ink"],
        linestyle=(0, (3, 2)),
        linewidth=SIZES[style].line * 0.7,
        label=say("queues.size", unit=unit),
    )
    return [*line]


def _labels(names: list[str], areas: int) -> list[str]:
    """A label for each area; the last one stands for all nodes that have none of their own."""
    rest = names[areas - 1 :]
    return names if len(names) <= areas else [*names[: areas - 1], ", ".join(rest[:3]) + (" ..." if len(rest) > 3 else "")]


def _write_peak(ax: Axes, result: Result, total: QueuePeak, window: tuple[float, float]) -> None:
    """The peak and, where there is one, the instant at which the queue is back to usual."""
    if total.peak < 2:
        return
    peak_s = total.peak_us / 1e6
    span_s = result.log.end_us / 1e6
    wide = window[1] - window[0]
    if window[0] <= peak_s <= window[1]:
        text = say("queues.peak", peak=total.peak, at=clock_text(result.starts, peak_s, span_s=span_s))
        _point_at(ax, text, (peak_s, total.peak), (14, 12), leftwards=peak_s > window[0] + 0.6 * wide)
    last_us = max((end for _, end in fault_spans(result.log)), default=0)
    if total.drained_us is not None and window[0] <= total.drained_us / 1e6 <= window[1] and total.drained_us > max(total.peak_us, last_us):
        drained = total.drained_us / 1e6
        text = say("queues.drained", at=clock_text(result.starts, drained, span_s=span_s))
        _point_at(ax, text, (drained, total.level), (10, 26), leftwards=drained > window[0] + 0.75 * wide)


def _point_at(ax: Axes, text: str, at: tuple[float, float], apart_pt: tuple[int, int], *, leftwards: bool) -> None:
    """A remark beside a point, so many points apart, with a thin line to it."""
    ax.annotate(
        text,
        at,
        xytext=(-apart_pt[0] if leftwards else apart_pt[0], apart_pt[1]),
        textcoords="offset points",
        ha="right" if leftwards else "left",
        arrowprops={"arrowstyle": "-", "color": COLOURS["quiet"], "linewidth": 0.8},
        bbox=PAPER,
        zorder=5,
    )


def _title(result: Result, total: QueuePeak) -> str:
    if total.peak == 0:
        return say("queues.nothing")
    last = max((end for start, end in fault_spans(result.log) if start < result.log.end_us), default=None)
    if last is None:
        return say("queues.title_no_fault", count=total.peak)
    if total.drained_us is None:
        goes_on = last >= result.log.end_us and int(queue_total(result.log).depth[-1]) <= total.level
        return say("queues.title_goes_on" if goes_on else "queues.title_not_drained", count=total.peak)
    after = (total.drained_us - last) / 1e6
    if after <= 0:
        return say("queues.title_as_usual", count=total.peak)
    return say("queues.title", count=total.peak, after=duration_text(after))


def describe_queues(result: Result, *, by: By = "reason", language: str | None = None) -> str:
    """The queue picture in words."""
    _known(by)
    with speaking(language):
        return _described(result, queue_peaks(result.log), by)


def _known(by: str) -> None:
    if by not in ("reason", "node"):
        raise UnknownNameError("stack of queues by", by, ("reason", "node"))


def _described(result: Result, peaks: list[QueuePeak], by: By) -> str:
    total, *each = peaks
    parts = [say(f"queues.described_by_{by}"), _title(result, total)]
    if total.peak:
        at = clock_text(result.starts, total.peak_us / 1e6, span_s=result.log.end_us / 1e6)
        parts.append(say("queues.described_peak", at=at, size=octets_text(total.peak_octets)))
        told = [say("queues.at_most", what=one.node, most=one.peak) for one in each]
        parts.append(say("queues.described_nodes", parts=", ".join(told)))
        waits = queue_by_reason(result.log)
        most = {key: int(waits.at_node(place).depth.max(initial=0)) for place, key in enumerate(WAITS)}
        told = [say("queues.at_most", what=say(f"queues.wait_{key}"), most=number) for key, number in most.items() if number]
        parts.append(say("queues.described_reasons", parts=", ".join(told)))
    return " ".join(parts)
