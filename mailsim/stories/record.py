"""The event rows and deliveries of one message, read from the log with their names filled in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.events import Event, EventLog, State
from mailsim.rules.reasons import Why

__all__ = ["Delivery", "Row", "children", "deliveries_of", "rows_of", "rows_without_message"]


class Row(NamedTuple):
    """One event row with its names; -1 and ``""`` mean "none".  ``address`` is ``detail`` as a name, of contacts only."""

    place: int
    t_us: int
    rcpt: str
    kind: Event
    node: str
    peer: str
    detail: int
    address: str
    attempt: int
    code: int
    why: Why
    value: int
    extra: str

    @property
    def stage(self) -> str:
        """How far the session came, of an ``extra`` that reads ``stage|reply text``."""
        return self.extra.partition("|")[0] if "|" in self.extra else ""

    @property
    def reply(self) -> str:
        """The reply text of an ``extra`` that reads ``stage|reply text``, else all of it."""
        head, bar, tail = self.extra.partition("|")
        return tail if bar else head


class Delivery(NamedTuple):
    """One delivery (message to one recipient) of the message table with its names."""

    number: int
    parent: int
    sender: str
    rcpt: str
    origin: str
    flavour: str
    size: int
    sent_us: int
    stored_us: int
    fetched_us: int
    ended_us: int
    via: str
    holder: str
    state: State
    why: Why
    copies: int

    @property
    def last_us(self) -> int:
        """The last instant that is known of it."""
        return max(self.sent_us, self.stored_us, self.fetched_us, self.ended_us)


def _why(number: int) -> Why:
    return Why(number) if number in Why._value2member_map_ else Why.NONE


def deliveries_of(log: EventLog, number: int) -> tuple[Delivery, ...]:
    """The deliveries of a message.

    Raises
    ------
    UnknownNameError
        There is no such message.
    """
    table = log.messages
    found = tuple(_delivery(log, k) for k, message in enumerate(table["message"]) if message == number)
    if not found:
        last = max(table["message"], default=-1)
        raise UnknownNameError("message", number, [f"0 to {last}"] if last >= 0 else ["none: nothing was sent"])
    return found


def _delivery(log: EventLog, k: int) -> Delivery:
    table = log.messages

    def name(column: str) -> str:
        return log.names[table[column][k]] if table[column][k] >= 0 else ""

    return Delivery(
        number=table["message"][k],
        parent=table["parent"][k],
        sender=name("sender"),
        rcpt=name("rcpt"),
        origin=name("origin"),
        flavour=name("flavour"),
        size=table["size"][k],
        sent_us=table["sent_us"][k],
        stored_us=table["stored_us"][k],
        fetched_us=table["fetched_us"][k],
        ended_us=table["ended_us"][k],
        via=name("via"),
        holder=name("holder"),
        state=State(table["state"][k]),
        why=_why(table["why"][k]),
        copies=table["copies"][k],
    )


def children(log: EventLog, number: int) -> tuple[int, ...]:
    """The reports about a message, by number."""
    table = log.messages
    return tuple(sorted({message for message, parent in zip(table["message"], table["parent"], strict=True) if parent == number}))


def rows_of(log: EventLog, number: int) -> tuple[Row, ...]:
    """The event rows of a message in the order of the log.

    Raises
    ------
    UnsupportedError
        The log was recorded below level ``events``.
    """
    if log.level != "events":
        raise UnsupportedError(f"a run at level {log.level!r} keeps no story of a message; run again with level='events'")
    return tuple(_row(log, k) for k, message in enumerate(log.events["message"]) if message == number)


def rows_without_message(log: EventLog, node: str, *, start_us: int, end_us: int) -> Iterator[Row]:
    """Rows that concern no message (a poll that failed) at a node from ``start_us`` to ``end_us``."""
    events = log.events
    if node not in log.names:
        return
    here = log.names.index(node)
    for k, message in enumerate(events["message"]):
        if message == -1 and events["node"][k] == here and start_us <= events["t_us"][k] <= end_us:
            yield _row(log, k)


def _row(log: EventLog, k: int) -> Row:
    events = log.events

    def name(column: str) -> str:
        return log.names[events[column][k]] if events[column][k] >= 0 else ""

    return Row(
        place=k,
        t_us=events["t_us"][k],
        rcpt=name("rcpt"),
        kind=Event(events["kind"][k]),
        node=name("node"),
        peer=name("peer"),
        detail=events["detail"][k],
        address="" if events["kind"][k] == Event.LOOKED_UP else name("detail"),
        attempt=events["attempt"][k],
        code=events["code"][k],
        why=_why(events["why"][k]),
        value=events["value"][k],
        extra=name("extra"),
    )
