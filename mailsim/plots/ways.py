"""The ways between nodes as plain numbers: what for, which share of the mail took each, how many contacts failed on it, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from mailsim.errors import UnsupportedError
from mailsim.events import Event, EventLog
from mailsim.plots.lanes import node_by_host, path_order
from mailsim.plots.timeaxis import duration_text
from mailsim.results.columns import by_message, view
from mailsim.results.metrics import ordinary
from mailsim.results.queues import waiting_at
from mailsim.rules.reasons import Why
from mailsim.units import micros

if TYPE_CHECKING:
    from mailsim.scenario import Scenario

__all__ = ["Moment", "Way", "by_mx", "moment_of", "waiting", "ways"]

Rows = npt.NDArray[np.bool_]


class Moment(NamedTuple):
    """An instant of a run, and the last one before it (or at it) at which something went wrong or was mended; else the start."""

    at_us: int
    since_us: int


class Way(NamedTuple):
    """From one node to another: what for, its share of the mail (None without a run), fallback or not, contacts and failures.

    ``via`` is ``relay``, ``dns`` ... as in the scenario's graph, or ``seen`` for a way that only the log knows.
    """

    start: str
    end: str
    via: str
    share: float | None
    fallback: bool
    failed: int = 0
    contacts: int = 0

    @property
    def health(self) -> Literal["fine", "some", "every"]:
        """Whether none, some or every contact failed."""
        return "fine" if not self.failed else "every" if self.failed == self.contacts else "some"


def moment_of(log: EventLog, at: str | float) -> Moment:
    """The instant ``at`` of a run: a duration such as ``2h`` since the start, or seconds.

    Raises
    ------
    UnsupportedError
        This is no instant, or the run does not reach it.
    """
    try:
        at_us = micros(at) if isinstance(at, str) else round(at * 1e6)
    except ValueError as error:
        raise UnsupportedError(f"at={at!r}: {error}") from None
    if not 0 <= at_us <= log.end_us:
        raise UnsupportedError(f"at={at!r} lies outside the run, which lasts {duration_text(log.end_us / 1e6)}")
    edges = [edge for span in log.conditions for edge in (span.start_us, span.end_us)]
    return Moment(at_us, max([edge for edge in edges if edge <= at_us], default=0))


def ways(scenario: Scenario, log: EventLog | None = None, *, moment: Moment | None = None) -> list[Way]:
    """The ways of a scenario in the order of its file; with a log, each with the share of ordinary mail that took it.

    With a moment, the share is of the mail that changed hands since the last change before it, and so are contacts and failures.
    """
    graph = scenario.graph()
    best: dict[tuple[str, str], int] = {}
    for start, _, edge in graph.edges(data=True):
        if edge["via"] == "relay":
            key = (start, edge["domain"])
            best[key] = min(edge["preference"], best.get(key, edge["preference"]))
    shares = _handed_over(log, moment) if log is not None and log.level == "events" else None
    found: dict[tuple[str, str], Way] = {}
    for start, end, edge in graph.edges(data=True):
        fallback = edge["via"] == "relay" and edge["preference"] > best[(start, edge["domain"])]
        share = None if shares is None or edge["via"] == "dns" else shares.get((start, end), 0.0)
        known = found.get((start, end))
        found[(start, end)] = Way(start, end, edge["via"], share, fallback and (known is None or known.fallback))
    for (start, end), share in (shares or {}).items():  # what only happened, such as to a host that failover DNS handed out
        if (start, end) not in found and start != end and {start, end} <= scenario.nodes.keys():
            found[(start, end)] = Way(start, end, "seen", share, False)
    if log is not None and log.level == "events":
        for (by, target, fetches), (failed, contacts) in _contacts(scenario, log, moment).items():
            pair = (target, by) if fetches and (target, by) in found else (by, target)  # who fetches calls against the mail's way
            if pair in found and found[pair].via != "dns":
                way = found[pair]
                found[pair] = way._replace(failed=way.failed + failed, contacts=way.contacts + contacts)
    return list(found.values())


def _within(log: EventLog, moment: Moment | None) -> Rows:
    """The event rows that count."""
    t_us = view(log.events, "t_us")
    return np.ones(len(t_us), dtype=bool) if moment is None else np.asarray((t_us >= moment.since_us) & (t_us <= moment.at_us))


def _handed_over(log: EventLog, moment: Moment | None) -> dict[tuple[str, str], float]:
    """Share of ordinary mail that went from one node to another, by who took it from whom."""
    mail = np.unique(view(log.messages, "message")[ordinary(log)])
    kind, peer = view(log.events, "kind"), view(log.events, "peer")
    rows = np.isin(kind, (Event.ACCEPTED, Event.STORED, Event.FETCHED)) & (peer >= 0) & np.isin(view(log.events, "message"), mail)
    rows &= _within(log, moment)
    message = view(log.events, "message")[rows]
    total = len(mail) if moment is None else len(np.unique(message))
    names, most = log.names, len(log.names)
    pair = peer[rows].astype(np.int64) * most + view(log.events, "node")[rows]
    pairs, place = np.unique(pair, return_inverse=True)
    once = np.unique(place * (int(mail.max(initial=0)) + 1) + message)  # a message counts once a way
    counts = np.bincount(once // (int(mail.max(initial=0)) + 1), minlength=len(pairs))
    return {(names[one // most], names[one % most]): count / total for one, count in zip(pairs.tolist(), counts.tolist(), strict=True)}


def _contacts(scenario: Scenario, log: EventLog, moment: Moment | None) -> dict[tuple[str, str, bool], tuple[int, int]]:
    """Failed and all contacts by who called whom (to fetch or not), of those that were over by the moment."""
    hosts = node_by_host(scenario)
    kinds = (Event.TRIED, Event.FETCHED, Event.FETCH_FAILED, Event.LOGIN_FAILED)
    rows = np.isin(view(log.events, "kind"), kinds) & _within(log, moment)
    kind, node, peer, detail, why = (view(log.events, name)[rows].astype(np.int64) for name in ("kind", "node", "peer", "detail", "why"))
    took = np.where(kind == Event.TRIED, view(log.events, "value")[rows], 0)
    over = np.ones(len(kind), dtype=bool) if moment is None else view(log.events, "t_us")[rows] + took <= moment.at_us
    failed = np.where(kind == Event.TRIED, why != Why.OK, kind != Event.FETCHED)
    found: dict[tuple[str, str, bool], tuple[int, int]] = {}
    table = np.unique(np.stack([node, peer, detail, failed, kind != Event.TRIED])[:, over], axis=1, return_counts=True)
    for (by, host, address, bad, fetch), count in zip(table[0].T.tolist(), table[1].tolist(), strict=True):
        names = [log.names[number] for number in (host, address) if number >= 0]
        target = next((hosts[name] for name in names if name in hosts), "")
        key = (log.names[by], target, bool(fetch))
        before = found.get(key, (0, 0))
        found[key] = (before[0] + count * bad, before[1] + count)
    return found


def by_mx(scenario: Scenario, log: EventLog, moment: Moment | None = None) -> dict[str, float]:
    """Share of ordinary mail by the node that first took it on the receiving side, in the order of the path.

    With a moment, of the mail that was taken since the last change before it.
    """
    mail = ordinary(log)
    hosts, found = node_by_host(scenario), dict[str, float]()
    relayed = view(log.messages, "relayed_us")
    if moment is not None:
        mail = mail & (relayed >= moment.since_us) & (relayed <= moment.at_us)
    if log.level == "events":  # by who took it, since failover DNS lets several nodes have one name
        message, t_us = view(log.events, "message"), view(log.events, "t_us")
        rows = (
            (view(log.events, "kind") == Event.ACCEPTED)
            & (t_us == by_message(log, "relayed_us")[message])
            & np.isin(message, view(log.messages, "message")[mail])
        )
        first = view(log.events, "node")[rows]
    else:
        first = view(log.messages, "via")[mail]
    for number in np.unique(first[first >= 0]).tolist():
        node = hosts.get(log.names[number], log.names[number])
        found[node] = found.get(node, 0.0) + int((first == number).sum()) / max(int(mail.sum()), 1)
    rank = {place.node: k for k, place in enumerate(path_order(scenario))}
    return dict(sorted(found.items(), key=lambda item: rank.get(item[0], len(rank))))


def waiting(log: EventLog, moment: Moment) -> dict[str, int]:
    """Messages in the queue of each node at the moment, where there are any."""
    if log.level != "events":
        return {}
    return waiting_at(log, np.array([moment.at_us]))[0]
