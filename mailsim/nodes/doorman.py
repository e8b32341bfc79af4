"""The server's side of SMTP in the world: whom it takes mail from and for, how long it needs, how many sessions it serves at a time."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import Any, NamedTuple

from mailsim.draws import Stream
from mailsim.flavours.models import MtaFigures
from mailsim.nodes.logins import SmtpLogins
from mailsim.nodes.reception import Guest, Reception
from mailsim.nodes.world import World
from mailsim.rules.capacity import begins_us
from mailsim.rules.conditions import Timeline
from mailsim.rules.cues import NOTHING, Cue, Said, said
from mailsim.rules.limits import TOO_MANY_SESSIONS
from mailsim.rules.reasons import Why
from mailsim.rules.receive import ReceiverPolicy, Refusal, judge_recipients
from mailsim.rules.smtp import Stage
from mailsim.rules.tls import Offer

__all__ = ["BOOK_AHEAD_US", "Doorman", "Envelope"]

#: so far ahead of the clock a session may be booked with a server that serves a limited number at a time
BOOK_AHEAD_US = 60_000_000

#: a connection more than a server takes that does not let it wait
BUSY = Refusal(Stage.GREETING, TOO_MANY_SESSIONS, Why.TOO_MANY_SESSIONS)


class Envelope(NamedTuple):
    """What a session carries: message number, sender, recipients, octets."""

    number: int
    sender: str
    recipients: tuple[str, ...]
    size: int


class Doorman:
    """The server's side: whom it takes mail from and for, how long it needs, how many sessions it serves at a time."""

    def __init__(self, world: World, name: str, figures: MtaFigures, policy: ReceiverPolicy, *, limit: int | None) -> None:
        self.name = name
        self.figures = figures
        self.policy = policy
        self.limit = limit
        self.work: Stream[int] = world.draws.stream(f"server time {name}", figures.server_time.distribution())
        #: what it says by script instead of its own rules
        self.cues: tuple[Cue, ...] = world.compiled.conditions.cues.get(name, ())
        #: its policies for strangers, where it has any
        self.reception: Reception | None = None
        #: its users' logins, where it offers any
        self.logins: SmtpLogins | None = None
        #: what its TLS is worth to whoever looks
        self.offer = Offer(figures.starttls)
        #: ends of the sessions that are or will be open, a heap
        self.sessions: list[int] = []
        #: where it changes how many sessions it serves: its conditions
        timeline: Timeline = world.compiled.nodes[name].timeline
        self.capacity = timeline if any(condition.sessions >= 0 for condition in timeline.conditions) else None
        self._judged: dict[Any, tuple[Refusal | None, tuple[Refusal | None, ...]]] = {}

    def judge(self, envelope: Envelope, service: str, login: tuple[str, str] | None) -> tuple[Refusal | None, tuple[Refusal | None, ...]]:
        """What refuses the session, and what refuses each recipient: pure, so remembered per kind of envelope."""
        big = self.policy.size_limit is not None and envelope.size > self.policy.size_limit
        key = (service, login, envelope.recipients, big)
        found = self._judged.get(key)
        if found is None:
            policy = self.policy._replace(submission=service.startswith("submission"))
            found = self._judged[key] = judge_recipients(policy, envelope.sender, envelope.recipients, envelope.size, login)
        return found

    @property
    def announced(self) -> int | None:
        """The largest message that it says it takes (RFC 1870), which is what it takes unless it says something else."""
        return self.figures.size_announced or self.policy.size_limit

    @property
    def scripted(self) -> bool:
        """Whether each command has to be looked at by itself."""
        return bool(self.cues) or self.reception is not None

    def says(self, guest: Guest, envelope: Envelope, stage: Stage, t_us: int, recipient: str, no: Refusal | None) -> Said:
        """What the script has for a command, else its own refusal, else what its policies have against it."""
        line = said(self.cues, stage, t_us, recipient)
        if line.reply is not None or line.close:
            return line
        if no is not None:
            return Said(no.reply, line.delay_us)
        if self.reception is None:
            return line
        more = self.reception.says(guest, envelope.sender, stage, t_us, recipient)
        return more._replace(delay_us=more.delay_us + line.delay_us) if line is not NOTHING else more

    def welcomes(self, t_us: int, now_us: int) -> tuple[int, Refusal | None]:
        """How long a connection made at ``t_us`` waits for one of the server's sessions (first come, first served), or what turns it
        away when all are taken (the flavour's ``over_limit``).
        """
        if self.capacity is not None:
            self.crowded(now_us)
            wait = begins_us(self.sessions, t_us, self.limit, self.capacity) - t_us
            return (0, BUSY) if wait and self.figures.over_limit == "421" else (wait, None)
        if not self.crowded(now_us):
            return 0, None
        if self.figures.over_limit == "421":
            return 0, BUSY
        return max(heappop(self.sessions) - t_us, 0), None

    @property
    def on_the_clock(self) -> bool:
        """Whether something about its sessions may have to happen when the clock shows their beginning."""
        return self.limit is not None or self.reception is not None or self.capacity is not None

    def must_wait_for(self, t_us: int, now_us: int) -> bool:
        """Whether a session at ``t_us`` may only be opened when the clock shows that instant.

        While sessions are free, one may be booked a little ahead of the clock (it counts from its booking); not where
        their number changes.  Policies remember clients, so each session with them begins on the clock.
        """
        if self.reception is not None or self.capacity is not None:
            return t_us > now_us
        return self.limit is not None and t_us > now_us and (t_us - now_us > BOOK_AHEAD_US or self.crowded(now_us))

    def crowded(self, now_us: int) -> bool:
        """Whether a further session would have to wait (sessions booked ahead of the clock count from their booking)."""
        sessions = self.sessions
        while sessions and sessions[0] <= now_us:
            heappop(sessions)
        return self.limit is not None and len(sessions) >= self.limit

    def serve(self, guest: Guest, start_us: int, end_us: int) -> None:
        """A session with a client is or will be open until ``end_us``."""
        self.occupy(end_us)
        if self.reception is not None:
            self.reception.met(guest, start_us, end_us)

    def vacate(self, end_us: int) -> None:
        """Take back what :meth:`occupy` said: the session is about to be worked out."""
        if end_us in self.sessions:
            self.sessions.remove(end_us)
            heapify(self.sessions)

    def step_back(self, begin_us: int) -> None:
        """Who was to be served from ``begin_us`` on never came: the session that it was to follow still counts until then."""
        if self.capacity is None:
            self.occupy(begin_us)

    def occupy(self, end_us: int) -> None:
        """A session is open until ``end_us`` (who waited in vain gives it back when it would have come)."""
        if self.limit is not None or self.capacity is not None:
            heappush(self.sessions, end_us)

    def went_down(self) -> None:
        """All sessions have ended with the server."""
        self.sessions.clear()
        if self.reception is not None:
            self.reception.went_down()
