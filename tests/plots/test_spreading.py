"""Labels of one moment are written below one another, and a label with room of its own stays where it is."""

from __future__ import annotations

import pytest

from mailsim.plots.spreading import Box, spread


def spread_on_ten(*wished: Box, taken: tuple[Box, ...] = (), most: int = 6) -> list[float | None]:
    return spread(wished, low=0, high=10, step=1, most=most, taken=taken)


def test_labels_far_apart_in_time_stay_where_they_are() -> None:
    assert spread_on_ten(Box(0, 1, 2), Box(0, 1, 3), Box(0, 1, 7)) == [2, 3, 7]


def test_labels_of_one_moment_side_by_side_share_a_line() -> None:
    assert spread_on_ten(Box(0, 1, 2), Box(1, 2, 2.1), Box(2, 3, 2)) == [2, 2, 2]


def test_labels_of_one_moment_that_would_stand_on_each_other_follow_below_in_order_of_time() -> None:
    """The third has room in the first line, but would be read before the second there; between first and second line the arrow is free."""
    assert spread_on_ten(Box(0, 1, 2), Box(0, 3, 2), Box(2, 3, 2), Box(5, 6, 2.2)) == pytest.approx([2, 3.6, 4.6, 4.6])


def test_at_the_lower_end_they_stand_above_and_the_last_one_at_its_wish() -> None:
    assert spread_on_ten(Box(0, 1, 9), Box(0, 1, 9.5), Box(0, 1, 9.5)) == pytest.approx([7.5, 8.5, 9.5])


def test_what_would_stand_on_a_label_that_stays_stands_below_it() -> None:
    assert spread_on_ten(Box(0, 1, 2), taken=(Box(0.5, 0.6, 2.5),)) == [4]
    assert spread_on_ten(Box(0, 1, 2), Box(0, 1, 2), Box(0, 1, 3.1)) == pytest.approx([2, 3.6, 5.1])


def test_what_needs_too_many_lines_or_would_leave_the_sheet_is_left_out() -> None:
    assert spread_on_ten(*[Box(0, 1, 2)] * 4, most=2) == [2, pytest.approx(3.6), None, None]
    assert spread_on_ten(Box(0, 1, 9.5), taken=(Box(0, 1, 9.5),)) == [None]


def test_no_labels_are_no_places() -> None:
    assert spread_on_ten() == []
