"""A film shows the run at each instant as the tables have it, in both languages, always the same, and changes nothing of matplotlib's."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from itertools import combinations
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

import mailsim
from mailsim.errors import LimitError, UnsupportedError
from mailsim.language import languages
from mailsim.plots.animation import animation
from mailsim.plots.film import Film
from mailsim.plots.lanes import path_order
from mailsim.plots.picture import drawing
from mailsim.plots.shots import shots
from mailsim.plots.stage import Stage
from mailsim.plots.style import COLOURS, SIZES
from mailsim.plots.ways import ways
from mailsim.results import Result
from small_logs import S, small_result


@cache
def result_of(name: str) -> Result:
    return mailsim.load(name).run(seed=7)


@cache
def small_film(language: str = "en", style: str = "print") -> Film:
    return small_result().plot.animation(frames=3, seconds=1.5, window=(0, 4200), language=language, style=style)  # type: ignore[arg-type]


def stage_at(t_s: float, since_s: float) -> Stage:
    """The network of the small world as it is drawn at an instant."""
    result = small_result()
    with drawing(None, style="print") as ax:
        stage = Stage(ax, path_order(result.scenario), ways(result.scenario, result.log), queues=["isp", "mx2"], fullest=6, style="print")
        shot = shots(result.scenario, result.log, np.array([round(since_s * S), round(t_s * S)]))[1]
        stage.show(shot.wrong, shot.waiting, shot.passed, turn=0)
    return stage


def test_a_gauge_and_a_number_say_what_waits() -> None:
    stage = stage_at(2100, 2000)
    box = stage.boxes["mx2"]
    assert box.number is not None
    assert box.bar is not None
    assert (box.number.get_visible(), box.number.get_text()) == (True, "3 waiting")
    empty = stage.boxes["isp"].bar
    assert empty is not None
    assert empty.get_width() == 0
    stage.show((), {"mx2": 6}, {}, turn=0)
    full = box.bar.get_width()
    stage.show((), {"mx2": 3}, {}, turn=0)
    assert box.bar.get_width() == pytest.approx(full / 2)  # 3 of 6


def test_a_box_is_hatched_and_labelled_while_its_node_is_at_fault() -> None:
    during, after = stage_at(2100, 2000), stage_at(4300, 4250)
    assert [node for node, box in during.boxes.items() if box.box.get_hatch()] == ["mx1"]
    assert during.boxes["mx1"].label.get_text() == "silent"
    assert mpl.colors.to_hex(during.boxes["mx1"].box.get_edgecolor()) == COLOURS["down"].lower()
    assert mpl.colors.to_hex(after.boxes["mx1"].box.get_edgecolor()) == COLOURS["delivered"].lower()
    assert not [node for node, box in after.boxes.items() if box.box.get_hatch() or box.label.get_visible()]


def test_a_way_is_lit_with_as_many_dots_as_mail_went_and_the_number() -> None:
    stage = stage_at(800, 650)
    lit = {pair: road for pair, road in stage.ways.items() if road.lit.get_visible()}
    assert {pair: road.number.get_text() for pair, road in lit.items()} == {
        ("ann", "isp"): "1",
        ("isp", "mx1"): "✗ 1",
        ("isp", "mx2"): "1",
        ("mx2", "mx1"): "✗ 1",
    }
    assert len(lit[("isp", "mx2")].dots.get_xdata()) == 1
    assert lit[("isp", "mx1")].cross.get_visible()
    assert not lit[("isp", "mx1")].dots.get_visible()
    assert lit[("isp", "mx2")].lit.get_edgecolor()[:3] == mpl.colors.to_rgb(COLOURS["transit"])
    assert lit[("isp", "mx1")].lit.get_edgecolor()[:3] == mpl.colors.to_rgb(COLOURS["bounced"])


def test_dots_lie_on_their_way_and_move_on_with_each_turn() -> None:
    stage = stage_at(800, 650)
    road = stage.ways[("isp", "mx2")]
    (x1, y1), (x2, y2) = road.ends
    first = float(road.dots.get_xdata()[0])
    assert x1 < first < x2
    assert min(y1, y2) <= float(road.dots.get_ydata()[0]) <= max(y1, y2)
    shot = shots(small_result().scenario, small_result().log, np.array([650 * S, 800 * S]))[1]
    stage.show(shot.wrong, shot.waiting, shot.passed, turn=1)
    assert float(road.dots.get_xdata()[0]) > first


def test_a_fault_of_a_link_stands_at_its_way() -> None:
    stage = stage_at(500, 400)
    stage.show((("mx1-isp", "lossy"),), {}, {}, turn=0)
    road = stage.ways[("isp", "mx1")]
    assert (road.number.get_visible(), road.number.get_text()) == (True, "lossy")


def test_a_film_has_its_frames_each_told_in_words() -> None:
    film = small_film()
    assert len(film) == 3
    assert film.seconds == 1.5
    assert [frame.hold_ms for frame in film.frames] == [500, 500, 500]
    assert film.frames[1].words == (
        "At 00:35: mx1 silent. Waiting: 3 at mx2. Handed over since 00:00: ann to isp 4, isp to mx1 1, isp to mx2 3, "
        "mx1 to boxes 1. Contacts that failed since 00:00: isp to mx1 3, mx2 to mx1 3."
    )
    assert film.frames[2].words.startswith("At 01:10 nothing is wrong. Waiting: 2 at mx2.")  # message 2 was returned at 4000 s


def test_in_german() -> None:
    film = small_film("de")
    assert film.frames[1].words.startswith("Stand 00:35: mx1 schweigt. Es warten: 3 bei mx2. Weitergegeben seit 00:00: ann an isp 4")
    assert film.describe().startswith("Ein Film aus 3 Bildern von 00:00 bis 01:10 des Laufs")
    assert film.title == mailsim.plots.picture.title_of(small_result().plot.timeline(language="de"))
    assert film.frames[1].png != small_film().frames[1].png


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("style", SIZES)
def test_frames_are_pictures_of_one_size_on_white_paper_and_differ(style: str, language: str) -> None:
    pictures = [Image.open(BytesIO(frame.png)).convert("RGB") for frame in small_film(language, style).frames]
    assert {picture.size for picture in pictures} == {pictures[0].size}
    assert all(picture.getpixel((0, 0)) == (255, 255, 255) for picture in pictures)
    assert len({picture.tobytes() for picture in pictures}) == 3


def test_the_same_result_gives_the_same_film() -> None:
    again = animation(small_result(), frames=3, seconds=1.5, window=(0, 4200), language="en")
    assert again == small_film()


def test_a_gif_holds_all_frames_and_their_times(tmp_path: Path) -> None:
    place = small_film().save(tmp_path / "film.gif")
    with Image.open(place) as picture:
        assert picture.n_frames == 3  # type: ignore[attr-defined]
        assert picture.info["loop"] == 0
        assert picture.info["duration"] == 500
        assert b"A film of 3 frames" in picture.info["comment"]


def test_a_film_is_saved_under_a_name_that_says_how(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match=r"try 'film\.gif'"):
        small_film().save(tmp_path / "film.mp4")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("wish", "error", "words"),
    [
        ({"frames": 1}, UnsupportedError, "at least 2"),
        ({"frames": 10_000}, LimitError, "at most 1,000"),
        ({"seconds": 0}, UnsupportedError, "seconds=0"),
        ({"window": ("2h", "1h")}, UnsupportedError, "empty"),
        ({"window": ("5h", "6h")}, UnsupportedError, "lies outside"),
    ],
)
def test_a_film_that_cannot_be_made_says_why(wish: dict[str, object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        small_result().plot.animation(**wish)  # type: ignore[arg-type]


def test_a_window_that_outlasts_the_run_ends_with_it() -> None:
    film = small_result().plot.animation(frames=2, window=(0, 99_999))
    assert film.frames[-1].words.startswith("At 02:13")  # 8000 s


def test_nothing_of_matplotlib_is_changed() -> None:
    import matplotlib.pyplot as plt

    before = dict(mpl.rcParams)
    small_result().plot.animation(frames=2)
    assert dict(mpl.rcParams) == before
    assert plt.get_fignums() == []


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("style", SIZES)
@pytest.mark.parametrize("world", ["primary-outage", "three-servers"])
def test_the_letters_of_a_frame_lie_inside_the_sheet_and_those_of_a_box_apart(
    world: str, style: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def look(figure: Any, moving: Any, count: int, show: Any) -> list[bytes]:
        figure.canvas.draw()
        show(1)
        for artist in moving:
            figure.draw_artist(artist)
        seen.extend([figure, *moving])
        return [b""] * count

    monkeypatch.setattr("mailsim.plots.animation.shot_frames", look)
    result_of(world).plot.animation(frames=3, window=("1h", "3h"), style=style, language=language)  # type: ignore[arg-type]
    figure, moving = seen[0], seen[1:]
    network, strip = figure.axes
    letters = [network.title, *network.texts, *strip.texts, *strip.get_legend().get_texts()]
    boxes = {text: Text.get_window_extent(text) for text in letters if text.get_text().strip() and text.get_visible()}
    for text, box in boxes.items():
        assert figure.bbox.x0 <= box.x0, text
        assert box.x1 <= figure.bbox.x1, text
        assert figure.bbox.y0 <= box.y0, text
        assert box.y1 <= figure.bbox.y1, text
    names = [text for text in boxes if text.get_ha() == "center" and text.get_va() == "center"]
    assert len(names) >= 8
    for one, other in combinations(names, 2):
        wide = min(boxes[one].x1, boxes[other].x1) - max(boxes[one].x0, boxes[other].x0)
        high = min(boxes[one].y1, boxes[other].y1) - max(boxes[one].y0, boxes[other].y0)
        assert not (wide > 1 and high > 3), (one, other)
    clock, words = (text for text in boxes if text in moving and text.get_va() == "baseline")
    assert boxes[clock].x1 < boxes[words].x0
    assert boxes[clock].y1 <= boxes[network.title].y0 + 1
