"""Outage bands say what was wrong and how long, and end with the run."""

from __future__ import annotations

from matplotlib.figure import Figure

from mailsim.events import ConditionSpan
from mailsim.plots.bands import Band, band_labels, bands, draw_band
from small_logs import S


def test_a_band_says_what_was_wrong_and_how_long() -> None:
    found = bands([ConditionSpan("mx1", "mx1", "silent", 3600 * S, 18_000 * S)], end_s=40_000)
    assert [(band.node, band.start_s, band.end_s, band.label) for band in found] == [("mx1", 3600, 18_000, "silent, 4 h")]


def test_a_band_that_outlives_the_run_ends_with_it() -> None:
    found = bands([ConditionSpan("mx1", "mx1", "refused", 10 * S, 1 << 62)], end_s=100)
    assert (found[0].end_s, found[0].label) == (100, "refused, to the end")


def test_a_request_has_no_length_and_is_labelled_where_it_is_seen() -> None:
    found = bands([ConditionSpan("mx2", "mx2", "flushed", 50 * S, 50 * S)], end_s=100)
    assert found[0].label == "flushed"
    assert band_labels(found, 0, 100, points=500, size=8) == ["flushed"]
    assert band_labels(found, 60, 100, points=500, size=8) == [""]


def test_a_fault_after_the_run_has_no_band() -> None:
    assert bands([ConditionSpan("mx1", "mx1", "silent", 100 * S, 200 * S)], end_s=100) == []


def test_stretches_too_many_to_be_told_apart_are_joined_where_they_nearly_touch() -> None:
    # 100 minutes, the first of each minute down for 30 s, then after a long rest once more: the picture is 60,000 s wide, and
    # what lies nearer than 1,000 s is one band.  Another node with as few as two keeps both.
    many = [ConditionSpan("mx1", "mx1", "silent", 60 * k * S, (60 * k + 30) * S) for k in range(100)]
    late = ConditionSpan("mx1", "mx1", "silent", 50_000 * S, 50_100 * S)
    others = [ConditionSpan("mx2", "mx2", "silent", t * S, (t + 20) * S) for t in (100, 200)]
    found = bands([*many, late, *others], end_s=60_000)
    assert [(band.node, band.start_s, band.end_s, band.label) for band in found] == [
        ("mx1", 0, 5970, "silent, 100 times"),
        ("mx2", 100, 120, "silent, 20 s"),
        ("mx2", 200, 220, "silent, 20 s"),
        ("mx1", 50_000, 50_100, "silent, 100 s"),
    ]
    assert len(bands(many[:20], end_s=1200)) == 20  # these can be told apart


def test_a_long_reply_is_cut_so_that_it_stays_a_label() -> None:
    found = bands([ConditionSpan("mx1", "mx1", "451 4.3.0 Temporary failure, try again later at rcpt", 0, 60 * S)], end_s=100)
    assert found[0].label == "451 4.3.0 Temporary failure…, 1 min"


def labels(*found: Band, points: float) -> list[str]:
    return band_labels(found, 0, 100, points=points, size=10)


def test_bands_with_room_have_their_whole_labels() -> None:
    assert labels(Band("a", 0, 20, "silent, 20 s"), Band("a", 50, 60, "451 later, 10 s"), points=1000) == [
        "silent, 20 s",
        "451 later, 10 s",
    ]


def test_a_label_that_would_run_into_the_next_band_is_shortened_or_left_out() -> None:
    # 10 s take 50 points: room for "silent", not for "silent, 5 s"; 2 s take 10 points: room for nothing
    close = (Band("a", 10, 15, "silent, 5 s"), Band("a", 20, 21, "refused, 1 s"), Band("a", 22, 25, "451 later, 3 s"))
    assert labels(*close, points=500) == ["silent", "", "451 later, 3 s"]


def test_a_label_near_the_right_end_ends_with_its_band() -> None:
    axes = Figure().add_subplot()
    axes.set_xlim(0, 100)
    draw_band(axes, Band("a", 90, 95, "silent, 5 s"), low=0, high=1, label="silent, 5 s")
    assert (axes.texts[0].xy[0], axes.texts[0].get_ha()) == (95, "right")  # type: ignore[attr-defined]
