"""A world made ready for many seeds: compiled once, or for each seed where outages are drawn."""

from __future__ import annotations

from mailsim.scenario.compiled import Compiled, compiled
from mailsim.scenario.scenario import Scenario

__all__ = ["Readied"]


class Readied:
    """A scenario ready to run with any seed.

    Parameters
    ----------
    scenario : Scenario
        A world.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._drawn = any(fault.drawn is not None for fault in scenario.faults)
        self._seed = scenario.seed
        self._world = compiled(scenario)

    def at(self, seed: int) -> Compiled:
        """The world of one seed: that of all, unless something in it is drawn."""
        if self._drawn and seed != self._seed:
            self._world, self._seed = compiled(self._scenario, seed), seed
        return self._world
