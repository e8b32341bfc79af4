"""A message's life in an MTA: taken, split by domain, activated, attempted, deferred, expired, reported."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from mailsim.events import Event, State
from mailsim.nodes.attempt import Handover, Item, Outcome, attempt, envelope_of, pass_on
from mailsim.nodes.contact import call
from mailsim.nodes.mta.dates import dates
from mailsim.nodes.mta.express import express
from mailsim.nodes.mta.forwarding import forward
from mailsim.nodes.mta.queue import Destination
from mailsim.nodes.mta.returning import Failed, bounce, bounce_all, lose_sight, notice, stored_here, tell_success
from mailsim.nodes.requests import asks
from mailsim.nodes.world import Life
from mailsim.rules.conditions import FOREVER, NORMAL
from mailsim.rules.reasons import Why
from mailsim.rules.retry import AgeClampedPolicy, next_scan
from mailsim.rules.smtp import Action, Reply, verdict

if TYPE_CHECKING:
    from mailsim.nodes.mta.actor import MtaActor

__all__ = [
    "MESSAGE_ORDER",
    "activated",
    "came_back",
    "carry",
    "commit",
    "defer",
    "give_up",
    "put_off",
    "put_off_all",
    "release",
    "run_batch",
    "serve",
    "take",
    "until_running",
    "walk",
]

#: order of a message among the events of an instant: this and its number
MESSAGE_ORDER = 2


def take(mta: MtaActor, number: int, deliveries: tuple[int, ...], hops: int, t_us: int, giver: int) -> Life:
    """The MTA takes responsibility at ``t_us`` (the clock): log it, split by domain, go on with each part."""
    log = mta.log
    for d in deliveries:
        if not log.copies[d] and log.ended_us[d] < 0:  # a copy that goes on after another one ended counts when it is stored
            log.holder[d] = mta.number
            log.state[d] = State.QUEUED
        if log.accepted_us[d] < 0:
            log.accepted_us[d] = t_us
    if mta.discipline is None and _usual(mta, number, deliveries):
        domain = mta.domain_of(log.rcpt[deliveries[0]])
        return express(mta, Item(number, deliveries, domain, hops, t_us, local=domain in mta.final_for), t_us)
    if log.rows is not None:
        log.rows.extend((t_us, number, -1, Event.ACCEPTED, mta.number, giver, -1, 0, 250, 0, hops, -1))
    items = _split(mta, number, deliveries, hops, t_us)
    for item in items[1:]:
        mta.world.spawn(mta.carry(item, t_us), MESSAGE_ORDER + number)
    return mta.carry(items[0], t_us)


def _usual(mta: MtaActor, number: int, deliveries: tuple[int, ...]) -> bool:
    """Whether plans may do: nobody wants to see the steps, and nobody asked for reports."""
    return mta.log.rows is None and len(deliveries) == 1 and not asks(mta.log, number)


def _split(mta: MtaActor, number: int, deliveries: tuple[int, ...], hops: int, t_us: int) -> list[Item]:
    """One item per recipient domain, in the order of the recipients."""
    rcpt, domain_of = mta.log.rcpt, mta.domain_of
    final = mta.final_for
    by_domain: dict[str, list[int]] = {}
    for d in deliveries:
        by_domain.setdefault(domain_of(rcpt[d]), []).append(d)
    several = len(deliveries) > 1
    return [Item(number, tuple(ds), domain, hops, t_us, local=domain in final, several=several) for domain, ds in by_domain.items()]


def carry(mta: MtaActor, item: Item, t_us: int) -> Life:
    """Attempt an item now, within the limits of its destination; gives the next stage of its life or None."""
    if item.hops >= mta.figures.hop_limit:
        reply = Reply(554, mta.figures.status_loop, "Too many hops")
        return bounce(mta, item, item.deliveries, t_us, Why.HOP_LIMIT, reply)
    if not mta.stopped.quiet:
        t_us = yield from until_running(mta, t_us)
    if item.local:
        return (yield from _store(mta, item, t_us))
    if mta.discipline is not None:
        life = mta.discipline.carry(item, t_us)
        return None if life is None else mta.mortal(life)
    destination = mta.destination(item.domain)
    if destination is not None:
        granted = destination.enter(t_us)
        if granted is None:
            granted = yield from destination.wait()
            t_us = mta.world.now
        if not granted:
            return put_off(mta, item, t_us)
    return (yield from walk(mta, item, t_us, destination))


def walk(mta: MtaActor, item: Item, t_us: int, destination: Destination | None) -> Life:
    """One honest attempt with a session of the destination granted, and what comes of it."""
    outcome: Outcome = yield from attempt(mta, item, t_us)
    if destination is not None:
        destination.leave(outcome.end_us, failed=outcome.site_failed and outcome.action != Action.DONE)
    if outcome.contacted:
        for d in item.deliveries:
            mta.log.tries[d] += 1
    return (yield from commit(mta, item, outcome))


def until_running(mta: MtaActor, t_us: int) -> Life:
    """A stopped service does no work: wait until it runs again."""
    condition, edge = mta.stopped.stretch(t_us)
    while condition is not NORMAL and edge < FOREVER:
        t_us = yield edge
        condition, edge = mta.stopped.stretch(t_us)
    if condition is not NORMAL:
        yield mta.world.line()
    return t_us


def commit(mta: MtaActor, item: Item, outcome: Outcome) -> Life:
    """Act on an attempt's outcome, each thing at its own instant; gives the next stage or None."""
    last = outcome.handover
    if last is not None and outcome.refused:
        release(mta, item, last)
        last = None
    if last is not None:
        yield last.taken_us
        if mta.memory.by_host:
            for address in outcome.failed_hosts:
                mta.memory.note_failures((address,), outcome.end_us)
            came_back(mta, outcome.good_hosts, outcome.end_us)
        return pass_on(mta, item, last)
    if outcome.end_us > mta.world.now:
        yield outcome.end_us
    expired = mta.memory.note_failures(outcome.failed_hosts, outcome.end_us)
    came_back(mta, outcome.good_hosts, outcome.end_us)
    failures = [Failed(item, (d,), why, reply) for d, reply, why in outcome.refused]
    if outcome.left and outcome.action == Action.BOUNCE:
        failures.append(Failed(item, outcome.left, outcome.why, outcome.reply))
    bounce_all(mta, failures, outcome.end_us)
    if not outcome.left or outcome.action == Action.BOUNCE:
        return None
    if outcome.why == Why.MX_SELF and mta.figures.mx_to_self == "freeze":
        return _freeze(mta, item, outcome)
    if expired:
        return bounce(mta, item, outcome.left, outcome.end_us, Why.HOST_CUTOFF, outcome.reply)
    return defer(mta, item, outcome.left, outcome.end_us, outcome.why, outcome.keys, outcome.reply)


