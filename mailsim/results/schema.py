"""What the result tables hold: columns, dtypes, units and meanings, written down once; code, docs and tests read it here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mailsim.errors import UnknownNameError

__all__ = ["LEVELS", "TABLES", "Dtype", "Table", "TableColumn", "documentation", "table"]

#: ``word``: text or missing (pandas ``str``); ``integer``: whole number, always there; ``number``: whole number or
#: missing (pandas ``Int64``); ``seconds``: float64, NaN for "did not happen"; ``instant``: calendar time
#: with its zone; ``flag``: bool
Dtype = Literal["word", "integer", "number", "seconds", "instant", "flag"]

#: recording levels, the poorest first
LEVELS: tuple[str, ...] = ("counts", "messages", "events")


@dataclass(frozen=True)
class TableColumn:
    """One column of a result table."""

    name: str
    dtype: Dtype
    unit: str
    meaning: str


@dataclass(frozen=True)
class Table:
    """A result table: what one row is, the poorest recording level that has it, and its columns in order."""

    name: str
    row: str
    level: str
    columns: tuple[TableColumn, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names in order."""
        return tuple(column.name for column in self.columns)


def _columns(*rows: tuple[str, Dtype, str, str]) -> tuple[TableColumn, ...]:
    return tuple(TableColumn(*row) for row in rows)


_MESSAGES = Table(
    "messages",
    "one delivery: one message to one recipient; mail that was never sent because the run ended has none",
    "messages",
    _columns(
        ("message", "integer", "", "message number, from 0 in the order of creation"),
        ("sender", "word", "", "envelope sender; empty for a report (the null sender)"),
        ("recipient", "word", "", "envelope recipient"),
        ("sent_at", "instant", "", "when the user pressed send, or the report was made"),
        ("state", "word", "", "submitting, queued, stored, bounced, rejected, discarded, lost or unknown at the end of the run"),
        ("via", "word", "", "host that first took it from the sending side"),
        ("latency_stored_s", "seconds", "s", "from send to the mailbox; missing where it is not there"),
        ("latency_read_s", "seconds", "s", "from send to the reader's client; missing where it was not fetched"),
        ("why", "word", "", "reason of the last failure; missing where nothing failed"),
        ("code", "number", "", "reply code of the last failure"),
        ("tries", "integer", "", "delivery attempts that contacted a host, over all MTAs"),
        ("copies", "integer", "", "times it was stored: more than 1 for a duplicate"),
        ("during_fault", "flag", "", "sent while a fault was active: the default cohort of every share"),
        ("parent", "number", "", "for a report: the message that it is about"),
        ("origin", "word", "", "node that sent it"),
        ("flavour", "word", "", "program of the sending MTA, where the origin is a population of senders"),
        ("holder", "word", "", "node that has it at the end of the run"),
        ("size_octets", "integer", "octet", "size"),
        ("sent_s", "seconds", "s", "instant sent, since the scenario's start (so are all instants below)"),
        ("accepted_s", "seconds", "s", "the first MTA took responsibility"),
        ("relayed_s", "seconds", "s", "an MX of the recipient's domain first took it"),
        ("stored_s", "seconds", "s", "in the mailbox"),
        ("fetched_s", "seconds", "s", "at the reader's client"),
        ("ended_s", "seconds", "s", "bounced, rejected, discarded or lost; for unknown mail the last instant that is known"),
    ),
)

_ATTEMPTS = Table(
    "attempts",
    "one address tried by one MTA (or submitting client) for one message",
    "events",
    _columns(
        ("at", "instant", "", "when it began"),
        ("node", "word", "", "node that tried"),
        ("message", "integer", "", "message number"),
        ("attempt", "integer", "", "number of the delivery attempt at this node, from 1"),
        ("host", "word", "", "host that was tried"),
        ("address", "word", "", "its address"),
        ("outcome", "word", "", "ok, refused, silent, temporary failure ...: a key of mailsim.rules.reasons"),
        ("stage", "word", "", "how far the session came: connect, greeting, ehlo, tls, auth, mail, rcpt, data or eod (end of the mail)"),
        ("code", "number", "", "SMTP reply code, missing where no reply came"),
        ("reply", "word", "", "reply text"),
        ("start_s", "seconds", "s", "when it began"),
        ("duration_s", "seconds", "s", "what it took"),
    ),
)

_LOOKUPS = Table(
    "lookups",
    "one question that a node asked its resolver",
    "events",
    _columns(
        ("at", "instant", "", "when it was asked"),
        ("node", "word", "", "node that asked"),
        ("message", "number", "", "message that it was asked for"),
        ("name", "word", "", "name asked for"),
        ("type", "word", "", "record type"),
        ("rcode", "word", "", "NOERROR, SERVFAIL, NXDOMAIN, REFUSED or TIMEOUT"),
        ("source", "word", "", "cached, asked, negative cache ...: a key of mailsim.rules.reasons"),
        ("answer", "word", "", "the answer as text"),
        ("start_s", "seconds", "s", "when it was asked"),
        ("duration_s", "seconds", "s", "what it took"),
    ),
)

