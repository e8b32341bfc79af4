"""What PowerDNS Recursor 4.8 does with its clients' questions: packet cache, its loop and timers, identical questions joined."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import NamedTuple, Protocol

from mailsim.rules.dns.cache import Entry
from mailsim.rules.dns.machine import Action, Alarm, Chance, Hint, Say, Send, Trouble
from mailsim.rules.dns.pdns.lookup import Ask, Found, Heard, Lookup, LookupFigures, Steps
from mailsim.rules.dns.pdns.servers import Servers, shuffled
from mailsim.rules.dns.records import Question, Rcode, RRset
from mailsim.rules.dns.shelf import Shelf
from mailsim.rules.dns.zones import Answer

__all__ = ["Pdns", "PdnsFigures"]

SECOND_US = 1_000_000


class PdnsFigures(LookupFigures, Protocol):
    """All figures of PowerDNS Recursor."""

    network_timeout: int
    poll_interval: int
    packetcache: bool
    forward: tuple[str, ...]
    packetcache_ttl: int
    servfail_ttl: int
    tcp_idle: int
    timing_noise: int


class _Task:
    """A lookup under way, for a client or (None) to refresh the cache."""

    def __init__(self, client: object, question: Question, steps: Steps) -> None:
        self.client = client
        self.question = question
        self.steps = steps


class _Wait(NamedTuple):
    """A task that waits for a server's answer: the question sent for it or by another task (``chained``), until when."""

    task: _Task
    ask: Ask
    number: int
    sent_us: int
    until_us: int
    chained: bool
    reused: bool


class _Packet(NamedTuple):
    answer: Answer
    filled_s: int
    until_s: int
    refreshed: bool = False


