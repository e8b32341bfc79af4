"""How queues fill and drain: messages waiting at each node, stacked, with the outage behind and the peak written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from mailsim.plots.bands import band_labels, bands, draw_band, joined
from mailsim.plots.lettering import legend_below, room_pt
from mailsim.plots.stacks import PAPER
from mailsim.plots.style import COLOURS, HATCHES, NODE_COLOURS, SIZES, Style
from mailsim.plots.timeaxis import Window, clock_axis, clock_text, duration_text, window_s
from mailsim.results.metrics import fault_spans
from mailsim.results.queues import QueueChanges, QueuePeak, queue_changes, queue_peaks, queue_total

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from mailsim.events import EventLog
    from mailsim.results import Result

__all__ = ["describe_queues", "queues"]

#: most areas of their own, and how full a queue must be for one, relative to the fullest
_AREAS, _THIN = 5, 0.03

#: most steps of an area
_STEPS = 4000


def queues(result: Result, *, ax: Axes | None = None, style: Style = "print", window: Window = None) -> Axes:
    """Draw the messages that each node is responsible for, over time.

    Parameters
    ----------
    result : Result
        A run at level ``events``.
    ax : Axes, optional
        Where to draw; by default on a new figure.
    style : str
        ``print`` or ``slide``.
    window : pair, optional
        Stretch to show, such as ``("1h", "6h")``.

    Raises
    ------
    UnsupportedError
        The run kept no event rows.
    """
    from mailsim.plots.picture import caption_of, drawing, finish
    from mailsim.results.tables import require_level

    require_level(result.log, "queues")
    changes, end_s = queue_changes(result.log), result.log.end_us / 1e6
    wrong = bands(result.log.conditions, end_s=end_s)
    last = max([float(changes.t_us.max(initial=0)) / 1e6, *(band.end_s for band in wrong)])
    first = min([float(changes.t_us.min(initial=result.log.end_us)) / 1e6, *(band.start_s for band in wrong)])
    begin = 0.0 if first < 0.5 * last else max(0.0, first - 0.1 * (last - first))
    low, high = window_s(window, begin, min(last + 0.03 * (last - begin), end_s) or end_s or 1.0)
    peaks = queue_peaks(result.log)
    top = max(peaks[0].peak, 1)
    with drawing(ax, style=style) as axes:
        clock_axis(axes, result.starts, low, high)
        axes.set_ylim(0, top * 1.22)
        together = joined(wrong)
        words = band_labels(together, low, high, points=room_pt(axes, style=style), size=SIZES[style].font * 0.84)
        for band, label in zip(together, words, strict=True):
            draw_band(axes, band, low=0, high=top * 1.22, label=label)
        if len(changes.t_us):
            legend_below(axes, _draw_areas(axes, result, changes, high, style), style=style)
        axes.set_ylabel("messages in queues")
        axes.locator_params(axis="y", integer=True, nbins=6)
        _write_peak(axes, result, peaks[0], (low, high))
        return finish(axes, title=_title(result, peaks[0]), description=_described(result, peaks), caption=caption_of(result), style=style)


def _draw_areas(ax: Axes, result: Result, changes: QueueChanges, high: float, style: str) -> list[Artist]:
    """The stack, and a thin line of all queues together that shows what waits too briefly for an area; gives the legend's entries."""
    nodes, t_s, depth = _thinned(*_stacked(changes, result.log))
    areas = ax.stackplot(
        np.append(t_s, high),
        np.concatenate([depth, depth[:, -1:]], axis=1),
        step="post",
        colors=NODE_COLOURS[: len(depth)],
        labels=[f"queue of {name}" for name in _labels([result.log.names[node] for node in nodes], len(depth))],
        zorder=2,
        linewidth=0,
    )
    for k, area in enumerate(areas):
        area.set_hatch(HATCHES[k % len(HATCHES)])
        area.set_edgecolor("white")
    total = queue_total(result.log)
    _, line_s, most = _thinned([], total.t_us / 1e6, total.depth[np.newaxis])
    line = ax.step(
        np.append(line_s, high),
        np.append(most[0], most[0, -1:]),
        where="post",
        color=COLOURS["strong"],
        linewidth=SIZES[style].line * 0.5,
        label="all queues",
    )
    return [*areas, *line]


