"""The stub of c-ares 1.34: src/lib/ares_process.c, ares_conn.c, ares_qcache.c.

One channel serves a whole process.  It remembers how often each server has failed in a row and asks the one that failed least; a
failed one is tried again beside a good one, one question in ten, when 5 s have passed.  Waits double with each round through the
list, less a draw of up to half.  Answers are kept for their TTL.  A question keeps its number while it goes from server to server, so
a late answer counts as long as its connection is open, that is while other questions use it.
"""

from __future__ import annotations

from typing import NamedTuple

from mailsim.rules.dns.machine import Action, Alarm, Chance, Say, Send, Trouble
from mailsim.rules.dns.records import Question, Rcode, RRset
from mailsim.rules.dns.stubs.calls import CLOSED, Call, joined
from mailsim.rules.dns.stubs.latency import LatencyRules, Metrics
from mailsim.rules.dns.zones import Answer

__all__ = ["CaresRules", "CaresStub"]

SECOND_US = 1_000_000
_REJECTS = (Rcode.SERVFAIL, Rcode.REFUSED)


class CaresRules(NamedTuple):
    """Options of ares_init_options(3).

    ``tries`` is the number of rounds; one in ``retry_chance`` questions probes a failed server when ``retry_delay_us`` have passed.
    """

    timeout_us: int = 2 * SECOND_US
    tries: int = 3
    octets: int = 1232
    retry_chance: int = 10
    retry_delay_us: int = 5 * SECOND_US
    cache_most_s: int = 3600
    rotate: bool = False
    ndots: int = 1
    search: tuple[str, ...] = ()
    latency: LatencyRules = LatencyRules()


class _Server:
    """A server with its failures in a row; the fewest come first, then the longest ago, then the place in the list."""

    def __init__(self, index: int, metrics: Metrics) -> None:
        self.index = index
        self.failures = 0
        self.retry_us = 0
        self.probed = False
        self.metrics = metrics
        self.circuits: dict[str, _Circuit] = {}

    @property
    def rank(self) -> tuple[int, int, int]:
        """What servers are sorted by."""
        return self.failures, self.retry_us, self.index


class _Circuit:
    """A connection to a server (UDP or TCP) with the questions on it; it is closed when it has none."""

    def __init__(self, server: _Server, proto: str) -> None:
        self.server = server
        self.proto = proto
        self.queries: list[_Query] = []


class _Query:
    """A question under way."""

    def __init__(self, question: Question, wish: _Wish | None) -> None:
        self.question = question
        self.wish = wish  #: None: a probe, asked of one server once
        self.tries = 0
        self.by_tcp = False
        self.circuit: _Circuit | None = None
        self.sent_us = self.until_us = self.number = 0
        self.ended = False


class _Bell(NamedTuple):
    """What an alarm was set for: a question, while this is its number."""

    query: _Query
    number: int


class _Wish:
    """A call: the names still to be tried, and the answers of the current one."""

    def __init__(self, client: object, call: Call, names: list[str]) -> None:
        self.client = client
        self.call = call
        self.names = names
        self.name = ""
        self.missing = 0
        self.answers: list[Answer] = []
        self.empty = False  #: some name has no such records


