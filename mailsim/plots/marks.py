"""Marks on a lane: drawn one by one while there is room, gathered by density where there is not, with their legend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mailsim.language import say
from mailsim.plots.lettering import legend_below
from mailsim.plots.style import COLOURS, LOOKS, SIZES

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["Gathered", "Mark", "draw_marks", "gathered", "legend_for", "mark_handles"]

#: markers that are lines and have no area to fill
LINES = "x|1"

#: columns that a full width is divided into for gathering
COLUMNS = 80

#: from this many marks of a kind in the window on they are gathered
CROWD = 80


class Mark(NamedTuple):
    """Marks of one kind on one row of a lane: key of :data:`mailsim.plots.style.LOOKS`, row label, instants in seconds."""

    look: str
    row: str
    t_s: npt.NDArray[np.float64]


class Gathered(NamedTuple):
    """Instants (the mean of each gathered group) and how many marks each stands for."""

    t_s: npt.NDArray[np.float64]
    stands_for: npt.NDArray[np.int64]


def gathered(t_s: npt.NDArray[np.float64], low: float, high: float, *, columns: int = COLUMNS, crowd: int = CROWD) -> Gathered:
    """The marks inside the window: each by itself, or, where there are more than ``crowd``, one for each column in use."""
    inside = np.sort(t_s[(t_s >= low) & (t_s <= high)])
    if len(inside) <= crowd:
        return Gathered(inside, np.ones(len(inside), dtype=np.int64))
    place = np.minimum((inside - low) / (high - low) * columns, columns - 1).astype(np.int64)
    used, inverse, count = np.unique(place, return_inverse=True, return_counts=True)
    return Gathered(np.bincount(inverse, weights=inside, minlength=len(used)) / count, count)


def draw_marks(ax: Axes, marks: Sequence[Mark], *, y: float, style: str, window: tuple[float, float], columns: int = COLUMNS) -> None:
    """Draw the marks of one row, from so many on one for each of so many columns; one that stands for many is larger.

    Its area grows with the logarithm of their number.
    """
    area = SIZES[style].marker
    for mark in marks:
        look = LOOKS[mark.look]
        some = gathered(mark.t_s, *window, columns=columns, crowd=min(columns, CROWD))
        if not len(some.t_s):
            continue
        line_like = look.marker in LINES
        paint: dict[str, Any] = (
            {"color": look.colour} if line_like else {"facecolors": look.colour if look.filled else "white", "edgecolors": look.colour}
        )
        ax.scatter(
            some.t_s,
            np.full(len(some.t_s), y),
            s=area * look.size * (0.55 + 0.45 * np.log2(some.stands_for + 1)),
            marker=look.marker,
            linewidths=SIZES[style].line * (0.8 if line_like or not look.filled else 0),
            zorder=3 if look.filled else 2.8,
            clip_on=False,
            **paint,
        )


def legend_for(ax: Axes, marks: Sequence[Mark], *, way: str, queue: bool, style: str) -> None:
    """A legend below the lanes with the looks that occur, in the order of the table of looks; ``way`` is the word of the black line."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Artist] = mark_handles(marks, style=style)
    if queue:
        handles.append(Patch(facecolor=COLOURS["transit"], alpha=0.55, linewidth=0, label=say("plots.queue")))
    if way:
        width = SIZES[style].line * 0.9
        handles.append(Line2D([], [], color=COLOURS["ink"], linewidth=width, marker=".", label=say(f"plots.{way}")))
    legend_below(ax, handles, style=style)


def mark_handles(marks: Sequence[Mark], *, style: str) -> list[Artist]:
    """The entries of a legend for the looks that occur, in the order of the table of looks; what looks the same has one entry."""
    from matplotlib.lines import Line2D

    size, used = SIZES[style], {mark.look for mark in marks if len(mark.t_s)}
    words: dict[tuple[str, str, bool], str] = {}
    for key, look in LOOKS.items():
        if key in used:
            same = (look.colour, look.marker, look.filled)
            words[same] = f"{words[same]} / {look.word}" if same in words else look.word
    return [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=marker,
            markersize=(size.marker * 1.3) ** 0.5,
            label=word,
            markerfacecolor=colour if filled else "white",
            markeredgecolor=colour,
            markeredgewidth=size.line * 0.8 if not filled or marker in LINES else 0,
        )
        for (colour, marker, filled), word in words.items()
    ]
