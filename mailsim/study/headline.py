"""The answer of an outage study in a few sentences, computed from its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import NamedTuple

from mailsim.language import listed, phrased, say
from mailsim.plots.timeaxis import duration_text
from mailsim.results.summary import percent
from mailsim.study.figures import QUANTITIES
from mailsim.study.intervals import Interval
from mailsim.study.words import interval_words

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
    known = "known_returned" if most_unknown > 0 else "returned"
    sentences = [_returned(cells, longest, known, {"target": target, "how": phrased("faults", how), "length": duration_text(longest)})]
    if any(_mean(cell, "bounced_share") > 0 for cell in cells):
        sentences.append(_harmless(cells, layouts))
    sentences.append(_late(cells))
    if most_censored > 0:
        sentences.append(say("study.censored", share=percent(most_censored)))
    elif most_unknown == 0:
        sentences.append(say("study.settled"))
    if most_unknown > 0:
        sentences.append(say("study.unknown", share=percent(most_unknown)))
    return " ".join(sentence for sentence in sentences if sentence)


def _mean(cell: Measured, figure: str) -> float:
    return cell.figures[figure].mean


def _with(cells: Sequence[Measured], figure: str, length_s: float) -> str:
    """A figure of each layout at a length."""
    quantity = QUANTITIES[figure]
    chosen = [cell for cell in cells if cell.length_s == length_s]
    return listed([say("study.with", figure=interval_words(cell.figures[figure], quantity), layout=cell.layout) for cell in chosen])


def _returned(cells: Sequence[Measured], longest: float, known: str, facts: Mapping[str, str]) -> str:
    if all(_mean(cell, "bounced_share") == 0 for cell in cells):
        return say(f"study.none_{known}", **facts)
    return say(f"study.{known}", **facts, figures=_with(cells, "bounced_share", longest))


def _harmless(cells: Sequence[Measured], layouts: Sequence[str]) -> str:
    """Up to which of the lengths studied no run returned anything."""
    safe, unsafe = [], []
    for layout in layouts:
        own = sorted((cell.length_s, _mean(cell, "bounced_share")) for cell in cells if cell.layout == layout)
        harmful = [length for length, share in own if share > 0]
        quiet = [length for length, _ in own if not harmful or length < harmful[0]]
        if quiet:
            safe.append(say("study.up_to", length=duration_text(quiet[-1]), layout=layout))
        else:
            unsafe.append(layout)
    key = "harmless_and_harmful" if safe and unsafe else "harmless" if safe else "harmful"
    return say(f"study.{key}", safe=listed(safe), unsafe=listed(unsafe))


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
    return say("study.late", length=duration_text(length), figures=_with(cells, delay.name, length))