class Pdns:
    """PowerDNS Recursor.

    The program looks at its timers when something else wakes it, or after half a second of quiet (rec-main.cc recLoop,
    the multiplexer's run()): a wait of 1.5 s ends up to half a second late.

    Parameters
    ----------
    figures : PdnsFigures
        Its settings; ``forward`` (``forward-zones-recurse=.=``): the recursive servers that are asked instead.
    hints : sequence of Hint
        Delegations known without asking.
    chance : Chance
        Draws for ``servers`` (order among equals), ``order`` (of records), ``noise`` (of measured times).
    phase_us : int
        Where in the wall-clock second t = 0 lies.
    """

    def __init__(self, figures: PdnsFigures, hints: Sequence[Hint] = (), *, chance: Chance, phase_us: int = 0) -> None:
        self._figures = figures
        self._chance = chance
        self._shelf = Shelf(hit_at_ttl=False, phase_us=phase_us)
        self._lookup = Lookup(figures, self._shelf, Servers(figures, chance), hints, figures.forward)
        self._packets: dict[Question, _Packet] = {}
        self._refreshed: set[Question] = set()
        self._waits: dict[int, _Wait] = {}
        self._ends: list[tuple[int, int]] = []
        self._of_number: dict[int, list[int]] = {}
        self._under_way: dict[Ask, int] = {}
        self._turn = 0
        self._number = 0
        self._connected: dict[str, int] = {}
        self._ready: list[_Task] = []
        self._actions: list[Action] = []
        self._wake = 0

    def asked(self, client: object, question: Question, t_us: int) -> list[Action]:
        """A client's question came in."""
        packet = self._packets.get(question)
        second = self._shelf.second(t_us)
        if packet is not None and self._figures.packetcache and second < packet.until_s:
            left = (packet.until_s - second) * 100
            if left <= (packet.until_s - packet.filled_s) * self._figures.refresh_on_ttl_perc and not packet.refreshed:
                self._packets[question] = packet._replace(refreshed=True)
                self._refresh(question, t_us)
            self._actions.append(Say(client, _aged(packet.answer, second - packet.filled_s)))
        else:
            self._start(client, question, t_us)
        return self._turned(t_us)

    def heard(self, number: int, what: Answer | Trouble, t_us: int) -> list[Action]:
        """Something came back; late answers find the socket closed."""
        mine = [turn for turn in self._of_number.pop(number, ()) if turn in self._waits]
        for turn in mine:
            wait = self._over(turn)
            if wait.ask.proto == "tcp" and isinstance(what, Answer):
                self._connected[wait.ask.address] = t_us
            self._resume(wait, what, t_us)
        return self._turned(t_us) if mine else []

    def rang(self, what: object, t_us: int) -> list[Action]:
        """Half a second of quiet is over."""
        return self._turned(t_us) if what == self._wake else []

    def hit(self, question: Question, t_us: int) -> Entry | None:
        """What the packet cache answers."""
        packet, second = self._packets.get(question), self._shelf.second(t_us)
        if packet is None or not self._figures.packetcache or self._figures.refresh_on_ttl_perc or second >= packet.until_s:
            return None
        return Entry(_aged(packet.answer, second - packet.filled_s), t_us, t_us, self._shelf.start_us(packet.until_s))

    def asking(self, question: Question) -> bool:
        """Whether this very question is being worked at."""
        return any(wait.task.question == question for wait in self._waits.values())

    def _turned(self, t_us: int) -> list[Action]:
        """One turn of the loop: the timers, then sleep until something happens or the quiet is over."""
        while self._ends and (self._ends[0][0] < t_us or self._ends[0][1] not in self._waits):
            turn = heappop(self._ends)[1]
            if turn in self._waits:
                self._resume(self._over(turn), None, t_us)
        actions, self._actions = self._actions, []
        if self._ends:
            self._wake += 1
            first = self._ends[0][0]
            polls = max(1, -(-(first + 1 - t_us) // self._figures.poll_interval))
            actions.append(Alarm(t_us + polls * self._figures.poll_interval, self._wake))
        return actions

    def _over(self, turn: int) -> _Wait:
        """A wait ends; with that of the one who asked the socket is closed, and who waited with it does so in vain."""
        wait = self._waits.pop(turn)
        if not wait.chained:
            self._under_way.pop(wait.ask, None)
            self._of_number.pop(wait.number, None)
        return wait

    def _put(self, wait: _Wait) -> None:
        self._turn += 1
        self._waits[self._turn] = wait
        self._of_number.setdefault(wait.number, []).append(self._turn)
        heappush(self._ends, (wait.until_us, self._turn))

    def _start(self, client: object, question: Question, t_us: int, *, past_cache: bool = False) -> None:
        task = _Task(client, question, self._lookup.work(question, t_us, past_cache=past_cache))
        self._step(task, None, t_us)

    def _refresh(self, question: Question, t_us: int) -> None:
        if question not in self._refreshed:
            self._refreshed.add(question)
            self._start(None, question, t_us, past_cache=True)

    def _resume(self, wait: _Wait, what: Answer | Trouble | None, t_us: int) -> None:
        if what is None and wait.reused:  # an idle connection may be dead: once more over a new one (lwres.cc)
            self._send(wait.task, wait.ask, t_us)
            return
        self._step(wait.task, Heard(what, t_us, t_us - wait.sent_us + self._noise(), wait.chained), t_us)

    def _noise(self) -> int:
        """What a busy machine adds to a measured time: mostly little, at times very much (a Pareto distribution)."""
        u = self._chance("noise")
        return int(self._figures.timing_noise * min(u / (1 - u), 100.0))

    def _step(self, task: _Task, heard: Heard | None, t_us: int) -> None:
        try:
            ask = next(task.steps) if heard is None else task.steps.send(heard)
        except StopIteration as done:
            self._finish(task, done.value, t_us)
            return
        finally:
            refresh, self._lookup.refresh = self._lookup.refresh, []
            for question in refresh:
                self._refresh(question, t_us)
        self._send(task, ask, t_us)

    def _send(self, task: _Task, ask: Ask, t_us: int) -> None:
        """Send a question, unless the same is under way to the same server: then wait with it (lwres.cc asendto, "chain")."""
        until = t_us + self._figures.network_timeout
        if ask.proto == "udp" and ask in self._under_way:
            self._put(_Wait(task, ask, self._under_way[ask], t_us, until, True, False))
            return
        self._number += 1
        self._under_way[ask] = self._number
        reused = ask.proto == "tcp" and t_us - self._connected.pop(ask.address, t_us - (1 << 60)) < self._figures.tcp_idle
        self._put(_Wait(task, ask, self._number, t_us, until, False, reused))
        self._actions.append(Send(self._number, ask.address, ask.question, ask.proto, standing=reused))

    def _finish(self, task: _Task, found: Found, t_us: int) -> None:
        """Answer the client, in one random order of the records that the packet cache keeps."""
        if task.client is None:
            self._refreshed.discard(task.question)
            return
        chain = tuple(rrset._replace(rdatas=tuple(shuffled(rrset.rdatas, self._chance, "order"))) for rrset in found.chain)
        answer = _answer(task.question, found, chain)
        self._actions.append(Say(task.client, answer))
        ttls = [rrset.ttl for rrset in chain] + ([found.soa.ttl] if found.soa is not None else [])
        life = min([*ttls, self._figures.packetcache_ttl // SECOND_US])
        if found.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN) or not ttls:
            life = min(life, self._figures.servfail_ttl // SECOND_US)
        second = self._shelf.second(t_us)
        self._packets[task.question] = _Packet(answer, second, second + life)


def _answer(question: Question, found: Found, chain: tuple[RRset, ...]) -> Answer:
    rdatas = chain[-1].rdatas if chain and chain[-1].rtype == question.rtype and found.rcode == Rcode.NOERROR else ()
    soa = found.soa
    return Answer(
        found.rcode,
        chain,
        rdatas,
        min((rrset.ttl for rrset in chain), default=0),
        -1 if soa is None else soa.ttl,
        authority=() if soa is None else (soa,),
    )


def _aged(answer: Answer, by_s: int) -> Answer:
    """A kept packet with the TTLs that are left."""
    if by_s == 0:
        return answer
    chain = tuple(rrset._replace(ttl=rrset.ttl - by_s) for rrset in answer.chain)
    authority = tuple(rrset._replace(ttl=rrset.ttl - by_s) for rrset in answer.authority)
    negative = answer.negative_ttl if answer.negative_ttl < 0 else answer.negative_ttl - by_s
    return answer._replace(chain=chain, ttl=max(answer.ttl - by_s, 0), negative_ttl=negative, authority=authority)
