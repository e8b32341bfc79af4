"""Trying one address: who is there, what the session costs, and what it comes to.  Shared by all who send by SMTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

from mailsim.flavours.models import MtaFigures
from mailsim.nodes.doorman import BOOK_AHEAD_US, Doorman, Envelope
from mailsim.nodes.reception import Guest
from mailsim.nodes.ways import packets, way
from mailsim.nodes.world import World
from mailsim.rules.conditions import Timeline
from mailsim.rules.cues import NOTHING, Said
from mailsim.rules.reasons import Why
from mailsim.rules.receive import Refusal, refusal_reason
from mailsim.rules.session import Contact, Script, Timeouts, contact, script, scripted_contact
from mailsim.rules.smtp import Reply, Stage
from mailsim.rules.tls import NO_DEMAND, UNSAFE, Demand

__all__ = ["BOOK_AHEAD_US", "Caller", "Doorman", "Ear", "Envelope", "Line", "call"]


#: who is no stranger to a server without policies
STAFF = Guest("", False)

#: stands for the SIZE in a server's reply to EHLO at which a client leaves
TOO_LARGE = Reply(552, "5.3.4", "SIZE")

#: ``line(stage, t_us, recipient)``: what a server says to a command that is there at an instant
Line: TypeAlias = Callable[[Stage, int, str], Said]


class Ear(Protocol):
    """Who listens to a session."""

    def attend(self, steps: Script, says: Line, door: Doorman, rtt_us: int) -> tuple[Script, Line]:
        """The steps that are to be gone, and what the server says, overheard."""
        ...


class Caller:
    """The client's side of SMTP: its patience and the extensions that it uses."""

    def __init__(self, name: str, figures: MtaFigures) -> None:
        self.name = name
        self.figures = figures
        #: when all its sessions end because its machine or service goes down
        self.ends: tuple[int, ...] = ()
        slack = figures.reply_slack
        self.timeouts = Timeouts(
            figures.greeting_timeout + slack if figures.tcp_fast_open else figures.connect_timeout,
            figures.greeting_timeout + slack,
            figures.ehlo_timeout + slack,
            figures.mail_timeout + slack,
            figures.rcpt_timeout + slack,
            figures.data_timeout + slack,
            figures.eod_timeout + slack,
            figures.body_timeout + slack,
        )
        self._scripts: dict[tuple[str, str, bool, bool, int], Script] = {}
        #: ``known_as(number)``: the client that message ``number`` comes from, where that is not this node's address
        self.known_as: Callable[[int], str] | None = None

    def client(self, world: World, number: int, address: str) -> str:
        """Whom a server at ``address`` sees: this node's address of the same family, or who sends that message."""
        if self.known_as is not None:
            return self.known_as(number)
        own: tuple[str, ...] = world.compiled.nodes[self.name].addresses
        return next((mine for mine in own if (":" in mine) == (":" in address)), own[0] if own else self.name)

    def script(self, door: Doorman, service: str, *, login: bool, recipients: int, kept: bool = False) -> Script:
        """The steps of a session with that server, or of a further message in one that was kept open; remembered."""
        key = (door.name, service, login, kept, recipients)
        found = self._scripts.get(key)
        if found is None:
            both = self.figures.starttls and door.figures.starttls
            found = self._scripts[key] = script(
                self.timeouts,
                starttls=both and service in ("smtp", "submission"),
                implicit_tls=service == "submissions",
                tls=min(self.figures.tls, door.figures.tls),
                auth=login,
                pipelining=self.figures.pipelining and door.figures.pipelining,
                recipients=recipients,
                kept=kept,
            )
        return found


