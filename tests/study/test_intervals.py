"""Mean and interval over runs: worked by hand with the t table, and the cases that are exact."""

from math import isnan, nan

import pytest
from scipy import stats

from mailsim.study.intervals import mean_interval


def test_the_interval_is_the_one_of_the_t_table() -> None:
    # mean 4, standard deviation sqrt((9 + 1 + 0 + 1 + 9) / 4) = sqrt(5), t(0.975, 4) = 2.776445
    found = mean_interval([1.0, 3.0, 4.0, 5.0, 7.0])
    assert found.mean == 4.0
    assert found.high - 4.0 == pytest.approx(2.776445 * 5**0.5 / 5**0.5, rel=1e-6)
    assert 4.0 - found.low == pytest.approx(found.high - 4.0)


def test_the_interval_agrees_with_scipy() -> None:
    values = [0.31, 0.29, 0.335, 0.3, 0.28, 0.31]
    low, high = stats.t.interval(0.95, len(values) - 1, loc=sum(values) / len(values), scale=stats.sem(values))
    found = mean_interval(values)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_equal_runs_have_an_interval_without_width_to_the_last_digit() -> None:
    assert mean_interval([0.1] * 3) == (0.1, 0.1, 0.1)
    assert mean_interval([0.0] * 7) == (0.0, 0.0, 0.0)


def test_one_run_has_a_mean_and_no_interval() -> None:
    found = mean_interval([0.25])
    assert found.mean == 0.25
    assert isnan(found.low)
    assert isnan(found.high)


def test_a_run_without_the_figure_makes_mean_and_interval_unknown() -> None:
    assert all(isnan(value) for value in mean_interval([1.0, nan, 3.0]))
    assert all(isnan(value) for value in mean_interval([]))


def test_the_interval_is_cut_where_the_quantity_ends() -> None:
    found = mean_interval([0.0, 0.0, 0.0, 0.01], least=0.0, most=1.0)
    assert found.low == 0.0
    assert 0.0025 < found.high < 0.02
