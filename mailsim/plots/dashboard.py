"""The dashboard: when things happened (timeline, queues under it on one axis) and what came of it (latency, outcomes), on one sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailsim.language import listed, say, speaking
from mailsim.plots.latency import describe_latency, latency
from mailsim.plots.lettering import wrapped
from mailsim.plots.outcomes import describe_outcomes, outcomes
from mailsim.plots.panels import fold_long_labels
from mailsim.plots.queues import describe_queues, queues
from mailsim.plots.style import COLOURS, PADS_IN, SIZES, Style, settings
from mailsim.plots.tale import tale_of
from mailsim.plots.timeaxis import Window
from mailsim.plots.timeline import describe_timeline, timeline
from mailsim.results.outcomes import OUTCOMES, outcome_counts
from mailsim.results.tables import require_level

if TYPE_CHECKING:
    from mailsim.plots.picture import Sheet
    from mailsim.results import Result

__all__ = ["dashboard", "describe_dashboard", "headline_of"]

#: width over height and dots across: a page across (A4), and a wall (16:9)
_SHAPES: dict[str, tuple[float, int]] = {"print": (1.42, 1650), "slide": (16 / 9, 1920)}

#: least height of a sheet in inches, the height that a lane of the timeline takes, and all that stands above, below and between the
#: lanes and the pictures.  The letters are those of a page: on a slide of this size they are as large as the smallest of any slide.
_LEAST_IN, _LANE_IN, _REST_IN, _QUEUES_IN = 7.2, 0.33, 1.75, 2.9

#: the pictures of time are wider than the others
_WIDTHS = (1.22, 1.0)


def dashboard(result: Result, *, style: Style = "print", window: Window = None, language: str | None = None) -> Sheet:
    """Draw timeline, queues, latency and outcomes on one sheet, with one caption.

    Parameters
    ----------
    result : Result
        A run at level ``events``.
    style : str
        ``print`` (a page across) or ``slide``.
    window : pair, optional
        Stretch that timeline and queues show, such as ``("1h", "6h")``; latency and outcomes are of the whole run.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.

    Returns
    -------
    Sheet
        A figure that a notebook shows by itself; it has no axes of yours, since it fills a sheet.

    Raises
    ------
    UnsupportedError
        The run kept no event rows.
    """
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    from mailsim.plots.picture import Sheet, caption_of

    require_level(result.log, "queues")
    letters = settings(style) | settings("print")  # a style that does not exist is refused, the letters are those of a page
    shape, dots = _SHAPES[style]
    top = _LANE_IN * len(tale_of(result).lanes) + _REST_IN
    high = max(_LEAST_IN, top + _QUEUES_IN + 0.8)
    with speaking(language), rc_context(letters):
        sheet = Sheet(figsize=(high * shape, high), dpi=dots / (high * shape))
        FigureCanvasAgg(sheet)
        sheet.subplots_adjust(left=0.07, right=0.97, wspace=0.25)
        grid = sheet.add_gridspec(1, 2, width_ratios=_WIDTHS)
        when = grid[0].subgridspec(2, 1, height_ratios=(top, _QUEUES_IN))
        what = grid[1].subgridspec(2, 1, height_ratios=(1.15, 1.0))
        first = timeline(result, ax=sheet.add_subplot(when[0]), window=window)
        queues(result, ax=sheet.add_subplot(when[1]), window=first.get_xlim())
        latency(result, ax=sheet.add_subplot(what[0]))
        outcomes(result, ax=sheet.add_subplot(what[1]))
        _write_around(sheet, _titled(result), caption_of(result))
        sheet.description = _described(result)
        sheet.set_layout_engine(ConstrainedLayoutEngine(w_pad=PADS_IN["slide"], h_pad=PADS_IN["print"], hspace=0.03, wspace=0.02))
        fold_long_labels(sheet)
    return sheet


def _write_around(sheet: Sheet, title: str, caption: str) -> None:
    """The headline above the pictures and the caption below them."""
    room, size = sheet.get_figwidth() * 72 * 0.94, SIZES["print"].font
    sheet.suptitle(wrapped(title, room, size * 1.5, bold=True), x=0.01, ha="left", fontsize=size * 1.5, weight="bold")
    sheet.supxlabel(wrapped(caption, room, size * 0.85), x=0.01, ha="left", fontsize=size * 0.85, color=COLOURS["quiet"])


def headline_of(result: Result) -> str:
    """What became of the mail of a run, in one sentence, in the language spoken."""
    counts = outcome_counts(result.log)
    total = sum(counts.values())
    if not total:
        return say("dashboard.nothing")
    facts = {"there": counts["in_time"] + counts["late"], "count": total}
    rest = [say(f"dashboard.{key}", count=counts[key]) for key in OUTCOMES if key not in ("in_time", "late") and counts[key]]
    return say("dashboard.title_more", **facts, rest=listed(rest)) if rest else say("dashboard.title", **facts)


def _titled(result: Result) -> str:
    return say("dashboard.titled", name=result.scenario.name, finding=headline_of(result))


def describe_dashboard(result: Result, *, language: str | None = None) -> str:
    """The four pictures in words."""
    with speaking(language):
        return _described(result)


def _described(result: Result) -> str:
    told = {
        "first": describe_timeline(result),
        "second": describe_queues(result),
        "third": describe_latency(result),
        "fourth": describe_outcomes(result),
    }
    return say("dashboard.described", title=_titled(result), **told)
