"""Time on an axis is counted as people count it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from matplotlib.figure import Figure

from mailsim.errors import UnsupportedError
from mailsim.plots.timeaxis import ages_s, clock_axis, clock_text, duration_axis, duration_ticks, span_axis, window_s
from mailsim.units import instant

BERLIN = instant("2026-01-05 00:00 Europe/Berlin")


def labels_of(starts: str, low: float, high: float) -> list[str]:
    ax = Figure().add_subplot()
    clock_axis(ax, instant(starts), low, high)
    return [label.get_text() for label in ax.get_xticklabels()]


def test_durations_are_counted_as_people_count_them() -> None:
    assert [text for _, text in duration_ticks(0.5, 7 * 86_400)] == ["1 s", "10 s", "1 min", "10 min", "1 h", "1 d", "5 d"]


def test_ticks_never_stand_closer_than_the_room_allows() -> None:
    ticks = [value for value, _ in duration_ticks(1, 1e6, most=4)]
    assert all(later / earlier >= 10**1.5 * 0.999 for earlier, later in pairwise(ticks))


def test_a_duration_axis_is_logarithmic_and_has_no_other_ticks() -> None:
    ax = Figure().add_subplot()
    duration_axis(ax, 1, 3600)
    assert ax.get_xscale() == "log"
    assert [label.get_text() for label in ax.get_xticklabels()] == ["1 s", "3 s", "10 s", "1 min", "10 min", "1 h"]
    assert ax.get_xticks(minor=True).tolist() == []


def test_instants_are_round_clock_times_with_the_day_where_it_changes() -> None:
    assert labels_of("2026-01-05 22:30 UTC", 0, 4 * 3600) == [
        "22:30\nMon 5 Jan", "23:00", "23:30", "00:00\nTue 6 Jan", "00:30", "01:00", "01:30", "02:00", "02:30",
    ]  # fmt: skip


def test_long_stretches_are_counted_in_days() -> None:
    assert labels_of("2026-01-05 00:00 UTC", 0, 5 * 86_400) == [
        "Mon 5 Jan",
        "Tue 6 Jan",
        "Wed 7 Jan",
        "Thu 8 Jan",
        "Fri 9 Jan",
        "Sat 10 Jan",
    ]


def test_short_stretches_show_seconds() -> None:
    assert labels_of("2026-01-05 00:00 UTC", 60, 64)[:2] == ["00:01:00\nMon 5 Jan", "00:01:01"]


def test_an_instant_in_a_sentence_names_the_day_only_where_there_is_more_than_one() -> None:
    assert clock_text(BERLIN, 7800, span_s=3600 * 12) == "02:10"
    assert clock_text(BERLIN, 7800 + 86_400, span_s=3 * 86_400) == "02:10 on Tue 6 Jan"
    assert clock_text(BERLIN, 61, span_s=120) == "00:01:01"


def test_a_window_is_given_in_durations_or_seconds() -> None:
    assert window_s(("1h", 7200.0), 0, 1) == (3600, 7200)
    assert window_s(None, 3, 4) == (3, 4)
    with pytest.raises(UnsupportedError, match="is empty"):
        window_s(("2h", "1h"), 0, 1)


def test_stretches_of_a_second_or_two_show_tenths() -> None:
    ax = Figure().add_subplot()
    clock_axis(ax, instant("2026-01-05 00:00 UTC"), 60, 61.6)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["00:01:00.0\nMon 5 Jan", "00:01:00.5", "00:01:01.0", "00:01:01.5"]


@pytest.mark.parametrize(
    ("high_s", "ticks"),
    [
        (1.9, ["0", "0.5 s", "1 s", "1.5 s"]),
        (9000, ["0", "0.5 h", "1 h", "1.5 h", "2 h", "2.5 h"]),
        (3 * 86_400, ["0", "0.5 d", "1 d", "1.5 d", "2 d", "2.5 d", "3 d"]),
        (0.045, ["0", "5 ms", "10 ms", "15 ms", "20 ms", "25 ms", "30 ms", "35 ms", "40 ms", "45 ms"]),
    ],
)
def test_an_axis_of_durations_has_even_steps_in_one_unit(high_s: float, ticks: list[str]) -> None:
    ax = Figure().add_subplot()
    span_axis(ax, 0, high_s)
    assert [label.get_text() for label in ax.get_xticklabels()] == ticks
    assert ax.get_xlim() == (0, high_s)


def test_an_axis_of_durations_may_begin_later() -> None:
    ax = Figure().add_subplot()
    span_axis(ax, 4 * 3600 + 1, 8 * 3600)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["4.5 h", "5 h", "5.5 h", "6 h", "6.5 h", "7 h", "7.5 h", "8 h"]


def test_an_axis_of_a_single_instant_shows_a_second() -> None:
    ax = Figure().add_subplot()
    clock_axis(ax, BERLIN, 60.0, 60.0)
    assert ax.get_xlim() == (60.0, 61.0)


def test_a_logarithmic_stretch_begins_at_its_natural_start_where_the_window_begins_at_nothing() -> None:
    assert ages_s(None, 2, 50) == (2, 50)
    assert ages_s(("1m", "1h"), 2, 50) == (60, 3600)
    assert ages_s((0, "1h"), 2, 50) == (2, 3600)
    assert ages_s((0, 1), 2, 50) == (0.1, 1)  # the natural start lies beyond the window
    for window in ((0, 0), (-2, -1)):
        with pytest.raises(UnsupportedError, match=r"empty|ends at 0"):
            ages_s(window, 2, 50)
