"""Marks are drawn one by one or gathered, and none is lost."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from mailsim.plots.marks import COLUMNS, CROWD, Mark, draw_marks, gathered, legend_for
from mailsim.plots.style import LOOKS


def test_few_marks_are_drawn_one_by_one_in_order() -> None:
    some = gathered(np.array([5.0, 1.0, 99.0]), 0, 10)
    assert some.t_s.tolist() == [1, 5]
    assert some.stands_for.tolist() == [1, 1]


@given(st.lists(st.floats(0, 100), min_size=CROWD + 1, max_size=500))
def test_a_crowd_is_gathered_so_that_none_is_lost_and_no_column_has_two(times: list[float]) -> None:
    some = gathered(np.array(times), 0, 100)
    assert len(some.t_s) <= COLUMNS
    assert int(some.stands_for.sum()) == len(times)
    assert (np.diff(some.t_s) >= 0).all()


def test_a_mark_that_stands_for_many_is_larger() -> None:
    ax = Figure().add_subplot()
    draw_marks(ax, [Mark("ok", "", np.concatenate((np.full(200, 1.0), [9.0])))], y=0.5, style="print", window=(0, 10))
    sizes = ax.collections[0].get_sizes()
    assert len(sizes) == 2
    assert sizes[0] > 2 * sizes[1]


def test_every_look_differs_from_every_other_by_more_than_its_colour() -> None:
    """Those of questions to resolvers stand in a picture of their own, and apart from each other."""
    of_mail = [look for key, look in LOOKS.items() if key not in {"stored", "read", "lost_reply"} and not key.startswith("dns_")]
    of_questions = [look for key, look in LOOKS.items() if key.startswith("dns_")]
    for looks in (of_mail, of_questions):
        assert len({(look.marker, look.filled) for look in looks}) == len(looks)


def test_the_legend_names_the_looks_that_occur_and_no_other() -> None:
    ax = Figure().add_subplot()
    legend_for(ax, [Mark("ok", "", np.array([1.0])), Mark("silence", "", np.array([]))], way="slowest", queue=False, style="print")
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["taken", "way of the slowest mail"]


def test_what_looks_the_same_stands_in_the_legend_once() -> None:
    ax = Figure().add_subplot()
    legend_for(ax, [Mark("ok", "", np.array([1.0])), Mark("stored", "", np.array([2.0]))], way="", queue=False, style="print")
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["taken / in the mailbox"]
