"""From the log to tables: one function for each table of the schema, each a single pass of numpy over the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mailsim.errors import UnsupportedError
from mailsim.events import Event, EventLog, State
from mailsim.nodes.lookups import POLICY_FETCH, PROTOCOL_NUMBERS, TYPE_NUMBERS
from mailsim.results.budget import PARTS, latency_parts
from mailsim.results.columns import (
    Ints,
    by_message,
    chosen_words,
    frame,
    instants,
    listed_words,
    named_words,
    numbers,
    reason_words,
    seconds,
    view,
)
from mailsim.results.metrics import sent_during_faults
from mailsim.results.queues import queue_changes
from mailsim.results.schema import LEVELS, table
from mailsim.rules.dns.records import Rcode
from mailsim.rules.dns.stubs.calls import CLOSED, CUT
from mailsim.rules.reasons import Why
from mailsim.units import Instant, instant

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DEFAULT_STARTS",
    "attempts",
    "bounces",
    "faults",
    "latency_budget",
    "lookups",
    "messages",
    "questions",
    "queues",
    "reports",
    "require_level",
]

#: the calendar origin of a log that is read without its scenario
DEFAULT_STARTS: Instant = instant("2026-01-05T00:00:00Z")

#: an end later than this (a thousand years) means "never ends"
FAR_US = 1000 * 366 * 86_400 * 1_000_000

#: why a report of success is made
_OF_SUCCESS = (Why.REPORTED_DELIVERED, Why.REPORTED_RELAYED)

STATE_WORDS: tuple[str, ...] = tuple(state.name.lower() for state in State)
RCODE_WORDS: dict[int, str] = {
    Rcode.NOERROR: "NOERROR",
    Rcode.SERVFAIL: "SERVFAIL",
    Rcode.NXDOMAIN: "NXDOMAIN",
    Rcode.REFUSED: "REFUSED",
    Rcode.TIMEOUT: "TIMEOUT",
    CLOSED: "CLOSED",
    CUT: "CUT",
}


def require_level(log: EventLog, name: str) -> None:
    """Nothing, where the log's recording level has the table.

    Raises
    ------
    UnsupportedError
        Says which level has it.
    """
    needed = table(name).level
    if LEVELS.index(log.level) < LEVELS.index(needed):
        raise UnsupportedError(f"a run at level {log.level!r} has no table {name!r}; run again with level={needed!r}")


def _rows(log: EventLog, *kinds: Event) -> Ints:
    """Numbers of the event rows of these kinds, in the order of the log."""
    return np.flatnonzero(np.isin(view(log.events, "kind"), kinds))


def messages(log: EventLog, starts: Instant = DEFAULT_STARTS) -> pd.DataFrame:
    """One row per delivery; columns as in the schema.

    Raises
    ------
    UnsupportedError
        The log was recorded at level ``counts``.
    """
    require_level(log, "messages")
    kept = np.flatnonzero(view(log.messages, "state") != State.UNSENT)

    def of(name: str) -> Ints:
        return view(log.messages, name)[kept]

    sent, stored, fetched = of("sent_us"), of("stored_us"), of("fetched_us")
    return frame(
        "messages",
        {
            "message": of("message").astype(np.int64),
            "sender": named_words(of("sender"), log.names),
            "recipient": named_words(of("rcpt"), log.names),
            "sent_at": instants(sent, starts),
            "state": chosen_words(of("state"), STATE_WORDS),
            "via": named_words(of("via"), log.names),
            "latency_stored_s": seconds(np.where(stored < 0, -1, stored - sent)),
            "latency_read_s": seconds(np.where(fetched < 0, -1, fetched - sent)),
            "why": reason_words(of("why")),
            "code": numbers(of("code")),
            "tries": of("tries").astype(np.int64),
            "copies": of("copies").astype(np.int64),
            "during_fault": sent_during_faults(log)[kept],
            "parent": numbers(of("parent")),
            "origin": named_words(of("origin"), log.names),
            "flavour": named_words(of("flavour"), log.names),
            "holder": named_words(of("holder"), log.names),
            "size_octets": of("size").astype(np.int64),
            **{f"{name}_s": seconds(of(f"{name}_us")) for name in ("sent", "accepted", "relayed", "stored", "fetched", "ended")},
        },
    )


def attempts(log: EventLog, starts: Instant = DEFAULT_STARTS) -> pd.DataFrame:
    """One row per address tried; columns as in the schema.

    Raises
    ------
    UnsupportedError
        The log was recorded below level ``events``.
    """
    require_level(log, "attempts")
    rows = _rows(log, Event.TRIED)

    def of(name: str) -> Ints:
        return view(log.events, name)[rows]

    begin, said = of("t_us"), [text.partition("|") for text in log.names]
    return frame(
        "attempts",
        {
            "at": instants(begin, starts),
            "node": named_words(of("node"), log.names),
            "message": of("message").astype(np.int64),
            "attempt": of("attempt").astype(np.int64),
            "host": named_words(of("peer"), log.names),
            "address": named_words(of("detail"), log.names),
            "outcome": reason_words(of("why")),
            "stage": named_words(of("extra"), [stage if bar else "" for stage, bar, _ in said]),
            "code": numbers(np.where(of("code") > 0, of("code"), -1)),
            "reply": named_words(of("extra"), [reply if bar else text for text, bar, reply in said]),
            "start_s": seconds(begin),
            "duration_s": seconds(of("value")),
        },
    )


def lookups(log: EventLog, starts: Instant = DEFAULT_STARTS) -> pd.DataFrame:
    """One row per question to a resolver; columns as in the schema.

    Raises
    ------
    UnsupportedError
        The log was recorded below level ``events``.
    """
    require_level(log, "lookups")
    rows = _rows(log, Event.LOOKED_UP)

    def of(name: str) -> Ints:
        return view(log.events, name)[rows]

    begin = of("t_us")
    types = {number: word for word, number in TYPE_NUMBERS.items()}
    return frame(
        "lookups",
        {
            "at": instants(begin, starts),
            "node": named_words(of("node"), log.names),
            "message": numbers(of("message")),
            "name": named_words(of("peer"), log.names),
            "type": chosen_words(of("detail"), _spread({**types, POLICY_FETCH: "policy"}, of("detail"), "TYPE")),
            "rcode": chosen_words(of("code"), _spread(RCODE_WORDS, of("code"), "RCODE")),
            "source": reason_words(of("why")),
            "answer": named_words(of("extra"), log.names),
            "start_s": seconds(begin),
            "duration_s": seconds(of("value")),
        },
    )


def questions(log: EventLog, starts: Instant = DEFAULT_STARTS) -> pd.DataFrame:
    """One row per question of a resolver to a server; columns as in the schema.

    Raises
    ------
    UnsupportedError
        The log was recorded below level ``events``.
    """
    require_level(log, "questions")
    rows = _rows(log, Event.ASKED)

    def of(name: str) -> Ints:
        return view(log.events, name)[rows]

    transports = _spread({number: word for word, number in PROTOCOL_NUMBERS.items()}, of("code"), "protocol ")
    return frame(
        "questions",
        {
            "at": instants(of("t_us"), starts),
            "node": named_words(of("node"), log.names),
            "server": named_words(of("peer"), log.names),
            "name": named_words(of("extra"), log.names),
            "type": chosen_words(of("detail"), _spread({number: word for word, number in TYPE_NUMBERS.items()}, of("detail"), "TYPE")),
            "transport": chosen_words(of("code"), transports),
            "reach": reason_words(of("why")),
            "sent_s": seconds(of("t_us")),
        },
    )


def _spread(words: dict[int, str], values: Ints, prefix: str) -> list[str]:
    """Words by number up to the largest number in use; an unknown one as ``TYPE257`` (RFC 3597 section 5)."""
    return [words.get(i, f"{prefix}{i}") for i in range(int(values.max(initial=0)) + 1)]


def queues(log: EventLog, starts: Instant = DEFAULT_STARTS) -> pd.DataFrame:
    """One row per change of a node's queue; columns as in the schema.

    Raises
    ------
    UnsupportedError
        The log was recorded below level ``events``.
    """
    require_level(log, "queues")
    changes = queue_changes(log)
    return frame(
        "queues",
        {
            "node": named_words(changes.node, log.names),
            "at": instants(changes.t_us, starts),
            "t_s": seconds(changes.t_us),
            "depth": changes.depth,
            "deferred": changes.deferred,
            "octets": changes.octets,
        },
    )


def bounces(log: EventLog, starts: Instant = DEFAULT_STARTS) -> pd.DataFrame:
    """One row per decision to return mail; columns as in the schema.

    Raises
    ------
    UnsupportedError
        The log was recorded below level ``events``.
    """
    require_level(log, "bounces")
    rows = _rows(log, Event.BOUNCED)

    def of(name: str) -> Ints:
        return view(log.events, name)[rows]

    report, t_us = of("value"), of("t_us")
    sent, stored = by_message(log, "sent_us"), by_message(log, "stored_us")
    reached = np.where(report < 0, -1, stored[report])
    return frame(
        "bounces",
        {
            "at": instants(t_us, starts),
            "message": of("message").astype(np.int64),
            "recipient": named_words(of("rcpt"), log.names),
            "node": named_words(of("node"), log.names),
            "why": reason_words(of("why")),
            "code": numbers(np.where(of("code") > 0, of("code"), -1)),
            "reply": named_words(of("extra"), log.names),
            "report": numbers(report),
            "report_reached": reached >= 0,
            "age_s": seconds(t_us - sent[of("message")]),
            "t_s": seconds(t_us),
            "report_stored_s": seconds(reached),
        },
    )


def reports(log: EventLog, starts: Instant = DEFAULT_STARTS) -> pd.DataFrame:
    """One row per report and recipient that it tells of; columns as in the schema.

    Raises
    ------
    UnsupportedError
        The log was recorded below level ``events``.
    """
    require_level(log, "reports")
    events, names, made = log.events, log.names, []
    sent, to, stored = by_message(log, "sent_us"), by_message(log, "rcpt"), by_message(log, "stored_us")
    for k in _rows(log, Event.SENT, Event.BOUNCED, Event.DELAY_NOTICED).tolist():
        kind, why, number = events["kind"][k], events["why"][k], events["message"][k]
        if kind != Event.SENT:
            action, recipients = "failed" if kind == Event.BOUNCED else "delayed", [names[rcpt] if (rcpt := events["rcpt"][k]) >= 0 else ""]
            report, subject = events["value"][k], number
        elif why in _OF_SUCCESS or why == Why.DOUBLE_BOUNCE:
            report, subject = number, events["value"][k]
            action, _, text = names[events["extra"][k]].partition("|") if why in _OF_SUCCESS else ("failed", "", names[to[subject]])
            recipients = text.split(" ")
        else:
            continue
        if report >= 0:
            made += [(report, subject, rcpt, action, events["node"][k], why) for rcpt in recipients]
    made.sort(key=lambda one: one[0])
    report, subject, node, why = (np.array([one[i] for one in made], dtype=np.int64) for i in (0, 1, 4, 5))
    return frame(
        "reports",
        {
            "at": instants(sent[report], starts),
            "report": report,
            "message": subject,
            "recipient": listed_words([one[2] for one in made]),
            "action": listed_words([one[3] for one in made]),
            "node": named_words(node, names),
            "to": named_words(to[report], names),
            "why": reason_words(why),
            "t_s": seconds(sent[report]),
            "stored_s": seconds(stored[report]),
        },
    )


def faults(log: EventLog, starts: Instant = DEFAULT_STARTS) -> pd.DataFrame:
    """One row per stretch in which something was wrong; columns as in the schema.  Every level has it."""
    spans = log.conditions
    start = np.array([span.start_us for span in spans], dtype=np.int64)
    end = np.array([span.end_us for span in spans], dtype=np.int64)
    endless = end > FAR_US
    return frame(
        "faults",
        {
            "target": listed_words([span.target for span in spans]),
            "node": listed_words([span.node for span in spans]),
            "how": listed_words([span.how for span in spans]),
            "start_at": instants(start, starts),
            "start_s": seconds(start),
            "end_s": np.where(endless, np.inf, seconds(end)),
            "length_s": np.where(endless, np.inf, seconds(end - start)),
        },
    )


def latency_budget(log: EventLog, starts: Instant = DEFAULT_STARTS) -> pd.DataFrame:
    """One row per delivery of ordinary mail that reached its mailbox; columns as in the schema.

    Raises
    ------
    UnsupportedError
        The log was recorded below level ``events``.
    """
    require_level(log, "latency_budget")
    rows, parts = latency_parts(log)
    total = sum((np.maximum(parts[part], 0) for part in PARTS), np.zeros(len(rows), dtype=np.int64))
    return frame(
        "latency_budget",
        {
            "message": view(log.messages, "message")[rows].astype(np.int64),
            "recipient": named_words(view(log.messages, "rcpt")[rows], log.names),
            **{f"{part}_s": seconds(parts[part]) for part in PARTS},
            "total_s": seconds(total),
        },
    )
