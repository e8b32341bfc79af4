"""Checkers of reports: who is told what, as RFC 3461 demands of what the sender asked; see ``checkers`` for how they are used.

They follow a message by its ACCEPTED rows: a request is known as far as every MTA on the way announces DSN.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from record import Delivery, Record, Row, checker
from rule_checkers import figures_of, figures_of_flavour

__all__ = ["double_bounce_is_told"]

SUCCESSES = {Why.REPORTED_DELIVERED, Why.REPORTED_RELAYED}


def double_bounce_is_told(record: Record, d: Delivery) -> bool:
    """Whether ``d`` may tell a postmaster of a report that failed: the program does so, and the report was not such a message itself."""
    parent = next(one for one in record.deliveries if one.message == d.parent)
    while parent.parent <= -2:  # what an alias sent on stands for what it is a copy of
        number = -2 - parent.parent
        parent = next(one for one in record.deliveries if one.message == number)
    figures = figures_of(record, d.origin)
    again = parent.parent >= 0 and record.senders.get(parent.parent) == ""
    tells = figures is not None and figures.double_bounce == "postmaster" and not again
    return tells and d.rcpt == figures.postmaster if tells and figures.postmaster else tells and d.rcpt.startswith("postmaster@")


def announces(record: Record, node: str, flavour: str) -> bool:
    """Whether an MTA (of a population: of that flavour) announces DSN."""
    figures: Any = figures_of_flavour(record, flavour) if flavour else figures_of(record, node)
    return figures is not None and figures.dsn


def takers(record: Record, d: Delivery) -> list[str]:
    """The MTAs that took a delivery, in order."""
    kinds = ("mta", "senders")
    rows = record.of_message.get(d.message, ())
    return [row.node for row in rows if row.kind == Event.ACCEPTED and record.kind(row.node) in kinds]


def known_everywhere(record: Record, d: Delivery) -> bool:
    """Whether every MTA that took a delivery knows what was asked."""
    return all(announces(record, node, d.flavour if node == d.origin else "") for node in takers(record, d))


def told_of(record: Record) -> Iterator[tuple[Row, int, str, str]]:
    """Each report: the row, the message that it is about, the recipient ("" for all), the word of NOTIFY that asks for it."""
    for row in record.rows:
        if row.kind in (Event.BOUNCED, Event.DELAY_NOTICED) and row.value >= 0:
            yield row, row.message, row.rcpt, "failure" if row.kind == Event.BOUNCED else "delay"
        elif row.kind == Event.SENT and row.why in SUCCESSES:
            for rcpt in row.extra.partition("|")[2].split(" "):
                yield row, row.value, rcpt, "success"


@checker
def nobody_is_told_what_he_did_not_ask(record: Record) -> Iterator[str]:
    """NOTIFY decides of what a report is made, as far as it is known; success is told to nobody who did not ask."""
    by_message: dict[int, list[Delivery]] = {}
    for d in record.deliveries:
        by_message.setdefault(d.message, []).append(d)
    for row, number, rcpt, word in told_of(record):
        for d in by_message.get(number, ()):
            if rcpt not in ("", d.rcpt) or word in record.request(number, d.rcpt).words:
                continue
            if word == "success" or known_everywhere(record, d):
                yield f"{row}: {d} has a report for {word}, and its sender asked for {record.request(number, d.rcpt).words}"
        if record.senders.get(number) == "":
            yield f"{row}: a report to the null sender"


@checker
def success_is_told_once(record: Record) -> Iterator[str]:
    """Mail that arrived once, along MTAs of which the first knows DSN, has one report: delivered, or relayed (RFC 3461 5.2)."""
    if record.log.level != "events":
        return
    told = Counter((number, rcpt) for _, number, rcpt, word in told_of(record) if word == "success")
    for d in record.deliveries:
        if "success" not in record.request(d.message, d.rcpt).words or d.state != State.STORED or d.copies != 1:
            continue
        rows = record.of_message[d.message]
        if any(row.why == Why.REPLY_LOST for row in rows):
            continue  # what was lost may have been reported, too
        first = next(iter(takers(record, d)), "")
        wanted = 1 if announces(record, first, d.flavour) else 0
        found = told[d.message, d.rcpt]
        if found > wanted or (found < wanted and record.log.end_reason == "settled"):
            yield f"{d}: {found} reports of success, and {wanted} are due"


@checker
def delivered_is_said_by_who_delivers(record: Record) -> Iterator[str]:
    """``delivered`` comes from the MTA that put the mail into its mailbox, ``relayed`` from one that handed it over."""
    for row in record.rows:
        if row.kind != Event.SENT or row.why not in SUCCESSES:
            continue
        theirs = record.of_message[row.value]
        for rcpt in row.extra.partition("|")[2].split(" "):
            mine = [one for one in theirs if one.t_us <= row.t_us and one.rcpt in ("", rcpt)]
            kept = any(one.kind == Event.STORED and row.node in (one.node, one.peer) for one in mine)
            gone = any(one.kind == Event.DELIVERED and one.node == row.node for one in mine)
            if not (kept if row.why == Why.REPORTED_DELIVERED else gone):
                yield f"{row}: {Why(row.why).name} to {rcpt}, which {row.node} did not do"
