"""Pictures of a page: without their titles, which the page says, and with labels that fit the small axes."""

from __future__ import annotations

from io import BytesIO

from matplotlib.figure import Figure
from matplotlib.image import imread

from mailsim.plots.panels import fold_long_labels, panels
from mailsim.plots.picture import describe, title_of
from small_logs import small_result


def test_each_has_the_title_and_the_description_of_the_picture_alone() -> None:
    result = small_result()
    for panel, name in zip(panels(result), ("timeline", "latency", "queues", "outcomes"), strict=True):
        alone = getattr(result.plot, name)()
        assert (panel.title, panel.description) == (title_of(alone), describe(alone))


def test_neighbours_of_a_row_are_of_one_height_and_all_of_one_width() -> None:
    shapes = [imread(BytesIO(panel.png)).shape[:2] for panel in panels(small_result())]
    assert shapes[0] == shapes[1]
    assert shapes[2] == shapes[3]
    assert len({wide for _, wide in shapes}) == 1


def test_a_label_longer_than_its_axis_stands_in_two_lines_and_no_other() -> None:
    sheet = Figure(figsize=(4, 1.6), layout="constrained")
    long, short = sheet.subplots(1, 2)
    long.set_ylabel("messages that wait in queues of all")
    short.set_ylabel("share")
    fold_long_labels(sheet)
    assert long.get_ylabel() == "messages that wait\nin queues of all"
    assert short.get_ylabel() == "share"
