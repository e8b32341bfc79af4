"""Sequence diagram of one message: who talked to whom in which order, what failed, who waited, and where the time went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mailsim import __version__
from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.events import Event
from mailsim.language import printable, say, speaking
from mailsim.plots.lifelines import Paper, Row, Scale, height_in
from mailsim.plots.picture import drawing, finish
from mailsim.plots.style import COLOURS, LOOKS, SIZES, Look, look_of
from mailsim.rules.reasons import Why
from mailsim.stories.labels import asked_label, contact_label
from mailsim.stories.sentences import exact, voice
from mailsim.stories.story import Step, Story

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mailsim.plots.style import Style
    from mailsim.results import Result

__all__ = ["Scale", "describe_sequence", "sequence"]

_DNS = Look(COLOURS["dns"], "o", True, "")
_WAIT = Look(COLOURS["deferred"], "", True, "waits")
_FOLDED = Look(COLOURS["deferred"], "", True, "attempts")
_QUIET = Look(COLOURS["quiet"], "", True, "")


def sequence(
    source: Story | Result,
    message: int | None = None,
    *,
    scale: Scale = "rank",
    ax: Axes | None = None,
    style: Style = "print",
    language: str | None = None,
) -> Axes:
    """Draw the story of one message: lifelines in the order of the path, time downward.

    A dashed arrow is a contact that timed out, a cross one that was refused; a hatched box is the time in which the
    lifeline was down.  The bar at the bottom shows where the time went.

    Parameters
    ----------
    source : Story or Result
        The story, or a run together with ``message``.
    message : int, optional
        Message number, for a run.
    scale : {"rank", "time"}
        Every step one row, or true to time (then labels of one moment stand below one another).
    ax : Axes, optional
        Where to draw; by default a figure of its own.
    style : {"print", "slide"}
        For a page or a wall.
    language : str, optional
        ``en`` or ``de``; by default that of the story, for a run the one spoken.

    Raises
    ------
    UnknownNameError
        There is no such scale, message or language.
    UnsupportedError
        The story was told in another language.
    """
    if scale not in ("rank", "time"):
        raise UnknownNameError("scale", scale, ("rank", "time"))
    story = _story(source, message, language)
    with voice(story.language, story.words):
        marks = _waits_merged(list(_marks(story)))
        names = _lifelines(story, marks)
        height = height_in(marks, printable(story.title), scale=scale, style=style) / SIZES[style].height
        with drawing(ax, style=style, height=height) as axes:
            paper = Paper(axes, marks, names, scale=scale, style=style)
            paper.lifelines()
            paper.outages(story)
            paper.rows()
            paper.time_bar(story)
            parts = (f"mailsim {__version__}", story.origin, say("sequence.message", number=story.number))
            caption = " · ".join(part for part in parts if part)
            return finish(axes, title=printable(story.title), description=_described(story), caption=caption, style=style)


def describe_sequence(source: Story | Result, message: int | None = None, *, language: str | None = None) -> str:
    """The diagram in a sentence or two: how it ended, how many contacts failed, where most of the time went."""
    story = _story(source, message, language)
    with voice(story.language, story.words):
        return _described(story)


def _described(story: Story) -> str:
    contacts = [step for step in story.steps if step.event == Event.TRIED]
    failed = sum(step.failed for step in contacts)
    spent = story.time_spent()
    parts = [story.title, say("sequence.contacts", count=len(contacts), failed=failed)]
    if spent:
        parts.append(say("sequence.most", part=" ".join(spent[0].split())))
    return printable(". ".join(parts) + ".")


def _story(source: Story | Result, message: int | None, language: str | None) -> Story:
    """The story to draw, told in that language: a run tells it anew, a story that is told already can't change its language."""
    from mailsim.stories.explain import explain

    if isinstance(source, Story):
        with speaking(language) as chosen:
            if language is not None and chosen != source.language:
                raise UnsupportedError(
                    f"this story was told in {source.language!r} and stays so; draw it from the run: sequence(result, {source.number}, "
                    f"language={language!r})"
                )
        return source
    if message is None:
        raise UnknownNameError("message", message, ["the number of a message: sequence(result, 17)"])
    with speaking(language) as chosen:
        return explain(source, message, language=chosen)


# -- what is drawn ------------------------------------------------------------------------------------------------------


