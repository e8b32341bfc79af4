"""The stub of dnspython 2.9: ``dns.resolver._Resolution`` step by step.

It goes round its list until its lifetime is over, with a pause before each further round that doubles.  Every question has a
socket of its own, so late answers are lost, and that socket is not connected, so a closed port is not noticed.  A server that
answers with an error is not asked again in this lookup.
"""

from __future__ import annotations

from typing import NamedTuple

from mailsim.rules.dns.machine import Chance, Trouble
from mailsim.rules.dns.records import Question, Rcode
from mailsim.rules.dns.stubs.calls import CLOSED, Look, Script, SteppedStub
from mailsim.rules.dns.zones import Answer

__all__ = ["DnspythonRules", "DnspythonStub"]


class DnspythonRules(NamedTuple):
    """Attributes of ``dns.resolver.Resolver``; the pause starts at ``pause_us`` and doubles up to ``pause_most_us``."""

    timeout_us: int = 2_000_000
    lifetime_us: int = 5_000_000
    pause_us: int = 100_000
    pause_most_us: int = 2_000_000
    octets: int = 512
    rotate: bool = False
    retry_servfail: bool = False


class DnspythonStub(SteppedStub):
    """One resolver object; it remembers nothing from lookup to lookup."""

    def __init__(self, rules: DnspythonRules, servers: tuple[str, ...], chance: Chance) -> None:
        super().__init__(servers, chance, rules.octets)
        self.rules = rules

    def _order(self) -> list[int]:
        """The list, shuffled with ``rotate``."""
        servers = list(range(len(self.servers)))
        if self.rules.rotate:
            for k in range(len(servers) - 1, 0, -1):
                j = int(self.chance("order of servers") * (k + 1))
                servers[k], servers[j] = servers[j], servers[k]
        return servers

    def resolve(self, look: Look, rtype: str) -> Script:
        """Servers in turn until one answers, all are out, or the lifetime is over."""
        question = Question(look.call.name.rstrip(".").lower(), rtype)
        rules = self.rules
        over = look.t_us + rules.lifetime_us
        servers = self._order()
        current = list(servers)
        pause, rcode, by_tcp, server = rules.pause_us, CLOSED, False, 0
        while True:
            if not by_tcp:
                if not current:
                    if not servers:
                        return Answer(rcode)
                    current = list(servers)
                    yield None, look.t_us + pause
                    pause = min(2 * pause, rules.pause_most_us)
                server = current.pop(0)
            if look.t_us >= over:
                return Answer(Rcode.TIMEOUT)
            self.send(look, server, 0, question, proto="tcp" if by_tcp else "udp", socket=question)
            until = look.t_us + min(over - look.t_us, rules.timeout_us)
            event = yield question, until
            while event is not None and event[1] is Trouble.CLOSED and not by_tcp:
                event = yield question, until  # what the port unreachable says does not reach the socket
            look.close()
            what = None if event is None else event[1]
            if what is Trouble.TRUNCATED and not by_tcp:
                by_tcp = True
                continue
            if isinstance(what, Answer) and what.rcode in (Rcode.NOERROR, Rcode.NXDOMAIN):
                return what
            if isinstance(what, Answer):
                rcode = what.rcode
            if what is not None and not (rules.retry_servfail and rcode == Rcode.SERVFAIL):
                servers.remove(server)
            by_tcp = False
