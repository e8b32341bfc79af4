"""How mail leaves a queue undelivered: returned with a report, noticed as late, or out of everybody's sight; and reports of success."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mailsim.events import Event, State
from mailsim.nodes.attempt import Handover, Item
from mailsim.nodes.requests import asks, wanting
from mailsim.nodes.world import Life
from mailsim.rules.dsn import Action, report_size
from mailsim.rules.reasons import Why
from mailsim.rules.retry import next_scan
from mailsim.rules.smtp import Reply

if TYPE_CHECKING:
    from mailsim.nodes.mta.actor import MtaActor
    from mailsim.nodes.senders import LoneMta

__all__ = [
    "Failed",
    "bounce",
    "bounce_all",
    "lose",
    "lose_sight",
    "notice",
    "passed_on",
    "report_octets",
    "returned",
    "send_report",
    "stored_here",
    "success_words",
    "tell_success",
]

MESSAGE_ORDER = 2

#: so much of a message its headers are at the most: an estimate
HEADERS_OCTETS = 2000


class Failed(NamedTuple):
    """Deliveries that are given up: why, the last reply, and, where they were kept too long, what the last attempt came to."""

    item: Item
    deliveries: tuple[int, ...]
    why: Why
    reply: Reply | None
    of: Why = Why.NONE


def notice(mta: MtaActor, item: Item, left: tuple[int, ...], t_us: int, age_us: int, report: bool, why: Why) -> None:
    """Tell the sender that the mail is late (RFC 3464 action ``delayed``): at the first failed attempt after the time."""
    after = mta.figures.delay_notice
    if after is None or report or age_us < after or why == Why.HOST_RETRY_TIME:
        return
    wanted = age_us // after if mta.figures.delay_notice_repeats else 1
    if item.notices >= wanted:
        return
    told = wanting(mta, item.number, left, "delayed")
    if not told:
        return
    item.notices = wanted
    log = mta.log
    number = send_report(mta, item, told, t_us)
    if log.rows is not None:
        all_of_it = len(told) == log.first[item.number + 1] - log.first[item.number]
        for rcpt in (-1,) if all_of_it else [log.rcpt[d] for d in told]:
            log.rows.extend((t_us, item.number, rcpt, Event.DELAY_NOTICED, mta.number, -1, -1, item.attempt, -1, why, number, -1))


def bounce(mta: MtaActor, item: Item, left: tuple[int, ...], t_us: int, why: Why, reply: Reply | None, of: Why = Why.NONE) -> None:
    """Return deliveries to the sender with a report; what came from the null sender is dropped (RFC 5321 section 4.5.5)."""
    bounce_all(mta, [Failed(item, left, why, reply, of)], t_us)


def bounce_all(mta: MtaActor, failures: Sequence[Failed], t_us: int) -> None:
    """Return what failed together in one report (RFC 3461 section 5.2.8), to those who want one."""
    if not failures:
        return
    log, item = mta.log, failures[0].item
    everybody = tuple(d for failed in failures for d in failed.deliveries)
    if log.names[log.sender[everybody[0]]] == "":
        if _frozen(mta, failures, t_us):
            return
        _tell_postmaster(mta, item, everybody[0], t_us)
        for failed in failures:
            returned(mta, failed, failed.deliveries, t_us, -1)
        return
    told = wanting(mta, item.number, everybody, "failed")
    number = send_report(mta, item, told, t_us, failed=True) if told else -1
    for failed in failures:
        if told == everybody:
            returned(mta, failed, failed.deliveries, t_us, number)
            continue
        for d in failed.deliveries:
            returned(mta, failed, (d,), t_us, number if d in told else -1)


def returned(mta: MtaActor, failed: Failed, left: tuple[int, ...], t_us: int, number: int) -> None:
    """Deliveries end with report ``number``, or without one (-1)."""
    log, item, reply, why = mta.log, failed.item, failed.reply, failed.why
    log.last_us = max(log.last_us, t_us)
    code = reply.code if reply is not None else -1
    for d in left:
        log.why[d] = why
        log.code[d] = code
        if not log.copies[d]:  # a copy may have arrived by a session whose reply was lost
            log.state[d] = State.DISCARDED if number < 0 else State.BOUNCED
            log.ended_us[d] = t_us
    mta.world.settled(len(left))
    mta.left(item, left)
    rows = log.rows
    if rows is None:
        return
    text = log.name(str(reply)) if reply is not None else -1
    age = t_us - item.arrived_us
    for d in left:
        rcpt = log.rcpt[d]
        if why == Why.LIFETIME_OVER:
            rows.extend((t_us, item.number, rcpt, Event.EXPIRED, mta.number, -1, -1, item.attempt, code, failed.of, age, text))
        row = (t_us, item.number, rcpt, Event.DISCARDED if number < 0 else Event.BOUNCED, mta.number, -1, -1, item.attempt, code)
        untold = Why.NULL_SENDER if log.names[log.sender[d]] == "" else Why.NOT_TO_BE_TOLD
        rows.extend((*row, untold, why, text) if number < 0 else (*row, why, number, text))


def send_report(mta: MtaActor, item: Item, left: tuple[int, ...], t_us: int, *, failed: bool = False) -> int:
    """Make a report message and put it into the own queue, from the null sender to the sender; gives its number."""
    log = mta.log
    return _send(mta, item, log.names[log.sender[left[0]]], report_octets(mta, item, left, failed=failed), t_us, Why.REPORT_TO_SENDER)


def report_octets(agent: MtaActor | LoneMta, item: Item, left: tuple[int, ...], *, failed: bool = False) -> int:
    """Octets of a report: with the message's headers, or with all of it where that was asked (RET=FULL, of failures only)."""
    log = agent.log
    size: int = log.size[left[0]]
    if failed and asks(log, item.number):
        wish = log.requests.heard(agent, item.number, left[0])
        if wish.return_content == "full":
            limit = agent.figures.return_limit
            return report_size(size if limit is None else min(size, limit))
    return report_size(min(size, HEADERS_OCTETS))


