"""Verifying recipients at the next server: a relay asks it by a probe, remembers the answer and defers strangers meanwhile.

A probe is a session of the relay's own that is left after RCPT (Postfix verify(8), reject_unverified_recipient).
"""

from __future__ import annotations

from typing import Any

from mailsim.events import Event
from mailsim.nodes.attempt import Agent, Item
from mailsim.nodes.contact import Caller, Doorman, Envelope, Line, call
from mailsim.nodes.notes import Notes
from mailsim.nodes.route import find_route
from mailsim.nodes.ways import way
from mailsim.nodes.world import Life, World
from mailsim.rules.conditions import NORMAL
from mailsim.rules.cues import NOTHING, Said
from mailsim.rules.mx import NoRoute, best_first
from mailsim.rules.reasons import Why
from mailsim.rules.session import Script
from mailsim.rules.smtp import Action, Stage, verdict
from mailsim.rules.verify import Entry, Found, Probing, learned, looked_up, poll_us, probe_result, said_of

__all__ = ["AddressVerifier"]

PROBE_ORDER = 1


class _UpToRecipient:
    """Leaves a session after RCPT."""

    def attend(self, steps: Script, says: Line, door: Doorman, rtt_us: int) -> tuple[Script, Line]:
        """Only the steps up to RCPT, whose reply is waited for."""
        head = [step for step in steps.steps if step.stage <= Stage.RCPT]
        head[-1] = head[-1]._replace(rtts=max(head[-1].rtts, 1))
        return steps._replace(steps=tuple(head), rtts=sum(step.rtts for step in head), before=steps.before[: len(head)]), says


ASKING = _UpToRecipient()


