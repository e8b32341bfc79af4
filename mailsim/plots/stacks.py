"""Stacked bars that lie: one row per group of mail, its parts side by side, every figure written out below the bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from mailsim.plots.lettering import legend_below, room_pt, width_pt, wrapped
from mailsim.plots.style import COLOURS, LETTERS, SIZES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["PAPER", "Part", "Row", "draw_stacks", "stacks_height"]

#: white behind letters that stand on bars, areas and bands
PAPER = {"boxstyle": "square,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}

#: half the height of a bar in a row of height 1, whose middle lies a little above the row's, since more is written below
_HALF, _UP = 0.2, 0.06

#: a picture has room for so many rows at least, so that a single bar is no wall
_LEAST_ROWS = 1.7


class Part(NamedTuple):
    """How a part looks: colour, hatch, its word in the bar and the list of figures, and its explanation in the legend."""

    colour: str
    hatch: str
    word: str
    legend: str


class Row(NamedTuple):
    """A bar: its name (lines at the left), what is said above it, and by key of the part its length and its figure as text."""

    name: str
    above: str
    lengths: dict[str, float]
    texts: dict[str, str]


def stacks_height(rows: int, style: str) -> float:
    """How high a picture of so many rows is, in heights of a picture: on a page just what they need, a slide is a slide."""
    return 0.36 + 0.26 * max(rows, 1) if style == "print" else 1.0


def draw_stacks(ax: Axes, rows: Sequence[Row], parts: dict[str, Part], *, style: str) -> None:
    """Draw the rows from top to bottom on an axis that is set along x already; parts without a figure in any row are left out.

    A part that is wide enough has its figure inside; the figures of the others stand below the bar.
    """
    spare = max(0.0, _LEAST_ROWS - len(rows)) / 2
    ax.set_ylim(len(rows) - 0.5 + spare, -0.5 - spare)
    ax.set_yticks([number - _UP for number in range(len(rows))], [row.name for row in rows])
    ax.tick_params(axis="y", length=0, pad=SIZES[style].font * 0.7)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color=COLOURS["faint"], linewidth=0.8)
    used = [key for key in parts if any(key in row.texts for row in rows)]
    for number, row in enumerate(rows):
        left = 0.0
        for key in used:
            length = row.lengths.get(key, 0.0)
            if length > 0:
                _draw_part(ax, number - _UP, left, length, parts[key])
                left += length
    points, size = room_pt(ax, style=style), SIZES[style].font
    for number, row in enumerate(rows):
        inside = _label_parts(ax, number - _UP, row, parts, used, points=points, size=size)
        _write(ax, number - _UP - _HALF, row.above, size * 0.95, above=True, colour=COLOURS["ink"])
        below = [f"{parts[key].word} {row.texts[key]}" for key in used if key in row.texts and key not in inside]
        told = " · ".join(text.replace(" ", "\N{NO-BREAK SPACE}") for text in below)
        lines = wrapped(told, points * 0.98, size * 0.85).replace("\N{NO-BREAK SPACE}", " ")
        _write(ax, number - _UP + _HALF, lines, size * 0.85, above=False, colour=COLOURS["quiet"])
    _legend(ax, [parts[key] for key in used], style)


def _draw_part(ax: Axes, y: float, left: float, length: float, part: Part) -> None:
    ax.barh(
        y,
        length,
        left=left,
        height=2 * _HALF,
        color=part.colour,
        hatch=part.hatch,
        edgecolor="white",
        linewidth=0.6,
        label="_" + part.word,
        zorder=2,
    )


def _label_parts(ax: Axes, y: float, row: Row, parts: dict[str, Part], used: Sequence[str], *, points: float, size: float) -> set[str]:
    """Inside each part that is wide enough: its word and its figure; gives those parts."""
    low, high = ax.get_xlim()
    left, inside = 0.0, set()
    for key in used:
        length = row.lengths.get(key, 0.0)
        text = f"{parts[key].word} {row.texts.get(key, '')}"
        if length / (high - low) * points > width_pt(text, size) * 1.1 + 10:
            ax.text(left + length / 2, y, text, ha="center", va="center", color=LETTERS[COLOURS["faint"]], bbox=PAPER, zorder=4)
            inside.add(key)
        left += length
    return inside


def _write(ax: Axes, y: float, text: str, size: float, *, above: bool, colour: str) -> None:
    """Text at the left end of a bar, above or below it."""
    if not text:
        return
    ax.annotate(
        text,
        (0, y),
        xycoords=("axes fraction", "data"),
        xytext=(0, (0.3 if above else -0.4) * size),
        textcoords="offset points",
        ha="left",
        va="bottom" if above else "top",
        fontsize=size,
        color=colour,
        zorder=4,
        bbox={**PAPER, "boxstyle": "square,pad=0.05"},
    )


def _legend(ax: Axes, used: Sequence[Part], style: str) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=part.colour, hatch=part.hatch, edgecolor="white", linewidth=0, label=part.legend) for part in used]
    legend_below(ax, handles, style=style)
