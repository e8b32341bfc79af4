"""Every sheet can be shown as it is saved: no letters are cut off, none stand on others, the title clears what it is about."""

from __future__ import annotations

from functools import cache
from itertools import combinations, pairwise
from typing import Any

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.text import Text
from matplotlib.transforms import Bbox

import mailsim
from mailsim.language import languages
from mailsim.plots.impact import impact
from mailsim.plots.outcomes_by_length import outcomes_by_length
from mailsim.plots.raster import raster
from mailsim.plots.sequence import sequence
from mailsim.plots.style import SIZES
from mailsim.results import Result

#: few dots per inch, where letters come out widest, as a presenter's quick export
DPI = 80

NAMES = ["timeline", "latency", "sawtooth", "queues", "topology", "budget", "mx_share", "outcomes", "raster", "dns_cache"]

#: seven faults of every kind one shortly after the other, which leave little room for their labels
FLAPPING = [
    {"kind": "outage", "target": "mx1", "start": f"{60 + 42 * k}m", "length": "20m", "how": how}
    for k, how in enumerate(["silent", "refused", "4xx", "5xx", "silent", "unreachable", "silent"])
]
#: and two at the right end of the picture
FLAPPING += [{"kind": "outage", "target": target, "start": "11h", "length": "50m"} for target in ("mx1", "boxes")]


@cache
def result_of(name: str) -> Result:
    if name == "flapping":
        return mailsim.load("primary-outage").replace("faults", FLAPPING).replace("name", "word " * 19 + "end").run(seed=7)
    return mailsim.load(name).run(seed=7)


def letters_of(ax: Axes) -> dict[Text, Bbox]:
    """All letters that a figure shows, with the rectangle that each takes when saved with few dots per inch."""
    figure: Any = ax.figure
    figure.set_dpi(DPI)
    figure.draw_without_rendering()
    found: list[Text] = [*figure.findobj(lambda artist: isinstance(artist, Text) and artist.get_text() == figure.get_supxlabel())]
    for one in figure.axes:
        legend = one.get_legend()
        found += [one.title, *one.texts, *(legend.get_texts() if legend is not None else [])]
        for axis in [axis for axis in (one.xaxis, one.yaxis) if one.axison and axis.get_visible()]:
            low, high = sorted(axis.get_view_interval())
            ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
            found += [axis.label, *(label for tick in ticks for label in (tick.label1, tick.label2))]
    shown = [text for text in found if text.get_visible() and text.get_text().strip()]
    return {text: Text.get_window_extent(text) for text in shown}


def assert_inside(ax: Axes) -> dict[Text, Bbox]:
    boxes, figure = letters_of(ax), ax.figure.bbox
    for text, box in boxes.items():
        assert box.x0 >= 0, text
        assert box.y0 >= 0, text
        assert box.x1 <= figure.x1, text
        assert box.y1 <= figure.y1, text
    return boxes


def assert_apart(boxes: dict[Text, Bbox]) -> None:
    """No two texts share more than an edge (a rectangle of letters includes the room of their descenders)."""
    for (one, first), (other, second) in combinations(boxes.items(), 2):
        wide = min(first.x1, second.x1) - max(first.x0, second.x0)
        high = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert not (wide > 1 and high > 2), (one, other)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("style", SIZES)
@pytest.mark.parametrize("world", ["primary-outage", pytest.param("backup-spool-48h", marks=pytest.mark.slow), "flapping"])
def test_all_letters_lie_inside_the_sheet_and_apart(world: str, style: str, name: str) -> None:
    assert_apart(assert_inside(getattr(result_of(world).plot, name)(style=style)))


@pytest.mark.parametrize("name", ["timeline", "topology", "latency", "sawtooth", "queues", "mx_share", "outcomes", "raster"])
@pytest.mark.parametrize("style", SIZES)
def test_german_letters_lie_inside_the_sheet_and_apart_too(style: str, name: str) -> None:
    assert_apart(assert_inside(getattr(result_of("flapping").plot, name)(style=style, language="de")))


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("style", SIZES)
def test_the_letters_of_an_instant_lie_inside_the_sheet_and_apart(style: str, language: str) -> None:
    ax = result_of("primary-outage").plot.topology(at="2h", style=style, language=language)  # type: ignore[arg-type]
    assert_apart(assert_inside(ax))
    legend = ax.get_legend()
    assert legend is not None
    assert legend.get_window_extent().x1 <= ax.figure.bbox.x1


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("style", SIZES)
def test_the_letters_of_two_timelines_lie_inside_the_sheet_and_apart(style: str, language: str) -> None:
    ax = result_of("primary-outage").plot.timeline(beside=result_of("flapping"), style=style, language=language)  # type: ignore[arg-type]
    assert_apart(assert_inside(ax))
    legend = next(one.get_legend() for one in ax.figure.axes if one.get_legend() is not None)
    assert legend.get_window_extent().x1 <= ax.figure.bbox.x1


