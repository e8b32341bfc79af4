"""A story as a sequence diagram in the language of Mermaid, which GitHub, GitLab and many editors draw.

Names and texts come from scenarios, so each of them is escaped: Mermaid takes ``#`` for the start of an entity or comment, ``;`` for
the end of a line, ``%%{`` for a directive and ``$$`` for a formula (sequenceDiagram.jison and preprocess.ts of Mermaid 11); ``<`` and
quotes would be HTML.  Participants are called ``p0``, ``p1`` ..., so that no name is a word of the language (``end``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from mailsim.events import Event
from mailsim.language import printable, say
from mailsim.rules.reasons import Why
from mailsim.stories.labels import asked_label, contact_label, shortened
from mailsim.stories.sentences import exact, rough, voice

if TYPE_CHECKING:
    from mailsim.stories.story import Step, Story

__all__ = ["escaped", "mermaid"]

#: a label is cut here
LONGEST = 90

#: letters with a meaning in Mermaid, Markdown or HTML, by the number of their entity
_SPECIAL = re.compile(r"[#;<>&\"'`%$\\{}]")
#: words before whose colon Mermaid would do something (``wrap:``, ``style ...:``)
_WORDS = re.compile(r"wrap|style|classdef", re.IGNORECASE)
_TTL = re.compile(r" \(TTL \d+\)$")
_CONTACTS = (Event.TRIED, Event.REJECTED, Event.LOGIN_FAILED, Event.FETCH_FAILED)
_SILENT = (Why.SILENT, Why.REPLY_TIMEOUT, Why.REPLY_LOST, Why.DNS_TIMEOUT)
#: what is noted beside one party: the sentence of the sequence diagram
_NOTED = {
    Event.SENT: "draw_sent",
    Event.BOUNCED: "draw_bounced",
    Event.DISCARDED: "draw_gave_up",
    Event.LOST: "draw_gave_up",
    Event.UNKNOWN: "state_unknown",
    Event.DELAY_NOTICED: "draw_noticed",
}

#: who, to whom ("" for a note), by which arrow, with which words
_Row = tuple[str, str, str, str]


def escaped(text: str, *, most: int = LONGEST) -> str:
    """Text that Mermaid shows as it is: at most ``most`` letters, on one line.

    Examples
    --------
    >>> escaped("<b>; 5 %")
    '#60;b#62;#59; 5 #37;'
    """
    short = shortened(printable(text), most)
    entities = _SPECIAL.sub(lambda found: f"#{ord(found[0])};", short)
    return (entities.replace(":", "#58;") if _WORDS.search(short) else entities) or " "


def mermaid(story: Story) -> str:
    """The story as the text of a Mermaid ``sequenceDiagram``.

    A solid arrow is a contact that came about, a cross one that was turned down, a dotted cross one that nobody answered; a dotted
    arrow is an answer of the name service.  Notes tell who waits, and which fault was the cause.
    """
    with voice(story.language, story.words):
        lines = list(_rows(story))
    names = _parties(story, lines)
    called = {name: f"p{k}" for k, name in enumerate(names)}
    text = ["sequenceDiagram", *(f"    participant {called[name]} as {escaped(name)}" for name in names)]
    if names:  # a title of Mermaid's would be cut off at the edges of the drawing
        text.append(f"    Note over {','.join(dict.fromkeys(('p0', f'p{len(names) - 1}')))}: {_headline(story)}")
    for who, peer, arrow, words in lines:
        place = f"{called[who]}{arrow}{called[peer]}" if peer else f"Note over {called[who]}"
        text.append(f"    {place}: {escaped(words)}")
    return "\n".join(text) + "\n"


def _headline(story: Story) -> str:
    """How it ended, over as many lines as it takes."""
    with voice(story.language, story.words):
        headline = printable(say("stories.headline", number=story.number, title=story.title))
    return "<br/>".join(escaped(line) for line in wrap(headline, LONGEST))


def _parties(story: Story, lines: Sequence[_Row]) -> list[str]:
    """Everybody who takes part: in order of appearance, the resolvers behind the first MTA."""
    asked = {step.peer for step in story.steps if step.event == Event.LOOKED_UP}
    seen = list(dict.fromkeys(name for line in lines for name in line[:2] if name))
    others = [name for name in seen if name not in asked]
    first = next((others.index(step.who) + 1 for step in story.steps if step.event == Event.ACCEPTED and step.who in others), 1)
    return others[:first] + [name for name in seen if name in asked] + others[first:]


def _rows(story: Story) -> Iterator[_Row]:
    steps, told, mailbox = story.shown, set[str](), ""
    groups = _grouped(steps)
    for group in groups:
        step = group[0]
        if step.event == Event.LOOKED_UP:
            yield from _asked(group, told)
        elif step.event == Event.STORED and step.chapter == "store":
            mailbox = step.who
            yield step.who, "", "", _since(step, say("stories.draw_stored"))
        elif step.event == Event.FETCHED:
            yield mailbox or step.who, step.who, "->>", _since(step, say("stories.draw_fetched"))
        elif step.chapter == "report" and step.event in (Event.STORED, Event.SENT) and step.t_us > steps[0].t_us:
            yield step.who, steps[0].who, "->>", _since(step, say("stories.draw_report"))
        elif step.event in _CONTACTS or (step.event == Event.SUBMITTED and not _tried(steps, step.who)):
            yield _contact(step)
        else:
            yield from _noted(step, steps)
        for one in group:
            for cause in one.causes:
                if (cause.span.target + cause.span.how) not in told:
                    told.add(cause.span.target + cause.span.how)
                    yield one.peer or one.who, "", "", cause.told(one)


def _grouped(steps: Sequence[Step]) -> list[list[Step]]:
    """Look-ups of one party that follow each other together, every other step for itself."""
    found: list[list[Step]] = []
    for step in steps:
        last = found[-1][-1] if found else None
        asks = step.event == Event.LOOKED_UP and bool(step.peer)
        if asks and last is not None and last.event == Event.LOOKED_UP and last.peer == step.peer and last.who == step.who:
            found[-1].append(step)
        else:
            found.append([step])
    return found


def _asked(group: Sequence[Step], told: set[str]) -> Iterator[_Row]:
    step = group[0]
    if not step.peer:  # the choice that follows from an answer
        if step.reply and (step.who + step.reply) not in told:
            told.add(step.who + step.reply)
            yield step.who, "", "", step.reply
        return
    label = _since(step, asked_label(group))
    if any(one.why == Why.DNS_TIMEOUT or not one.lines for one in group[-1:]) or group[-1].code > 0:
        yield step.who, step.peer, "--x" if group[-1].why == Why.DNS_TIMEOUT else "->>", label
        return
    yield step.who, step.peer, "->>", label
    yield step.peer, step.who, "-->>", " · ".join(_TTL.sub("", one.lines[-1].text) for one in group if one.lines)


def _contact(step: Step) -> _Row:
    good = step.event == Event.SUBMITTED or step.why == Why.OK
    arrow = "->>" if good else "--x" if step.why in _SILENT else "-x"
    return step.who, step.peer or step.who, arrow, _since(step, contact_label(step, most=60))


def _noted(step: Step, steps: Sequence[Step]) -> Iterator[_Row]:
    if step.event == Event.DEFERRED:
        following = next((one.t_us for one in steps if one.t_us > step.t_us and one.who == step.who), -1)
        wait = exact(following - step.t_us) if following >= 0 else "…"
        yield step.who, "", "", _since(step, say("stories.draw_wait", wait=wait))
    elif step.event == Event.ACTIVATED and step.cost_us > 0:
        yield step.who, "", "", _since(step, step.reply)
    elif step.event in _NOTED:
        yield step.who, "", "", _since(step, say(f"stories.{_NOTED[step.event]}"))


def _tried(steps: Sequence[Step], who: str) -> bool:
    return any(one.event == Event.TRIED and one.who == who for one in steps)


def _since(step: Step, words: str) -> str:
    return f"+{rough(step.since_sent_us)} {words}"
