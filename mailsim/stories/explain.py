"""The story of a message from its event rows: what was asked and answered at each step, why, and what it cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from mailsim.events import ConditionSpan, Event, EventLog, State
from mailsim.language import say
from mailsim.rules.reasons import Why
from mailsim.stories.cast import Cast
from mailsim.stories.causes import caused
from mailsim.stories.dialogue import size_text
from mailsim.stories.examples import Example, example
from mailsim.stories.record import Delivery, Row, children, deliveries_of, rows_of, rows_without_message
from mailsim.stories.returned import last_report, subject_of
from mailsim.stories.sentences import Words, reason_text, rough, voice
from mailsim.stories.steps import Teller, contact_failed
from mailsim.stories.story import Step, Story
from mailsim.stories.stretches import stretches
from mailsim.units import Instant, calendar, instant

if TYPE_CHECKING:
    from mailsim.scenario.scenario import Scenario

__all__ = ["Example", "Story", "Told", "example", "explain"]

#: failed polls of one reader that are told one by one; the rest are counted
POLLS_TOLD = 3


class Told(Protocol):
    """What a story is told from: a result, or anything with its scenario, seed and log."""

    @property
    def scenario(self) -> Scenario | None:
        """The world that was run; None for a log without one."""

    @property
    def seed(self) -> int:
        """The seed of the run."""

    @property
    def log(self) -> EventLog:
        """What the run wrote."""


def explain(result: Told, number: int, *, language: str | None = None, words: Words = "field") -> Story:
    """The story of message ``number``.

    Parameters
    ----------
    result : Result
        A run at level ``events``.
    number : int
        Message number, from 0 in the order of sending.
    language : str, optional
        ``en`` or ``de``; by default the one spoken (:func:`mailsim.speak`).
    words : {"field", "pupil"}
        The field's words (deferred, bounced), or plain ones with the field's in brackets: *returned to the sender (bounced)*.

    Raises
    ------
    UnknownNameError
        There is no such message or language, or nobody speaks in such words.
    UnsupportedError
        The run was recorded below level ``events``.
    """
    with voice(language, words) as spoken:
        return _story(result, number, spoken, words)


def _story(result: Told, number: int, language: str, words: Words) -> Story:
    log, cast = result.log, Cast(result.scenario)
    rows = rows_of(log, number)
    deliveries = deliveries_of(log, number)
    starts = _starts(result.scenario)
    teller = Teller(cast, deliveries, rows, starts=starts)
    steps = sorted([*teller.steps(), *_polls(log, teller, deliveries)], key=lambda step: step.t_us)
    steps = caused([*steps, *_reports(log, teller, number)], [span._replace(node=cast.node(span.node)) for span in log.conditions])
    main = max(deliveries, key=lambda delivery: delivery.last_us)
    end = max((log.end_us, *(step.end_us for step in steps))) if main.last_us == main.sent_us else main.last_us
    return Story(
        number=number,
        title=_title(cast, rows, deliveries, log.end_us),
        facts=_facts(deliveries, starts),
        steps=tuple(steps),
        stretches=stretches(steps, start_us=main.sent_us, end_us=end),
        conditions=_conditions(log, cast, steps, start_us=main.sent_us, end_us=end),
        returned=last_report(subject_of(log, result.scenario, number, starts)),
        language=language,
        words=words,
        origin=_origin(result),
    )


def _conditions(log: EventLog, cast: Cast, steps: Sequence[Step], *, start_us: int, end_us: int) -> tuple[ConditionSpan, ...]:
    """What was wrong meanwhile at the parties, under their names in the steps."""
    parties = {name for step in steps for name in (step.who, step.peer)}
    resolver = next((step.peer for step in steps if step.event == Event.LOOKED_UP and step.peer), "")
    return tuple(
        span._replace(node=party)
        for span in log.conditions
        if span.start_us < end_us and span.end_us > start_us
        if (party := resolver if span.target.startswith("dns ") else cast.node(span.node)) in parties
    )


def _origin(result: Told) -> str:
    scenario = result.scenario
    return "" if scenario is None else f"{scenario.name} · digest {scenario.digest()[:8]} · seed {result.seed}"


def _starts(scenario: Scenario | None) -> Instant:
    return instant(scenario.starts if scenario is not None else "2026-01-05T00:00:00Z")


def _facts(deliveries: tuple[Delivery, ...], starts: Instant) -> str:
    first = deliveries[0]
    when = calendar(starts, first.sent_us).strftime("%Y-%m-%d %H:%M:%S %Z")
    return say(
        "stories.facts_flavour" if first.flavour else "stories.facts",
        sender=_sender(first),
        rcpts=", ".join(one.rcpt for one in deliveries),
        size=size_text(first.size),
        when=when,
        flavour=first.flavour,
    )


def _sender(delivery: Delivery) -> str:
    return delivery.sender or say("stories.null_sender")


def _title(cast: Cast, rows: tuple[Row, ...], deliveries: tuple[Delivery, ...], end_us: int) -> str:
    """How it ended, in a sentence."""
    if len(deliveries) > 1:
        return _title_of_several(deliveries, end_us)
    one = deliveries[0]
    read = one.state == State.STORED and one.fetched_us >= 0
    until = {State.STORED: one.fetched_us if read else one.stored_us}.get(one.state, one.ended_us)
    how = ""
    failed = contact_failed(rows)
    if one.state == State.STORED and failed and one.via and failed.peer != one.via:
        how = say("stories.how_fallback", via=cast.server(one.via), first=cast.server(failed.peer))
    if one.state == State.STORED and one.copies > 1:
        how += say("stories.how_duplicate", copies=one.copies)
    return say(
        f"stories.title_{'read' if read else one.state.name.lower()}",
        sender=_sender(one),
        rcpt=one.rcpt,
        age=rough((until if until >= 0 else end_us) - one.sent_us),
        reason=reason_text(one.why) or reason_text(Why.PERMANENT),
        holder=one.holder,
        how=how,
    )


def _title_of_several(deliveries: tuple[Delivery, ...], end_us: int) -> str:
    """To several recipients: how many deliveries ended in which way."""
    first = deliveries[0]
    count = Counter(one.state for one in deliveries)
    states = [say("stories.count_of", count=n, state=say(f"stories.state_{state.name.lower()}")) for state, n in sorted(count.items())]
    settled = all(max(one.stored_us, one.ended_us) >= 0 for one in deliveries)
    last_us = max(one.last_us for one in deliveries) if settled else end_us
    return say(
        "stories.title_several",
        sender=_sender(first),
        rcpt=say("stories.and_others", first=first.rcpt, count=len(deliveries) - 1),
        states=", ".join(states),
        age=rough(last_us - first.sent_us),
    )


def _polls(log: EventLog, teller: Teller, deliveries: tuple[Delivery, ...]) -> Iterator[Step]:
    """Polls of the readers that failed between storing and fetching: they concern no message but delay it."""
    readers = [(mail, reader) for mail in deliveries if mail.stored_us >= 0 for reader in teller.cast.readers(mail.rcpt)]
    for one, reader in readers:
        end = one.fetched_us if one.fetched_us >= 0 else log.end_us
        failures = 0
        last: Step | None = None
        for row in rows_without_message(log, reader, start_us=one.stored_us, end_us=end):
            step = teller.step(row)
            if step is None:
                continue
            if failures < POLLS_TOLD:
                yield step
            elif step.failed:
                last = step
            failures += step.failed
        if last is not None:
            yield teller.counted(last, failures - POLLS_TOLD)


def _reports(log: EventLog, teller: Teller, number: int) -> Iterator[Step]:
    """What became of the reports about this message, briefly."""
    for child in children(log, number):
        for one in deliveries_of(log, child):
            yield teller.followed(one, log.end_us)
