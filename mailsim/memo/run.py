"""The memo of a run."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote
from typing import TYPE_CHECKING

from mailsim.language import phrased, printable, say, speaking
from mailsim.markup import Markup, joined, tag
from mailsim.memo.grounds import grounds_part
from mailsim.memo.sheet import figure, plain_table, section, sentence, sheet
from mailsim.plots.dashboard import headline_of
from mailsim.plots.panels import Panel, panels
from mailsim.plots.timeaxis import clock_text, duration_text

if TYPE_CHECKING:
    from mailsim.results import Result

__all__ = ["memo"]

#: most faults that are told one by one
_FAULTS = 4


def memo(result: Result, *, language: str | None = None, title: str = "") -> str:
    """The memo of a run as an HTML page: one page of A4 where the scenario is of usual size.

    Parameters
    ----------
    result : Result
        A run; below level ``events`` the pictures and sentences that need event rows are left out.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.
    title : str
        What stands above the headline; by default the scenario's name.
    """
    with speaking(language):
        return sheet(title or result.scenario.name, [*_parts(result, title, panels(result))])


def _parts(result: Result, title: str, pictures: list[Panel]) -> Iterator[Markup]:
    """The page from top to bottom: what was found, the figures, the pictures, what it rests on, how to repeat it."""
    summary, name = result.summary(), result.scenario.name
    yield tag("p", printable(title or name), class_="kicker")
    yield tag("h1", sentence(pictures[0].title))
    yield tag("p", sentence(headline_of(result)), class_="lead")
    told = joined(tag("li", sentence(one)) for one in (*_faults(result), *map(_full_stop, summary.sentences())))
    command = tag("code", printable(f"mailsim run {quote(name)} --seed {result.seed}"))
    again = joined((tag("code", printable(summary.replay)), " ", say("memo.again_by"), " ", command))
    beside = joined((tag("ul", told), tag("h2", say("memo.again")), tag("p", again, class_="small")))
    yield section("facts", plain_table(summary.rows()), tag("div", beside))
    captions = (say("memo.timeline"), *(one.title for one in pictures[1:]))
    yield section("pictures", *(figure(one.png, one.description, text) for one, text in zip(pictures, captions, strict=True)))
    yield section("small", tag("h2", say("memo.rests")), grounds_part(result.scenario.assumptions()))


def _faults(result: Result) -> list[str]:
    """What was wrong, where, from when and for how long."""
    end_s = result.log.end_us / 1e6
    spans = [span for span in result.log.conditions if span.start_us < result.log.end_us]
    told = []
    for span in spans[:_FAULTS]:
        start_s, until_s = span.start_us / 1e6, span.end_us / 1e6
        facts = {"node": span.node, "how": phrased("faults", span.how), "at": clock_text(result.starts, start_s, span_s=end_s)}
        if until_s > end_s:
            told.append(say("memo.fault_open", **facts))
        elif until_s == start_s:
            told.append(say("memo.fault_once", **facts))
        else:
            told.append(say("memo.fault", **facts, length=duration_text(until_s - start_s)))
    if len(spans) > _FAULTS:
        told.append(say("memo.more_faults", count=len(spans) - _FAULTS))
    return told or [say("memo.no_fault")]


def _full_stop(text: str) -> str:
    """A line of the headline as a sentence."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
