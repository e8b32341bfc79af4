"""Units: text to integers and back, and a sentence for everything that is no duration, size, rate or instant."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.units import LONGEST_US, Instant, calendar, clock, duration, instant, micros, octets, per_second, rate

S = 1_000_000


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("5m", 300 * S),
        ("48h", 172_800 * S),
        ("1h30m", 5_400 * S),
        ("1h 30m", 5_400 * S),
        ("500ms", 500_000),
        ("40us", 40),
        ("40µs", 40),
        ("1w2d", 777_600 * S),
        ("1.5h", 5_400 * S),
        ("29.5s", 29_500_000),
        ("0.000001s", 1),
        ("5 minutes", 300 * S),
        ("PT5M", 300 * S),
        ("P1D", 86_400 * S),
        ("P1DT2H", 93_600 * S),
        ("PT1H30M0.5S", 5_400_500_000),
        ("P2W", 1_209_600 * S),
        ("0", 0),
        (0, 0),
        (0.0, 0),
        ("36525d", LONGEST_US),
    ],
)
def test_a_duration_is_read_exactly(text: object, us: int) -> None:
    assert micros(text) == us


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (5, "5 has no unit; write for example 5m or 300s"),
        (1.5, "1.5 has no unit"),
        ("300", "'300' has no unit"),
        (-1, "-1 is negative"),
        ("-5m", "'-5m' is negative"),
        (float("nan"), "nan is not a duration"),
        (float("inf"), "inf has no unit"),
        ("nan", "'nan' is not a duration"),
        ("", "an empty text is not a duration"),
        (True, "True is not a duration"),
        (None, "None is not a duration"),
        (["5m"], "['5m'] is not a duration"),
        ("1:30", "'1:30' may mean minutes or hours"),
        ("30m1h", "'30m1h' names its units out of order"),
        ("5m5m", "'5m5m' names its units out of order"),
        ("5M", "units are written in small letters; write '5m'"),
        ("3 months", "months and years have no fixed length"),
        ("1y", "months and years have no fixed length"),
        ("P1M", "months and years have no fixed length; write days, such as P30D"),
        ("P1Y", "months and years have no fixed length"),
        ("P", "'P' is not an ISO 8601 duration"),
        ("PT", "'PT' is not an ISO 8601 duration"),
        ("P1DT", "'P1DT' is not an ISO 8601 duration"),
        ("5x", "'5x' has an unknown unit 'x'"),
        ("0.5us", "'0.5us' is no whole number of microseconds"),
        ("36525d1us", "longer than a hundred years"),
        ("9" * 5000 + "s", "is too long for a duration"),
        pytest.param(10**5000, "a number of more than 60 digits has no unit", id="huge"),
        ("٣m", "'٣m' is not a duration"),
    ],
)
def test_what_is_no_duration_is_refused_with_a_sentence(value: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        micros(value)


@given(st.integers(0, LONGEST_US))
def test_every_duration_comes_back_from_its_text(us: int) -> None:
    assert micros(duration(us)) == us


def test_the_text_of_a_negative_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="-1 is negative"):
        duration(-1)


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (0, "0s"),
        (40, "40us"),
        (1_500, "1.5ms"),
        (376_000, "376ms"),
        (S, "1s"),
        (29_500_000, "29.5s"),
        (59_999_600, "1m"),
        (60 * S, "1m"),
        (300 * S, "5m"),
        (3_723 * S, "1h 02m 03s"),
        (3_605 * S, "1h 00m 05s"),
        (14_400 * S, "4h"),
        (3_599_500_000, "1h"),
        (93_784 * S, "1d 02h 03m 04s"),
        (432_000 * S, "5d"),
        (-300 * S, "-5m"),
    ],
)
def test_a_duration_is_shown_as_one_feels_it(us: int, text: str) -> None:
    assert clock(us) == text


@pytest.mark.parametrize(
    ("text", "count"),
    [("20 kB", 20_000), ("20KB", 20_000), ("1 GB", 10**9), ("10 MiB", 10_485_760), ("1.5 kB", 1_500), ("7 B", 7), (512, 512), ("512", 512)],
)
def test_a_size_is_read_exactly(text: object, count: int) -> None:
    assert octets(text) == count


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("5 Mb", "'5 Mb' has an unknown unit 'Mb'; did you mean 'MB'?"),
        ("5 quarts", "has an unknown unit 'quarts'; the units are B, kB"),
        ("-3 kB", "a size is zero or more"),
        (-3, "-3 is negative"),
        ("0.3 B", "no whole number of octets"),
        (2**60, "more than 1024 TiB"),
        (1.5, "1.5 is not a size"),
        (True, "True is not a size"),
        ("much", "'much' is not a size"),
    ],
)
def test_what_is_no_size_is_refused_with_a_sentence(value: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        octets(value)


@pytest.mark.parametrize(
    ("text", "per_s"), [("30/min", 0.5), ("0.5/s", 0.5), ("7200 / h", 2.0), ("86400/day", 1.0), ("1/week", 1 / 604_800)]
)
def test_a_rate_is_read_per_second(text: str, per_s: float) -> None:
    assert per_second(text) == per_s


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (2, "2 is not a rate (a rate needs a number and a unit of time)"),
        ("2", "write for example 2/min or 1000/day"),
        ("0/s", "a rate is more than zero"),
        ("-1/s", "'-1/s' is not a rate"),
        ("2/fortnight", "unknown unit 'fortnight'"),
        ("2000000/s", "more than a million a second"),
        ("9e99/s", "more than a million a second"),
        (None, "None is not a rate"),
    ],
)
def test_what_is_no_rate_is_refused_with_a_sentence(value: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        per_second(value)


@given(st.floats(1e-9, 1e6))
def test_every_rate_comes_back_from_its_text(per_s: float) -> None:
    assert per_second(rate(per_s)) == per_s


@pytest.mark.parametrize(
    ("text", "epoch_s", "zone"),
    [
        ("1971-01-01", 365 * 86_400, "UTC"),
        ("2026-01-05T00:00:00Z", 1_767_571_200, "UTC"),
        ("2026-01-05 00:00", 1_767_571_200, "UTC"),
        ("2026-01-05 00:00 Europe/Berlin", 1_767_567_600, "Europe/Berlin"),
        ("2026-07-05 00:00 Europe/Berlin", 1_783_202_400, "Europe/Berlin"),
        ("2026-01-05 02:00 +02:00", 1_767_571_200, "+02:00"),
        ("2026-01-04 19:00-0500", 1_767_571_200, "-0500"),
    ],
)
def test_an_instant_is_read_with_its_zone(text: str, epoch_s: int, zone: str) -> None:
    assert instant(text) == Instant(epoch_s * S, zone)


def test_microseconds_of_an_instant_are_kept() -> None:
    assert instant("1971-01-01 00:00:00.25Z").epoch_us == 365 * 86_400 * S + 250_000


def test_an_instant_without_a_zone_takes_the_one_that_is_asked_for() -> None:
    assert instant("2026-01-05", zone="Europe/Berlin") == instant("2026-01-05 00:00 Europe/Berlin")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("2026-03-29 02:30 Europe/Berlin", "this local time does not exist"),
        ("2026-10-25 02:30 Europe/Berlin", "this local time happens twice"),
        ("2026-02-30", "is not on the calendar"),
        ("2026-01-05 25:00", "is not on the calendar"),
        ("2026-01-05 Europe/Berln", "no time zone 'Europe/Berln'; did you mean 'Europe/Berlin'?"),
        ("2026-01-05 00:00 +99:00", "is not an offset from UTC"),
        ("0001-01-01", "the year must lie between 1971 and 2199"),
        ("tomorrow", "is not an instant"),
        ("2026-01-05 00:00 ../../etc/passwd", "is not an instant"),
        (20260105, "is not an instant"),
    ],
)
def test_what_is_no_instant_is_refused_with_a_sentence(value: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=re.escape(sentence)):
        instant(value)


def test_the_calendar_follows_the_change_of_clocks() -> None:
    start = "2026-03-29 00:00 Europe/Berlin"
    assert calendar(start, 3 * 3_600 * S) == datetime(2026, 3, 29, 4, 0, tzinfo=ZoneInfo("Europe/Berlin"))


@given(st.integers(0, 10**15))
def test_the_calendar_is_exact_to_the_microsecond(us: int) -> None:
    since = calendar("2026-01-05T00:00:00Z", us) - calendar("2026-01-05T00:00:00Z", 0)
    assert since == timedelta(microseconds=us)
