"""Courier's queue: a message waits as a whole for its retry time, and processes by destination keep their sessions open.

A process sends RSET before it uses its session again; if that brings no reply, the message waits, and the next one finds the
process without a session.  A process that reached no host (or whose name server was silent) refuses what comes to it for a while,
unsent: ``esmtpdelay``.  When all parts of a message have been tried, the message is looked at as a whole (cdmsgq3.C
``msgq::done``): what failed for good is reported when nothing else is left of it, or its time is over; else it waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mailsim.events import Event
from mailsim.nodes.attempt import Item, Outcome, attempt, try_targets
from mailsim.nodes.mta.disciplines import discipline
from mailsim.nodes.mta.life import release, until_running
from mailsim.nodes.mta.returning import Failed, bounce_all, notice
from mailsim.nodes.ways import packets
from mailsim.nodes.world import Life, Wire
from mailsim.rules.mx import Target
from mailsim.rules.reasons import Why
from mailsim.rules.session import probe
from mailsim.rules.smtp import Action, Reply, Stage
from mailsim.rules.worker_pool import Worker, WorkerPool

if TYPE_CHECKING:
    from mailsim.nodes.mta.actor import MtaActor

__all__ = ["HostWorkers"]

RUNNER_ORDER = 1
MESSAGE_ORDER = 2
SECOND_US = 1_000_000


class _Session(NamedTuple):
    """An open session: with whom, over which way; ``ended``: the server has closed it, and the client has not noticed yet."""

    target: Target
    wire: Wire
    ended: bool


class _Failed(NamedTuple):
    """Deliveries that a round brought no further: they wait, or (``for_good``) will be reported."""

    item: Item
    deliveries: tuple[int, ...]
    why: Why
    reply: Reply | None
    for_good: bool


class _Message:
    """A message in the queue, over all its destinations."""

    __slots__ = ("failed", "open", "rounds", "since_us", "waiting")

    def __init__(self, since_us: int) -> None:
        self.since_us = since_us
        self.open = 0  #: parts that are being tried
        self.rounds = 0
        self.failed: list[_Failed] = []
        self.waiting: list[_Failed] = []


@discipline("host_workers")
class HostWorkers:
    """The deliveries of one MTA.  Courier keeps instants in whole seconds (time_t): so do the comparisons here."""

    def __init__(self, mta: MtaActor) -> None:
        self._mta = mta
        figures = mta.figures.workers
        assert figures is not None, "the flavour's model checks it"
        self._down_for_us, self._turning_away_us = figures.down_for, figures.turning_away
        self._pool: WorkerPool[Item, _Session] = WorkerPool(figures.per_host, figures.total, figures.idle)
        self._messages: dict[Item, _Message] = {}
        #: messages whose parts are still coming in, at this instant
        self._coming: dict[int, _Message] = {}
        #: what is due and starts when the daemon wakes; when it last woke
        self._ripe: list[Item] = []
        self._bell = mta.world.line()
        self._woken_us = mta.world.origin_us

    def carry(self, item: Item, t_us: int) -> Life:
        """A part of a message is new in the queue."""
        message = self._coming.get(item.number)
        if message is None or message.since_us != t_us:
            message = _Message(t_us)
        message.open += 1
        self._messages[item] = message
        if item.several:
            self._coming[item.number] = message
            yield t_us  # until all parts of it are known
            self._coming.pop(item.number, None)
        yield from self._begin(item, t_us)

    def due(self, items: list[Item], now_us: int) -> None:
        """Retry times have come, which are whole seconds; the daemon wakes as far into the second as it last did.

        It sleeps whole seconds from its last wake-up on (courierd.C, select), unless a new message or the end of a delivery
        wakes it.
        """
        for item in items:
            self._messages[item].open += 1
        if not self._ripe:
            self._mta.spawn(self._alarm(now_us + (self._woken_us - now_us) % SECOND_US), RUNNER_ORDER)
        self._ripe += items

    def inherit(self, before: Any, under_way: list[Item]) -> None:
        """Messages stand on disk with the rounds that they have had; those under way begin their round again."""
        old: HostWorkers = before
        self._woken_us = self._mta.world.now
        self._messages = {item: message for item, message in old._messages.items() if item.ticket}
        again: dict[int, _Message] = {}
        for item in [item for item in under_way if not item.local]:
            message = again.setdefault(item.number, _Message(item.arrived_us))
            if item in old._messages:
                message.rounds = max(message.rounds, old._messages[item].rounds)
            self._messages[item] = message

    def _alarm(self, wakes_us: int) -> Life:
        yield self._bell, wakes_us
        now: int = self._mta.world.now
        if not self._mta.stopped.quiet:
            now = yield from until_running(self._mta, now)
        self._woken_us = now
        ripe, self._ripe = self._ripe, []
        for item in ripe:
            if self._mta.log.rows is not None:
                row = (now, item.number, -1, Event.ACTIVATED, self._mta.number, -1, -1, item.attempt, -1, 0, 0, -1)
                self._mta.log.rows.extend(row)
            worker = self._pool.enter(item.domain, item, now)
            if worker is not None:
                self._mta.spawn(self._served(worker, item), MESSAGE_ORDER + item.number)

    def _wake(self, t_us: int) -> None:
        """Something happened that wakes the daemon."""
        self._woken_us = t_us
        if self._bell:
            self._mta.world.wake_one(self._bell, True)

    def _begin(self, item: Item, t_us: int) -> Life:
        """Deliver a new item if there is a process for it; and then what waits for that process."""
        worker = self._pool.enter(item.domain, item, t_us)
        self._wake(t_us)
        if worker is not None:
            yield from self._go_on(worker, item, t_us)

    def _go_on(self, first: Worker[_Session], item: Item, t_us: int) -> Life:
        worker: Worker[_Session] | None = first
        while worker is not None:
            if not self._mta.stopped.quiet:
                t_us = yield from until_running(self._mta, t_us)
            t_us = yield from self._deliver(worker, item, t_us)
            started = self._pool.leave(worker, t_us)
            self._looked_at(item, t_us)
            self._wake(t_us)
            worker = None
            for other, work in started:
                if worker is None:
                    worker, item = other, work
                else:
                    self._mta.spawn(self._served(other, work), MESSAGE_ORDER + work.number)

    def _served(self, worker: Worker[_Session], item: Item) -> Life:
        """What has just been given a process."""
        now: int = yield self._mta.world.now
        yield from self._go_on(worker, item, now)

    # -- one delivery -------------------------------------------------------------------------------------------

    def _deliver(self, worker: Worker[_Session], item: Item, t_us: int) -> Life:
        """One delivery from the clock's instant to its end, which it gives."""
        mta, log = self._mta, self._mta.log
        if not mta.stopped.quiet and mta.stopped.next_edge(worker.used_us) <= t_us:
            worker.session, worker.down_until_us = None, 0  # it was started again with its MTA
        outcome: Outcome = yield from self._tried(worker, item, t_us)
        if outcome.contacted:
            for d in item.deliveries:
                log.tries[d] += 1
        if outcome.handover is not None:
            release(mta, item, outcome.handover)
        end = outcome.end_us
        if end > mta.world.now:
            yield end
        self._remember(worker, outcome, end)
        message = self._messages[item]
        for d, reply, why in outcome.refused:
            message.failed.append(_Failed(item, (d,), why, reply, True))
        if outcome.left and outcome.action != Action.DONE:
            failed = _Failed(item, outcome.left, outcome.why, outcome.reply, outcome.action == Action.BOUNCE)
            (message.failed if failed.for_good else message.waiting).append(failed)
        return end

    def _tried(self, worker: Worker[_Session], item: Item, t_us: int) -> Life:
        """The attempt: over the open session, not at all, or as any other; gives its :class:`Outcome`."""
        mta, session = self._mta, worker.session
        if session is not None:
            item.attempt += 1
            rtt = session.wire.rtt_us(item.number, item.attempt)
            path = session.wire.path
            chance = packets(mta.world, f"{mta.name} RSET", session.target.address, path, item.number, t_us)
            works, knows = probe(path, worker.used_us, t_us, rtt, mta.figures.connect_timeout, chance=chance)
            if session.ended or not works:
                why = Why.CLOSED if session.ended or knows < t_us + mta.figures.connect_timeout else Why.REPLY_TIMEOUT
                return _unsent(item, t_us + rtt if session.ended and works else knows, why)
            outcome = yield from try_targets(mta, item, (session.target,), knows, kept=True)
            return outcome
        if self._second(t_us) < worker.down_until_us:
            item.attempt += 1
            return _unsent(item, t_us + self._turning_away_us, Why.DESTINATION_DEAD)
        outcome = yield from attempt(mta, item, t_us)
        return outcome

    def _remember(self, worker: Worker[_Session], outcome: Outcome, end_us: int) -> None:
        """What the process knows after a delivery: its session, or that its destination is down."""
        worker.used_us, worker.session = end_us, None
        contact, target = outcome.contact, outcome.target
        if contact is None or target is None:
            if outcome.why == Why.DNS_TIMEOUT:
                worker.down_until_us = self._second(end_us) + self._down_for_us
        elif contact.stage >= Stage.MAIL and contact.why in (Why.OK, Why.TEMPFAIL, Why.PERMFAIL):
            mta = self._mta
            server: Any = mta.world.server_at(target.address, "smtp")
            ended = contact.hung_up or (contact.reply is not None and contact.reply.code == 421 and not server.door.scripted)
            pipelined = mta.figures.pipelining and server.door.figures.pipelining
            if not ended or not (pipelined and contact.stage == Stage.RCPT):  # the reply to DATA would have shown it
                worker.session = _Session(target, mta.world.wire(mta.name, server.name), ended)
        elif contact.stage < Stage.MAIL and contact.why not in (Why.TEMPFAIL, Why.PERMFAIL):
            worker.down_until_us = self._second(end_us) + self._down_for_us

    def _second(self, t_us: int) -> int:
        """The beginning of the second of the wall clock."""
        return t_us - (t_us - self._mta.world.origin_us) % SECOND_US

    # -- a message as a whole -----------------------------------------------------------------------------------

    def _looked_at(self, item: Item, t_us: int) -> None:
        """A part has been tried; when all have, the message is reported, ends, or waits."""
        message = self._messages.pop(item)
        message.open -= 1
        if message.open:
            return
        message.rounds += 1
        waiting, message.waiting = message.waiting, []
        log, figures = self._mta.log, self._mta.figures
        for part in waiting:
            for d in part.deliveries:
                log.why[d], log.code[d] = part.why, part.reply.code if part.reply is not None else -1
            part.item.deliveries = part.deliveries
        report = log.names[log.sender[log.first[item.number]]] == ""
        age = self._second(t_us) - self._second(item.arrived_us)
        if not waiting or age >= (figures.bounce_lifetime if report else figures.queue_lifetime):
            bounce_all(self._mta, [_given_up(part) for part in message.failed + waiting], t_us)
        else:
            self._put_back(message, waiting, t_us, age, report)

    def _put_back(self, message: _Message, waiting: list[_Failed], t_us: int, age_us: int, report: bool) -> None:
        """The message waits, counted from the end of the last delivery; a delay report counts as a round (cdmsgq3.C)."""
        mta, first = self._mta, waiting[0].item
        everybody = tuple(d for part in waiting for d in part.deliveries)
        told = first.notices = max(part.item.notices for part in waiting)
        notice(mta, first, everybody, t_us, age_us, report, waiting[0].why)
        rounds = message.rounds + (first.notices > told)
        counted_from, arrived, number = self._second(t_us), first.arrived_us, first.number
        due = mta.memory.next_attempt(arrived, counted_from, (), number=number, attempt=rounds, started_us=first.started_us)
        assert due is not None, "the schedule of a program of this discipline is known"
        due = max(due, t_us)
        for part in reversed(waiting):  # the queue takes the latest first
            item = part.item
            item.notices = first.notices
            self._messages[item] = message
            if mta.log.rows is not None:
                code = part.reply.code if part.reply is not None else -1
                mta.log.rows.extend((t_us, item.number, -1, Event.DEFERRED, mta.number, -1, -1, item.attempt, code, part.why, due, -1))
            mta.deferred.put(item, due)


def _given_up(part: _Failed) -> Failed:
    """What is to be reported: what failed for good as it is, the rest because its time is over."""
    why, of = (part.why, Why.NONE) if part.for_good else (Why.LIFETIME_OVER, part.why)
    return Failed(part.item, part.deliveries, why, part.reply, of)


def _unsent(item: Item, t_us: int, why: Why) -> Outcome:
    """An attempt that brought nothing to anybody."""
    return Outcome(Action.DEFER, why, t_us, None, item.deliveries, (), None, 0, (), False, ())