def came_back(mta: MtaActor, hosts: tuple[str, ...], t_us: int) -> None:
    """Hosts took mail: what waited for them goes over the same connections, from ``t_us`` on."""
    waiting = [item for address in hosts for item in mta.note_success(address)]
    if waiting:
        mta.spawn(_queue_run(mta, waiting, t_us), MESSAGE_ORDER + waiting[0].number)


def release(mta: MtaActor, item: Item, handover: Handover) -> None:
    """Let a server's part of the message go on by itself; where its 250 was lost, the client keeps the message as well."""
    if handover.keep:
        mta.world.opened(len(handover.deliveries))
    else:
        mta.left(item, handover.deliveries)
    mta.world.spawn(_handed_over(mta, item, handover), MESSAGE_ORDER + item.number)


def _handed_over(mta: MtaActor, item: Item, handover: Handover) -> Life:
    """A part of the message goes on by itself from the instant at which the server took it."""
    yield handover.taken_us
    return pass_on(mta, item, handover)


def _store(mta: MtaActor, item: Item, t_us: int) -> Life:
    """Final delivery: into the own mailboxes, or by LMTP into the mail store, which may be down while this MTA is up."""
    item.attempt += 1
    log = mta.log
    if mta.aliases:
        forward(mta, item, t_us)
        if not item.deliveries:
            return None
    store = mta.declaration.store
    if store is None:
        tell_success(mta, item, item.deliveries, t_us, "delivered")
        for d in item.deliveries:
            stored_here(mta, d, t_us)
        mta.left(item, item.deliveries)
        return None
    actor = mta.world.actor(store)
    address = actor.lmtp_address
    result, server, verdicts = call(
        mta.world, mta.lmtp_caller, address, envelope_of(mta, item, item.deliveries), service="lmtp", start_us=t_us, turn=item.attempt
    )
    if log.rows is not None:
        said = str(result.reply) if result.reply is not None else ""
        code = result.reply.code if result.reply is not None else -1
        text = log.name(f"{result.stage.name.lower()}|{said}")
        row = (t_us, item.number, -1, Event.TRIED, mta.number, log.name(actor.host), log.name(address), item.attempt)
        log.rows.extend((*row, code, result.why, result.end_us - t_us, text))
    if result.taken_us >= 0 and server is not None:
        if result.why == Why.WENT_DOWN:
            mta.world.opened(len(item.deliveries))
            mta.world.spawn(_taken_by(actor, mta, item, result.taken_us), MESSAGE_ORDER + item.number)
            yield max(result.end_us, mta.world.now)
            return None
        yield result.taken_us
        if result.why == Why.OK:
            came_back(mta, (address,), result.end_us)
            if log.rows is not None:
                row = (result.end_us, item.number, -1, Event.DELIVERED, mta.number, log.name(store), log.name(address), item.attempt)
                log.rows.extend((*row, 250, Why.LOCAL_DELIVERY, 0, log.name(actor.host)))
            each = list(zip(item.deliveries, verdicts, strict=True))
            refused = [Failed(item, (d,), no.why, no.reply) for d, no in each if no is not None and no.reply.code >= 500]
            bounce_all(mta, refused, result.taken_us)
            taken = tuple(d for d, no in each if no is None)
            later = [(d, no) for d, no in each if no is not None and no.reply.code < 500]
            tell_success(mta, item, taken, result.end_us, "delivered" if mta.figures.assumes_final else "relayed")
            if later:
                defer(mta, item, tuple(d for d, _ in later), result.taken_us, later[0][1].why, (address,), later[0][1].reply)
            mta.left(item, taken)
            return actor.take(item.number, taken, item.hops, result.taken_us, mta.number)
        mta.world.opened(len(item.deliveries))
        mta.world.spawn(actor.take(item.number, item.deliveries, item.hops, result.taken_us, mta.number), MESSAGE_ORDER + item.number)
    yield result.end_us
    said_verdict = verdict(result.why, result.stage, last=True, failures=mta.figures.failures)
    if said_verdict.action == Action.BOUNCE:
        return bounce(mta, item, item.deliveries, result.end_us, result.why, result.reply)
    mta.memory.note_failures((address,), result.end_us)
    return defer(mta, item, item.deliveries, result.end_us, result.why, (address,), result.reply)


