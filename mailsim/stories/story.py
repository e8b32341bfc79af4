"""A story: the steps of one message, each with instant, parties, dialogue, reason and cost; as text, page and picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

from mailsim.errors import UnsupportedError
from mailsim.events import ConditionSpan, Event
from mailsim.language import printable, say
from mailsim.rules.dsn import Report, build_dsn
from mailsim.rules.reasons import REASONS, Reason, Why
from mailsim.stories.causes import Cause
from mailsim.stories.dialogue import Line, Session
from mailsim.stories.sentences import Words, reason_text, rough, voice

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mailsim.plots.style import Style

__all__ = ["Step", "Story", "Stretch"]


@dataclass(frozen=True)
class Step:
    """One thing that happened to the message.

    Parameters
    ----------
    chapter : str
        One of :data:`mailsim.stories.sentences.CHAPTERS`.
    event : Event
        Kind of event row that it tells; ``Event.LOOKED_UP`` also for the choice that follows from an answer.
    t_us : int
        When it began, microseconds since the scenario's start.
    since_sent_us : int
        The same since the message was sent.
    when : datetime
        The same on the scenario's calendar.
    who, peer : str
        Node that did it and the other party (node, else host), or ``""``.
    text : str
        What happened, in a sentence.
    lines : tuple of Line
        What was said: a look-up or an SMTP dialogue.
    why : Why
        The recorded reason.
    then : Why
        Why the next step is what it is, where that is a rule's decision too (``Why.NEXT_TARGET``).
    cost_us : int
        What it took, -1 where it took no time or none is recorded.
    code : int
        Reply code or DNS rcode, -1 for none.
    stage : str
        How far the session came, ``""`` where there was none.
    reply : str
        Last reply text; of a look-up the question (``example.com MX``), of a choice the order of targets, of what
        was folded a short form.
    attempt : int
        Number of the delivery attempt at ``who``, from 1; 0 where it is none.
    policy : Why
        The policy of the receiving side that its reply speaks of (greylisting), where that says more than ``why``.
    causes : tuple of Cause
        Which faults made it fail or take its time, or were there meanwhile.
    session : Session, optional
        Who talked to whom and how, of a contact.
    """

    chapter: str
    event: Event
    t_us: int
    since_sent_us: int
    when: datetime
    who: str
    peer: str
    text: str
    lines: tuple[Line, ...] = ()
    why: Why = Why.NONE
    then: Why = Why.NONE
    cost_us: int = -1
    code: int = -1
    stage: str = ""
    reply: str = ""
    attempt: int = 0
    policy: Why = Why.NONE
    causes: tuple[Cause, ...] = ()
    session: Session | None = None

    @property
    def reason(self) -> Reason:
        """The reason in words with its source; empty where none is recorded."""
        return REASONS[self.why]

    @property
    def end_us(self) -> int:
        """When it was over."""
        return self.t_us + max(self.cost_us, 0)

    @property
    def failed(self) -> bool:
        """A contact or look-up that did not give what was asked for."""
        if self.event == Event.TRIED:
            return self.why != Why.OK
        return self.event in (Event.REJECTED, Event.LOGIN_FAILED, Event.FETCH_FAILED)

    def notes(self) -> tuple[str, ...]:
        """The lines below the dialogue, in the language spoken: reason with source, why the next step, which fault, cost."""
        told = [("stories.reason_line", self.policy or self.why), ("stories.next_line", self.then)]
        notes = [f"{say(key, sentence=reason_text(why))} [{REASONS[why].source}]" for key, why in told if why]
        notes += [cause.told(self) for cause in self.causes]
        if self.cost_us > 0:
            notes.append(say("stories.cost_line", cost=rough(self.cost_us)))
        return tuple(notes)


def _share(part: int, whole: int) -> str:
    """A share in whole per cent; what is there is never told as nothing."""
    return f"{100 * part / whole:.0f} %" if 200 * part > whole else "<1 %"


class Stretch(NamedTuple):
    """A stretch of the message's life: what it spent its time on (``submit``, ``defer`` ...), from when to when."""

    kind: Literal["submit", "resolve", "failed", "transfer", "queue", "defer", "mailbox"]
    start_us: int
    end_us: int


