"""How long mail took by the instant at which it was sent: an outage is a sawtooth, since who sends first waits longest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mailsim.events import EventLog, State
from mailsim.language import say, speaking
from mailsim.plots.bands import band_labels, bands, draw_band, joined
from mailsim.plots.lettering import legend_below, room_pt
from mailsim.plots.style import COLOURS, SIZES, Style
from mailsim.plots.timeaxis import Window, clock_axis, clock_text, duration_text, duration_ticks, window_s
from mailsim.results.columns import view
from mailsim.results.metrics import fault_spans, ordinary
from mailsim.results.summary import percent

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from mailsim.results import Result

__all__ = ["Sent", "describe_sawtooth", "sawtooth", "sent_mail"]

Floats = npt.NDArray[np.float64]

#: late is what takes longer, in seconds, as everywhere
_LATE_S = 3_600.0

#: what a mark stands for: colour, marker, filled, relative size
_LOOKS: dict[str, tuple[str, str, bool, float]] = {
    "in_time": (COLOURS["delivered"], "o", True, 0.5),
    "late": (COLOURS["deferred"], "D", True, 0.6),
    "bounced": (COLOURS["bounced"], "X", True, 1.4),
    "rejected": (COLOURS["bounced"], "P", True, 1.4),
    "lost": (COLOURS["ink"], "x", True, 1.2),
    "unknown": (COLOURS["dns"], "s", False, 1.0),
    "under_way": (COLOURS["strong"], "^", False, 1.2),
}

#: more marks than this make an SVG that no program opens gladly: they become a bitmap in it
_MANY = 5_000

#: room above the slowest mail for the labels of the outages, as a factor on the logarithmic axis
_ABOVE = 6.0


class Sent(NamedTuple):
    """Mail by the instant at which it was sent.

    Attributes
    ----------
    sent_s : ndarray
        Since the scenario's start.
    took_s : ndarray
        Until it was in the mailbox or came to another end; for what is under way and unknown: as long as it was watched.
    fate : ndarray of str
        ``in_time``, ``late``, ``bounced``, ``rejected``, ``lost``, ``unknown``, ``under_way``.
    """

    sent_s: Floats
    took_s: Floats
    fate: npt.NDArray[np.str_]


def sent_mail(log: EventLog) -> Sent:
    """Every delivery of ordinary mail with the time it took and its fate; mail taken and thrown away counts as lost."""
    mask = ordinary(log)
    sent, state = view(log.messages, "sent_us")[mask], view(log.messages, "state")[mask]
    stored, ended = view(log.messages, "stored_us")[mask], view(log.messages, "ended_us")[mask]
    there = (state == State.STORED) & (stored >= 0)
    took_s = (np.where(there, stored, np.where(ended >= 0, ended, log.end_us)) - sent) / 1e6
    gone = np.isin(state, (State.LOST, State.DISCARDED))
    cases = [there & (took_s <= _LATE_S), there, state == State.BOUNCED, state == State.REJECTED, gone, state == State.UNKNOWN]
    fate = np.select(cases, ["in_time", "late", "bounced", "rejected", "lost", "unknown"], "under_way")
    return Sent(sent / 1e6, took_s, fate)


def sawtooth(result: Result, *, ax: Axes | None = None, style: Style = "print", window: Window = None, language: str | None = None) -> Axes:
    """Draw the time to the mailbox of every mail above the instant at which it was sent, by weekday and clock.

    What was returned stands at the age at which it was; what was still under way when the run ended, as an arrow at the age that it
    had: it takes longer than that.

    Parameters
    ----------
    result : Result
        A run, at any level.
    ax : Axes, optional
        Where to draw; by default on a new figure.
    style : str
        ``print`` or ``slide``.
    window : pair, optional
        Only mail sent in this stretch, such as ``("1h", "6h")``; title and description are about it too.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.
    """
    from mailsim.plots.picture import caption_of, drawing, finish

    found, low, high = _shown(result, window)
    with speaking(language), drawing(ax, style=style) as axes:
        clock_axis(axes, result.starts, low, high)
        bottom, top = _duration_axis(axes, found.took_s)
        axes.set_ylabel(say("sawtooth.axis"))
        axes.grid(axis="y", color=COLOURS["faint"], linewidth=0.8)
        together = joined(bands(result.log.conditions, end_s=result.log.end_us / 1e6))
        words = band_labels(together, low, high, points=room_pt(axes, style=style), size=SIZES[style].font * 0.84)
        for band, label in zip(together, words, strict=True):
            draw_band(axes, band, low=bottom, high=top, label=label)
        legend_below(axes, _draw_marks(axes, found, style), style=style)
        said = _described(result, found)
        return finish(axes, title=_title(result, found), description=said, caption=caption_of(result), style=style)


def _shown(result: Result, window: Window) -> tuple[Sent, float, float]:
    """The mail sent in the window, and the window; by default all of it, from the first mail or fault to the last."""
    found = sent_mail(result.log)
    edges = [edge / 1e6 for span in fault_spans(result.log) for edge in span]
    if len(found.sent_s):
        edges += [float(found.sent_s.min()), float(found.sent_s.max())]
    end_s = result.log.end_us / 1e6 or 1.0
    first, last = min(edges, default=0.0), min(max(edges, default=end_s), end_s)
    room = 0.03 * (last - first) or 60.0
    low, high = window_s(window, 0.0 if first < 0.5 * last else first - room, last + room)
    inside = (found.sent_s >= low) & (found.sent_s <= high)
    return Sent(found.sent_s[inside], found.took_s[inside], found.fate[inside]), low, high


def _duration_axis(ax: Axes, took_s: Floats) -> tuple[float, float]:
    """A logarithmic axis of durations upwards; gives its ends."""
    known = took_s[took_s > 0]
    low, high = (float(known.min()) / 2, float(known.max()) * _ABOVE) if len(known) else (1.0, 86_400.0)
    ax.set_yscale("log")
    ax.set_ylim(low, high)
    ticks = duration_ticks(low, high / _ABOVE * 1.5, most=10)
    ax.set_yticks([value for value, _ in ticks], [text for _, text in ticks])
    ax.set_yticks([], minor=True)
    return low, high


def _draw_marks(ax: Axes, found: Sent, style: str) -> list[Artist]:
    """The marks of each fate, rare ones above the others; gives the legend's entries."""
    size, (low, _) = SIZES[style], ax.get_ylim()
    handles: list[Artist] = []
    for fate, (colour, marker, filled, area) in _LOOKS.items():
        chosen = found.fate == fate
        if chosen.any():
            paint: dict[str, Any] = {"color": colour} if filled else {"facecolors": "none", "edgecolors": colour}
            marks = ax.scatter(
                found.sent_s[chosen],
                np.maximum(found.took_s[chosen], low),
                s=size.marker * area,
                marker=marker,
                linewidths=size.line * 0.6 if not filled or marker == "x" else 0,
                label=say(f"sawtooth.mark_{fate}", number=int(chosen.sum())),
                zorder=4 - float(chosen.mean()),
                rasterized=len(found.sent_s) > _MANY,
                **paint,
            )
            handles.append(marks)
    return handles


