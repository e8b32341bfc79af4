"""Outage bands: hatched grey stretches with their label, the same behind every picture that has a time axis."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from mailsim.events import ConditionSpan
from mailsim.plots.style import COLOURS
from mailsim.plots.timeaxis import duration_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Band", "bands", "draw_band"]


#: letters of what is wrong that a label has room for
_LETTERS = 28


class Band(NamedTuple):
    """One stretch on one node (or on all, with node ``""``)."""

    node: str
    start_s: float
    end_s: float
    label: str


def bands(conditions: Iterable[ConditionSpan], *, end_s: float) -> list[Band]:
    """The stretches of a run that lie before its end, in order of time, each with a label such as ``silent, 4 h``."""
    found = []
    for span in sorted(conditions, key=lambda span: (span.start_us, span.end_us, span.node)):
        start, end = span.start_us / 1e6, span.end_us / 1e6
        if start < end_s:
            length = duration_text(end - start) if end <= end_s else "to the end"
            how = span.how if len(span.how) <= _LETTERS else span.how[: _LETTERS - 1].rstrip() + "…"
            found.append(Band(span.node, start, min(end, end_s), f"{how}, {length}"))
    return found


def draw_band(ax: Axes, band: Band, *, low: float, high: float, label: str = "") -> None:
    """Hatch the stretch between two heights; the label stands at its upper left, inside."""
    from matplotlib.patches import Rectangle

    patch = Rectangle(
        (band.start_s, low),
        band.end_s - band.start_s,
        high - low,
        facecolor="#F2F2F2",
        edgecolor="#B5B5B5",
        hatch="////",
        linewidth=0,
        zorder=0.5,
    )
    ax.add_patch(patch)
    for edge in (band.start_s, band.end_s):
        ax.plot([edge, edge], [low, high], color=COLOURS["down"], linewidth=0.8, zorder=0.6, solid_capstyle="butt")
    if label:
        left, right = ax.get_xlim()
        late = band.start_s > left + 0.7 * (right - left)  # there a label would leave the picture at the right
        ax.annotate(
            label,
            (min(band.end_s, right) if late else max(band.start_s, left), high),
            xytext=(-3 if late else 3, -2),
            textcoords="offset points",
            va="top",
            ha="right" if late else "left",
            fontsize="small",
            color=COLOURS["quiet"],
            bbox={"boxstyle": "square,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
            zorder=4,
            annotation_clip=True,
        )
