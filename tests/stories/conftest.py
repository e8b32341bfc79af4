"""A small log written by hand: one message falls back to the second MX, waits, and is handed on; one is returned."""

from array import array
from types import SimpleNamespace

import pytest

from mailsim.events import EVENT_COLUMNS, MESSAGE_COLUMNS, ConditionSpan, Event, EventLog, State
from mailsim.rules.reasons import Why

S, MS, MIN, HOUR = 1_000_000, 1_000, 60_000_000, 3_600_000_000

NAMED_EVENT = {"rcpt", "node", "peer", "extra"}
NAMED_MESSAGE = {"sender", "rcpt", "origin", "flavour", "via", "holder"}


def make_log(messages, events, *, level="events", end_us=10 * 24 * HOUR, conditions=()):
    """An EventLog from dictionaries; texts become name numbers, what is left out is none."""
    names = []

    def number(text):
        if isinstance(text, int):
            return text
        if text not in names:
            names.append(text)
        return names.index(text)

    table = {column.name: array(column.typecode) for column in MESSAGE_COLUMNS}
    for row in messages:
        for column in MESSAGE_COLUMNS:
            default = 0 if column.name in ("tries", "why", "copies", "size") else -1
            value = row.get(column.name, default)
            table[column.name].append(number(value) if column.name in NAMED_MESSAGE else value)
    rows = {column.name: array(column.typecode) for column in EVENT_COLUMNS}
    for row in sorted(events, key=lambda row: row["t_us"]):
        for column in EVENT_COLUMNS:
            default = 0 if column.name in ("why", "attempt", "value") else -1
            value = row.get(column.name, default)
            named = column.name in NAMED_EVENT or (column.name == "detail" and isinstance(value, str))
            rows[column.name].append(number(value) if named else value)
    return EventLog(
        names, table, rows if level == "events" else {name: rows[name][:0] for name in rows}, level, end_us, conditions=list(conditions)
    )


def lookup(t_us, message, node, name, rtype, answer, *, why=Why.FROM_CACHE, took=MS, attempt=1, code=0):
    return {"t_us": t_us, "message": message, "kind": Event.LOOKED_UP, "node": node, "peer": name, "detail": rtype, "attempt": attempt,
            "code": code, "why": why, "value": took, "extra": answer}  # fmt: skip


def tried(t_us, message, node, peer, address, why, *, took, attempt=1, code=-1, extra="connect|"):
    return {"t_us": t_us, "message": message, "kind": Event.TRIED, "node": node, "peer": peer, "detail": address, "attempt": attempt,
            "code": code, "why": why, "value": took, "extra": extra}  # fmt: skip


def row(t_us, message, kind, node, **more):
    return {"t_us": t_us, "message": message, "kind": kind, "node": node, **more}


MX = "10 mx1.example.com, 20 mx2.example.com (TTL 3600)"
OK = "eod|250 2.0.0 Ok: queued"

#: message 0: sent at 1 h; the first MX is silent, the second takes it and waits 5 min for the first
FALLBACK = [
    row(HOUR, 0, Event.SENT, "ann"),
    lookup(HOUR, 0, "ann", "_submissions._tcp.example.org", 33, "0 1 465 mail.example.org (TTL 3600)", attempt=0),
    row(HOUR + 500 * MS, 0, Event.SUBMITTED, "ann", peer="isp", code=250, extra=OK, value=499 * MS),
    row(HOUR + 480 * MS, 0, Event.ACCEPTED, "isp", peer="ann", code=250),
    lookup(HOUR + 480 * MS, 0, "isp", "example.com", 15, MX, why=Why.FROM_SERVER, took=120 * MS),
    tried(HOUR + 600 * MS, 0, "isp", "mx1", "192.0.2.10", Why.SILENT, took=30 * S),
    tried(HOUR + 30 * S + 600 * MS, 0, "isp", "mx2", "198.51.100.20", Why.OK, took=400 * MS, code=250, extra=OK),
    row(HOUR + 31 * S, 0, Event.DELIVERED, "isp", peer="mx2", code=250),
    row(HOUR + 31 * S - 20 * MS, 0, Event.ACCEPTED, "mx2", peer="isp", code=250),
    lookup(HOUR + 31 * S, 0, "mx2", "example.com", 15, MX),
    tried(HOUR + 31 * S + MS, 0, "mx2", "mx1", "192.0.2.10", Why.SILENT, took=30 * S),
    row(HOUR + 61 * S + MS, 0, Event.DEFERRED, "mx2", attempt=1, why=Why.SILENT, value=HOUR + 5 * MIN),
    row(HOUR + 5 * MIN, 0, Event.ACTIVATED, "mx2", attempt=1),
    lookup(HOUR + 5 * MIN, 0, "mx2", "example.com", 15, MX, attempt=2),
    tried(HOUR + 5 * MIN + MS, 0, "mx2", "mx1", "192.0.2.10", Why.OK, took=399 * MS, attempt=2, code=250, extra=OK),
    row(HOUR + 5 * MIN + 400 * MS, 0, Event.DELIVERED, "mx2", peer="mx1", attempt=2, code=250),
    row(HOUR + 5 * MIN + 380 * MS, 0, Event.ACCEPTED, "mx1", peer="mx2", code=250),
    row(HOUR + 5 * MIN + S, 0, Event.STORED, "boxes", rcpt="bob@example.com", why=Why.LOCAL_DELIVERY, code=250),
    row(HOUR + 6 * MIN, 0, Event.FETCHED, "bob", rcpt="bob@example.com", why=Why.POLLED),
]

