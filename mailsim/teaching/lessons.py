"""A pupil's page of a lesson: it knows language and name, keeps the predictions, and shows them beside the run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mailsim.errors import UnknownNameError
from mailsim.language import speak
from mailsim.markup import joined, tag
from mailsim.teaching.answers import TOLERANCE, Check, check, expected_figure
from mailsim.teaching.claims import Claim, claim
from mailsim.teaching.classroom import LENGTHS, class_plot, class_point
from mailsim.teaching.predictions import Beside, Prediction, predict
from mailsim.teaching.records import with_mx
from mailsim.teaching.variants import variant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes

    from mailsim.plots.classroom import ClassPoint
    from mailsim.results.result import Result
    from mailsim.scenario.scenario import Scenario
    from mailsim.stories.explain import Story
    from mailsim.stories.sentences import Words

__all__ = ["Lesson", "lesson"]


class Lesson:
    """One pupil's lesson; make one by :func:`lesson`."""

    def __init__(self, language: str, student: str) -> None:
        self.language = language
        self.student = student
        self.predictions: dict[str, Prediction] = {}
        self.claims: dict[str, Claim] = {}

    def predict(self, question: str, value: object, *, unit: str = "") -> Prediction:
        """Write down a prediction under its letter; see :func:`mailsim.teaching.predict`."""
        found = predict(question, value, unit=unit, language=self.language)
        self.predictions[found.question] = found
        return found

    def beside(self, actual: Mapping[str, object], *, unit: str = "") -> Beside:
        """The predictions under these letters beside what the run gives.

        Parameters
        ----------
        actual : mapping
            The letter of a question to the figure of the run.
        unit : str
            Unit of bare numbers among them.

        Raises
        ------
        UnknownNameError
            A letter under which nothing was predicted (the cell was not run).
        """
        for letter in actual:
            if letter not in self.predictions:
                raise UnknownNameError("prediction", letter, self.predictions)
        chosen = tuple(self.predictions[letter] for letter in actual)
        return Beside(chosen, tuple(expected_figure(value, unit) for value in actual.values()))

    def claim(self, question: str, /, **parts: object) -> Claim:
        """Judge a claim by its parts, beside the verdict predicted under its number; see :func:`mailsim.teaching.claim`."""
        found = claim(question, prediction=self.predictions.get(str(question)), language=self.language, **parts)
        self.claims[found.question] = found
        return found

    def verdicts(self) -> Beside:
        """All claims judged so far for which a verdict was predicted, beside these predictions.

        Raises
        ------
        UnknownNameError
            There is none yet (the cells above were not run).
        """
        foretold = {number: one.verdict for number, one in self.claims.items() if number in self.predictions}
        if not foretold:
            raise UnknownNameError("claim with a prediction", "verdicts", ())
        return self.beside(foretold, unit="verdict")

    def check(
        self,
        answer: object,
        expected: object,
        *,
        unit: str = "",
        tolerance: float | str = TOLERANCE,
        hint: str = "",
        show_solution: bool = False,
    ) -> Check:
        """Check an answer in the lesson's language; see :func:`mailsim.teaching.check`."""
        return check(answer, expected, unit=unit, tolerance=tolerance, hint=hint, show_solution=show_solution, language=self.language)

    def variant(self, name: str | Path | Mapping[str, Any] | Scenario) -> Scenario:
        """The scenario with the pupil's own figures; see :func:`mailsim.teaching.variant`."""
        return variant(name, student=self.student)

    def with_mx(self, scenario: Scenario, domain: str, *records: str) -> Scenario:
        """The scenario with MX records that the pupil writes; see :func:`mailsim.teaching.with_mx`."""
        return with_mx(scenario, domain, *records, language=self.language)

    def explain(self, result: Result, message: int, *, words: Words = "pupil") -> Story:
        """The story of a message in the lesson's language, in pupils' words; see :func:`mailsim.stories.explain.explain`."""
        from mailsim.stories.explain import explain

        return explain(result, message, language=self.language, words=words)

    def class_point(
        self, layout: str | Path | Mapping[str, Any] | Scenario = "single-mx", *, target: str = "mx1", lengths: tuple[str, str] = LENGTHS
    ) -> ClassPoint:
        """The pupil's point of the class's curve; see :func:`mailsim.teaching.class_point`."""
        return class_point(self.student, layout, target=target, lengths=lengths, language=self.language)

    def class_plot(self, results: Mapping[str, Result | ClassPoint | str] | Iterable[Result | ClassPoint | str]) -> Axes:
        """The class's curve with the pupil's point pointed out; see :func:`mailsim.teaching.class_plot`."""
        return class_plot(results, student=self.student, language=self.language)

    def __repr__(self) -> str:
        return "\n".join(repr(one) for one in self.predictions.values()) or f"<Lesson in {self.language}>"

    def _repr_html_(self) -> str:
        return str(tag("div", joined(tag("p", repr(one)) for one in self.predictions.values()), class_="mailsim"))


def lesson(language: str = "en", *, student: str = "") -> Lesson:
    """Begin a lesson; pictures, stories and headlines speak its language from now on (:func:`mailsim.language.speak`).

    Parameters
    ----------
    language : str
        ``en`` or ``de``: what predictions and checks are answered in.
    student : str
        The pupil's name, from which the figures of variants follow.

    Examples
    --------
    >>> page = lesson("en", student="Ada")
    >>> page.predict("A", "30 s")
    Prediction A: 30 s. It is written down; now let it run.
    >>> page.beside({"A": 30.9}, unit="s")
    A: you said 30 s, the run says 30.9s: well predicted
    """
    speak(language)
    return Lesson(language, student)
