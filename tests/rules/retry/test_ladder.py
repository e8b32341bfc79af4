"""Waits one by one, and chasquid's by age."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.flavours import mta_figures
from mailsim.rules.retry import AgeStepsPolicy, LadderPolicy

S = 1_000_000
MIN, DAY = 60 * S, 86400 * S
STALWART = LadderPolicy((2 * MIN, 5 * MIN, 10 * MIN, 15 * MIN, 30 * MIN, 60 * MIN, 120 * MIN))
CHASQUID = AgeStepsPolicy(((MIN, MIN), (5 * MIN, 5 * MIN), (10 * MIN, 10 * MIN)), 20 * MIN, 60 * S)


def test_the_flavour_files_have_these_figures() -> None:
    assert mta_figures("stalwart").retry.policy() == STALWART
    assert mta_figures("chasquid").retry.policy() == CHASQUID


def test_each_wait_counts_from_the_end_of_the_attempt_and_the_last_repeats() -> None:
    assert [STALWART.next(0, 1000 * S, attempt=k) - 1000 * S for k in range(1, 10)] == [
        minutes * MIN for minutes in (2, 5, 10, 15, 30, 60, 120, 120, 120)
    ]


def test_exchanges_phases_are_four_glitches_six_transients_and_then_the_queues_interval() -> None:
    """QueueGlitchRetryCount 4 x 1 min, TransientFailureRetryCount 6 x 5 min, then every 10 min."""
    policy = mta_figures("exchange").retry.policy()
    assert [policy.next(0, 0, attempt=k) for k in (1, 4, 5, 10, 11, 300)] == [MIN, MIN, 5 * MIN, 5 * MIN, 10 * MIN, 10 * MIN]


@pytest.mark.parametrize(("age", "wait"), [(0, 1), (59, 1), (60, 5), (299, 5), (300, 10), (599, 10), (600, 20), (70_000, 20)])
def test_chasquid_waits_by_the_age_at_the_end_of_the_attempt(age: int, wait: int) -> None:
    """queue.go nextDelay: below 1, 5 and 10 min of age."""
    assert CHASQUID.next(7 * S, 7 * S + age * S, draw=0.0) == 7 * S + age * S + wait * MIN


@given(st.integers(0, DAY), st.floats(0, 1, exclude_max=True))
def test_chasquids_jitter_adds_less_than_a_minute(age: int, draw: float) -> None:
    least = CHASQUID.next(0, age, draw=0.0)
    assert least <= CHASQUID.next(0, age, draw=draw) < least + 60 * S


@given(st.integers(0, DAY), st.integers(0, DAY), st.integers(0, DAY), st.integers(1, 20))
def test_shifting_everything_shifts_the_retry(arrived: int, age: int, shift: int, attempt: int) -> None:
    for policy in (STALWART, CHASQUID):
        one = policy.next(arrived, arrived + age, attempt=attempt)
        assert policy.next(arrived + shift, arrived + age + shift, attempt=attempt) == one + shift