def _send(mta: MtaActor, item: Item, to: str, octets: int, t_us: int, why: Why, text: int = -1) -> int:
    """A new message from the null sender; gives its number."""
    log = mta.log
    number: int = log.add_message(item.number, "", (to,), mta.name, octets, t_us)
    delivery = log.first[number]
    mta.world.opened(1)
    if log.rows is not None:
        log.rows.extend((t_us, number, -1, Event.SENT, mta.number, -1, -1, 0, -1, why, item.number, text))
    if why == Why.DOUBLE_BOUNCE and mta.figures.postmaster is None:
        mta.world.spawn(_kept(mta, number, delivery), MESSAGE_ORDER + number)
        return number
    if mta.restarts is not None:
        mta.restarts.making[number] = delivery
    mta.spawn(_report_life(mta, number, delivery), MESSAGE_ORDER + number)
    return number


def _report_life(mta: MtaActor, number: int, delivery: int) -> Life:
    now: int = yield mta.world.now + mta.figures.report_pause
    if mta.restarts is not None:
        mta.restarts.making.pop(number, None)
    life: Life = mta.take(number, (delivery,), 0, now, mta.number)
    return life


def lose(mta: MtaActor, item: Item, left: tuple[int, ...], t_us: int) -> None:
    """Deliveries are destroyed by a declared fault; nobody is told."""
    log = mta.log
    log.last_us = max(log.last_us, t_us)
    for d in left:
        log.why[d], log.code[d] = Why.QUEUE_LOST, -1
        if not log.copies[d]:  # a copy may have arrived by a session whose reply was lost
            log.state[d], log.ended_us[d] = State.LOST, t_us
        if log.rows is not None:
            row = (t_us, item.number, log.rcpt[d], Event.LOST, mta.number, -1, -1, item.attempt, -1, Why.QUEUE_LOST)
            log.rows.extend((*row, t_us - item.arrived_us, -1))
    mta.world.settled(len(left))


# -- reports that can't be delivered ------------------------------------------------------------------------------------


def _frozen(mta: MtaActor, failures: Sequence[Failed], t_us: int) -> bool:
    """Exim: a report that failed is left alone until its time is over, tried once more, and then dropped."""
    log, memory, item = mta.log, mta.memory, failures[0].item
    if mta.figures.double_bounce != "freeze" or t_us - item.arrived_us >= mta.figures.bounce_lifetime:
        return False
    due = next_scan(max(item.arrived_us + mta.figures.bounce_lifetime, t_us + 1), memory.scan_us, memory.phase_us)
    item.deliveries = tuple(d for failed in failures for d in failed.deliveries)
    item.over = item.failed = None
    last = failures[-1]
    code = last.reply.code if last.reply is not None else -1
    for d in item.deliveries:
        log.why[d], log.code[d] = last.why, code
    if log.rows is not None:
        log.rows.extend((t_us, item.number, -1, Event.DEFERRED, mta.number, -1, -1, item.attempt, code, Why.FROZEN, due, -1))
    mta.deferred.put(item, due)
    return True