def _taken_by(actor: Any, mta: MtaActor, item: Item, taken_us: int) -> Life:
    """The store takes what this MTA did not live to see."""
    yield taken_us
    return actor.take(item.number, item.deliveries, item.hops, taken_us, mta.number)


def defer(
    mta: MtaActor, item: Item, left: tuple[int, ...], t_us: int, why: Why, hosts: tuple[str, ...], reply: Reply | None = None
) -> None:
    """Back into the queue, unless the message is too old by now: expiry is tested after a failed attempt."""
    log, figures = mta.log, mta.figures
    report = log.names[log.sender[left[0]]] == ""
    age = t_us - item.arrived_us
    lifetime = figures.bounce_lifetime if report else figures.queue_lifetime
    for d in left:
        log.why[d] = why
        log.code[d] = reply.code if reply is not None else -1
    item.deliveries = left
    item.failed = (t_us, hosts)
    due, over = dates(mta, item, t_us, hosts, lifetime)
    reckoned = due - item.arrived_us if due is not None and figures.delay_notice_ahead else age
    if over is not None and why != Why.HOST_RETRY_TIME:
        given = Why.ATTEMPTS_OVER if mta.memory.giving_up.by_count(item.attempt) else Why.LIFETIME_OVER
        if over <= t_us:
            bounce(mta, item, left, t_us, given, reply, of=why)
            return
        item.over, due = (given, why, reply), over
    if due is None:
        log.last_us = max(log.last_us, t_us)
        lose_sight(mta, item, left, t_us, reply)
        return
    mta.wait_for(item, hosts)
    if log.rows is not None:
        log.rows.extend(
            (t_us, item.number, -1, Event.DEFERRED, mta.number, -1, -1, item.attempt, reply.code if reply else -1, why, due, -1)
        )
    notice(mta, item, left, t_us, reckoned, report, why)
    mta.deferred.put(item, due)


def _freeze(mta: MtaActor, item: Item, outcome: Outcome) -> None:
    """Left alone by all queue runs until it is returned (Exim spec, ``self = freeze`` and ``timeout_frozen_after``)."""
    log, memory, frozen_for = mta.log, mta.memory, mta.figures.frozen_for
    assert frozen_for is not None
    for d in outcome.left:
        log.why[d], log.code[d] = outcome.why, -1
    item.deliveries = outcome.left
    item.over = (Why.LIFETIME_OVER, outcome.why, outcome.reply)
    due = next_scan(max(item.arrived_us + frozen_for, outcome.end_us), memory.scan_us, memory.phase_us)
    if log.rows is not None:
        row = (outcome.end_us, item.number, -1, Event.DEFERRED, mta.number, -1, -1, item.attempt, -1, outcome.why, due, -1)
        log.rows.extend(row)
    mta.deferred.put(item, due)


