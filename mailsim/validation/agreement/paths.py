"""Could this run of a whole path be one more of its recorded repeats?  Every respect in which it could not, in words.

A message agrees when in some repeat it ended so and went the same way: the same hosts in the same order, each giving it to as
many others.  Instants have room for two queue scans and one poll.  Log-ins and fetches agree when each has a reply or outcome
of some repeat.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from mailsim.validation.agreement.bands import outside, within
from mailsim.validation.shape import Json

__all__ = ["differences"]

#: between two scans of a queue in these recordings, seconds
_SCAN_S = 2.0
#: the column that is compared of each part that is a list of sessions, and how much of it: a reply's code is its first three letters
_SESSIONS = {"auth": "reply", "fetch": "outcome"}

Route: TypeAlias = tuple[tuple[str, int], ...]


def differences(body: Json, simulated: Json, recorded: Sequence[Json]) -> list[str]:
    """What a simulated repeat has that no recorded repeat could have had; empty where it could be one of them.

    Parameters
    ----------
    body : dict
        The case as it was set up.
    simulated : dict
        One repeat.
    recorded : sequence of dict
        The repeats of the real programs, at least one.
    """
    found: list[str] = []
    for part, column in _SESSIONS.items():
        if part in recorded[0]:
            found.extend(_sessions(part, column, simulated, recorded))
    slack = 2 * _SCAN_S + float(body.get("poll_every", _SCAN_S))
    mine = {message["id"]: message for message in simulated.get("messages", ())}
    for message in recorded[0].get("messages", ()):
        real = [other for repeat in recorded for other in repeat.get("messages", ()) if other["id"] == message["id"]]
        own = mine.get(message["id"])
        told = ["no such mail"] if own is None else _compared(own, real, slack)
        found.extend(f"{message['id']}: {words}" for words in told)
    return found


def _sessions(part: str, column: str, simulated: Json, recorded: Sequence[Json]) -> Iterator[str]:
    """Log-ins or fetches: one after the other, each as in some repeat."""
    mine, real = simulated.get(part, ()), [repeat.get(part, ()) for repeat in recorded]
    if len(mine) != len(real[0]):
        yield outside(f"number of {part} sessions:", len(mine), [len(rows) for rows in real])
        return
    for k, row in enumerate(mine):
        words = [str(rows[k].get(column)) for rows in real if len(rows) > k]
        if str(row.get(column))[:3] not in {word[:3] for word in words}:
            yield f"{part} {k + 1} ({row.get('name')}): {row.get(column)}, recorded {' or '.join(sorted(set(words)))}"


def _route(message: Json) -> Route:
    """Host by host, and how many others each gave the mail to."""
    return tuple(
        (hop["host"], len({str(one.get("relay")) for one in hop.get("tries", ()) if one.get("result") == "sent"}))
        for hop in message.get("hops", ())
    )


def _compared(mine: Json, real: Sequence[Json], slack: float) -> list[str]:
    """One message: what differs.  On another way other instants are no news."""
    found = []
    ends = {str(other.get("final")) for other in real}
    if str(mine.get("final")) not in ends:
        found.append(f"{mine.get('final')}, recorded {' or '.join(sorted(ends))}")
    routes = [_route(other) for other in real]
    if _route(mine) not in routes:
        return [*found, f"way {_said(_route(mine))}, recorded {_said(routes[0])}"]
    for k, hop in enumerate(mine.get("hops", ())):
        others = [other["hops"][k].get("t_received") for other in real if len(other.get("hops", ())) > k]
        if not within(hop.get("t_received"), others, slack):
            found.append(outside(f"at {hop['host']} after", hop.get("t_received"), others) + " s")
    fetched = mine.get("t_fetched") or {}
    seen = [other.get("t_fetched") or {} for other in real]
    for protocol in sorted(set().union(*seen)):
        others = [one.get(protocol) for one in seen]
        if not within(fetched.get(protocol), others, slack):
            found.append(outside(f"fetched by {protocol} after", fetched.get(protocol), others) + " s")
    return found


def _said(route: Route) -> str:
    return ", ".join(host if given == 1 else f"{host} (gave it to {given})" for host, given in route) or "nowhere"
