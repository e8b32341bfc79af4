"""The network that a film plays on: boxes and ways that stand still, and on them the marks that change from frame to frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mailsim.language import printable, say
from mailsim.plots.boxes import HIGH, WIDE, Point, edge_of, extent, positions, toward, write_beside
from mailsim.plots.lanes import Place
from mailsim.plots.shots import Passed
from mailsim.plots.style import COLOURS, SIZES
from mailsim.plots.ways import Way

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

__all__ = ["CROSS", "DOTS", "Stage"]

#: what stands before the number of contacts that failed
CROSS = "\N{BALLOT X}"

#: most dots on a way; the number says how many messages there are
DOTS = 5

#: frames after which the dots of a way are where they were
_ROUND = 4

#: letters of a node's name that fit its box
_LETTERS = 9

#: the colour of a way on which nothing goes
_IDLE = "#CFCFCF"

#: size of the clock's letters, and where the line that it stands in begins above the axes, in letters of the style
_CLOCK, _LIFT = 1.7, 0.4

#: size of a node's name and role in letters of the style, their heights in the box, and at which size a role is left out
_NAME, _ROLE, _NAME_AT, _ROLE_AT, _LEAST = 1.05, 0.8, 0.13, -0.08, 0.6

#: rows that there is room for at least, so that few boxes are not the higher
_ROWS = 3.4

#: where the gauge of a queue lies in its box: from the sides, from the bottom, its height
_INSET, _RISE, _GAUGE = 0.04, 0.035, 0.06


class Stage:
    """The network on these axes; what changes is in :attr:`moving` and is drawn in that order.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    order : sequence of Place
        The nodes.
    found : sequence of Way
        The ways between them.
    queues : sequence of str
        Nodes that have a gauge for their queue.
    fullest : int
        The queue that fills a gauge.
    style : str
        ``print`` or ``slide``.
    """

    def __init__(self, ax: Axes, order: Sequence[Place], found: Sequence[Way], *, queues: Sequence[str], fullest: int, style: str) -> None:
        self.ax, self.style, self.size = ax, style, SIZES[style]
        self.place = positions(order)
        self.fullest = fullest
        self.moving: list[Artist] = []
        across, upward = extent(self.place.values())
        ax.set_axis_off()
        ax.set_xlim(*across)
        lowest = min(y for _, y in self.place.values())
        counted = any(self.place[node][1] == lowest for node in queues if node in self.place)  # a number stands below it
        low, high = upward[0] + (0.0 if counted else 0.25), upward[1] - 0.2
        spare = max(0.0, _ROWS - (high - low)) / 2
        ax.set_ylim(low - spare, high + spare)
        self.ways = {
            (way.start, way.end): _Road(self, way)
            for way in found
            if way.start in self.place and way.end in self.place and way.start != way.end
        }
        self.boxes = {one.node: _Box(self, one, gauge=one.node in queues) for one in order}
        self.clock = self._line_above("bold", _CLOCK)
        self.words = self._line_above("normal", 1.0)
        self._told = ("", 0)

    def _line_above(self, weight: str, size: float) -> Any:
        looks: Any = {"fontsize": self.size.font * size, "weight": weight, "va": "baseline", "zorder": 6, "annotation_clip": False}
        return self.keep(self.ax.annotate("", (0, 1), xycoords="axes fraction", textcoords="offset points", xytext=(0, 0), **looks))

    def title(self) -> None:
        """Let the title make room for the clock."""
        pad = self.size.font * (_LIFT + 1.3 * _CLOCK)
        self.ax.set_title(self.ax.get_title(), loc="center", x=0, ha="left", pad=pad)

    def fit(self) -> None:
        """Lay the sheet out for good, and make letters in boxes as small as the boxes need."""
        figure: Any = self.ax.figure
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        (_, low), (_, high) = self.ax.transData.transform([(0, 0), (0, _NAME_AT - _ROLE_AT)])
        takes = self.size.font * figure.dpi / 72 * (_NAME + _ROLE) / 2 * 1.1
        part = min(1.0, (high - low) / takes)
        for box in self.boxes.values():
            box.scale(part)
        for road in self.ways.values() if part < _LEAST else ():
            road.crowd()

    def keep(self, artist: Any) -> Any:
        """An artist that changes: left out when the rest is drawn, drawn anew on each frame."""
        artist.set_animated(True)
        artist.set_in_layout(False)
        self.moving.append(artist)
        return artist

    def tell(self, clock: str, words: str) -> None:
        """The clock, and what is to be said beside it."""
        from mailsim.plots.lettering import width_pt, wrapped

        lift = self.size.font * _LIFT
        self.clock.set_text(clock)
        self.clock.set_position((0, lift))
        if self._told == (words, len(clock)):  # as on the frame before
            return
        self._told = (words, len(clock))
        clear = width_pt(clock, self.size.font * _CLOCK, bold=True) * 1.05 + self.size.font
        room: float = self.ax.bbox.width * 72 / self.ax.figure.dpi - clear
        lines = wrapped(printable(words), room, self.size.font)
        self.words.set_text(lines)
        self.words.set_position((clear, lift - (self.size.font * 0.55 if "\n" in lines else 0)))

    def show(
        self, wrong: Sequence[tuple[str, str]], waiting: Mapping[str, int], passed: Mapping[tuple[str, str], Passed], *, turn: int
    ) -> None:
        """What is wrong where, what waits where, and what went where; the dots move on with each turn."""
        faults: dict[str, list[str]] = {}
        for where, how in wrong:
            faults.setdefault(where, []).append(how)
        for node, box in self.boxes.items():
            box.show(_in_a_word(faults.get(node, [])), waiting.get(node, 0))
        for (start, end), road in self.ways.items():
            fault = _in_a_word([*faults.get(f"{start}-{end}", []), *faults.get(f"{end}-{start}", [])])
            road.show(passed.get((start, end), Passed()), fault, turn)


def _in_a_word(hows: Sequence[str]) -> str:
    return say("topology.faults", count=len(hows)) if len(hows) > 1 else hows[0] if hows else ""


class _Box:
    """A node: its box, hatched and labelled while something is wrong, and the gauge of its queue."""

    def __init__(self, stage: Stage, place: Place, *, gauge: bool) -> None:
        from matplotlib.patches import Rectangle

        ax, size, (x, y) = stage.ax, stage.size, stage.place[place.node]
        self.stage, self.node = stage, place.node
        self.health = COLOURS["dns"] if place.layer == "DNS" else COLOURS["delivered"]
        self.box = stage.keep(ax.add_patch(_outline((x, y), linewidth=size.line * 1.3, zorder=3)))
        paper = {"boxstyle": "square,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.9}
        self.letters = []
        for text, dy, part, looks in (
            (printable(place.node), _NAME_AT, _NAME, {"weight": "bold"}),
            (place.role_word, _ROLE_AT, _ROLE, {"color": COLOURS["quiet"]}),
        ):
            fits = min(1.0, _LETTERS / max(len(text), 1))
            plain: Any = {"fontsize": size.font * part * fits, "ha": "center", "va": "center", "zorder": 4, "bbox": paper, **looks}
            self.letters.append(stage.keep(ax.text(x, y + dy, text, **plain)))
        quiet: Any = {"fontsize": size.font * 0.85, "zorder": 5, "bbox": paper}
        self.label = stage.keep(ax.text(x, y + HIGH + 0.05, "", ha="center", va="bottom", color=COLOURS["ink"], **quiet))
        self.crowded = False
        self.bar = self.number = self.track = None
        if gauge:
            corner = (x - WIDE + _INSET, y - HIGH + _RISE)
            track = Rectangle(corner, 2 * (WIDE - _INSET), _GAUGE, facecolor="white", edgecolor=COLOURS["down"], linewidth=0.6, zorder=4.1)
            bar = Rectangle(corner, 0, _GAUGE, facecolor=COLOURS["strong"], linewidth=0, zorder=4.2)
            self.track = stage.keep(ax.add_patch(track))
            self.bar = stage.keep(ax.add_patch(bar))
            self.number = stage.keep(ax.text(x - WIDE, y - HIGH - 0.05, "", ha="left", va="top", color=COLOURS["strong"], **quiet))

    def scale(self, part: float) -> None:
        for text in self.letters:
            text.set_fontsize(text.get_fontsize() * max(part, _LEAST))
        if part >= _LEAST:
            return
        (x, y), self.crowded = self.stage.place[self.node], True  # room for the name only, and a number beside it
        name, role = self.letters
        name.set_y(y)
        role.set_visible(False)
        if self.bar is not None and self.number is not None and self.track is not None:
            self.track.set_visible(False)
            self.bar.set_visible(False)
            self.number.set_position((x + WIDE + 0.03, y))
            self.number.set_va("center")
            self.number.set_fontsize(self.stage.size.font * 0.85 * _LEAST)

    def show(self, fault: str, waits: int) -> None:
        self.box.set(
            edgecolor=COLOURS["down"] if fault else self.health,
            facecolor="#F2F2F2" if fault else "white",
            hatch="////" if fault else None,
        )
        for text in self.letters:
            text.get_bbox_patch().set_visible(bool(fault))  # paper between letters and hatches
        self.label.set_text(fault)
        self.label.set_visible(bool(fault))
        if self.bar is not None and self.number is not None:
            self.bar.set_width(2 * (WIDE - _INSET) * min(1.0, waits / self.stage.fullest))
            self.number.set_text(str(waits) if self.crowded else say("topology.waiting", count=waits))
            self.number.set_visible(bool(waits))


def _outline(at: Point, **looks: Any) -> Any:
    from matplotlib.patches import FancyBboxPatch

    corner = (at[0] - WIDE, at[1] - HIGH)
    return FancyBboxPatch(corner, 2 * WIDE, 2 * HIGH, boxstyle="round,pad=0,rounding_size=0.08", **looks)


class _Road:
    """A way: a quiet line, lit while something goes on it, with dots, how many, and a cross where contacts failed."""

    def __init__(self, stage: Stage, way: Way) -> None:
        from matplotlib.patches import FancyArrowPatch

        ax, size = stage.ax, stage.size
        here, there = stage.place[way.start], stage.place[way.end]
        self.stage, self.way, self.dns = stage, way, way.via == "dns"
        self.ends = edge_of(here, there), edge_of(there, here)
        self.bend = 0.35 if here[0] == there[0] and not self.dns else 0.0
        line: dict[str, Any] = {
            "connectionstyle": f"arc3,rad={self.bend}",
            "arrowstyle": "-" if self.dns else "-|>",
            "mutation_scale": size.font * 1.1,
            "linestyle": (0, (1, 1.6)) if self.dns else (0, (4, 1.8)) if way.fallback else "-",
            "shrinkA": 2,
            "shrinkB": 2,
        }
        colour = COLOURS["dns"] if self.dns else _IDLE
        ax.add_patch(FancyArrowPatch(*self.ends, color=colour, linewidth=size.line * (0.5 if self.dns else 0.8), zorder=1, **line))
        self.lit = stage.keep(ax.add_patch(FancyArrowPatch(*self.ends, zorder=2, **line)))
        marks: dict[str, Any] = {"linestyle": "none", "zorder": 5, "clip_on": False}
        self.dots = stage.keep(ax.plot([], [], marker="o", markersize=size.font * 0.62, markeredgecolor="white", **marks)[0])
        self.cross = stage.keep(ax.plot([], [], marker="X", markersize=size.font * 1.1, markeredgecolor="white", **marks)[0])
        self.number = stage.keep(write_beside(ax, "", here, there, clear_pt=0.5 * size.font, style=stage.style))

    def crowd(self) -> None:
        """Where boxes have no room for two lines, ways have none for large marks: the number stands near the start."""
        x, y = toward(*self.ends, 0.3)
        self.number.xy = (x, y)
        self.number.set_position((0, 0))
        self.number.set(ha="left", va="center", fontsize=self.stage.size.font * 0.9 * _LEAST)
        self.cross.set_markersize(self.cross.get_markersize() * _LEAST)

    @property
    def room(self) -> int:
        """How many dots the way has room for."""
        (x1, y1), (x2, y2) = self.stage.ax.transData.transform(self.ends)
        wide = self.dots.get_markersize() * self.stage.ax.figure.dpi / 72
        return max(1, min(DOTS, int(np.hypot(x2 - x1, y2 - y1) / (1.4 * wide))))

    def along(self, parts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Points on the way, from 0 at its start to 1 at its end; it bends on the screen, so there it is reckoned."""
        to_screen = self.stage.ax.transData
        (x1, y1), (x2, y2) = to_screen.transform(self.ends)
        by_x, by_y = (x1 + x2) / 2 + self.bend * (y2 - y1), (y1 + y2) / 2 - self.bend * (x2 - x1)
        part = parts[:, None]
        bent = (1 - part) ** 2 * [[x1, y1]] + 2 * part * (1 - part) * [[by_x, by_y]] + part**2 * [[x2, y2]]
        return np.asarray(to_screen.inverted().transform(bent))

    def show(self, went: Passed, fault: str, turn: int) -> None:
        some = bool(went.moved or went.failed)
        health = "bounced" if not went.moved else "deferred" if went.failed else "dns" if self.dns else "transit"
        self.lit.set_visible(some)
        self.lit.set_color(COLOURS[health])
        self.lit.set_linewidth(self.stage.size.line * (1.1 if self.dns else 1.4 + min(2.0, 0.7 * np.log10(1 + went.moved))))
        self.dots.set_visible(bool(went.moved) and not self.dns)
        if went.moved and not self.dns:
            count = min(went.moved, self.room)
            self.dots.set_data(*self.along((np.arange(count) + (turn % _ROUND + 0.5) / _ROUND) / count).T)
            self.dots.set_markerfacecolor(COLOURS["strong"])
        self.cross.set_visible(bool(went.failed))
        if went.failed:
            self.cross.set_data(*np.array([toward(self.ends[1], self.ends[0], 0.12)]).T)
            self.cross.set_markerfacecolor(COLOURS["bounced"])
        told = [str(went.moved) if went.moved and not self.dns else "", f"{CROSS} {went.failed}" if went.failed else "", fault]
        self.number.set_text("\n".join(part for part in told if part))
        self.number.set_visible(any(told))
