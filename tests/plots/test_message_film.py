"""The film of a message: the envelope goes from node to node as its story tells, one frame to halt at for each step."""

from __future__ import annotations

from itertools import groupby

import pytest

from mailsim.errors import UnknownNameError
from mailsim.events import Event
from mailsim.language import printable, speaking
from mailsim.plots.animation import cursor_on, sheet
from mailsim.plots.lanes import path_order
from mailsim.plots.message_film import Letter, scenes
from mailsim.plots.picture import drawing
from mailsim.plots.stage import Stage
from mailsim.plots.style import COLOURS
from mailsim.plots.ways import ways
from mailsim.stories.explain import explain
from small_logs import small_result


def where(number: int) -> list[str]:
    return [node for node, _ in groupby(scene.now for scene in scenes(small_result().explain(number)))]


def test_the_message_goes_by_the_fallback_to_its_reader() -> None:
    assert where(1) == ["ann", "isp", "mx2", "mx1", "boxes", "bob"]


def test_a_returned_message_stays_where_it_was_given_up() -> None:
    assert where(2) == ["ann", "isp", "mx2"]


def test_there_is_one_frame_to_halt_at_for_each_step_of_the_story() -> None:
    story = small_result().explain(1)
    assert [scene.step for scene in scenes(story) if scene.part == 1] == list(story.shown)


def test_a_contact_runs_from_who_calls_to_who_is_called() -> None:
    tried = [scene for scene in scenes(small_result().explain(1)) if scene.step.event == Event.TRIED]
    assert {(scene.start, scene.end, scene.step.failed) for scene in tried} >= {("isp", "mx1", True), ("isp", "mx2", False)}
    assert all(scene.was == scene.now for scene in tried)
    assert [scene.part for scene in tried[:4]] == [0.25, 0.5, 0.75, 1]


def drawn(number: int, event: Event, part: float, **wish: bool) -> Letter:
    """The envelope as it stands on the frame of the first step of that kind."""
    result = small_result()
    scene = next(
        scene
        for scene in scenes(result.explain(number))
        if scene.step.event == event and scene.part == part and scene.step.failed == wish.get("failed", False)
    )
    with drawing(None, style="print") as ax:
        below = sheet(ax, "print")
        stage = Stage(ax, path_order(result.scenario), ways(result.scenario, result.log), queues=(), fullest=1, style="print")
        cursor_on(below, stage, "print")
        letter = Letter(stage)
        letter.show(scene)
    return letter


def test_the_envelope_is_drawn_between_two_boxes_and_then_at_the_second() -> None:
    half, there = drawn(1, Event.ACCEPTED, 0.5), drawn(1, Event.ACCEPTED, 1)
    place = half.stage.place
    assert place["ann"][0] < half.letter.get_xdata()[0] < place["isp"][0]
    assert there.letter.get_xdata()[0] == pytest.approx(place["isp"][0], abs=0.3)
    assert half.arrow.get_visible()


def test_a_failed_contact_ends_in_a_cross() -> None:
    failed, fine = drawn(1, Event.TRIED, 1, failed=True), drawn(1, Event.TRIED, 1)
    assert failed.cross.get_visible()
    assert not fine.cross.get_visible()
    assert not drawn(1, Event.TRIED, 0.5, failed=True).cross.get_visible()


def test_a_returned_envelope_looks_different() -> None:
    assert drawn(2, Event.BOUNCED, 1).letter.get_markerfacecolor() == COLOURS["bounced"]
    assert drawn(1, Event.STORED, 1).letter.get_markerfacecolor() == COLOURS["note"]


@pytest.mark.parametrize("language", ["en", "de"])
def test_each_frame_is_told_by_the_sentence_of_its_step(language: str) -> None:
    with speaking(language):
        story = explain(small_result(), 0, language=language)
    film = small_result().plot.animation(message=0, language=language)
    halts = [frame for frame in film.frames if frame.halt]
    assert len(halts) == len(story.shown)
    for frame, step in zip(halts, story.shown, strict=True):
        assert printable(step.text) in frame.words
        assert frame.hold_ms > 1000
    assert film.title == story.title
    assert film.language == language
    assert story.shown[-1].text in film.describe()


def test_there_is_no_film_of_a_message_that_is_not() -> None:
    with pytest.raises(UnknownNameError, match="99"):
        small_result().plot.animation(message=99)
