"""Pictures for a page that holds four of them: small, and their titles apart as text of the page."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from mailsim import __version__
from mailsim.errors import UnsupportedError
from mailsim.plots.latency import describe_latency, latency
from mailsim.plots.mx_share import describe_mx_share, mx_share
from mailsim.plots.outcomes import describe_outcomes, outcomes
from mailsim.plots.queues import describe_queues, queues
from mailsim.plots.style import settings
from mailsim.plots.tale import tale_of
from mailsim.plots.timeline import describe_timeline, timeline

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from mailsim.results import Result

__all__ = ["Panel", "fold_long_labels", "panels"]

#: in the order of a page; the last one stands in where the run's level lacks another
_PICTURES: tuple[tuple[Callable[..., Any], Callable[..., str]], ...] = (
    (timeline, describe_timeline),
    (latency, describe_latency),
    (queues, describe_queues),
    (outcomes, describe_outcomes),
    (mx_share, describe_mx_share),
)

#: how many there are, and their width and heights in inches; the first one needs some room for each lane
_MANY, _WIDE_IN, _HIGH_IN, _LANE_IN, _REST_IN = 4, 4.7, 2.85, 0.29, 1.55

#: dots per inch: shown at three quarters of that size, some 290 on paper
_DPI = 220


class Panel(NamedTuple):
    """A picture without its title: as PNG, the title as text, and the description."""

    png: bytes
    title: str
    description: str


def panels(result: Result) -> list[Panel]:
    """Timeline, latency, queues and outcomes in the language spoken; below level ``events`` those that there are, and the MX share."""
    found: list[Panel] = []
    tall = max(_HIGH_IN, _REST_IN + _LANE_IN * len(tale_of(result).lanes))
    for draw, describe in _PICTURES:
        if len(found) == _MANY:
            break
        try:
            found.append(_panel(result, draw, describe(result), tall if len(found) < 2 else _HIGH_IN))
        except UnsupportedError:
            continue
    return found


def fold_long_labels(sheet: Figure) -> None:
    """The label of an upright axis that is longer than the axis stands in two lines: on a small picture it would be cut off."""
    sheet.draw_without_rendering()
    for ax in sheet.axes:
        text = ax.get_ylabel()
        if " " in text and ax.yaxis.label.get_window_extent().height > ax.bbox.height:
            middle = min((k for k, letter in enumerate(text) if letter == " "), key=lambda k: abs(k - len(text) / 2))
            ax.set_ylabel(f"{text[:middle]}\n{text[middle + 1 :]}")


def _panel(result: Result, draw: Callable[..., Any], description: str, high_in: float) -> Panel:
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from mailsim.plots.picture import title_of

    with rc_context(settings("print")):
        sheet = Figure(figsize=(_WIDE_IN, high_in), dpi=_DPI)
        FigureCanvasAgg(sheet)
        sheet.subplots_adjust(left=0.08, right=0.99)
        ax = draw(result, ax=sheet.add_subplot())
        title = title_of(ax)
        ax.set_title("")
        sheet.set_layout_engine("constrained")
        fold_long_labels(sheet)
        stream = BytesIO()
        sheet.savefig(stream, format="png", dpi=_DPI, metadata={"Description": description, "Software": f"mailsim {__version__}"})
    return Panel(stream.getvalue(), title, description)
