"""A request to try deferred mail now, whatever its time (RFC 1985): what each program does with it.

*   Postfix moves the mail to *incoming* and forgets that its destination was dead (flush.c ``flush_send_file``, ``UNTHROTTLE_AFTER``;
    qmgr.h ``QMGR_FLUSH_EACH``).
*   Exim runs its queue for the domain (spec, ``-R``, as it is remembered: not checked against a recording): retry times do not count
    for the first message, and for the others as long as it did not fail.  Here: all records that the mail waits for are due now; who
    fails writes them anew.
*   sendmail runs its queue for the domain (srvrsmtp.c, ETRN: ``runqueue`` limited to it); that Courier and OpenSMTPD schedule the
    mail for now is an assumption.

What is frozen stays frozen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailsim.nodes.attempt import Item
from mailsim.nodes.world import Life
from mailsim.rules.conditions import NORMAL
from mailsim.rules.reasons import Why

if TYPE_CHECKING:
    from mailsim.nodes.mta.actor import MtaActor
    from mailsim.scenario.faults import FlushRequest

__all__ = ["flush", "flushes"]


def flushes(mta: MtaActor, request: FlushRequest) -> Life:
    """The request comes at its instant; an MTA that is down or stuck hears nothing of it."""
    now: int = yield request.at_us
    if mta.stopped.at(now) == NORMAL:
        flush(mta, request.domains, now)


def flush(mta: MtaActor, domains: tuple[str, ...], now_us: int) -> None:
    """Try deferred mail for these domains (none: all of it) at the clock's instant."""
    items = [item for item in mta.deferred.items() if (not domains or item.domain in domains) and not _frozen(mta, item)]
    if not items:
        return
    for domain in dict.fromkeys(item.domain for item in items):
        if domain in mta.destinations:
            mta.destinations[domain].revive(now_us)
    _free_records(mta, items, now_us)
    mta.deferred.take(items)
    for item in items:
        item.over = None
    mta.start_batch(items, now_us)


def _frozen(mta: MtaActor, item: Item) -> bool:
    """Left alone by all queue runs until it is returned or dropped."""
    if mta.figures.double_bounce == "freeze" and item.failed is None:
        return True
    return item.over is not None and item.over[1] == Why.MX_SELF and mta.figures.mx_to_self == "freeze"


def _free_records(mta: MtaActor, items: list[Item], now_us: int) -> None:
    """The retry times that these items wait for have come."""
    records = mta.memory.records
    if not records:
        return
    numbers = {str(item.number) for item in items}
    keys = {host for item in items for host in item.waits_for} | {f"route {item.domain}" for item in items}
    for key, record in records.items():
        head, _, number = key.partition(" ")
        if key in keys or (head != "route" and number in numbers):
            records[key] = record._replace(next_us=min(record.next_us, now_us))
