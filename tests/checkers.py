"""Checkers: what must hold in every run, whatever it was about; they read the event log and the scenario, nothing else.

``check(result)`` raises with every violation; ``violations(log, scenario)`` lists them.  A checker is a generator of
sentences; the decorator puts it on the list.  They know neither the engine nor the nodes' behaviour: what they demand
follows from RFC 5321 (responsibility passes with the 250), its section 6.1 (who can't deliver must tell the sender) and
4.5.5 (no report for a report), and from cause before effect.  More of them, about rules of DNS, MX and retrying, stand in
``rule_checkers``, those about reports in ``report_checkers``; importing them puts them on the list.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from mailsim.events import Event, EventLog, State
from mailsim.rules.reasons import Why
from record import CHECKS, Record, Row, checker
from report_checkers import double_bounce_is_told
from rule_checkers import keeps_its_dates

__all__ = ["CHECKS", "check", "violations"]

FINAL = {Event.BOUNCED, Event.DISCARDED, Event.LOST}
ENDED = {State.BOUNCED, State.REJECTED, State.DISCARDED, State.LOST, State.UNKNOWN}


def violations(log: EventLog, scenario: Any) -> list[str]:
    """Every violation of every checker, each as ``name: sentence``."""
    record = Record(log, scenario)
    return [f"{function.__name__}: {text}" for function in CHECKS for text in function(record)]


def check(result: Any) -> None:
    """Raise with every violation in the run of ``result`` (anything that has ``log`` and ``scenario``)."""
    found = violations(result.log, result.scenario)
    if found:
        more = f"\n... and {len(found) - 20} more" if len(found) > 20 else ""
        raise AssertionError("\n".join(found[:20]) + more)


# -- the message table ------------------------------------------------------------------------------------------------


@checker
def numbers_run_in_order(record: Record) -> Iterator[str]:
    """Messages are numbered from 0 in the order in which they were made: traffic by instant, then reports by instant."""
    numbers = [d.message for d in record.deliveries]
    if numbers != sorted(numbers) or set(numbers) != set(range(len(set(numbers)))):
        yield "message numbers are not 0, 1, 2, ... in order"
    for one, other in zip(record.deliveries, record.deliveries[1:], strict=False):
        if one.parent != -1 == other.parent:
            yield f"{other}: ordinary mail after a report"
        if (one.parent == -1) == (other.parent == -1) and one.sent_us > other.sent_us:
            yield f"{other}: sent before message {one.message}"


@checker
def each_delivery_is_in_exactly_one_state(record: Record) -> Iterator[str]:
    """The state says which instants are there and which are not."""
    for d in record.deliveries:
        if d.state not in State.__members__.values():
            yield f"{d}: {d.state} is no state"
            continue
        state = State(d.state)
        if (state == State.UNSENT) != (d.sent_us >= record.log.end_us):
            yield f"{d}: {state.name}, but sent at {d.sent_us} and the run ended at {record.log.end_us}"
        if (state in ENDED) != (d.ended_us >= 0):
            yield f"{d}: {state.name}, but ended_us is {d.ended_us}"
        if (state == State.STORED) != (d.stored_us >= 0):
            yield f"{d}: {state.name}, but stored_us is {d.stored_us}"
        if (d.copies > 0) != (d.stored_us >= 0):
            yield f"{d}: stored {d.copies} times, but stored_us is {d.stored_us}"
        if state in (State.UNSENT, State.SUBMITTING, State.REJECTED) and d.accepted_us >= 0:
            yield f"{d}: {state.name}, but accepted at {d.accepted_us}"


@checker
def accepted_mail_never_vanishes(record: Record) -> Iterator[str]:
    """With the 250 goes the responsibility (RFC 5321 section 6.1): queued, stored, bounced, or lost by a declared fault."""
    for d in record.deliveries:
        if d.state in (State.QUEUED, State.STORED, State.BOUNCED, State.DISCARDED, State.LOST) and d.accepted_us < 0:
            yield f"{d}: {State(d.state).name}, but nobody ever accepted it"
        if d.state == State.LOST and not any(_loses(span, d) for span in record.log.conditions):
            yield f"{d}: lost at {d.ended_us}, and no declared fault lost it there and then"
        if d.state == State.QUEUED and record.kind(d.holder) not in ("mta", "senders"):
            yield f"{d}: queued, but its holder {d.holder!r} is no MTA"


def _loses(span: Any, d: Any) -> bool:
    """Whether a fault destroys what its node holds when this delivery was lost."""
    return span.how.startswith("lost") or (span.how == "down, queue lost" and (span.node, span.start_us) == (d.holder, d.ended_us))


@checker
def instants_are_in_order(record: Record) -> Iterator[str]:
    """sent <= accepted <= relayed <= stored <= fetched, sent <= ended, and all before the end of the run."""
    for d in record.deliveries:
        there = [t for t in (d.sent_us, d.accepted_us, d.relayed_us, d.stored_us, d.fetched_us) if t >= 0]
        if there != sorted(there):
            yield f"{d}: its instants are out of order: {there}"
        if d.fetched_us >= 0 > d.stored_us:
            yield f"{d}: fetched, but never stored"
        if 0 <= d.ended_us < max(d.sent_us, d.accepted_us):
            yield f"{d}: ended before it was accepted"
        late = max(d.accepted_us, d.relayed_us, d.stored_us, d.fetched_us, d.ended_us)
        if late >= record.log.end_us:
            yield f"{d}: something happened at {late}, but the run ended at {record.log.end_us}"


@checker
def reports_go_to_the_sender_and_beget_none(record: Record) -> Iterator[str]:
    """A report has the null sender and goes to its parent's sender; a report has no report (RFC 5321 section 4.5.5).

    Only the postmaster of an MTA that does so hears of a report that failed, once.
    """
    by_number = {d.message: d for d in record.deliveries}
    traffic = getattr(record.scenario, "traffic", ())
    answers = any(getattr(stream, "null_sender", False) for stream in traffic)  # who sends from the null sender
    for d in record.deliveries:
        if d.parent < -1:
            continue
        if (d.parent >= 0) != (d.sender == "") and not (answers and d.parent < 0):
            yield f"{d}: parent {d.parent}, but its sender is {d.sender!r}"
        if d.parent < 0:
            continue
        parent = by_number.get(d.parent)
        if parent is None or d.parent >= d.message:
            yield f"{d}: a report about message {d.parent}, which did not exist yet"
        elif parent.sender == "":
            if not double_bounce_is_told(record, d):
                yield f"{d}: a report about a report"
        elif d.rcpt != parent.sender:
            yield f"{d}: a report about mail of {parent.sender}"
        if d.state == State.BOUNCED:
            yield f"{d}: a report that can't be delivered is dropped, not returned"


@checker
def a_copy_has_the_sender_of_its_message(record: Record) -> Iterator[str]:
    """What an alias sends on was delivered to it, and comes from the same sender (RFC 5321 section 3.9.1)."""
    by_number = {d.message: d for d in record.deliveries}
    for d in record.deliveries:
        if d.parent >= -1:
            continue
        original = by_number.get(-2 - d.parent)
        if original is None or original.message >= d.message:
            yield f"{d}: a copy of message {-2 - d.parent}, which did not exist yet"
        elif (original.sender, original.size) != (d.sender, d.size):
            yield f"{d}: a copy of mail from {original.sender!r}"
        aliases = getattr(record.nodes.get(d.origin), "aliases", {})
        listed = {target for targets in aliases.values() for target in targets}
        if d.rcpt not in listed:
            yield f"{d}: no alias of {d.origin} sends mail to {d.rcpt}"


@checker
def whoever_bounces_tells_the_sender(record: Record) -> Iterator[str]:
    """Mail with a sender that bounced has a report, unless it is a population's own.

    Only reports are discarded, and mail of which the sender wants no report.
    """
    reported = {d.parent for d in record.deliveries if d.parent >= 0}
    for d in record.deliveries:
        own = record.kind(d.origin) == "senders"
        if d.state == State.BOUNCED and d.message not in reported and not own:
            yield f"{d}: bounced, but nobody told {d.sender}"
        if d.state == State.DISCARDED and d.sender and "failure" in record.request(d.message, d.rcpt).words:
            yield f"{d}: discarded, though it has a sender to tell"
        if d.state in (State.BOUNCED, State.REJECTED) and d.why == Why.NONE:
            yield f"{d}: {State(d.state).name} without a reason"


@checker
def a_settled_run_has_nothing_under_way(record: Record) -> Iterator[str]:
    """``settled`` means that no message is in a queue."""
    if record.log.end_reason == "settled":
        for d in record.deliveries:
            if d.state in (State.UNSENT, State.SUBMITTING, State.QUEUED):
                yield f"{d}: {State(d.state).name} in a run that is settled"


@checker
def a_wrong_password_opens_nothing(record: Record) -> Iterator[str]:
    """Mail of a client whose password no server knows is never accepted; it fetches nothing (RFC 4954 section 6)."""
    known = {(a, box.password) for n in record.nodes.values() for a, box in (getattr(n, "mailboxes", None) or {}).items()}
    known |= {(a, account.password) for n in record.nodes.values() for a, account in (getattr(n, "accounts", None) or {}).items()}
    readers = [n for n in record.nodes.values() if n.kind == "client" and n.fetch is not None]
    words = [(n.address, n.password if n.fetch.password is None else n.fetch.password) for n in readers]
    able = {address for address, password in words if (address, password) in known}  # some device of theirs knows it
    for d in record.deliveries:
        client = record.nodes.get(d.origin)
        sent = client is not None and client.kind == "client" and d.parent < 0 and d.accepted_us >= 0
        if sent and (client.address, client.password) not in known:
            yield f"{d}: accepted from {d.origin}, whose password is wrong"
        if d.fetched_us >= 0 and d.rcpt in {address for address, _ in words} - able:
            yield f"{d}: fetched with a wrong password"


# -- the event rows ---------------------------------------------------------------------------------------------------


@checker
def time_never_runs_back(record: Record) -> Iterator[str]:
    """Rows are sorted by instant and lie before the end of the run."""
    for one, other in zip(record.rows, record.rows[1:], strict=False):
        if other.t_us < one.t_us:
            yield f"{other}: after a row of {one.t_us} us"
    for row in record.rows:
        if row.t_us >= record.log.end_us:
            yield f"{row}: but the run ended at {record.log.end_us}"
        if row.kind not in Event.__members__.values():
            yield f"{row.t_us} us: {row.kind} is no kind of event"


@checker
def nothing_succeeds_at_a_host_that_is_down(record: Record) -> Iterator[str]:
    """No acceptance, storing or hand-over at a host, or over a link, that is silent, refusing or unreachable."""
    for row in record.rows:
        if row.kind in (Event.ACCEPTED, Event.STORED) and (how := record.obstacle(row, row.node, row.peer)):
            yield f"{row}: though {how}"
        if row.kind in (Event.DELIVERED, Event.FETCHED) and (how := record.obstacle(row, row.peer, row.node)):
            yield f"{row}: though {how}"


@checker
def who_is_down_does_nothing(record: Record) -> Iterator[str]:
    """While an MTA is down it does nothing: it takes, looks up, tries, defers and returns no mail; a queue is lost as it goes down."""
    for node in record.nodes:
        for start, end in record.off(node):
            for row in record.rows:
                if row.node != node or not start <= row.t_us < end or row.message < 0:
                    continue
                falls = row.t_us == start and (row.kind == Event.LOST or row.why == Why.WENT_DOWN or row.kind == Event.ACCEPTED)
                again = row.kind == Event.DEFERRED and row.why == Why.WENT_DOWN
                if not (falls or again):
                    yield f"{row}: but {node} was down from {start} to {end}"


@checker
def who_is_stuck_begins_nothing(record: Record) -> Iterator[str]:
    """While an MTA is stuck it takes mail, and begins no attempt, returns nothing and tells nobody; what was under way may end."""
    begun: dict[tuple[str, int, int], int] = {}
    for row in record.rows:
        if row.kind in (Event.TRIED, Event.LOOKED_UP) and row.message >= 0:
            begun.setdefault((row.node, row.message, row.attempt), row.t_us)
    for node in record.nodes:
        for start, end in record.stuck(node):
            for (where, message, attempt), t_us in begun.items():
                if where == node and start <= t_us < end:
                    yield f"{node} began attempt {attempt} of message {message} at {t_us}, though it was stuck from {start} to {end}"
            for row in record.rows:
                if row.node == node and row.kind == Event.ACTIVATED and start <= row.t_us < end:
                    yield f"{row}: but {node} was stuck from {start} to {end}"


def _one_way(record: Record) -> Iterator[tuple[str, list[Row]]]:
    """Rows by message and node, of messages with one recipient that this node took once at most.

    Parts of a message to several domains, and copies that come after a lost 250, have lives of their own under one number.
    """
    for message, rows in record.of_message.items():
        taken = Counter(row.node for row in rows if row.kind == Event.ACCEPTED)
        by_node: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_node[row.node].append(row)
        if record.recipients[message] == 1:
            yield from ((node, mine) for node, mine in by_node.items() if taken[node] <= 1)


@checker
def only_a_holder_acts(record: Record) -> Iterator[str]:
    """An MTA tries, hands over, defers or bounces only what it took before and still has."""
    acts = {Event.TRIED, Event.DELIVERED, Event.DEFERRED, Event.ACTIVATED, Event.EXPIRED, Event.DELAY_NOTICED, *FINAL}
    for _, rows in _one_way(record):
        taken, gone = False, None
        for row in rows:
            taken = taken or row.kind == Event.ACCEPTED
            if row.kind in acts and not taken:
                yield f"{row}: it never accepted this message"
            if row.kind in acts and gone is not None:
                yield f"{row}: but it had it no more since {gone}"
            if row.kind in (Event.DELIVERED, *FINAL):
                gone = row


@checker
def attempts_are_counted(record: Record) -> Iterator[str]:
    """Attempts of a message at a node count 1, 2, 3, ...; it is active again only when it was due."""
    for node, rows in _one_way(record):
        last, due, patient = 0, -1, keeps_its_dates(record, node)
        for row in rows:
            if row.kind == Event.TRIED or (row.kind in (Event.LOOKED_UP, Event.DEFERRED) and row.attempt > 0):
                if row.attempt < 1 or row.attempt not in (last, last + 1):
                    yield f"{row}: attempt {row.attempt} after attempt {last}"
                last = max(last, row.attempt)
            if row.kind == Event.DEFERRED:
                if row.value < row.t_us:  # at once where dates count from an attempt's start and it took longer (qmail)
                    yield f"{row}: due at {row.value}, which is earlier"
                due = row.value
            elif row.kind == Event.ACTIVATED and row.t_us < due and patient:
                yield f"{row}: but it was due at {due}"


@checker
def rows_and_table_tell_the_same(record: Record) -> Iterator[str]:
    """The message table is what the rows add up to."""
    if record.log.level != "events":
        return
    single = {Event.ACCEPTED: "accepted_us", Event.STORED: "stored_us", Event.FETCHED: "fetched_us"}
    endings = {Event.BOUNCED: State.BOUNCED, Event.REJECTED: State.REJECTED, Event.DISCARDED: State.DISCARDED, Event.LOST: State.LOST}
    endings[Event.UNKNOWN] = State.UNKNOWN
    for d in record.deliveries:
        mine = [row for row in record.of_message.get(d.message, ()) if row.rcpt in ("", d.rcpt)]
        if d.state == State.REJECTED:  # the server took the message for its other recipients
            mine = [row for row in mine if row.kind != Event.ACCEPTED]
        for kind, column in single.items():
            first = next((row.t_us for row in mine if row.kind == kind), -1)
            if first != getattr(d, column):
                yield f"{d}: {column} is {getattr(d, column)}, but the first {kind.name} row is of {first}"
        stored = sum(row.kind == Event.STORED for row in mine)
        if stored != d.copies:
            yield f"{d}: {d.copies} copies, but {stored} rows STORED"
        for kind, state in endings.items():
            if d.state == state and not any(row.kind == kind and row.t_us == d.ended_us for row in mine):
                yield f"{d}: {state.name} at {d.ended_us}, but there is no such row"
            if d.state in (State.QUEUED, State.SUBMITTING) and any(row.kind == kind for row in mine):
                yield f"{d}: {State(d.state).name}, but there is a row {kind.name}"


@checker
def a_bounce_row_names_its_report(record: Record) -> Iterator[str]:
    """BOUNCED carries the number of the report about just this message, and never happens to the null sender."""
    parents = {d.message: d.parent for d in record.deliveries}
    for row in record.rows:
        if row.kind in (Event.BOUNCED, Event.DELAY_NOTICED):
            if record.senders.get(row.message) == "":
                yield f"{row}: a report to the null sender"
            if row.value >= 0 and parents.get(row.value, -2) != row.message:
                yield f"{row}: its report {row.value} is about message {parents.get(row.value)}"


@checker
def who_hands_over_is_taken_from(record: Record) -> Iterator[str]:
    """Each hand-over is an acceptance on the other side, not later."""
    for rows in record.of_message.values():
        taken: dict[tuple[str, str], int] = {}
        for row in rows:
            if row.kind in (Event.ACCEPTED, Event.STORED):
                taken.setdefault((row.peer, row.node), row.t_us)
        for row in rows:
            if row.kind == Event.DELIVERED and taken.get((row.node, row.peer), row.t_us + 1) > row.t_us:
                yield f"{row}: to {row.peer}, which had not taken it"
