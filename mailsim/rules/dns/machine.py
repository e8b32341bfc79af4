"""What a resolver or stub program is to the rest of the house: a state machine with no clock, chance or network of its own.

Whoever drives a machine (a node on the engine's clock, a test with a pencil) tells it what happened and at which instant, and
does what it answers: send this question to that server, ring me at that instant, give this answer to that client.  Chance is
handed in as a function of a purpose, so that a machine's behaviour is a function of what it was told.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple, Protocol, TypeAlias

from mailsim.rules.dns.cache import Entry
from mailsim.rules.dns.records import Question
from mailsim.rules.dns.zones import Answer

__all__ = ["Action", "Alarm", "Chance", "Hint", "Machine", "Recursive", "Say", "Send", "Trouble"]

#: ``chance(purpose)`` gives a uniform draw in [0, 1), a new one each time it is asked for the same purpose
Chance: TypeAlias = Callable[[str], float]

#: octets of UDP that a program takes unless it says otherwise (DNS flag day 2020: 1232)
_UDP_OCTETS = 1232


class Trouble(Enum):
    """What can come back instead of an answer."""

    CLOSED = "closed"  #: ICMP (port) unreachable, or a refused connection
    OPEN = "open"  #: the TCP connection that was asked for stands, the question has yet to be sent
    TRUNCATED = "truncated"  #: an answer with the TC bit and nothing else: ask by TCP (RFC 7766)


class Send(NamedTuple):
    """Send a question to a server: ``number`` is the machine's own and comes back with what is heard.

    ``proto`` is ``udp``, ``tcp``, or ``open`` to open a TCP connection only: then ``OPEN`` or ``CLOSED`` comes back, at the
    latest when the kernel's repeated SYN gets through.  ``standing``: over a TCP connection that stands already.
    ``octets`` is the largest answer that it takes over UDP (512 without EDNS, RFC 1035 section 4.2.1).
    """

    number: int
    server: str
    question: Question
    proto: str = "udp"
    octets: int = _UDP_OCTETS
    standing: bool = False


class Alarm(NamedTuple):
    """Call ``rang(what, at_us)`` then; a machine must take an alarm that has become void in silence."""

    at_us: int
    what: object


class Say(NamedTuple):
    """Answer a client; the token is the one that came with its question."""

    client: object
    answer: Answer


#: what a machine asks its driver to do
Action: TypeAlias = Send | Alarm | Say


class Hint(NamedTuple):
    """A delegation that a recursive program knows without asking: zone, and its servers as (host, addresses)."""

    origin: str
    servers: tuple[tuple[str, tuple[str, ...]], ...]


class Machine(Protocol):
    """A program that is asked, asks others, and answers."""

    def asked(self, client: object, question: Question, t_us: int) -> list[Action]:
        """A client's question came in."""
        ...

    def heard(self, number: int, what: Answer | Trouble, t_us: int) -> list[Action]:
        """Something came back for a question that was sent; also long after the machine lost interest in it."""
        ...

    def rang(self, what: object, t_us: int) -> list[Action]:
        """An alarm's instant has come."""
        ...


class Recursive(Machine, Protocol):
    """A machine with a cache, whose hits cost no event."""

    def hit(self, question: Question, t_us: int) -> Entry | None:
        """What answers this question at once at ``t_us``, without any other effect, or None; it may look ahead of the clock."""
        ...

    def asking(self, question: Question) -> bool:
        """Whether this very question is being worked at."""
        ...
