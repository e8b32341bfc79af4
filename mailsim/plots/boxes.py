"""Where the boxes of a network stand: a column for each layer of the mail's path, DNS above, and where lines touch a box."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from mailsim.plots.lanes import LAYERS, Place
from mailsim.plots.style import SIZES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

__all__ = ["HIGH", "WIDE", "Point", "edge_of", "extent", "positions", "toward", "write_beside"]

#: half the width and half the height of a node's box, in columns and rows
WIDE, HIGH = 0.26, 0.26

#: columns that there is room for at least, so that few boxes are not the wider
_COLUMNS = 4

#: column and height
Point = tuple[float, float]


def positions(order: Sequence[Place]) -> dict[str, Point]:
    """Column and height of each node: a column for each layer of the mail's path, DNS above it, senders' mailboxes below."""
    layers = [layer for layer in LAYERS if layer != "DNS" and any(place.layer == layer for place in order)]
    found: dict[str, Point] = {}
    for x, layer in enumerate(layers):
        here = [place for place in order if place.layer == layer]
        main = [place.node for place in here if layer == "mailbox" or place.role != "mailbox"]
        middle = (len(main) - 1) / 2
        for k, node in enumerate(main + [place.node for place in here if place.node not in main]):
            found[node] = (float(x), middle - k)
    above = max((y for _, y in found.values()), default=0.0) + 1.15
    dns = [place.node for place in order if place.layer == "DNS"]
    around = [layers.index(layer) for layer in ("sender MTA", "MX") if layer in layers] or [len(layers) // 2]
    centre = sum(around) / len(around)
    for k, node in enumerate(dns):
        found[node] = (centre + (k - (len(dns) - 1) / 2) * 0.8, above)
    return found


def extent(places: Iterable[Point]) -> tuple[Point, Point]:
    """What the axes show: from left to right and from bottom to top."""
    x, y = zip(*places, strict=True)
    middle, half = (min(x) + max(x)) / 2, max((max(x) - min(x)) / 2 + 0.5, _COLUMNS / 2)
    return (middle - half, middle + half), (min(y) - 0.6, max(y) + 0.55)


def toward(here: Point, there: Point, part: float) -> Point:
    """The point that lies so far on the way from here to there."""
    return here[0] + part * (there[0] - here[0]), here[1] + part * (there[1] - here[1])


def edge_of(here: Point, there: Point) -> Point:
    """The point on the border of the box at ``here`` that faces ``there``."""
    dx, dy = there[0] - here[0], there[1] - here[1]
    if abs(dx) < 1e-9:
        return here[0], here[1] + (HIGH if dy > 0 else -HIGH)
    reach = min(WIDE / abs(dx), HIGH / abs(dy) if dy else 1e9)
    return here[0] + dx * reach, here[1] + dy * reach


def write_beside(ax: Axes, text: str, start: Point, end: Point, *, clear_pt: float, style: str) -> Annotation:
    """What is known of a way beside its middle: at the right of one straight up or down, below one in the lower half, else above."""
    (x1, y1), (x2, y2) = start, end
    x, y, upright, way = (x1 + x2) / 2, (y1 + y2) / 2, x1 == x2, -1 if y1 + y2 < 0 else 1
    return ax.annotate(
        text,
        (x + 0.1, y) if upright else (x, y + way * 0.13 * abs(y2 - y1)),
        xytext=(clear_pt, 0) if upright else (0, way * clear_pt),
        textcoords="offset points",
        fontsize=SIZES[style].font * 0.9,
        ha="left" if upright else "center",
        va="center" if upright else "bottom" if way > 0 else "top",
        zorder=5,
        bbox={"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.9},
    )
