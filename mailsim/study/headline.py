"""The answer of an outage study in a few sentences, computed from its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import NamedTuple

from mailsim.plots.timeaxis import duration_text
from mailsim.results.summary import percent
from mailsim.study.figures import QUANTITIES
from mailsim.study.intervals import Interval
from mailsim.study.words import interval_words, listed

__all__ = ["Measured", "headline"]


class Measured(NamedTuple):
    """The figures of one layout at one length."""

    layout: str
    length_s: float
    figures: Mapping[str, Interval]


def headline(cells: Sequence[Measured], *, target: str, how: str, most_censored: float, most_unknown: float = 0.0) -> str:
    """Who returns how much at the longest outage, up to which length nobody does, how late the rest is, what is unknown.

    Parameters
    ----------
    cells : sequence of Measured
        Every layout at every length.
    target, how : str
        What failed, and how.
    most_censored : float
        The largest share of any run that was still under way when it ended.
    most_unknown : float
        The largest share of any run whose senders' schedules are known no further.
    """
    layouts = list(dict.fromkeys(cell.layout for cell in cells))
    longest = max(cell.length_s for cell in cells)
    known = "known to be returned" if most_unknown > 0 else "returned"
    sentences = [_returned(cells, longest, f"the mail sent while {target} was down ({how})", known)]
    if any(_mean(cell, "bounced_share") > 0 for cell in cells):
        sentences.append(_harmless(cells, layouts))
    sentences.append(_late(cells))
    if most_censored > 0:
        sentences.append(f"Up to {percent(most_censored)} of a run was still under way when it ended: neither returned nor there.")
    elif most_unknown == 0:
        sentences.append("No mail was still under way when the runs ended.")
    if most_unknown > 0:
        sentences.append(f"Unknown: up to {percent(most_unknown)} of a run, sent by those whose schedule is known no further.")
    return " ".join(sentence for sentence in sentences if sentence)


def _mean(cell: Measured, figure: str) -> float:
    return cell.figures[figure].mean


def _returned(cells: Sequence[Measured], longest: float, mail: str, known: str) -> str:
    if all(_mean(cell, "bounced_share") == 0 for cell in cells):
        return f"None of {mail} is {known}, whatever the layout, up to the longest outage, {duration_text(longest)}."
    share = QUANTITIES["bounced_share"]
    parts = [f"{interval_words(cell.figures[share.name], share)} with {cell.layout}" for cell in cells if cell.length_s == longest]
    return f"Of {mail} for {duration_text(longest)}, this much is {known}: {listed(parts)}."


def _harmless(cells: Sequence[Measured], layouts: Sequence[str]) -> str:
    """Up to which of the lengths studied no run returned anything."""
    safe, unsafe = [], []
    for layout in layouts:
        own = sorted((cell.length_s, _mean(cell, "bounced_share")) for cell in cells if cell.layout == layout)
        harmful = [length for length, share in own if share > 0]
        quiet = [length for length, _ in own if not harmful or length < harmful[0]]
        if quiet:
            safe.append(f"up to {duration_text(quiet[-1])} with {layout}")
        else:
            unsafe.append(layout)
    parts = [f"none {listed(safe)}"] if safe else []
    parts += [f"some at every length with {listed(unsafe)}"] if unsafe else []
    return f"Of the lengths studied: {'; '.join(parts)}."


def _late(cells: Sequence[Measured]) -> str:
    """How late the mail is: at the longest outage that returns nothing, else at the longest of which half still arrives."""
    delay = QUANTITIES["delay_p50_s"]
    lengths = sorted({cell.length_s for cell in cells})
    unknown = {cell.length_s for cell in cells if isnan(_mean(cell, delay.name))}
    lossy = {cell.length_s for cell in cells if _mean(cell, "bounced_share") > 0}
    known = [length for length in lengths if length not in unknown]
    clean = [length for length in known if length not in lossy]
    if not known:
        return ""
    length = clean[-1] if clean else known[-1]
    parts = [f"{interval_words(cell.figures[delay.name], delay)} with {cell.layout}" for cell in cells if cell.length_s == length]
    return f"After an outage of {duration_text(length)}, half of the mail sent in it was in the mailbox within {listed(parts)}."
