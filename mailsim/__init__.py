"""mailsim: e-mail delivery end to end while things fail; the face of the package, each name imported when first used.

>>> import mailsim as ms
>>> scenario = ms.load("primary-outage")
>>> scenario.name
'primary-outage'

``load`` takes a shipped name, a path or a dict; ``scenario.run(seed=7)`` gives a ``Result``; ``demo()`` does both.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

__all__ = [
    "LimitError",
    "MailsimError",
    "Result",
    "Scenario",
    "ScenarioError",
    "UnknownNameError",
    "UnsupportedError",
    "ZoneError",
    "__version__",
    "compare",
    "demo",
    "flavours",
    "load",
    "outage_study",
    "scenarios",
    "speak",
]

if TYPE_CHECKING:
    from mailsim import flavours
    from mailsim.errors import LimitError, MailsimError, ScenarioError, UnknownNameError, UnsupportedError, ZoneError
    from mailsim.language import speak
    from mailsim.results.result import Result
    from mailsim.scenario.doors import load, scenarios
    from mailsim.scenario.scenario import Scenario
    from mailsim.study import compare, outage_study

#: where each name of the face lives
_HOME = {
    "LimitError": "mailsim.errors",
    "MailsimError": "mailsim.errors",
    "Result": "mailsim.results.result",
    "Scenario": "mailsim.scenario.scenario",
    "ScenarioError": "mailsim.errors",
    "UnknownNameError": "mailsim.errors",
    "UnsupportedError": "mailsim.errors",
    "ZoneError": "mailsim.errors",
    "compare": "mailsim.study",
    "load": "mailsim.scenario.doors",
    "outage_study": "mailsim.study",
    "scenarios": "mailsim.scenario.doors",
    "speak": "mailsim.language",
}


#: rooms that the face shows as a whole
_ROOMS = frozenset({"flavours"})


def demo(*, seed: int | None = None) -> Result:
    """Run the shipped scenario ``primary-outage`` and give its result; a notebook shows headline and picture.

    Parameters
    ----------
    seed : int, optional
        By default the scenario's own.
    """
    from mailsim.scenario.doors import load

    return load("primary-outage").run(seed=seed)


def __getattr__(name: str) -> object:
    if name in _ROOMS:
        return import_module(f"mailsim.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'mailsim' has no attribute {name!r}")
    found: object = getattr(import_module(_HOME[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
