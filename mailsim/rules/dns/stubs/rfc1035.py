"""Stubs that wait longer in each round: Courier's librfc1035 (rfc1035resolve.c, rfc1035udp.c) and OpenSMTPD's libasr.

They read nothing but the servers from resolv.conf(5) and go round that list.  Each round of librfc1035 waits as many times longer
as the first wait has seconds (5, 25, 125 s); each of libasr twice as long (5, 10, 20, 40 s), from the second one on shared by the
servers (res_send_async.c ``iter_ns``).  Whatever a server answers is the answer, SERVFAIL and REFUSED too.  One unconnected socket
serves the whole question, so a closed port is not noticed and a late answer still counts.  What nobody answers, they take for
SERVFAIL.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

from mailsim.rules.dns.machine import Chance, Trouble
from mailsim.rules.dns.records import Question, Rcode
from mailsim.rules.dns.stubs.calls import Look, Script, SteppedStub, Wait
from mailsim.rules.dns.zones import Answer

__all__ = ["Rfc1035Rules", "Rfc1035Stub"]


class Rfc1035Rules(NamedTuple):
    """``RFC1035_DEFAULT_INITIAL_TIMEOUT`` and ``RFC1035_DEFAULT_MAXIMUM_BACKOFF`` of rfc1035.h, and the growth of the waits.

    ``shared``: after the first round the servers share the wait.
    """

    first_wait_us: int = 5_000_000
    rounds: int = 3
    growth: int = 5
    octets: int = 512
    shared: bool = False


class Rfc1035Stub(SteppedStub):
    """A program that uses the library; what it learns of its servers lasts as long as one list of MX hosts."""

    def __init__(self, rules: Rfc1035Rules, servers: tuple[str, ...], chance: Chance) -> None:
        super().__init__(servers, chance, rules.octets)
        self.rules = rules

    def resolve(self, look: Look, rtype: str) -> Script:
        """``rfc1035_resolve_multiple``: round after round through the servers."""
        question = Question(look.call.name.rstrip(".").lower(), rtype)
        wait = self.rules.first_wait_us
        for k in range(self.rules.rounds):
            each = wait // len(self.servers) if k and self.rules.shared else wait
            for server in range(len(self.servers)):
                what = yield from self._ask(look, server, question, each)
                if isinstance(what, Answer):
                    look.close()
                    return what
            wait *= self.rules.growth
        look.close()
        return Answer(Rcode.TIMEOUT)

    def _ask(self, look: Look, server: int, question: Question, wait_us: int) -> Generator[Wait, Any, Answer | None]:
        """One server for a while; a truncated answer is asked for again by TCP."""
        until = look.t_us + wait_us
        self.send(look, server, 0, question, socket=server)
        while True:
            event = yield server, until
            what = None if event is None else event[1]
            if what is Trouble.TRUNCATED:
                circuit = ("tcp", server)
                self.send(look, server, 0, question, proto="tcp", socket=circuit)
                event = yield circuit, look.t_us + wait_us
                what = None if event is None else event[1]
                return what if isinstance(what, Answer) else None
            if what is not Trouble.CLOSED:
                return what if isinstance(what, Answer) else None