def _tell_postmaster(mta: MtaActor, item: Item, delivery: int, t_us: int) -> None:
    """A double bounce: the postmaster is told by a message whose own failure is dropped."""
    log = mta.log
    parent = log.parent[delivery]
    while parent <= -2:  # a copy that an alias sent on stands for what it is a copy of
        parent = log.parent[log.first[-2 - parent]]
    if mta.figures.double_bounce != "postmaster" or (parent >= 0 and log.names[log.sender[log.first[parent]]] == ""):
        return
    to = mta.figures.postmaster or f"postmaster@{mta.host}"
    _send(mta, item, to, report_octets(mta, item, (delivery,)), t_us, Why.DOUBLE_BOUNCE)


def _kept(mta: MtaActor, number: int, delivery: int) -> Life:
    """What is for the postmaster of the machine stays there."""
    now: int = yield mta.world.now + mta.figures.report_pause
    log = mta.log
    log.holder[delivery], log.state[delivery], log.accepted_us[delivery] = mta.number, State.QUEUED, now
    if log.rows is not None:
        log.rows.extend((now, number, -1, Event.ACCEPTED, mta.number, mta.number, -1, 0, 250, 0, 0, -1))
    stored_here(mta, delivery, now)


def stored_here(mta: MtaActor, delivery: int, t_us: int) -> None:
    """Into a mailbox of the MTA itself."""
    log = mta.log
    log.copies[delivery] += 1
    log.last_us = max(log.last_us, t_us)
    if log.copies[delivery] == 1:
        log.stored_us[delivery], log.ended_us[delivery], log.state[delivery] = t_us, -1, State.STORED
    if log.rows is not None:
        log.rows.extend(
            (t_us, log.message[delivery], log.rcpt[delivery], Event.STORED, mta.number, -1, -1, 0, 250, Why.LOCAL_DELIVERY, 0, -1)
        )
    mta.world.settled(1)


# -- reports of success -------------------------------------------------------------------------------------------------


def passed_on(mta: MtaActor, item: Item, handover: Handover) -> None:
    """A server takes the message: what was asked goes along, or the sender is told that it goes no further (RFC 3461 5.2.2)."""
    along = mta.log.requests.go_along(mta, handover.server, handover.deliveries)
    if not along and not handover.keep:
        tell_success(mta, item, handover.deliveries, handover.end_us, "relayed")


def tell_success(mta: MtaActor, item: Item, deliveries: tuple[int, ...], t_us: int, action: Action) -> None:
    """Report to whoever asked for it, from ``t_us`` (when the MTA knows) on, that mail was delivered or passed on for good."""
    told = wanting(mta, item.number, deliveries, action)
    if told:
        mta.world.opened(1)
        mta.world.spawn(_succeeded(mta, item, told, t_us, action), MESSAGE_ORDER + item.number)


def _succeeded(mta: MtaActor, item: Item, told: tuple[int, ...], t_us: int, action: Action) -> Life:
    now: int = yield max(t_us, mta.world.now)
    log = mta.log
    why, text = success_words(log, told, action)
    _send(mta, item, log.names[log.sender[told[0]]], report_octets(mta, item, told), now, why, text)
    mta.world.settled(1)


def success_words(log: Any, told: tuple[int, ...], action: Action) -> tuple[Why, int]:
    """Reason and text of the SENT row of a report of success: what happened to whom."""
    why = Why.REPORTED_DELIVERED if action == "delivered" else Why.REPORTED_RELAYED
    if log.rows is None:
        return why, -1
    return why, log.name(" ".join([f"{action}|{log.names[log.rcpt[told[0]]]}", *(log.names[log.rcpt[d]] for d in told[1:])]))


def lose_sight(mta: MtaActor | LoneMta, item: Item, left: tuple[int, ...], t_us: int, reply: Reply | None) -> None:
    """The schedule is known no further: what becomes of the deliveries is unknown, and nothing is made up."""
    log = mta.log
    code = reply.code if reply is not None else -1
    for d in left:
        log.why[d] = Why.SCHEDULE_UNKNOWN
        if not log.copies[d]:  # a copy may have arrived by a session whose reply was lost
            log.state[d], log.ended_us[d] = State.UNKNOWN, t_us
        if log.rows is not None:
            row = (t_us, item.number, log.rcpt[d], Event.UNKNOWN, mta.number, -1, -1, item.attempt, code)
            log.rows.extend((*row, Why.SCHEDULE_UNKNOWN, t_us - item.arrived_us, -1))
    mta.world.settled(len(left))
    mta.left(item, left)
