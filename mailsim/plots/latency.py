"""How long mail takes: the share that is in the mailbox, and read, within a time after sending; what is open is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mailsim.language import begun, say, speaking
from mailsim.plots.lettering import legend_below
from mailsim.plots.style import COLOURS, LETTERS, LINE_STYLES, SHARE_TICKS, SIZES, Style
from mailsim.plots.timeaxis import Window, ages_s, duration_axis, duration_text
from mailsim.results.metrics import ArrivalCurve, Cohort, arrival_curve, cohorts, shares
from mailsim.results.summary import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mailsim.results import Result

__all__ = ["describe_latency", "latency"]


class _Line(NamedTuple):
    """One curve with its words and looks."""

    curve: ArrivalCurve
    cohort: str
    to: str
    words: str
    colour: str
    dashes: object


def latency(result: Result, *, ax: Axes | None = None, style: Style = "print", window: Window = None, language: str | None = None) -> Axes:
    """Draw the share that has arrived within a time after sending, on a logarithmic axis.

    Mail sent while a fault was active stands beside all mail; time to the mailbox beside time to the reader.  Returned
    mail never arrives, so a curve that stops below 100 % shows it; what is still under way is said at the right edge,
    and the row below tells how many mails were under way and watched at each time.

    Parameters
    ----------
    result : Result
        A run.
    ax : Axes, optional
        Where to draw; by default on a new figure.
    style : str
        ``print`` or ``slide``.
    window : pair, optional
        Durations from and to, such as ``("1s", "2d")``.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.
    """
    from mailsim.plots.picture import caption_of, drawing, finish

    with speaking(language), drawing(ax, style=style) as axes:
        lines = _lines(result)
        low, high = ages_s(window, *_range(lines))
        duration_axis(axes, low, high, most=9)
        axes.set_ylim(-0.02, 1.04)
        axes.set_yticks(*SHARE_TICKS)
        axes.grid(axis="y", color=COLOURS["faint"], linewidth=0.8)
        for line in lines:
            _draw(axes, line, low, high, style)
        _write_gaps(axes, lines, high)
        axes.set_ylabel(say("latency.axis_share"))
        _at_risk_row(axes, lines, style)
        legend_below(axes, [entry for entry in axes.get_lines() if not str(entry.get_label()).startswith("_")], style=style)
        return finish(axes, title=_title(result), description=_described(result), caption=caption_of(result), style=style)


def _lines(result: Result) -> list[_Line]:
    """Two curves for each cohort: to the mailbox and to the reader; the reader's only where somebody reads."""
    found: list[_Line] = []
    for number, cohort in enumerate(cohorts(result.log)):
        if number and found and cohort.mask.sum() == found[0].curve.total:
            break  # every mail was sent during the fault: the second pair of curves would hide the first
        chosen = cohort.key == "during_faults"
        colour = COLOURS["deferred"] if chosen else COLOURS["delivered"]
        for to, dashes in (("stored", LINE_STYLES[0]), ("read", LINE_STYLES[2])):
            curve = arrival_curve(result.log, cohort.mask, to=to)  # type: ignore[arg-type]
            if curve.total and (to == "stored" or curve.max_us is not None):
                words = say(f"latency.curve_{to}", who=cohort.words, count=curve.total)
                found.append(_Line(curve, cohort.key, to, words, colour, dashes))
    return found


def _range(lines: list[_Line]) -> tuple[float, float]:
    """The stretch of durations worth showing: from just below the first arrival to just beyond the last end."""
    first = [int(line.curve.t_us[0]) for line in lines if len(line.curve.t_us)]
    last = [line.curve.last_us for line in lines]
    low, high = min(first, default=1_000_000) / 1e6, max(last, default=1_000_000) / 1e6
    return max(low * 0.6, 1e-4), max(high * 1.6, low * 10)


def _draw(ax: Axes, line: _Line, low: float, high: float, style: str) -> None:
    """The steps of a curve, as far as they are known, and its end in words."""
    curve = line.curve
    until = high if curve.known_until_us < 0 else max(curve.known_until_us / 1e6, low)
    t_s = np.concatenate(([low], curve.t_us / 1e6, [max(until, float(curve.t_us[-1] / 1e6) if len(curve.t_us) else low)]))
    share = np.concatenate(([0.0], curve.share, [curve.share[-1] if len(curve.share) else 0.0]))
    ax.step(t_s, share, where="post", color=line.colour, linestyle=line.dashes, label=line.words, zorder=3)
    if curve.censored and curve.known_until_us >= 0 and until < high:
        ax.plot([until], [share[-1]], marker="|", markersize=SIZES[style].line * 6, color=line.colour, zorder=3)


