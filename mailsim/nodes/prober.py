"""Prober: a program that calls servers one after the other, as a monitoring check or a curious administrator does."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from mailsim.declared import Declared, DrawnDuration, Duration, MailAddress, drawn
from mailsim.draws import Stream
from mailsim.events import Event
from mailsim.flavours import default, mta_figures
from mailsim.nodes.base import NodeDeclaration, node_kind
from mailsim.nodes.contact import Caller, Doorman, Envelope, Line, call
from mailsim.nodes.lookups import asked
from mailsim.nodes.stub import stub_of
from mailsim.nodes.world import Life, World
from mailsim.rules.cues import NOTHING, Said
from mailsim.rules.dns import Question, Rcode
from mailsim.rules.fetch import LOGIN_RTTS, connection, lost, slow_connection
from mailsim.rules.mx import is_address
from mailsim.rules.reasons import Why
from mailsim.rules.receive import refusal_reason
from mailsim.rules.session import Script
from mailsim.rules.smtp import Reply, Stage

__all__ = ["Call", "Prober", "ProberActor"]

_SMTP = ("smtp", "submission", "submissions")
_NO_ADDRESS = {Rcode.NOERROR: Why.DNS_NODATA, Rcode.NXDOMAIN: Why.DNS_NXDOMAIN}
_WELCOME = Reply(235, "2.7.0", "Authentication successful")


class Call(Declared):
    """One session: connect, log in, ask, leave.  No mail is sent and none is fetched.

    Parameters
    ----------
    name : str
        What it is called in the log.
    service : str
        ``smtp`` (port 25), ``submission``, ``submissions``, ``imap`` or ``pop3``.
    host : str
        Host name or address of the server.
    user, password : str
        The login; no login without a user.
    sender, recipient : mail address
        SMTP: whether the server would take mail from one to the other; no such question without a recipient.
    anyway : bool
        SMTP: ask for the recipient even if the login failed.
    tls : bool
        Use TLS where the server has it.
    timeout : duration
        Patience for the connection and for each reply.
    """

    name: str = ""
    service: Literal["smtp", "submission", "submissions", "imap", "pop3"]
    host: str
    user: str | None = None
    password: str = ""
    sender: MailAddress | Literal[""] = ""
    recipient: MailAddress | None = None
    anyway: bool = False
    tls: bool = True
    timeout: Duration = Field(default_factory=lambda: default("prober.timeout"), gt=0)


@node_kind("prober")
class Prober(NodeDeclaration):
    """Makes ``calls`` one after the other, each when the one before has ended.

    Parameters
    ----------
    calls : tuple of Call
        The sessions.
    start : drawn duration
        When the first call begins.
    pause : drawn duration
        What the program needs at the beginning of each call before it connects.
    every : duration, optional
        All calls again at this interval; by default once.  A run does not end before calls that are made once have been made.
    """

    kind: Literal["prober"] = "prober"
    calls: tuple[Call, ...] = Field(min_length=1)
    start: Annotated[DrawnDuration, BeforeValidator(drawn)] = DrawnDuration(value=0)
    pause: Annotated[DrawnDuration, BeforeValidator(drawn)] = DrawnDuration(value=0)
    every: Duration | None = Field(default=None, gt=0)


class _Overheard:
    """Hears a session up to RCPT, and goes on after a failed login where that is asked for."""

    def __init__(self, what: Call, envelope: Envelope) -> None:
        self.what = what
        self.envelope = envelope
        self.greeted_us = -1
        self.login: tuple[int, Reply] | None = None

    def attend(self, steps: Script, says: Line, door: Doorman, rtt_us: int) -> tuple[Script, Line]:
        """The steps up to the last question, and what the server says to them."""
        last = Stage.RCPT if self.what.recipient is not None else Stage.AUTH
        refusal, by_recipient = door.judge(self.envelope, self.what.service, None)
        strange = False

        def overheard(stage: Stage, t_us: int, recipient: str) -> Said:
            nonlocal strange
            if self.greeted_us < 0 and stage > Stage.GREETING:
                self.greeted_us = t_us - rtt_us + (rtt_us >> 1)
            if strange and stage in (Stage.MAIL, Stage.RCPT):
                no = by_recipient[0] if stage == Stage.RCPT else refusal
                return NOTHING if no is None or no.stage != stage else Said(no.reply)
            line = says(stage, t_us, recipient)
            if stage == Stage.AUTH and not line.close:
                self.login = (t_us + line.delay_us + (rtt_us >> 1), line.reply or _WELCOME)
                strange = self.what.anyway and line.reply is not None
                return Said(None, line.delay_us) if strange else line
            return line

        return steps._replace(steps=tuple(s for s in steps.steps if s.stage <= last)), overheard


class ProberActor:
    """Makes the calls and writes down what each step came to."""

    def __init__(self, world: World, name: str, declaration: Prober) -> None:
        self.world = world
        self.log = world.log
        self.name = name
        self.number = world.log.name(name)
        self.declaration = declaration
        self.home = world.compiled.nodes[name].addresses[0]
        figures = mta_figures("postfix")
        self.patience = (figures.dns_tries, figures.dns_timeout)
        self.resolver = stub_of(world, name, self.patience)
        self._pauses: Stream[int] = world.draws.stream(f"pauses of {name}", declaration.pause.distribution())
        self._callers: dict[tuple[int, bool], Caller] = {}
        if declaration.every is None:
            world.opened(1)

    def life(self) -> Life:
        """All calls, once or at an interval."""
        declared, world = self.declaration, self.world
        begin = int(world.draws.stream(f"start of {self.name}", declared.start.distribution()).at(0, 0)) + world.origin_us
        made = 0
        while True:
            t_us = yield begin
            for what in declared.calls:
                made += 1
                t_us = yield from self._call(what, made, t_us)
            if declared.every is None:
                self.log.last_us = max(self.log.last_us, t_us)
                world.settled(1)
                return None
            while begin <= t_us:
                begin += declared.every

    def _call(self, what: Call, made: int, began_us: int) -> Life:
        """One call that begins at ``began_us`` (the clock): gives the instant at which it is over."""
        t_us, address = began_us + self._pauses.at(made, 0), what.host
        if not is_address(what.host):
            if t_us > began_us:
                yield t_us
            t_us, answer = yield from asked(self, -1, Question(what.host.rstrip(".").lower(), "A"), t_us, 0)
            if not answer.rdatas:
                yield t_us
                self._step(what, made, began_us, t_us, "done", _NO_ADDRESS.get(answer.rcode, Why.DNS_SERVFAIL))
                return t_us
            address = answer.rdatas[0]
        if t_us > self.world.now:
            yield t_us
        session = self._smtp if what.service in _SMTP else self._mailbox
        steps, (end, why, code) = session(what, made, address, t_us)
        for at, stage, reason, reply in steps:
            self._step(what, made, began_us, at, stage, reason, reply)
        yield end
        self._step(what, made, began_us, end, "done", why, code)
        return end

    def _smtp(self, what: Call, made: int, address: str, t_us: int) -> tuple[list[Any], tuple[int, Why, Reply | None]]:
        """Greeting, login and the question for a recipient, and how it ended."""
        recipients = () if what.recipient is None else (what.recipient,)
        envelope = Envelope(self.number, what.sender, recipients, 0)
        login = None if what.user is None else (what.user, what.password)
        ear = _Overheard(what, envelope)
        result, _, _ = call(
            self.world, self._caller(what), address, envelope, service=what.service, start_us=t_us, turn=made, login=login, ear=ear
        )
        steps: list[Any] = []
        if ear.greeted_us >= 0:
            steps.append((ear.greeted_us, "greeting", Why.OK, None))
        bad: Reply | None = None
        if ear.login is not None and ear.login[0] <= result.end_us:
            at, reply = ear.login
            steps.append((at, "auth", Why.OK if reply.code < 400 else refusal_reason(reply), reply))
            bad = reply if reply.code >= 400 else None
        if result.reply is not None and result.why != Why.OK and result.stage in (Stage.MAIL, Stage.RCPT):
            steps.append((result.end_us, result.stage.name.lower(), refusal_reason(result.reply), result.reply))
            bad = bad or result.reply
        elif result.why != Why.OK and result.reply is None:
            steps.append((result.end_us, result.stage.name.lower(), result.why, None))
            # it says QUIT all the same and waits for the reply (RFC 5321 section 4.1.1.10)
            return steps, (result.end_us + (what.timeout if result.why == Why.REPLY_TIMEOUT else 0), result.why, None)
        return steps, (result.end_us, Why.OK if bad is None else refusal_reason(bad), bad)

    def _mailbox(self, what: Call, made: int, address: str, t_us: int) -> tuple[list[Any], tuple[int, Why, Reply | None]]:
        """Greeting and login at a mail store, and how it ended."""
        world = self.world
        server, machine = world.server_at(address, what.service), world.machine_at(address)
        if machine is None:
            end = (t_us + what.timeout, Why.SILENT)
            return [(end[0], "connect", end[1], None)], (*end, None)
        wire = world.wire(self.name, machine if server is None else server.name)
        rtt = wire.rtt_us(self.number, made)
        if wire.path.unsteady:
            syn, why, rtt = slow_connection(wire.path, t_us, rtt, what.timeout)
        else:
            syn, why = connection(wire.path, t_us, rtt, what.timeout)
        if why != Why.OK or server is None:
            end = (syn, why) if why != Why.OK else (syn + rtt, Why.NO_SERVICE)
            return [(end[0], "connect", end[1], None)], (*end, None)
        steps: list[Any] = []
        greeted = syn + (2 + what.tls) * rtt
        put = syn + (LOGIN_RTTS[what.service] - (not what.tls)) * rtt - (rtt >> 1)
        gone = lost(wire.path, max(syn, t_us), greeted - max(syn, t_us), what.timeout)
        if gone is not None:
            return [(gone[0], "greeting", gone[1], None)], (*gone, None)
        steps.append((greeted, "greeting", Why.OK, None))
        if what.user is None:
            return steps, (greeted + rtt, Why.OK, None)
        checked = server.desk.check(self.home, (what.user, what.password), server.login_ok(what.user, what.password), put)
        gone = lost(wire.path, put, checked.answered_us - put, what.timeout)
        if gone is not None:
            return [*steps, (gone[0], "login", gone[1], None)], (*gone, None)
        end_us = checked.answered_us + (rtt >> 1)
        why = Why.OK if checked.right else Why.AUTH_FAILED
        return [*steps, (end_us, "login", why, None)], (end_us + 2 * rtt * checked.right, why, None)

    def _caller(self, what: Call) -> Caller:
        """The client's side of SMTP with the patience of a call."""
        key = (what.timeout, what.tls)
        if key not in self._callers:
            figures = mta_figures("postfix")
            patience = {name: what.timeout for name in type(figures).model_fields if name.endswith("_timeout") and name not in _NOT_HERS}
            changed = {**patience, "starttls": what.tls, "pipelining": False}
            self._callers[key] = Caller(self.name, figures.model_copy(update=changed))
        return self._callers[key]

    def _step(self, what: Call, made: int, began_us: int, t_us: int, stage: str, why: Why, reply: Reply | None = None) -> None:
        """One row."""
        log = self.log
        if log.rows is None:
            return
        text = log.name(f"{stage}|{what.name if stage == 'done' else reply or ''}")
        code = -1 if reply is None else reply.code
        row = (t_us, -1, -1, Event.PROBED, self.number, log.name(what.host), -1, made, code, why, t_us - began_us, text)
        log.rows.extend(row)


#: time-outs of an MTA that are no part of a session
_NOT_HERS = ("dns_timeout", "login_timeout")
