"""Does mailsim behave like the recorded programs?  Rebuild every case, run it with several seeds, compare, and count."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import repeat as always
from pathlib import Path
from traceback import extract_tb
from typing import TYPE_CHECKING

from mailsim.errors import LimitError, MailsimError, Problem, ScenarioError
from mailsim.validation.agreement import differences
from mailsim.validation.cases import Case, Paths, read_cases, shipped_recordings
from mailsim.validation.control import Count, Impostor, against_itself, impostors
from mailsim.validation.rebuild import repeat_of, scenario_of, seed_for

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = ["Agreement", "Conformance", "Run", "Verdict", "conform", "conform_cases"]


#: the kinds of cases in the order in which they are shown
_KINDS = ("mta", "dns", "path")


@dataclass(frozen=True)
class Run:
    """One simulated repeat.

    Parameters
    ----------
    seed : int
        Of all its draws.
    repeat : str
        The repeat as JSON; empty where the case could not be simulated.
    differences : tuple of str
        What no recorded repeat could have had; empty where it could be one of them.
    failed : str
        Why there is no repeat: what is not modelled, or which error was raised; else empty.
    """

    seed: int
    repeat: str = field(repr=False)
    differences: tuple[str, ...] = ()
    failed: str = ""

    @property
    def agrees(self) -> bool:
        """Whether it could be one more recorded repeat."""
        return not self.differences and not self.failed


@dataclass(frozen=True)
class Verdict:
    """One case: its simulated repeats, and how its recorded ones agree among themselves."""

    name: str
    kind: str
    software: str
    place: str
    runs: tuple[Run, ...]
    itself: Count
    judged: bool

    @property
    def count(self) -> Count:
        """How many of the simulated repeats agree; nothing where nothing was recorded."""
        return Count(sum(run.agrees for run in self.runs), len(self.runs)) if self.judged else Count()

    @property
    def words(self) -> tuple[str, ...]:
        """What differs in the first run that does not agree."""
        for run in self.runs:
            if not run.agrees:
                return (run.failed,) if run.failed else run.differences
        return ()


@dataclass(frozen=True)
class Agreement:
    """One program: our score, its own, and that of the best impostor."""

    software: str
    kind: str
    cases: int
    count: Count
    itself: Count
    impostor: Impostor | None

    @property
    def share(self) -> float | None:
        """The share of the simulated repeats that could be recorded ones, from 0 to 1."""
        return self.count.share


@dataclass(frozen=True)
class Conformance:
    """What :func:`conform` found: ``agreements`` has a row for each program, ``verdicts`` one for each case."""

    seeds: tuple[int, ...]
    verdicts: tuple[Verdict, ...] = field(repr=False)
    posing: dict[str, Impostor] = field(repr=False)

    @cached_property
    def agreements(self) -> tuple[Agreement, ...]:
        """Program by program: mail servers, then resolvers and stubs, then whole paths, else in the order of the cases."""
        found: dict[str, Agreement] = {}
        for one in self.verdicts:
            old = found.get(one.software) or Agreement(one.software, one.kind, 0, Count(), Count(), self.posing.get(one.software))
            found[one.software] = Agreement(
                one.software, one.kind, old.cases + one.judged, old.count.plus(one.count), old.itself.plus(one.itself), old.impostor
            )
        return tuple(sorted(found.values(), key=lambda one: _KINDS.index(one.kind)))

    def lines(self) -> Iterator[str]:
        """One JSON line for each case and seed: ``{"case": name, "repeat": {...}}``.

        A case that could not be simulated has an empty repeat, and says why under ``failed``.
        """
        for one in self.verdicts:
            name = json.dumps(one.name)
            for run in one.runs:
                why = f', "failed": {json.dumps(run.failed)}' if run.failed else ""
                yield f'{{"case": {name}, "repeat": {run.repeat or "{}"}{why}}}\n'


def conform(
    paths: Paths | None = None,
    *,
    seeds: int = 3,
    seed: int = 1,
    jobs: int = 1,
    watch: Callable[[int], object] | None = None,
) -> Conformance:
    """Rebuild recorded cases as scenarios, run them, and compare each run with what the real program did.

    Parameters
    ----------
    paths : path or list of paths, optional
        Files of recorded cases, or folders of them; by default the recordings that come with mailsim.
    seeds : int
        Runs of each case.
    seed : int
        Seed of the first run; the next ones count on.
    jobs : int
        Processes that work at the same time; the outcome is the same for any number.
    watch : callable, optional
        Called after each case with 1.

    Raises
    ------
    ScenarioError
        A file can't be read or a line is no case.
    LimitError
        One of several processes died.

    Notes
    -----
    A case that can't be rebuilt, or whose run raises, counts as one that does not agree, and says why.
    """
    if seeds < 1 or jobs < 1:
        raise ScenarioError([Problem("", 0, 0, "seeds and jobs", f"are {seeds} and {jobs}; both count from 1")])
    cases = read_cases(shipped_recordings() if paths is None else paths)
    return conform_cases(cases, range(seed, seed + seeds), jobs=jobs, watch=watch)


def conform_cases(
    cases: Sequence[Case], seeds: Iterable[int], *, jobs: int = 1, watch: Callable[[int], object] | None = None
) -> Conformance:
    """The same for cases that are read already; ``seeds`` are the seeds themselves."""
    numbers = tuple(seeds)
    verdicts = []
    for verdict in _judged(cases, numbers, jobs):
        verdicts.append(verdict)
        if watch is not None:
            watch(1)
    return Conformance(numbers, tuple(verdicts), dict(impostors(cases)))


def _judged(cases: Sequence[Case], seeds: tuple[int, ...], jobs: int) -> Iterator[Verdict]:
    if jobs == 1 or len(cases) < 2:
        yield from map(_verdict, cases, always(seeds))
        return
    from concurrent.futures.process import BrokenProcessPool

    try:
        with _pool(jobs) as pool:
            yield from pool.map(_verdict, cases, always(seeds), chunksize=4)
    except BrokenProcessPool as error:
        raise LimitError(f"a process died, out of memory perhaps; use fewer jobs than {jobs}") from error


def _pool(jobs: int) -> Executor:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))  # a forked child would inherit locks that threads hold


def _verdict(case: Case, seeds: tuple[int, ...]) -> Verdict:
    runs = tuple(_runs(case, seeds))
    return Verdict(case.name, case.kind, case.software, case.place, runs, against_itself(case), bool(case.recorded))


def _runs(case: Case, seeds: tuple[int, ...]) -> Iterator[Run]:
    """Simulated repeats, compared in the form in which they are written out."""
    try:
        scenario = scenario_of(case)
    except Exception as error:  # one case that trips must not hide the other 680; it counts, and it is told
        yield from (Run(seed, "", failed=_told(error)) for seed in seeds)
        return
    for seed in seeds:
        try:
            repeat = repeat_of(case, scenario.run(seed=seed_for(scenario, seed), progress=False))
            text = json.dumps(repeat, allow_nan=False, separators=(",", ":"))
            yield Run(seed, text, tuple(differences(case, json.loads(text))))
        except Exception as error:
            yield Run(seed, "", failed=_told(error))


def _told(error: Exception) -> str:
    """Why there is no repeat: an error of ours on purpose says it itself, any other gets its place."""
    if isinstance(error, MailsimError):
        return str(error) or type(error).__name__
    spot = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(spot.filename).name}:{spot.lineno})"