class AddressVerifier:
    """What a relay knows of the recipients of some domains.

    Parameters
    ----------
    mta : Agent
        The relay: it sends the probes, from ``double-bounce@`` its host name (postconf(5) address_verify_sender).
    domains : frozenset of str
        Whose recipients are verified.
    rules : Probing
        The figures.
    """

    def __init__(self, mta: Agent, host: str, domains: frozenset[str], rules: Probing) -> None:
        self._mta = mta
        self._world: World = mta.world
        self._sender = f"double-bounce@{host}"
        self._domains = domains
        self._rules = rules
        self._known: Notes[Entry] = Notes()
        self._probes = 0
        self._line: Any = None

    def concerns(self, recipient: str) -> bool:
        """Whether recipients of that domain are verified."""
        return recipient.rpartition("@")[2].lower() in self._domains

    def says(self, recipient: str, t_us: int) -> Said:
        """What a RCPT that is there at ``t_us`` hears, after how long: a client waits for a probe for some seconds."""
        if not self.concerns(recipient):
            return NOTHING
        key, rules = recipient.lower(), self._rules
        found = self._ask(key, t_us)
        answered = t_us
        if found == Found.NOTHING:
            later = next(((t, entry.found) for t, entry in self._known.after(key, t_us) if entry.found != Found.NOTHING), None)
            seen = None if later is None else poll_us(rules, t_us, later[0])
            if later is not None and seen is not None:
                found, answered = later[1], seen
            else:
                answered = t_us + (rules.poll_count - 1) * rules.poll_delay_us
        return Said(said_of(rules, recipient, found), answered - t_us)

    def _ask(self, key: str, t_us: int) -> Found:
        """What is known at ``t_us``; a probe is sent where that is needed."""
        found, sent = looked_up(self._rules, self._known.as_of(key, t_us), t_us)
        if sent is not None:
            self._known.write(key, t_us, sent)
            self._world.spawn(self._probe(key, t_us), PROBE_ORDER)
        return found

    def prepare(self, caller: Caller, door: Doorman, address: str, envelope: Envelope, start_us: int, turn: int) -> Life:
        """Before a session that starts now (the clock): ask for recipients of whom nothing is known, and wait for what is known
        while the client would wait.

        All are asked for when the first RCPT is there.  Where the session does not go its usual way until then (something happens
        to the way or by script, all sessions are taken, the message is refused or the client impatient), it is worked out without:
        its recipients are then not verified yet.
        """
        asked = [recipient.lower() for recipient in envelope.recipients if self.concerns(recipient)]
        if not asked or start_us != self._world.now or door.crowded(start_us):
            return
        wire = self._world.wire(caller.name, door.name)
        rtt = wire.rtt_us(envelope.number, turn)
        steps = caller.script(door, "smtp", login=False, recipients=len(envelope.recipients))
        before = next(steps.before[k] for k, step in enumerate(steps.steps) if step.stage == Stage.RCPT)
        there = start_us + before * rtt + rtt - (rtt >> 1) + door.figures.greeting_pause
        last = there + (self._rules.poll_count - 1) * self._rules.poll_delay_us
        condition, edge = way(self._world, caller.name, door.name, address, envelope.number, start_us).stretch(start_us)
        disturbed = any(cue.stage <= Stage.RCPT and cue.start_us <= last and start_us < cue.end_us for cue in door.cues)
        if condition is not NORMAL or edge <= last + rtt or disturbed or last - there + rtt > caller.timeouts.rcpt_us:
            return
        refusal, _ = door.judge(envelope, "smtp", None)
        large = caller.figures.heeds_size and door.announced is not None and envelope.size > door.announced
        if large or (refusal is not None and refusal.stage < Stage.RCPT):
            return
        open_ = [key for key in dict.fromkeys(asked) if self._ask(key, there) == Found.NOTHING]
        turned_away = door.figures.over_limit == "421"  # others are, as this client is connected all the while
        if turned_away:
            door.occupy(last)
        try:
            while any(self._unknown(key, there) for key in open_) and self._world.now < last:
                if self._line is None:
                    self._line = self._world.line()
                yield (self._line, last)
        finally:
            if turned_away:
                door.vacate(last)

    def _unknown(self, key: str, t_us: int) -> bool:
        """Whether nothing is known to be known at an instant or later."""
        entries = [self._known.as_of(key, t_us), *(entry for _, entry in self._known.after(key, t_us))]
        return all(entry is None or entry.found == Found.NOTHING for entry in entries)

    def _probe(self, key: str, t_us: int) -> Life:
        """A probe that is put into the queue at ``t_us``; what it finds is known at its end."""
        world, mta = self._world, self._mta
        now: int = yield max(t_us, world.now)
        self._probes += 1
        item = Item(-1, (), key.rpartition("@")[2], 0, now, local=False)
        item.attempt = self._probes
        now, route = yield from find_route(mta, item, now)
        found = Found.UNSURE
        if isinstance(route, NoRoute):
            found = Found.BAD if route.permanent else Found.UNSURE
            route = ()
        elif len(route) > 1:
            route = best_first(route, lambda g, n: world.draws.order(f"mx order {mta.name} {g}", -1, self._probes, n))
        for k, target in enumerate(route):
            server = world.server_at(target.address, "smtp")
            if server is not None and server.door.must_wait_for(now, world.now):
                now = yield now
            envelope = Envelope(-1, self._sender, (key,), 0)
            result, _, _ = call(
                world, mta.caller, target.address, envelope, service="smtp", start_us=now, turn=item.attempt, ear=ASKING
            )
            self._row(target.host, target.address, item.attempt, now, result)
            now, found = result.end_us, probe_result(result)
            fate = verdict(result.why, result.stage, last=k == len(route) - 1, failures=mta.figures.failures)
            if fate.action != Action.NEXT:
                break
        if now > world.now:
            now = yield now
        self._known.write(key, now, learned(self._known.as_of(key, now), found, now))
        if self._line is not None:
            world.wake_all(self._line, True)

    def _row(self, host: str, address: str, made: int, began_us: int, result: Any) -> None:
        """Write a probe down: a step of a call, of no message."""
        log = self._mta.log
        if log.rows is None:
            return
        code = -1 if result.reply is None else result.reply.code
        stage = Stage.RCPT if result.why == Why.OK else result.stage
        text = log.name(f"{stage.name.lower()}|{'' if result.why == Why.OK else result.reply or ''}")
        why = Why(result.why)
        row = (result.end_us, -1, -1, Event.PROBED, self._mta.number, log.name(host), log.name(address), made, code, why)
        log.rows.extend((*row, result.end_us - began_us, text))
