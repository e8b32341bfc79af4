"""sendmail's queue runs: every run tries everything, but for what is locked or too young."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.flavours import mta_figures
from mailsim.rules.retry import EveryRunPolicy, GivingUp, lone_attempts

S = 1_000_000
MIN, HOUR, DAY = 60 * S, 3600 * S, 86400 * S
HALF_HOURLY = EveryRunPolicy(30 * MIN)


def test_the_flavour_file_has_these_figures() -> None:
    assert mta_figures("sendmail").retry.policy() == HALF_HOURLY


def test_the_recorded_retries_come_out() -> None:
    """sendmail 8.17.1.9, case single_refused_expire: -q4s, queuereturn 40 s; retries at 2, 6, 10 ... s, expired at 42 s."""
    found = lone_attempts(EveryRunPolicy(4 * S), GivingUp(), 40 * S, phase_us=2 * S)
    assert [age // S for age in found.ages_us] == [0, 2, 6, 10, 14, 18, 22, 26, 30, 34, 38, 42]
    assert found.given_up_us == 42 * S


def test_a_message_that_a_delivery_still_holds_is_skipped_by_the_runs_meanwhile() -> None:
    assert HALF_HOURLY.next(0, 70 * MIN) == 90 * MIN


def test_an_attempt_in_a_run_is_followed_by_one_in_the_next_and_not_in_the_same() -> None:
    assert HALF_HOURLY.next(0, 30 * MIN) == 60 * MIN


@pytest.mark.parametrize(("minimum", "due"), [(0, 30), (29, 30), (31, 60), (60, 60), (61, 90)])
def test_min_queue_age_spares_what_was_tried_a_short_time_ago(minimum: int, due: int) -> None:
    """Counted from the beginning of the last attempt (here at 0), which took a minute."""
    assert EveryRunPolicy(30 * MIN, minimum * MIN).next(0, MIN, started_us=0) == due * MIN


@given(st.integers(0, 10 * DAY), st.integers(1, HOUR), st.integers(0, HOUR))
def test_a_retry_is_the_first_run_after_the_attempt(failed: int, interval: int, phase: int) -> None:
    due = EveryRunPolicy(interval).next(0, failed, phase_us=phase)
    assert failed < due <= failed + interval
    assert (due - phase) % interval == 0
