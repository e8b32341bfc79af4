"""The stub of dig and host 9.18: ``recv_done`` of bin/dig/dighost.c.

The first server is asked as often as ``tries`` says, each further one once; a new question has a new socket, so late answers are
lost.  Over TCP a retry starts the whole lookup anew, at the first server.  dig shows SERVFAIL, host asks the next server.
"""

from __future__ import annotations

from typing import NamedTuple

from mailsim.rules.dns.machine import Chance, Trouble
from mailsim.rules.dns.records import Question, Rcode
from mailsim.rules.dns.stubs.calls import CLOSED, Look, Script, SteppedStub
from mailsim.rules.dns.zones import Answer

__all__ = ["DighostRules", "DighostStub"]


class DighostRules(NamedTuple):
    """Options of dig(1) and host(1): ``+timeout``, ``+tries``, ``+bufsize``, ``+fail``; only host has a ``search`` list by default."""

    timeout_us: int = 5_000_000
    tcp_timeout_us: int = 10_000_000
    tries: int = 3
    octets: int = 1232
    servfail_stops: bool = True
    ndots: int = 1
    search: tuple[str, ...] = ()


class DighostStub(SteppedStub):
    """One run of the program."""

    def __init__(self, rules: DighostRules, servers: tuple[str, ...], chance: Chance) -> None:
        super().__init__(servers, chance, rules.octets)
        self.rules = rules

    def resolve(self, look: Look, rtype: str) -> Script:
        """``next_origin``: the name in one domain of the list after another, while there is no such name."""
        name = look.call.name.rstrip(".").lower()
        names = [f"{name}.{domain}" for domain in self.rules.search]
        if look.call.name.endswith("."):
            names = [name]
        else:
            names.insert(0 if name.count(".") >= self.rules.ndots else len(names), name)
        answer = Answer(Rcode.NXDOMAIN)
        for one in names:
            answer = yield from self._look_up(look, Question(one, rtype))
            if answer.rcode != Rcode.NXDOMAIN:
                break
        return answer

    def _look_up(self, look: Look, question: Question) -> Script:
        rules, servers = self.rules, self.servers
        tries, server, by_tcp, socket = rules.tries, 0, False, 0
        failure = CLOSED
        while True:
            socket += 1
            self.send(look, server, 0, question, proto="tcp" if by_tcp else "udp", socket=socket)
            event = yield socket, look.t_us + (rules.tcp_timeout_us if by_tcp else rules.timeout_us)
            what = None if event is None else event[1]
            look.close()
            if what is Trouble.TRUNCATED and not by_tcp:
                by_tcp, server = True, 0
            elif isinstance(what, Answer):
                if what.rcode != Rcode.SERVFAIL or rules.servfail_stops or server + 1 == len(servers):
                    return what
                server += 1
            else:
                failure = failure if what is Trouble.CLOSED else Rcode.TIMEOUT
                if tries > 1:
                    tries -= 1
                    server = 0 if by_tcp else server
                elif server + 1 == len(servers):
                    return Answer(failure)
                else:
                    server += 1
