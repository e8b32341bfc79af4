"""A message that shows something: found in the log by what happened to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.events import Event, EventLog, State
from mailsim.rules.reasons import Why

if TYPE_CHECKING:
    from mailsim.stories.explain import Told
    from mailsim.stories.sentences import Words
    from mailsim.stories.story import Story

__all__ = ["KINDS", "Example", "example", "kinds_shown"]


@dataclass(frozen=True)
class Example:
    """A message chosen for what it shows; ``.explain()`` tells it."""

    number: int
    kind: str
    result: Told = field(repr=False, compare=False)

    def explain(self, *, language: str | None = None, words: Words = "field") -> Story:
        """The story of the message: see :func:`mailsim.stories.explain.explain`."""
        from mailsim.stories.explain import explain

        return explain(self.result, self.number, language=language, words=words)


def example(result: Told, kind: str) -> Example:
    """The first message that shows ``kind`` (of ``slowest``, the one that took longest).

    Parameters
    ----------
    result : Result
        A run; ``fallback`` and ``delayed`` need one at level ``events``.
    kind : str
        ``bounced`` returned to the sender · ``rejected`` refused at submission · ``duplicate`` stored twice ·
        ``slowest`` longest way to the mailbox · ``fallback`` taken by another host after the first one tried failed ·
        ``delayed`` put back into a queue at least once.

    Raises
    ------
    UnknownNameError
        There is no such kind.
    UnsupportedError
        No message of this run shows it, or the run was recorded below level ``events``.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of example", kind, KINDS)
    what, find = KINDS[kind]
    if not _recorded(result.log, kind):
        raise UnsupportedError(f"a run at level {result.log.level!r} can't tell which message {what}; run again with level='events'")
    number = next(find(result.log), None)
    if number is None:
        raise UnsupportedError(f"no message of this run {what}")
    return Example(number, kind, result)


def kinds_shown(result: Told) -> tuple[str, ...]:
    """The kinds that a run has an example of; below level ``events`` only those that its messages tell of."""
    log = result.log
    return tuple(kind for kind, (_, find) in KINDS.items() if _recorded(log, kind) and next(find(log), None) is not None)


def _recorded(log: EventLog, kind: str) -> bool:
    """Whether a log of this level can tell."""
    return log.level == "events" or kind not in ("fallback", "delayed")


def _ordinary(log: EventLog) -> Iterator[int]:
    """Indices of the deliveries of ordinary mail: no reports."""
    return (k for k, parent in enumerate(log.messages["parent"]) if parent < 0)


def _in_state(state: State) -> Callable[[EventLog], Iterator[int]]:
    def find(log: EventLog) -> Iterator[int]:
        return (log.messages["message"][k] for k in _ordinary(log) if log.messages["state"][k] == state)

    return find


def _duplicate(log: EventLog) -> Iterator[int]:
    return (log.messages["message"][k] for k in _ordinary(log) if log.messages["copies"][k] > 1)


def _slowest(log: EventLog) -> Iterator[int]:
    sent, stored = log.messages["sent_us"], log.messages["stored_us"]
    took = [(stored[k] - sent[k], -k) for k in _ordinary(log) if stored[k] >= 0]
    if took:
        yield log.messages["message"][-max(took)[1]]


def _fallback(log: EventLog) -> Iterator[int]:
    events = log.events
    ordinary = {log.messages["message"][k] for k in _ordinary(log)}
    failed: dict[tuple[int, int, int], int] = {}
    for k, kind in enumerate(events["kind"]):
        if kind != Event.TRIED or events["message"][k] not in ordinary:
            continue
        attempt = (events["message"][k], events["node"][k], events["attempt"][k])
        if events["why"][k] != Why.OK:
            failed.setdefault(attempt, events["peer"][k])
        elif failed.get(attempt, events["peer"][k]) != events["peer"][k]:
            yield events["message"][k]


def _delayed(log: EventLog) -> Iterator[int]:
    events = log.events
    ordinary = {log.messages["message"][k] for k in _ordinary(log)}
    return (events["message"][k] for k, kind in enumerate(events["kind"]) if kind == Event.DEFERRED and events["message"][k] in ordinary)


#: kind of example -> what such a message did, and how it is found
KINDS: dict[str, tuple[str, Callable[[EventLog], Iterator[int]]]] = {
    "bounced": ("was returned to its sender", _in_state(State.BOUNCED)),
    "delayed": ("was deferred", _delayed),
    "duplicate": ("was stored twice", _duplicate),
    "fallback": ("was taken by another host after the first one had failed", _fallback),
    "rejected": ("was refused at submission", _in_state(State.REJECTED)),
    "slowest": ("reached a mailbox", _slowest),
}