_QUESTIONS = Table(
    "questions",
    "one question that a resolver (or a stub program) sent to a server",
    "events",
    _columns(
        ("at", "instant", "", "when it was sent"),
        ("node", "word", "", "node that sent it"),
        ("server", "word", "", "address that it was sent to"),
        ("name", "word", "", "name asked for"),
        ("type", "word", "", "record type"),
        ("transport", "word", "", "udp or tcp"),
        ("reach", "word", "", "ok: it was answered; silent; refused: nobody read it there: a key of mailsim.rules.reasons"),
        ("sent_s", "seconds", "s", "when it was sent"),
    ),
)

_QUEUES = Table(
    "queues",
    "one instant at which the queue of a node changed; the figures hold from then on",
    "events",
    _columns(
        ("node", "word", "", "node that holds the queue"),
        ("at", "instant", "", "instant"),
        ("t_s", "seconds", "s", "instant since the scenario's start"),
        ("depth", "integer", "", "messages that the node is responsible for, a message counted once"),
        ("deferred", "integer", "", "of which waiting for another attempt"),
        ("octets", "integer", "octet", "size of them all"),
    ),
)

_BOUNCES = Table(
    "bounces",
    "one decision to return mail to its sender",
    "events",
    _columns(
        ("at", "instant", "", "when it was returned"),
        ("message", "integer", "", "message that is returned"),
        ("recipient", "word", "", "recipient that it did not reach; missing where it stands for all that were left"),
        ("node", "word", "", "node that gave up"),
        ("why", "word", "", "reason: a key of mailsim.rules.reasons"),
        ("code", "number", "", "last reply code"),
        ("reply", "word", "", "last reply text"),
        ("report", "number", "", "message number of the report; missing where none was due"),
        ("report_reached", "flag", "", "the report is in the sender's mailbox"),
        ("age_s", "seconds", "s", "age of the message when it was returned"),
        ("t_s", "seconds", "s", "when it was returned"),
        ("report_stored_s", "seconds", "s", "when the report was in the sender's mailbox"),
    ),
)

_REPORTS = Table(
    "reports",
    "one recipient of a message that a report tells of",
    "events",
    _columns(
        ("at", "instant", "", "when the report was made"),
        ("report", "integer", "", "message number of the report: Result.dsn gives its text"),
        ("message", "integer", "", "message that it is about"),
        ("recipient", "word", "", "recipient that it tells of; missing where it tells of all that were left"),
        ("action", "word", "", "failed, delayed, delivered or relayed; of a report that failed itself: failed"),
        ("node", "word", "", "node that made it"),
        ("to", "word", "", "who is told: the sender, or the postmaster of a report that failed"),
        ("why", "word", "", "reason: a key of mailsim.rules.reasons"),
        ("t_s", "seconds", "s", "when the report was made"),
        ("stored_s", "seconds", "s", "when the report was in its reader's mailbox"),
    ),
)

_FAULTS = Table(
    "faults",
    "one stretch of time in which something was wrong",
    "counts",
    _columns(
        ("target", "word", "", "as declared: mx1, site:north, link isp-mx1, dns example.com/MX"),
        ("node", "word", "", "node or link that it acted on"),
        ("how", "word", "", "silent, refused, unreachable, a reply ..."),
        ("start_at", "instant", "", "first instant at which it held"),
        ("start_s", "seconds", "s", "first instant at which it held"),
        ("end_s", "seconds", "s", "first instant at which it no longer held"),
        ("length_s", "seconds", "s", "its length"),
    ),
)

_LATENCY_BUDGET = Table(
    "latency_budget",
    "one delivery that reached its mailbox: where its time went; the parts add up to the total",
    "events",
    _columns(
        ("message", "integer", "", "message number"),
        ("recipient", "word", "", "envelope recipient"),
        ("submit_s", "seconds", "s", "from send until the first MTA took it: discovery, login, hand-over"),
        ("queue_s", "seconds", "s", "then until an MX of the domain took it, without the two next columns: waiting for attempts"),
        ("resolve_s", "seconds", "s", "of that time, looking names up"),
        ("relay_s", "seconds", "s", "of that time, in contact with servers, time-outs included"),
        ("onward_s", "seconds", "s", "from the first MX to the server that keeps the domain's mail: what a backup or a filter takes"),
        ("store_s", "seconds", "s", "from there into the mailbox"),
        ("fetch_s", "seconds", "s", "from the mailbox to the reader's client; missing where nobody fetched it"),
        ("total_s", "seconds", "s", "from send to the reader's client, or to the mailbox where nobody fetched it"),
    ),
)

#: every table by name
TABLES: dict[str, Table] = {
    one.name: one for one in (_MESSAGES, _ATTEMPTS, _LOOKUPS, _QUESTIONS, _QUEUES, _BOUNCES, _REPORTS, _FAULTS, _LATENCY_BUDGET)
}


def table(name: str) -> Table:
    """The table of that name.

    Raises
    ------
    UnknownNameError
        No such table; says which there are.
    """
    if name not in TABLES:
        raise UnknownNameError("table", name, TABLES)
    return TABLES[name]


def documentation() -> str:
    """All tables as Markdown: what README and help texts show.

    Examples
    --------
    >>> print(documentation().splitlines()[0])
    ### messages
    """
    lines: list[str] = []
    for one in TABLES.values():
        lines += [f"### {one.name}", "", f"A row is {one.row}. From recording level `{one.level}`.", ""]
        lines += ["| column | type | unit | meaning |", "|---|---|---|---|"]
        lines += [f"| `{c.name}` | {c.dtype} | {c.unit} | {c.meaning} |" for c in one.columns]
        lines.append("")
    return "\n".join(lines)
