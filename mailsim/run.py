"""The verb: run a scenario once and give its result; and the progress bar of all long work."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from mailsim.engine import simulate
from mailsim.results.result import Result
from mailsim.scenario.arrivals import expected_messages
from mailsim.scenario.compiled import compiled

if TYPE_CHECKING:
    from mailsim.scenario.scenario import Scenario

__all__ = ["EVENTS_UP_TO", "run", "shown"]

#: up to so many messages every event is recorded unless another level is asked for
EVENTS_UP_TO = 100_000
#: a progress bar appears only after so many seconds of work
_PATIENCE_S = 2.0

T = TypeVar("T")


def run(scenario: Scenario, *, seed: int | None = None, level: str | None = None, progress: bool | None = None) -> Result:
    """Run ``scenario`` once.

    Parameters
    ----------
    scenario : Scenario
        A validated world.
    seed : int, optional
        Seed of every draw; by default the scenario's.
    level : str, optional
        What to record: ``events`` (default up to 100,000 messages), ``messages``, ``counts``.
    progress : bool, optional
        Show a progress bar; by default where the work is long and someone watches.

    Returns
    -------
    Result

    Raises
    ------
    UnsupportedError
        There is no such level.
    LimitError
        The run grew beyond its limit of events.
    """
    chosen = scenario.seed if seed is None else seed
    world = compiled(scenario, chosen)
    if level is None:
        level = "events" if expected_messages(world) <= EVENTS_UP_TO else "messages"
    if not _watched(progress):
        return Result(scenario, chosen, simulate(world, chosen, level))
    from tqdm import tqdm

    delay = 0.0 if progress else _PATIENCE_S
    with tqdm(total=expected_messages(world), desc=scenario.name, unit="mail", delay=delay, leave=False) as bar:
        return Result(scenario, chosen, simulate(world, chosen, level, watch=bar.update))


def _watched(progress: bool | None) -> bool:
    """Whether somebody watches: asked for, or on a terminal or in a notebook."""
    return sys.stderr.isatty() or "ipykernel" in sys.modules if progress is None else progress


def shown(work: Sequence[T], *, progress: bool | None, title: str) -> Iterator[T]:
    """The items of ``work`` one by one, with a progress bar where it is long and someone watches.

    Parameters
    ----------
    progress : bool, optional
        True: always; False: never; None: after two seconds, on a terminal or in a notebook.
    """
    if not _watched(progress):
        yield from work
        return
    from tqdm import tqdm

    with tqdm(work, desc=title, unit="run", delay=0.0 if progress else _PATIENCE_S, leave=False) as bar:
        yield from bar