def give_up(mta: MtaActor, item: Item) -> None:
    """An item's time has come to be returned without another attempt (now: the clock)."""
    mta.spawn(_give_up(mta, item), MESSAGE_ORDER + item.number)


def _give_up(mta: MtaActor, item: Item) -> Life:
    now: int = yield mta.world.now
    if not mta.stopped.quiet:
        now = yield from until_running(mta, now)
    assert item.over is not None
    why, of, reply = item.over
    bounce(mta, item, item.deliveries, now, why, reply, of=of)


def put_off(mta: MtaActor, item: Item, t_us: int) -> None:
    """Deferred untried because the destination is dead: for lifetime, notice and schedule it counts as an attempt that failed.

    Postfix looks at the age whenever a round leaves recipients deferred, whatever deferred them (qmgr_active.c).
    """
    defer(mta, item, item.deliveries, t_us, Why.DESTINATION_DEAD, ())


def run_batch(mta: MtaActor, items: list[Item], now_us: int) -> None:
    """What is due goes on: as sessions of its destination are free (Postfix), or in queue runs, one after the other (Exim)."""
    if mta.memory.by_host:
        mta.spawn(_queue_run(mta, items, now_us), MESSAGE_ORDER + items[0].number)
        return
    waiting: dict[str, list[Item]] = {}
    for item in items:
        if item.local or mta.figures.concurrency is None or not mta.stopped.quiet:
            mta.spawn(_activate(mta, item), MESSAGE_ORDER + item.number)
        else:
            waiting.setdefault(item.domain, []).append(item)
    if mta.log.rows is not None:
        for item in chain.from_iterable(waiting.values()):
            activated(mta, item, now_us)
    for domain, several in waiting.items():
        destination = mta.destination(domain)
        assert destination is not None
        if destination.is_dead(now_us):
            put_off_all(mta, several, now_us)
        else:
            destination.admit(several, now_us)


def serve(mta: MtaActor, item: Item) -> None:
    """A session of its destination is granted to an item that a scan activated."""
    mta.world.spawn(_served(mta, item), MESSAGE_ORDER + item.number)


def _served(mta: MtaActor, item: Item) -> Life:
    now: int = yield mta.world.now
    if _usual(mta, item.number, item.deliveries):
        return express(mta, item, now, granted=True)
    return walk(mta, item, now, mta.destination(item.domain))


def put_off_all(mta: MtaActor, items: list[Item], now_us: int) -> None:
    """Put items off, those at once that :func:`put_off` would only give a new instant."""
    figures, log, memory = mta.figures, mta.log, mta.memory
    policy = memory.policy
    if log.rows is not None or figures.delay_notice is not None or mta.restarts or not isinstance(policy, AgeClampedPolicy):
        for item in items:
            put_off(mta, item, now_us)
        return
    born_after = now_us - min(figures.queue_lifetime, figures.bounce_lifetime)
    following, phase, origin, put = policy.next, memory.phase_us, memory.origin_us, mta.deferred.put
    why, code = log.why, log.code
    for item in items:
        arrived = item.arrived_us
        if arrived <= born_after:
            put_off(mta, item, now_us)
            continue
        for d in item.deliveries:
            if why[d] != Why.DESTINATION_DEAD:
                why[d], code[d] = Why.DESTINATION_DEAD, -1
        put(item, following(arrived, now_us, phase_us=phase, origin_us=origin))


def _activate(mta: MtaActor, item: Item) -> Life:
    now: int = yield mta.world.now
    if not mta.stopped.quiet:
        now = yield from until_running(mta, now)
    activated(mta, item, now)
    return express(mta, item, now) if _usual(mta, item.number, item.deliveries) else mta.carry(item, now)


def activated(mta: MtaActor, item: Item, now_us: int) -> None:
    """The message leaves the deferred queue for an attempt: log it."""
    if mta.log.rows is not None:
        mta.log.rows.extend((now_us, item.number, -1, Event.ACTIVATED, mta.number, -1, -1, item.attempt, -1, 0, 0, -1))


def _queue_run(mta: MtaActor, items: list[Item], start_us: int) -> Life:
    """A queue runner delivers one message after the other; each goes on by itself once a server has it."""
    now: int = yield max(start_us, mta.world.now)
    for item in items:
        if not mta.stopped.quiet:
            now = yield from until_running(mta, now)
        activated(mta, item, now)
        stage: Any = carry(mta, item, now)
        stage = yield from stage
        if stage is not None:
            mta.world.spawn(stage, MESSAGE_ORDER + item.number)
        now = mta.world.now
    return None
