"""Every sentence that a lesson says to a pupil, one table per language; nothing here ever holds a solution."""

from __future__ import annotations

from mailsim.errors import UnknownNameError
from mailsim.stories.sentences import printable

__all__ = ["SENTENCES", "tell"]

_ENGLISH: dict[str, str] = {
    # -- what a check finds
    "right": "Right.",
    "none": "There is no answer yet: write yours in place of None.",
    "unreadable": "I can't read {answer}: {example}",
    "no_unit": "Your number has no unit: {example}",
    "other_kind": "This is {given}, but the question asks for {asked}.",
    "slip": "The digits fit, the unit does not: look at it again.",
    "close_high": "Close, but a little too high.",
    "close_low": "Close, but a little too low.",
    "high": "Too high.",
    "low": "Too low.",
    "wrong": "No, it is something else.",
    "clock": "{answer} may mean minutes or hours: {example}",
    "hint": "Hint: {hint}",
    "solution": "The answer is {solution}.",
    # -- how to write an answer, by the kind that is asked for
    "write_time": "write for example 90 s, 1.5 min or 1 h 30 min.",
    "write_size": "write for example 20 kB or 1.5 MB.",
    "write_share": "write for example 25 %.",
    "write_number": "write a number, for example 3.",
    "write_word": "write a name, for example mx1.",
    "write_flag": "write yes or no.",
    # -- kinds
    "time": "a time",
    "size": "a size",
    "share": "a share in per cent",
    "number": "a number without a unit",
    "word": "a name",
    "flag": "yes or no",
    "yes": "yes",
    "no": "no",
    "never": "never",
    # -- predictions
    "recorded": "Prediction {question}: {value}. It is written down; now let it run.",
    "unwritten": "Prediction {question}: write yours in place of None, then run this cell again.",
    "unlike": "Prediction {question}: I can't read {value} as a figure; it is written down as it is.",
    "head_question": "question",
    "head_said": "you said",
    "head_run": "the run says",
    "head_gap": "so",
    "nothing": "nothing",
    "gap_right": "well predicted",
    "gap_high": "{times} times too high",
    "gap_low": "{times} times too low",
    "gap_above": "too high",
    "gap_below": "too low",
    "gap_other": "otherwise than predicted",
    "gap_none": "no prediction",
    "gap_unread": "not comparable",
}

_GERMAN: dict[str, str] = {
    "right": "Richtig.",
    "none": "Noch keine Antwort: Schreib deine anstelle von None.",
    "unreadable": "{answer} kann ich nicht lesen: {example}",
    "no_unit": "Deiner Zahl fehlt die Einheit: {example}",
    "other_kind": "Das ist {given}, gefragt ist aber {asked}.",
    "slip": "Die Ziffern stimmen, die Einheit nicht: Sieh sie dir noch einmal an.",
    "close_high": "Fast, aber etwas zu hoch.",
    "close_low": "Fast, aber etwas zu niedrig.",
    "high": "Zu hoch.",
    "low": "Zu niedrig.",
    "wrong": "Nein, es ist etwas anderes.",
    "clock": "{answer} kann Minuten oder Stunden meinen: {example}",
    "hint": "Tipp: {hint}",
    "solution": "Die Antwort ist {solution}.",
    "write_time": "Schreib zum Beispiel 90 s, 1,5 min oder 1 h 30 min.",
    "write_size": "Schreib zum Beispiel 20 kB oder 1,5 MB.",
    "write_share": "Schreib zum Beispiel 25 %.",
    "write_number": "Schreib eine Zahl, zum Beispiel 3.",
    "write_word": "Schreib einen Namen, zum Beispiel mx1.",
    "write_flag": "Schreib ja oder nein.",
    "time": "eine Zeit",
    "size": "eine Größe",
    "share": "ein Anteil in Prozent",
    "number": "eine Zahl ohne Einheit",
    "word": "ein Name",
    "flag": "ja oder nein",
    "yes": "ja",
    "no": "nein",
    "never": "nie",
    "recorded": "Vorhersage {question}: {value}. Sie ist notiert; jetzt lass es laufen.",
    "unwritten": "Vorhersage {question}: Schreib deine anstelle von None und führe die Zelle noch einmal aus.",
    "unlike": "Vorhersage {question}: {value} kann ich nicht als Wert lesen; notiert ist es so, wie es ist.",
    "head_question": "Frage",
    "head_said": "du sagst",
    "head_run": "der Lauf sagt",
    "head_gap": "also",
    "nothing": "nichts",
    "gap_right": "gut vorhergesagt",
    "gap_high": "{times}-mal zu hoch",
    "gap_low": "{times}-mal zu niedrig",
    "gap_above": "zu hoch",
    "gap_below": "zu niedrig",
    "gap_other": "anders als vorhergesagt",
    "gap_none": "keine Vorhersage",
    "gap_unread": "nicht vergleichbar",
}

#: language -> key -> sentence
SENTENCES: dict[str, dict[str, str]] = {"en": _ENGLISH, "de": _GERMAN}


def tell(key: str, language: str, **facts: object) -> str:
    """The sentence ``key`` with its facts filled in; every fact is made printable.

    Raises
    ------
    UnknownNameError
        There is no table for ``language``.

    Examples
    --------
    >>> tell("hint", "de", hint="Zähle die Pfeile.")
    'Tipp: Zähle die Pfeile.'
    """
    if language not in SENTENCES:
        raise UnknownNameError("language", language, SENTENCES)
    return SENTENCES[language][key].format(**{name: printable(str(fact)) for name, fact in facts.items()})
