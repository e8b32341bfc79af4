"""Plans: what the rules say about reaching somebody, remembered and played at any instant.

The honest walk (:func:`mailsim.nodes.attempt.attempt`, :func:`mailsim.nodes.contact.call`) asks the rules at every step.  Most
contacts are like the one before: the names are in the cache, the server takes the message by rule, nothing changes while the
session lasts.  Then the outcome is a template shifted in time, with the same draws.  A plan gives the same instants as the walk
or declines (None) and lets the walk decide; recording level ``events`` always walks, so equal hashes of both levels prove it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from mailsim.nodes.contact import BOOK_AHEAD_US, Caller, Doorman, Envelope
from mailsim.nodes.ways import is_plain
from mailsim.nodes.world import World
from mailsim.rules.conditions import NORMAL, Timeline
from mailsim.rules.dns import Question

__all__ = ["Leg", "Window", "leg_to", "remembered"]


class Window(NamedTuple):
    """When remembered answers hold: asked from ``from_us`` on, all answered before ``until_us``, which takes ``delay_us``."""

    from_us: int
    until_us: int
    delay_us: int


def remembered(agent: Any, questions: list[Question], start_us: int, end_us: int) -> Window | None:
    """The window in which all these questions are cache hits, or None; ``start_us`` to ``end_us`` is how asking them went."""
    resolver = agent.resolver
    if resolver is None or not agent.resolver_quiet:
        return None
    delay = resolver.stub_delay_us * len(questions)
    if end_us - start_us != delay:
        return None
    entries = [resolver.hit(question, start_us) for question in questions]
    if None in entries:
        return None
    return Window(start_us, min(entry.until_us for entry in entries), delay)


class Leg(NamedTuple):
    """One server that takes this kind of message by rule, with everything that a session with it costs."""

    server: Any
    door: Doorman
    path: Timeline
    rtt_at: Callable[[int, int], int]
    work_at: Callable[[int, int], int]
    rtts: int
    pause_us: int
    us_per_octet: float
    size_limit: int
    timeout_us: int
    greeting_us: int
    eod_us: int

    def play(self, number: int, turn: int, size: int, start_us: int, now_us: int) -> tuple[int, int] | None:
        """(end for the client, instant at which the server took it) of an undisturbed session, or None to walk."""
        if size > self.size_limit or (self.door.limit is not None and not self._open(start_us, now_us)):
            return None
        rtt = self.rtt_at(number, turn)
        work = self.work_at(number, turn)
        if self.pause_us + rtt > self.greeting_us or work + rtt > self.eod_us:
            return None
        end = start_us + self.rtts * rtt + self.pause_us + int(size * self.us_per_octet) + work
        if not self.path.quiet:
            condition, edge = self.path.stretch(start_us)
            if condition is not NORMAL or edge <= end:
                return None
        if self.door.limit is not None:
            self.door.occupy(end)
        return end, end - (rtt >> 1)

    def _open(self, start_us: int, now_us: int) -> bool:
        """Whether a session can be booked at once."""
        return not self.door.crowded(now_us) and start_us - now_us <= BOOK_AHEAD_US


def leg_to(
    world: World,
    caller: Caller,
    address: str,
    envelope: Envelope,
    *,
    service: str,
    login: tuple[str, str] | None = None,
) -> Leg | None:
    """The leg for this kind of message, or None where the server would refuse anything of it or nobody listens."""
    server = world.server_at(address, service)
    if server is None:
        return None
    door: Doorman = server.door
    refusal, by_recipient = door.judge(envelope._replace(size=0), service, login)
    if refusal is not None or any(by_recipient) or door.scripted or (door.logins is not None and door.logins.may_fail(service)):
        return None
    if not is_plain(world, server.name, address) or door.capacity is not None:
        return None
    wire = world.wire(caller.name, server.name)
    plan = caller.script(door, service, login=login is not None, recipients=len(envelope.recipients))
    limit = door.announced
    return Leg(
        server,
        door,
        wire.path,
        wire.rtt_us,
        door.work.at,
        plan.rtts,
        door.figures.greeting_pause,
        wire.us_per_octet,
        1 << 62 if limit is None else limit,
        caller.timeouts.connect_us,
        caller.timeouts.greeting_us,
        caller.timeouts.eod_us,
    )