class CaresStub:
    """One channel."""

    def __init__(self, rules: CaresRules, servers: tuple[str, ...], chance: Chance, *, phase_us: int = 0) -> None:
        self.rules = rules
        self.names = servers
        self.servers = [_Server(k, Metrics(rules.latency)) for k in range(len(servers))]
        self.chance = chance
        self._phase_us = phase_us
        self._cache: dict[Question, tuple[int, Answer]] = {}
        self._sent: dict[int, tuple[_Query, _Circuit]] = {}
        self._number = 0
        self._out: list[Action] = []

    # -- from outside -------------------------------------------------------------------------------------------

    def called(self, client: object, call: Call, t_us: int) -> list[Action]:
        """A program calls."""
        self._next_name(_Wish(client, call, self._candidates(call)), t_us)
        return self._taken()

    def asked(self, client: object, question: Question, t_us: int) -> list[Action]:
        """A program asks for a name that is complete."""
        return self.called(client, Call(question.name + ".", question.rtype, search=False), t_us)

    def heard(self, number: int, what: Answer | Trouble, t_us: int) -> list[Action]:
        """Something came back on a connection."""
        query, circuit = self._sent.pop(number, (None, None))
        if query is None or circuit is None or circuit.server.circuits.get(circuit.proto) is not circuit or query.ended:
            return []
        if what is Trouble.CLOSED:
            self._broken(circuit, t_us)
        elif what is Trouble.TRUNCATED:
            self._leave(query)
            query.by_tcp = True
            self._send(query, t_us)
        elif isinstance(what, Answer):
            self._answered(query, circuit.server, what, t_us)
        self._sweep()
        return self._taken()

    def rang(self, what: object, t_us: int) -> list[Action]:
        """Time is up for some questions: their servers have failed, then all of them are sent on."""
        assert isinstance(what, _Bell)
        if what.query.ended or what.query.number != what.number:
            return []
        waiting = [q for s in self.servers for c in s.circuits.values() for q in c.queries if q.until_us <= t_us]
        late = sorted(waiting, key=lambda q: (q.until_us, -q.number))  # of equal ones the last that was put in comes first
        again = []
        for each in late:
            assert each.circuit is not None
            self._failed(each.circuit.server, t_us)
            if self._may_go_on(each, Rcode.TIMEOUT, t_us):
                again.append(each)
        for each in again:
            self._send(each, t_us)
        self._sweep()
        return self._taken()

    def _taken(self) -> list[Action]:
        out, self._out = self._out, []
        return out

    # -- names --------------------------------------------------------------------------------------------------

    def _candidates(self, call: Call) -> list[str]:
        """The names that a call tries, in order (ares_search.c)."""
        name = call.name.rstrip(".")
        if not call.search or call.name.endswith("."):
            return [name]
        domains = [f"{name}.{domain}" for domain in self.rules.search]
        return [name, *domains] if call.name.count(".") >= self.rules.ndots else [*domains, name]

    def _next_name(self, wish: _Wish, t_us: int) -> None:
        name = wish.name = wish.names.pop(0).lower()
        wish.answers = []
        wish.missing = len(wish.call.types)
        for rtype in wish.call.types:
            question = Question(name, rtype)
            kept = self._kept(question, t_us)
            if kept is not None:
                self._collect(wish, kept, t_us)
            else:
                self._send(_Query(question, wish), t_us)

    def _collect(self, wish: _Wish, answer: Answer, t_us: int) -> None:
        """One of a call's answers is here; where none has records the last one counts (ares_getaddrinfo.c host_callback)."""
        wish.answers.append(answer)
        wish.missing -= 1
        if wish.missing:
            return
        if any(one.rdatas for one in wish.answers):
            self._out.append(Say(wish.client, joined(wish.answers)))
            return
        wish.empty = wish.empty or answer.rcode == Rcode.NOERROR
        single = answer.rcode in _REJECTS and "." not in wish.name
        if wish.names and (single or answer.rcode in (Rcode.NOERROR, Rcode.NXDOMAIN)):
            self._next_name(wish, t_us)
        else:
            known = answer.rcode == Rcode.NXDOMAIN and wish.empty
            self._out.append(Say(wish.client, answer._replace(rcode=Rcode.NOERROR) if known else answer))

    # -- the cache ----------------------------------------------------------------------------------------------

    def _second(self, t_us: int) -> int:
        return (t_us + self._phase_us) // SECOND_US

    def _kept(self, question: Question, t_us: int) -> Answer | None:
        until, answer = self._cache.get(question, (0, None))
        return answer if answer is not None and self._second(t_us) < until else None

    def _keep(self, question: Question, answer: Answer, t_us: int) -> None:
        """Positive and empty answers for the shortest TTL in them (none: the longest time), NXDOMAIN as its SOA says (RFC 2308)."""
        if answer.rcode == Rcode.NXDOMAIN:
            life = max(answer.negative_ttl, 0)
        else:
            sections: tuple[RRset, ...] = (*answer.chain, *answer.additional)
            life = min((rrset.ttl for rrset in sections), default=self.rules.cache_most_s)
        if life:
            self._cache[question] = (self._second(t_us) + min(life, self.rules.cache_most_s), answer)

    # -- servers ------------------------------------------------------------------------------------------------

    def _failed(self, server: _Server, t_us: int) -> None:
        server.failures += 1
        server.retry_us = t_us + self.rules.retry_delay_us

    def _best(self) -> _Server:
        """The server that failed least; with ``rotate`` any of those."""
        ranked = sorted(self.servers, key=lambda s: s.rank)
        if not self.rules.rotate:
            return ranked[0]
        equal = [server for server in ranked if server.failures == ranked[0].failures]
        return equal[int(self.chance("server") * len(equal))]

    def _send(self, query: _Query, t_us: int, requested: _Server | None = None) -> None:
        """Put a question on its way."""
        server = requested or self._best()
        probing = requested is None and server.failures == 0 and query.tries == 0
        proto = "tcp" if query.by_tcp else "udp"
        circuit = server.circuits.setdefault(proto, _Circuit(server, proto))
        circuit.queries.append(query)
        query.circuit = circuit
        query.sent_us = t_us
        query.until_us = t_us + self._wait_us(query, server, t_us)
        self._number += 1
        query.number = self._number
        self._sent[self._number] = (query, circuit)
        self._out.append(Send(self._number, self.names[server.index], query.question, proto, self.rules.octets))
        self._out.append(Alarm(query.until_us, _Bell(query, query.number)))
        if probing:
            self._probe(query.question, server, t_us)

    def _wait_us(self, query: _Query, server: _Server, t_us: int) -> int:
        """Twice as long in each round, less a draw of up to half, but not less than in the first round."""
        base = server.metrics.timeout_us(t_us, self.rules.timeout_us)
        rounds = query.tries // len(self.servers)
        if not rounds:
            return base
        longer = (base // 1000) << rounds
        return max(longer - int(longer * self.chance("jitter") * 0.5), base // 1000) * 1000

    def _probe(self, question: Question, used: _Server, t_us: int) -> None:
        """Now and then ask a failed server the same, to see whether it is back."""
        if all(server.failures == 0 for server in self.servers) or not self.rules.retry_chance:
            return
        if self.chance("probe") * self.rules.retry_chance >= 1:
            return
        ranked = sorted(self.servers, key=lambda s: s.rank)
        found = next((s for s in ranked if s.failures and not s.probed and t_us >= s.retry_us), None)
        if found is not None and found is not used:
            found.probed = True
            self._send(_Query(question, None), t_us, found)

    # -- what came of it ----------------------------------------------------------------------------------------

    def _leave(self, query: _Query) -> None:
        """Take a question off its connection."""
        if query.circuit is not None:
            query.circuit.queries.remove(query)
            query.circuit = None

    def _sweep(self) -> None:
        """Close connections that nobody uses: late answers to them are lost."""
        for server in self.servers:
            server.circuits = {proto: circuit for proto, circuit in server.circuits.items() if circuit.queries}

    def _broken(self, circuit: _Circuit, t_us: int) -> None:
        """A connection failed: the server did, and every question on it goes to another."""
        self._failed(circuit.server, t_us)
        del circuit.server.circuits[circuit.proto]
        for query in list(circuit.queries):
            if self._may_go_on(query, CLOSED, t_us):
                self._send(query, t_us)

    def _may_go_on(self, query: _Query, failure: int, t_us: int) -> bool:
        """Note a failure; False (and the end of the question) after the last try."""
        server = query.circuit.server if query.circuit is not None else None
        self._leave(query)
        query.tries += 1
        if query.wish is not None and query.tries < len(self.servers) * self.rules.tries:
            return True
        query.ended = True
        if query.wish is not None:
            self._collect(query.wish, Answer(failure), t_us)
        elif server is not None:
            server.probed = False
        return False

    def _answered(self, query: _Query, server: _Server, answer: Answer, t_us: int) -> None:
        """A server's answer, perhaps a late one."""
        if answer.rcode in _REJECTS:
            self._failed(server, t_us)
            if self._may_go_on(query, answer.rcode, t_us):
                self._send(query, t_us)
            return
        self._leave(query)
        query.ended = True
        server.failures = server.retry_us = 0
        server.probed = False
        server.metrics.record(query.sent_us, t_us)
        self._keep(query.question, answer, t_us)
        if query.wish is not None:
            self._collect(query.wish, answer, t_us)
