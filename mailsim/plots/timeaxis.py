"""Time on an axis as people read it: 1 s, 1 min, 1 h, 1 d for durations; clock times and days for instants."""

from __future__ import annotations

from datetime import timedelta
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from mailsim.errors import UnsupportedError
from mailsim.language import day_text, numeral, say
from mailsim.units import Instant, calendar, micros

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "DURATION_TICKS",
    "At",
    "Window",
    "ages_s",
    "clock_axis",
    "clock_text",
    "duration_axis",
    "duration_text",
    "duration_ticks",
    "span_axis",
    "window_s",
]

#: stretch of time to show: durations such as ``("1h", "6h")``, or seconds since the scenario's start; None for all
Window = tuple[str | float, str | float] | None

#: an instant of a run: a duration since the scenario's start such as ``2h``, or seconds; None for none
At = str | float | None

_MIN, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0

#: units of an axis of durations, in seconds
_UNITS: tuple[tuple[float, str], ...] = ((_DAY, "d"), (_HOUR, "h"), (_MIN, "min"), (1.0, "s"), (0.001, "ms"))

#: durations that people count in, in seconds: the rough ones (always first choice) and the ones between
DURATION_TICKS: tuple[tuple[float, str, int], ...] = (
    (0.001, "1 ms", 1),
    (0.01, "10 ms", 2),
    (0.1, "0.1 s", 1),
    (1, "1 s", 0),
    (3, "3 s", 3),
    (10, "10 s", 1),
    (30, "30 s", 2),
    (_MIN, "1 min", 0),
    (5 * _MIN, "5 min", 2),
    (10 * _MIN, "10 min", 1),
    (30 * _MIN, "30 min", 2),
    (_HOUR, "1 h", 0),
    (4 * _HOUR, "4 h", 1),
    (12 * _HOUR, "12 h", 2),
    (_DAY, "1 d", 0),
    (2 * _DAY, "2 d", 2),
    (5 * _DAY, "5 d", 1),
    (7 * _DAY, "7 d", 3),
    (14 * _DAY, "14 d", 2),
    (30 * _DAY, "30 d", 1),
)

#: steps between clock ticks, in seconds, with the number of small steps between two ticks
_CLOCK_STEPS: tuple[tuple[float, int], ...] = (
    (0.1, 2),
    (0.2, 2),
    (0.5, 5),
    (1, 1),
    (5, 5),
    (10, 2),
    (30, 3),
    (_MIN, 4),
    (5 * _MIN, 5),
    (10 * _MIN, 2),
    (15 * _MIN, 3),
    (30 * _MIN, 3),
    (_HOUR, 4),
    (2 * _HOUR, 4),
    (3 * _HOUR, 3),
    (6 * _HOUR, 6),
    (12 * _HOUR, 4),
    (_DAY, 4),
    (2 * _DAY, 2),
    (7 * _DAY, 7),
    (14 * _DAY, 2),
    (28 * _DAY, 4),
)


def duration_text(seconds: float) -> str:
    """A duration in a sentence: ``40 ms``, ``4.5 s``, ``70 min``, ``3.9 h``, ``5.2 d``.

    Examples
    --------
    >>> [duration_text(s) for s in (0.04, 4.5, 3600, 4200, 14040, 449280)]
    ['40 ms', '4.5 s', '1 h', '70 min', '3.9 h', '5.2 d']
    """
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MIN, "min"), (1.0, "s")):
        if seconds >= 2 * size or seconds == size or (unit == "s" and seconds >= 1):
            count = seconds / size
            text = f"{count:.0f}" if count >= 10 and unit != "d" else f"{count:.1f}".removesuffix(".0")
            return numeral(f"{text} {unit}")
    return f"{seconds * 1000:.0f} ms"


def duration_ticks(low_s: float, high_s: float, *, most: int = 9) -> list[tuple[float, str]]:
    """Ticks for a logarithmic axis from ``low_s`` to ``high_s``: the roughest first, none closer than the room allows."""
    room = (log10(high_s) - log10(low_s)) / most
    chosen: list[tuple[float, str]] = []
    for rank in range(4):
        for value, text, its in DURATION_TICKS:
            fits = low_s <= value <= high_s and all(abs(log10(value / other)) >= room for other, _ in chosen)
            if its == rank and fits:
                chosen.append((value, numeral(text)))
    return sorted(chosen)


