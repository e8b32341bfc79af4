"""The clean log of an outage as lists of dicts, to be falsified and made a log again; and its scenario."""

from __future__ import annotations

from array import array
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

from mailsim.events import EVENT_COLUMNS, MESSAGE_COLUMNS, Event, EventLog
from mailsim.nodes import Client, Fetch, Mailbox, Mailstore, Mta, Resolver
from record import DELIVERY_NAMES, ROW_NAMES
from small_logs import S, outage_log

__all__ = ["SCENARIO", "Draft"]

SCENARIO = SimpleNamespace(
    defaults=SimpleNamespace(resolver="dns"),
    traffic=(),
    nodes={
        "ann": Client(address="ann@example.org", password="secret", fetch=Fetch(host="mail.example.org")),
        "isp": Mta(final_for=("example.org",), store="home", submission=True),
        "home": Mailstore(mailboxes={"ann@example.org": Mailbox(password="secret")}),
        "dns": Resolver(),
        "mx1": Mta(final_for=("example.com",), store="boxes", address="192.0.2.10"),
        "mx2": Mta(relays_for=("example.com",), address="198.51.100.20", queue_lifetime="40m"),
        "boxes": Mailstore(mailboxes={"bob@example.com": Mailbox(password="hunter2")}),
        "eve": Client(address="eve@example.org", password="a guess"),
        "bob": Client(address="bob@example.com", password="hunter2", fetch=Fetch(host="imap.example.com")),
    },
)


class Draft:
    """The clean log as lists of dicts, to be falsified and made a log again."""

    def __init__(self) -> None:
        self.source = outage_log()
        self.end_us = self.source.end_us
        self.end_reason = self.source.end_reason
        self.conditions = list(self.source.conditions)
        self.mail = self._dicts(self.source.messages, DELIVERY_NAMES)
        self.rows = self._dicts(self.source.events, ROW_NAMES)
        self.row(4, Event.DEFERRED, "mx2")["value"] = 2_262 * S  # on the grid of the other dates

    def _dicts(self, table: dict[str, Any], named: frozenset[str]) -> list[dict[str, Any]]:
        names = self.source.names
        columns = [[names[v] if v >= 0 else None for v in values] if name in named else values for name, values in table.items()]
        return [dict(zip(table, values, strict=True)) for values in zip(*columns, strict=True)]

    def row(self, message: int, kind: Event, node: str, nth: int = 0) -> dict[str, Any]:
        """The nth row of that kind."""
        return [r for r in self.rows if (r["message"], r["kind"], r["node"]) == (message, kind, node)][nth]

    def add(self, like: dict[str, Any], **changes: Any) -> None:
        """One more row, like another one but for the changes."""
        self.rows.append(deepcopy(like) | changes)
        self.rows.sort(key=lambda r: (r["t_us"], r["message"]))

    def log(self) -> EventLog:
        """The log that the draft describes."""
        names = list(self.source.names)

        def number(value: Any) -> int:
            if value is None:
                return -1
            if isinstance(value, str):
                if value not in names:
                    names.append(value)
                return names.index(value)
            return int(value)

        messages = {c.name: array(c.typecode, [number(row[c.name]) for row in self.mail]) for c in MESSAGE_COLUMNS}
        events = {c.name: array(c.typecode, [number(row[c.name]) for row in self.rows]) for c in EVENT_COLUMNS}
        return EventLog(names, messages, events, "events", self.end_us, self.end_reason, 0, self.conditions)
