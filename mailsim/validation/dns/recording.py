"""A run of a recorded case's world in the shape of a recording: what the client saw, and what the servers were asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailsim.events import Event, EventLog
from mailsim.nodes.lookups import PROTOCOL_NUMBERS, TYPE_NUMBERS
from mailsim.rules.dns import Rcode
from mailsim.rules.reasons import Why
from mailsim.validation.dns.world import CLIENT, RESOLVER, lead_s

__all__ = ["repeat_of"]

_TYPES = {number: name for name, number in TYPE_NUMBERS.items()}
_RCODES = {Rcode.NOERROR: "NOERROR", Rcode.SERVFAIL: "SERVFAIL", Rcode.NXDOMAIN: "NXDOMAIN", Rcode.REFUSED: "REFUSED"}
_TCP = PROTOCOL_NUMBERS["tcp"]
#: the recorder stops soon after the last answer, and then sees no more questions
_AFTER_US = 1_000_000


def repeat_of(body: Mapping[str, Any], result: Any) -> dict[str, Any]:
    """One run as a repeat: ``observed`` and ``upstream``, seconds since the case's t = 0.

    Parameters
    ----------
    body : mapping
        The case without name, description and repeats.
    result : Result
        A run of ``scenario_of(body)`` at level ``events``.
    """
    log: EventLog = result.log
    lead_us = lead_s(body) * 1_000_000
    tags = [line.get("tag") for line in body["queries"]]
    observed, upstream = [], []
    ends = [0]
    events = log.events
    for i, kind in enumerate(events["kind"]):
        node = log.names[events["node"][i]]
        t = events["t_us"][i] - lead_us
        if kind == Event.LOOKED_UP and node == CLIENT:
            row = _observed(log, i, t)
            tag = tags[events["attempt"][i] - 1]
            observed.append(row if tag is None else {**row, "tag": tag})
            ends.append(t + events["value"][i])
        elif kind == Event.ASKED and node == RESOLVER and events["why"][i] not in (Why.REFUSED, Why.UNREACHABLE):
            proto = "tcp" if events["code"][i] == _TCP else None
            upstream.append((t, log.names[events["peer"][i]], f"{log.names[events['extra'][i]]}.", _TYPES[events["detail"][i]], proto))
    last = max(ends) + _AFTER_US
    return {
        "observed": observed,
        "upstream": [[_s(t), *rest] for t, *rest in upstream if t <= last],
    }


def _s(t_us: int) -> float:
    return round(t_us / 1e6, 6)


def _observed(log: EventLog, i: int, t_us: int) -> dict[str, Any]:
    events = log.events
    row: dict[str, Any] = {"qname": f"{log.names[events['peer'][i]]}.", "qtype": _TYPES[events["detail"][i]], "t_sent": _s(t_us)}
    rcode = events["code"][i]
    if rcode == Rcode.TIMEOUT:
        return {**row, "t_answer": None, "rcode": "TIMEOUT", "answers": []}
    answers: dict[tuple[str, int, str], list[str]] = {}
    for line in filter(None, log.names[events["extra"][i]].split("\n")):
        name, ttl, rtype, rdata = line.split(" ", 3)
        answers.setdefault((name, int(ttl), rtype), []).append(rdata)
    listed = [[name, ttl, rtype, rdatas] for (name, ttl, rtype), rdatas in answers.items()]
    return {**row, "t_answer": _s(t_us + events["value"][i]), "rcode": _RCODES[rcode], "answers": listed}