def duration_axis(ax: Axes, low_s: float, high_s: float, *, most: int = 9) -> None:
    """Make the x axis logarithmic with human ticks."""
    ax.set_xscale("log")
    ax.set_xlim(low_s, high_s)
    ticks = duration_ticks(low_s, high_s, most=most)
    ax.set_xticks([value for value, _ in ticks], [text for _, text in ticks])
    ax.set_xticks([], minor=True)


def span_axis(ax: Axes, low_s: float, high_s: float, *, most: int = 9) -> None:
    """Make the x axis one of durations, evenly spaced: ``0``, ``30 min``, ``1 h`` ..."""
    span = max(high_s - low_s, 1e-6)
    steps = [10.0**k * part for k in range(-6, 0) for part in (1, 2, 5)] + [step for step, _ in _CLOCK_STEPS if step >= 1]
    step = next((step for step in steps if span / step <= most), steps[-1])
    ticks = [k * step for k in range(ceil(low_s / step - 1e-9), floor(high_s / step + 1e-9) + 1)]
    size, unit = next((pair for pair in _UNITS if step >= pair[0] or step * 2 == pair[0]), _UNITS[-1])
    ax.set_xlim(low_s, high_s)
    ax.set_xticks(ticks, ["0" if tick == 0 else numeral(f"{tick / size:.10g} {unit}") for tick in ticks])


def clock_text(starts: Instant, seconds: float, *, span_s: float) -> str:
    """An instant in a sentence: ``02:10``, with the day where the run is longer than a day."""
    at = calendar(starts, round(seconds * 1e6))
    clock = f"{at:%H:%M:%S}" if span_s < 600 else f"{at:%H:%M}"
    return clock if span_s <= _DAY else say("calendar.instant", clock=clock, day=day_text(at))


def clock_axis(ax: Axes, starts: Instant, low_s: float, high_s: float, *, most: int = 9) -> None:
    """Ticks at round clock times, the date under the first one and where the day changes; x is seconds since the start."""
    high_s = high_s if low_s < high_s else low_s + 1.0  # of a single instant the axis shows a second
    span = max(high_s - low_s, 1e-6)
    step, parts = next(
        ((step, parts) for step, parts in _CLOCK_STEPS if span / step <= (most if step >= 1 else most / 1.5)), _CLOCK_STEPS[-1]
    )
    local = calendar(starts, 0)
    since_midnight = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond).total_seconds()
    first = -((low_s + since_midnight) // -step) * step - since_midnight
    instants = [first + i * step for i in range(int((high_s - first) // step) + 1)]
    texts, day = [], None
    for instant in instants:
        at = calendar(starts, round(instant * 1e6))
        date = day_text(at)
        if step >= _DAY:
            texts.append(date)
            continue
        text = f"{at:%H:%M}" if step >= _MIN else f"{at:%H:%M:%S}" if step >= 1 else f"{at:%H:%M:%S}.{at.microsecond // 100_000}"
        texts.append(text if date == day else f"{text}\n{date}")
        day = date
    ax.set_xticks(instants, texts)
    ax.set_xticks(
        [instant - i * step / parts for instant in [*instants, first + len(instants) * step] for i in range(1, parts)], minor=True
    )
    ax.set_xlim(low_s, high_s)


def window_s(window: Window, low_s: float, high_s: float) -> tuple[float, float]:
    """The stretch to show in seconds: ``("1h", "6h")`` or plain seconds; by default all of it.

    Raises
    ------
    UnsupportedError
        The window is empty.
    """
    if window is None:
        return low_s, high_s
    start, end = (micros(part) / 1e6 if isinstance(part, str) else float(part) for part in window)
    if not start < end:
        raise UnsupportedError(f"the window {window!r} is empty: its end must lie after its start")
    return start, end


def ages_s(window: Window, low_s: float, high_s: float) -> tuple[float, float]:
    """The stretch to show on a logarithmic axis of durations, as :func:`window_s`; from 0 means from its natural start.

    Raises
    ------
    UnsupportedError
        The window is empty, or ends at 0 or before.
    """
    start, end = window_s(window, low_s, high_s)
    if end <= 0:
        raise UnsupportedError(f"the window {window!r} ends at 0 or before: durations are longer")
    return (start if start > 0 else min(low_s, end / 10)), end
