"""Where a message's time went: its life cut into stretches that follow each other without gap or overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from mailsim.events import Event
from mailsim.rules.reasons import Why
from mailsim.stories.story import Stretch

if TYPE_CHECKING:
    from mailsim.stories.story import Step

__all__ = ["stretches"]

Kind = Literal["submit", "resolve", "failed", "transfer", "queue", "defer", "mailbox"]

#: what a message waits for after a step of this kind, until the next one begins
_WAITS_FOR: dict[Event, Kind] = {
    Event.SENT: "submit",
    Event.SUBMITTED: "queue",
    Event.ACCEPTED: "queue",
    Event.ACTIVATED: "queue",
    Event.TRIED: "queue",
    Event.DELIVERED: "queue",
    Event.DEFERRED: "defer",
    Event.STORED: "mailbox",
    Event.FETCH_FAILED: "mailbox",
}


def stretches(steps: Sequence[Step], *, start_us: int, end_us: int) -> tuple[Stretch, ...]:
    """The stretches from ``start_us`` to ``end_us``.

    A step that takes time is a stretch of its own; a gap between steps is waiting, and what for follows from the
    last step before it.  Where steps overlap, the earlier one counts.
    """
    found: list[Stretch] = []
    at, waiting = start_us, "submit"
    submitted = False
    for step in steps:
        if step.event in (Event.BOUNCED, Event.EXPIRED, Event.DELAY_NOTICED) or step.t_us > end_us:
            continue
        begin, end = min(max(step.t_us, at), end_us), min(max(step.end_us, at), end_us)
        _add(found, waiting, at, begin)
        _add(found, _spends(step, submitted), begin, end)
        at = max(at, end)
        submitted = submitted or step.event in (Event.SUBMITTED, Event.ACCEPTED)
        if step.event in _WAITS_FOR and (submitted or step.event == Event.SENT):
            waiting = _WAITS_FOR[step.event]
    _add(found, waiting, at, end_us)
    return tuple(found)


def _spends(step: Step, submitted: bool) -> Kind:
    if not submitted:
        return "submit"
    if step.event == Event.LOOKED_UP:
        return "mailbox" if step.chapter == "fetch" else "resolve"
    if step.event == Event.TRIED:
        return "transfer" if step.why in (Why.OK, Why.NONE) else "failed"
    return "mailbox" if step.chapter == "fetch" else "transfer"


def _add(found: list[Stretch], kind: str, start_us: int, end_us: int) -> None:
    if end_us <= start_us:
        return
    known: Kind = next(k for k in ("submit", "resolve", "failed", "transfer", "queue", "defer", "mailbox") if k == kind)
    if found and found[-1].kind == known and found[-1].end_us == start_us:
        found[-1] = Stretch(known, found[-1].start_us, end_us)
    else:
        found.append(Stretch(known, start_us, end_us))
