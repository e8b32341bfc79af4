"""Where the boxes of a network stand: a column for each layer of the mail's path, DNS above, and where lines touch a box."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mailsim.plots.lanes import LAYERS, Place

__all__ = ["HIGH", "WIDE", "Point", "edge_of", "extent", "positions", "toward"]

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
