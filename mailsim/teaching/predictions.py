"""A pupil's prediction: written down before the run, shown beside the result afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from mailsim.language import speaking
from mailsim.markup import card, cell_table, tag
from mailsim.teaching.answers import expected_figure
from mailsim.teaching.figures import Figure, is_empty, readings, shown
from mailsim.teaching.sentences import tell

__all__ = ["WELL", "Beside", "Prediction", "comparison", "predict"]

#: a prediction that is off by less than this factor is a good one: a quarter up or down
WELL = 1.25


@dataclass(frozen=True, repr=False)
class Prediction:
    """What a pupil expects.

    Attributes
    ----------
    question : str
        Which question it answers, such as ``A``.
    value : object
        What was written; None where nothing was.
    unit : str
        Unit of a number that has none of its own.
    language : str
        ``en`` or ``de``.
    """

    question: str
    value: object
    unit: str = ""
    language: str = "en"

    def beside(self, actual: object, *, unit: str = "") -> Beside:
        """The prediction beside what the run gives.

        Parameters
        ----------
        actual : object
            The figure of the run, as :func:`mailsim.teaching.check` takes it.
        unit : str
            Its unit where it is a bare number; by default the prediction's.

        Raises
        ------
        UnsupportedError
            The figure of the run can't be read.
        """
        return Beside((self,), (expected_figure(actual, unit or self.unit),))

    def meanings(self, unit: str = "") -> tuple[Figure, ...]:
        """Every way to read what was written; empty where nothing was, or nothing readable."""
        return readings(self.value, self.unit or unit)

    @property
    def said(self) -> str:
        """What was written, as text."""
        return tell("nothing", self.language) if is_empty(self.value) else str(self.value)[:60]

    def __repr__(self) -> str:
        verdict = self.unit == "verdict"
        key = "unwritten" if is_empty(self.value) else "recorded" if self.meanings() else "unlike_verdict" if verdict else "unlike"
        value = f"{self.said} {self.unit}".strip() if isinstance(self.value, int | float) and not verdict else self.said
        return tell(key, self.language, question=self.question, value=value)

    def _repr_html_(self) -> str:
        return str(tag("p", repr(self), class_="mailsim"))


@dataclass(frozen=True, repr=False)
class Beside:
    """Predictions beside the figures of a run; a table in a notebook, lines in a terminal."""

    predictions: tuple[Prediction, ...]
    actual: tuple[Figure, ...]

    def rows(self) -> list[tuple[str, ...]]:
        """Question, prediction, figure of the run and how they compare, as texts; a heading row first."""
        language = self.predictions[0].language
        head = tuple(tell(f"head_{part}", language) for part in ("question", "said", "run", "gap"))
        pairs = zip(self.predictions, self.actual, strict=True)
        return [head, *((one.question, one.said, shown(figure, language), comparison(one, figure)) for one, figure in pairs)]

    def __repr__(self) -> str:
        head, *rows = self.rows()
        return "\n".join(f"{row[0]}: {head[1]} {row[1]}, {head[2]} {row[2]}: {row[3]}" for row in rows)

    def _repr_html_(self) -> str:
        with speaking(self.predictions[0].language):
            return str(card([cell_table(self.rows(), words=True)]))


def comparison(prediction: Prediction, figure: Figure) -> str:
    """How a prediction compares with the run, in words."""
    language = prediction.language
    if is_empty(prediction.value):
        return tell("gap_none", language)
    said = next((one.value for one in prediction.meanings() if one.kind == figure.kind), None)
    if said is None:
        return tell("gap_unread", language)
    actual = figure.value
    if isinstance(said, str) or isinstance(actual, str | bool):
        return tell("gap_right" if said == actual else "gap_other", language)
    if said == actual or (said > 0 < actual and 1 / WELL <= said / actual <= WELL):
        return tell("gap_right", language)
    if said > 0 < actual:
        times = f"{max(said / actual, actual / said):.2g}" if max(said / actual, actual / said) < 100 else "> 100"
        times = times.replace(".", ",") if language == "de" else times
        return tell("gap_high" if said > actual else "gap_low", language, times=times)
    return tell("gap_above" if said > actual else "gap_below", language)


def predict(question: str, value: object, *, unit: str = "", language: str = "en") -> Prediction:
    """Write down a prediction; show it later beside the result with :meth:`Prediction.beside`.

    Parameters
    ----------
    question : str
        The question, or its letter.
    value : object
        What the pupil expects: ``"5 s"``, ``"mx2"``, ``"yes"``, a number with ``unit``; None for nothing yet.
    unit : str
        Unit of a bare number; ``verdict`` where true, half true and false are the only answers.
    language : str
        ``en`` or ``de``.

    Raises
    ------
    UnsupportedError
        There is no such unit.

    Examples
    --------
    >>> guess = predict("How long does a mail take?", "5 s")
    >>> guess
    Prediction How long does a mail take?: 5 s. It is written down; now let it run.
    >>> guess.beside("2 s")
    How long does a mail take?: you said 5 s, the run says 2s: 2.5 times too high
    """
    if unit and unit != "verdict":
        expected_figure(1, unit)
    return Prediction(str(question), value, unit, language)
