"""Figures of studies as people read them: shares, times and their intervals, with ``never`` where nothing came."""

from __future__ import annotations

from math import isnan

from mailsim.language import counted, in_words, numeral, say
from mailsim.plots.timeaxis import duration_text
from mailsim.results.summary import percent
from mailsim.study.figures import Quantity
from mailsim.study.intervals import Interval

__all__ = ["called", "difference_words", "interval_words", "value_words"]

#: an en dash between the ends of a range, a minus sign before a number
_TO, _MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"
_UNKNOWN = "\N{EN DASH}"


def called(quantity: Quantity) -> str:
    """What a figure is called, in the language spoken."""
    return in_words(f"figures.{quantity.name}", quantity.words)


def value_words(value: float, quantity: Quantity) -> str:
    """A figure: ``12.3 %``, ``3.9 h``, ``1,200``, ``0.05 GB``, ``2.4``; a dash where it does not exist."""
    if isnan(value):
        return _UNKNOWN
    if quantity.unit == "share":
        return percent(value)
    if quantity.unit == "s":
        return duration_text(value) if value else "0 s"
    if quantity.unit == "messages":
        return counted(round(value))
    return numeral(f"{value:.3g} GB" if quantity.unit == "GB" else f"{value:.3g}")


def interval_words(found: Interval, quantity: Quantity) -> str:
    """A mean with its interval: ``28.4 % (28.1-28.7 %)``; without one where all runs agree or there was only one."""
    mean = value_words(found.mean, quantity)
    if isnan(found.low) or found.low == found.high:
        return mean
    if quantity.unit == "share":
        return f"{mean} ({numeral(f'{found.low * 100:.1f}')}{_TO}{numeral(f'{found.high * 100:.1f}')} %)"
    low, high = value_words(found.low, quantity), value_words(found.high, quantity)
    return mean if low == high == mean else f"{mean} ({low} {_TO} {high})"


def difference_words(value: float, quantity: Quantity) -> str:
    """A signed difference: shares in points of a hundred (``+1.2 pp``), times as durations; ``0`` only for none at all."""
    if isnan(value):
        return _UNKNOWN
    if value == 0:
        return "0"
    sign = "+" if value > 0 else _MINUS
    size = abs(value)
    if quantity.unit == "share":
        known = size >= 0.00005
        text = numeral(f"{size * 100:.2f}" if known else "0.01")
        return sign + say("study.points" if known else "study.under_a_point", size=text)
    if quantity.unit == "s":
        return sign + (duration_text(size) if size >= 0.001 else say("budget.under_1_ms"))
    return sign + value_words(size, quantity)