#: message 1: refused for good; message 2 is the report
BOUNCED = [
    row(2 * HOUR, 1, Event.SENT, "ann"),
    row(2 * HOUR + S, 1, Event.ACCEPTED, "isp", peer="ann", code=250),
    lookup(2 * HOUR + S, 1, "isp", "example.com", 15, MX),
    tried(2 * HOUR + S + MS, 1, "isp", "mx1", "192.0.2.10", Why.PERMFAIL, took=300 * MS, code=550, extra="rcpt|550 5.1.1 no such user"),
    row(2 * HOUR + S + 301 * MS, 1, Event.BOUNCED, "isp", rcpt="eve@example.com", attempt=1, code=550, why=Why.PERMFAIL, value=2,
        extra="550 5.1.1 no such user"),
    row(2 * HOUR + S + 301 * MS, 2, Event.SENT, "isp", why=Why.REPORT_TO_SENDER, value=1),
    row(2 * HOUR + S + 301 * MS, 2, Event.ACCEPTED, "isp", peer="isp", code=250),
    row(2 * HOUR + 2 * S, 2, Event.STORED, "home", rcpt="ann@example.org", why=Why.LOCAL_DELIVERY, code=250),
]  # fmt: skip

MESSAGES = [
    {"message": 0, "sender": "ann@example.org", "rcpt": "bob@example.com", "origin": "ann", "size": 20_000, "sent_us": HOUR,
     "accepted_us": HOUR + 480 * MS, "relayed_us": HOUR + 31 * S - 20 * MS, "stored_us": HOUR + 5 * MIN + S, "fetched_us": HOUR + 6 * MIN,
     "tries": 3, "via": "mx2", "holder": "boxes", "state": State.STORED, "why": Why.SILENT, "copies": 1},
    {"message": 1, "sender": "ann@example.org", "rcpt": "eve@example.com", "origin": "ann", "size": 900, "sent_us": 2 * HOUR,
     "accepted_us": 2 * HOUR + S, "ended_us": 2 * HOUR + S + 301 * MS, "tries": 1, "holder": "isp", "state": State.BOUNCED,
     "why": Why.PERMFAIL, "code": 550},
    {"message": 2, "parent": 1, "sender": "", "rcpt": "ann@example.org", "origin": "isp", "size": 1500, "sent_us": 2 * HOUR + S + 301 * MS,
     "accepted_us": 2 * HOUR + S + 301 * MS, "stored_us": 2 * HOUR + 2 * S, "holder": "home", "state": State.STORED, "copies": 1},
]  # fmt: skip

OUTAGE = ConditionSpan("mx1", "mx1", "silent", HOUR - MIN, HOUR + 4 * MIN)


@pytest.fixture
def told():
    """The hand-written run, without a scenario: everybody is called what the log calls them."""
    return SimpleNamespace(scenario=None, log=make_log(MESSAGES, FALLBACK + BOUNCED, conditions=[OUTAGE]))


@pytest.fixture
def log_of():
    """Makes a log: see ``make_log``."""
    return make_log
