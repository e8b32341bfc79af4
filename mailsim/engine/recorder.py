"""The columnar recorder: names as numbers, the message table in arrays, event rows in one flat list flushed by the block."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from mailsim.events import EVENT_COLUMNS, MESSAGE_COLUMNS, ConditionSpan, EventLog, State

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
        self.rows: list[int] | None = [] if level == "events" else None
        self._flushed = [array(c.typecode) for c in EVENT_COLUMNS]
        self.columns: dict[str, array[int]] = {c.name: array(c.typecode) for c in MESSAGE_COLUMNS}
        for name, column in self.columns.items():
            setattr(self, name, column)
        #: index of the first delivery of each message, and one beyond the last
        self.first: list[int] = [0]

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

    def add_all(self, senders: Sequence[str], recipients: Sequence[Sequence[str]], origins: Sequence[str], sizes: array[int], sent_us: array[int]) -> None:
        """Many messages at once, as :meth:`add_message` would one after the other."""
        if any(len(to) != 1 for to in recipients):
            for sender, to, origin, size, sent in zip(senders, recipients, origins, sizes, sent_us, strict=True):
                self.add_message(-1, sender, to, origin, size, sent)
            return
        n, start, name = len(sent_us), len(self.first) - 1, self.name
        self.message.extend(range(start, start + n))
        self.sender.extend([name(s) for s in senders])
        self.rcpt.extend([name(to[0]) for to in recipients])
        self.origin.extend([name(o) for o in origins])
        self.size.extend(sizes)
        self.sent_us.extend(sent_us)
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

    def log(self, *, end_us: int, end_reason: str, steps: int, conditions: list[ConditionSpan], notes: list[str]) -> EventLog:
        """Close the record: event rows in order of (instant, message, writing), none at or after the end."""
        self.flush()
        events = dict(zip((c.name for c in EVENT_COLUMNS), self._flushed, strict=True))
        t, message = events["t_us"], events["message"]
        keep = [i for i in range(len(t)) if t[i] < end_us]
        keep.sort(key=lambda i: (t[i], message[i]))
        if keep != list(range(len(t))):
            events = {name: array(column.typecode, [column[i] for i in keep]) for name, column in events.items()}
        self._cut(end_us)
        return EventLog(
            names=self.names,
            messages=self.columns,
            events=events,
            level=self.level,
            end_us=end_us,
            end_reason=end_reason,
            steps=steps,
            conditions=conditions,
            notes=notes,
        )

    def _cut(self, end_us: int) -> None:
        """Take back instants at or after the end, which look-ahead may have written."""
        for i in range(len(self.message)):
            if self.sent_us[i] >= end_us:
                self.state[i] = State.UNSENT
            for column in (self.accepted_us, self.relayed_us, self.fetched_us):
                if column[i] >= end_us:
                    column[i] = -1
            if self.stored_us[i] >= end_us:
                self.stored_us[i] = -1
                self.copies[i] = 0
                self.state[i] = State.QUEUED
            if self.ended_us[i] >= end_us:
                self.ended_us[i] = -1
                self.state[i] = State.QUEUED
