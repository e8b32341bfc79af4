"""Letters take the room that was reckoned for them."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mailsim.plots.lettering import legend_below, overhang_of, width_pt, wrapped


def test_letters_of_twice_the_size_are_twice_as_wide_and_bold_ones_are_wider() -> None:
    assert width_pt("waiting", 20) == pytest.approx(2 * width_pt("waiting", 10), rel=0.01)
    assert width_pt("waiting", 10, bold=True) > width_pt("waiting", 10)


def test_a_text_that_fits_stays_on_one_line() -> None:
    assert wrapped("one two three", 500, 10) == "one two three"


def test_a_text_a_little_too_long_leaves_no_single_word_on_the_last_line() -> None:
    text = "Half of the mail sent during the fault arrived within two hours."
    lines = wrapped(text, width_pt(text, 10) - 1, 10).split("\n")
    assert " ".join(lines) == text
    assert len(lines) == 2
    assert " " in lines[1]


def test_no_line_is_wider_than_its_room_even_where_a_word_is() -> None:
    lines = wrapped(f"to {'a' * 200}@example.com", 100, 10).split("\n")
    assert max(width_pt(line, 10) for line in lines) <= 100
    assert "".join(lines).replace(" ", "") == f"to{'a' * 200}@example.com"


def test_what_no_break_spaces_join_stays_together() -> None:
    lines = wrapped("within 4.8\N{NO-BREAK SPACE}h", width_pt("within 4.8", 10) + 1, 10).split("\n")
    assert lines == ["within", "4.8\N{NO-BREAK SPACE}h"]


@pytest.mark.parametrize("entries", [2, 7, 14])
def test_a_legend_stands_below_the_tick_labels_and_is_no_wider_than_the_axes(entries: int) -> None:
    ax = Figure(figsize=(6, 4)).add_subplot()
    ax.set_xlabel("time")
    low = ax.bbox.y0 - overhang_of(ax).bottom * ax.figure.dpi / 72
    legend_below(ax, [Line2D([], [], label=f"a rather long entry {k}") for k in range(entries)], style="print")
    legend = ax.get_legend()
    assert legend is not None
    box = legend.get_window_extent()
    assert box.x0 == pytest.approx(ax.bbox.x0, abs=1)
    assert box.width <= ax.bbox.width
    assert box.y1 <= low


def test_no_handles_make_no_legend() -> None:
    ax = Figure().add_subplot()
    legend_below(ax, [], style="print")
    assert ax.get_legend() is None
