"""Postfix's schedule against postconf(5), the derived table of first attempts, and recordings of Postfix 3.7.11.

The derived instants ignore that file times have whole seconds.  In the program each wait is 1 s shorter, and as long as the
age doubles the missing seconds double too (1, 2, 5, 11, 23), so an attempt comes up to a minute earlier than the table says
in the first day, and never later.  On a grid of scans nothing is seen of it.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.flavours import mta_figures
from mailsim.rules.retry import AgeClampedPolicy, next_scan

S = 1_000_000
MIN, HOUR, DAY = 60 * S, 3600 * S, 86400 * S

#: the defaults of postconf(5), without and with the grid of queue scans
NO_SCAN = AgeClampedPolicy(300 * S, 4000 * S, 0)
SCANNED = AgeClampedPolicy(300 * S, 4000 * S, 300 * S)


def attempts(policy: AgeClampedPolicy, until_us: int, *, arrived_us: int = 0, phase_us: int = 0, took_us: int = 0) -> list[int]:
    """Ages of the attempts of a message that always fails, each attempt ending ``took_us`` after its start."""
    found, t = [], arrived_us
    while t - arrived_us <= until_us:
        found.append(t - arrived_us)
        t = policy.next(arrived_us, t + took_us, phase_us=phase_us)
    return found


def test_the_flavour_file_has_these_figures() -> None:
    assert mta_figures("postfix").retry.policy() == SCANNED


def test_the_first_attempts_are_those_of_the_table() -> None:
    """0, 5, 10, 20, 40, 80 min, then every 66 min 40 s."""
    table = [0, 5 * MIN, 10 * MIN, 20 * MIN, 40 * MIN, 80 * MIN, 80 * MIN + 4000 * S, 80 * MIN + 8000 * S]
    found = attempts(NO_SCAN, 80 * MIN + 8000 * S)
    assert len(found) == len(table)
    for age, derived in zip(found, table, strict=True):
        assert derived - 30 * S <= age <= derived


def test_without_a_grid_each_wait_is_the_age_less_the_second_of_the_file_time() -> None:
    """0; 300 - 1; 299 is clamped to 300: 299 + 299; 598 + 597; 1195 + 1194; 2389 + 2388; then 4000 - 1."""
    assert [age // S for age in attempts(NO_SCAN, 3 * HOUR)] == [0, 299, 598, 1195, 2389, 4777, 8776]


def test_the_scan_makes_them_every_70_minutes() -> None:
    table = [0, 5, 10, 20, 40, 80, 150, 220, 290, 360]
    assert attempts(SCANNED, 360 * MIN) == [minutes * MIN for minutes in table]


@pytest.mark.parametrize(("policy", "counts"), [(NO_SCAN, (5, 10, 26)), (SCANNED, (5, 10, 25))])
def test_so_many_attempts_are_made_in_1_6_and_24_hours(policy: AgeClampedPolicy, counts: tuple[int, int, int]) -> None:
    assert tuple(len(attempts(policy, hours * HOUR)) for hours in (1, 6, 24)) == counts


@pytest.mark.parametrize(("policy", "last"), [(NO_SCAN, 5 * DAY + 13 * MIN), (SCANNED, 5 * DAY + 20 * MIN)])
def test_the_first_attempt_beyond_five_days_is_the_last(policy: AgeClampedPolicy, last: int) -> None:
    found = next(age for age in attempts(policy, 6 * DAY) if age >= 5 * DAY)
    assert last - 120 * S <= found < last + MIN


@pytest.mark.parametrize(
    ("policy", "outage_h", "success"),
    [
        (NO_SCAN, 6, 6 * HOUR + 53 * MIN + 20 * S),
        (SCANNED, 6, 6 * HOUR),
        (NO_SCAN, 24, 24 * HOUR + 40 * MIN),
    ],
)
def test_mail_sent_when_an_outage_begins_succeeds_at_this_age(policy: AgeClampedPolicy, outage_h: int, success: int) -> None:
    found = next(age for age in attempts(policy, 2 * DAY) if age >= outage_h * HOUR)
    assert success - MIN <= found <= success


@pytest.mark.parametrize(
    ("scale", "recorded"),
    [
        (1, [0, 3, 7, 13, 25, 41]),  # single_refused_expire: 4 s, 16 s, scan every 2 s
        (2, [0, 7, 15, 31, 63, 95]),  # scale2_refused_expire: everything doubled
    ],
)
def test_the_recorded_retries_come_out(scale: int, recorded: list[int]) -> None:
    """Postfix 3.7.11: refused at once, submitted about a second before a scan; the scans fall on odd seconds (modulo 4: 3)."""
    policy = AgeClampedPolicy(scale * 4 * S, scale * 16 * S, scale * 2 * S)
    phase = (1 if scale == 1 else 3) * S + 50_000
    arrived = 20_000
    found = attempts(policy, recorded[-1] * S + S, arrived_us=arrived, phase_us=phase, took_us=10_000)
    assert [(age + arrived) // S for age in found] == recorded


def test_the_file_times_second_counts_from_where_the_wall_clock_stands() -> None:
    """Arrived at 10.7, failed at 11.2: on a clock with whole seconds at .5 both lie in the second that began at 10.5."""
    policy = AgeClampedPolicy(4 * S, 16 * S, 0)
    assert policy.next(10_700_000, 11_200_000) == 11 * S + 3 * S
    assert policy.next(10_700_000, 11_200_000, origin_us=500_000) == 10_500_000 + 3 * S


def test_the_age_counts_from_arrival_and_not_from_the_last_attempt() -> None:
    """A message that is 1 h old waits another hour however often it was tried."""
    assert NO_SCAN.next(0, HOUR) == HOUR + HOUR - S
    assert NO_SCAN.next(0, 100 * HOUR) == 100 * HOUR + 4000 * S - S


def test_no_retry_comes_before_the_failure_even_with_a_tiny_backoff() -> None:
    assert AgeClampedPolicy(0, 0, 0).next(0, 1_500_000) == 1_500_000


TIMES = st.integers(0, 10 * DAY)


@given(TIMES, st.integers(0, 6 * DAY), st.integers(0, 300 * S - 1))
def test_a_retry_lies_on_the_grid_and_within_the_bounds(arrived: int, age: int, phase: int) -> None:
    failed = arrived + age
    due = SCANNED.next(arrived, failed, phase_us=phase)
    assert (due - phase) % (300 * S) == 0
    assert failed + 298 * S <= due <= failed + 4000 * S + 300 * S


@given(TIMES, st.integers(0, 6 * DAY), st.integers(1, 10 * DAY).map(lambda n: n // S * S))
def test_shifting_everything_by_whole_seconds_shifts_the_retry(arrived: int, age: int, shift: int) -> None:
    one = SCANNED.next(arrived, arrived + age, phase_us=17)
    assert SCANNED.next(arrived + shift, arrived + age + shift, phase_us=17 + shift) == one + shift


@given(TIMES, st.integers(1, HOUR), st.integers(0, HOUR))
def test_the_next_scan_is_the_first_on_the_grid(t: int, interval: int, phase: int) -> None:
    scan = next_scan(t, interval, phase)
    assert t <= scan < t + interval
    assert (scan - phase) % interval == 0
