"""What can be observed in a run: the kinds of row, their columns and units, and the final states of a message.

The log is the only thing that an engine writes.  Every table, metric, story and picture is a function of it.
Two parts are written:

*   the **message table**: one row for each *delivery* (one message to one recipient), filled in while the
    message travels.  Every recording level has it, and the trace hash is taken over it.
*   the **event rows** (level ``events`` only): one row for each thing that happened, instants only.
    Differences are taken by whoever reads.

All instants are integer microseconds since the scenario's ``starts``; -1 means "did not happen".
Names (nodes, hosts, addresses, mailboxes, texts) are numbers of :attr:`EventLog.names`; -1 means "none".
"""

from __future__ import annotations

import hashlib
from array import array
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

__all__ = ["EVENT_COLUMNS", "MESSAGE_COLUMNS", "Column", "ConditionSpan", "Event", "EventLog", "State"]


class Event(IntEnum):
    """The kinds of event row."""

    SENT = 1  #: somebody pressed send; node = the client; of a report: why it is made, value = its subject, extra = action|recipients
    LOOKED_UP = 2  #: a name was asked for; peer = name, detail = type number, code = rcode, value = time it took, extra = answer text
    SUBMITTED = 3  #: the submission server said 250 to the client; peer = submission host
    REJECTED = 4  #: refused in session (or no server reached): the sender keeps the mail and was told; code = reply, extra = text
    ACCEPTED = 5  #: an MTA took responsibility for the message; node = that MTA, peer = who handed it over
    ACTIVATED = 6  #: the message left the deferred queue for another attempt
    TRIED = 7  #: one address was tried; peer = host, detail = its address, code = reply, why = outcome, value = time, extra = stage|text
    DELIVERED = 8  #: the next server said 250 and took over; node = who handed over, peer = who took it
    DEFERRED = 9  #: put back; value = when it is due again, why = why
    DELAY_NOTICED = 10  #: the sender was told that the mail is late; value = number of the notice message
    EXPIRED = 11  #: too old: the queue lifetime was over at a failed attempt
    BOUNCED = 12  #: returned to the sender; value = number of the report message or -1, code and extra = last reply
    DISCARDED = 13  #: dropped, nobody told: a report that failed, or no report is wanted (why); value = reason of the failure
    STORED = 14  #: in the recipient's mailbox; node = the mail store (or the MTA that delivers by itself)
    FETCHED = 15  #: the recipient's client has it; node = the client
    LOGIN_FAILED = 16  #: a fetch (or submission) login failed; code = reply or 0, extra = text
    FETCH_FAILED = 17  #: a poll did not reach the mail store; why = outcome
    CONDITION = 18  #: a condition began on a node or link; node = node, peer = its description, value = when it ends
    ZONE_CHANGED = 19  #: a planned edit or a health check changed a zone; peer = zone
    LOST = 20  #: accepted mail was destroyed by a declared fault
    ANSWERED = 21  #: what one recipient of several came to in the session of the TRIED row of that instant; columns as there
    UNKNOWN = 22  #: the schedule of the sender is known no further: nobody can say what becomes of the message
    PROBED = 23  #: a step of a prober's call; attempt = number of the call, value = time since it began, extra = stage|text; "done" ends it
    ASKED = 24  #: a resolver or stub asked a server; peer = its address, detail = type, code = IP protocol, extra = name, why = reach


class State(IntEnum):
    """Where a delivery is at the end of the run: exactly one of these."""

    UNSENT = 0  #: its send instant lies at or after the end of the run (never counted)
    SUBMITTING = 1  #: on its way to the submission server
    QUEUED = 2  #: in a queue or in a session: still under way, censored
    STORED = 3  #: in the mailbox (read or not: see ``fetched_us``)
    BOUNCED = 4  #: returned to the sender with a report
    REJECTED = 5  #: never accepted by any server: the sender was told in session
    DISCARDED = 6  #: dropped without a report: a report that could not be delivered, or mail whose sender wanted none
    LOST = 7  #: destroyed after acceptance by a declared fault
    UNKNOWN = 8  #: nobody knows: the sender's schedule is known no further than the last attempt (``ended_us``); censored there


@dataclass(frozen=True)
class Column:
    """One column of a table: its array type code, unit and meaning."""

    name: str
    typecode: str
    unit: str
    meaning: str


#: columns of the event rows
EVENT_COLUMNS: tuple[Column, ...] = (
    Column("t_us", "q", "us", "instant"),
    Column("message", "i", "", "message number, -1 for what concerns none"),
    Column("rcpt", "i", "", "recipient (name number), -1 for all of the message's recipients here"),
    Column("kind", "b", "", "Event"),
    Column("node", "h", "", "node (name number) at which it happened"),
    Column("peer", "i", "", "the other party (name number)"),
    Column("detail", "i", "", "address (name number) or record type"),
    Column("attempt", "i", "", "number of the delivery attempt at this node, from 1"),
    Column("code", "h", "", "SMTP reply code or DNS rcode, -1 for none"),
    Column("why", "h", "", "reason: number in mailsim.rules.reasons"),
    Column("value", "q", "us", "duration, due instant or number, as the kind says"),
    Column("extra", "i", "", "text (name number): reply text or answer"),
)

