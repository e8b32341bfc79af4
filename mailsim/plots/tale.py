"""What a timeline has to show, as plain numbers: lanes with their marks and queues, and the way of the slowest mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from mailsim.events import Event, EventLog, State
from mailsim.language import phrased, printable, say
from mailsim.plots.bands import bands, in_short
from mailsim.plots.lanes import Place, node_by_host, path_order
from mailsim.plots.marks import Mark
from mailsim.plots.style import look_of
from mailsim.results.columns import by_message, view
from mailsim.results.conservation import conservation
from mailsim.results.metrics import Mask, ordinary
from mailsim.results.summary import LATER_THAN_US
from mailsim.rules.reasons import REASONS, Why

if TYPE_CHECKING:
    from mailsim.results import Result

__all__ = ["Lane", "Tale", "first_returned_row", "returned_after_s", "tale_of"]

#: a way shorter than this share of the run is a vertical stroke that shows nothing
LEAST_WAY = 0.004

#: how what is wrong begins where something is out altogether, and is back later
_OUT = ("silent", "refused", "unreachable", "down", "closed", "servfail", "nxdomain")

Floats = npt.NDArray[np.float64]


class Lane(NamedTuple):
    """One node: its title, its marks, and its queue as (instants, depth) or None."""

    node: str
    title: str
    marks: tuple[Mark, ...]
    queue: tuple[Floats, npt.NDArray[np.int64]] | None


class Tale(NamedTuple):
    """Everything that the timeline shows and says.

    ``shown_s`` is the stretch in which anything happens; ``way`` is the way of one mail as (instant, node): of the first
    that was returned, else of the slowest; ``way_word`` says which (a key of ``plots.toml``).
    ``fault`` names the fault during which the slowest mail was sent, ``fault_words`` says what it was where it was no plain
    outage (``mx1: slow by 20s``; else empty), ``after_fault_s`` is how long after its end that mail arrived (None where it did
    not wait for that).
    """

    lanes: tuple[Lane, ...]
    shown_s: tuple[float, float]
    way: tuple[tuple[float, str], ...]
    way_word: str
    sent_s: float
    latency_s: float | None
    fault: str
    after_fault_s: float | None
    first_bounce_s: float
    fault_words: str = ""


def tale_of(result: Result) -> Tale:
    """Read the log of a result as a tale, in the language spoken."""
    log = result.log
    marks: dict[str, list[Mark]] = {}
    hosts = node_by_host(result.scenario)
    _ends(log, marks)
    if log.level == "events":
        _submitted(log, marks)
        _attempts(log, marks, hosts)
        _endings(log, marks)
    else:
        _relays(log, marks, hosts)
    lanes = _lanes(path_order(result.scenario), marks, _queues(result), log)
    slowest = _slowest_row(log)
    sent_s = latency_s = 0.0
    if slowest is not None:
        sent_s = log.messages["sent_us"][slowest] / 1e6
        latency_s = (log.messages["stored_us"][slowest] - log.messages["sent_us"][slowest]) / 1e6
    fault, words, after = _fault_of(log, slowest, hosts)
    returned = first_returned_row(log, ordinary(log))
    way = _way(log, returned if returned is not None else slowest)
    return Tale(
        lanes=lanes,
        shown_s=_shown_s(lanes, log),
        way=way,
        way_word=("returned" if returned is not None else "slowest") if way else "",
        sent_s=sent_s,
        latency_s=None if slowest is None else latency_s,
        fault=fault,
        after_fault_s=after,
        first_bounce_s=returned_after_s(log, returned),
        fault_words=words,
    )


def _shown_s(lanes: tuple[Lane, ...], log: EventLog) -> tuple[float, float]:
    """From the start (or from just before the first mark, where nothing happens long before it) to just after the last."""
    end_s = log.end_us / 1e6
    wrong = bands(log.conditions, end_s=end_s)
    marks = [mark.t_s for lane in lanes for mark in lane.marks if len(mark.t_s)]
    first = min([float(t_s.min()) for t_s in marks] + [band.start_s for band in wrong], default=0.0)
    last = max([float(t_s.max()) for t_s in marks] + [band.end_s for band in wrong], default=end_s)
    if conservation(log).mail.queued:
        last = end_s
    low = 0.0 if first < 0.5 * last else max(0.0, first - 0.05 * (last - first))
    return low, min(last + 0.02 * (last - low), end_s) or 1.0


def _lanes(
    order: list[Place], marks: dict[str, list[Mark]], queues: dict[str, tuple[Floats, npt.NDArray[np.int64]]], log: EventLog
) -> tuple[Lane, ...]:
    """A lane for each node that has something to show; what is wrong elsewhere (a link, DNS) gets a lane before the MX hosts."""
    wrong = list(dict.fromkeys(span.node for span in log.conditions if span.start_us < log.end_us))
    known = {place.node for place in order}
    found: list[Lane] = []
    others = [Lane(node, node, (), None) for node in wrong if node not in known]
    for place in order:
        if place.layer in {"MX", "mailbox"} and others:
            found, others = found + others, []
        here = tuple(marks.get(place.node, ()))
        if here or place.node in wrong or place.node in queues:
            name = printable(place.node)
            title = name if place.role in {"client", "MTA", place.node} else f"{name}\n{place.role_word}"
            found.append(Lane(place.node, title, here, queues.get(place.node)))
    return tuple(found + others)


def _by_node(log: EventLog, numbers: npt.NDArray[np.int64], t_us: npt.NDArray[np.int64]) -> dict[str, Floats]:
    """Instants in seconds by node name."""
    return {log.names[n]: t_us[numbers == n] / 1e6 for n in np.unique(numbers).tolist() if n >= 0}


def _ends(log: EventLog, marks: dict[str, list[Mark]]) -> None:
    """Where ordinary mail starts and where it arrives, from the message table."""
    mail = ordinary(log)
    sent, stored = view(log.messages, "sent_us")[mail], view(log.messages, "stored_us")[mail]
    state, holder = view(log.messages, "state")[mail], view(log.messages, "holder")[mail]
    for node, t_s in _by_node(log, view(log.messages, "origin")[mail], sent).items():
        marks.setdefault(node, []).append(Mark("sent", "", t_s))
    late = stored - sent > LATER_THAN_US["1h"]
    for look, which in (("stored", ~late), ("late", late)):
        there = (state == State.STORED) & which
        for node, t_s in _by_node(log, holder[there], stored[there]).items():
            marks.setdefault(node, []).append(Mark(look, "", t_s))


def _submitted(log: EventLog, marks: dict[str, list[Mark]]) -> None:
    """What clients handed to their MTA: where ordinary mail was first accepted, unless its origin took it itself."""
    kind, message, node = (view(log.events, name) for name in ("kind", "message", "node"))
    rows = np.flatnonzero((kind == Event.ACCEPTED) & (view(log.events, "t_us") == by_message(log, "accepted_us")[message]))
    rows = rows[(by_message(log, "origin")[message[rows]] != node[rows]) & (by_message(log, "parent")[message[rows]] < 0)]
    for where, t_s in _by_node(log, node[rows], view(log.events, "t_us")[rows]).items():
        marks.setdefault(where, []).append(Mark("ok", "", t_s))


def _attempts(log: EventLog, marks: dict[str, list[Mark]], hosts: dict[str, str]) -> None:
    """Attempts on the lane of the node that was tried, a row for each node that tried; of submissions only the failures.

    A host name that no node has (a name that failover DNS moves) is found by the address that was tried.
    """
    rows = np.flatnonzero(view(log.events, "kind") == Event.TRIED)
    names, most = log.names, len(log.names) + 1
    node, peer, why, t_us = (view(log.events, name)[rows].astype(np.int64) for name in ("node", "peer", "why", "t_us"))
    unknown = np.array([name not in hosts for name in names] + [True])[peer]
    target = np.where(unknown, view(log.events, "detail")[rows], peer)
    clients = set(np.unique(view(log.messages, "origin")[view(log.messages, "parent") < 0]).tolist()) - set(
        np.unique(view(log.events, "node")[view(log.events, "kind") == Event.ACCEPTED]).tolist()
    )
    key = (node * most + target) * (max(Why) + 1) + why
    for one in np.unique(key).tolist():
        pair, reason = divmod(one, max(Why) + 1)
        by, tried = divmod(pair, most)
        look = look_of(REASONS[Why(reason)].key)
        where = hosts.get(names[tried], names[tried])
        shown = any(mark.look in ("stored", "late") for mark in marks.get(where, ()))
        if look == "ok" and (by in clients or where == names[by] or shown):
            continue  # the lane shows these already
        marks.setdefault(where, []).append(Mark(look, say("timeline.from", who=names[by]), t_us[key == one] / 1e6))


#: events that become marks of their own
_ENDINGS = (
    (Event.BOUNCED, "bounced"),
    (Event.REJECTED, "rejected"),
    (Event.FETCHED, "read"),
    (Event.LOGIN_FAILED, "login"),
    (Event.FETCH_FAILED, "poll"),
)


def _endings(log: EventLog, marks: dict[str, list[Mark]]) -> None:
    """Returned and rejected mail on the lane where it happened; what readers fetched, and what kept them from it."""
    for kind, look in _ENDINGS:
        rows = view(log.events, "kind") == kind
        for node, t_s in _by_node(log, view(log.events, "node")[rows], view(log.events, "t_us")[rows]).items():
            marks.setdefault(node, []).append(Mark(look, " " if kind in (Event.BOUNCED, Event.REJECTED) else "", t_s))


def _relays(log: EventLog, marks: dict[str, list[Mark]], hosts: dict[str, str]) -> None:
    """Without event rows: who first took the mail on the receiving side."""
    mail = ordinary(log)
    for host, t_s in _by_node(log, view(log.messages, "via")[mail], view(log.messages, "relayed_us")[mail]).items():
        marks.setdefault(hosts.get(host, host), []).append(Mark("ok", "", t_s[t_s >= 0]))


def _queues(result: Result) -> dict[str, tuple[Floats, npt.NDArray[np.int64]]]:
    """Deferred mail over time by node, where there is any."""
    if result.log.level != "events":
        return {}
    table, found = result.queues, {}
    for node, rows in table.groupby("node", observed=True):
        if int(rows["deferred"].max()):
            found[str(node)] = (rows["t_s"].to_numpy(), rows["deferred"].to_numpy())
    return found


def _slowest_row(log: EventLog) -> int | None:
    """Row of the delivery of ordinary mail that took longest to the mailbox; the first of equals."""
    there = ordinary(log) & (view(log.messages, "state") == State.STORED)
    if not there.any():
        return None
    took = np.where(there, view(log.messages, "stored_us") - view(log.messages, "sent_us"), -1)
    return int(np.argmax(took))


def _way(log: EventLog, row: int | None) -> tuple[tuple[float, str], ...]:
    """Instants and nodes at which the message of that row changed hands."""
    if row is None or log.level != "events":
        return ()
    kinds = (Event.SENT, Event.ACCEPTED, Event.STORED, Event.FETCHED, Event.BOUNCED)
    number = log.messages["message"][row]
    rows = np.flatnonzero((view(log.events, "message") == number) & np.isin(view(log.events, "kind"), kinds))
    way = tuple((log.events["t_us"][k] / 1e6, log.names[log.events["node"][k]]) for k in rows.tolist())
    return way if way and way[-1][0] - way[0][0] > LEAST_WAY * log.end_us / 1e6 else ()


def _fault_of(log: EventLog, row: int | None, hosts: dict[str, str]) -> tuple[str, str, float | None]:
    """The fault during which that mail was sent, what it was if no plain outage, how long after its end it came (None: before).

    Of several it is one of those at whose place the mail's contacts failed, if there is such a one; and the one that ends last.
    """
    if row is None:
        return "", "", None
    sent, stored = log.messages["sent_us"][row], log.messages["stored_us"][row]
    active = [span for span in log.conditions if span.start_us <= sent < span.end_us]
    if not active:
        return "", "", None
    met = _failed_at(log, log.messages["message"][row], hosts)
    last = max([span for span in active if span.node in met] or active, key=lambda span: span.end_us)
    words = "" if last.how.startswith(_OUT) else say("timeline.fault_words", node=last.node, how=in_short(phrased("faults", last.how)))
    return last.target, words, (stored - last.end_us) / 1e6 if stored >= last.end_us else None


def _failed_at(log: EventLog, number: int, hosts: dict[str, str]) -> set[str]:
    """Nodes, and links by both names of theirs, at which contacts for this message failed."""
    if log.level != "events":
        return set()
    wanted = (view(log.events, "message") == number) & (view(log.events, "kind") == Event.TRIED) & (view(log.events, "why") != Why.OK)
    found: set[str] = set()
    for k in np.flatnonzero(wanted).tolist():
        by, tried = (log.names[log.events[column][k]] for column in ("node", "peer"))
        node = hosts.get(tried, tried)
        found |= {node, f"{by}-{node}", f"{node}-{by}"}
    return found


def first_returned_row(log: EventLog, mail: Mask) -> int | None:
    """Row of the delivery of this mail that was returned first; None where none was."""
    returned = np.flatnonzero(mail & (view(log.messages, "state") == State.BOUNCED))
    return int(returned[int(np.argmin(view(log.messages, "ended_us")[returned]))]) if len(returned) else None


def returned_after_s(log: EventLog, row: int | None) -> float:
    """How old the delivery of that row was when it was returned, in seconds; 0 for None."""
    return 0.0 if row is None else (log.messages["ended_us"][row] - log.messages["sent_us"][row]) / 1e6
