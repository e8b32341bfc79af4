"""The dashboard holds the four pictures as they are by themselves, under one headline, with one caption and one description."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.text import Text

from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.events import State
from mailsim.plots.dashboard import dashboard, describe_dashboard
from mailsim.plots.latency import describe_latency
from mailsim.plots.outcomes import describe_outcomes
from mailsim.plots.picture import Sheet, describe, drawn, png, title_of
from mailsim.plots.queues import describe_queues
from mailsim.plots.timeline import describe_timeline
from mailsim.results import Result
from mailsim.scenario import load
from small_logs import outage_log, small_result, small_scenario

PICTURES = ("timeline", "queues", "latency", "outcomes")


@cache
def ran(name: str) -> Result:
    return load(name).run(seed=7)


def pictures_of(sheet: Sheet) -> list[Axes]:
    """The axes with a title: a picture may have a second scale at its right."""
    return [ax for ax in sheet.axes if title_of(ax)]


def test_each_of_the_four_is_the_picture_that_it_is_alone() -> None:
    result = ran("primary-outage")
    sheet = result.plot.dashboard()
    for ax, name in zip(pictures_of(sheet), PICTURES, strict=True):
        alone = getattr(result.plot, name)()
        assert title_of(ax) == title_of(alone)
        drawn_things = [[len(one.lines), len(one.collections), len(one.patches)] for one in (ax, alone)]
        assert drawn_things[0] == drawn_things[1]


def test_timeline_and_queues_share_one_axis_of_time_and_the_window() -> None:
    first, second, *_ = pictures_of(dashboard(ran("primary-outage"), window=("1h", "6h")))
    assert first.get_xlim() == second.get_xlim() == (3600.0, 21600.0)


def test_headline_counts_what_became_of_the_mail() -> None:
    """Of six deliveries two arrived in time and one late; one came back, one was rejected, one still waits."""
    sheet = dashboard(small_result())
    assert title_of(sheet).endswith(": 3 of 6 deliveries are in the mailbox; 1 came back, 1 was rejected and 1 is still under way.")
    german = title_of(dashboard(small_result(), language="de"))
    assert german.endswith(": 3 von 6 Zustellungen im Postfach; 1 kam zurück, 1 wurde abgewiesen und 1 ist noch unterwegs.")


def test_nobody_sent_anything_is_said() -> None:
    log = outage_log()
    for row in range(len(log.messages["state"])):
        log.messages["state"][row] = State.UNSENT
    assert title_of(dashboard(Result(small_scenario(), 7, log))).endswith(": Nobody sent anything.")


def test_there_is_one_caption_and_one_description() -> None:
    result = small_result()
    sheet = dashboard(result)
    assert sheet.get_supxlabel().startswith("mailsim ")
    said = describe(sheet)
    assert said == describe_dashboard(result)
    for part in (describe_timeline, describe_queues, describe_latency, describe_outcomes):
        assert part(result) in said


def test_a_notebook_shows_it_by_itself_with_its_description() -> None:
    sheet = dashboard(small_result())
    assert isinstance(sheet, Sheet)
    page = sheet._repr_html_()
    assert page.startswith('<figure><img src="data:image/png;base64,')
    assert "Four pictures of one run." in page
    assert png(sheet).startswith(b"\x89PNG")
    assert drawn(sheet, "svg").startswith(b"<?xml")


@pytest.mark.parametrize(("style", "width", "height"), [("print", 1650, 1162), ("slide", 1920, 1080)])
def test_a_sheet_has_the_shape_of_a_page_across_or_of_a_wall(style: Any, width: int, height: int) -> None:
    sheet = dashboard(ran("primary-outage"), style=style)
    assert sheet.get_figwidth() * sheet.dpi == pytest.approx(width)
    assert sheet.get_figheight() * sheet.dpi == pytest.approx(height, abs=1)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("style", ["print", "slide"])
@pytest.mark.parametrize("name", ["primary-outage", pytest.param("backscatter", marks=pytest.mark.slow)])
def test_no_letters_leave_the_sheet_and_no_title_or_legend_stands_on_another_picture(name: str, style: Any, language: str) -> None:
    sheet: Any = dashboard(ran(name), style=style, language=language)
    sheet.draw_without_rendering()
    ticks = {label for ax in sheet.axes for axis in (ax.xaxis, ax.yaxis) for label in axis.get_ticklabels()}  # some outside, not shown
    for text in sheet.findobj(lambda artist: isinstance(artist, Text) and artist.get_visible() and bool(artist.get_text().strip())):
        if text in ticks:
            continue
        box = Text.get_window_extent(text)
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.y1 <= sheet.bbox.y1, text
    for one, other in combinations(pictures_of(sheet), 2):
        first, second = one.get_tightbbox(), other.get_tightbbox()
        wide = min(first.x1, second.x1) - max(first.x0, second.x0)
        high = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert not (wide > 1 and high > 1), (one.get_title(), other.get_title())


def test_without_event_rows_it_is_refused_and_so_is_an_unknown_style() -> None:
    with pytest.raises(UnsupportedError, match="queues"):
        dashboard(small_result(level="messages"))
    with pytest.raises(UnknownNameError, match="style"):
        dashboard(small_result(), style="wall")  # type: ignore[arg-type]
