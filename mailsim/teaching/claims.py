"""A claim put to the test in parts: true where all of them hold, half true where some do, false where none does."""

from __future__ import annotations

from dataclasses import dataclass

from mailsim.errors import UnsupportedError
from mailsim.markup import joined, tag
from mailsim.teaching.figures import VERDICTS, Figure, shown
from mailsim.teaching.predictions import Prediction, comparison
from mailsim.teaching.sentences import tell

__all__ = ["Claim", "claim"]


@dataclass(frozen=True, repr=False)
class Claim:
    """What the parts of a claim came to.

    Attributes
    ----------
    question : str
        Its number or letter.
    parts : tuple of (str, bool)
        Each part's letter, and whether it holds.
    prediction : Prediction or None
        The verdict that was predicted.
    language : str
        ``en`` or ``de``: what it is told in.
    """

    question: str
    parts: tuple[tuple[str, bool], ...]
    prediction: Prediction | None = None
    language: str = "en"

    @property
    def verdict(self) -> str:
        """``true``, ``half true`` or ``false``, whatever the language; compare it with ``unit="verdict"``."""
        holding = sum(holds for _, holds in self.parts)
        return VERDICTS[0 if holding == len(self.parts) else 1 if holding else 2]

    def _told(self) -> tuple[str, list[str], str, str]:
        """The claim, each of its parts, the verdict, and what the pupil had said ("" where nobody was asked)."""
        figure = Figure("verdict", self.verdict)
        parts = [f"{'✓' if holds else '✗'} {tell('holds' if holds else 'fails', self.language, part=part)}" for part, holds in self.parts]
        said = ""
        if self.prediction is not None:
            gap = comparison(self.prediction, figure)
            said = tell("claim_said", self.language, said=self.prediction.said, gap=gap)
        return tell("claim", self.language, claim=self.question), parts, shown(figure, self.language), said

    def __repr__(self) -> str:
        head, parts, verdict, said = self._told()
        return f"{head}: {', '.join(parts)} → {verdict}. {said}".rstrip()

    def _repr_html_(self) -> str:
        head, parts, verdict, said = self._told()
        inside = (f"{head}: {', '.join(parts)} → ", tag("b", verdict), f". {said}".rstrip())
        return str(tag("p", joined(inside), class_="mailsim"))


def claim(question: str, /, *, prediction: Prediction | None = None, language: str = "en", **parts: object) -> Claim:
    """Judge a claim by its parts.

    Parameters
    ----------
    question : str
        Its number or letter.
    prediction : Prediction, optional
        The pupil's verdict.
    language : str
        ``en`` or ``de``.
    **parts : bool
        Each part's letter, and whether a run says that it holds.

    Raises
    ------
    UnsupportedError
        There are no parts, or one is neither true nor false: a mistake in the lesson.

    Examples
    --------
    >>> claim("4", a=True, b=False)
    Claim 4: ✓ a holds, ✗ b does not hold → half true.
    """
    if not parts:
        raise UnsupportedError(f"claim {question}: there are no parts to judge it by; write for example a=True")
    plain = {name: holds.item() if hasattr(holds, "item") else holds for name, holds in parts.items()}
    for name, holds in plain.items():
        if not isinstance(holds, bool):
            raise UnsupportedError(f"claim {question}: part {name}={holds!r} is neither true nor false")
    return Claim(str(question), tuple((name, bool(holds)) for name, holds in plain.items()), prediction, language)
