"""Two timelines on one sheet, to compare: the same lanes, the same scale of time, and a title that says what tells them apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mailsim.errors import UnsupportedError
from mailsim.language import phrased, printable, say, speaking
from mailsim.plots.bands import in_short
from mailsim.plots.contrast import contrast
from mailsim.plots.lettering import aside
from mailsim.plots.marks import legend_for
from mailsim.plots.style import SIZES, Style
from mailsim.plots.tale import Lane, Tale, tale_of
from mailsim.plots.timeaxis import Window, clock_axis, window_s
from mailsim.plots.timeline import described, draw_bands, draw_lanes, draw_way, fullest_of, name_lanes, note_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mailsim.results import Result

__all__ = ["describe_timelines", "timelines"]

#: room for the name of a run above its lanes, in lanes
_HEAD = 0.62

#: faults that the name of a run tells
_TOLD = 2


class _Run(NamedTuple):
    """One of the two: its result, its tale on the common lanes, its name."""

    result: Result
    tale: Tale
    name: str


def timelines(
    results: Sequence[Result] | Mapping[str, Result],
    *,
    titles: Sequence[str] | None = None,
    ax: Axes | None = None,
    style: Style = "print",
    window: Window = None,
    language: str | None = None,
) -> Axes:
    """Draw two runs so that they can be compared: one scale of time, the same lanes in the same order, queues to one scale.

    On a page the second stands below the first, on a slide at its right.

    Parameters
    ----------
    results : sequence or mapping of Result
        The two runs; of a mapping the keys are their names.
    titles : sequence of str, optional
        Names of the two; by default what was wrong in each, else their scenarios, else their seeds.
    ax : Axes, optional
        Where to draw the first; the second shares its figure.  By default on a new figure.
    style : str
        ``print`` or ``slide``.
    window : pair, optional
        Stretch to show, such as ``("1h", "6h")``.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.

    Returns
    -------
    Axes
        Those of the first run; the title is theirs, and so is the description of both.

    Raises
    ------
    UnsupportedError
        There are not two runs, or they begin at different instants.

    Examples
    --------
    >>> import mailsim as ms
    >>> from mailsim.plots.side_by_side import timelines
    >>> world = ms.load("client-side-fallback")
    >>> ax = timelines({how: world.replace("faults[0].how", how).run() for how in ("silent", "refused")})
    >>> ax.get_title()
    'Silence costs 30 s per attempt, refusal one round trip (38 ms).'
    """
    with speaking(language):
        return _drawn(_runs(results, titles), ax=ax, style=style, window=window)


def _drawn(runs: Sequence[_Run], *, ax: Axes | None, style: Style, window: Window) -> Axes:
    """The whole sheet."""
    from mailsim.plots.picture import caption_of, drawing, finish, second_axes

    shown = [run.tale.shown_s for run in runs]
    low, high = window_s(window, min(one for one, _ in shown), max(end for _, end in shown))
    beside, lanes = style == "slide", len(runs[0].tale.lanes) + _HEAD
    with drawing(ax, style=style, height=1.0 if beside else 0.3 + 0.115 * 2 * lanes) as axes:
        clock_axis(axes, runs[0].result.starts, low, high, most=4 if beside else 9)
        other = second_axes(axes, beside=beside)
        _draw_panels((axes, other), runs, style=style, window=(low, high), dense=beside)
        other.tick_params(axis="y", labelleft=not beside)
        axes.tick_params(axis="x", labelbottom=beside)
        _draw_all_bands((axes, other), runs, style=style, window=(low, high), dense=beside)
        marks = [mark for run in runs for lane in run.tale.lanes for mark in lane.marks]
        queue = any(lane.queue is not None for run in runs for lane in run.tale.lanes)
        legend_for(axes if beside else other, marks, way=_way_word(runs), queue=queue, style=style)
        if beside:
            aside(axes)
        second = say("side_by_side.caption", second=_replay(runs[1].result))
        caption = caption_of(runs[0].result, note_of(runs[0].result), second)
        return finish(axes, title=contrast(runs), description=_described(runs), caption=caption, style=style)


def _draw_panels(axes: Sequence[Axes], runs: Sequence[_Run], *, style: str, window: tuple[float, float], dense: bool) -> None:
    """Lanes, marks, queues and names of both."""
    fullest = max(fullest_of(run.tale.lanes) for run in runs)
    for where, run in zip(axes, runs, strict=True):
        lanes = run.tale.lanes
        where.set_ylim(len(lanes), -_HEAD)
        draw_lanes(where, run.result, lanes, fullest=fullest, style=style, window=window, dense=dense)
        draw_way(where, run.tale, style)
        name_lanes(where, lanes, style)
        where.text(0, -0.2, run.name, transform=where.get_yaxis_transform(), fontsize=SIZES[style].font * 1.05, weight="bold")


def describe_timelines(
    results: Sequence[Result] | Mapping[str, Result], *, titles: Sequence[str] | None = None, language: str | None = None
) -> str:
    """The two timelines in words: what tells them apart, then each."""
    with speaking(language):
        return _described(_runs(results, titles))


def _described(runs: Sequence[_Run]) -> str:
    each = [say("side_by_side.named", name=run.name, what=described(run.result, run.tale)) for run in runs]
    return " ".join([say("side_by_side.described", title=contrast(runs)), *each])


def _runs(results: Sequence[Result] | Mapping[str, Result], titles: Sequence[str] | None) -> tuple[_Run, _Run]:
    """The two runs with their tales on the same lanes."""
    names = list(results) if isinstance(results, Mapping) and titles is None else titles
    both = list(results.values()) if isinstance(results, Mapping) else list(results)
    if len(both) != 2:
        raise UnsupportedError(f"two timelines stand side by side, but there are {len(both)} runs: timelines([first, second])")
    if names is not None and len(names) != 2:
        raise UnsupportedError(f"two timelines have two names, but titles= has {len(names)}")
    if both[0].starts != both[1].starts:
        raise UnsupportedError(
            f"the runs begin at different instants, so they have no common clock: {both[0].scenario.starts} and {both[1].scenario.starts};"
            " give both scenarios the same `starts:`"
        )
    tales = [tale_of(result) for result in both]
    known = [{lane.node: lane for lane in tale.lanes} for tale in tales]
    order = _merged([list(lanes) for lanes in known])
    titled = {node: next(lanes[node].title for lanes in known if node in lanes) for node in order}
    for k, lanes in enumerate(known):
        there = tuple(lanes.get(node, Lane(node, titled[node], (), None)) for node in order)
        tales[k] = tales[k]._replace(lanes=there)
    named = [printable(str(name)) for name in (names if names is not None else _names(both))]
    return _Run(both[0], tales[0], named[0]), _Run(both[1], tales[1], named[1])


def _merged(orders: Sequence[Sequence[str]]) -> list[str]:
    """The lanes of both: those of the first, and each that only the second has behind the one that it follows there."""
    found = list(orders[0])
    for k, node in enumerate(orders[1]):
        if node not in found:
            found.insert(found.index(orders[1][k - 1]) + 1 if k else 0, node)
    return found


def _names(results: Sequence[Result]) -> list[str]:
    """The first of these that tells the runs apart: what was wrong, the scenario, the seed, a number."""
    for names in (
        [_wrong(result) for result in results],
        [result.scenario.name for result in results],
        [say("side_by_side.seed", seed=result.seed) for result in results],
    ):
        if names[0] != names[1]:
            return names
    return [say("side_by_side.number", number=number) for number in (1, 2)]


def _wrong(result: Result) -> str:
    """What was wrong in a run, as its name."""
    told = dict.fromkeys(
        say("side_by_side.fault_at", node=span.node, how=in_short(phrased("faults", span.how)))
        for span in result.log.conditions
        if span.start_us < result.log.end_us
    )
    return ", ".join([*list(told)[:_TOLD], *["…"] * (len(told) > _TOLD)]) or say("side_by_side.fine")


def _draw_all_bands(axes: Sequence[Axes], runs: Sequence[_Run], *, style: str, window: tuple[float, float], dense: bool) -> None:
    """The bands, once the sheet is laid out and it is known how wide the window is."""
    figure: Any = axes[0].figure
    figure.canvas.figure.draw_without_rendering()
    for where, run in zip(axes, runs, strict=True):
        points = 0.92 * where.get_window_extent().width * 72 / figure.dpi
        draw_bands(where, run.result, run.tale.lanes, points=points, style=style, window=window, dense=dense)


def _way_word(runs: Sequence[_Run]) -> str:
    words = {run.tale.way_word for run in runs} - {""}
    return words.pop() if len(words) == 1 else "returned_or_slowest" if words else ""


def _replay(result: Result) -> str:
    return f"{result.scenario.name}, digest {result.scenario.digest()[:8]}, seed {result.seed}"
