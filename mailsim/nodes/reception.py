"""Policy at the receiving side: what a server says to strangers besides its rules, with the memory that each policy has."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, NamedTuple

from mailsim.nodes.greylists import Greylist
from mailsim.nodes.world import Life, World
from mailsim.rules.cues import NOTHING, Said
from mailsim.rules.limits import ClientLimits, Deed, counted, judged
from mailsim.rules.smtp import Reply, Stage

if TYPE_CHECKING:
    from mailsim.nodes.contact import Caller, Doorman, Envelope
    from mailsim.nodes.verification import AddressVerifier

__all__ = ["Guest", "LimitDesk", "Reception"]


class Guest(NamedTuple):
    """Who is at the door: its address, and whether it is a stranger on port 25 (who logged in, or submits, is none)."""

    client: str
    stranger: bool


class LimitDesk:
    """Counts what each client does at a server.

    A connection counts from its first packet to its end.  ``exempt``: addresses that may do what they like
    (smtpd_client_event_limit_exceptions, Postfix's own networks by default).
    """

    def __init__(self, world: World, limits: ClientLimits, exempt: frozenset[str]) -> None:
        self.world = world
        self._limits = limits
        self._exempt = exempt
        self._deeds: dict[str, list[Deed]] = {}
        #: (begin, end) of connections
        self._open: dict[str, list[tuple[int, int]]] = {}

    def says(self, client: str, t_us: int, *, message: bool) -> Reply | None:
        """What a connection, or the MAIL of a message, hears at ``t_us``."""
        if client in self._exempt:
            return None
        deeds = self._deeds.setdefault(client, [])
        insort(deeds, Deed(t_us, message))
        return self._judged(client, deeds, t_us, message=message)

    def would_refuse(self, client: str, t_us: int, *, message: bool) -> bool:
        """Whether a connection, or a MAIL, would be refused at ``t_us``; it is not counted."""
        if client in self._exempt:
            return False
        deeds = list(self._deeds.get(client, ()))
        insort(deeds, Deed(t_us, message))
        return self._judged(client, deeds, t_us, message=message) is not None

    def _judged(self, client: str, deeds: list[Deed], t_us: int, *, message: bool) -> Reply | None:
        begin, _, _ = counted(deeds, self.world.now, self._limits.unit_us)
        while deeds[0].t_us < min(begin, t_us):  # nobody looks back behind the clock
            del deeds[0]
        _, connections, messages = counted(deeds, t_us, self._limits.unit_us)
        at_once = 1 + sum(since <= t_us < until for since, until in self._open.get(client, ()))
        return judged(self._limits, client, message=message, at_once=at_once, connections=connections, messages=messages)

    def met(self, client: str, start_us: int, end_us: int) -> None:
        """A connection was there from ``start_us`` until ``end_us``."""
        now = self.world.now
        still = [span for span in self._open.get(client, ()) if span[1] > now]
        self._open[client] = [*still, (start_us, end_us)]

    def forget(self) -> None:
        """The server went down: its connections are gone, and its counts are kept in memory alone (anvil(8))."""
        self._deeds.clear()
        self._open.clear()


class Reception:
    """The policies of one server."""

    def __init__(
        self, *, greylist: Greylist | None = None, limits: LimitDesk | None = None, verifier: AddressVerifier | None = None
    ) -> None:
        self.greylist = greylist
        self.limits = limits
        self.verifier = verifier

    def says(self, guest: Guest, sender: str, stage: Stage, t_us: int, recipient: str) -> Said:
        """What a command meets that the server's rules have nothing against.

        Greylisting and a temporary failure to verify the recipient are DEFER_IF_PERMIT: all checks are made, and what is
        refused for good is (postconf(5), access(5)).
        """
        if not guest.stranger:
            return NOTHING
        if self.limits is not None and stage in (Stage.GREETING, Stage.MAIL):
            no = self.limits.says(guest.client, t_us, message=stage == Stage.MAIL)
            return NOTHING if no is None else Said(no, close=no.code == 421)
        if stage != Stage.RCPT:
            return NOTHING
        strange = None if self.greylist is None else self.greylist.says(guest.client, sender, recipient, t_us)
        known = NOTHING if self.verifier is None else self.verifier.says(recipient, t_us)
        if strange is None or (known.reply is not None and known.reply.code >= 500):
            return known
        return known._replace(reply=strange)

    def prepare(self, caller: Caller, door: Doorman, address: str, envelope: Envelope, start_us: int, turn: int) -> Life:
        """What has to be found out before a session that starts now (the clock) can be worked out."""
        if self.verifier is None:
            return
        if self.limits is not None:
            client, rtt = caller.client(self.limits.world, envelope.number, address), self.limits.world.wire(caller.name, door.name).rtt_us
            steps, each = caller.script(door, "smtp", login=False, recipients=len(envelope.recipients)), rtt(envelope.number, turn)
            for k, step in enumerate(steps.steps):
                there = start_us + steps.before[k] * each + each - (each >> 1)
                counts = step.stage in (Stage.GREETING, Stage.MAIL)
                if counts and self.limits.would_refuse(client, there, message=step.stage == Stage.MAIL):
                    return
        yield from self.verifier.prepare(caller, door, address, envelope, start_us, turn)

    def met(self, guest: Guest, start_us: int, end_us: int) -> None:
        """A session with a client took from ``start_us`` until ``end_us``."""
        if self.limits is not None and guest.stranger:
            self.limits.met(guest.client, start_us, end_us)

    def went_down(self) -> None:
        """The server went down: what it has on disk, such as greylisting, stays."""
        if self.limits is not None:
            self.limits.forget()
