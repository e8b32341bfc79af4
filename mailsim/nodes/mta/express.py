"""The usual way of a message through MTAs, played from plans in one script: what ``life`` does when nothing is unusual.

What a plan does not cover is handed to the honest walk (:mod:`mailsim.nodes.mta.life`) before anything was touched.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mailsim.events import State
from mailsim.nodes.attempt import Item, envelope_of, legs_of
from mailsim.nodes.mta.forwarding import is_alias
from mailsim.nodes.plan import Leg, leg_to
from mailsim.nodes.world import Life
from mailsim.rules.mx import NoRoute, Target
from mailsim.rules.reasons import Why

if TYPE_CHECKING:
    from mailsim.nodes.mta.actor import MtaActor

__all__ = ["express"]


def express(mta: MtaActor, item: Item, t_us: int, *, granted: bool | None = None) -> Life:
    """An item's life from ``t_us`` (the clock) on, from MTA to MTA into the mailbox; gives the honest walk where plans end.

    ``granted``: a session of the first destination is held already.
    """
    log = mta.log
    delivery = item.deliveries[0]
    number, size, rcpt = item.number, log.size[delivery], log.rcpt[delivery]
    while True:
        if not mta.stopped.quiet or item.hops >= mta.figures.hop_limit:
            return mta.carry(item, t_us)
        if item.local:
            return None if _stored(mta, item, delivery, size, t_us) else mta.carry(item, t_us)
        if mta.discipline is not None:
            return mta.carry(item, t_us)
        destination = mta.destination(item.domain)
        if destination is not None and not granted:
            granted = destination.enter(t_us)
            if granted is None:
                granted = yield from destination.wait()
                t_us = mta.world.now
            if not granted:
                return mta.put_off(item, t_us)
        plan = _plan(mta, item, rcpt, t_us)
        played = _played(plan, number, item.attempt + 1, size, t_us) if plan is not None else None
        if played is None:
            return mta.walk(item, t_us, destination)
        item.attempt += 1
        granted = None
        leg, target, end, taken = played
        if destination is not None:
            destination.leave(end, failed=False)
        log.tries[delivery] += 1
        yield taken
        if mta.memory.by_host and mta.memory.records:  # written while the session lasted
            mta.came_back((target.address,), end)
        if log.relayed_us[delivery] < 0:
            log.relayed_us[delivery] = taken
            log.via[delivery] = log.name(target.host)
        following = leg.server
        if following.__class__ is not mta.__class__:
            return following.take(number, item.deliveries, item.hops + 1, taken, mta.number)
        mta, t_us = following, taken
        if not log.copies[delivery] and log.ended_us[delivery] < 0:
            log.holder[delivery] = mta.number
            log.state[delivery] = State.QUEUED
        item = Item(number, item.deliveries, item.domain, item.hops + 1, t_us, local=item.domain in mta.final_for)


def _plan(mta: MtaActor, item: Item, rcpt: int, t_us: int) -> tuple[int, tuple[Target, ...], list[Leg | None]] | None:
    """(delay of the lookups, targets, legs) where the route is remembered and no retry record stands in the way."""
    known = mta.routes.get(item.domain)
    if known is None or mta.memory.records:
        return None
    window, route = known
    if t_us < window.from_us or t_us + window.delay_us >= window.until_us or isinstance(route, NoRoute):
        return None
    plan = mta.plans.get((item.domain, rcpt))
    if plan is None or plan[1] is not route:
        plan = mta.plans[(item.domain, rcpt)] = (window.delay_us, route, legs_of(mta, item, route))
    return plan


def _played(plan: Any, number: int, turn: int, size: int, now_us: int) -> tuple[Leg, Target, int, int] | None:
    """Play the legs in order, past those that are silent throughout: (leg, target, end, taken) of the first that takes it."""
    delay, route, legs = plan
    t = now_us + delay
    for leg, target in zip(legs, route, strict=False):
        if leg is None:
            return None
        if not leg.path.quiet:
            condition, edge = leg.path.stretch(t)
            if condition.reach == Why.SILENT and edge > t + leg.timeout_us + leg.rtt_at(number, turn):
                t += leg.timeout_us
                continue
        played = leg.play(number, turn, size, t, now_us)
        return None if played is None else (leg, target, *played)
    return None


def _stored(mta: MtaActor, item: Item, delivery: int, size: int, t_us: int) -> bool:
    """Final delivery with no event, since nobody else's doing decides when the store takes it; False: walk."""
    store, log = mta.declaration.store, mta.log
    if store is None or mta.memory.by_host or mta.memory.records or is_alias(mta, delivery):
        return False
    rcpt = log.rcpt[delivery]
    if rcpt not in mta.store_legs:
        envelope = envelope_of(mta, item, item.deliveries)
        mta.store_legs[rcpt] = leg_to(mta.world, mta.lmtp_caller, mta.world.actor(store).lmtp_address, envelope, service="lmtp")
    leg = mta.store_legs[rcpt]
    if leg is None or not leg.server.calm(log.names[rcpt], size, t_us):
        return False
    played = leg.play(item.number, item.attempt + 1, size, t_us, t_us)
    if played is None or played[1] >= mta.world.limit_us:
        return False
    leg.server.take(item.number, item.deliveries, item.hops, played[1], mta.number)
    return True
