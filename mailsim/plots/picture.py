"""The sheet that pictures are drawn on: a figure of its own with title, caption and description, or the axes of the user."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from mailsim import __version__
from mailsim.markup import image
from mailsim.plots.lettering import room_pt, wrapped
from mailsim.plots.style import COLOURS, PADS_IN, SIZES, settings

if TYPE_CHECKING:
    from mailsim.results import Result

__all__ = [
    "Picture",
    "Sheet",
    "axes_beside",
    "caption_of",
    "describe",
    "drawing",
    "drawn",
    "finish",
    "headline",
    "png",
    "second_axes",
    "title_of",
]

#: shown width of a picture in a notebook, whatever its dots per inch
_SHOWN_PX = 900


class Picture(Axes):
    """Axes that a notebook shows by themselves, with a description for those who can't see them."""

    description: str = ""

    def _repr_html_(self) -> str:
        return str(image(png(self), describe(self), width_px=_SHOWN_PX))


class Sheet(Figure):
    """A figure with several pictures that a notebook shows by itself, with one description for those who can't see them."""

    description: str = ""

    def _repr_html_(self) -> str:
        return str(image(png(self), describe(self), width_px=_SHOWN_PX))


@contextmanager
def drawing(ax: Axes | None, *, style: str, height: float = 1.0) -> Iterator[Axes]:
    """The axes to draw on, with the style in force only inside.

    Parameters
    ----------
    ax : Axes, optional
        The user's axes; by default a new :class:`Picture` on a figure of its own, which no pyplot knows.
    style : str
        ``print`` or ``slide``.
    height : float
        Of a new figure, relative to the style's.
    """
    with rc_context(settings(style)):
        if ax is None:
            size, pad = SIZES[style], PADS_IN[style]
            figure = Figure(figsize=(size.width, size.height * height), dpi=size.dpi, layout=ConstrainedLayoutEngine(w_pad=pad, h_pad=pad))
            FigureCanvasAgg(figure)
            ax = figure.add_subplot(axes_class=Picture)
        yield ax


def second_axes(ax: Axes, *, beside: bool = False) -> Axes:
    """Axes below these on the same figure (or ``beside`` them, at the right), of the same size, sharing the x axis (then y too)."""
    figure: Any = ax.figure
    grid = figure.add_gridspec(1, 2) if beside else figure.add_gridspec(2, 1)
    ax.set_subplotspec(grid[0])
    other: Axes = figure.add_subplot(grid[1], sharex=ax, sharey=ax if beside else None)
    return other


def axes_beside(ax: Axes) -> Axes:
    """Axes at the right of these on the same figure, of the same size."""
    figure: Any = ax.figure
    grid = figure.add_gridspec(1, 2)
    ax.set_subplotspec(grid[0])
    beside: Axes = figure.add_subplot(grid[1])
    return beside


def finish(ax: Axes, *, title: str, description: str, caption: str, style: str) -> Axes:
    """Title (wrapped to the width), caption line (on a figure of our own) and description."""
    ax.set_title(headline(title, room_pt(ax, style=style), style=style), loc="center", x=0, ha="left", pad=SIZES[style].font * 0.8)
    if isinstance(ax, Picture) and caption:
        small = SIZES[style].font * 0.75
        lines = wrapped(caption, SIZES[style].width * 72 * 0.92, small)
        ax.figure.supxlabel(lines, x=0.01, ha="left", fontsize=small, color=COLOURS["quiet"])
    if isinstance(ax, Picture):
        ax.description = description
    return ax


def headline(title: str, most_pt: float, *, style: str) -> str:
    """The title in lines that fit the width; a figure and its unit stay on one line, and so do the parts of a duration."""
    kept = re.sub(r"(?<=\d) (?=(ms|s|min|h|d)\b|%)|(?<=\d[dhm]) (?=\d\d[hms]\b)", "\N{NO-BREAK SPACE}", title)
    return wrapped(kept, most_pt, SIZES[style].font * 1.2, bold=True).replace("\N{NO-BREAK SPACE}", " ")


def describe(ax: Axes | Sheet) -> str:
    """The description of a picture in words."""
    return (ax.description if isinstance(ax, Picture | Sheet) else "") or title_of(ax)


def title_of(ax: Axes | Sheet) -> str:
    """The title of a picture as one line."""
    if isinstance(ax, Sheet):
        return " ".join(ax.get_suptitle().split())
    return " ".join((ax.get_title("left") or ax.get_title()).split())


def caption_of(result: Result, *more: str) -> str:
    """Version, scenario, digest and seed: what it takes to draw the picture again."""
    scenario = result.scenario
    parts = (f"mailsim {__version__}", scenario.name, f"digest {scenario.digest()[:8]}", f"seed {result.seed}", *more)
    return " · ".join(part for part in parts if part)


def png(ax: Axes | Sheet) -> bytes:
    """The figure of these axes as a PNG file, with the description inside."""
    return drawn(ax, "png")


def drawn(ax: Axes | Sheet, kind: Literal["png", "svg"]) -> bytes:
    """The figure of these axes as a file of that kind, with the description inside; letters of an SVG stay letters."""
    stream = BytesIO()
    figure: Any = ax if isinstance(ax, Sheet) else ax.figure
    about: dict[str, Any] = {"Description": describe(ax)}
    about |= {"Software": f"mailsim {__version__}"} if kind == "png" else {"Creator": f"mailsim {__version__}", "Date": None}
    with rc_context({"svg.fonttype": "none"}):
        figure.savefig(stream, format=kind, dpi=figure.dpi, metadata=about)
    return stream.getvalue()
