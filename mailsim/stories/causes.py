"""Which declared fault made a step fail or take its time: from the condition spans that the log carries, never guessed.

A span counts as the cause where what it does is what was recorded: a silent server and a time-out, a reply that is given and the
reply that came, a delay and a session that took at least as long.  Where it only may have had a part (lost packets, few sessions),
the story says that it was there meanwhile; where nothing fits, it says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, NamedTuple

from mailsim.events import ConditionSpan, Event
from mailsim.language import phrased, say
from mailsim.rules.dns.records import Rcode
from mailsim.rules.reasons import Why
from mailsim.units import LONGEST_US, micros

if TYPE_CHECKING:
    from mailsim.stories.story import Step

__all__ = ["Cause", "caused"]

#: a contact or wait that took less needs no excuse
LEAST_US = 1_000_000

_CUT = ("cut off from ", "can't send to ", "hears nothing from ")
_AWAY = ("silent", "down, ", *_CUT)
#: how a condition begins that makes a contact come to this
_MAKES: dict[Why, tuple[str, ...]] = {
    Why.SILENT: _AWAY,
    Why.DNS_TIMEOUT: ("silent", "DNS silent", *_CUT),
    Why.REPLY_TIMEOUT: ("hangs at ", *_AWAY),
    Why.REPLY_LOST: ("loses its 250", *_AWAY),
    Why.CLOSED: ("drops connections at ", "refused", *_AWAY),
    Why.REFUSED: ("refused", "down, "),
    Why.NO_SERVICE: ("refused", "down, "),
    Why.UNREACHABLE: ("unreachable", *_CUT),
    Why.CONNECTION_LOST: ("refused", "unreachable", *_AWAY),
    Why.AUTH_UNAVAILABLE: ("no logins",),
}
#: conditions that may cost time, and nobody knows how much of it
_MAY_COST = ("loses ", "at most ", "work takes ")
_SLOW = re.compile(r"(DNS )?slow by (?P<delay>[0-9a-z]+)")
_KEEPS = "takes mail and keeps it"
_CONTACTS = (Event.TRIED, Event.SUBMITTED, Event.REJECTED, Event.FETCH_FAILED, Event.LOGIN_FAILED)


class Cause(NamedTuple):
    """A stretch of a fault beside a step: ``certain`` where it made the step what it is, else it was there meanwhile."""

    span: ConditionSpan
    certain: bool

    def told(self, step: Step) -> str:
        """The cause in words, in the language spoken: ``because of mx1: slow by 2s, from 01:00:00 to 02:00:00``."""
        span, key = self.span, "stories.because" if self.certain else "stories.meanwhile"
        where = span.node if span.how.startswith(_CUT) else span.target
        facts = {"where": where, "how": phrased("faults", span.how), "start": _instant(step, span.start_us)}
        if span.end_us - step.t_us > LONGEST_US:
            return say(f"{key}_on", **facts)
        return say(key, **facts, end=_instant(step, span.end_us))


def _instant(step: Step, t_us: int) -> str:
    at = (step.when.astimezone(UTC) + timedelta(microseconds=t_us - step.t_us)).astimezone(step.when.tzinfo)
    return at.strftime("%H:%M:%S" if at.date() == step.when.date() else "%Y-%m-%d %H:%M:%S")


def caused(steps: Sequence[Step], spans: Sequence[ConditionSpan]) -> list[Step]:
    """The steps, each with what was wrong while it went on.

    Parameters
    ----------
    steps : sequence of Step
        In order of time.
    spans : sequence of ConditionSpan
        What was wrong at the parties or between them, under their names in the steps; of DNS under ``dns``.
    """
    return [replace(step, causes=_causes(step, _end(steps, k), spans)) for k, step in enumerate(steps)] if spans else list(steps)


def _end(steps: Sequence[Step], k: int) -> int:
    """When a step was over; for a message that was taken, when its holder went on with it."""
    step = steps[k]
    if step.event != Event.ACCEPTED:
        return step.end_us
    return next((one.t_us for one in steps[k + 1 :] if one.who == step.who), step.end_us)


def _causes(step: Step, end_us: int, spans: Sequence[ConditionSpan]) -> tuple[Cause, ...]:
    found: dict[tuple[str, str], Cause] = {}
    for span in spans:
        if not (span.start_us <= end_us and step.t_us < span.end_us) or not _concerns(step, span):
            continue
        certain = _made(step, end_us, span)
        if certain is not None:
            what = "cut" if span.how.startswith(_CUT) else span.how  # of a partition each side has a span
            found.setdefault((span.target, what), Cause(span, certain))
    return tuple(found.values())


def _concerns(step: Step, span: ConditionSpan) -> bool:
    """Whether a span acts on a party of the step, or between them."""
    if step.event == Event.LOOKED_UP:
        name, _, rtype = span.target.removeprefix("dns ").strip().partition("/")
        asked, _, kind = step.reply.rpartition(" ")
        named = span.target.startswith("dns ") and asked.lower() == name.rstrip(".").lower() and rtype.upper() in ("", kind)
        return bool(step.stage) and (named or span.node == step.peer)
    if step.event == Event.ACCEPTED:
        return span.node == step.who
    ends = {f"{step.who}-{step.peer}", f"{step.peer}-{step.who}"}
    return step.event in _CONTACTS and (span.node in ends or span.node == step.peer or (span.node == step.who and _between(span)))


def _between(span: ConditionSpan) -> bool:
    """Whether a span at one node disturbs what it sends to others."""
    return span.how.startswith((*_CUT, "loses "))


def _made(step: Step, end_us: int, span: ConditionSpan) -> bool | None:
    """True where the span made the step what it is, False where it may have had a part, None where neither is recorded."""
    took = end_us - step.t_us
    if step.event == Event.ACCEPTED:
        return True if span.how.startswith(_KEEPS) and took >= LEAST_US else None
    slow = _SLOW.match(span.how)
    if slow is not None and took >= micros(slow["delay"]):
        return True
    if step.event == Event.LOOKED_UP:
        failed = (step.code == Rcode.SERVFAIL and "servfail" in span.how) or (step.code == Rcode.NXDOMAIN and "nxdomain" in span.how)
        timed_out = step.why == Why.DNS_TIMEOUT and span.how.startswith(_MAKES[Why.DNS_TIMEOUT])
        return True if failed or timed_out else None
    if span.how.startswith(_MAKES.get(step.why, ())) and step.why in _MAKES:
        return True
    if step.code >= 400 and _gave(step, span):
        return True
    return False if span.how.startswith(_MAY_COST) and took >= LEAST_US else None


def _gave(step: Step, span: ConditionSpan) -> bool:
    """Whether the reply that came is the one that the condition gives."""
    if span.how.startswith("mailbox "):
        return step.code in (452, 552) and "Quota exceeded" in step.reply
    given = span.how.rpartition(" at ")[0] or span.how.rpartition(" for ")[0]
    return given[:3].isdigit() and given in step.reply