def _write_gaps(ax: Axes, lines: list[_Line], high: float) -> None:
    """At the right edge: what keeps each curve to the mailbox below 100 %, one above the other where they are near."""
    lowest = 0.0
    ends = [(float(line.curve.share[-1]) if len(line.curve.share) else 0.0, line) for line in lines if line.to == "stored"]
    for share, line in sorted(ends, key=lambda pair: pair[0]):
        if share < 1 - 1e-9:
            lowest = max(share + 0.015, lowest)
            ax.text(high, lowest, _gap_words(line.curve), ha="right", va="bottom", color=LETTERS[line.colour], fontsize="small", zorder=5)
            lowest += 0.06


def _gap_words(curve: ArrivalCurve) -> str:
    """What keeps a curve below 100 %."""
    under_way = curve.censored - curve.unknown
    parts = {"never": curve.never, "under_way": under_way, "unknown": curve.unknown}
    return ", ".join(say(f"latency.gap_{key}", share=percent(count / curve.total)) for key, count in parts.items() if count)


def _at_risk_row(ax: Axes, lines: list[_Line], style: str) -> None:
    """Below the axis: how many mails were still under way and watched, at each tick, for each curve to the mailbox."""
    shown = [line for line in lines if line.to == "stored"]
    size = SIZES[style].font * 0.85
    ticks = [float(tick) for tick in ax.get_xticks()]
    for k, line in enumerate(shown):
        drop = -8 - (1.55 + 1.25 * k) * SIZES[style].font
        ax.annotate(
            say("latency.at_risk" if len(shown) == 1 else f"latency.at_risk_{line.cohort}"),
            (0, 0),
            xycoords="axes fraction",
            xytext=(-6, drop),
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=size,
            color=LETTERS[line.colour],
        )
        for tick in ticks:
            ax.annotate(
                str(line.curve.at_risk_after(round(tick * 1e6))),
                (tick, 0),
                xycoords=("data", "axes fraction"),
                xytext=(0, drop),
                textcoords="offset points",
                ha="center",
                va="top",
                fontsize=size,
                color=COLOURS["quiet"],
            )


def _ends(result: Result, cohort: Cohort) -> str:
    """What keeps the curve below 100 %, in words; empty where nothing does."""
    found = shares(result.log, cohort.mask)
    parts = {
        "returned": found.bounced,
        "rejected": found.rejected,
        "lost": found.lost,
        "discarded": found.discarded,
        "under_way": found.censored,
        "unknown": found.unknown,
    }
    told = [say(f"latency.end_{key}", share=percent(share)) for key, share in parts.items() if share]
    return "; " + ", ".join(told) if told else ""


def _title(result: Result) -> str:
    cohort = cohorts(result.log)[0]
    curve = arrival_curve(result.log, cohort.mask)
    if not curve.total:
        return say("latency.nobody")
    half, most = curve.quantile_us(0.5), curve.quantile_us(0.95)
    if curve.total == 1 and half is not None:
        return say("latency.title_lone", half=duration_text(half / 1e6))
    of_fault, ends = "_of_fault" * (cohort.key == "during_faults"), _ends(result, cohort)
    if half is None:
        return say(f"latency.title_some{of_fault}", share=percent(curve.share[-1]) if len(curve.share) else "0 %", ends=ends)
    if most is None:
        return say(f"latency.title_half{of_fault}", half=duration_text(half / 1e6), ends=ends)
    return say(f"latency.title_most{of_fault}", half=duration_text(half / 1e6), most=duration_text(most / 1e6), ends=ends)


def describe_latency(result: Result, *, language: str | None = None) -> str:
    """The latency picture in words."""
    with speaking(language):
        return _described(result)


def _described(result: Result) -> str:
    parts = [say("latency.described"), _title(result)]
    for cohort in cohorts(result.log):
        curve, read = arrival_curve(result.log, cohort.mask), arrival_curve(result.log, cohort.mask, to="read")
        if curve.max_us is None:
            continue
        facts = {"who": begun(cohort.words), "count": curve.total, "stored": duration_text(curve.max_us / 1e6)}
        if read.max_us is None:
            parts.append(say("latency.described_stored", **facts))
        else:
            parts.append(say("latency.described_read", **facts, read=duration_text(read.max_us / 1e6)))
    return " ".join(parts)