def call(
    world: World,
    caller: Caller,
    address: str,
    envelope: Envelope,
    *,
    service: str,
    start_us: int,
    turn: int,
    login: tuple[str, str] | None = None,
    kept: bool = False,
    ear: Ear | None = None,
    demand: Demand = NO_DEMAND,
) -> tuple[Contact, Any, tuple[Refusal | None, ...]]:
    """Try one address from ``start_us`` on: what it came to, the server's actor (None if nobody took it), refusals by recipient.

    Parameters
    ----------
    service : str
        ``smtp``, ``submission`` (587), ``submissions`` (465) or ``lmtp``.
    turn : int
        Tells the draws of several contacts of one message apart.
    kept : bool
        A session with it is open already: this is a further message.
    ear : Ear, optional
        Who wants to hear each command and may end the session before the message is sent.
    demand : Demand
        What the client wants of the server's TLS; it leaves where that is not met.

    Notes
    -----
    An address that no node has is silent.  A machine without such a service refuses the connection.  When the client itself goes
    down in mid-session it sees no more; a server that has the whole message by then takes it all the same.
    """
    result, server, by_recipient = _called(world, caller, address, envelope, service, start_us, turn, login, kept, ear, demand)
    if not caller.ends:
        return result, server, by_recipient
    end = next((end for end in caller.ends if end >= start_us), None)
    if end is not None and end <= result.end_us:
        work = server.door.work.at(envelope.number, turn) if server is not None else 0
        taken = result.taken_us if 0 <= result.taken_us < end + work else -1
        return Contact(Why.WENT_DOWN, result.stage, None, end, taken), server, ()
    return result, server, by_recipient


def _called(
    world: World,
    caller: Caller,
    address: str,
    envelope: Envelope,
    service: str,
    start_us: int,
    turn: int,
    login: tuple[str, str] | None,
    kept: bool,
    ear: Ear | None,
    demand: Demand,
) -> tuple[Contact, Any, tuple[Refusal | None, ...]]:
    """As if the client lived for ever."""
    machine = world.machine_at(address)
    if machine is None:
        return Contact(Why.SILENT, Stage.CONNECT, None, start_us + caller.timeouts.connect_us, -1), None, ()
    server = world.server_at(address, service)
    name: str = machine if server is None else server.name
    wire, path = world.wire(caller.name, name), way(world, caller.name, name, address, envelope.number, start_us)
    rtt, body = wire.rtt_us(envelope.number, turn), wire.transfer_us(envelope.size)
    if server is None:
        return _nobody(caller, path, start_us, rtt), None, ()
    door: Doorman = server.door
    leaving = _leaving(caller, door, envelope, service, NO_DEMAND if kept else demand)
    refusal, by_recipient = _judged(server, envelope, service, login, start_us, leaving)
    wait, busy = door.welcomes(start_us, world.now) if not kept and path.at(start_us).reach == Why.OK else (0, None)
    refusal = busy or refusal
    steps = caller.script(door, service, login=login is not None, recipients=len(envelope.recipients), kept=kept)
    work, pause = door.work.at(envelope.number, turn), 0 if kept else door.figures.greeting_pause + wait
    guest = Guest(caller.client(world, envelope.number, address), service == "smtp" and login is None) if door.reception else STAFF
    overheard = ear is not None or path.unsteady
    says = _line(world, caller, door, guest, envelope, service, login, refusal, by_recipient, always=overheard)
    if says is not None:
        steps, says = (steps, says) if ear is None else ear.attend(steps, says, door, rtt)
        chance = packets(world, caller.name, name, path, envelope.number, start_us)
        result, by_recipient = _scripted(says, envelope, steps, path, start_us, rtt, body, work, pause, chance)
    else:
        no = None if refusal is None else (refusal.stage, refusal.reply)
        result = contact(steps, path, start_us=start_us, rtt_us=rtt, body_us=body, work_us=work, pause_us=pause, refusal=no)
    if leaving is not None and result.reply is leaving.reply:
        result = result._replace(why=leaving.why, reply=None)
    if result.stage > Stage.CONNECT and busy is None:
        door.serve(guest, start_us, max(result.end_us, start_us + wait))
    elif wait:
        door.step_back(start_us + wait)
    return result, server, by_recipient


