"""A log of seven messages written by hand: one outage, one fallback, one bounce with its report, one rejected, one queued.

::

    0  sent  100 s  before the outage: mx1 takes it, stored at 103, read at 110
    1  sent  700 s  mx1 is silent (30 s), mx2 takes it at 732, hands it over at 4501, stored 4502, read 4600
    2  sent 1000 s  as 1, but mx2 gives up at 4000: report 6 to the sender, stored 4003, read 4100
    3  sent 1500 s  the submission server says 550: rejected
    4  sent 2000 s  mx2 takes it at 2032 and still has it at the end (8000 s)
    5  sent 5000 s  after the outage: mx1 takes it, stored 5003, not read yet
    6               the report about 2

mx1 is silent from 600 s to 4200 s.
"""

from __future__ import annotations

from array import array

from mailsim.events import EVENT_COLUMNS, MESSAGE_COLUMNS, ConditionSpan, Event, EventLog, State
from mailsim.results import Result
from mailsim.rules.reasons import Why
from mailsim.scenario import Scenario, load

S = 1_000_000
HOSTS = {
    "mx1": ("mx1.example.com", "192.0.2.10"),
    "mx2": ("mx2.example.com", "198.51.100.20"),
    "mail": ("mail.example.org", "203.0.113.25"),
}


