"""``--fail-if 'bounced>0'``: one comparison of a figure of the summary with a number; nothing is evaluated as code."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from mailsim.errors import Problem, ScenarioError, UnknownNameError, UnsupportedError

__all__ = ["Condition", "parse_condition"]

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
_CONDITION = re.compile(r"\s*([A-Za-z_][\w.]{0,80})\s*(<=|>=|==|!=|<|>)\s*(-?\d{1,15}(?:\.\d{1,15})?)\s*(%?)\s*", re.ASCII)


class Condition(NamedTuple):
    """A comparison such as ``bounced > 0``, ``latency_s.p95 >= 3600`` or ``bounced_share > 5 %``."""

    name: str
    sign: str
    number: float
    text: str

    def holds(self, figures: Mapping[str, object]) -> bool:
        """Whether it holds for the figures of a summary.

        A latency that was never reached (null) counts as infinite.

        Raises
        ------
        UnknownNameError
            There is no such figure.
        UnsupportedError
            The figure is no number, or this run has none.
        """
        return _OPERATORS[self.sign](self.value(figures), self.number)

    def value(self, figures: Mapping[str, object]) -> float:
        """The figure itself."""
        found: object = figures
        for part in self.name.split("."):
            if not isinstance(found, Mapping) or part not in found:
                raise UnknownNameError("figure", self.name, _names(figures))
            found = found[part]
        if found is None and self.name.startswith("latency"):
            return math.inf
        if not isinstance(found, int | float):
            raise UnsupportedError(f"--fail-if {self.text!r}: {self.name} is no number in this run")
        return float(found)


def _names(figures: Mapping[str, object], prefix: str = "") -> Iterator[str]:
    """The figures that can be compared, nested ones with dots."""
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from _names(value, f"{prefix}{name}.")
        elif value is None or isinstance(value, int | float):
            yield prefix + name


def parse_condition(text: str) -> Condition:
    """Read a condition.

    Raises
    ------
    ScenarioError
        It is none.

    Examples
    --------
    >>> parse_condition("bounced_share>5%")[:3]
    ('bounced_share', '>', 0.05)
    """
    found = _CONDITION.fullmatch(text)
    if found is None:
        what = f"{text[:80]!r} is no condition; write a figure, one of < <= == != >= > and a number, such as 'bounced>0'"
        raise ScenarioError([Problem("", 0, 0, "--fail-if", what)])
    name, sign, number, percent = found.groups()
    return Condition(name, sign, float(number) / (100 if percent else 1), text.strip())
