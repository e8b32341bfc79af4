"""Checking a pupil's answer: right, or what is wrong with it and a hint; never the solution unless it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isclose
from typing import Literal

from mailsim.errors import UnsupportedError
from mailsim.markup import tag
from mailsim.teaching.figures import Figure, is_empty, kind_of, readings, shown
from mailsim.teaching.sentences import tell

__all__ = ["TOLERANCE", "Check", "Verdict", "check", "expected_figure", "within"]

#: how far an answer may be off, as a part of the solution, unless the question says otherwise
TOLERANCE = 0.05

#: what a check can find
Verdict = Literal[
    "right", "none", "unreadable", "clock", "no_unit", "other_kind", "slip", "close_high", "close_low", "high", "low", "wrong"
]

#: a figure this many times too large or small has the right digits in the wrong unit; ratios of neighbouring and next units
_SLIPS: dict[str, tuple[float, ...]] = {
    "time": (60.0, 3_600.0, 24.0, 1_440.0, 1_000.0, 86_400.0),
    "size": (1e3, 1e6, 1e9),
    "share": (100.0,),
}
#: up to so many tolerances off counts as close
_CLOSE = 3.0


@dataclass(frozen=True, repr=False)
class Check:
    """What became of an answer; true where it is right.

    Attributes
    ----------
    ok : bool
        Whether it is right.
    verdict : str
        What is wrong, as a word: see :data:`Verdict`.
    text : str
        The same as a sentence for the pupil, with the hint if there is one.
    """

    ok: bool
    verdict: Verdict
    text: str
    _solution: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return self.ok

    def solution(self) -> str:
        """The answer, for whoever asks for it."""
        return self._solution

    def __repr__(self) -> str:
        return f"{'✓' if self.ok else '✗'} {self.text}"

    def _repr_html_(self) -> str:
        colour = "#007A59" if self.ok else "#B34700"
        return str(tag("p", repr(self), class_="mailsim", style=f"color:{colour};font-weight:bold"))


def check(
    answer: object,
    expected: object,
    *,
    unit: str = "",
    tolerance: float | str = TOLERANCE,
    hint: str = "",
    show_solution: bool = False,
    language: str = "en",
) -> Check:
    """Compare an answer with what a run gives, whatever unit it is written in.

    Parameters
    ----------
    answer : object
        The pupil's: ``"90 s"``, ``"1.5 min"``, ``"1,5 min"``, ``90`` (with ``unit="s"``), ``"25 %"``, ``"mx1"``, ``"yes"``;
        None where there is none yet.
    expected : object
        The solution, in the same ways.
    unit : str
        Unit of numbers that come without one, on either side: ``s``, ``min``, ``kB``, ``%``, or ``share`` for parts of one;
        ``verdict`` where true, half true and false are the only answers.
    tolerance : float or str
        As a part of the solution (0.05, or ``"5 %"``), or as a figure of the same kind (``"2 s"``).
    hint : str
        What to say below a wrong answer.
    show_solution : bool
        Say the solution too.
    language : str
        ``en`` or ``de``.

    Raises
    ------
    UnsupportedError
        The solution itself, the unit or the tolerance can't be read: a mistake in the lesson, not the pupil's.

    Examples
    --------
    >>> check(90, "1.5 min", unit="s")
    ✓ Right.
    >>> check("halb wahr", "half true", unit="verdict")
    ✓ Right.
    >>> check("2 min", "90 s", hint="Two of the three attempts wait.")
    ✗ Too high. Hint: Two of the three attempts wait.
    """
    right = expected_figure(expected, unit)
    slack = _slack(tolerance, right)
    verdict, facts = _judged(answer, right, unit, slack, language)
    parts = [tell(verdict, language, **facts)]
    if verdict != "right":
        parts += [tell("hint", language, hint=hint)] if hint else []
        parts += [tell("solution", language, solution=shown(right, language))] if show_solution else []
    return Check(verdict == "right", verdict, " ".join(parts), shown(right, language))


def expected_figure(expected: object, unit: str = "") -> Figure:
    """What a run gives as one figure.

    Raises
    ------
    UnsupportedError
        It can't be read.
    """
    try:
        found = readings(expected, unit)
    except ValueError as error:
        raise UnsupportedError(f"unit: {error}") from None
    if not found:
        raise UnsupportedError(f"expected={expected!r}: there is nothing to compare an answer with")
    return found[0]


def _slack(tolerance: float | str, right: Figure) -> float:
    """How far an answer may be off, in the unit of the solution."""
    if isinstance(right.value, str | bool):
        return 0.0
    found = readings(tolerance)
    for one in found:
        if isinstance(one.value, float) and one.value >= 0:
            if one.kind in ("number", "share") and not (isinstance(tolerance, str) and one.kind == right.kind == "number"):
                return one.value * abs(right.value)
            if one.kind == right.kind:
                return one.value
    raise UnsupportedError(f"tolerance={tolerance!r}: write a part of the solution such as 0.05, or a figure such as '2 s'")


def within(value: float, right: float, slack: float) -> bool:
    """Whether a value is close enough; the edge counts."""
    return abs(value - right) <= slack or isclose(abs(value - right), slack, rel_tol=1e-9) or isclose(value, right, rel_tol=1e-9)


def _judged(answer: object, right: Figure, unit: str, slack: float, language: str) -> tuple[Verdict, dict[str, str]]:
    """The verdict with the facts of its sentence."""
    example = {"example": tell(f"write_{right.kind}", language), "answer": repr(answer)[:60]}
    if is_empty(answer):
        return "none", {}
    found = readings(answer, unit)
    if not found:
        colons = isinstance(answer, str) and answer.count(":") == 1 and right.kind == "time"
        return ("clock" if colons else "unreadable"), example
    fitting = [one for one in _as_asked(found, right) if one.kind == right.kind]
    if not fitting:
        if kind_of(found) == "number" and right.kind in ("time", "size"):
            return "no_unit", example
        return "other_kind", {"given": tell(kind_of(found), language), "asked": tell(right.kind, language)}
    if isinstance(right.value, str | bool):
        return ("right" if any(one.value == right.value for one in fitting) else "wrong"), {}
    return _measured([float(one.value) for one in fitting], right.kind, right.value, slack), {}


def _as_asked(found: tuple[Figure, ...], right: Figure) -> tuple[Figure, ...]:
    """Where a share is asked for, a bare 25 may mean 25 %; where 0.25 is asked for, so may 25 %."""
    if right.kind == "share":
        return (*found, *(Figure("share", one.value / 100) for one in found if one.kind == "number" and isinstance(one.value, float)))
    if right.kind == "number":
        part = isinstance(right.value, float) and 0 < right.value < 1  # a run gives a share as 0.25
        return tuple(Figure("number", one.value) if one.kind == "share" and (part or not one.sure) else one for one in found)
    return found


def _measured(values: list[float], kind: str, right: float, slack: float) -> Verdict:
    if any(within(value, right, slack) for value in values):
        return "right"
    value = min(values, key=lambda one: abs(one - right))
    if right:
        for ratio in _SLIPS.get(kind, ()):
            if any(within(value * times, right, slack) for times in (ratio, 1 / ratio)):
                return "slip"
    if slack and within(value, right, _CLOSE * slack):
        return "close_high" if value > right else "close_low"
    return "high" if value > right else "low"