@dataclass(frozen=True, repr=False)
class Story:
    """The story of one message; ``print`` it, show it in a notebook, ``plot`` it.

    Parameters
    ----------
    number : int
        Message number.
    title : str
        How it ended, in a sentence.
    facts : str
        Sender, recipients, size and instant of sending.
    steps : tuple of Step
        What happened, in order of time.
    stretches : tuple of Stretch
        Where the time went, from sending to the end; they follow each other without gaps.
    conditions : tuple of ConditionSpan
        What was wrong meanwhile at the parties, under their names in ``steps``.
    returned : Report, optional
        The report, if the message was returned (or its sender was told that it is late).
    language : str
        Language of the sentences.
    words : {"field", "pupil"}
        Whose words they are.
    origin : str
        Scenario and seed: what it takes to tell it again.
    """

    number: int
    title: str
    facts: str
    steps: tuple[Step, ...]
    stretches: tuple[Stretch, ...] = ()
    conditions: tuple[ConditionSpan, ...] = ()
    returned: Report | None = field(default=None)
    language: str = "en"
    words: Words = "field"
    origin: str = ""

    def __repr__(self) -> str:
        return f"<Story of message {self.number}: {printable(self.title)}>"

    def __str__(self) -> str:
        with voice(self.language, self.words):
            return "\n".join(self._text())

    @property
    def shown(self) -> tuple[Step, ...]:
        """The steps as text, page and picture show them: equal attempts folded (see :mod:`mailsim.stories.folding`)."""
        from mailsim.stories.folding import folded

        with voice(self.language, self.words):
            return folded(self.steps)

    def _text(self) -> Iterator[str]:
        yield say("stories.headline", number=self.number, title=self.title)
        yield printable(self.facts)
        chapter, day, told = "", None, False
        for step in self.shown:
            if step.chapter != chapter:
                yield "\n" + say(f"stories.chapter_{step.chapter}").upper()
                chapter = step.chapter
            calendar = step.when.strftime("%H:%M:%S" if step.when.date() == day else "%Y-%m-%d %H:%M:%S")
            day = step.when.date()
            yield f"  +{rough(step.since_sent_us)}  ({calendar})  {printable(step.text)}"
            taken = step.event in (Event.TRIED, Event.SUBMITTED) and step.code == 250
            lines = step.lines
            if taken and told and len(lines) > 4:  # one whole session is enough to read
                lines = (lines[0], Line("==", say("stories.session_as_above")), lines[-3])
            told = told or taken
            yield from (f"      {line}" for line in lines)
            yield from (f"    {printable(note)}" for note in step.notes())
        if self.stretches:
            yield "\n" + say("stories.time_heading").upper()
            yield from (f"  {words}" for words in self.time_spent())

    def time_spent(self) -> tuple[str, ...]:
        """Where the time went, the largest part first: ``waiting for the next attempt  4h  (98 %)``."""
        total: dict[str, int] = {}
        for stretch in self.stretches:
            total[stretch.kind] = total.get(stretch.kind, 0) + stretch.end_us - stretch.start_us
        whole = sum(total.values()) or 1
        parts = sorted(total.items(), key=lambda part: -part[1])
        with voice(self.language, self.words):
            return tuple(f"{say(f'stories.time_{kind}')}  {rough(spent)}  ({_share(spent, whole)})" for kind, spent in parts if spent)

    def as_dict(self) -> dict[str, object]:
        """The story as plain values, ready for JSON: instants and durations in seconds."""
        return {
            "message": self.number,
            "title": self.title,
            "facts": self.facts,
            "steps": [
                {
                    "chapter": step.chapter,
                    "event": step.event.name.lower(),
                    "t_s": step.t_us / 1e6,
                    "since_sent_s": step.since_sent_us / 1e6,
                    "when": step.when.isoformat(),
                    "who": step.who,
                    "peer": step.peer,
                    "text": step.text,
                    "lines": [f"{line.side} {line.text}" for line in step.lines],
                    "why": step.reason.sentence,
                    "source": step.reason.source,
                    "cost_s": step.cost_us / 1e6 if step.cost_us >= 0 else None,
                }
                for step in self.steps
            ],
            "time_spent": [{"kind": part.kind, "start_s": part.start_us / 1e6, "end_s": part.end_us / 1e6} for part in self.stretches],
            "report": self.report() if self.returned is not None else None,
        }

    def transcript(self) -> str:
        """The story in the manner of swaks (sessions) and dig (look-ups): see :mod:`mailsim.stories.transcript`."""
        from mailsim.stories.transcript import transcript

        return transcript(self)

    def mermaid(self) -> str:
        """The story as a sequence diagram in Mermaid's language: see :func:`mailsim.stories.mermaid.mermaid`."""
        from mailsim.stories.mermaid import mermaid

        return mermaid(self)

    def html(self) -> str:
        """The story as an HTML page of its own; every text in it is escaped, and nothing runs."""
        from mailsim.stories.page import story_page

        return story_page(self)

    def _repr_html_(self) -> str:
        from mailsim.stories.page import story_html

        return story_html(self)

    def plot(self, *, ax: Axes | None = None, style: Style = "print", scale: Literal["rank", "time"] = "rank") -> Axes:
        """The sequence diagram of the story: see :func:`mailsim.plots.sequence.sequence`."""
        from mailsim.plots.sequence import sequence

        return sequence(self, ax=ax, style=style, scale=scale)

    def report(self) -> str:
        """The RFC 3464 report that the sender got, as text.

        Raises
        ------
        UnsupportedError
            The message was not returned, and nobody was told that it is late.
        """
        if self.returned is None:
            raise UnsupportedError(f"there is no report about message {self.number}: {printable(self.title)}")
        return build_dsn(self.returned).decode("utf-8", "replace").replace("\r\n", "\n")
