"""One session of OpenSMTPD: connect, greet, then one message after the other, and hang on for a while (mta_session.c)."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from mailsim.nodes.attempt import Handover, Item, envelope_of
from mailsim.nodes.contact import Doorman, Line, call
from mailsim.nodes.contactrows import answered_row, tried_row
from mailsim.nodes.lookups import asked
from mailsim.nodes.mta.life import defer, release, until_running
from mailsim.nodes.mta.relays import Failure, Relay, Task
from mailsim.nodes.mta.returning import Failed, bounce, bounce_all
from mailsim.nodes.world import Life
from mailsim.rules.dns import Question
from mailsim.rules.mx import Target, is_loopback
from mailsim.rules.reasons import Why
from mailsim.rules.receive import Refusal
from mailsim.rules.routing import Route
from mailsim.rules.session import Contact, Script
from mailsim.rules.smtp import ACCEPTED, Action, Stage, verdict

if TYPE_CHECKING:
    from mailsim.nodes.mta.routes import RoutesDiscipline

__all__ = ["RelaySession"]


class _Greeting:
    """Hears a session up to where mail could be sent."""

    def attend(self, steps: Script, says: Line, door: Doorman, rtt_us: int) -> tuple[Script, Line]:
        """Only the steps before MAIL."""
        head = tuple(step for step in steps.steps if step.stage < Stage.MAIL)
        return steps._replace(steps=head, rtts=sum(step.rtts for step in head), before=steps.before[: len(head)]), says


GREETING = _Greeting()


class RelaySession:
    """A session with one host; ``task`` is the message that it is made for, others may use it."""

    def __init__(self, owner: RoutesDiscipline, relay: Relay, target: Target, route: Route, task: Task) -> None:
        self._owner = owner
        self._mta = owner.mta
        self._world = owner.world
        self._relay = relay
        self._target = target
        self._route = route
        self._task = task
        self._began_us = 0
        self._new = True  #: no message went over it yet
        self._itself = target.address in self._mta.own or is_loopback(target.address)
        self._server: Any = self._mta

    def life(self) -> Life:
        """From the connection to its end."""
        now: int = yield self._world.now
        task = self._task
        question = Question(_reverse(self._target.address), "PTR")
        now, _ = yield from asked(self._mta, task.item.number, question, now, task.attempt)
        if now > self._world.now:
            yield now
        now = yield from self._running(now)
        self._began_us = now
        if not self._itself:
            envelope = envelope_of(self._mta, task.item, task.item.deliveries)
            result, self._server, _ = call(
                self._world, self._mta.caller, self._target.address, envelope,
                service="smtp", start_us=now, turn=task.attempt, ear=GREETING,
            )  # fmt: skip
            yield result.end_us
            if result.why != Why.OK:
                self._refused(result)
                self._relay.closed(self._route, ready=False)
                return
        self._relay.validated(self._route)
        quits = yield from self._use()
        if quits and not self._itself:  # it counts until its QUIT is answered
            yield self._world.now + self._rtt_us(task.item, task.attempt)
        self._relay.closed(self._route, ready=True)

    def _refused(self, result: Contact) -> None:
        """No mail can be sent over it: those who wait go on waiting for another connection."""
        relay = self._relay
        relay.last_failure = Failure(result.why, False, result.reply)
        waiting = list(relay.tasks)
        for task in waiting if self._task in relay.tasks else [self._task, *waiting]:
            task.contacted += 1
            self._row(task, result, (), max(self._began_us, task.since_us))

    def _use(self) -> Life:
        """Message after message; without any it hangs on for a while, if it is the relay's only session.

        Gives whether it ends with a QUIT: False if the connection is lost.
        """
        relay, limits, figures = self._relay, self._owner.limits, self._owner.figures
        tried = sent = idle = 0
        while tried < figures.refusals_per_session and sent < figures.messages_per_session:
            if not relay.tasks:
                if relay.sessions > 1 or idle >= limits.keepalive:
                    return True
                idle += 1
                alive = yield from self._idle(self._world.now + limits.tick_us)
                if not alive:
                    return False
                continue
            yield from self._running(self._world.now)
            if not relay.tasks:
                continue
            task, idle = relay.tasks.popleft(), 0
            result = yield from self._send(task)
            if result.why == Why.OK:
                tried, sent = 0, sent + 1
            elif result.why in (Why.TEMPFAIL, Why.PERMFAIL):
                tried += 1
            elif result.why != Why.TOO_BIG:  # the connection is lost
                return False
            if result.hung_up:
                return False
        return True

    def _running(self, t_us: int) -> Life:
        """A stopped service does no work."""
        if not self._mta.stopped.quiet:
            t_us = yield from until_running(self._mta, t_us)
        return t_us

    def _rtt_us(self, item: Item, attempt: int) -> int:
        rtt: int = self._world.wire(self._mta.name, self._server.name).rtt_us(item.number, attempt)
        return rtt

    def _idle(self, until_us: int) -> Life:
        """Wait with an open connection; False if the server goes away meanwhile and its end of the connection with it."""
        if not self._itself:
            path = self._world.wire(self._mta.name, self._server.name).path
            edge = path.next_edge(self._world.now)
            while edge <= until_us:
                met = path.at(edge)
                if (met.down and not met.loses_back) or met.restarts:
                    yield edge
                    return False
                edge = path.next_edge(edge)
        yield until_us
        return True

    # -- one message --------------------------------------------------------------------------------------------

    def _send(self, task: Task) -> Life:
        """A message over the session, and what comes of it; gives its :class:`Contact`."""
        mta, item, now = self._mta, task.item, self._world.now
        task.contacted += 1
        result, verdicts = self._transaction(task, now)
        self._row(task, result, verdicts, max(self._began_us, task.since_us) if self._new else now)
        self._new = False
        self._owner.counted(task)
        left = self._taken(task, result, verdicts)
        if result.stage > Stage.RCPT or None in verdicts:
            yield from self._accepted(item, now, result)
        if result.end_us > self._world.now:
            yield result.end_us
        if result.stage >= Stage.MAIL or result.why == Why.TOO_BIG:
            self._owner.heard(item.domain)
        rest = [d for d, refusal in left if refusal is None]
        failed = [Failed(item, (d,), no.why, no.reply) for d, no in left if no is not None and no.reply.code >= 500]
        bounce_all(mta, failed, result.end_us)
        self._rest(task, result, rest, [d for d, refusal in left if refusal is not None and refusal.reply.code < 500], verdicts)
        return result

    def _transaction(self, task: Task, now: int) -> tuple[Contact, tuple[Refusal | None, ...]]:
        mta, item = self._mta, task.item
        if self._itself:
            end = now + mta.door.work.at(item.number, item.hops)
            return Contact(Why.OK, Stage.EOD, ACCEPTED, end, end), (None,) * len(item.deliveries)
        envelope = envelope_of(mta, item, item.deliveries)
        limit = self._server.door.announced
        if limit is not None and envelope.size > limit:  # announced, so MAIL is not even sent
            return Contact(Why.TOO_BIG, Stage.EHLO, None, now, -1), ()
        result, _, verdicts = call(
            self._world, mta.caller, self._target.address, envelope, service="smtp", start_us=now, turn=task.attempt, kept=True
        )
        return result, verdicts

    def _taken(self, task: Task, result: Contact, verdicts: tuple[Refusal | None, ...]) -> list[tuple[int, Refusal | None]]:
        """Let go what the server takes; gives what is left, with refusals recipient by recipient."""
        item = task.item
        each = list(zip(item.deliveries, verdicts or (None,) * len(item.deliveries), strict=True))
        if result.taken_us < 0:
            return each
        fine = tuple(d for d, refusal in each if refusal is None)
        kept = result.why != Why.OK  # its 250 was lost
        release(self._mta, item, Handover(result.taken_us, self._server, fine, self._target, result.end_us, kept))
        return each if kept else [(d, refusal) for d, refusal in each if refusal is not None]

    def _accepted(self, item: Item, start_us: int, result: Contact) -> Life:
        """A recipient was accepted, two round trips after MAIL was sent: those who were put off for want of a host may come."""
        if not self._owner.waits_for(item.domain):
            return
        rtt = 0 if self._itself else self._rtt_us(item, item.attempt)
        if min(start_us + 2 * rtt, result.end_us) > self._world.now:
            yield min(start_us + 2 * rtt, result.end_us)
        self._owner.recovered(item.domain)

    def _rest(self, task: Task, result: Contact, rest: list[int], later: list[int], verdicts: tuple[Refusal | None, ...]) -> None:
        """Those of whom the server said nothing by name share the session's fate; those told to come back later do."""
        mta, item = self._mta, task.item
        if rest and result.why != Why.OK:
            fate = verdict(result.why, result.stage, last=True, failures=mta.figures.failures).action
            if result.why == Why.TOO_BIG or fate == Action.BOUNCE:
                bounce(mta, item, tuple(rest), result.end_us, result.why, result.reply)
            else:
                later = sorted([*later, *rest])
        if later:
            said = next((v for v in verdicts if v is not None and v.reply.code < 500), None)
            why, reply = (said.why, said.reply) if said is not None else (result.why, result.reply)
            defer(mta, item, tuple(later), result.end_us, why, (), reply)

    def _row(self, task: Task, result: Contact, verdicts: tuple[Refusal | None, ...], start: int) -> None:
        """Write a contact down for one message; a connection that served nobody before began when both it and the message were there."""
        if self._mta.log.rows is None:
            return
        item = task.item
        tried_row(self._mta, item, self._target, result, start, attempt=task.attempt)
        if len(item.deliveries) > 1 or item.several:
            answered_row(self._mta, item, self._target, result, start, item.deliveries, verdicts, attempt=task.attempt)


def _reverse(address: str) -> str:
    """The name that holds an address's PTR (RFC 1035 section 3.5, RFC 3596 section 2.5)."""
    return ip_address(address).reverse_pointer
