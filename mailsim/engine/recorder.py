"""The columnar recorder: names as numbers, the message table in arrays, event rows in one flat list flushed by the block."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

from mailsim.events import EVENT_COLUMNS, MESSAGE_COLUMNS, ConditionSpan, Event, EventLog, State
from mailsim.nodes.requests import Requests
from mailsim.scenario.arrivals import Arrivals

__all__ = ["Recorder"]

WIDTH = len(EVENT_COLUMNS)
BLOCK_ROWS = 8192


class Recorder:
    """What actors write to.

    ``rows`` is the flat list that event rows are appended to with one ``extend`` of 12 integers each (columns of
    :data:`mailsim.events.EVENT_COLUMNS`), or None below level ``events``.  The message columns are attributes by name.
    """

    def __init__(self, level: str) -> None:
        self.level = level
        self.names: list[str] = []
        self._numbers: dict[str, int] = {}
        self._answers: dict[int, tuple[int, Any]] = {}
        self.rows: list[int] | None = [] if level == "events" else None
        self._flushed = [array(c.typecode) for c in EVENT_COLUMNS]
        self.columns: dict[str, array[int]] = {c.name: array(c.typecode) for c in MESSAGE_COLUMNS}
        for name, column in self.columns.items():
            setattr(self, name, column)
        #: index of the first delivery of each message, and one beyond the last
        self.first: array[int] = array("i", [0])
        #: messages that only warm the caches: they and their reports are taken out when the log is closed
        self.warming = range(0)
        #: what was asked of reports, where anything was, and the line of traffic of each message
        self.requests: Requests | None = None
        self.lines: array[int] = array("I")
        #: last instant of what no column keeps: further copies of a message and what became of them
        self.last_us = 0

    message: array[int]
    parent: array[int]
    sender: array[int]
    rcpt: array[int]
    origin: array[int]
    flavour: array[int]
    size: array[int]
    sent_us: array[int]
    accepted_us: array[int]
    relayed_us: array[int]
    stored_us: array[int]
    fetched_us: array[int]
    ended_us: array[int]
    tries: array[int]
    via: array[int]
    holder: array[int]
    state: array[int]
    why: array[int]
    code: array[int]
    copies: array[int]

    def name(self, text: str) -> int:
        """The number of a name or text; the same text has the same number."""
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self.names)
            self.names.append(text)
        return number

    def answer(self, answer: Any) -> int:
        """The name number of an answer's text; answers are few and kept by their zones, so each is put into words once."""
        known = self._answers.get(id(answer))
        if known is None:
            known = self._answers[id(answer)] = (self.name(answer.text), answer)
        return known[0]

    def add_message(self, parent: int, sender: str, recipients: Sequence[str], origin: str, size: int, sent_us: int) -> int:
        """A new message with one delivery per recipient; gives its number."""
        number = len(self.first) - 1
        from_, at = self.name(sender), self.name(origin)
        for address in recipients:
            self.message.append(number)
            self.parent.append(parent)
            self.sender.append(from_)
            self.rcpt.append(self.name(address))
            self.origin.append(at)
            self.size.append(size)
            self.sent_us.append(sent_us)
            for column in (self.flavour, self.via, self.holder, self.code):
                column.append(-1)
            for column in (self.accepted_us, self.relayed_us, self.stored_us, self.fetched_us, self.ended_us):
                column.append(-1)
            for column in (self.tries, self.why, self.copies):
                column.append(0)
            self.state.append(State.UNSENT)
        self.first.append(len(self.message))
        return number

    def add_all(self, mail: Arrivals) -> None:
        """Many messages at once, as :meth:`add_message` would one after the other."""
        if any(len(line.recipients) != 1 for line in mail.lines):
            for number, (sent, n, size) in enumerate(zip(mail.sent_us, mail.line, mail.size, strict=True)):
                line = mail.lines[n]
                sender = line.sender if line.drawn is None else line.drawn(number)
                self.add_message(-1, sender, line.recipients, line.node, size, sent)
            return
        n, start, name = len(mail.sent_us), len(self.first) - 1, self.name
        drawn = [line.drawn for line in mail.lines]
        fixed = [name(line.sender) if line.drawn is None else -1 for line in mail.lines]
        to = [name(line.recipients[0]) for line in mail.lines]
        origins = [name(line.node) for line in mail.lines]
        self.message.extend(range(start, start + n))
        self.sender.extend(fixed[k] if (draw := drawn[k]) is None else name(draw(i)) for i, k in enumerate(mail.line))
        self.rcpt.extend(to[k] for k in mail.line)
        self.origin.extend(origins[k] for k in mail.line)
        self.size.extend(mail.size)
        self.sent_us.extend(mail.sent_us)
        for key in ("parent", "flavour", "via", "holder", "code", "accepted_us", "relayed_us", "stored_us", "fetched_us", "ended_us"):
            column = self.columns[key]
            column.extend(array(column.typecode, [-1]) * n)
        for key in ("tries", "why", "copies", "state"):
            column = self.columns[key]
            column.extend(array(column.typecode, [0]) * n)
        self.first.extend(range(start + 1, start + n + 1))

    def flush(self) -> None:
        """Move the event rows into arrays."""
        rows = self.rows
        if rows:
            for k, column in enumerate(self._flushed):
                column.extend(rows[k::WIDTH])
            rows.clear()

    def log(
        self, *, origin_us: int, end_us: int, end_reason: str, steps: int, conditions: list[ConditionSpan], notes: list[str]
    ) -> EventLog:
        """Close the record: event rows in order of (instant, message, writing), none at or after the end.

        Instants are given on the engine's clock, which shows ``origin_us`` when the scenario starts, and kept from that start.
        """
        self.flush()
        numbers = self._without_warming() if self.warming else None
        events = dict(zip((c.name for c in EVENT_COLUMNS), self._flushed, strict=True))
        t, message = events["t_us"], events["message"]
        if numbers is not None:
            events = _renumbered(events, numbers, origin_us)
            t, message = events["t_us"], events["message"]
        keep = [i for i in range(len(t)) if t[i] < end_us]
        keep.sort(key=lambda i: (t[i], message[i]))
        if keep != list(range(len(t))):
            events = {name: array(column.typecode, [column[i] for i in keep]) for name, column in events.items()}
        self._cut(end_us)
        if origin_us:
            self._shift(events, origin_us)
        return EventLog(
            names=self.names,
            messages=self.columns,
            events=events,
            level=self.level,
            end_us=end_us - origin_us,
            end_reason=end_reason,
            steps=steps,
            conditions=conditions,
            notes=notes,
            lines=self.lines,
        )

    def _without_warming(self) -> dict[int, int]:
        """Take the warming messages and their reports out of the message table: old number to new number of the others."""
        gone = set(self.warming)
        numbers: dict[int, int] = {-1: -1}
        for number, parent in zip(self.message, self.parent, strict=True):
            if _cause(parent) in gone:
                gone.add(number)
            elif number not in gone:
                numbers.setdefault(number, len(numbers) - 1)
        keep = [i for i, number in enumerate(self.message) if number in numbers]
        for name, column in self.columns.items():
            kept = array(column.typecode, [column[i] for i in keep])
            if name in ("message", "parent"):
                kept = array(column.typecode, [numbers[v] if v >= -1 else -2 - numbers[-2 - v] for v in kept])
            self.columns[name] = kept
            setattr(self, name, kept)
        return numbers

    def _shift(self, events: dict[str, array[int]], origin_us: int) -> None:
        """From the engine's clock to time since the start; -1 stays -1."""
        for name, column in self.columns.items():
            if name.endswith("_us"):
                for i, t in enumerate(column):
                    if t >= 0:
                        column[i] = t - origin_us
        kind, value = events["kind"], events["value"]
        for i, t in enumerate(events["t_us"]):
            events["t_us"][i] = t - origin_us
            if kind[i] in (Event.DEFERRED, Event.CONDITION):
                value[i] -= origin_us

    def _cut(self, end_us: int) -> None:
        """Take back instants at or after the end, which look-ahead may have written."""
        for i in _beyond(self.sent_us, end_us):
            self.state[i] = State.UNSENT
        for column in (self.accepted_us, self.relayed_us, self.fetched_us):
            for i in _beyond(column, end_us):
                column[i] = -1
        for i in _beyond(self.stored_us, end_us):
            self.stored_us[i], self.copies[i], self.state[i] = -1, 0, State.QUEUED
        for i in _beyond(self.ended_us, end_us):
            self.ended_us[i] = -1
            self.state[i] = State.QUEUED if self.accepted_us[i] >= 0 else State.SUBMITTING


