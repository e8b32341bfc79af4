"""The sheet of a sequence diagram: lifelines from left to right, rows downward, a bar below that shows where the time went."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from matplotlib import rc_context

from mailsim.language import phrased, printable, say
from mailsim.plots.lettering import room_pt, width_pt
from mailsim.plots.spreading import Box, spread
from mailsim.plots.style import COLOURS, LETTERS, PADS_IN, SIZES, Look, settings
from mailsim.stories.sentences import rough

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mailsim.stories.story import Story

__all__ = ["Paper", "Row", "Scale", "height_in"]

#: every row of the same height, or true to time
Scale = Literal["rank", "time"]

#: colour and hatch of each part of the time bar
_PARTS: dict[str, tuple[str, str]] = {
    "submit": (COLOURS["transit"], ""),
    "resolve": (COLOURS["dns"], ".."),
    "failed": (COLOURS["bounced"], "xx"),
    "transfer": (COLOURS["delivered"], ""),
    "queue": (COLOURS["note"], "--"),
    "defer": (COLOURS["deferred"], "//"),
    "mailbox": (COLOURS["faint"], "\\\\"),
}


#: white behind letters
_PAPER = {"boxstyle": "square,pad=0.04", "facecolor": "white", "edgecolor": "none", "alpha": 0.9}

#: height of a row in inches, and the rows that names (above the first) and the time bar (below the last) take
_ROW_IN: dict[str, float] = {"print": 0.245, "slide": 0.34}
_ABOVE: dict[Scale, float] = {"rank": 1.5, "time": 1.8}
_BELOW = 2.75

#: true to time: lines that labels of one moment may take
_LINES = 6


class Row(NamedTuple):
    """One row of the diagram: an arrow (``peer`` is set), a wait or a note on one lifeline."""

    t_us: int
    since_us: int
    who: str
    peer: str
    label: str
    look: Look
    until_us: int = -1
    dashed: bool = False


class _Letters(NamedTuple):
    """A label: its left end, its height, how that is meant, its width in columns, its text and colour."""

    left: float
    y: float
    va: str
    width: float
    text: str
    colour: str

    def box(self, line: float) -> Box:
        """Where it stands by itself, in lines of that height."""
        return Box(self.left, self.left + self.width, self.y - (line / 2 if self.va == "bottom" else 0))


def _heights(marks: Sequence[Row], scale: Scale) -> list[float]:
    """Where each row stands, in rows from the first; a wait takes more room than a contact."""
    if scale == "rank":
        return list(accumulate([0.0, *(1.6 if mark.until_us >= 0 else 1.0 for mark in marks[:-1])]))[: len(marks)]
    whole = max(marks[-1].since_us - marks[0].since_us, 1) if marks else 1
    return [(mark.since_us - marks[0].since_us) / whole * max(len(marks) - 1, 1) for mark in marks]


def height_in(marks: Sequence[Row], title: str, *, scale: Scale, style: str) -> float:
    """Height in inches of a sheet on which no row is closer to the next than its letters need."""
    from mailsim.plots.picture import headline

    size, pad = SIZES[style], PADS_IN[style]
    with rc_context(settings(style)):
        lines = 1 + headline(title, (size.width - 2 * pad) * 72, style=style).count("\n")
    rows = (_heights(marks, scale) or [0.0])[-1] + _ABOVE[scale] + _BELOW
    letters = size.font * (1.2 * 1.3 * lines + 0.8 + 1.2 * 0.75)  # title, its distance, caption
    return rows * _ROW_IN[style] + letters / 72 + 3 * pad


class Paper:
    """Where things are: lifelines at whole numbers of x, rows downward.

    Parameters
    ----------
    ax : Axes
        Where to draw.
    marks : sequence of Row
        The rows in order of time.
    names : sequence of str
        The lifelines from left to right.
    scale : {"rank", "time"}
        Rows of the same height, or true to time.
    style : {"print", "slide"}
        For a page or a wall.
    """

    def __init__(self, ax: Axes, marks: Sequence[Row], names: Sequence[str], *, scale: Scale, style: str) -> None:
        self.ax, self.marks, self.names, self.font = ax, marks, list(names), SIZES[style].font * 0.85
        self.x = {name: k for k, name in enumerate(self.names)}
        self.y = _heights(marks, scale)
        self.scale = scale
        self.above = _ABOVE[scale]
        self.line = 1.2 * 0.92 * self.font / 72 / _ROW_IN[style]  # rows that a line of letters takes
        self.fast: list[Box] = []  # letters that stand where they are
        self.bottom = (self.y[-1] if marks else 0) + 0.9
        ax.set_axis_off()
        whole = room_pt(ax, style=style)
        times = max((width_pt(f"+{rough(mark.since_us)}", self.font * 0.85) for mark in marks), default=0.0) + 1.2 * self.font
        column = (whole - times) / max(len(self.names) - 0.45, 1)
        self.left, self.right = -times / column, max(len(self.names) - 0.45, 1)
        self.column_pt = column
        ax.set_xlim(self.left, self.right)
        ax.set_ylim(self.bottom + _BELOW - 0.9, -self.above)

    def lifelines(self) -> None:
        """Names in boxes and a line below each."""
        size = self.font * 1.1
        widest = max((width_pt(printable(name), size, bold=True) for name in self.names), default=1.0)
        size *= min(1.0, 0.92 * self.column_pt / (widest + 0.7 * size))
        for name, x in self.x.items():
            self.ax.plot([x, x], [0.9 - self.above, self.bottom], color=COLOURS["down"], linewidth=1, zorder=1)
            box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": COLOURS["ink"]}
            self.ax.text(x, 0.5 - self.above, printable(name), ha="center", va="center", fontsize=size, fontweight="bold", bbox=box)

    def _at(self, t_us: int) -> float:
        """The height of an instant: between the rows around it."""
        times = [mark.t_us for mark in self.marks]
        if not times or t_us <= times[0]:
            return -0.45
        for k in range(1, len(times)):
            if t_us <= times[k]:
                part = (t_us - times[k - 1]) / max(times[k] - times[k - 1], 1)
                return self.y[k - 1] + part * (self.y[k] - self.y[k - 1])
        return self.bottom

    def outages(self, story: Story) -> None:
        """A hatched box where a lifeline was down."""
        from matplotlib.patches import Rectangle

        for span in story.conditions:
            if span.node not in self.x or not self.marks:
                continue
            low, high, x = self._at(span.start_us), self._at(span.end_us), self.x[span.node]
            how = span.how.partition(" ")[0] if span.how[:1].isdigit() else phrased("faults", span.how)
            dns = span.target.startswith("dns ")
            words = say("sequence.dns_how", name=span.target[4:], how=how) if dns else printable(how)
            grey: dict[str, Any] = {"facecolor": "#F2F2F2", "edgecolor": "#B5B5B5", "hatch": "////", "linewidth": 0.6}
            self.ax.add_patch(Rectangle((x - 0.17, low), 0.34, high - low, zorder=1.2, **grey))
            small = self.font * 0.85
            self.ax.text(x, low + 0.08, words, ha="center", va="top", fontsize=small, color=COLOURS["quiet"], bbox=_PAPER, zorder=6)
            wide = width_pt(words, small) / self.column_pt / 2
            self.fast.append(Box(x - wide, x + wide, low + 0.33))

    def rows(self) -> None:
        """Arrows, waits and notes, each with its time at the left."""
        small = self.font * 0.85
        last, told = -9.0, ""
        letters: list[_Letters] = []
        for k, mark in enumerate(self.marks):
            y = self.y[k]
            letters.append(self._arrow(mark, y) if mark.peer and mark.peer != mark.who else self._note(mark, y, k))
            if y - last >= 0.6:
                since = f"+{rough(mark.since_us)}"
                self.ax.text(self.left, y, since if since != told else "", ha="left", va="center", fontsize=small, color=COLOURS["quiet"])
                last, told = y, since
        if self.scale == "rank":
            for one in letters:
                self._write(one)
            return
        boxes = [one.box(self.line) for one in letters]
        places = spread(boxes, low=-0.13 - self.line / 2, high=self.bottom - self.line, step=self.line, most=_LINES, taken=self.fast)
        for one, middle in zip(letters, places, strict=True):
            if middle is not None:
                self._write(one._replace(y=middle, va="center"))

    def _arrow(self, mark: Row, y: float) -> _Letters:
        start, end = self.x[mark.who], self.x[mark.peer]
        way = 1 if end > start else -1
        taken = mark.look.marker == "o"
        tip = end - way * (0.0 if taken and not mark.dashed else 0.08)
        self.ax.annotate(
            "",
            (tip, y),
            (start, y),
            arrowprops={
                "arrowstyle": "->" if mark.dashed else "-|>" if taken else "-",
                "color": mark.look.colour,
                "linewidth": self.font * 0.17,
                "linestyle": (0, (4, 2.5)) if mark.dashed else "-",
                "shrinkA": 0,
                "shrinkB": 0,
            },
            zorder=3,
        )
        if not taken:
            self.ax.plot(
                [tip], [y], marker=mark.look.marker, color=mark.look.colour, markersize=self.font * 0.85, markeredgewidth=2, zorder=4
            )
        wide = width_pt(mark.label, self.font * 0.92) / self.column_pt > abs(end - start) - 0.06
        x = start + way * 0.06 if wide else (start + end) / 2  # a label longer than its arrow begins where the arrow does
        return self._letters(x, y - 0.13, mark.label, ("left" if way > 0 else "right") if wide else "center", "bottom", mark.look.colour)

    def _note(self, mark: Row, y: float, k: int) -> _Letters:
        x = self.x[mark.who]
        if mark.until_us >= 0:
            following = next((self.y[j] for j in range(k + 1, len(self.marks)) if self.marks[j].who == mark.who), y + 0.8)
            self.ax.plot([x, x], [y, following], color=mark.look.colour, linewidth=self.font * 0.55, alpha=0.85, zorder=2.5)
        elif mark.look.marker not in ("", "|"):
            self.ax.plot([x], [y], marker=mark.look.marker, color=mark.look.colour, markersize=self.font * 0.9, zorder=4)
        last = x >= len(self.names) - 1 > 0
        right = last or x + 0.12 + width_pt(mark.label, self.font * 0.92) / self.column_pt > self.right
        crossed = self.scale == "time" and mark.until_us < 0  # true to time an arrow may start at the same height
        middle, va = (y - 0.13, "bottom") if crossed else (y + 0.5 if mark.until_us >= 0 else y, "center")
        return self._letters(x + (-0.12 if right else 0.12), middle, mark.label, "right" if right else "left", va, COLOURS["ink"])

    def _letters(self, x: float, y: float, text: str, ha: str, va: str, colour: str) -> _Letters:
        """A label, moved sideways as far as it takes to stay on the sheet."""
        width = width_pt(text, self.font * 0.92) / self.column_pt
        start = x - {"left": 0.0, "center": 0.5, "right": 1.0}[ha] * width
        return _Letters(max(self.left, min(start, self.right - width)), y, va, width, text, colour)

    def _write(self, label: _Letters) -> None:
        """Letters on white."""
        size, colour = self.font * 0.92, LETTERS.get(label.colour, label.colour)
        self.ax.text(label.left, label.y, label.text, ha="left", va=label.va, fontsize=size, color=colour, bbox=_PAPER, zorder=5)

    def time_bar(self, story: Story) -> None:
        """A stacked bar of where the time went, with the largest parts (three, or as many as there is room for) in words."""
        total: dict[str, int] = {}
        for stretch in story.stretches:
            total[stretch.kind] = total.get(stretch.kind, 0) + stretch.end_us - stretch.start_us
        whole = sum(total.values())
        if not whole:
            return
        left, width = self.left, self.right - self.left
        low = self.bottom + 0.75
        for kind, (colour, hatch) in _PARTS.items():
            share = total.get(kind, 0) / whole
            self.ax.barh(low, share * width, 0.5, left=left, color=colour, hatch=hatch, edgecolor="white", linewidth=0.5, zorder=3)
            if share > 0.22:
                self._write(self._letters(left + share * width / 2, low, say(f"stories.time_{kind}"), "center", "center", COLOURS["ink"]))
            left += share * width
        parts, size = [" ".join(part.split()) for part in story.time_spent()[:3]], self.font * 0.9
        while len(parts) > 1 and width_pt(" · ".join(parts), size) > width * self.column_pt:
            parts.pop()
        self.ax.text(self.left, low + 0.5, " · ".join(parts), ha="left", va="top", fontsize=size, color=COLOURS["ink"])
