"""Client (MUA): finds its submission server, logs in and sends; finds its mail store, logs in and fetches everything."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from mailsim.declared import Declared, Duration, HostName, MailAddress
from mailsim.events import Event, State
from mailsim.flavours import default, mta_figures
from mailsim.nodes.base import NodeDeclaration, node_kind
from mailsim.nodes.contact import Caller, Envelope, call
from mailsim.nodes.idling import Idler
from mailsim.nodes.lookups import asked
from mailsim.nodes.plan import Leg, Window, leg_to, remembered
from mailsim.nodes.reader import Reader
from mailsim.nodes.stub import stub_of
from mailsim.nodes.world import Life, World
from mailsim.rules.dns import Question
from mailsim.rules.reasons import Why
from mailsim.rules.receive import refusal_reason
from mailsim.rules.smtp import Reply

__all__ = ["Client", "ClientActor", "Fetch", "Submission"]


class Submission(Declared):
    """How the client finds the server that takes its mail.

    ``discover`` is ``srv`` (RFC 6186/8314: ``_submissions._tcp`` then ``_submission._tcp`` of the address's domain),
    ``mx`` (the founding text: the smallest MX of its own domain), or a host name.
    """

    discover: str = "srv"
    port: Literal[465, 587] | None = None


class Fetch(Declared):
    """How the client fetches: from ``host``, a name or an address (or SRV discovery), by IMAP with IDLE and a poll as fallback, or POP3.

    A look waits ``timeout`` for its connection, and for the reply to its login.  After ``login_tries`` rejected logins in a row the
    program asks its user for the password and looks no more (null: it goes on for ever).  The first look that is no start of an
    open connection comes at ``phase``, by default drawn.

    Parameters
    ----------
    leave_on_server : bool
        POP3 alone: what was fetched stays in the mailbox for other devices.  By default it is deleted (RFC 1939 section 8); IMAP
        always leaves it.
    reconnect : duration, optional
        IDLE alone: the program keeps its connection open by itself, as push on a phone does: once it notices that the connection
        is gone it opens another, and tries again after this.  Without it a dead connection is found by the next look (``every``).
    keepalive : duration
        With ``reconnect``: how long after a connection was cut in silence its TCP gives it up.
    reissue : duration
        With ``reconnect``: how often it ends IDLE and begins it again; without an answer within ``timeout`` the connection is gone.
    """

    host: HostName | None = None
    protocol: Literal["imap", "pop3"] = "imap"
    idle: bool = True
    every: Duration = Field(default_factory=lambda: default("client.poll_every"), gt=0)
    timeout: Duration = Field(default_factory=lambda: default("client.connect_timeout"), gt=0)
    phase: Duration | None = None
    login_tries: Annotated[int, Field(ge=1)] | None = Field(default_factory=lambda: default("client.login_tries"))
    password: str | None = None
    leave_on_server: bool = Field(default_factory=lambda: default("client.leave_on_server"))
    reconnect: Duration | None = Field(default=None, gt=0)
    keepalive: Duration = Field(default_factory=lambda: default("client.keepalive"), gt=0)
    reissue: Duration = Field(default_factory=lambda: default("client.reissue"), gt=0)

    @model_validator(mode="after")
    def _fits_the_protocol(self) -> Fetch:
        if self.leave_on_server and self.protocol != "pop3":
            raise ValueError("leave_on_server is a choice of POP3; IMAP leaves mail where it is")
        if self.reconnect is not None and not (self.protocol == "imap" and self.idle):
            raise ValueError("reconnect keeps an IDLE connection open: it goes with protocol: imap and idle: true")
        return self


@node_kind("client")
class Client(NodeDeclaration):
    """A user's mail program with one address.

    Each device of a user is a client of its own with the same address: it has its own place, link and way to fetch.  A message
    counts as read when the first of them has it.
    """

    kind: Literal["client"] = "client"
    address: MailAddress
    password: str = ""
    submission: Submission | None = None
    fetch: Fetch | None = None


class ClientActor:
    """One user's mail program."""

    def __init__(self, world: World, name: str, declaration: Client) -> None:
        self.world = world
        self.log = world.log
        self.name = name
        self.number = world.log.name(name)
        self.declaration = declaration
        self.domain = declaration.address.rpartition("@")[2].lower()
        figures = mta_figures("postfix")
        self.patience = (figures.dns_tries, figures.dns_timeout)
        self.resolver = stub_of(world, name, self.patience)
        self.caller = Caller(name, figures)
        self.home = world.compiled.nodes[name].addresses[0]
        self.resolver_quiet = self.resolver is not None and self.resolver.quiet
        self._questions: list[Question] = []
        self._plans: dict[tuple[str, ...], tuple[Window, Leg | None]] = {}
        self.reader = None if declaration.fetch is None else (Reader if declaration.fetch.reconnect is None else Idler)(self, declaration)

    def send(self, number: int, deliveries: tuple[int, ...], t_us: int) -> Life:
        """The user presses send at ``t_us`` (the clock): discover, connect, log in, hand over; or tell the user at once."""
        log = self.log
        for d in deliveries:
            log.state[d] = State.SUBMITTING
            log.holder[d] = self.number
        if log.rows is not None:
            log.rows.extend((t_us, number, -1, Event.SENT, self.number, -1, -1, 0, -1, 0, 0, -1))
        if log.rows is None:
            planned = self._planned(number, deliveries, t_us)
            if planned is not None:
                server, taken = planned
                yield taken
                return server.take(number, deliveries, 1, taken, self.number)
        start = t_us
        self._questions = []
        t_us, servers = yield from self._discover(number, t_us)
        why, reply, peer, stage = Why.NO_SUBMISSION_HOST, None, "", "connect"
        names = log.names
        first = deliveries[0]
        envelope = Envelope(number, names[log.sender[first]], tuple(names[log.rcpt[d]] for d in deliveries), log.size[first])
        turn = 0
        for host, service in servers:
            t_us, answer = yield from self._asked(number, Question(host, "A"), t_us)
            if turn == 0 and answer.rdatas and log.rows is None:
                self._remember(envelope, answer.rdatas[0], service, start, t_us)
            for address in answer.rdatas:
                result, server, verdicts = call(
                    self.world,
                    self.caller,
                    address,
                    envelope,
                    service=service,
                    start_us=t_us,
                    turn=turn,
                    login=(self.declaration.address, self.declaration.password),
                )
                turn += 1
                if server is not None and result.taken_us >= 0:
                    return (yield from self._submitted(number, deliveries, host, server, verdicts, result))
                why, reply, peer, t_us, stage = result.why, result.reply, host, result.end_us, result.stage.name.lower()
                if reply is not None and reply.code >= 500:
                    break
            if reply is not None and reply.code >= 500:
                break
        if t_us > self.world.now:
            yield t_us
        if reply is not None:
            why = refusal_reason(reply)
        self._rejected(number, deliveries, t_us, why, reply, peer, stage)
        return None

    def _asked(self, number: int, question: Question, t_us: int) -> Life:
        self._questions.append(question)
        return asked(self, number, question, t_us, 0)

    def _remember(self, envelope: Envelope, address: str, service: str, start_us: int, end_us: int) -> None:
        """Keep what discovery gave, as long as the answers behind it hold."""
        window = remembered(self, self._questions, start_us, end_us)
        if window is not None and envelope.recipients:
            login = (self.declaration.address, self.declaration.password)
            leg = leg_to(self.world, self.caller, address, envelope, service=service, login=login)
            self._plans[envelope.recipients] = (window, leg)

    def _planned(self, number: int, deliveries: tuple[int, ...], t_us: int) -> tuple[Any, int] | None:
        """The submission as a plan: the server and the instant at which it takes the message; None: walk."""
        log = self.log
        names, rcpt = log.names, log.rcpt
        window, leg = self._plans.get(tuple([names[rcpt[d]] for d in deliveries]), (None, None))
        if window is None or leg is None or not (window.from_us <= t_us and t_us + window.delay_us < window.until_us):
            return None
        if leg.door.logins is not None and not leg.door.logins.calm(self.home):
            return None
        played = leg.play(number, 0, log.size[deliveries[0]], t_us + window.delay_us, self.world.now)
        return None if played is None else (leg.server, played[1])

    def _discover(self, number: int, t_us: int) -> Life:
        """Submission servers to try, best first: gives ``(instant, [(host, service)])``."""
        way = self.declaration.submission or Submission()
        service = {465: "submissions", 587: "submission", None: "submission"}[way.port]
        if way.discover == "mx":
            t_us, answer = yield from self._asked(number, Question(self.domain, "MX"), t_us)
            records = sorted(answer.rdatas, key=lambda r: r[0])
            return t_us, [(host, service) for _, host in records if host][:1]
        if way.discover != "srv":
            return t_us, [(way.discover.rstrip(".").lower(), service)]
        found: list[tuple[int, int, str, str]] = []
        for label, name in (("_submissions", "submissions"), ("_submission", "submission")):
            t_us, answer = yield from self._asked(number, Question(f"{label}._tcp.{self.domain}", "SRV"), t_us)
            found += [(priority, -weight, target, name) for priority, weight, _, target in answer.rdatas if target]
            if found:
                break
        return t_us, [(target, name) for _, _, target, name in sorted(found)]

    def _submitted(self, number: int, deliveries: tuple[int, ...], host: str, server: Any, verdicts: Any, result: Any) -> Life:
        log = self.log
        yield result.taken_us
        taken = tuple(d for d, v in zip(deliveries, verdicts, strict=True) if v is None)
        for d, v in zip(deliveries, verdicts, strict=True):
            if v is not None:
                self._rejected(number, (d,), result.end_us, v.why, v.reply, host, "rcpt")
        if log.rows is not None:
            said = log.name("eod|250 2.0.0 Ok: queued")
            log.rows.extend(
                (result.end_us, number, -1, Event.SUBMITTED, self.number, log.name(host), log.name(server.name), 0, 250, 0, 0, said)
            )
        return server.take(number, taken, 1, result.taken_us, self.number)

    def _rejected(self, number: int, deliveries: tuple[int, ...], t_us: int, why: Why, reply: Reply | None, peer: str, stage: str) -> None:
        """The user is told in the same session; nothing enters a queue."""
        log = self.log
        code = reply.code if reply is not None else -1
        text = log.name(f"{stage}|{reply if reply is not None else ''}")
        for d in deliveries:
            log.state[d] = State.REJECTED
            log.ended_us[d] = t_us
            log.why[d] = why
            log.code[d] = code
            if log.rows is not None:
                at = log.name(peer) if peer else -1
                if why in (Why.AUTH_FAILED, Why.AUTH_UNAVAILABLE):
                    log.rows.extend((t_us, number, log.rcpt[d], Event.LOGIN_FAILED, self.number, at, -1, 0, code, why, 0, text))
                log.rows.extend((t_us, number, log.rcpt[d], Event.REJECTED, self.number, at, -1, 0, code, why, 0, text))
        self.world.settled(len(deliveries))
