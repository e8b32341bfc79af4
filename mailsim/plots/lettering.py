"""How much room letters take: widths, lines of about equal length, what stands around the axes, and a legend that fits below."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

from mailsim.plots.style import PADS_IN, SIZES

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["Overhang", "aside", "legend_below", "overhang_of", "room_pt", "width_pt", "wrapped"]

#: most columns of a legend
_COLUMNS = 6

#: how much of the room letters may fill
_FILL = 0.94


class Overhang(NamedTuple):
    """How far labels and ticks reach beyond the axes, in points."""

    left: float
    bottom: float


def width_pt(text: str, size_pt: float, *, bold: bool = False) -> float:
    """Width of one line of text in points, in the font of the style in force."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=size_pt, weight="bold" if bold else "normal")
    return float(text_to_path.get_text_width_height_descent(text, font, False)[0])


def wrapped(text: str, most_pt: float, size_pt: float, *, bold: bool = False) -> str:
    """The text in as few lines as fit the width, none much shorter than the first; a word too long for a line is cut.

    Words are what plain spaces separate, so a no-break space keeps a figure and its unit together.
    """
    widths: dict[str, float] = {}

    def fits(line: str, room: float) -> bool:
        if line not in widths:
            widths[line] = width_pt(line, size_pt, bold=bold)
        return widths[line] <= room

    def lines(room: float) -> list[str]:
        found: list[str] = []
        for word in words:
            longer = f"{found[-1]} {word}" if found else word
            if found and fits(longer, room):
                found[-1] = longer
            else:
                found.append(word)
        return found

    words: list[str] = []
    for word in text.split(" "):
        rest = word
        while len(rest) > 1 and not fits(rest, most_pt):
            cut = next((k for k in range(len(rest) - 1, 1, -1) if fits(rest[:k], most_pt)), 1)
            words.append(rest[:cut])
            rest = rest[cut:]
        words.append(rest)
    best = lines(most_pt)
    for percent in range(95, 65, -5):
        narrower = most_pt * percent / 100
        shorter = lines(narrower)
        if len(shorter) > len(best) or not all(fits(line, narrower) for line in shorter):
            break
        best = shorter
    return "\n".join(best)


def overhang_of(ax: Axes) -> Overhang:
    """What stands left of the axes and below them by now."""
    points, tight, own = 72 / _dpi(ax), ax.get_tightbbox(), ax.bbox
    if tight is None:
        return Overhang(0.0, 0.0)
    return Overhang(max(0.0, (own.x0 - tight.x0) * points), max(0.0, (own.y0 - tight.y0) * points))


def room_pt(ax: Axes, *, style: str) -> float:
    """Width in points from the left end of the axes to the end of the sheet; of a user's axes their own width.

    A little less, since with few dots per inch letters come out wider: each ends at a whole dot.
    """
    from mailsim.plots.picture import Picture

    if not isinstance(ax, Picture):
        return float(_FILL * ax.get_window_extent().width * 72 / _dpi(ax))
    return _FILL * (SIZES[style].width * 72 - overhang_of(ax).left - 2 * 72 * PADS_IN[style])


def legend_below(ax: Axes, handles: Sequence[Artist], *, style: str, room: float | None = None) -> None:
    """A legend under everything that stands below the axes by now, from their left end, in columns that fit the sheet (or ``room``)."""
    from matplotlib.transforms import ScaledTranslation

    if not handles:
        return
    figure: Any = ax.figure
    font, most = SIZES[style].font, room_pt(ax, style=style) if room is None else room
    drop = overhang_of(ax).bottom + 0.7 * font
    below = ax.transAxes + ScaledTranslation(0, -drop / 72, figure.dpi_scale_trans)
    for columns in range(min(_COLUMNS, len(handles)), 0, -1):
        rows = -(-len(handles) // columns)
        legend = ax.legend(
            handles=list(handles),
            loc="upper left",
            bbox_to_anchor=(0, 0),
            bbox_transform=below,
            borderaxespad=0,
            borderpad=0,
            ncols=-(-len(handles) // rows),  # no row with a single entry below a full one
            handletextpad=0.5,
            columnspacing=1.6,
        )
        if legend.get_window_extent().width * 72 / _dpi(ax) <= most:
            return


def aside(ax: Axes) -> None:
    """Let the legend below these axes reach under the ones at their right: the layout keeps its height free, not its width."""
    legend = ax.get_legend()
    if legend is None:
        return
    legend.set_in_layout(False)
    font = legend.get_texts()[0].get_fontsize()
    height = (ax.bbox.y0 - legend.get_window_extent().y0) * 72 / _dpi(ax)
    blank = "\n".join(" " * ceil(height / (1.2 * float(font))))
    ax.annotate(blank, (0, 0), xycoords="axes fraction", va="top", fontsize=font)


def _dpi(ax: Axes) -> float:
    figure: Any = ax.figure
    return float(figure.dpi)
