"""Predictions: written down before, beside the run afterwards, in the words of the lesson."""

from __future__ import annotations

import numpy as np
import pytest

from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.teaching import lesson, predict


@pytest.mark.parametrize(
    ("value", "actual", "gap"),
    [
        ("2 min", "1 min", "2 times too high"),
        ("10 s", "1 min", "6 times too low"),
        ("1 h", "5 s", "> 100 times too high"),  # 720
        ("70 s", "1 min", "well predicted"),  # 1.17 times, a quarter is allowed
        ("mx2", "mx2", "well predicted"),
        ("mx1", "mx2", "otherwise than predicted"),
        ("no", True, "otherwise than predicted"),
        ("3", "1 min", "not comparable"),
        (3, 0, "too high"),
        (None, "1 min", "no prediction"),
    ],
)
def test_a_prediction_is_compared_with_the_run(value: object, actual: object, gap: str) -> None:
    assert predict("A", value).beside(actual).rows()[1][3] == gap


def test_a_prediction_says_that_it_is_written_down_or_missing() -> None:
    assert repr(predict("A", "5 s")).startswith("Prediction A: 5 s.")
    assert repr(predict("A", 5, unit="min")).startswith("Prediction A: 5 min.")
    assert "None" in repr(predict("A", None))
    assert "can't read" in repr(predict("A", "1..2"))
    with pytest.raises(UnsupportedError, match="unit"):
        predict("A", 5, unit="furlong")


def test_a_predicted_verdict_is_none_if_it_is_another_word() -> None:
    assert repr(predict("1", "halb wahr", unit="verdict", language="de")).startswith("Vorhersage 1: halb wahr. Sie ist notiert;")
    assert "is no verdict" in repr(predict("1", "perhaps", unit="verdict"))
    assert repr(predict("1", True, unit="verdict")).startswith("Prediction 1: True. It")
    assert "None" in repr(predict("1", None, unit="verdict"))
    assert predict("1", "true").beside("half true", unit="verdict").rows()[1][2:] == ("half true", "otherwise than predicted")
    assert predict("1", "half").beside("half true", unit="verdict").rows()[1][3] == "well predicted"


def test_a_lesson_keeps_predictions_and_shows_them_in_its_language() -> None:
    page = lesson("de", student="Ada")
    page.predict("A", "2 min")
    page.predict("B", None)
    assert repr(page).splitlines()[1].startswith("Vorhersage B: Schreib deine")
    both = page.beside({"A": np.float64(60.0), "B": 30.5}, unit="s")
    assert both.rows() == [
        ("Frage", "du sagst", "der Lauf sagt", "also"),
        ("A", "2 min", "1m", "um den Faktor 2 zu hoch"),
        ("B", "nichts", "30,5s", "keine Vorhersage"),
    ]
    with pytest.raises(UnknownNameError, match="prediction 'C'"):
        page.beside({"C": 1})
    with pytest.raises(UnknownNameError, match="language"):
        lesson("fr")


def test_what_a_pupil_predicts_is_text_on_the_page() -> None:
    page = lesson("en")
    page.predict("<script>", "<img src=x onerror=alert(1)>")
    for html in (page._repr_html_(), page.beside({"<script>": "mx1"})._repr_html_()):
        assert "<img" not in html
        assert "<script>" not in html
