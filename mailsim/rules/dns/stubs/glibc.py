"""The stub of the GNU C library 2.36: resolv/res_send.c and res_query.c step by step.

Two rounds through the list; the waiting time grows with the place in the list.  Sockets stay open from round to round, so an
answer that came late is read when that server's turn comes again.  A and AAAA go out together; when only one of them is
answered the library asks again one after the other, first on the same, then on a new socket, and stays with that.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

from mailsim.rules.dns.machine import Chance, Trouble
from mailsim.rules.dns.records import Question, Rcode
from mailsim.rules.dns.stubs.calls import CLOSED, CUT, Look, Script, SteppedStub, Wait, joined
from mailsim.rules.dns.zones import Answer

__all__ = ["GlibcRules", "GlibcStub"]

SECOND_US = 1_000_000
#: servers that resolv.conf(5) may name (MAXNS)
MOST_SERVERS = 3
_REJECTS = (Rcode.SERVFAIL, Rcode.REFUSED)

_Steps = Generator[Wait, "tuple[int, Answer | Trouble] | None", "dict[int, Answer]"]


class GlibcRules(NamedTuple):
    """Figures and options of resolv.conf(5); ``tcp_timeout_us``: when a silent TCP connection comes to its end.

    ``single_request`` asks for A and AAAA one after the other, ``reopen`` besides on a new socket each; ``by_tcp`` is ``use-vc``.
    """

    timeout_us: int = 5 * SECOND_US
    attempts: int = 2
    ndots: int = 1
    rotate: bool = False
    octets: int = 512
    tcp_timeout_us: int = 120 * SECOND_US
    single_request: bool = False
    reopen: bool = False
    by_tcp: bool = False
    no_aaaa: bool = False
    search: tuple[str, ...] = ()


class _Query:
    """One name being asked for: what ``__libc_res_nsend`` keeps in its variables."""

    def __init__(self, look: Look, questions: list[Question], *, by_tcp: bool) -> None:
        self.look = look
        self.questions = questions
        self.by_tcp = by_tcp
        self.got_somewhere = False
        self.rcode = Rcode.NOERROR
        self.ended = CUT  #: how the last TCP connection ended

    @property
    def failure(self) -> Answer:
        """What is known of why nothing came of it: over TCP the last connection counts (res_send.c: terrno)."""
        if self.by_tcp:
            return Answer(self.ended)
        if self.rcode != Rcode.NOERROR:
            return Answer(self.rcode)
        return Answer(Rcode.TIMEOUT if self.got_somewhere else CLOSED)


class GlibcStub(SteppedStub):
    """One process that uses the library; rotation and what was learnt about pairs live as long as it."""

    def __init__(self, rules: GlibcRules, servers: tuple[str, ...], chance: Chance) -> None:
        super().__init__(servers[:MOST_SERVERS], chance, rules.octets)
        self.rules = rules
        self.single = rules.single_request or rules.reopen
        self.reopen = rules.reopen
        self._offset = -1

    def script(self, look: Look) -> Script:
        """``__res_context_search``: which names are asked for, and what of their answers is told."""
        call, rules = look.call, self.rules
        final = call.name.endswith(".")
        name = call.name.rstrip(".")
        dots = call.name.count(".")
        last: Answer | None = None
        first: Answer | None = None
        if not call.search or final or dots >= rules.ndots:
            last = first = yield from self._query(look, name)
            if first.rdatas or final or not call.search:
                return first
        seen: list[Answer] = []
        for domain in rules.search:
            last = yield from self._query(look, f"{name}.{domain}")
            seen.append(last)
            if last.rdatas:
                return last
            if last.rcode == CLOSED:
                return last
            if last.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN, Rcode.SERVFAIL):
                break  # "anything else implies that we're done"; NXDOMAIN, NODATA and SERVFAIL go on to the next domain
        if first is None:
            last = yield from self._query(look, name)
            if last.rdatas:
                return last
        assert last is not None
        if first is not None:
            return first
        for rcode in (Rcode.NOERROR, Rcode.SERVFAIL):
            told = next((answer for answer in seen if answer.rcode == rcode), None)
            if told is not None:
                return told
        return last

    def _query(self, look: Look, name: str) -> Script:
        """``__res_context_query``: one name, one or two questions, one answer."""
        types = [rtype for rtype in look.call.types if not (rtype == "AAAA" and self.rules.no_aaaa)]
        if not types:
            return Answer(Rcode.NOERROR)
        query = _Query(look, [Question(name.lower(), rtype) for rtype in types], by_tcp=self.rules.by_tcp)
        answers = yield from self._through_the_list(query)
        if not answers:
            return query.failure
        found = [answers[k] for k in sorted(answers)]
        good = [a for a in found if a.rcode == Rcode.NOERROR and (a.chain or a.rdatas)]
        if good:
            return joined(good)
        # the code of the first answer counts, that of the second where the first says NOERROR
        return found[-1] if found[0].rcode == Rcode.NOERROR else found[0]

    def _through_the_list(self, query: _Query) -> _Steps:
        """``__libc_res_nsend``: round after round through the servers; by TCP each is tried once at most."""
        n = len(self.servers)
        start = self._first_server(n)
        for _ in range(self.rules.attempts):
            for shift in range(n):
                server = (start + shift) % n
                answers: dict[int, Answer] = {}
                by_tcp = query.by_tcp
                if not by_tcp:
                    answers = yield from self._datagrams(query, server)
                if query.by_tcp:
                    answers = yield from self._circuit(query, server)
                if answers:
                    query.look.close()
                    return answers
            if query.by_tcp:
                break
        query.look.close()
        return {}

    def _first_server(self, n: int) -> int:
        """With ``rotate`` a random server first, then the next one with every lookup."""
        if not self.rules.rotate or n < 2:
            return 0
        self._offset = int(self.chance("first server") * n) if self._offset < 0 else self._offset + 1
        return self._offset % n

    def _wait_us(self, server: int) -> int:
        """How long this server is waited for: ``timeout << ns``, from the second on divided by the number of servers, >= 1 s."""
        seconds = self.rules.timeout_us // SECOND_US << server
        return max(seconds // len(self.servers) if server else seconds, 1) * SECOND_US

    def _datagrams(self, query: _Query, server: int) -> _Steps:
        """``send_dg``: ask by UDP; what was answered, nothing where the next server is to be asked."""
        look, pair = query.look, len(query.questions) > 1
        while True:
            finish = look.t_us + self._wait_us(server)
            good: dict[int, Answer] = {}
            received: set[int] = set()
            for which in range(1 if self.single else len(query.questions)):
                self.send(look, server, which, query.questions[which], socket=server)
            while True:
                event = yield server, finish
                if event is None:
                    if not good:
                        query.got_somewhere = True
                        return {}
                    if not self.single:
                        self.single = True
                    elif not self.reopen:
                        self.reopen = True
                        look.close()
                    else:
                        return good
                    break
                which, what = event
                if what is Trouble.CLOSED:
                    look.close()
                    return {}
                query.got_somewhere = True
                if what is Trouble.TRUNCATED:
                    query.by_tcp = True
                    look.close()
                    return {}
                assert isinstance(what, Answer)
                if which in received:
                    continue
                if what.rcode in _REJECTS:
                    query.rcode = what.rcode
                    if received:
                        return good
                    if not pair:
                        look.close()
                        return {}
                    received.add(which)
                    continue
                received.add(which)
                good[which] = what
                if len(received) == len(query.questions):
                    return good
                if self.single:
                    if self.reopen:
                        look.close()
                    self.send(look, server, 1 - which, query.questions[1 - which], socket=server)

    def _circuit(self, query: _Query, server: int) -> _Steps:
        """``send_vc``: ask by TCP, all questions on one connection; whatever is answered there counts."""
        look = query.look
        circuit = ("tcp", server)
        for which, question in enumerate(query.questions):
            self.send(look, server, which, question, proto="tcp", socket=circuit)
        finish = look.t_us + self.rules.tcp_timeout_us
        answers: dict[int, Answer] = {}
        while len(answers) < len(query.questions):
            event = yield circuit, finish
            if event is None or not isinstance(event[1], Answer):
                query.ended = CUT if event is None else CLOSED
                look.close()
                return {}
            answers[event[0]] = event[1]
        return answers
