"""The outage study: what one outage of each length does to the mail sent while it lasts, layout beside layout.

In each cell (a layout and a length) the layout's own traffic and faults are put aside.  The world's senders, a population in
which each message comes from a mail server of its own, send a given number of messages to one mailbox, evenly spread over
one outage that begins at 0.  The run goes on until all of them are settled.  So every figure is about the mail sent while
the target was down, and a cell costs about the same for an hour as for a week.

Cells of one seed share their draws between layouts and lengths: who sends, with which program, at which part of the outage,
how far away.  So their differences are paired (common random numbers).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from mailsim.engine import simulate
from mailsim.errors import UnsupportedError
from mailsim.progress import shown
from mailsim.results.conservation import conservation
from mailsim.results.metrics import ordinary
from mailsim.results.outcomes import outcome_counts
from mailsim.scenario.doors import load
from mailsim.scenario.scenario import Scenario
from mailsim.study.figures import queue_figures, run_figures
from mailsim.study.readied import Readied
from mailsim.study.seeds import run_seeds
from mailsim.study.study import Cell, Run, Setting, Study
from mailsim.study.worlds import free_name, lifetimes, outage_world, recipient, sender_mix
from mailsim.units import micros

__all__ = ["LENGTHS", "MESSAGES", "RUNS", "outage_study"]

#: from a restart to longer than any default queue lifetime (Postfix 5 d, Exim 4 d)
LENGTHS = ("5m", "1h", "6h", "1d", "2d", "5d", "7d")

#: messages of each run; a share of 2,000 evenly spread messages is exact to about 1 in 1,000
MESSAGES = 2000

#: runs of each cell: with 2,000 messages each, a look at two layouts and seven lengths takes half a minute
RUNS = 6


class _Job(NamedTuple):
    layout: str
    length_us: int
    world: Scenario


def outage_study(
    layouts: Mapping[str, Scenario | str | Path | Mapping[str, Any]],
    *,
    target: str,
    lengths: Sequence[str] = LENGTHS,
    senders: Mapping[str, float] | str | None = None,
    runs: int = RUNS,
    seed: int = 1,
    messages: int = MESSAGES,
    how: str = "silent",
    to: str | None = None,
    progress: bool | None = None,
) -> Study:
    """Let ``target`` fail for each of ``lengths`` in each of ``layouts`` and follow the mail that is sent meanwhile.

    What a cell is and which draws cells share is told in the first lines of this file.

    Parameters
    ----------
    layouts : dict of str to Scenario, name, path or dict
        What to compare, by title.
    target, how : str
        What fails in all of them, and how: as in :meth:`Scenario.with_outage`.
    lengths : sequence of str
        Lengths of the outage.
    senders : dict or str, optional
        Weights of the senders' programs, such as ``{"postfix": 0.4, "exim": 0.6}``; the preset ``"self-hosted"``;
        one program; by default the mix of a population.
    runs, seed : int
        Runs of each cell; run k has seed ``seed + k``.  The default of 6 is for a look; for a report take 30.
    messages : int
        Messages of each run: a sample, but a load too.  Queues scale with it, shares hardly.
    to : str, optional
        The mailbox that all messages are for; by default one behind the target.
    progress : bool, optional
        Show a progress bar; by default where the work is long and someone watches.

    Raises
    ------
    UnsupportedError
        Nothing to study: no layout, length, run or message, or no mailbox behind the target.
    ScenarioError
        The target, the mailbox or the senders do not fit a layout.

    Examples
    --------
    >>> import mailsim as ms
    >>> study = ms.outage_study({"no backup": "single-mx", "backup MX": "backup-mx"}, target="mx1")  # doctest: +SKIP
    >>> study.plot.impact()                                                                          # doctest: +SKIP
    """
    if messages < 1:
        raise UnsupportedError(f"messages={messages}: a cell needs at least one message")
    loaded = _loaded(layouts)
    seeds, chosen, mix = run_seeds(seed, runs), _lengths(lengths), sender_mix(senders)
    mailboxes = {title: to if to is not None else recipient(layout, target, title=title) for title, layout in loaded.items()}
    digests = {title: layout.digest() for title, layout in loaded.items()}
    setting = Setting(digests, target, how, mix, mailboxes, messages, seeds, {})
    jobs = _jobs(setting, loaded, chosen)  # refuses a mix that does not fit a layout
    return Study(replace(setting, lifetimes=lifetimes(loaded, mix)), _cells(jobs, seeds, progress=progress))


def _jobs(setting: Setting, layouts: Mapping[str, Scenario], lengths: Sequence[int]) -> list[_Job]:
    """The world of every cell, in the order of layouts and lengths."""
    name = free_name(layouts.values())
    return [
        _Job(
            title,
            length,
            outage_world(
                layout,
                target=setting.target,
                length_us=length,
                how=setting.how,
                messages=setting.messages,
                senders=name,
                mix=setting.mix,
                to=setting.to[title],
                title=title,
            ),
        )
        for title, layout in layouts.items()
        for length in lengths
    ]


def _loaded(layouts: object) -> dict[str, Scenario]:
    if not isinstance(layouts, Mapping) or not layouts:
        raise UnsupportedError("layouts is a mapping of titles to scenarios, such as {'no backup': 'single-mx', 'backup MX': 'backup-mx'}")
    return {str(title): load(layout) for title, layout in layouts.items()}


def _cells(jobs: Sequence[_Job], seeds: Sequence[int], *, progress: bool | None) -> tuple[Cell, ...]:
    """Every run of every cell, in the order of layouts and lengths."""
    found: dict[int, list[Run]] = {k: [] for k in range(len(jobs))}
    ready = [Readied(job.world) for job in jobs]
    for k, seed in shown([(k, seed) for k in found for seed in seeds], progress=progress, title="outage study"):
        log = simulate(ready[k].at(seed), seed, "messages")
        check = conservation(log)
        assert check.ok, check.problems
        cohort = ordinary(log)
        figures = run_figures(log, cohort) | queue_figures(log, cohort, over_us=jobs[k].length_us)
        found[k].append(Run(seed, int(cohort.sum()), figures, log.trace_hash(), outcome_counts(log, cohort)))
    return tuple(Cell(job.layout, job.length_us, tuple(found[k])) for k, job in enumerate(jobs))


def _lengths(lengths: Sequence[str]) -> tuple[int, ...]:
    """The lengths in microseconds."""
    texts = lengths.split(",") if isinstance(lengths, str) else lengths
    try:
        found = tuple(micros(text) for text in texts)
    except ValueError as error:
        raise UnsupportedError(f"lengths: {error}") from None
    if not found or 0 in found or len(set(found)) < len(found):
        raise UnsupportedError(f"lengths={lengths!r}: give one or more different lengths, each longer than 0")
    return found
