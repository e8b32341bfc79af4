"""Two worlds, run by run with the same draws: what they differ in, and how sure that is.

Every draw is addressed by what it is for, so whatever both worlds have in common is drawn alike, and the difference of a run
is due to what differs between the worlds (common random numbers: Law, Simulation Modeling and Analysis, section 11.2).  For
each figure the differences of the runs give a mean with Student's t interval, exact where they scatter normally.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mailsim import __version__
from mailsim.engine import simulate
from mailsim.errors import UnsupportedError
from mailsim.events import EventLog
from mailsim.language import counted, printable, say
from mailsim.markup import Markup, card, cell_table, details, joined, tag
from mailsim.progress import shown
from mailsim.results.columns import view
from mailsim.results.conservation import conservation
from mailsim.results.metrics import Mask, ordinary
from mailsim.scenario.doors import load
from mailsim.scenario.scenario import Scenario
from mailsim.study.figures import COMPARED, QUANTITIES, run_figures
from mailsim.study.intervals import Interval, mean_interval
from mailsim.study.readied import Readied
from mailsim.study.seeds import run_seeds
from mailsim.study.words import called, difference_words, value_words

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Comparison", "Difference", "compare"]


#: which mail the figures are about, as it is kept
_DURING, _ALL = "mail sent while a fault was active in either", "all mail"


class Difference(NamedTuple):
    """One figure in both worlds: its means, and the mean of the second minus the first with its interval; ``nan``: unknown."""

    figure: str
    mean_a: float
    mean_b: float
    difference: Interval
    #: runs in which the figure exists in both worlds
    pairs: int


@dataclass(frozen=True, repr=False)
class Comparison:
    """What two worlds differ in, from runs that share their draws.

    Attributes
    ----------
    names : (str, str)
        What the worlds are called.
    seeds : tuple of int
        Seed of each run.
    cohort : str
        Which mail the figures are about.
    messages : int
        Deliveries in that cohort, over all runs of the first world.
    differences : tuple of Difference
        Second minus first, one per figure.
    digests, trace_hashes : tuple
        Of the two scenarios, and of each run of both.
    figures : tuple
        For each world, the figures of each run.
    """

    names: tuple[str, str]
    seeds: tuple[int, ...]
    cohort: str
    messages: int
    differences: tuple[Difference, ...]
    digests: tuple[str, str]
    trace_hashes: tuple[tuple[str, ...], tuple[str, ...]]
    figures: tuple[tuple[dict[str, float], ...], tuple[dict[str, float], ...]]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per figure: ``figure, unit, mean_a, mean_b, difference, low, high, pairs``; times in seconds."""
        import pandas as pd

        rows = [(one.figure, QUANTITIES[one.figure].unit, one.mean_a, one.mean_b, *one.difference, one.pairs) for one in self.differences]
        return pd.DataFrame(rows, columns=["figure", "unit", "mean_a", "mean_b", "difference", "low", "high", "pairs"])

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row per world and run: ``name, run, seed``, each figure, ``trace_hash``."""
        import pandas as pd

        rows = [
            {"name": name, "run": k, "seed": seed, **found, "trace_hash": mark}
            for name, each, hashes in zip(self.names, self.figures, self.trace_hashes, strict=True)
            for k, (seed, found, mark) in enumerate(zip(self.seeds, each, hashes, strict=True))
        ]
        return pd.DataFrame(rows, columns=["name", "run", "seed", *COMPARED, "trace_hash"])

    def rows(self) -> list[tuple[str, ...]]:
        """The table as texts, a heading row first."""
        a, b = self.names
        written: list[tuple[str, ...]] = [("", a, b, say("study.column_minus", a=a, b=b), say("study.column_interval"))]
        for one in self.differences:
            quantity, (mean, low, high) = QUANTITIES[one.figure], one.difference
            if not any(isnan(end) for end in (low, high)):
                least, most = difference_words(low, quantity), difference_words(high, quantity)
                ends = least if low == high else say("study.ends", low=least, high=most)
            else:
                ends = say("study.some_runs", pairs=one.pairs, count=len(self.seeds)) if one.pairs else ""
            means = (value_words(value, quantity) for value in (one.mean_a, one.mean_b))
            written.append((called(quantity), *means, difference_words(mean, quantity), ends))
        return written

    @property
    def about(self) -> str:
        """Which mail the figures are about, and how much of it there was."""
        key = "all" if self.cohort == _ALL else "during_faults"
        return say(f"study.{key}", messages=counted(self.messages), runs=len(self.seeds))

    @property
    def method(self) -> str:
        """How the intervals were made, in a sentence."""
        return say("study.method_of_comparison", runs=len(self.seeds))

    @property
    def replay(self) -> str:
        """One line from which the comparison can be repeated."""
        worlds = ", ".join(f"{name} digest {digest[:8]}" for name, digest in zip(self.names, self.digests, strict=True))
        return f"mailsim {__version__} · {worlds} · {say('study.seeds', first=self.seeds[0], last=self.seeds[-1])}"

    def __repr__(self) -> str:
        table = self.rows()
        widths = [max(len(row[k]) for row in table) for k in range(len(table[0]))]
        lines = ["  ".join((row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)))) for row in table]
        return "\n".join(printable(line.rstrip()) for line in [self.about, *lines, self.method, self.replay])

    def _repr_html_(self) -> str:
        return str(card([self.html()], kind=say("study.kind_of_comparison"), name=" · ".join(self.names), foot=self.replay))

    def html(self) -> Markup:
        """Which mail, table and method as HTML, every text escaped."""
        return joined((tag("p", self.about), cell_table(self.rows()), details(say("study.how"), tag("p", self.method))))


def compare(
    a: Scenario | str | Path | Mapping[str, Any],
    b: Scenario | str | Path | Mapping[str, Any],
    *,
    runs: int = 30,
    seed: int = 1,
    names: tuple[str, str] = ("a", "b"),
    progress: bool | None = None,
) -> Comparison:
    """Run two worlds with the same seeds and tell what they differ in (the first lines of this file say how).

    Parameters
    ----------
    a, b : Scenario, name, path or dict
        The two worlds; differences are b minus a.
    runs, seed : int
        Runs of each world, at least two; run k has seed ``seed + k`` in both.
    names : (str, str)
        What to call the worlds.
    progress : bool, optional
        Show a progress bar; by default where the work is long and someone watches.

    Returns
    -------
    Comparison
        About the mail sent while a fault of either world was active, or about all mail where there was none.

    Raises
    ------
    UnsupportedError
        Fewer than two runs, or one name for both.

    Examples
    --------
    >>> import mailsim as ms
    >>> ms.compare(ms.load("single-mx"), ms.load("backup-mx"), names=("single", "backup"))  # doctest: +SKIP
    """
    if len(set(names)) != 2:
        raise UnsupportedError(f"names={names!r}: give two different names")
    seeds = run_seeds(seed, runs, least=2)
    worlds = (load(a), load(b))
    ready = tuple(Readied(world) for world in worlds)
    done: tuple[list[_Run], list[_Run]] = ([], [])
    for k, one in shown([(k, one) for one in seeds for k in (0, 1)], progress=progress, title="compare"):
        done[k].append(_measured(simulate(ready[k].at(one), one, "messages"), _spans(ready, one)))
    during = all(any(run.sizes[0] for run in each) for each in done)
    cohort = 0 if during else 1
    first, second = (tuple(run.figures[cohort] for run in each) for each in done)
    return Comparison(
        names=(str(names[0]), str(names[1])),
        seeds=seeds,
        cohort=_DURING if during else _ALL,
        messages=sum(run.sizes[cohort] for run in done[0]),
        differences=tuple(_difference(name, first, second) for name in COMPARED),
        digests=(worlds[0].digest(), worlds[1].digest()),
        trace_hashes=(tuple(run.trace_hash for run in done[0]), tuple(run.trace_hash for run in done[1])),
        figures=(first, second),
    )


def _spans(worlds: Sequence[Readied], seed: int) -> list[tuple[int, int]]:
    """When anything is wrong in either of the worlds of a seed, as stretches apart from each other."""
    found: list[tuple[int, int]] = []
    for start, end in sorted((span.start_us, span.end_us) for world in worlds for span in world.at(seed).conditions.spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


class _Run(NamedTuple):
    """What is kept of one run, for the mail sent while a fault was active and for all mail."""

    figures: tuple[dict[str, float], dict[str, float]]
    sizes: tuple[int, int]
    trace_hash: str


def _measured(log: EventLog, spans: Sequence[tuple[int, int]]) -> _Run:
    check = conservation(log)
    assert check.ok, check.problems
    during, every = _sent_while(log, spans), ordinary(log)
    sizes = (int(during.sum()), int(every.sum()))
    return _Run((run_figures(log, during), run_figures(log, every)), sizes, log.trace_hash())


def _sent_while(log: EventLog, spans: Sequence[tuple[int, int]]) -> Mask:
    """Ordinary deliveries that were sent within any of the stretches (start included, end excluded)."""
    sent = view(log.messages, "sent_us")
    within = np.zeros(len(sent), dtype=bool)
    for start, end in spans:
        within |= (sent >= start) & (sent < end)
    return np.asarray(within & ordinary(log))


def _difference(name: str, a: Sequence[dict[str, float]], b: Sequence[dict[str, float]]) -> Difference:
    left, right = [one[name] for one in a], [one[name] for one in b]
    apart = [y - x for x, y in zip(left, right, strict=True)]
    pairs = sum(not isnan(value) for value in apart)
    return Difference(name, mean_interval(left).mean, mean_interval(right).mean, mean_interval(apart), pairs)
