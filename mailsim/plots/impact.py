"""The outage study as a picture: of the mail sent while the target was down, how much came back and how late the rest was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from mailsim.errors import UnsupportedError
from mailsim.language import say, speaking
from mailsim.plots.style import COLOURS, LETTERS, LINE_STYLES, SIZES, Style
from mailsim.plots.timeaxis import Window, ages_s, duration_axis, duration_text, duration_ticks
from mailsim.results.summary import percent

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Quantity", "describe_impact", "impact"]

#: what an axis can show: the share that came back, the share not there after an hour, or the delay
Quantity = Literal["bounced", "late", "delay"]

_COLUMN: dict[str, str] = {"bounced": "bounced_share", "late": "late_1h_share", "delay": "delay_p50_s"}
_COLOURS: tuple[str, ...] = ("bounced", "strong", "delivered", "dns", "deferred", "ink")
_MARKERS: tuple[str, ...] = ("o", "s", "^", "D", "v", "P")

Floats = npt.NDArray[np.float64]


class _Line(NamedTuple):
    """One layout: outage lengths, mean (or median) over runs, and the band that holds 95 % of the runs."""

    layout: str
    length_s: Floats
    middle: Floats
    low: Floats
    high: Floats


def impact(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    style: Style = "print",
    window: Window = None,
    of: Quantity | None = None,
    caption: str = "",
    language: str | None = None,
) -> Axes:
    """Draw a study: one line per layout against the length of the outage, with a band over the runs.

    Parameters
    ----------
    table : DataFrame
        One row per layout, length and run, with the columns ``layout, length_s, run, bounced_share, late_1h_share,
        delay_p50_s, delay_p95_s, censored_share``; a delay is missing where that share never arrived.
    ax : Axes, optional
        Where to draw one quantity; by default a new figure with two: what came back, above the delay.
    style : str
        ``print`` or ``slide``.
    window : pair, optional
        Lengths from and to, such as ``("1h", "5d")``; the title is about these too.
    of : str, optional
        ``bounced``, ``late`` or ``delay``: draw only that.
    caption : str
        Versions, scenarios and seed, for the line below.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.

    Raises
    ------
    UnsupportedError
        The window holds none of the lengths studied.
    """
    from mailsim.plots.picture import drawing, finish, second_axes

    first: Quantity = of or "bounced"
    two = ax is None and of is None
    with speaking(language), drawing(ax, style=style, height=1.35 if two and style == "print" else 1.0) as axes:
        shown = _within(table, window)
        _panel(axes, table, first, style=style, window=window, legend=True)
        lowest = axes
        if two:
            lowest = second_axes(axes)
            _panel(lowest, table, "delay", style=style, window=window, legend=False)
            axes.tick_params(axis="x", labelbottom=False)
            axes.figure.align_ylabels([axes, lowest])
        lowest.set_xlabel(say("impact.axis_length"))
        sample = say("impact.sample", count=max(1, int(table["run"].nunique()) if len(table) else 0))
        text = " · ".join(part for part in (caption, sample, _unknown(shown)) if part)
        title = _title(shown) if first == "bounced" else _title_of(shown, first)
        return finish(axes, title=title, description=_described(shown), caption=text, style=style)


def _within(table: pd.DataFrame, window: Window) -> pd.DataFrame:
    """The rows whose length of outage is shown."""
    if window is None or not len(table):
        return table
    low, high = ages_s(window, 1, 1)
    shown = table[(table["length_s"] >= low) & (table["length_s"] <= high)]
    if not len(shown):
        ends = (duration_text(float(end)) for end in (table["length_s"].min(), table["length_s"].max()))
        raise UnsupportedError(f"the window {window!r} holds none of the lengths studied: they go from {' to '.join(ends)}")
    return shown


def _lines(table: pd.DataFrame, column: str) -> list[_Line]:
    """The lines of a column, layouts in the order of the table.  A missing delay counts as endless in the median and band."""
    found = []
    for layout in dict.fromkeys(table["layout"].astype(str)):
        rows = table[table["layout"].astype(str) == layout]
        lengths = np.unique(rows["length_s"].to_numpy(dtype=float))
        cells = [rows.loc[rows["length_s"] == length, column].to_numpy(dtype=float) for length in lengths]
        if column.endswith("_s"):
            cells = [np.where(np.isnan(cell), np.inf, cell) for cell in cells]
            middle = np.array([_quantile(cell, 0.5) for cell in cells])
        else:
            middle = np.array([float(np.mean(cell)) for cell in cells])
        low, high = (np.array([_quantile(cell, p) for cell in cells]) for p in (0.025, 0.975))
        found.append(_Line(layout, lengths, middle, low, high))
    return found


def _quantile(values: Floats, p: float) -> float:
    """A quantile that is one of the values (so that endless ones do no harm)."""
    return float(np.quantile(values, p, method="inverted_cdf"))


def _panel(ax: Axes, table: pd.DataFrame, of: Quantity, *, style: str, window: Window, legend: bool) -> None:
    lines = _lines(table, _COLUMN[of])
    lengths = table["length_s"].to_numpy(dtype=float) if len(table) else np.array([60.0, 86_400.0])
    low, high = ages_s(window, float(lengths.min()) / 1.25, float(lengths.max()) * 1.25)
    duration_axis(ax, low, high)
    _length_ticks(ax, lengths, low, high)
    ax.grid(axis="y", color=COLOURS["faint"], linewidth=0.8)
    top = 0.0
    for k, line in enumerate(lines):
        colour, dashes = COLOURS[_COLOURS[k % len(_COLOURS)]], LINE_STYLES[k % len(LINE_STYLES)]
        known = np.where(np.isfinite(line.middle), line.middle, np.nan)
        ceiling = np.nanmax(np.append(known, 0.0)) * 4
        ax.fill_between(
            line.length_s, line.low, np.where(np.isfinite(line.high), line.high, ceiling), color=colour, alpha=0.18, linewidth=0
        )
        ax.plot(
            line.length_s,
            known,
            color=colour,
            linestyle=dashes,
            marker=_MARKERS[k % len(_MARKERS)],
            markersize=SIZES[style].line * 3,
            label=line.layout,
            zorder=3,
        )
        top = max(top, float(np.nanmax(np.append(np.where(np.isfinite(line.high), line.high, np.nan), 0.0))))
    ax.set_ylabel(say(f"impact.axis_{of}"))
    if of == "delay":
        _delay_ticks(ax, lines)
        _never_marks(ax, lines, style)
    else:
        ax.set_ylim(-0.02 * max(top, 0.05), max(top * 1.15, 0.05))
        ax.locator_params(axis="y", nbins=5)
        ax.yaxis.set_major_formatter(lambda value, _: percent(value) if value > 0 else "0 %")
    if legend and lines:
        ax.legend(loc="upper left")


def _length_ticks(ax: Axes, lengths: Floats, low: float, high: float) -> None:
    """Ticks at the lengths that were studied, where there is room for them."""
    chosen: list[float] = []
    for length in np.unique(lengths[(lengths >= low) & (lengths <= high)]).tolist():
        if not chosen or np.log10(length / chosen[-1]) > np.log10(high / low) / 26:
            chosen.append(length)
    ax.set_xticks(chosen, [duration_text(length) for length in chosen])
    ax.set_xticks([], minor=True)


def _delay_ticks(ax: Axes, lines: list[_Line]) -> None:
    """A logarithmic y axis with human ticks."""
    values = np.concatenate([line.middle[np.isfinite(line.middle) & (line.middle > 0)] for line in lines]) if lines else np.zeros(0)
    low, high = (float(values.min()) / 2, float(values.max()) * 3) if len(values) else (1.0, 86_400.0)
    ax.set_yscale("log")
    ax.set_ylim(low, high)
    ticks = duration_ticks(low, high, most=7)
    ax.set_yticks([value for value, _ in ticks], [text for _, text in ticks])
    ax.set_yticks([], minor=True)


def _never_marks(ax: Axes, lines: list[_Line], style: str) -> None:
    """Where half of the mail never arrives there is no point: say so at the upper edge."""
    left, right = ax.get_xlim()
    height = 0.97
    for k, line in enumerate(lines):
        where = line.length_s[~np.isfinite(line.middle)]
        if len(where):
            early = np.log(where[0] / left) < 0.3 * np.log(right / left)  # there is no room for letters left of the mark
            colour = COLOURS[_COLOURS[k % len(_COLOURS)]]
            ax.plot(
                where,
                np.full(len(where), height),
                transform=ax.get_xaxis_transform(),
                linestyle="none",
                color=colour,
                marker=_MARKERS[k % len(_MARKERS)],
                markerfacecolor="white",
                markersize=SIZES[style].line * 3,
                zorder=4,
            )
            ax.annotate(
                say("impact.half_never"),
                (where[-1] if early else where[0], height),
                xycoords=("data", "axes fraction"),
                xytext=(8 if early else -8, 0),
                textcoords="offset points",
                ha="left" if early else "right",
                va="center",
                fontsize="small",
                color=LETTERS.get(colour, colour),
            )
            height -= 0.1


def _title(table: pd.DataFrame) -> str:
    """What the study says, in a sentence: which layout saves how much of the mail."""
    lines = _lines(table, "bounced_share") if len(table) else []
    if not lines:
        return say("impact.empty")
    if len(lines) == 1:
        worst = int(np.argmax(lines[0].middle))
        facts = {"share": percent(float(lines[0].middle[worst])), "length": duration_text(lines[0].length_s[worst])}
        return say("impact.title_lone", **facts)
    base, other, saved = _largest_difference(table, lines)
    if saved is None or max(abs(cell.mean()) for cell in saved.values()) < 0.01:
        return say("impact.title_alike", other=_capital(other), base=base)
    length = max(saved, key=lambda one: abs(saved[one].mean()))
    quiet = [one for one in saved if all(abs(saved[step].mean()) < 0.01 for step in saved if step <= one)]
    cell = saved[length] * 100
    more = cell if cell.mean() > 0 else -cell  # a run that goes the other way is below zero
    low, high = (round(float(np.quantile(more, p, method="inverted_cdf"))) for p in (0.025, 0.975))
    wide = len(cell) > 1 and low != high
    return say(
        f"impact.title_{'saves' if cell.mean() > 0 else 'costs'}{'_later' if quiet else ''}",
        other=other if quiet else _capital(other),
        length=duration_text(length),
        quiet=duration_text(max(quiet, default=0.0)),
        # not called count, since a sentence about one mail is about many
        number=f"{abs(cell.mean()):.0f}",
        spread=say("impact.spread" if low >= 0 else "impact.spread_both_ways", low=f"{low}".replace("-", "−"), high=high) if wide else "",
    )


def _title_of(table: pd.DataFrame, of: Quantity) -> str:
    """The sentence about lateness or delay: each layout at the length at which they differ most, else at the longest."""
    lines = _lines(table, _COLUMN[of]) if len(table) else []
    if not lines:
        return say("impact.empty")
    lengths = sorted(set.intersection(*({float(length) for length in line.length_s} for line in lines))) or [float(lines[0].length_s[-1])]
    at = {length: [float(line.middle[np.searchsorted(line.length_s, length)]) for line in lines] for length in lengths}
    if of == "late":
        chosen = max(lengths, key=lambda length: (max(at[length]) - min(at[length]), length))
        told = [percent(share) for share in at[chosen]]
    else:
        chosen = max((length for length in lengths if np.isfinite(at[length]).any()), default=lengths[-1])
        told = [duration_text(delay) if np.isfinite(delay) else say("impact.never") for delay in at[chosen]]
    figures = ", ".join(say("impact.with", figure=figure, layout=line.layout) for figure, line in zip(told, lines, strict=True))
    return say(f"impact.title_{of}", length=duration_text(chosen), figures=figures)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _largest_difference(table: pd.DataFrame, lines: list[_Line]) -> tuple[str, str, dict[float, Floats] | None]:
    """The first layout, the one that differs most from it, and by length the paired differences (first minus other)."""
    wide: Any = table.assign(layout=table["layout"].astype(str)).pivot_table(
        index=["length_s", "run"], columns="layout", values="bounced_share", observed=True
    )
    base = lines[0].layout
    best: tuple[str, dict[float, Floats] | None, float] = (lines[1].layout, None, -1.0)
    for line in lines[1:]:
        gap = (wide[base] - wide[line.layout]).dropna()
        cells = {float(length): part.to_numpy() for length, part in gap.groupby(level="length_s")}
        size = max((abs(cell.mean()) for cell in cells.values()), default=-1.0)
        if size > best[2]:
            best = (line.layout, cells, size)
    return base, best[0], best[1]


def describe_impact(table: pd.DataFrame, *, language: str | None = None) -> str:
    """The study in words."""
    with speaking(language):
        return _described(table)


def _described(table: pd.DataFrame) -> str:
    parts = [say("impact.described"), _title(table)]
    for line in _lines(table, "bounced_share") if len(table) else []:
        points = [
            say("impact.described_point", share=percent(float(share)), length=duration_text(length))
            for length, share in zip(line.length_s, line.middle, strict=True)
        ]
        parts.append(say("impact.described_line", layout=_capital(line.layout), figures=", ".join(points)))
    censored = float(table["censored_share"].max()) if len(table) else 0.0
    if censored > 0:
        parts.append(say("impact.described_censored", share=percent(censored)))
    unknown = _unknown(table)
    return " ".join([*parts, *([_capital(unknown) + "."] if unknown else [])])


def _unknown(table: pd.DataFrame) -> str:
    """How much of the mail has a fate that nobody knows, in words; empty for none."""
    share = float(table["unknown_share"].max()) if len(table) and "unknown_share" in table else 0.0
    return say("impact.unknown", share=percent(share)) if share > 0 else ""
