"""Asks its resolver by a timetable: traffic for those who study resolvers, with or without mail beside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from mailsim.declared import Declared, DrawnDuration, Duration
from mailsim.draws import Constant
from mailsim.events import Event
from mailsim.flavours import default
from mailsim.flavours.models import Drawn
from mailsim.nodes.base import NodeDeclaration, node_kind
from mailsim.nodes.lookups import TYPE_NUMBERS
from mailsim.nodes.world import Life, World
from mailsim.rules.dns import Answer, Question, Rcode
from mailsim.rules.dns.machine import Send, Trouble
from mailsim.rules.reasons import Why

__all__ = ["DnsClient", "DnsClientActor", "DnsQuery"]

#: questions are traffic: they rank like what makes messages
SOURCE_ORDER = 1
#: a client takes answers of any size
ANY_SIZE = 65_535
#: no DNS client may ask more often
MOST_QUESTIONS = 10_000_000


def _pattern(text: object) -> object:
    if not isinstance(text, str):
        return text
    name = text.strip().removesuffix(".").lower()
    if not re.fullmatch(r"[a-z0-9_$.*-]{1,253}", name):
        raise ValueError(f"{name[:80]!r} is no name to ask for; write for example mx1.example.com, or n$.example.com with a counter")
    return name


class DnsQuery(Declared):
    """Questions of one kind.

    Parameters
    ----------
    name : str
        The name; ``$`` in it stands for the counter.
    type : str
        The record type.
    at : duration
        When the (first) question is asked.
    every, until : duration, optional
        Ask again at this interval, until then (excluded).
    loop : duration, optional
        Ask again so long after each answer (or failure), until ``until``.
    first : int
        Where the counter begins.
    timeout : duration
        How long the client waits for an answer.
    resend : duration, optional
        How long after a question the client repeats it, as long as it waits.
    late : duration or distribution
        How late each question leaves: no program's clock is exact.
    """

    name: Annotated[str, BeforeValidator(_pattern)]
    type: str = "A"
    at: Duration = 0
    every: Duration | None = Field(default=None, gt=0)
    until: Duration | None = None
    loop: Duration | None = Field(default=None, gt=0)
    first: Annotated[int, Field(ge=0)] = 0
    timeout: Duration = Field(default_factory=lambda: default("dnsclient.timeout"), gt=0)
    resend: Duration | None = Field(default=None, gt=0)
    late: Drawn = DrawnDuration(kind="constant", value=0)

    @model_validator(mode="after")
    def _complete(self) -> DnsQuery:
        if self.every is not None and self.loop is not None:
            raise ValueError("give either every or loop")
        if (self.every is None and self.loop is None) != (self.until is None):
            raise ValueError("until goes with every or loop, and both need it")
        if self.until is not None and self.until <= self.at:
            raise ValueError("until must lie after at")
        if self.every is not None and self.until is not None and (self.until - self.at) // self.every > MOST_QUESTIONS:
            raise ValueError(f"more than {MOST_QUESTIONS:,} questions")
        if self.type.upper() not in TYPE_NUMBERS:
            raise ValueError(f"unknown record type {self.type[:20]!r}; there are {', '.join(TYPE_NUMBERS)}")
        return self

    def question(self, k: int) -> Question:
        """The question number ``k``, from 0."""
        return Question(self.name.replace("$", str(self.first + k)), self.type.upper())


@node_kind("dnsclient")
class DnsClient(NodeDeclaration):
    """Somebody who asks a resolver: each question is a row LOOKED_UP of the log.

    Parameters
    ----------
    queries : tuple of DnsQuery
        What is asked, and when.
    udp_octets : int
        The longest answer that it takes; of a longer one it sees only that there is one (it does not ask again by TCP).
    """

    kind: Literal["dnsclient"] = "dnsclient"
    queries: tuple[DnsQuery, ...] = Field(min_length=1)
    udp_octets: Annotated[int, Field(ge=512, le=ANY_SIZE)] = ANY_SIZE


class DnsClientActor:
    """One DNS client; its questions do not wait for each other."""

    def __init__(self, world: World, name: str, declaration: DnsClient) -> None:
        self.world = world
        self.name = name
        self.number = world.log.name(name)
        self.declaration = declaration
        resolver = world.compiled.resolver_of.get(name)
        self._server = world.compiled.nodes[resolver].addresses[0] if resolver else ""

    @property
    def last_us(self) -> int:
        """The instant at which its last question is over, on the engine's clock."""
        over = (query.until if query.until is not None else query.at for query in self.declaration.queries)
        return self.world.origin_us + max(end + query.timeout for end, query in zip(over, self.declaration.queries, strict=True))

    def lives(self) -> Iterator[Life]:
        """What drives the questions of each line."""
        return (self._line(number, query) for number, query in enumerate(self.declaration.queries, 1))

    def _line(self, number: int, query: DnsQuery) -> Life:
        """The questions of one line: side by side at their instants, or each one after the answer of the last."""
        start = self.world.origin_us + query.at
        late = self.world.draws.stream(f"dns client {self.name} {number} late", query.late.distribution())
        end = None if query.until is None else self.world.origin_us + query.until
        k, t = 0, start
        self.world.opened(1)  # the run does not end before this line of questions does
        while end is None or t < end:
            if t > self.world.now:
                yield t
            t = yield t + late.at(k)
            if query.loop is not None:
                yield from self._question(number, query, k, t)
                t = self.world.now + query.loop
            elif end is None:
                yield from self._question(number, query, k, t)
                break
            else:
                self.world.spawn(self._question(number, query, k, t), SOURCE_ORDER)
                assert query.every is not None
                t = start + (k + 1) * query.every
            k += 1
        self.world.settled(1)

    def _question(self, number: int, query: DnsQuery, k: int, t_us: int) -> Life:
        """One question, until its answer or until the client gives up."""
        self.world.opened(1)
        world, question = self.world, query.question(k)
        line = world.line()
        heard: list[Answer] = []

        def hear(what: Answer | Trouble, at_us: int) -> None:
            answer = Answer(Rcode.NOERROR) if what is Trouble.TRUNCATED else what
            if isinstance(answer, Answer) and not heard:
                heard.append(answer)
                world.wake_all(line, answer)

        deadline, again = t_us + query.timeout, t_us
        while not heard and again < deadline:
            world.dns.send(self.name, Send(0, self._server, question, octets=self.declaration.udp_octets), again, hear, Constant(0))
            again = deadline if query.resend is None else min(again + query.resend, deadline)
            if not heard:
                yield line, again
        answer = heard[0] if heard else Answer(Rcode.TIMEOUT)
        self._write_down(number, question, answer, t_us, world.now - t_us)
        world.settled(1)

    def _write_down(self, number: int, question: Question, answer: Answer, t_us: int, took_us: int) -> None:
        log: Any = self.world.log
        if log.rows is not None:
            log.last_us = max(log.last_us, t_us + took_us)
            log.rows.extend(
                (
                    t_us,
                    -1,
                    -1,
                    Event.LOOKED_UP,
                    self.number,
                    log.name(question.name),
                    TYPE_NUMBERS[question.rtype],
                    number,
                    answer.rcode,
                    Why.DNS_TIMEOUT if answer.rcode == Rcode.TIMEOUT else Why.FROM_SERVER,
                    took_us,
                    log.name(answer.records),
                )
            )
