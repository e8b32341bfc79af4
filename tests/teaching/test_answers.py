"""Checking answers: units, slips, closeness, both languages; and that nothing gives the solution away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.language import sentences, speaking
from mailsim.teaching import check
from mailsim.teaching.figures import Figure, shown

#: ways to write 5,400 seconds
AN_HOUR_AND_A_HALF = [
    "5400 s", "90 min", "1.5 h", "1,5 h", "1 h 30 min", "1h30m", "1 h 30", "1:30:00", "90 Minuten", "1,5 Std.", "about 90 min",
]  # fmt: skip


@pytest.mark.parametrize("answer", AN_HOUR_AND_A_HALF)
def test_one_time_is_right_in_every_way_to_write_it(answer: str) -> None:
    assert check(answer, "90 min")
    assert check(answer, np.float64(5400.0), unit="s")
    assert not check(answer, "91 min", tolerance="30 s")


@pytest.mark.parametrize(
    ("answer", "expected", "verdict"),
    [
        ("25 %", 0.25, "right"),
        (0.25, "25 %", "right"),
        (25, "25 %", "right"),
        ("20 kB", "20000 B", "right"),
        ("4 questions", 4, "right"),
        (np.int64(4), 4, "right"),
        ("1,385", 1385, "right"),  # English
        ("1.385", 1385, "right"),  # German
        ("MX2 ", "mx2", "right"),
        ("ja", True, "right"),
        (False, np.bool_(False), "right"),
        (1, 1, "right"),
        ("90", "90 s", "no_unit"),
        (90, "90 s", "no_unit"),
        ("90 min", "90 s", "slip"),
        ("90 ms", "90 s", "slip"),
        ("20 kB", "90 s", "other_kind"),
        ("mx1", "90 s", "other_kind"),
        ("3 h", 3, "other_kind"),
        ("1:30", "90 s", "clock"),
        ("1.2.3", "90 s", "unreadable"),
        ("-5 s", "5 s", "unreadable"),
        (float("nan"), "5 s", "unreadable"),
        ("mx1", "mx2", "wrong"),
        ("no", "yes", "wrong"),
        ("100 s", "90 s", "close_high"),  # 11 % off, three times 5 % is close
        ("80 s", "90 s", "close_low"),
        ("200 s", "90 s", "high"),
        ("20 s", "90 s", "low"),
        (None, "90 s", "none"),
        (..., "90 s", "none"),
        (" ... ", "90 s", "none"),
    ],
)
def test_a_check_says_what_is_wrong(answer: object, expected: object, verdict: str) -> None:
    found = check(answer, expected)
    assert (found.verdict, found.ok) == (verdict, verdict == "right")


@pytest.mark.parametrize(
    ("answer", "expected", "verdict"),
    [
        ("half true", "half true", "right"),
        (" Halb  wahr. ", "half true", "right"),
        ("halbwahr", "half true", "right"),
        ("wahr", "true", "right"),
        (True, "true", "right"),
        ("false", "falsch", "right"),
        ("true", "half true", "wrong"),
        (False, "true", "wrong"),
        ("falsch", "half true", "wrong"),
        ("mx1", "half true", "unreadable"),
        ("yes", "true", "unreadable"),
        (1, "true", "unreadable"),
        (None, "true", "none"),
    ],
)
def test_a_verdict_on_a_claim_is_read_in_both_languages(answer: object, expected: str, verdict: str) -> None:
    found = check(answer, expected, unit="verdict")
    assert (found.verdict, found.ok) == (verdict, verdict == "right")


def test_a_check_of_a_verdict_speaks_the_lesson_s_language() -> None:
    assert check("true", "half true", unit="verdict", show_solution=True, language="de").text.endswith("Die Antwort ist halb wahr.")
    assert "half true or false" in check("perhaps", "true", unit="verdict").text
    with pytest.raises(UnsupportedError, match="nothing to compare"):
        check("true", "perhaps", unit="verdict")


def test_the_edge_of_the_tolerance_is_right_and_beyond_is_not() -> None:
    assert check("94.5 s", "90 s")  # 5 % of 90 s are 4.5 s
    assert not check("94.6 s", "90 s")
    assert check("92 s", "90 s", tolerance="2 s")
    assert not check("92.1 s", "90 s", tolerance="2 s")
    assert check("99 s", "90 s", tolerance="10 %")
    assert not check("1.001 s", "1 s", tolerance=0)


def test_the_hint_stands_below_a_wrong_answer_and_the_solution_only_when_asked_for() -> None:
    wrong = check("3 min", "90 s", hint="Count the attempts.")
    assert wrong.text == "Too high. Hint: Count the attempts."
    assert check("90 s", "90 s", hint="Count the attempts.").text == "Right."
    assert check("3 min", "90 s", show_solution=True).text == "Too high. The answer is 1m 30s."
    assert wrong.solution() == "1m 30s"
    assert check("3 min", "90 s", language="de").text == "Zu hoch."


@given(answer=st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.none()), expected=st.integers(10**6, 10**8))
def test_no_answer_breaks_a_check_or_makes_it_give_the_solution_away(answer: object, expected: int) -> None:
    found = check(answer, expected, unit="kB")
    if not found and str(expected) not in str(answer):
        shown = repr(found) + found._repr_html_()
        assert found.solution() not in shown
        assert str(expected) not in shown


def test_what_a_pupil_writes_is_text_on_the_page() -> None:
    shown = check("3<img src=x onerror=alert(1)>\x1b[2J", "90 s")
    assert "<img" not in shown._repr_html_()
    assert "\x1b" not in shown.text


def test_a_mistake_of_the_lesson_is_no_mistake_of_the_pupil() -> None:
    for expected in (None, "", float("nan"), "1:30"):
        with pytest.raises(UnsupportedError, match="nothing to compare"):
            check("90 s", expected)
    with pytest.raises(UnsupportedError, match="unknown unit"):
        check("90 s", 90, unit="sex")
    with pytest.raises(UnsupportedError, match="tolerance"):
        check("90 s", "90 s", tolerance="2 kB")
    with pytest.raises(UnknownNameError, match="language"):
        check("90 s", "90 s", language="fr")


def test_both_languages_have_the_same_sentences_with_the_same_facts() -> None:
    from string import Formatter

    def facts(sentence: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(sentence)}

    english, german = sentences("en", "teaching"), sentences("de", "teaching")
    assert english.keys() == german.keys()
    assert [key for key in english if facts(english[key]) != facts(german[key])] == []


def test_a_figure_is_written_in_the_language_asked_for_whatever_is_spoken() -> None:
    share, time = Figure("share", 0.125), Figure("time", 30.6)
    with speaking("de"):
        assert (shown(share, "en"), shown(time, "en")) == ("12.5 %", "30.6s")
    assert (shown(share, "de"), shown(time, "de")) == ("12,5 %", "30,6s")