#: columns of the message table
MESSAGE_COLUMNS: tuple[Column, ...] = (
    Column("message", "i", "", "message number; deliveries of one message to several recipients share it"),
    Column("parent", "i", "", "message that this report is about, -1 for ordinary mail, -2 - n for a copy that an alias made of message n"),
    Column("sender", "i", "", "envelope sender (name number); the name is '' for a report"),
    Column("rcpt", "i", "", "envelope recipient (name number)"),
    Column("origin", "h", "", "node that sent it (name number)"),
    Column("flavour", "h", "", "flavour of the sending MTA for a population (name number), else -1"),
    Column("size", "q", "octet", "message size"),
    Column("sent_us", "q", "us", "the user pressed send, or the report was made"),
    Column("accepted_us", "q", "us", "the first MTA took responsibility"),
    Column("relayed_us", "q", "us", "an MX of the recipient's domain first took it"),
    Column("stored_us", "q", "us", "in the mailbox"),
    Column("fetched_us", "q", "us", "at the reader's client"),
    Column("ended_us", "q", "us", "bounced, rejected, discarded or lost; for unknown mail the last instant that is known"),
    Column("tries", "i", "", "relay attempts that contacted at least one host, over all MTAs (final delivery into a store not counted)"),
    Column("via", "h", "", "host that first took it from the sending side (name number)"),
    Column("holder", "h", "", "node that holds it now (name number)"),
    Column("state", "b", "", "State"),
    Column("why", "h", "", "reason of the last failure: number in mailsim.rules.reasons"),
    Column("code", "h", "", "reply code of the last failure, -1 for none"),
    Column("copies", "h", "", "times it was stored"),
)


class ConditionSpan(NamedTuple):
    """One stretch of a fault as compiled: at every level the log carries them."""

    target: str  #: as declared, such as ``mx1``, ``site:north``, ``link isp-mx1``, ``dns example.com/MX``
    node: str  #: node (or link ``a-b``, or ``dns``) that it acts on
    how: str  #: ``silent``, ``refused``, ``unreachable``, ``451 4.3.0 try again at rcpt`` ...
    start_us: int
    end_us: int


@dataclass
class EventLog:
    """What one run wrote: the message table, the event rows, and the names that both refer to.

    Attributes
    ----------
    names : list of str
        Text of each name number.
    messages : dict of str to array
        The message table, columns as in :data:`MESSAGE_COLUMNS`, one entry per delivery.
    events : dict of str to array
        Event rows, columns as in :data:`EVENT_COLUMNS`, sorted by instant, message and order of writing;
        empty arrays below level ``events``.
    level : str
        ``events``, ``messages`` or ``counts``.
    end_us : int
        The instant at which the run ended; nothing at or after it is recorded.
    end_reason : str
        ``settled``, ``given`` or ``capped``.
    steps : int
        Number of events of the engine.
    conditions : list of ConditionSpan
        What was wrong, where and when.
    notes : list of str
        What the reader should know, such as a cap that ended the run.
    lines : array of int
        Line of traffic (place in the scenario) of each message that traffic sent, by message number; reports have none.
    """

    names: list[str]
    messages: dict[str, array[int]]
    events: dict[str, array[int]]
    level: str
    end_us: int
    end_reason: str = "settled"
    steps: int = 0
    conditions: list[ConditionSpan] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lines: array[int] = field(default_factory=lambda: array("I"))

    def trace_hash(self) -> str:
        """SHA-256 over the message table and its names: equal for equal runs, on every machine and Python."""
        used = self.messages
        digest = hashlib.sha256(b"mailsim trace 1\n")
        text = self.names
        for column in MESSAGE_COLUMNS:
            values = used[column.name]
            digest.update(f"{column.name} {len(values)}\n".encode())
            if column.name in _NAMED:
                digest.update("\n".join("-" if v < 0 else text[v] for v in values).encode("utf-8", "backslashreplace"))
            else:
                wide = array("q", values)
                if wide.itemsize != 8 or _BIG_ENDIAN:  # pragma: no cover - big-endian machines
                    wide.byteswap()
                digest.update(wide.tobytes())
        return digest.hexdigest()


_NAMED = frozenset({"sender", "rcpt", "origin", "flavour", "via", "holder"})
_BIG_ENDIAN = array("h", [1]).tobytes() != b"\x01\x00"
