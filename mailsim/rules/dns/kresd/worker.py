"""How Knot Resolver's worker drives requests: one event loop, UDP timers, TCP connections shared, identical questions joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mailsim.rules.dns.cache import Entry
from mailsim.rules.dns.kresd.query import KresdFigures, Request, Resolving, State
from mailsim.rules.dns.kresd.selection import Fault
from mailsim.rules.dns.machine import Action, Alarm, Chance, Hint, Say, Send, Trouble
from mailsim.rules.dns.records import Question, Rcode, RRset
from mailsim.rules.dns.zones import Answer

__all__ = ["Kresd"]

MS_US = 1000


@dataclass(eq=False)
class _Session:
    """A TCP connection: being opened (requests wait) or standing (questions are out)."""

    address: str
    waiting: list[Request] = field(default_factory=list)
    out: dict[int, Request] = field(default_factory=dict)
    active_us: int = 0


class Kresd:
    """Knot Resolver.

    Answers over UDP are queued and go out when the event loop has next polled (worker: udp_queue, a check handle): at once
    after a datagram came in or a UDP timer closed its socket, but after a failed TCP connect only at the next event of
    any kind; the cache's health check every 5 s is the last resort.

    Parameters
    ----------
    figures : KresdFigures
        Its settings; ``forward`` (``policy.FORWARD``): the recursive servers that are asked instead.
    hints : sequence of Hint
        Delegations known without asking.
    chance : Chance
        Draws for ``servers``, ``explore`` and ``explored`` (choice of servers), ``order`` (of records), ``timers`` (how late they
        ring), ``millisecond`` (where in one a question goes out), ``start`` (when the program was started, where
        ``started_before`` does not say).
    phase_us : int
        Where in the wall-clock second t = 0 lies.
    """

    def __init__(self, figures: KresdFigures, hints: Sequence[Hint] = (), *, chance: Chance, phase_us: int = 0) -> None:
        self._figures = figures
        self._chance = chance
        self._resolving = Resolving(figures, hints, chance, phase_us)
        self._network = self._resolving.network
        self._number = 0
        self._udp: dict[int, Request] = {}
        self._leads: dict[Question, tuple[Request, list[Request]]] = {}
        self._opening: dict[str, _Session] = {}
        self._standing: dict[str, _Session] = {}
        self._sessions: dict[int, _Session] = {}
        self._streams: dict[int, _Session] = {}
        self._active: dict[Question, int] = {}
        self._prefetching: set[Question] = set()
        before = figures.started_before
        self._started_us = -(int(chance("start") * figures.health_check) if before is None else before)
        self._queue: list[Action] = []
        self._out: list[Action] = []

    # what happens to it

    def asked(self, client: object, question: Question, t_us: int) -> list[Action]:
        """A client's question came in."""
        self._active[question] = self._active.get(question, 0) + 1
        self._step(self._resolving.begin(client, question, t_us), None, t_us)
        return self._polled()

    def heard(self, number: int, what: Answer | Trouble, t_us: int) -> list[Action]:
        """Something came back; a closed UDP port goes unnoticed (recorded: closed_one)."""
        if number in self._sessions:
            self._connected(number, self._sessions[number], what, t_us)
        elif number in self._streams:
            session = self._streams.pop(number)
            session.active_us = t_us
            self._answered(session.out.pop(number), what, t_us)
        elif number in self._udp and what is not Trouble.CLOSED:
            self._answered(self._udp.pop(number), what, t_us)
        else:
            return []
        return self._polled()

    def hit(self, question: Question, t_us: int) -> Entry | None:
        """What the record cache answers under the very name."""
        shelf = self._resolving.shelf
        rrset, nothing = shelf.get(question.name, question.rtype, t_us), shelf.nothing(*question, t_us)
        if self._figures.prefetch or (rrset is None and nothing is None):
            return None
        if nothing is not None:
            left = shelf.left_s(nothing, t_us)
            answer = Answer(nothing.rcode, negative_ttl=left, authority=() if nothing.soa is None else (nothing.soa._replace(ttl=left),))
        else:
            assert rrset is not None
            left, answer = rrset.ttl, Answer(Rcode.NOERROR, (rrset,), rrset.rdatas, rrset.ttl)
        return Entry(answer, t_us, t_us, shelf.start_us(shelf.second(t_us) + left + 1))

    def asking(self, question: Question) -> bool:
        """Whether this very question is being worked at."""
        return question in self._active

    def rang(self, what: object, t_us: int) -> list[Action]:
        """A timer is due; what waited for the loop to poll goes out first."""
        assert isinstance(what, tuple)
        kind, number = what
        flushed, self._queue = self._queue, []
        self._out = flushed
        closes = False
        if kind == "udp" and number in self._udp:
            self._silent(self._udp.pop(number), t_us)
            closes = True
        elif kind == "connect" and number in self._sessions:
            self._unconnected(self._sessions[number], t_us)
        elif kind == "tcp" and number in self._sessions:
            closes = self._idle(number, self._sessions[number], t_us)
        if closes:
            return self._polled()
        actions, self._out = self._out, []
        if self._queue and kind != "health":
            actions.append(Alarm(self._health(t_us), ("health", 0)))
        return actions

    def _polled(self) -> list[Action]:
        actions, self._out, self._queue = [*self._out, *self._queue], [], []
        return actions

    def _health(self, t_us: int) -> int:
        """The next health check of the cache (daemon/bindings/cache.c: every five seconds)."""
        period = self._figures.health_check
        return self._started_us + ((t_us - self._started_us) // period + 1) * period

    # requests

    def _step(self, request: Request, what: Answer | Trouble | None, t_us: int) -> None:
        """One step of a request (worker.c qr_task_step): those who joined its question first, then itself."""
        if request.finished:
            return
        self._followers_step(request, what, t_us)
        if t_us - request.created_us >= self._figures.request_limit:
            self._finish(request, State.FAIL, t_us)
            return
        if what is not None and request.came_us == t_us:
            self._measure(request, t_us)
        state = self._onward(request, self._resolving.consume(request, what, t_us), t_us)
        if state is not State.PRODUCE:
            self._finish(request, state, t_us)
        elif request.transport is not None and request.transport.proto == "udp":
            self._send_udp(request, t_us)
        else:
            self._send_tcp(request, t_us)

    def _onward(self, request: Request, state: State, t_us: int) -> State:
        """Go on until there is something to ask or an end (kr_resolve_produce, again and again)."""
        figures = self._figures
        request.transport = None
        while state is State.PRODUCE and request.transport is None:
            state = self._resolving.produce(request, t_us)
            request.steps += 1
            if request.steps > figures.iteration_limit or request.timeouts >= figures.timeout_limit:
                return State.FAIL
        return state

    def _measure(self, request: Request, t_us: int) -> None:
        """Note the round trip of an answer that came for the request itself, before its time was up."""
        if request.transport is not None:
            rtt_us = t_us - request.sent_us
            phase_us = int(self._chance("millisecond") * MS_US)  # both ends are read off a clock of whole milliseconds
            self._network.measured(request.transport.address, (rtt_us + phase_us) // MS_US)

    def _late(self) -> int:
        """How long after its time a timer rings: on a busy machine mostly little, at times very much (a Pareto distribution)."""
        u = self._chance("timers")
        return self._figures.timer_lag + int(self._figures.timing_noise * min(u / (1 - u), 30.0))

    def _followers_step(self, request: Request, what: Answer | Trouble | None, t_us: int) -> None:
        lead = self._leads.get(request.asking) if request.asking is not None else None
        if lead is None or lead[0] is not request:
            return
        assert request.asking is not None
        del self._leads[request.asking]
        for follower in reversed(lead[1]):
            follower.transport, follower.joined = request.transport, True
            self._step(follower, what, t_us)

    def _send_udp(self, request: Request, t_us: int) -> None:
        transport, asking = request.transport, request.asking
        assert transport is not None
        assert asking is not None
        lead = self._leads.get(asking)
        if lead is not None:
            lead[1].append(request)
            return
        self._number += 1
        self._udp[self._number] = request
        self._leads[asking] = (request, [])
        request.sent_us = t_us
        self._out.append(Send(self._number, transport.address, asking))
        self._out.append(Alarm(t_us + transport.timeout_us + self._late(), ("udp", self._number)))

    def _silent(self, request: Request, t_us: int) -> None:
        assert request.transport is not None
        self._network.blame(request.transport, request.plan[-1].flags, Fault.TIMEOUT, t_us, joined=request.joined)
        request.timeouts += 1
        self._step(request, None, t_us)

    def _answered(self, request: Request, what: Answer | Trouble, t_us: int) -> None:
        if request.finished:
            return
        request.came_us = t_us
        self._step(request, None if what is Trouble.CLOSED else what, t_us)

    def _finish(self, request: Request, state: State, t_us: int) -> None:
        request.finished = True
        if request.client is None:
            self._prefetching.discard(request.question)
            return
        self._active[request.question] -= 1
        if not self._active[request.question]:
            del self._active[request.question]
        self._queue.append(Say(request.client, self._answer(request, state)))
        if request.expiring and self._figures.prefetch and request.question not in self._prefetching:
            self._prefetching.add(request.question)
            self._step(self._resolving.begin(None, request.question, t_us, no_cache=True), None, t_us)

    def _answer(self, request: Request, state: State) -> Answer:
        chain = tuple(self._rotated(rrset) for rrset in request.chain)
        if state is State.FAIL:
            return Answer(Rcode.SERVFAIL, request.excess or chain)
        rdatas = chain[-1].rdatas if chain and request.soa is None and chain[-1].rtype == request.question.rtype else ()
        soa = request.soa
        ttl = min((rrset.ttl for rrset in chain), default=0)
        return Answer(request.rcode, chain, rdatas, ttl, -1 if soa is None else soa.ttl, authority=() if soa is None else (soa,))

    def _rotated(self, rrset: RRset) -> RRset:
        """A random rotation (``reorder_RR``; recorded: order)."""
        if len(rrset.rdatas) < 2:
            return rrset
        by = int(self._chance("order") * len(rrset.rdatas))
        return rrset._replace(rdatas=rrset.rdatas[by:] + rrset.rdatas[:by])

    # TCP

    def _send_tcp(self, request: Request, t_us: int) -> None:
        assert request.transport is not None
        address = request.transport.address
        if address in self._opening:
            self._opening[address].waiting.append(request)
        elif address in self._standing:
            self._send_over(self._standing[address], request, t_us)
        else:
            self._number += 1
            self._sessions[self._number] = self._opening[address] = _Session(address, [request])
            assert request.asking is not None
            self._out.append(Send(self._number, address, request.asking, "open"))
            self._out.append(Alarm(t_us + self._figures.connect_timeout + self._late(), ("connect", self._number)))

    def _send_over(self, session: _Session, request: Request, t_us: int) -> None:
        assert request.asking is not None
        self._number += 1
        self._streams[self._number] = session
        session.out[self._number] = request
        session.active_us = request.sent_us = t_us
        self._out.append(Send(self._number, session.address, request.asking, "tcp", standing=True))

    def _connected(self, number: int, session: _Session, what: Answer | Trouble, t_us: int) -> None:
        """A connection stands or was refused (on_connect); one that was given up before is closed."""
        if self._opening.get(session.address) is not session:
            if self._standing.get(session.address) is not session:
                del self._sessions[number]
            return
        del self._opening[session.address]
        waiting, session.waiting = session.waiting, []
        if what is Trouble.OPEN:
            self._standing[session.address] = session
            for request in waiting:
                self._send_over(session, request, t_us)
            self._out.append(Alarm(t_us + self._figures.tcp_inactivity, ("tcp", number)))
            return
        del self._sessions[number]
        self._blame_connect(waiting[0], t_us)
        for request in waiting:
            self._step(request, None, t_us)

    def _unconnected(self, session: _Session, t_us: int) -> None:
        """A connection did not come about in time: the first who waits notes it, all try something else."""
        if self._opening.get(session.address) is not session:
            return
        del self._opening[session.address]
        self._blame_connect(session.waiting[0], t_us)
        while session.waiting:
            request = session.waiting.pop(0)
            request.timeouts += 1
            self._step(request, None, t_us)

    def _blame_connect(self, request: Request, t_us: int) -> None:
        assert request.transport is not None
        self._network.blame(request.transport, request.plan[-1].flags, Fault.CONNECT, t_us)

    def _idle(self, number: int, session: _Session, t_us: int) -> bool:
        """A standing connection's timer (tcp_timeout_trigger): requests over the limit fail, an idle connection closes."""
        for stream, request in list(session.out.items()):
            if t_us - request.created_us >= self._figures.request_limit:
                del session.out[stream], self._streams[stream]
                if not request.finished:
                    self._finish(request, State.FAIL, t_us)
        if session.out:
            self._out.append(Alarm(t_us + self._figures.tcp_recheck, ("tcp", number)))
            return False
        left = session.active_us + self._figures.tcp_idle - t_us
        if left > 0:
            self._out.append(Alarm(t_us + left, ("tcp", number)))
            return False
        del self._standing[session.address], self._sessions[number]
        return True
