"""The verb: run a scenario once and give its result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailsim.engine import simulate
from mailsim.progress import counting
from mailsim.results.result import Result
from mailsim.scenario.arrivals import expected_messages
from mailsim.scenario.compiled import compiled

if TYPE_CHECKING:
    from mailsim.scenario.scenario import Scenario

__all__ = ["EVENTS_UP_TO", "run"]

#: up to so many messages every event is recorded unless another level is asked for
EVENTS_UP_TO = 100_000


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
    with counting(expected_messages(world), progress=progress, title=scenario.name, unit="mail") as sent:
        return Result(scenario, chosen, simulate(world, chosen, level, watch=sent))
