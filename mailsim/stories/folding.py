"""Making a long story short: attempts that come to the same as the one before are told as one step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mailsim.events import Event
from mailsim.language import say
from mailsim.rules.dns.records import Rcode
from mailsim.rules.reasons import Why
from mailsim.stories.sentences import exact

if TYPE_CHECKING:
    from mailsim.stories.story import Step

__all__ = ["folded"]

#: this many equal attempts in a row are told one by one; from the next on they are folded
TOLD_ONE_BY_ONE = 2


def folded(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps with runs of equal attempts folded: the first and the last one are told, those between are counted.

    Two attempts are equal when the same contacts came to the same, whatever they cost.
    """
    steps = tuple(_without_repetition(steps))
    found: list[Step] = []
    same: list[tuple[Step, ...]] = []
    for block in _blocks(steps):
        if same and _shape(block) != _shape(same[-1]):
            found.extend(_told(same))
            same = []
        same.append(block)
    return (*found, *_told(same))


def _without_repetition(steps: Sequence[Step]) -> Iterator[Step]:
    """Look-ups that gave the same answer again are told in one step, and a choice that was told already not at all."""
    told: set[tuple[object, ...]] = set()
    again: list[Step] = []
    for step in steps:
        known = (step.who, step.text, step.lines) in told and step.event == Event.LOOKED_UP
        if known and step.stage and step.code == Rcode.NOERROR and (not again or again[0].who == step.who):
            again.append(step)
            continue
        if again:
            yield _asked_again(again)
            again = []
        if not (known and not step.stage):
            yield step
        told.add((step.who, step.text, step.lines))
    if again:
        yield _asked_again(again)


def _asked_again(steps: Sequence[Step]) -> Step:
    text = say("stories.asked_again", who=steps[0].who, names=", ".join(step.reply for step in steps))
    why = steps[0].why if len({step.why for step in steps}) == 1 else Why.NONE
    return replace(steps[0], text=text, lines=(), why=why, stage="", reply="", cost_us=sum(step.cost_us for step in steps))


def _blocks(steps: Sequence[Step]) -> Iterator[tuple[Step, ...]]:
    """Attempts as blocks, every other step as a block of its own.

    An attempt begins with an activation, or (where none is recorded) with what the same node does after a deferral; it
    ends with the next deferral, or where another node acts.
    """
    block: list[Step] = []
    deferred_by = ""
    for step in steps:
        if block and (step.event == Event.ACTIVATED or step.who != block[0].who):
            yield tuple(block)
            block = []
        if block or step.event == Event.ACTIVATED or step.who == deferred_by:
            block.append(step)
        else:
            yield (step,)
        deferred_by = step.who if step.event == Event.DEFERRED else ""
        if deferred_by and block:
            yield tuple(block)
            block = []
    if block:
        yield tuple(block)


def _shape(block: tuple[Step, ...]) -> tuple[object, ...]:
    """What makes two attempts equal; a choice and look-ups do not count, caches come and go."""
    if block[-1].event != Event.DEFERRED or (len(block) == 1 and block[0].event == Event.DEFERRED):
        return (id(block[0]),)
    counted = (step for step in block if step.event not in (Event.LOOKED_UP, Event.ACTIVATED))
    return tuple((step.event, step.who, step.peer, step.why, step.code) for step in counted)


def _told(same: Sequence[tuple[Step, ...]]) -> Iterator[Step]:
    if len(same) <= TOLD_ONE_BY_ONE + 1:
        for block in same:
            yield from block
        return
    yield from same[0]
    first, last = same[1][0], same[-2][-1]
    text = say("stories.as_before", who=first.who, count=len(same) - 2, last=exact(same[-2][0].since_sent_us))
    short = say("stories.draw_same", count=len(same) - 2)
    told = replace(first, event=Event.ACTIVATED, chapter="queue", text=text, reply=short, lines=(), stage="")
    yield replace(told, why=Why.NONE, then=Why.NONE, cost_us=last.end_us - first.t_us)
    yield from same[-1]
