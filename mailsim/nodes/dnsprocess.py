"""A program that looks names up through its stub, call after call: what an application sees of the DNS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from mailsim.declared import Declared, Duration
from mailsim.events import Event
from mailsim.nodes.base import NodeDeclaration, node_kind
from mailsim.nodes.dnsclient import DnsClientActor
from mailsim.nodes.lookups import TYPE_NUMBERS
from mailsim.nodes.stub import Stub, Waiting
from mailsim.nodes.world import Life, World
from mailsim.rules.dns import Answer, Rcode
from mailsim.rules.dns.stubs import BOTH, Call
from mailsim.rules.reasons import Why

__all__ = ["DnsCall", "DnsProcess", "DnsProcessActor"]

SECOND_US = 1_000_000
#: no stub waits longer than this for an answer: two rounds of three servers by TCP
LONGEST_CALL_US = 900 * SECOND_US


def _name(text: object) -> object:
    if not isinstance(text, str):
        return text
    name = text.strip().lower()
    if not re.fullmatch(r"[a-z0-9_.*-]{1,254}", name):
        raise ValueError(f"{name[:80]!r} is no name to look up; write for example mx1.example.com")
    return name


class DnsCall(Declared):
    """A call of the stub.

    Parameters
    ----------
    name : str
        The name; a final dot means that no search list applies.
    type : str
        The record type, or ``A+AAAA`` for addresses of both families.
    search : bool
        The function looks through the search list (``getaddrinfo``), not only for the name (``res_query``).
    pause : duration
        How long after the answer the next call is made.
    """

    name: Annotated[str, BeforeValidator(_name)]
    type: Literal["A", "AAAA", "A+AAAA", "MX", "NS", "CNAME", "SOA", "PTR", "TXT", "SRV"] = "A"
    search: bool = True
    pause: Duration = 0


@node_kind("dnsprocess")
class DnsProcess(NodeDeclaration):
    """A program with a stub of its own: each call is a row LOOKED_UP of the log.

    Parameters
    ----------
    at : duration
        When the first call is made.
    calls : tuple of DnsCall
        The calls, one after the other.
    second_phase : duration or "drawn"
        How far the wall clock is into its second when the scenario starts: some stubs count TTLs in whole seconds.
    """

    kind: Literal["dnsprocess"] = "dnsprocess"
    at: Duration = 0
    calls: tuple[DnsCall, ...] = Field(min_length=1)
    second_phase: Duration | Literal["drawn"] = 0


class DnsProcessActor(DnsClientActor):
    """One process."""

    def __init__(self, world: World, name: str, declaration: DnsProcess) -> None:
        self.world = world
        self.name = name
        self.number = world.log.name(name)
        self._process = declaration
        phase = declaration.second_phase
        if phase == "drawn":
            phase = int(world.draws.uniform("phase of the wall clock's second", 0) * SECOND_US)
        self._stub = Stub(world, name, {}, phase_us=phase)
        self._overhead = self._stub.figures.overhead.distribution()

    @property
    def last_us(self) -> int:
        """An instant at which its last call is surely over, on the engine's clock."""
        calls = self._process.calls
        return self.world.origin_us + self._process.at + sum(call.pause for call in calls) + LONGEST_CALL_US * len(calls)

    def lives(self) -> Iterator[Life]:
        """The one course of the process."""
        yield self._course()

    def _course(self) -> Life:
        world = self.world
        world.opened(1)  # the run does not end before the process does
        t = world.origin_us + self._process.at
        costs = world.draws.stream(f"overhead of {self.name}", self._overhead)
        for number, call in enumerate(self._process.calls, 1):
            asked = yield max(t, world.now)
            started = yield asked + costs.at(number)
            waiting = Waiting(world)
            self._stub.driver.call(Call(call.name, BOTH if call.type == BOTH else call.type, call.search), started, waiting.said)
            answer: Answer = yield from waiting.wait()
            self._note(number, call, answer, asked, world.now - asked)
            t = world.now + call.pause
        world.settled(1)

    def _note(self, number: int, call: DnsCall, answer: Answer, t_us: int, took_us: int) -> None:
        """One row for the call; records of the authority section stand behind semicolons."""
        log: Any = self.world.log
        if log.rows is None:
            return
        behind = [f";{line}" for rrset in answer.authority for line in rrset.lines]
        log.last_us = max(log.last_us, t_us + took_us)
        log.rows.extend(
            (
                t_us,
                -1,
                -1,
                Event.LOOKED_UP,
                self.number,
                log.name(call.name),
                TYPE_NUMBERS.get(call.type, TYPE_NUMBERS["ANY"]),
                number,
                answer.rcode,
                Why.DNS_TIMEOUT if answer.rcode == Rcode.TIMEOUT else Why.FROM_SERVER,
                took_us,
                log.name("\n".join(filter(None, (answer.records, *behind)))),
            )
        )
