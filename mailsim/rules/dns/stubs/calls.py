"""What a program wants of its stub, and how a stub that does one thing after another is driven from event to event."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from typing import NamedTuple, Protocol, TypeAlias

from mailsim.rules.dns.machine import Action, Alarm, Chance, Machine, Say, Send, Trouble
from mailsim.rules.dns.records import Question, Rcode
from mailsim.rules.dns.zones import Answer

__all__ = ["BOTH", "CLOSED", "CUT", "Call", "Look", "Script", "SteppedStub", "StubMachine", "joined"]

#: the type of a call that wants IPv4 and IPv6 addresses (AF_UNSPEC): questions for A and for AAAA
BOTH = "A+AAAA"
#: the code of an answer that says: no server's port was open (ICMP port unreachable from all of them)
CLOSED = 98
#: the code of an answer that says: the last connection ended without an answer
CUT = 97


class Call(NamedTuple):
    """A call of a program: the name as written (a final dot: no search list), the type or :data:`BOTH`.

    ``search``: the function looks through the search list (``getaddrinfo``, ``res_search``), not ``res_query``.
    """

    name: str
    rtype: str
    search: bool = True

    @property
    def types(self) -> tuple[str, ...]:
        """The types of its questions."""
        return ("A", "AAAA") if self.rtype == BOTH else (self.rtype,)


class StubMachine(Machine, Protocol):
    """A stub program: it is called by programs on its own host."""

    def called(self, client: object, call: Call, t_us: int) -> list[Action]:
        """A program calls."""
        ...


#: what a lookup waits for: a message in the mailbox of a socket (None: of none), until an instant
Wait: TypeAlias = tuple[object, int]
#: the course of a lookup: yields what it waits for, gets ``(which question, what came)`` or None when time is up
Script: TypeAlias = Generator[Wait, tuple[int, "Answer | Trouble"] | None, Answer]


class Look:
    """One lookup under way: its clock, its open questions and the mailboxes of its sockets."""

    def __init__(self, client: object, call: Call, t_us: int) -> None:
        self.client = client
        self.call = call
        self.t_us = t_us
        self.script: Script
        self.mail: dict[object, deque[tuple[int, Answer | Trouble]]] = {}
        self.numbers: set[int] = set()
        self.waits_on: object = None
        self.turn = 0

    def close(self) -> None:
        """Close all sockets: what is in their mailboxes or still comes is lost."""
        self.mail.clear()
        self.numbers.clear()


class _Asked(NamedTuple):
    """A question on its way: whose, which of its questions, on which socket."""

    look: Look
    which: int
    socket: object


class _Bell(NamedTuple):
    """What an alarm was set for: the turn of a lookup."""

    look: Look
    turn: int


class SteppedStub:
    """A stub that does one thing after the other in each lookup; a program gives the course of a lookup as a script.

    Parameters
    ----------
    servers : tuple of str
        Its list of servers, in order.
    chance : callable
        Draws by purpose.
    octets : int
        The longest answer that it takes by UDP (RFC 1035 section 4.2.1, RFC 6891 section 6.2.3).
    """

    def __init__(self, servers: tuple[str, ...], chance: Chance, octets: int) -> None:
        self.servers = servers
        self.chance = chance
        self.octets = octets
        self._asked: dict[int, _Asked] = {}
        self._number = 0
        self._out: list[Action] = []

    def script(self, look: Look) -> Script:
        """The course of one lookup: the types that are asked for one after the other."""
        answers = []
        for rtype in look.call.types:
            answers.append((yield from self.resolve(look, rtype)))
        return joined(answers)

    def resolve(self, look: Look, rtype: str) -> Script:
        """The course of what is asked for one type."""
        raise NotImplementedError

    def send(self, look: Look, server: int, which: int, question: Question, *, proto: str = "udp", socket: object = None) -> None:
        """Ask a server of the list; what comes back goes to the mailbox of ``socket``."""
        self._number += 1
        self._asked[self._number] = _Asked(look, which, socket)
        look.numbers.add(self._number)
        self._out.append(Send(self._number, self.servers[server], question, proto, self.octets))

    def called(self, client: object, call: Call, t_us: int) -> list[Action]:
        """A program calls."""
        look = Look(client, call, t_us)
        look.script = self.script(look)
        return self._go(look, None)

    def asked(self, client: object, question: Question, t_us: int) -> list[Action]:
        """A program asks for a name that is complete."""
        return self.called(client, Call(question.name + ".", question.rtype, search=False), t_us)

    def heard(self, number: int, what: Answer | Trouble, t_us: int) -> list[Action]:
        """Something came back; to a socket that nobody reads now it waits in the mailbox."""
        asked = self._asked.pop(number, None)
        if asked is None or number not in asked.look.numbers:
            return []
        look = asked.look
        look.numbers.discard(number)
        if look.waits_on != asked.socket:
            look.mail.setdefault(asked.socket, deque()).append((asked.which, what))
            return []
        look.t_us = t_us
        return self._go(look, (asked.which, what))

    def rang(self, what: object, t_us: int) -> list[Action]:
        """Time is up for what a lookup waited for, unless it went on before."""
        assert isinstance(what, _Bell)
        if what.turn != what.look.turn:
            return []
        what.look.t_us = t_us
        return self._go(what.look, None)

    def _go(self, look: Look, event: tuple[int, Answer | Trouble] | None) -> list[Action]:
        """Let a lookup take its next steps."""
        first = look.turn == 0
        try:
            while True:
                look.turn += 1
                look.waits_on = None
                look.waits_on, until = next(look.script) if first else look.script.send(event)
                first = False
                box = look.mail.get(look.waits_on) if look.waits_on is not None else None
                if not box:
                    break
                event = box.popleft()
            self._out.append(Alarm(until, _Bell(look, look.turn)))
        except StopIteration as end:
            look.close()
            look.turn += 1
            self._out.append(Say(look.client, end.value))
        out, self._out = self._out, []
        return out


def joined(answers: list[Answer]) -> Answer:
    """The answers to the questions of one call as one: the first that says yes, with the records of the others."""
    good = [answer for answer in answers if answer.rdatas]
    if len(good) < 2:
        yes = [answer for answer in answers if answer.rcode == Rcode.NOERROR]
        return (good or yes or answers)[0]
    chain = good[0].chain + tuple(rrset for answer in good[1:] for rrset in answer.chain if rrset not in good[0].chain)
    return good[0]._replace(chain=chain, rdatas=tuple(r for answer in good for r in answer.rdatas), ttl=min(a.ttl for a in good))
