"""An event log made readable for checkers and tests: deliveries and rows with their names as text, and who was down when."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from mailsim.events import EVENT_COLUMNS, MESSAGE_COLUMNS, Event, EventLog
from mailsim.rules.dsn import NOTHING_ASKED
from mailsim.scenario.places import places
from mailsim.scenario.scenario import Scenario

__all__ = ["CHECKS", "DELIVERY_NAMES", "ROW_NAMES", "Delivery", "Record", "Row", "checker"]

#: a reply may still be on its way when its server goes down: a success counts up to this long after the last good instant
IN_FLIGHT_US = 2_000_000

#: a server that has the whole body needs no longer than this to take the message (a draw of some 5 deviations)
WORK_US = 90_000_000

#: words of a condition under which no message gets through
BLOCKING = re.compile(r"[45]\d\d .* at (greeting|ehlo|mail|rcpt|data|eod)|(drops connections|hangs) at \w+")

#: on the list for people: a partition, which names the other side
DIVIDED = re.compile(r"cut off from |can't send to |hears nothing from ")

#: columns of the message table and of the event rows that hold name numbers
DELIVERY_NAMES = frozenset({"sender", "rcpt", "origin", "flavour", "via", "holder"})
ROW_NAMES = frozenset({"rcpt", "node", "peer", "extra"})


class Delivery(NamedTuple):
    """One row of the message table, names as text ("" for none)."""

    message: int
    parent: int
    sender: str
    rcpt: str
    origin: str
    flavour: str
    size: int
    sent_us: int
    accepted_us: int
    relayed_us: int
    stored_us: int
    fetched_us: int
    ended_us: int
    tries: int
    via: str
    holder: str
    state: int
    why: int
    code: int
    copies: int

    def __str__(self) -> str:
        return f"message {self.message} to {self.rcpt}"


class Row(NamedTuple):
    """One event row, names as text ("" for none)."""

    t_us: int
    message: int
    rcpt: str
    kind: int
    node: str
    peer: str
    detail: int
    attempt: int
    code: int
    why: int
    value: int
    extra: str

    def __str__(self) -> str:
        return f"{self.t_us} us: {Event(self.kind).name} of message {self.message} at {self.node}"


class Record:
    """A log and its scenario, made readable."""

    def __init__(self, log: EventLog, scenario: Any) -> None:
        self.log = log
        self.scenario = scenario
        self.nodes: dict[str, Any] = dict(scenario.nodes)
        self.figures: dict[str, Any] = {}
        self.deliveries = [Delivery(*values) for values in self._rows(log.messages, MESSAGE_COLUMNS, DELIVERY_NAMES)]
        self.rows = [Row(*values) for values in self._rows(log.events, EVENT_COLUMNS, ROW_NAMES)]

    def _rows(self, table: dict[str, Any], columns: tuple[Any, ...], named: frozenset[str]) -> Iterator[tuple[Any, ...]]:
        names = self.log.names
        parts = []
        for column in columns:
            values = table[column.name]
            parts.append([names[v] if v >= 0 else "" for v in values] if column.name in named else list(values))
        return zip(*parts, strict=True)

    @cached_property
    def of_message(self) -> dict[int, list[Row]]:
        """Event rows by message."""
        found: dict[int, list[Row]] = defaultdict(list)
        for row in self.rows:
            if row.message >= 0:
                found[row.message].append(row)
        return found

    @cached_property
    def senders(self) -> dict[int, str]:
        """Envelope sender by message."""
        return {d.message: d.sender for d in self.deliveries}

    @cached_property
    def recipients(self) -> Counter[int]:
        """Number of recipients by message."""
        return Counter(d.message for d in self.deliveries)

    def request(self, message: int, rcpt: str) -> Any:
        """What the sender asked of reports on a message to a recipient (RFC 3461); of a report nothing."""
        lines = self.log.lines
        stream = self.scenario.traffic[lines[message]] if message < len(lines) else None
        return NOTHING_ASKED if stream is None else stream.request(rcpt)

    def kind(self, node: str) -> str:
        """Kind of a node, "" where the scenario has no such node."""
        declared = self.nodes.get(node)
        return declared.kind if declared is not None else ""

    @cached_property
    def addresses(self) -> dict[str, frozenset[str]]:
        """Addresses of each node: two nodes with a common one are one machine."""
        if isinstance(self.scenario, Scenario):
            known: dict[str, Any] = dict(places(self.scenario).addresses)
        else:
            known = {name: getattr(node, "address", ()) for name, node in self.nodes.items()}
        return {name: frozenset(some) for name, some in known.items()}

    def one_machine(self, one: str, other: str) -> bool:
        """Whether two nodes share an address: what passes between them crosses no network."""
        return one == other or bool(self.addresses.get(one, frozenset()) & self.addresses.get(other, frozenset()))

    def begun_us(self, row: Row, giver: str) -> int:
        """When the session began that ``row`` is the success of: the giver's last contact (or send) before it."""
        mine = (r for r in self.of_message[row.message] if r.node == giver and r.t_us <= row.t_us)
        return max((r.t_us for r in mine if r.kind in (Event.TRIED, Event.SENT)), default=row.t_us)

    def meant_by(self, side: str) -> set[str]:
        """The nodes that the side of a partition names."""
        found: set[str] = set()
        for text in side.split(", "):
            kind, _, name = text.partition(":")
            at_site = {one for one, node in self.nodes.items() if getattr(node, "site", None) == name}
            found |= at_site if kind == "site" else set(self.scenario.groups[name]) if kind == "group" else {text}
        return found

    def obstacle(self, row: Row, node: str, peer: str) -> str:
        """What kept ``peer`` from handing anything to ``node`` at ``row``; "" where nothing did.

        A session that began before may end well: the body was there already, and only the reply is lost on its way.  A
        service that stops ends its sessions at once.
        """
        if not peer or node == peer:
            return ""
        local = self.one_machine(node, peer)
        way = {node, f"{node}-{peer}", f"{peer}-{node}"}
        for span in self.log.conditions:
            if not span.start_us <= row.t_us - IN_FLIGHT_US <= row.t_us < span.end_us:
                continue
            word = span.how.split(",")[0]
            if word == "down":
                blocked = span.node in {*way, peer}
            elif word == "refused":
                blocked = span.node in way
            elif word in ("silent", "unreachable") or word == "loses 100 % of packets":
                blocked = span.node in {*way, peer} and not local
            elif DIVIDED.match(word):
                other = self.meant_by(DIVIDED.sub("", word))
                blocked = not local and ((span.node == node and peer in other) or (span.node == peer and node in other))
            else:  # a reply to everybody; what only a share of the sessions or some recipients meet blocks nothing
                blocked = bool(BLOCKING.fullmatch(span.how)) and span.node in way and row.kind != Event.FETCHED
            late = word in ("refused", "down") or self.begun_us(row, peer) >= span.start_us or row.t_us > span.start_us + WORK_US
            if blocked and late:
                return f"{span.node} {span.how}"
        return ""


    def off(self, node: str) -> list[tuple[int, int]]:
        """When a node is down by a crash or a restart of its service."""
        mine = (span for span in self.log.conditions if span.node == node)
        return [(span.start_us, span.end_us) for span in mine if span.how.startswith(("down, queue ", "refused, service restarts"))]

    def stuck(self, node: str) -> list[tuple[int, int]]:
        """When a node keeps what it takes."""
        return [(span.start_us, span.end_us) for span in self.log.conditions if span.node == node and span.how == "takes mail and keeps it"]


Checker = Callable[[Record], Iterator[str]]
#: all of them, in the order in which they were written
CHECKS: list[Checker] = []


def checker(function: Checker) -> Checker:
    """Put a checker on the list."""
    CHECKS.append(function)
    return function
