"""How long mail takes: the share that is in the mailbox, and read, within a time after sending; what is open is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mailsim.plots.lettering import legend_below
from mailsim.plots.style import COLOURS, LETTERS, LINE_STYLES, SHARE_TICKS, SIZES, Style
from mailsim.plots.timeaxis import Window, duration_axis, duration_text, window_s
from mailsim.results.metrics import ArrivalCurve, Cohort, arrival_curve, cohorts, shares
from mailsim.results.summary import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mailsim.results import Result

__all__ = ["describe_latency", "latency"]


class _Line(NamedTuple):
    """One curve with its words and looks."""

    curve: ArrivalCurve
    words: str
    colour: str
    dashes: object


def latency(result: Result, *, ax: Axes | None = None, style: Style = "print", window: Window = None) -> Axes:
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
    """
    from mailsim.plots.picture import caption_of, drawing, finish

    lines = _lines(result)
    low, high = _range(lines) if window is None else window_s(window, 0, 1)
    with drawing(ax, style=style) as axes:
        duration_axis(axes, low, high, most=9)
        axes.set_ylim(-0.02, 1.04)
        axes.set_yticks(*SHARE_TICKS)
        axes.grid(axis="y", color=COLOURS["faint"], linewidth=0.8)
        for line in lines:
            _draw(axes, line, low, high, style)
        _write_gaps(axes, lines, high)
        axes.set_ylabel("share that has arrived")
        _at_risk_row(axes, lines, style)
        legend_below(axes, [entry for entry in axes.get_lines() if not str(entry.get_label()).startswith("_")], style=style)
        return finish(axes, title=_title(result), description=describe_latency(result), caption=caption_of(result), style=style)


def _lines(result: Result) -> list[_Line]:
    """Two curves for each cohort: to the mailbox and to the reader; the reader's only where somebody reads."""
    found: list[_Line] = []
    for number, cohort in enumerate(cohorts(result.log)):
        if number and found and cohort.mask.sum() == found[0].curve.total:
            break  # every mail was sent during the fault: the second pair of curves would hide the first
        chosen = cohort.key == "during_faults"
        colour = COLOURS["deferred"] if chosen else COLOURS["delivered"]
        for to, words, dashes in (("stored", "in the mailbox", LINE_STYLES[0]), ("read", "read", LINE_STYLES[2])):
            curve = arrival_curve(result.log, cohort.mask, to=to)  # type: ignore[arg-type]
            if curve.total and (to == "stored" or curve.max_us is not None):
                found.append(_Line(curve, f"{cohort.words} ({curve.total}): {words}", colour, dashes))
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
    ends = [
        (float(line.curve.share[-1]) if len(line.curve.share) else 0.0, line) for line in lines if line.words.endswith("in the mailbox")
    ]
    for share, line in sorted(ends, key=lambda pair: pair[0]):
        if share < 1 - 1e-9:
            lowest = max(share + 0.015, lowest)
            ax.text(high, lowest, _gap_words(line.curve), ha="right", va="bottom", color=LETTERS[line.colour], fontsize="small", zorder=5)
            lowest += 0.06


def _gap_words(curve: ArrivalCurve) -> str:
    """What keeps a curve below 100 %."""
    under_way = curve.censored - curve.unknown
    parts = ((curve.never, "never arrives"), (under_way, "still under way at the end (censored)"), (curve.unknown, "unknown"))
    return ", ".join(f"{percent(count / curve.total)} {word}" for count, word in parts if count)


def _at_risk_row(ax: Axes, lines: list[_Line], style: str) -> None:
    """Below the axis: how many mails were still under way and watched, at each tick, for each curve to the mailbox."""
    shown = [line for line in lines if line.words.endswith("in the mailbox")]
    size = SIZES[style].font * 0.85
    ticks = [float(tick) for tick in ax.get_xticks()]
    for k, line in enumerate(shown):
        drop = -8 - (1.55 + 1.25 * k) * SIZES[style].font
        ax.annotate(
            "under way:" if len(shown) == 1 else f"under way, {'all' if line.colour == COLOURS['delivered'] else 'fault'}:",
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


def _end_words(result: Result, cohort: Cohort) -> str:
    """What keeps the curve below 100 %, in words; empty where nothing does."""
    found = shares(result.log, cohort.mask)
    words = (
        ("returned", found.bounced),
        ("rejected", found.rejected),
        ("lost", found.lost),
        ("still under way (censored)", found.censored),
        ("unknown", found.unknown),
    )
    return ", ".join(f"{percent(share)} {word}" for word, share in words if share)


def _title(result: Result) -> str:
    cohort = cohorts(result.log)[0]
    curve = arrival_curve(result.log, cohort.mask)
    if not curve.total:
        return "Nobody sent anything."
    words = "the mail sent during the fault" if cohort.key == "during_faults" else "all mail"
    half, most = curve.quantile_us(0.5), curve.quantile_us(0.95)
    open_words = _end_words(result, cohort)
    tail = f"; {open_words}" if open_words else ""
    if curve.total == 1 and half is not None:
        return f"The mail was in the mailbox after {duration_text(half / 1e6)}."
    if half is None:
        arrived = percent(curve.share[-1]) if len(curve.share) else "0 %"
        return f"Of {words}, {arrived} arrived{tail}."
    if most is None:
        return f"Half of {words} arrived within {duration_text(half / 1e6)}{tail}."
    return f"Half of {words} arrived within {duration_text(half / 1e6)}, 95 % within {duration_text(most / 1e6)}{tail}."


def describe_latency(result: Result) -> str:
    """The latency picture in words."""
    parts = ["Share of mail that has arrived, against time after sending on a logarithmic axis.", _title(result)]
    for cohort in cohorts(result.log):
        curve, read = arrival_curve(result.log, cohort.mask), arrival_curve(result.log, cohort.mask, to="read")
        if curve.max_us is None:
            continue
        text = (
            f"{cohort.words[0].upper()}{cohort.words[1:]} ({curve.total}): slowest in the mailbox after {duration_text(curve.max_us / 1e6)}"
        )
        if read.max_us is not None:
            text += f", slowest read after {duration_text(read.max_us / 1e6)}"
        parts.append(text + ".")
    return " ".join(parts)