def _stacked(changes: QueueChanges, log: EventLog) -> tuple[list[int], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Depth of each area at every instant at which any changed; fullest queue first (lowest in the stack), thin ones together."""
    nodes = np.unique(changes.node)
    t_us = np.unique(changes.t_us)
    depth = np.zeros((len(nodes), len(t_us)), dtype=np.int64)
    for k, node in enumerate(nodes.tolist()):
        one = changes.at_node(node)
        place = np.searchsorted(one.t_us, t_us, side="right") - 1
        depth[k] = np.where(place >= 0, one.depth[np.maximum(place, 0)], 0)
    order = np.argsort(-depth.max(axis=1, initial=0), kind="stable") if len(nodes) else np.zeros(0, dtype=np.int64)
    depth = depth[order]
    most = depth.max(axis=1, initial=0)
    kept = max(1, min(int((most >= _THIN * most[:1].sum()).sum()), _AREAS))
    if len(depth) > kept + 1:
        depth = np.concatenate([depth[:kept], depth[kept:].sum(axis=0, keepdims=True)])
    total = queue_total(log)
    place = np.searchsorted(total.t_us, t_us, side="right") - 1
    twice = depth.sum(axis=0) - np.where(place >= 0, total.depth[np.maximum(place, 0)], 0)
    for row in depth[::-1]:  # what two nodes hold for the moment of a handover is drawn once
        here = np.minimum(row, np.maximum(twice, 0))
        row -= here
        twice -= here
    return nodes[order].tolist(), t_us / 1e6, depth


def _thinned(
    nodes: list[int], t_s: npt.NDArray[np.float64], depth: npt.NDArray[np.int64]
) -> tuple[list[int], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """No more steps than a picture can show: of neighbouring steps the highest, so that no peak is lost."""
    group = -(-len(t_s) // _STEPS)
    if group <= 1:
        return nodes, t_s, depth
    starts = np.arange(0, len(t_s), group)
    return nodes, t_s[starts], np.maximum.reduceat(depth, starts, axis=1)


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
        text = f"{total.peak} at {clock_text(result.starts, peak_s, span_s=span_s)}"
        _point_at(ax, text, (peak_s, total.peak), (14, 12), leftwards=peak_s > window[0] + 0.6 * wide)
    last_us = max((end for _, end in fault_spans(result.log)), default=0)
    if total.drained_us is not None and window[0] <= total.drained_us / 1e6 <= window[1] and total.drained_us > max(total.peak_us, last_us):
        drained = total.drained_us / 1e6
        text = f"back to usual {clock_text(result.starts, drained, span_s=span_s)}"
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


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"


def _title(result: Result, total: QueuePeak) -> str:
    if total.peak == 0:
        return "No queue ever held a message."
    last = max((end for start, end in fault_spans(result.log) if start < result.log.end_us), default=None)
    if last is None:
        return f"No more than {_messages(total.peak)} {'was' if total.peak == 1 else 'were'} under way at a time."
    if total.drained_us is None:
        return f"{_messages(total.peak)} waited at the peak, and the queue had not drained when the run ended."
    after = (total.drained_us - last) / 1e6
    if after <= 0:
        return f"{_messages(total.peak)} waited at the peak; when the last fault ended the queue was as usual."
    return f"{_messages(total.peak)} waited at the peak; the queue drained {duration_text(after)} after the last fault was over."


def describe_queues(result: Result) -> str:
    """The queue picture in words."""
    return _described(result, queue_peaks(result.log))


def _described(result: Result, peaks: list[QueuePeak]) -> str:
    total, *each = peaks
    end_s = result.log.end_us / 1e6
    parts = ["Messages in the queues over time, stacked by node.", _title(result, total)]
    if total.peak:
        parts.append(f"The peak is at {clock_text(result.starts, total.peak_us / 1e6, span_s=end_s)}.")
        parts.append("By node: " + ", ".join(f"{one.node} at most {one.peak}" for one in each) + ".")
    return " ".join(parts)