class Written:
    """Rows written one by one, names numbered as they come."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.messages: dict[str, array[int]] = {c.name: array(c.typecode) for c in MESSAGE_COLUMNS}
        self.events: dict[str, array[int]] = {c.name: array(c.typecode) for c in EVENT_COLUMNS}
        self._rows: list[tuple[int, dict[str, int]]] = []

    def name(self, text: str) -> int:
        if text not in self.names:
            self.names.append(text)
        return self.names.index(text)

    def _row(self, given: dict[str, object]) -> dict[str, int]:
        row = {}
        for key, value in given.items():
            if isinstance(value, str):
                row[key] = self.name(value)
            elif key.endswith("_us") or key in {"took", "due"}:
                row["value" if key in {"took", "due"} else key] = round(float(value) * S)  # type: ignore[arg-type]
            else:
                row[key] = int(value)  # type: ignore[call-overload]
        return row

    def message(self, **given: object) -> None:
        row = {column.name: -1 for column in MESSAGE_COLUMNS} | {"tries": 0, "copies": 0, "why": 0, "size": 1000} | self._row(given)
        for key, value in row.items():
            self.messages[key].append(value)

    def event(self, t_s: float, kind: Event, **given: object) -> None:
        row = {column.name: -1 for column in EVENT_COLUMNS} | {"why": 0} | self._row(given)
        self._rows.append((round(t_s * S), row | {"t_us": round(t_s * S), "kind": int(kind)}))

    def tried(self, t_s: float, i: int, node: str, target: str, *, attempt: int, took: float, why: Why) -> None:
        said = {"code": 250, "extra": "eod|250 2.0.0 Ok: queued"} if why == Why.OK else {"extra": "connect|"}
        host, address = HOSTS[target]
        self.event(t_s, Event.TRIED, message=i, node=node, peer=host, detail=address, attempt=attempt, took=took, why=why, **said)

    def log(self, *, end_s: float, conditions: list[ConditionSpan], level: str = "events") -> EventLog:
        for _, row in sorted(self._rows, key=lambda pair: (pair[0], pair[1]["message"])):
            for key, value in row.items():
                self.events[key].append(value)
        return EventLog(self.names, self.messages, self.events, level, round(end_s * S), "given", 0, conditions)


def _straight(w: Written, i: int, t: float, read: float | None) -> None:
    """Message ``i`` goes client, isp, mx1, boxes within three seconds."""
    w.event(t, Event.SENT, message=i, node="ann")
    w.event(t + 1, Event.SUBMITTED, message=i, node="ann", peer="mail.example.org", code=250)
    w.event(t + 1, Event.ACCEPTED, message=i, node="isp", peer="ann")
    w.event(t + 1, Event.LOOKED_UP, message=i, node="isp", peer="example.com", detail=15, code=0, why=Why.FROM_CACHE, took=0,
            extra="10 mx1.example.com, 20 mx2.example.com")  # fmt: skip
    w.tried(t + 1, i, "isp", "mx1", attempt=1, took=1, why=Why.OK)
    w.event(t + 2, Event.DELIVERED, message=i, node="isp", peer="mx1")
    w.event(t + 2, Event.ACCEPTED, message=i, node="mx1", peer="isp")
    w.event(t + 3, Event.DELIVERED, message=i, node="mx1", peer="boxes")
    w.event(t + 3, Event.STORED, message=i, node="boxes", peer="mx1", rcpt="bob@example.com")
    if read is not None:
        w.event(read, Event.FETCHED, message=i, node="bob")


def _fallback(w: Written, i: int, t: float) -> None:
    """Message ``i`` finds mx1 silent and goes to mx2, which finds mx1 silent too and defers."""
    w.event(t, Event.SENT, message=i, node="ann")
    w.event(t + 1, Event.SUBMITTED, message=i, node="ann", peer="mail.example.org", code=250)
    w.event(t + 1, Event.ACCEPTED, message=i, node="isp", peer="ann")
    w.tried(t + 1, i, "isp", "mx1", attempt=1, took=30, why=Why.SILENT)
    w.tried(t + 31, i, "isp", "mx2", attempt=1, took=1, why=Why.OK)
    w.event(t + 32, Event.DELIVERED, message=i, node="isp", peer="mx2")
    w.event(t + 32, Event.ACCEPTED, message=i, node="mx2", peer="isp")
    w.tried(t + 32, i, "mx2", "mx1", attempt=1, took=30, why=Why.SILENT)
    w.event(t + 62, Event.DEFERRED, message=i, node="mx2", why=Why.RETRY_LATER, due=t + 362)


def outage_log(*, level: str = "events") -> EventLog:
    """The log described on top; at level ``messages`` without its event rows."""
    w = Written()
    mail = {"sender": "ann@example.org", "rcpt": "bob@example.com", "origin": "ann"}
    lost = {"why": Why.SILENT, "via": "mx2"}
    w.message(message=0, sent_us=100, accepted_us=101, relayed_us=102, stored_us=103, fetched_us=110, tries=1, via="mx1", holder="boxes",
              state=State.STORED, copies=1, **mail)  # fmt: skip
    w.message(message=1, sent_us=700, accepted_us=701, relayed_us=732, stored_us=4502, fetched_us=4600, tries=3, holder="boxes",
              state=State.STORED, copies=1, **mail, **lost)  # fmt: skip
    w.message(message=2, sent_us=1000, accepted_us=1001, relayed_us=1032, ended_us=4000, tries=3, state=State.BOUNCED, **mail, **lost)
    w.message(message=3, sent_us=1500, ended_us=1501, state=State.REJECTED, why=Why.NO_SUCH_MAILBOX, code=550, **mail)
    w.message(message=4, sent_us=2000, accepted_us=2001, relayed_us=2032, tries=2, state=State.QUEUED, holder="mx2", size=5000,
              **mail, **lost)  # fmt: skip
    w.message(message=5, sent_us=5000, accepted_us=5001, relayed_us=5002, stored_us=5003, tries=1, via="mx1", holder="boxes",
              state=State.STORED, copies=1, **mail)  # fmt: skip
    w.message(message=6, parent=2, sender="", rcpt="ann@example.org", origin="mx2", sent_us=4000, accepted_us=4000, relayed_us=4002,
              stored_us=4003, fetched_us=4100, tries=1, via="isp", holder="home", state=State.STORED, copies=1)  # fmt: skip
    if level == "events":
        _straight(w, 0, 100, 110)
        _straight(w, 5, 5000, None)
        for i, t in ((1, 700), (2, 1000), (4, 2000)):
            _fallback(w, i, t)
        w.event(1500, Event.SENT, message=3, node="ann")
        w.event(1501, Event.REJECTED, message=3, node="ann", peer="mail.example.org", code=550, why=Why.NO_SUCH_MAILBOX, extra="=550 no")
        _hand_over(w)
        _return(w)
        w.event(600, Event.CONDITION, message=-1, node="mx1", peer="silent", due=4200)
    return w.log(end_s=8000, conditions=[ConditionSpan("mx1", "mx1", "silent", 600 * S, 4200 * S)], level=level)


def _hand_over(w: Written) -> None:
    w.event(4500, Event.ACTIVATED, message=1, node="mx2")
    w.tried(4500, 1, "mx2", "mx1", attempt=2, took=1, why=Why.OK)
    w.event(4501, Event.DELIVERED, message=1, node="mx2", peer="mx1")
    w.event(4501, Event.ACCEPTED, message=1, node="mx1", peer="mx2")
    w.event(4502, Event.DELIVERED, message=1, node="mx1", peer="boxes")
    w.event(4502, Event.STORED, message=1, node="boxes", peer="mx1", rcpt="bob@example.com")
    w.event(4600, Event.FETCHED, message=1, node="bob")


def _return(w: Written) -> None:
    w.event(3970, Event.ACTIVATED, message=2, node="mx2")
    w.tried(3970, 2, "mx2", "mx1", attempt=2, took=30, why=Why.SILENT)
    w.event(4000, Event.EXPIRED, message=2, node="mx2", why=Why.LIFETIME_OVER)
    w.event(4000, Event.BOUNCED, message=2, node="mx2", why=Why.LIFETIME_OVER, value=6, extra="connect timed out")
    w.event(4000, Event.ACCEPTED, message=6, node="mx2")
    w.tried(4001, 6, "mx2", "mail", attempt=1, took=1, why=Why.OK)
    w.event(4002, Event.DELIVERED, message=6, node="mx2", peer="isp")
    w.event(4002, Event.ACCEPTED, message=6, node="isp", peer="mx2")
    w.event(4003, Event.DELIVERED, message=6, node="isp", peer="home")
    w.event(4003, Event.STORED, message=6, node="home", peer="isp", rcpt="ann@example.org")
    w.event(4100, Event.FETCHED, message=6, node="ann")


def small_scenario(**changes: object) -> Scenario:
    """The world that :func:`outage_log` was seen in."""
    return load(
        {
            "name": "small",
            "starts": "2026-01-05 00:00 UTC",
            "zones": [
                "$ORIGIN example.com.\n@ 3600 IN MX 10 mx1\n@ 3600 IN MX 20 mx2\nmx1 3600 IN A 192.0.2.10\n"
                "mx2 3600 IN A 198.51.100.20\nimap 3600 IN A 192.0.2.30\n",
                "$ORIGIN example.org.\n@ 3600 IN MX 10 mail\nmail 3600 IN A 203.0.113.25\n",
            ],
            "nodes": {
                "bob": {"kind": "client", "address": "bob@example.com", "password": "b", "fetch": {"host": "imap.example.com"}},
                "boxes": {"kind": "mailstore", "host": "imap.example.com", "mailboxes": {"bob@example.com": {"password": "b"}}},
                "mx2": {"kind": "mta", "relays_for": ["example.com"]},
                "mx1": {"kind": "mta", "final_for": ["example.com"], "store": "boxes"},
                "dns": {"kind": "resolver"},
                "home": {"kind": "mailstore", "host": "mail.example.org", "mailboxes": {"ann@example.org": {"password": "a"}}},
                "isp": {"kind": "mta", "host": "mail.example.org", "final_for": ["example.org"], "store": "home", "submission": True},
                "ann": {"kind": "client", "address": "ann@example.org", "password": "a", "submission": {"discover": "mail.example.org"}},
            },
            "traffic": [{"kind": "at", "from": "ann@example.org", "to": "bob@example.com", "times": ["100s", "700s"]}],
            "faults": [{"kind": "outage", "target": "mx1", "start": "600s", "length": "1h"}],
            **changes,
        }
    )


def small_result(*, level: str = "events") -> Result:
    """:func:`outage_log` with its scenario, seed 7."""
    return Result(small_scenario(), 7, outage_log(level=level))
