"""How mail leaves a queue undelivered: returned with a report, noticed as late, or out of everybody's sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailsim.events import Event, State
from mailsim.nodes.attempt import Item
from mailsim.nodes.world import Life
from mailsim.rules.dsn import report_size
from mailsim.rules.reasons import Why
from mailsim.rules.smtp import Reply

if TYPE_CHECKING:
    from mailsim.nodes.mta.actor import MtaActor
    from mailsim.nodes.senders import LoneMta

__all__ = ["bounce", "lose", "lose_sight", "notice", "returned", "send_report"]

MESSAGE_ORDER = 2


def notice(mta: MtaActor, item: Item, left: tuple[int, ...], t_us: int, age_us: int, report: bool, why: Why) -> None:
    """Tell the sender that the mail is late (RFC 3464 action ``delayed``): at the first failed attempt after the time."""
    after = mta.figures.delay_notice
    if after is None or report or age_us < after or why == Why.HOST_RETRY_TIME:
        return
    wanted = age_us // after if mta.figures.delay_notice_repeats else 1
    if item.notices >= wanted:
        return
    item.notices = wanted
    number = send_report(mta, item, left, t_us)
    if mta.log.rows is not None:
        mta.log.rows.extend((t_us, item.number, -1, Event.DELAY_NOTICED, mta.number, -1, -1, item.attempt, -1, why, number, -1))


def bounce(mta: MtaActor, item: Item, left: tuple[int, ...], t_us: int, why: Why, reply: Reply | None, of: Why = Why.NONE) -> None:
    """Return deliveries to the sender with a report; what came from the null sender is dropped (RFC 5321 section 4.5.5)."""
    log = mta.log
    report = log.names[log.sender[left[0]]] == ""
    returned(mta, item, left, t_us, why, reply, of, -1 if report else send_report(mta, item, left, t_us))


def returned(mta: MtaActor, item: Item, left: tuple[int, ...], t_us: int, why: Why, reply: Reply | None, of: Why, number: int) -> None:
    """Deliveries end with report ``number``, or without one (-1)."""
    log = mta.log
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
    for d in left:
        rcpt = log.rcpt[d]
        if why == Why.LIFETIME_OVER:
            rows.extend((t_us, item.number, rcpt, Event.EXPIRED, mta.number, -1, -1, item.attempt, code, of, t_us - item.arrived_us, text))
        row = (t_us, item.number, rcpt, Event.DISCARDED if number < 0 else Event.BOUNCED, mta.number, -1, -1, item.attempt, code)
        rows.extend((*row, Why.NULL_SENDER, why, text) if number < 0 else (*row, why, number, text))


def send_report(mta: MtaActor, item: Item, left: tuple[int, ...], t_us: int) -> int:
    """Make a report message and put it into the own queue, from the null sender to the sender; gives its number."""
    log = mta.log
    to = log.names[log.sender[left[0]]]
    number: int = log.add_message(item.number, "", (to,), mta.name, report_size(min(log.size[left[0]], 2000)), t_us)
    delivery = log.first[number]
    mta.world.opened(1)
    if log.rows is not None:
        log.rows.extend((t_us, number, -1, Event.SENT, mta.number, -1, -1, 0, -1, Why.REPORT_TO_SENDER, item.number, -1))
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
