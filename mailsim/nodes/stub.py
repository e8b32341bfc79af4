"""The stub of mail programs: asks one resolver a few times, each time for a while.  The one place to put real stub programs in.

Cache hits cost no event: the answer lies ahead of the clock.
"""

from __future__ import annotations

from typing import Any

from mailsim.nodes.world import Life, World
from mailsim.rules.dns import Answer, Question, Rcode
from mailsim.rules.reasons import Why

__all__ = ["stub_asks"]

NO_ANSWER = Answer(Rcode.TIMEOUT)


class _Waiting:
    """A stub that waits for its resolver: where it is parked, and what came while it was not."""

    __slots__ = ("answer", "line", "world")

    def __init__(self, world: World) -> None:
        self.world = world
        self.line: Any = world.line()
        self.answer: Answer | None = None

    def said(self, answer: Answer, t_us: int) -> None:
        if self.answer is None:
            self.answer = answer
            self.world.wake_all(self.line, answer)


def stub_asks(world: World, resolver: Any, asker: str, question: Question, t_us: int, patience: tuple[int, int]) -> Life:
    """Ask a resolver actor: gives ``(instant, Answer, Why)``; the instant may lie ahead of the clock.

    Parameters
    ----------
    world : World
        The engine.
    resolver : ResolverActor
        Has ``hit``, ``put``, ``asking`` and ``stub_delay_us``.
    asker : str
        The node that asks.
    question : Question
        Name and type.
    t_us : int
        When the stub sends, at or after the clock.
    patience : (int, int)
        Tries of the stub and how long it waits for each, microseconds (resolv.conf(5)).

    Notes
    -----
    The stub's way to the resolver is charged on the way back, so that the cache is read at the instant asked.  A resolver
    that drops old questions (unbound ``discard-timeout``) leaves the stub without a reply; its repeat joins the question
    already running.  A reply to an earlier try is taken as well: all tries come from one socket.
    """
    tries, timeout = patience
    waiting: _Waiting | None = None
    why = Why.NONE  # what an earlier try waited for in vain: a later one gets that answer from the cache
    for k in range(tries):
        start = t_us + k * timeout
        if world.dns.reach(asker, resolver.name, question, start) == Why.OK:
            entry = resolver.hit(question, start)
            if entry is None and start > world.now:
                start = yield start
                entry = resolver.hit(question, start)
            if entry is not None:
                cached = Why.FROM_CACHE if entry.answer.rdatas else Why.NEGATIVE_CACHE
                return start + resolver.stub_delay_us, entry.answer, why or cached
            waiting = waiting or _Waiting(world)
            why = why or (Why.JOINED if resolver.asking(question) else Why.FROM_SERVER)
            resolver.put(question, start, waiting.said)
            if waiting.answer is not None:
                return start + resolver.stub_delay_us, waiting.answer, why
        if waiting is not None and (yield (waiting.line, t_us + (k + 1) * timeout)) is not None:
            assert waiting.answer is not None
            arrives = yield world.now + resolver.stub_delay_us
            return arrives, waiting.answer, why
    gave_up = yield t_us + tries * timeout
    return gave_up, NO_ANSWER, Why.DNS_TIMEOUT
