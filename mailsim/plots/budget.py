"""Where the time of mail went from send to read: one stacked bar for each group of mail, the mean of each part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailsim.language import begun, say, speaking
from mailsim.plots.groups import group_name, sent_in, sent_within
from mailsim.plots.stacks import Part, Row, draw_stacks, stacks_height
from mailsim.plots.style import COLOURS, Style
from mailsim.plots.timeaxis import Window, duration_text, span_axis
from mailsim.results.budget import PARTS, MeanBudget, mean_budgets
from mailsim.results.metrics import Cohort
from mailsim.results.summary import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mailsim.results import Result

__all__ = ["budget", "describe_budget"]

_LOOKS: dict[str, tuple[str, str]] = {
    "submit": (COLOURS["transit"], ""),
    "queue": (COLOURS["deferred"], "///"),
    "resolve": (COLOURS["dns"], ".."),
    "relay": (COLOURS["strong"], "\\\\"),
    "onward": (COLOURS["note"], "xx"),
    "store": (COLOURS["delivered"], "++"),
    "fetch": (COLOURS["down"], "oo"),
}

Group = tuple[Cohort, MeanBudget]


def budget(result: Result, *, ax: Axes | None = None, style: Style = "print", window: Window = None, language: str | None = None) -> Axes:
    """Draw the mean of each part of the way, for mail sent while a fault was active and for all mail.

    The bars are means, since those of the parts add up to that of the whole; the median of the whole stands beside it.  Only mail
    that is in the mailbox has a budget; *fetch* is the mean over the mail that was read.

    Parameters
    ----------
    result : Result
        A run at level ``events``.
    ax : Axes, optional
        Where to draw; by default on a new figure.
    style : str
        ``print`` or ``slide``.
    window : pair, optional
        Only mail sent in this stretch counts, such as ``("1h", "6h")``.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.

    Raises
    ------
    UnsupportedError
        The run kept no event rows.
    """
    from mailsim.plots.picture import caption_of, drawing, finish

    groups = _groups(result, window)
    occur = [part for part in PARTS if any(means.parts_us[part] for _, means in groups)]
    longest = max((sum(means.parts_us.values()) for _, means in groups), default=0.0) / 1e6
    with speaking(language), drawing(ax, style=style, height=stacks_height(len(groups), style)) as axes:
        span_axis(axes, 0, longest * 1.03 or 1.0)
        axes.set_xlabel(say("budget.axis"))
        draw_stacks(axes, [_row(*group) for group in groups], {part: _part(part) for part in occur}, style=style)
        return finish(
            axes,
            title=_title(groups),
            description=_described(groups),
            caption=caption_of(result, *_notes(groups), sent_in(window)),
            style=style,
        )


def _groups(result: Result, window: Window) -> list[Group]:
    from mailsim.results.tables import require_level

    require_level(result.log, "latency_budget")
    found = sent_within(result, window)
    pairs = zip(found, mean_budgets(result.log, [one.mask for one in found]), strict=True)
    return [(cohort, means) for cohort, means in pairs if means.stored]


def _part(part: str) -> Part:
    word = say(f"budget.short_{part}")
    return Part(*_LOOKS[part], word, f"{word}: {say(f'budget.part_{part}')}")


def _row(cohort: Cohort, means: MeanBudget) -> Row:
    told = {part: us / 1e6 for part, us in means.parts_us.items() if part != "fetch" or means.read}
    mean, median = duration_text(means.to_mailbox_us / 1e6), duration_text(means.median_us / 1e6)
    above = say("budget.in_mailbox_several" if means.stored > 1 else "budget.in_mailbox", mean=mean, median=median)
    name = group_name(f"cohorts.{cohort.key}_lines", means.stored)
    return Row(name, above, told, {part: _short(seconds) for part, seconds in told.items()})


def _short(seconds: float) -> str:
    return "0" if seconds == 0 else say("budget.under_1_ms") if seconds < 0.001 else duration_text(seconds)


def _notes(groups: list[Group]) -> list[str]:
    """What the bars are and whom they leave out."""
    notes = [say("budget.note_means")]
    if any(len(cohort) > means.stored for cohort, means in groups):
        counts = [say("budget.left_out", count=len(cohort) - means.stored, total=len(cohort)) for cohort, means in groups]
        notes.append(say("budget.note_left_out", counts=", ".join(counts)))
    if any(0 < means.read < means.stored for _, means in groups):
        notes.append(say("budget.note_fetch", counts=", ".join(str(means.read) for _, means in groups)))
    return notes


def _title(groups: list[Group]) -> str:
    if not groups:
        return say("budget.nothing")
    cohort, means = groups[0]
    one = len(cohort) == 1
    which = "one" if one else "arrived" if len(cohort) > means.stored else "mail"
    total = sum(means.parts_us.values())
    longest = max(means.parts_us, key=lambda part: means.parts_us[part])
    return say(
        "budget.title" if one else "budget.title_several",
        which=say(f"budget.{which}{'_of_fault' * (cohort.key == 'during_faults')}", count=means.stored, total=len(cohort)),
        total=duration_text(total / 1e6),
        end=say("budget.to_reader" if means.read else "budget.to_mailbox"),
        share=percent(means.parts_us[longest] / total) if total else "0 %",
        part=say(f"budget.part_{longest}"),
    )


def describe_budget(result: Result, *, window: Window = None, language: str | None = None) -> str:
    """The budget in words."""
    with speaking(language):
        return _described(_groups(result, window))


def _described(groups: list[Group]) -> str:
    parts = [say("budget.described"), _title(groups)]
    for cohort, means in groups:
        row = _row(cohort, means)
        told = ", ".join(f"{say(f'budget.short_{part}')} {text}" for part, text in row.texts.items())
        parts.append(say("budget.described_group", who=begun(cohort.words), count=means.stored, above=row.above, parts=told))
    return " ".join(parts)
