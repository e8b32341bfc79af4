"""Which connections the recordings of OpenSMTPD count to a try: its log names no message for one that came to nothing.

A connection that failed before mail could be sent serves whoever waits for the domain.  The recordings therefore count it to
every try of that domain that was the next to end for its recipient, even where the message came later.  A session that was kept
open is written down with the instant of its connection, not of the message.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from mailsim.events import Event
from mailsim.rules.reasons import Why

__all__ = ["Row", "recounted"]

#: stages at which no mail could be sent yet
BEFORE_MAIL = ("connect", "greeting", "ehlo", "tls", "auth")

PTR = 12


class Row(Protocol):
    """What is read of an event."""

    t_us: int
    kind: int
    node: str
    peer: str
    rcpt: str
    detail: int
    why: int
    value: int
    extra: str


class _Connection(NamedTuple):
    start_us: int
    address: dict[str, Any]


def recounted(
    messages: Sequence[dict[str, Any]],
    rows: Mapping[int, Sequence[Any]],
    numbers: Sequence[int],
    described: Callable[[Any], dict[str, Any]],
) -> None:
    """Count connections to tries as the recordings do (in place).

    Parameters
    ----------
    messages : sequence of dict
        Of the repeat; ``numbers`` are their numbers in the log.
    rows : mapping of int to rows
        The events of each message.
    described : callable
        A row of a contact as an address of the repeat.
    """
    starts = _starts(row for own in rows.values() for row in own)
    failed = _failed(messages, rows, numbers, described)
    for message in messages:
        for recipient in message["recipients"]:
            before = -1.0
            for one in recipient["tries"]:
                lost = [c.address for c in failed[_domain(recipient["rcpt"])] if before < c.start_us / 1e6 <= one["t_end"]]
                kept = [_from_start(a, starts) for a in one["addresses"] if not _came_to_nothing(a)]
                one["addresses"] = sorted([*lost, *kept], key=lambda a: a["t"])
                if one["addresses"]:
                    one["t_start"] = one["addresses"][0]["t"]
                    one.pop("suspended", None)
                before = one["t_end"]


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _starts(rows: Iterable[Any]) -> dict[str, list[float]]:
    """When connections to an address were begun: the program asks for its name then."""
    found: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.kind == Event.LOOKED_UP and row.node == "mta" and row.detail == PTR and row.peer.endswith(".in-addr.arpa"):
            found[".".join(reversed(row.peer.removesuffix(".in-addr.arpa").split(".")))].append(row.t_us / 1e6)
    return {address: sorted(instants) for address, instants in found.items()}


def _from_start(address: dict[str, Any], starts: dict[str, list[float]]) -> dict[str, Any]:
    instants = starts.get(address["ip"], [])
    k = bisect_right(instants, address["t"] + 0.001)
    return {**address, "t": round(instants[k - 1], 3)} if k else address


def _came_to_nothing(address: dict[str, Any]) -> bool:
    return address["outcome"] not in ("delivered", "gave_up") and (address["stage"] or "connect") in BEFORE_MAIL


def _failed(
    messages: Sequence[dict[str, Any]],
    rows: Mapping[int, Sequence[Any]],
    numbers: Sequence[int],
    described: Callable[[Any], dict[str, Any]],
) -> dict[str, list[_Connection]]:
    """The connections of each domain that came to nothing, each once: several messages may have waited for it."""
    found: dict[tuple[str, int, int], _Connection] = {}
    for message, number in zip(messages, numbers, strict=True):
        domains = {_domain(recipient["rcpt"]) for recipient in message["recipients"]}
        for row in rows.get(number, ()):
            if row.node != "mta" or row.kind not in (Event.TRIED, Event.ANSWERED) or row.why in (Why.OK, Why.TOO_BIG):
                continue
            if row.extra.partition("|")[0] not in BEFORE_MAIL or (row.kind == Event.TRIED and len(domains) > 1):
                continue
            domain = _domain(row.rcpt) if row.kind == Event.ANSWERED else next(iter(domains))
            key = (domain, row.detail, row.t_us + row.value)
            if key not in found or row.t_us < found[key].start_us:
                found[key] = _Connection(row.t_us, described(row))
    by_domain: dict[str, list[_Connection]] = defaultdict(list)
    for (domain, _, _), connection in found.items():
        by_domain[domain].append(connection)
    return by_domain
