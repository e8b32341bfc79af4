"""The sheet of a sequence diagram is as high as its rows and title need, and keeps every label on it."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from mailsim.plots.lifelines import Paper, Row, height_in
from mailsim.plots.style import LOOKS, SIZES


def rows(count: int, *, label: str = "message", until_us: int = -1) -> list[Row]:
    return [Row(k * 1_000_000, k * 1_000_000, "a", "b", label, LOOKS["ok"], until_us) for k in range(count)]


def paper(marks: list[Row], names: str, *, scale: str = "rank") -> Paper:
    sheet = Paper(Figure(figsize=(8, 5)).add_subplot(), marks, names.split(), scale=scale, style="print")  # type: ignore[arg-type]
    sheet.lifelines()
    sheet.rows()
    return sheet


@pytest.mark.parametrize("style", SIZES)
def test_every_row_and_every_line_of_the_title_makes_the_sheet_higher(style: str) -> None:
    heights = [
        height_in(rows(count), title, scale="rank", style=style) for count, title in ((3, "t"), (4, "t"), (5, "t"), (3, "word " * 40))
    ]
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1])
    assert (heights[1] - heights[0]) * 72 > SIZES[style].font * 0.85 * 1.2  # a row has room for its letters
    assert heights[3] > heights[0] + 2 * SIZES[style].font / 72


def test_a_wait_takes_more_room_than_a_contact() -> None:
    assert paper(rows(3), "a b").y == [0, 1, 2]
    assert paper(rows(3, until_us=5), "a b").y == pytest.approx([0, 1.6, 3.2])


def test_true_to_time_rows_stand_where_their_instants_are() -> None:
    marks = [row._replace(since_us=at) for row, at in zip(rows(3), (0, 250, 1000), strict=True)]
    assert paper(marks, "a b", scale="time").y == pytest.approx([0, 0.5, 2])


@pytest.mark.parametrize("names", ["a b", "b a", "a b c d e f"])
def test_a_label_longer_than_its_arrow_stays_on_the_sheet(names: str) -> None:
    ax = paper(rows(2, label="a reply that is much longer than the way between two lifelines"), names).ax
    for text in (text for text in ax.texts if text.get_text()):
        box = Text.get_window_extent(text)
        assert box.x0 >= ax.bbox.x0 - 1
        assert box.x1 <= ax.bbox.x1 + 1