def _cause(parent: int) -> int:
    """The message that a report is about or that a copy was made of, -1 for none."""
    return parent if parent >= -1 else -2 - parent


def _beyond(column: array[int], end_us: int) -> list[int]:
    """Where a column lies at or after the end."""
    if max(column, default=0) < end_us:
        return []
    return [i for i, t in enumerate(column) if t >= end_us]


def _renumbered(events: dict[str, array[int]], numbers: dict[int, int], origin_us: int) -> dict[str, array[int]]:
    """Event rows from the start on, of the messages in ``numbers``, with their new numbers."""
    t, message, kind, value = events["t_us"], events["message"], events["kind"], events["value"]
    keep = [i for i in range(len(t)) if t[i] >= origin_us and message[i] in numbers]
    found = {name: array(column.typecode, [column[i] for i in keep]) for name, column in events.items()}
    found["message"] = array("i", [numbers[message[i]] for i in keep])
    named, why = (Event.BOUNCED, Event.DELAY_NOTICED), events["why"]  # and of a report that is sent, whose reason is not NONE
    is_number = [kind[i] in named or (kind[i] == Event.SENT and why[i] != 0) for i in keep]
    found["value"] = array("q", [numbers.get(value[i], -1) if so else value[i] for i, so in zip(keep, is_number, strict=True)])
    return found
