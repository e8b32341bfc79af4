"""Figures as people read them."""

from math import nan

import pytest

from mailsim.language import sentences, speaking
from mailsim.study.figures import QUANTITIES
from mailsim.study.intervals import Interval
from mailsim.study.words import called, difference_words, interval_words, value_words

SHARE, DELAY, PEAK = QUANTITIES["bounced_share"], QUANTITIES["delay_p50_s"], QUANTITIES["peak_queue"]


def test_a_figure_has_its_unit_and_a_dash_stands_for_none() -> None:
    assert value_words(0.284, SHARE) == "28.4 %"
    assert value_words(14_040.0, DELAY) == "3.9 h"
    assert value_words(1998.0, PEAK) == "1,998"
    assert value_words(nan, DELAY) == "–"


def test_an_interval_follows_in_brackets_unless_it_says_nothing() -> None:
    assert interval_words(Interval(0.284, 0.281, 0.287), SHARE) == "28.4 % (28.1–28.7 %)"
    assert interval_words(Interval(3600.0, 3000.0, 4200.0), DELAY) == "1 h (50 min – 70 min)"
    assert interval_words(Interval(0.0, 0.0, 0.0), SHARE) == "0 %"
    assert interval_words(Interval(0.5, nan, nan), SHARE) == "50 %"
    assert interval_words(Interval(nan, nan, nan), DELAY) == "–"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.0123, "+1.23 pp"), (-0.0123, "−1.23 pp"), (0.00001, "+under 0.01 pp"), (nan, "–")],
)
def test_a_difference_of_shares_is_in_points_and_zero_only_if_it_is_zero(value: float, text: str) -> None:
    assert difference_words(value, SHARE) == text


def test_a_difference_of_times_has_a_sign() -> None:
    assert difference_words(-9720.0, DELAY) == "−2.7 h"
    assert difference_words(90.0, DELAY) == "+90 s"


def test_in_german_figures_have_their_comma_and_their_words() -> None:
    with speaking("de"):
        assert interval_words(Interval(0.284, 0.281, 0.287), SHARE) == "28,4 % (28,1–28,7 %)"
        assert value_words(1998.0, PEAK) == "1.998"
        assert value_words(14_040.0, DELAY) == "3,9 h"
        assert [difference_words(value, SHARE) for value in (0.0123, -0.00001)] == ["+1,23 %-Punkte", "−unter 0,01 %-Punkte"]
        assert difference_words(-9720.0, DELAY) == "−2,7 h"
        assert called(DELAY) == "die Hälfte da binnen"
    assert called(DELAY) == "half there within"


def test_every_figure_has_a_german_name_and_there_is_no_other() -> None:
    assert set(sentences("de", "figures")) == set(QUANTITIES)