@pytest.mark.parametrize("style", SIZES)
@pytest.mark.parametrize(
    ("world", "kind", "lines"),
    [("first-mail", "slowest", 1), ("primary-outage", "slowest", 2), ("backup-spool-48h", "bounced", 2), ("wrong-password", "slowest", 1)],
)
def test_the_letters_of_a_story_lie_inside_the_sheet_and_the_title_clears_the_boxes(world: str, kind: str, lines: int, style: str) -> None:
    ax = sequence(result_of(world).example(kind).explain(), style=style)  # type: ignore[arg-type]
    boxes = assert_inside(ax)
    assert_apart(boxes)
    assert ax.get_title().count("\n") == lines - 1
    frames = [text.get_bbox_patch().get_window_extent() for text in ax.texts if text.get_text() in {"ann", "dns", "mx1"}]
    assert len(frames) == 3
    assert max(frame.y1 for frame in frames) < boxes[ax.title].y0


@pytest.mark.parametrize("style", SIZES)
def test_true_to_time_the_letters_of_a_story_lie_inside_the_sheet_and_apart(style: str) -> None:
    for world, kind in (("backup-spool-48h", "bounced"), ("primary-outage", "slowest")):
        assert_apart(assert_inside(sequence(result_of(world).example(kind).explain(), scale="time", style=style)))  # type: ignore[arg-type]


@pytest.mark.parametrize("style", SIZES)
def test_names_as_long_as_host_names_stay_in_their_columns(style: str) -> None:
    world = mailsim.load("first-mail")
    story = world.run(seed=7).explain(0)
    ax = sequence(_renamed(story), style=style)
    boxes = assert_inside(ax)
    frames = sorted((box.x0, box.x1) for text, box in boxes.items() if text.get_text().endswith(".example"))
    assert len(frames) >= 5
    assert all(end < start for (_, end), (start, _) in pairwise(frames))


def _renamed(story: Any) -> Any:
    from dataclasses import replace

    def long(name: str) -> str:
        return f"the-host-of-{name}.example" if name else name

    return replace(story, steps=tuple(replace(step, who=long(step.who), peer=long(step.peer)) for step in story.steps))


@pytest.mark.parametrize("style", SIZES)
@pytest.mark.parametrize("of", [None, "late", "delay"])
def test_the_letters_of_a_study_lie_inside_the_sheet_and_apart(of: Any, style: str) -> None:
    hour, day = 3600.0, 86_400.0
    rows = [
        (layout, length, run, share, min(1.0, length / day), length / 2 if share < 0.5 else float("nan"), length, 0.0)
        for layout, most in (("a layout with quite a long name", 0.9), ("backup MX at another site", 0.7), ("third", 0.2))
        for length, share in ((hour / 12, 0.0), (hour, 0.0), (6 * hour, 0.0), (day, 0.01), (2 * day, 0.1), (5 * day, most), (7 * day, most))
        for run in (0, 1)
    ]
    columns = ["layout", "length_s", "run", "bounced_share", "late_1h_share", "delay_p50_s", "delay_p95_s", "censored_share"]
    assert_apart(assert_inside(impact(pd.DataFrame(rows, columns=columns), style=style, of=of, caption="mailsim · seeds 1 to 2")))  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("style", SIZES)
def test_the_letters_of_outcomes_by_length_lie_inside_the_sheet_and_apart(style: str, language: str) -> None:
    day = 86_400.0
    rows = [
        ("one", length, outcome, count)
        for length, late in ((day / 4, 200), (day, 199), (2 * day, 198), (4 * day, 195), (5 * day, 170), (6 * day, 140), (8 * day, 100))
        for outcome, count in (("in_time", 2), ("late", late - 5), ("bounced", 200 - late), ("rejected", 3))
    ]
    table = pd.DataFrame(rows, columns=["layout", "length_s", "outcome", "messages"])
    kept = {"James": 600.0, "mx2 (backup MX)": 2 * day, "Exim 4.96": 4 * day, "Postfix 3.7": 5 * day, "qmail (notqmail)": 9 * day}
    assert_apart(assert_inside(outcomes_by_length(table, lifetimes=kept, style=style, caption="mailsim · seed 1", language=language)))  # type: ignore[arg-type]


@pytest.mark.parametrize("style", SIZES)
@pytest.mark.parametrize("outage", ["6h", pytest.param("48h", marks=pytest.mark.slow)])
@pytest.mark.parametrize("language", ["en", "de"])
def test_the_letters_of_a_raster_of_all_programs_lie_inside_the_sheet_and_apart(language: str, outage: str, style: str) -> None:
    assert_apart(assert_inside(raster(outage=outage, style=style, language=language)))  # type: ignore[arg-type]


def test_names_and_fates_of_all_programs_can_be_read_from_the_last_row() -> None:
    """On a slide no letters are smaller than nine tenths of its letters."""
    ax = raster(style="slide")
    figure: Any = ax.figure
    assert len(figure.axes) == 2
    for column in figure.axes:
        sizes = [label.get_fontsize() for label in column.get_yticklabels()] + [text.get_fontsize() for text in column.texts[1:]]
        assert min(sizes) >= 0.9 * SIZES["slide"].font


@pytest.mark.parametrize("style", SIZES)
def test_a_legend_is_shown_whole(style: str) -> None:
    for name in ("timeline", "latency", "queues", "budget", "mx_share", "outcomes", "raster", "dns_cache"):
        ax = getattr(result_of("backup-spool-48h").plot, name)(style=style)
        letters_of(ax)
        box, figure = ax.get_legend().get_window_extent(), ax.figure.bbox
        assert 0 <= box.x0 < box.x1 <= figure.x1
        assert 0 <= box.y0 < box.y1 < ax.bbox.y0
