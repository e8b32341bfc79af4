"""Proves where a figure agrees with a recorded range; each range worked by hand."""

import pytest

from mailsim.validation.agreement.bands import outside, span, within


@pytest.mark.parametrize(
    ("value", "recorded", "slack", "agrees"),
    [
        (10.0, [10.0, 12.0], 0.0, True),
        (8.0, [10.0, 12.0], 2.0, True),  # the edge belongs to it
        (7.9, [10.0, 12.0], 2.0, False),
        (14.0, [10.0, 12.0], 2.0, True),
        (14.1, [10.0, 12.0], 2.0, False),
        (11.0, [None, 12.0, None], 1.0, True),  # what a repeat lacks says nothing
        (None, [None, None], 0.0, True),
        (None, [None, 1.0], 9.0, False),
        (0.0, [None], 9.0, False),
        (None, [], 0.0, True),
    ],
)
def test_a_figure_agrees_inside_the_range_and_its_slack(value, recorded, slack, agrees):
    assert within(value, recorded, slack) is agrees


def test_the_sentence_names_figure_and_range():
    assert outside("try 2 at", 3.14159, [1.0, 2.5]) == "try 2 at 3.142, recorded 1 to 2.5"
    assert outside("bounced at", None, [None]) == "bounced at nothing, recorded nothing"
    assert span([5, 5]) == "5"
