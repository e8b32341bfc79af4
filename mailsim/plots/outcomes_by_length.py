"""What became of the mail sent during an outage: one bar for each length of it, with the senders' queue lifetimes marked between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from mailsim.language import listed, printable, say, speaking
from mailsim.plots.lettering import room_pt, wrapped
from mailsim.plots.outcomes import outcome_parts
from mailsim.plots.stacks import PAPER, Row, draw_stacks
from mailsim.plots.style import COLOURS, SHARE_TICKS, SIZES, Style
from mailsim.plots.timeaxis import Window, duration_text, window_s
from mailsim.results.outcomes import OUTCOMES
from mailsim.results.summary import percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["describe_outcomes_by_length", "outcomes_by_length"]

#: how high a bar with what is written around it is, in heights of a picture on a page; and what stands above and below all bars
_ROW, _REST = 0.15, 0.38

#: how far below the middle between two rows a mark lies, since more is written below a bar than above it
_DOWN = 0.06

#: room above and below all bars in rows: at an edge without a mark, and at one with a mark
_EDGE, _MARKED_EDGE = 0.12, 0.32


class _Bar(NamedTuple):
    """One bar: layout, length of the outage, and mails by outcome."""

    layout: str
    length_s: float
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def returned(self) -> float:
        return self.counts.get("bounced", 0) / self.total


def outcomes_by_length(
    table: pd.DataFrame,
    *,
    lifetimes: Mapping[str, float] | None = None,
    ax: Axes | None = None,
    style: Style = "print",
    window: Window = None,
    caption: str = "",
    language: str | None = None,
) -> Axes:
    """Draw what became of the mail against the length of the outage.

    An outage that is no longer than a program keeps mail can't make it give up: its mark stands below the last such bar.

    Parameters
    ----------
    table : DataFrame
        One row per layout, length and outcome with the columns ``layout, length_s, outcome, messages``, as of
        :attr:`mailsim.study.Study.outcomes`; outcomes as in :data:`mailsim.results.outcomes.OUTCOMES`.
    lifetimes : mapping, optional
        Who keeps mail how long, in seconds.
    ax : Axes, optional
        Where to draw; by default on a new figure.
    style : str
        ``print`` or ``slide``.
    window : pair, optional
        Lengths from and to, such as ``("1d", "7d")``.
    caption : str
        Versions, scenarios and seed, for the line below.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.

    Raises
    ------
    UnknownNameError
        There is no such language.
    """
    from mailsim.plots.picture import drawing, finish

    bars, kept = _bars(table, window), dict(lifetimes or {})
    height = _REST + _ROW * max(len(bars), 2) if style == "print" else 1.0
    with speaking(language), drawing(ax, style=style, height=height) as axes:
        axes.set_xlim(0, 1)
        axes.set_xticks(*SHARE_TICKS)
        axes.set_xlabel(say("outcomes_by_length.axis_share"))
        draw_stacks(axes, [_row(bar, bars) for bar in bars], outcome_parts(), style=style)
        axes.set_ylabel(say("outcomes_by_length.axis_length"))
        marks = _marks(bars, kept)
        for place, text in marks:
            _mark(axes, place - 0.5 + _DOWN, text, style)
        if len(bars) > 1:
            above, below = (_MARKED_EDGE if edge in dict(marks) else _EDGE for edge in (0, len(bars)))
            axes.set_ylim(len(bars) - 0.5 + below, -0.5 - above)
        return finish(axes, title=_title(bars), description=_described(bars, kept), caption=caption or _sample(bars), style=style)


def _bars(table: pd.DataFrame, window: Window) -> list[_Bar]:
    """The bars from the shortest outage to the longest, layouts of one length in the order of the table."""
    low, high = window_s(window, 0, float("inf"))
    counts: dict[tuple[float, str], dict[str, int]] = {}
    for layout, length, outcome, count in zip(table["layout"], table["length_s"], table["outcome"], table["messages"], strict=True):
        if low <= length <= high:
            counts.setdefault((float(length), printable(str(layout))), {})[str(outcome)] = int(count)
    lengths = sorted({length for length, _ in counts})
    layouts = list(dict.fromkeys(layout for _, layout in counts))
    found = [_Bar(layout, length, counts[length, layout]) for length in lengths for layout in layouts if (length, layout) in counts]
    return [bar for bar in found if bar.total]


def _name(bar: _Bar, bars: list[_Bar], between: str = "\n") -> str:
    """The length, and the layout where there are several."""
    length = duration_text(bar.length_s)
    return length if len({one.layout for one in bars}) == 1 else f"{length}{between}{bar.layout}"


def _row(bar: _Bar, bars: list[_Bar]) -> Row:
    shares = {key: bar.counts[key] / bar.total for key in OUTCOMES if bar.counts.get(key)}
    return Row(_name(bar, bars), "", shares, {key: percent(share) for key, share in shares.items()})


def _marks(bars: list[_Bar], lifetimes: Mapping[str, float]) -> list[tuple[int, str]]:
    """Above which row each lifetime lies, with what to say there; those at one place share a line.

    A lifetime below which there is no bar is marked above all bars, one above which there is none below them.
    """
    found: dict[int, list[str]] = {}
    for who, lifetime_s in sorted(lifetimes.items(), key=lambda one: (one[1], one[0])):
        text = say("outcomes_by_length.gives_up", who=who, lifetime=duration_text(lifetime_s))
        found.setdefault(sum(bar.length_s <= lifetime_s for bar in bars), []).append(text)
    return [(place, ", ".join(texts)) for place, texts in found.items()]


def _mark(ax: Axes, y: float, text: str, style: str) -> None:
    """A dashed line between two bars with a word at its right end."""
    ax.axhline(y, color=COLOURS["ink"], linestyle=(0, (5, 3)), linewidth=SIZES[style].line, zorder=3)
    size = SIZES[style].font * 0.85
    ax.annotate(
        wrapped(text, room_pt(ax, style=style) * 0.9, size, bold=True),
        (1, y),
        xycoords=("axes fraction", "data"),
        ha="right",
        va="center",
        fontsize=size,
        fontweight="bold",
        color=COLOURS["ink"],
        bbox={**PAPER, "alpha": 1.0},
        zorder=5,
    )


def _sample(bars: list[_Bar]) -> str:
    """How many mails a bar stands for, for the caption."""
    return say("outcomes_by_length.sample", messages=" / ".join(map(str, sorted({bar.total for bar in bars})[:3]))) if bars else ""


def _title(bars: list[_Bar]) -> str:
    """Up to which length nothing came back, and how much at the longest; for each layout where there are several."""
    if not bars:
        return say("outcomes_by_length.empty")
    layouts = list(dict.fromkeys(bar.layout for bar in bars))
    if len(layouts) < len(bars):
        told = [_sentence(layout, [bar for bar in bars if bar.layout == layout], len(layouts) > 1) for layout in layouts]
        return told[0] if len(told) == 1 else "; ".join(told) + "."
    shares = [percent(bar.returned) for bar in bars]
    if len(bars) > 1:
        shares = [say("outcomes_by_length.one_layout", share=percent(bar.returned), layout=bar.layout) for bar in bars]
    return say("outcomes_by_length.one", longest=duration_text(bars[-1].length_s), shares=listed(shares))


def _sentence(layout: str, bars: list[_Bar], named: bool) -> str:
    """What a layout's bars say, with its name where there are several."""
    first = next((k for k, bar in enumerate(bars) if bar.returned), len(bars))
    key = "none" if first == len(bars) else "from" if first else "all"
    return say(
        f"outcomes_by_length.{'layout_' if named else ''}{key}",
        layout=layout,
        quiet=duration_text(bars[max(first - 1, 0)].length_s),
        longest=duration_text(bars[-1].length_s),
        share=percent(bars[-1].returned),
    )


def describe_outcomes_by_length(table: pd.DataFrame, *, lifetimes: Mapping[str, float] | None = None, language: str | None = None) -> str:
    """The picture in words: its title, every bar and every mark."""
    with speaking(language):
        return _described(_bars(table, None), dict(lifetimes or {}))


def _described(bars: list[_Bar], lifetimes: Mapping[str, float]) -> str:
    parts = outcome_parts()
    told = [say("outcomes_by_length.described"), _title(bars)]
    for bar in bars:
        row = _row(bar, bars)
        each = ", ".join(f"{parts[key].word} {text} ({bar.counts[key]})" for key, text in row.texts.items())
        told.append(f"{_name(bar, bars, ', ')}: {each}.")
    return " ".join([*told, *(f"{text}." for _, text in _marks(bars, lifetimes))])
