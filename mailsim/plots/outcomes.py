"""What became of the mail: one bar for each group, divided by outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailsim.language import begun, listed, say, speaking
from mailsim.plots.groups import group_name, sent_in, sent_within
from mailsim.plots.stacks import Part, Row, draw_stacks, stacks_height
from mailsim.plots.style import COLOURS, SHARE_TICKS, Style
from mailsim.plots.timeaxis import Window
from mailsim.results.metrics import Cohort
from mailsim.results.outcomes import OUTCOMES, outcome_counts
from mailsim.results.summary import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mailsim.results import Result

__all__ = ["describe_outcomes", "outcome_parts", "outcomes"]

_LOOKS: dict[str, tuple[str, str]] = {
    "in_time": (COLOURS["delivered"], ""),
    "late": (COLOURS["deferred"], "///"),
    "bounced": (COLOURS["bounced"], "xx"),
    "rejected": (COLOURS["dns"], "\\\\"),
    "lost": (COLOURS["ink"], ""),
    "discarded": (COLOURS["down"], ".."),
    "unknown": (COLOURS["note"], "oo"),
    "under_way": (COLOURS["transit"], "++"),
}


Group = tuple[Cohort, dict[str, int]]


def outcomes(result: Result, *, ax: Axes | None = None, style: Style = "print", window: Window = None, language: str | None = None) -> Axes:
    """Draw what became of the mail sent while a fault was active, and of all mail, in shares that add up to 100 %.

    Parameters
    ----------
    result : Result
        A run.
    ax : Axes, optional
        Where to draw; by default on a new figure.
    style : str
        ``print`` or ``slide``.
    window : pair, optional
        Only mail sent in this stretch counts, such as ``("1h", "6h")``.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.
    """
    from mailsim.plots.picture import caption_of, drawing, finish

    groups = _groups(result, window)
    with speaking(language), drawing(ax, style=style, height=stacks_height(len(groups), style)) as axes:
        axes.set_xlim(0, 1)
        axes.set_xticks(*SHARE_TICKS)
        axes.set_xlabel(say("outcomes.axis"))
        draw_stacks(axes, [_row(*group) for group in groups], outcome_parts(), style=style)
        return finish(axes, title=_title(groups), description=_described(groups), caption=caption_of(result, sent_in(window)), style=style)


def outcome_parts() -> dict[str, Part]:
    """How each outcome looks and is called, in the order from the best to the worst."""
    told = {key: say(f"outcomes.outcome_{key}") for key in OUTCOMES}
    return {key: Part(*_LOOKS[key], words.partition(":")[0], words) for key, words in told.items()}


def _groups(result: Result, window: Window) -> list[Group]:
    return [(cohort, outcome_counts(result.log, cohort.mask)) for cohort in sent_within(result, window)]


def _row(cohort: Cohort, counts: dict[str, int]) -> Row:
    total = len(cohort)
    shares = {key: count / total for key, count in counts.items() if count}
    return Row(
        group_name(f"cohorts.{cohort.key}_lines", total),
        say("outcomes.above", there=counts["in_time"] + counts["late"], total=total),
        shares,
        {key: f"{percent(share)} ({counts[key]})" for key, share in shares.items()},
    )


def _title(groups: list[Group]) -> str:
    if not groups:
        return say("outcomes.nobody")
    cohort, counts = groups[0]
    total, of_fault = len(cohort), "_of_fault" * (cohort.key == "during_faults")
    if counts["in_time"] == total:
        return say(f"outcomes.all_in_time{of_fault}" if total > 1 else "outcomes.one_in_time")
    occur = [key for key in OUTCOMES if counts[key] or key == "in_time"]
    told = [say(f"outcomes.title_{key}", share=percent(counts[key] / total)) for key in occur]
    return say(f"outcomes.title{of_fault}", shares=listed(told))


def describe_outcomes(result: Result, *, window: Window = None, language: str | None = None) -> str:
    """The outcomes in words."""
    with speaking(language):
        return _described(_groups(result, window))


def _described(groups: list[Group]) -> str:
    parts = [say("outcomes.described"), _title(groups)]
    for cohort, counts in groups:
        told = ", ".join(f"{outcome_parts()[key].word} {text}" for key, text in _row(cohort, counts).texts.items())
        parts.append(say("outcomes.described_group", who=begun(cohort.words), count=len(cohort), parts=told))
    return " ".join(parts)