def _marks(story: Story) -> Iterator[Row]:
    """The rows of the diagram, in order of time."""
    steps = story.shown
    told: set[tuple[str, str]] = set()
    mailbox = ""
    k = 0
    while k < len(steps):
        step = steps[k]
        k += 1
        if step.event == Event.LOOKED_UP and step.stage:
            group = [step]
            while k < len(steps) and steps[k].event == Event.LOOKED_UP and steps[k].stage and steps[k].who == step.who:
                group.append(steps[k])
                k += 1
            yield _asked(group)
        elif step.event == Event.LOOKED_UP:
            if step.reply and (step.who, step.reply) not in told:
                yield _note(step, step.reply, _QUIET)
            told.add((step.who, step.reply))
        elif step.event == Event.STORED and step.chapter == "store":
            mailbox = step.who
            yield _note(step, say("stories.draw_stored"), LOOKS["stored"])
        elif step.event == Event.FETCHED:
            yield _arrow(step, say("stories.draw_fetched"), LOOKS["ok"], who=mailbox or step.who, peer=step.who)
        else:
            mark = _mark(step, story, steps)
            if mark is not None:
                yield mark


def _waits_merged(marks: Sequence[Row]) -> list[Row]:
    """Waits of one node that follow each other without a contact between them, as one."""
    found: list[Row] = []
    count = 1
    for mark in marks:
        last = found[-1] if found else None
        waits = mark.until_us >= 0 and mark.look is _WAIT
        if last is not None and waits and last.look is _WAIT and last.until_us == mark.t_us and last.who == mark.who:
            count += 1
            wait = exact(mark.until_us - last.t_us)
            found[-1] = last._replace(until_us=mark.until_us, label=say("stories.draw_waits", wait=wait, count=count))
        else:
            count = 1
            found.append(mark)
    return found


def _mark(step: Step, story: Story, steps: Sequence[Step]) -> Row | None:
    event = step.event
    if step.chapter == "report" and event in (Event.STORED, Event.SENT) and story.steps and step.t_us > story.steps[0].t_us:
        return _arrow(step, say("stories.draw_report"), LOOKS["bounced"]._replace(marker="o"), peer=story.steps[0].who)
    if event in (Event.TRIED, Event.REJECTED, Event.LOGIN_FAILED, Event.FETCH_FAILED):
        return _contact(step)
    if event == Event.SUBMITTED and not any(one.event == Event.TRIED and one.who == step.who for one in steps):
        return _contact(step)
    if event == Event.DEFERRED:
        following = next((one.t_us for one in steps if one.t_us > step.t_us and one.who == step.who), -1)
        wait = exact(following - step.t_us) if following >= 0 else "…"
        return _note(step, say("stories.draw_wait", wait=wait), _WAIT)._replace(until_us=following)
    if event == Event.ACTIVATED and step.cost_us > 0:
        return _note(step, step.reply, _FOLDED)._replace(until_us=step.end_us)
    words = {
        Event.SENT: ("draw_sent", "sent"),
        Event.BOUNCED: ("draw_bounced", "bounced"),
        Event.DISCARDED: ("draw_gave_up", "bounced"),
        Event.LOST: ("draw_gave_up", "bounced"),
        Event.UNKNOWN: ("state_unknown", "late"),
        Event.DELAY_NOTICED: ("draw_noticed", "late"),
    }
    if event in words:
        key, look = words[event]
        return _note(step, say(f"stories.{key}"), LOOKS[look])
    return None


def _asked(group: Sequence[Step]) -> Row:
    """Look-ups that follow each other as one arrow; one that failed is told, else the first."""
    step = next((step for step in group if step.code > 0), group[0])
    return _arrow(group[0], asked_label(group), _DNS)._replace(dashed=step.why == Why.DNS_TIMEOUT)


def _contact(step: Step) -> Row:
    """A session as one arrow: the last command and what came back."""
    ok = step.event == Event.SUBMITTED or step.why == Why.OK
    dashed = step.why in (Why.SILENT, Why.REPLY_TIMEOUT, Why.REPLY_LOST)
    return _arrow(step, contact_label(step), LOOKS["ok" if ok else look_of(step.reason.key)])._replace(dashed=dashed)


def _arrow(step: Step, label: str, look: Look, *, who: str = "", peer: str = "") -> Row:
    return Row(step.t_us, step.since_sent_us, who or step.who, peer or step.peer, printable(label), look)


def _note(step: Step, label: str, look: Look) -> Row:
    return Row(step.t_us, step.since_sent_us, step.who, "", printable(label), look)


def _lifelines(story: Story, marks: Sequence[Row]) -> list[str]:
    """Everybody who takes part: in order of appearance, the resolver behind the first MTA."""
    asked = {step.peer for step in story.steps if step.event == Event.LOOKED_UP and step.peer}
    seen = list(dict.fromkeys(name for mark in marks for name in (mark.who, mark.peer) if name))
    resolvers = [name for name in seen if name in asked]
    others = [name for name in seen if name not in asked]
    taken = next((others.index(step.who) + 1 for step in story.steps if step.event == Event.ACCEPTED and step.who in others), 1)
    return others[:taken] + resolvers + others[taken:]
