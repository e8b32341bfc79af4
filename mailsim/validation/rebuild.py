"""From a recorded set-up to a scenario, and from its run to one more repeat: who does it for each kind of case."""

from __future__ import annotations

from copy import deepcopy
from importlib import import_module
from typing import TYPE_CHECKING

from mailsim.draws import Draws
from mailsim.errors import UnsupportedError
from mailsim.validation.cases import Case
from mailsim.validation.shape import Json

if TYPE_CHECKING:
    from types import ModuleType

    from mailsim.results.result import Result
    from mailsim.scenario.scenario import Scenario

__all__ = ["repeat_of", "scenario_of", "seed_for"]

#: the room that rebuilds each kind; it has ``scenario_of(body)`` and ``repeat_of(body, result)``
_ROOMS = {"mta": "mailsim.validation.mta", "dns": "mailsim.validation.dns", "path": "mailsim.validation.paths"}


def scenario_of(case: Case) -> Scenario:
    """The world of a case as a scenario, from its body alone: what was observed, its name and its description stay outside.

    Raises
    ------
    UnsupportedError
        The case has something that is not modelled.
    """
    scenario: Scenario = _room(case).scenario_of(deepcopy(case.body))
    return scenario


def repeat_of(case: Case, result: Result) -> Json:
    """What a run of the rebuilt world shows, in the form of a recorded repeat."""
    repeat: Json = _room(case).repeat_of(deepcopy(case.body), result)
    return repeat


def seed_for(scenario: Scenario, seed: int) -> int:
    """The seed of a run of a rebuilt world: another one for each world, so that chance is not the same in all cases.

    With one seed for all, what every world draws (the phase of the wall clock's second) would be lucky or unlucky in all of them.
    """
    return Draws(seed).bits("world", int(scenario.digest()[:12], 16), 0) >> 1


def _room(case: Case) -> ModuleType:
    try:
        return import_module(_ROOMS[case.kind])
    except ModuleNotFoundError as error:
        if error.name != _ROOMS[case.kind]:
            raise
        raise UnsupportedError(f"cases of kind {case.kind!r} can't be rebuilt: {_ROOMS[case.kind]} is missing") from None