def _title(result: Result, found: Sent) -> str:
    """Which mail waited longest, and how long after the end of the outage it still waited."""
    if not len(found.sent_s):
        return say("sawtooth.nobody")
    arrived = np.isin(found.fate, ("in_time", "late"))
    if not arrived.any():
        return say("sawtooth.title_none")
    place = int(np.argmax(np.where(arrived, found.took_s, -1.0)))
    sent_s, took_s = float(found.sent_s[place]), float(found.took_s[place])
    at = clock_text(result.starts, sent_s, span_s=result.log.end_us / 1e6)
    over = [end / 1e6 for start, end in fault_spans(result.log) if start / 1e6 <= sent_s < end / 1e6 <= sent_s + took_s]
    if over:
        return say("sawtooth.title_outage", at=at, took=duration_text(took_s), after=duration_text(sent_s + took_s - over[0]))
    return say("sawtooth.title", at=at, took=duration_text(took_s))


def describe_sawtooth(result: Result, *, window: Window = None, language: str | None = None) -> str:
    """The picture in words."""
    with speaking(language):
        return _described(result, _shown(result, window)[0])


def _described(result: Result, found: Sent) -> str:
    parts = [say("sawtooth.described"), _title(result, found)]
    total = len(found.sent_s)
    if total:
        counts = {fate: int((found.fate == fate).sum()) for fate in _LOOKS}
        told = [f"{say(f'sawtooth.mark_{fate}', number=n)} ({percent(n / total)})" for fate, n in counts.items() if n]
        parts.append(say("sawtooth.described_counts", count=total, parts=", ".join(told)))
    return " ".join(parts)