def _leaving(caller: Caller, door: Doorman, envelope: Envelope, service: str, demand: Demand) -> Refusal | None:
    """Where and why the client leaves by itself: the server's TLS is not what a policy demands, or it takes no such large message."""
    unsafe = None if demand is NO_DEMAND else demand.objection(door.offer)
    if unsafe is not None:
        return Refusal(unsafe[0], UNSAFE, unsafe[1])
    if service == "smtp" and caller.figures.heeds_size and door.announced is not None and envelope.size > door.announced:
        return Refusal(Stage.EHLO, TOO_LARGE, Why.TOO_BIG)
    return None


def _judged(
    server: Any, envelope: Envelope, service: str, login: tuple[str, str] | None, start_us: int, leaving: Refusal | None
) -> tuple[Refusal | None, tuple[Refusal | None, ...]]:
    """What the server's rules refuse: the session, or each recipient; nothing of it is said to who is ``leaving`` before."""
    if leaving is not None and leaving.reply is UNSAFE:
        return leaving, (None,) * len(envelope.recipients)
    refusal, by_recipient = server.door.judge(envelope, service, login)
    if service == "lmtp":
        by_recipient = tuple(
            r or full for r, full in zip(by_recipient, server.refusals(envelope.recipients, envelope.size, start_us), strict=True)
        )
    if refusal is None and by_recipient and None not in by_recipient:
        refusal = by_recipient[0]
    return leaving or refusal, by_recipient


def _nobody(caller: Caller, path: Timeline, start_us: int, rtt_us: int) -> Contact:
    """A machine without such a service refuses the connection, if the network lets it."""
    reach = path.at(start_us).reach
    if reach == Why.SILENT:
        return Contact(Why.SILENT, Stage.CONNECT, None, start_us + caller.timeouts.connect_us, -1)
    why = Why.UNREACHABLE if reach == Why.UNREACHABLE else Why.NO_SERVICE
    return Contact(why, Stage.CONNECT, None, start_us + rtt_us, -1)


def _line(
    world: World,
    caller: Caller,
    door: Doorman,
    guest: Guest,
    envelope: Envelope,
    service: str,
    login: tuple[str, str] | None,
    refusal: Refusal | None,
    by_recipient: tuple[Refusal | None, ...],
    *,
    always: bool,
) -> Line | None:
    """What the server says to each command, where that hangs on more than its rules: its script, its memory of the client's logins."""
    logins = door.logins
    client = world.compiled.nodes[caller.name].addresses[0] if login is not None else None
    right = login is None or door.policy.login_ok(*login)
    always = always or (door.scripted and refusal is not None and refusal.reply is UNSAFE)  # who leaves hears what is said before
    calm = not always and (logins is None or (right and not logins.concerns(service, client)))
    if calm and (not door.scripted or (refusal is not None and door.reception is None)):
        return None
    judged = dict(zip(envelope.recipients, by_recipient, strict=True))

    def says(stage: Stage, t_us: int, recipient: str) -> Said:
        first = NOTHING
        if logins is not None and stage == Stage.AUTH and login is not None and client is not None:
            return logins.answers(service, client, login, right, t_us)
        if logins is not None and stage == Stage.GREETING:
            first = logins.greets(service, t_us)
        if first is not NOTHING:
            return first
        no = judged.get(recipient) if stage == Stage.RCPT else refusal if refusal is not None and refusal.stage == stage else None
        return door.says(guest, envelope, stage, t_us, recipient, no)

    return says


def _scripted(
    says: Line,
    envelope: Envelope,
    steps: Script,
    path: Timeline,
    start_us: int,
    rtt_us: int,
    body_us: int,
    work_us: int,
    pause_us: int,
    chance: Callable[[int], float] | None,
) -> tuple[Contact, tuple[Refusal | None, ...]]:
    """A session in which each command is looked at by itself."""
    result, refused = scripted_contact(
        steps,
        path,
        says,
        start_us=start_us,
        rtt_us=rtt_us,
        body_us=body_us,
        work_us=work_us,
        pause_us=pause_us,
        recipients=envelope.recipients,
        octets=envelope.size,
        chance=chance,
    )
    return result, tuple(None if r is None else Refusal(Stage.RCPT, r[1], refusal_reason(r[1])) for r in refused)
