"""Alias forwarding at final delivery: copies for the addresses that an alias stands for, from the same sender.

Mail that reaches an alias is delivered: it is *expanded* (RFC 3464 section 2.3.3: delivered as the sender specified, and
forwarded beyond that destination).  What goes on is one message of the MTA's own for all the addresses, with the sender of the
first and its Received lines; so a circle through several servers grows by a line with each and ends at a hop limit.
What was asked of reports (NOTIFY) does not go along with it: who asked for success is told that the alias has the mail (RFC 3461
section 5.2.7 allows it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailsim.events import Event, State
from mailsim.nodes.attempt import Item
from mailsim.nodes.mta.returning import tell_success
from mailsim.nodes.world import Life
from mailsim.rules.aliases import expanded
from mailsim.rules.reasons import Why

if TYPE_CHECKING:
    from mailsim.nodes.mta.actor import MtaActor

__all__ = ["forward", "is_alias"]

MESSAGE_ORDER = 2


def is_alias(mta: MtaActor, delivery: int) -> bool:
    """Whether a delivery's address stands for others, and that was not seen to yet."""
    return bool(mta.aliases) and delivery not in mta.forwarded and mta.log.names[mta.log.rcpt[delivery]].lower() in mta.aliases


def forward(mta: MtaActor, item: Item, t_us: int) -> None:
    """Send copies to those whom the item's addresses stand for, at ``t_us`` (the clock); what is left of it is for mailboxes here."""
    stays: list[int] = []
    for d in item.deliveries:
        if not is_alias(mta, d):
            stays.append(d)
            continue
        address = mta.log.names[mta.log.rcpt[d]].lower()
        targets = expanded(mta.aliases, address)
        others = tuple(target for target in targets if target.lower() != address)
        if others:
            _copy(mta, item, d, others, t_us)
        if len(others) < len(targets):
            mta.forwarded.add(d)
            stays.append(d)
        else:
            tell_success(mta, item, (d,), t_us, "delivered")
            _delivered(mta, d, t_us)
            mta.left(item, (d,))
    item.deliveries = tuple(stays)


def _copy(mta: MtaActor, item: Item, delivery: int, targets: tuple[str, ...], t_us: int) -> None:
    """A message for the targets; those of them that have a mailbox here are not looked up among the aliases again."""
    log = mta.log
    number: int = log.add_message(-2 - item.number, log.names[log.sender[delivery]], targets, mta.name, log.size[delivery], t_us)
    deliveries = tuple(range(log.first[number], log.first[number + 1]))
    mta.world.opened(len(deliveries))
    mta.forwarded.update(d for d in deliveries if mta.domain_of(log.rcpt[d]) in mta.final_for)
    if log.rows is not None:
        log.rows.extend((t_us, number, -1, Event.SENT, mta.number, -1, -1, 0, -1, Why.EXPANDED, item.number, -1))
    mta.world.spawn(_copy_life(mta, number, deliveries, item.hops), MESSAGE_ORDER + number)


def _copy_life(mta: MtaActor, number: int, deliveries: tuple[int, ...], hops: int) -> Life:
    now: int = yield mta.world.now
    life: Life = mta.take(number, deliveries, hops, now, mta.number)
    return life


def _delivered(mta: MtaActor, delivery: int, t_us: int) -> None:
    """Delivered to the alias."""
    log = mta.log
    log.copies[delivery] += 1
    log.last_us = max(log.last_us, t_us)
    if log.copies[delivery] == 1:
        log.stored_us[delivery], log.ended_us[delivery] = t_us, -1
        log.state[delivery], log.holder[delivery] = State.STORED, mta.number
    if log.rows is not None:
        row = (t_us, log.message[delivery], log.rcpt[delivery], Event.STORED, mta.number, -1, -1, 0, 250, Why.EXPANDED, 0, -1)
        log.rows.extend(row)
    mta.world.settled(1)
