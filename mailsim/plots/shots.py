"""What a film of a run shows, as plain numbers: at each instant what is wrong and what waits, and what passed since the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from mailsim.errors import UnsupportedError
from mailsim.events import Event, EventLog
from mailsim.plots.bands import wrong_at
from mailsim.plots.lanes import node_by_host
from mailsim.results.columns import Ints, view
from mailsim.results.queues import waiting_at
from mailsim.rules.reasons import Why

if TYPE_CHECKING:
    from mailsim.scenario import Scenario

__all__ = ["Passed", "Shot", "instants_us", "shots"]

#: who took a message from whom
_TAKEN = (Event.ACCEPTED, Event.STORED, Event.FETCHED)

#: who called whom: the failures of these are shown, and of questions to DNS the others too
_CALLED = (Event.TRIED, Event.ASKED, Event.FETCH_FAILED, Event.LOGIN_FAILED)


class Passed(NamedTuple):
    """What went one way between two instants: messages handed over (or questions to DNS answered), and contacts that failed."""

    moved: int = 0
    failed: int = 0


class Shot(NamedTuple):
    """A run at an instant.

    Attributes
    ----------
    t_us, since_us : int
        The instant, and that of the shot before.
    wrong : tuple of (str, str)
        Node (or link) and what is wrong there, in the language spoken.
    waiting : dict of str to int
        Messages in the queue of each node that has any, as ``Result.queues`` tells them.
    passed : dict of (str, str) to Passed
        What went from one node to another after ``since_us`` and up to ``t_us``.
    """

    t_us: int
    since_us: int
    wrong: tuple[tuple[str, str], ...]
    waiting: dict[str, int]
    passed: dict[tuple[str, str], Passed]


def instants_us(low_s: float, high_s: float, count: int) -> Ints:
    """So many instants at equal distances, the first and the last of the stretch among them.

    Examples
    --------
    >>> instants_us(0, 3, 4).tolist()
    [0, 1000000, 2000000, 3000000]
    """
    return np.rint(np.linspace(low_s * 1e6, high_s * 1e6, count)).astype(np.int64)


def shots(scenario: Scenario, log: EventLog, at_us: Ints) -> list[Shot]:
    """The run at each of these instants, which follow each other.

    Raises
    ------
    UnsupportedError
        The run kept no event rows.
    """
    if log.level != "events":
        raise UnsupportedError(f'a film needs event rows, this run kept {log.level!r}: run the scenario with level="events"')
    waiting, passed = waiting_at(log, at_us), _passed(scenario, log, at_us)
    before = [int(at_us[0]) - 1, *at_us[:-1].tolist()]
    return [Shot(t_us, before[k], wrong_at(log.conditions, t_us), waiting[k], passed[k]) for k, t_us in enumerate(at_us.tolist())]


def _passed(scenario: Scenario, log: EventLog, at_us: Ints) -> list[dict[tuple[str, str], Passed]]:
    """What passed between each instant and the one before."""
    hosts, names, most = node_by_host(scenario), log.names, len(log.names)
    columns = ("kind", "node", "peer", "detail", "why", "t_us", "value")
    kind, node, peer, detail, why, t_us, value = (view(log.events, name).astype(np.int64) for name in columns)
    taken = np.isin(kind, _TAKEN) & (peer >= 0)
    found: list[dict[tuple[str, str], Passed]] = [{} for _ in at_us]

    def add(k: int, pair: tuple[str, str], moved: int, failed: int) -> None:
        had = found[k].get(pair, Passed())
        found[k][pair] = Passed(had.moved + moved, had.failed + failed)

    for (giver, taker), k, count in _counted([peer[taken], node[taken]], t_us[taken], at_us):
        add(k, (names[giver], names[taker]), count, 0)
    ok = (why == Why.OK) & np.isin(kind, (Event.TRIED, Event.ASKED))
    called = np.isin(kind, _CALLED) & ~(ok & (kind == Event.TRIED))
    over = t_us + np.where(kind == Event.TRIED, np.maximum(value, 0), 0)
    fetches = np.isin(kind, (Event.FETCH_FAILED, Event.LOGIN_FAILED))
    known = np.array([name in hosts for name in names] + [False])  # the last stands for none: -1
    target = np.where(known[peer], peer, np.where(kind == Event.TRIED, detail, -1))  # a name that failover DNS moves: by its address
    for (by, host, good, fetch), k, count in _counted([a[called] for a in (node, target, ok, fetches)], over[called], at_us):
        there = hosts.get(names[host], "") if 0 <= host < most else ""
        if there:
            add(k, (there, names[by]) if fetch else (names[by], there), count * good, count * (not good))
    return found


def _counted(columns: list[npt.NDArray[np.int64]], t_us: Ints, at_us: Ints) -> list[tuple[list[int], int, int]]:
    """Equal rows counted between each instant and the one before: the row, the place of the instant, how many."""
    shown = (t_us > at_us[0] - 1) & (t_us <= at_us[-1])
    place = np.searchsorted(at_us, t_us[shown], side="left")
    table, counts = np.unique(np.stack([place, *(column[shown] for column in columns)]), axis=1, return_counts=True)
    return [(row[1:], row[0], count) for row, count in zip(table.T.tolist(), counts.tolist(), strict=True)]
