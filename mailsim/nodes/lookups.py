"""Asking a resolver as a stub does, and writing down what was asked and answered.  Shared by all who look names up."""

from __future__ import annotations

from typing import Any

from mailsim.events import Event
from mailsim.nodes.world import Life
from mailsim.rules.dns import Answer, Question, Rcode
from mailsim.rules.reasons import Why

__all__ = ["POLICY_FETCH", "PROTOCOL_NUMBERS", "TYPE_NUMBERS", "asked"]

#: numbers of record types (RFC 1035 section 3.2.2, RFC 3596, RFC 2782, RFC 6698)
TYPE_NUMBERS = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "TLSA": 52, "ANY": 255,
}  # fmt: skip

#: stands where a record type does for the fetch of an MTA-STS policy over HTTPS: a number for private use (RFC 6895 section 3.1)
POLICY_FETCH = 65280

#: numbers of transports (IANA protocol numbers), the code of ASKED rows
PROTOCOL_NUMBERS = {"udp": 17, "tcp": 6}

NO_RESOLVER = Answer(Rcode.SERVFAIL)


def asked(asker: Any, number: int, question: Question, t_us: int, attempt: int) -> Life:
    """Ask the asker's resolver at ``t_us``: gives ``(instant, Answer)``; the instant may lie ahead of the clock.

    ``asker`` has ``name``, ``number`` (its name number), ``log``, ``resolver`` (an actor or None) and ``patience``.
    """
    if asker.resolver is None:
        end, answer, why = t_us, NO_RESOLVER, Why.DNS_SERVFAIL
    else:
        end, answer, why = yield from asker.resolver.ask(asker.name, question, t_us, asker.patience)
    rows = asker.log.rows
    if rows is not None:
        name = asker.log.name
        rows.extend(
            (
                t_us,
                number,
                -1,
                Event.LOOKED_UP,
                asker.number,
                name(question.name),
                TYPE_NUMBERS.get(question.rtype, 0),
                attempt,
                answer.rcode,
                why,
                end - t_us,
                asker.log.answer(answer),
            )
        )
    return end, answer
