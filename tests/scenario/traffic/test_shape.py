"""Shapes of a week: hours of the local clock, days on which the clocks change worked out by hand, exact integrals."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.flavours import default
from mailsim.scenario.traffic.shape import SCALE, Piece, Shape, pieces, shape_presets, weighed
from mailsim.units import instant

H = 3_600_000_000
DAY = 24 * H


def only(*hours: int) -> Shape:
    """Mail in these hours only."""
    return Shape(hours=tuple(float(hour in hours) for hour in range(24)))


def busy(shape: Shape, starts: str, until: int) -> list[tuple[float, float]]:
    """Hours after the start between which there is mail."""
    return [(p.start_us / H, p.end_us / H) for p in pieces(shape.weekly(), instant(starts), 0, until) if p.weight]


def test_weights_are_one_on_the_mean_of_a_week() -> None:
    week = only(9).weekly().weights
    assert week[0][9] == 24 * SCALE  # all mail of 24 hours in one
    assert sum(map(sum, week)) == 168 * SCALE
    # Saturday and Sunday at 30 %: a week is 5.6 working days, so a working day has 7/5.6 = 1.25 of the mean
    week = Shape(days=(1, 1, 1, 1, 1, 0.3, 0.3)).weekly().weights
    assert (week[0][0], week[6][0]) == (round(1.25 * SCALE), round(0.375 * SCALE))


def test_the_office_is_as_described() -> None:
    assert set(shape_presets()) == {"office", "flat"}
    office = Shape.model_validate(default("shape.office"))
    assert max(range(24), key=office.hours.__getitem__) == 10
    assert [office.hours[h] / office.hours[10] for h in (0, 1, 2, 3, 4, 5, 23)] == [0.2] * 7
    assert [office.days[d] / office.days[0] for d in (5, 6)] == [0.3, 0.3]


def test_an_hour_that_the_clock_skips_has_no_mail() -> None:
    # Berlin, 2026-03-29: at 2:00 the clocks show 3:00; the day has 23 hours
    start = "2026-03-29 00:00 Europe/Berlin"
    assert busy(only(2), start, 23 * H) == []
    assert busy(only(3), start, 23 * H) == [(2, 3)]
    assert busy(only(0), start, 24 * H) == [(0, 1), (23, 24)]  # the 24th hour is 0:00 of the next day


def test_an_hour_that_happens_twice_has_mail_twice() -> None:
    # Berlin, 2026-10-25: at 3:00 the clocks show 2:00 again; the day has 25 hours
    start = "2026-10-25 00:00 Europe/Berlin"
    assert busy(only(2), start, 25 * H) == [(2, 3), (3, 4)]
    assert busy(only(3), start, 25 * H) == [(4, 5)]
    assert busy(only(23), start, 25 * H) == [(24, 25)]


def test_clocks_that_change_by_half_an_hour_are_followed() -> None:
    # Lord Howe, 2026-04-05: at 2:00 the clocks show 1:30, so the hour from 1:00 lasts for 90 minutes
    start = "2026-04-05 00:00 Australia/Lord_Howe"
    assert busy(only(1), start, 5 * H) == [(1, 2), (2, 2.5)]
    assert busy(only(2), start, 5 * H) == [(2.5, 3.5)]


def test_a_change_of_the_clocks_within_an_hour_cuts_it() -> None:
    # St. John's, 2010-03-14: at 0:01 the clocks show 1:01; the hour from 0:00 lasts for a minute, that from 1:00 for 59
    start = "2010-03-14 00:00 America/St_Johns"
    minute = H // 60
    found = list(pieces(only(0).weekly(), instant(start), 0, H))
    assert found == [Piece(0, minute, 24 * SCALE), Piece(minute, H, 0)]


def test_hours_of_a_zone_with_a_quarter_begin_there() -> None:
    # Kathmandu is 5:45 ahead: 0:00 UTC is 5:45 there
    assert busy(only(6), "2026-01-05 05:45 Asia/Kathmandu", 3 * H) == [(0.25, 1.25)]


def test_the_week_begins_on_the_day_of_the_calendar() -> None:
    # 2026-01-09 is a Friday: 15 of its hours are left at 9:00, then two days without, then Monday
    working = Shape(days=(1, 1, 1, 1, 1, 0, 0))
    found = busy(working, "2026-01-09 09:00 Europe/Berlin", 4 * DAY)
    assert (found[0], found[14], found[15]) == ((0, 1), (14, 15), (15 + 48, 15 + 49))


def test_before_the_start_the_calendar_goes_on() -> None:
    found = [p for p in pieces(only(23).weekly(), instant("2026-03-30 00:00 Europe/Berlin"), -30 * H, 0) if p.weight]
    # midnight of the day after the clocks went forward: 23:00 the evening before, and 23 hours earlier that of the day before
    assert [(p.start_us // H, p.end_us // H) for p in found] == [(-1, 0), (-24, -23)][::-1]


@given(
    starts=st.sampled_from(["2026-03-28 12:34:56 Europe/Berlin", "2026-10-24T07:00:01Z", "2026-04-04 23:30 Australia/Lord_Howe"]),
    cuts=st.lists(st.integers(-3 * DAY, 9 * DAY), min_size=3, max_size=6, unique=True).map(sorted),
    hours=st.lists(st.floats(0, 5), min_size=24, max_size=24).filter(lambda h: sum(h) > 1),
)
def test_pieces_fill_the_window_and_integrals_add_up(starts: str, cuts: list[int], hours: list[float]) -> None:
    week, at = Shape(hours=tuple(hours), days=(1, 1, 1, 1, 1, 0.5, 0.25)).weekly(), instant(starts)
    found = list(pieces(week, at, cuts[0], cuts[-1]))
    assert (found[0].start_us, found[-1].end_us) == (cuts[0], cuts[-1])
    assert all(one.end_us == other.start_us for one, other in itertools.pairwise(found))
    assert all(one.start_us < one.end_us for one in found)
    parts = sum(weighed(week, at, low, high) for low, high in itertools.pairwise(cuts))
    assert parts == weighed(week, at, cuts[0], cuts[-1])


def test_weights_that_are_all_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="all weights of hours are 0; leave the traffic out to send nothing"):
        Shape(hours=(0.0,) * 24)
