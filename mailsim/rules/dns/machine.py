"""What a resolver or stub program is to the rest of the house: a state machine with no clock, chance or network of its own.

Whoever drives a machine (a node on the engine's clock, a test with a pencil) tells it what happened and at which instant, and
does what it answers: send this question to that server, ring me at that instant, give this answer to that client.  Chance is
handed in as a function of a purpose, so that a machine's behaviour is a function of what it was told.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple, Protocol, TypeAlias

from mailsim.rules.dns.records import Question
from mailsim.rules.dns.zones import Answer

__all__ = ["Action", "Alarm", "Chance", "Machine", "Say", "Send", "Trouble"]

#: ``chance(purpose)`` gives a uniform draw in [0, 1), a new one each time it is asked for the same purpose
Chance: TypeAlias = Callable[[str], float]


class Trouble(Enum):
    """What can come back instead of an answer."""

    CLOSED = "closed"  #: ICMP port unreachable, or a reset connection
    TRUNCATED = "truncated"  #: an answer with the TC bit and nothing else: ask by TCP (RFC 7766)


class Send(NamedTuple):
    """Send a question to a server: ``number`` is the machine's own and comes back with what is heard."""

    number: int
    server: str
    question: Question
    proto: str = "udp"


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
