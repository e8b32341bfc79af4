"""Exponential waits with the programs' own jitter, cap and rounding."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailsim.flavours import mta_figures
from mailsim.rules.retry import ExponentialPolicy

S = 1_000_000
MIN, DAY = 60 * S, 86400 * S
KUMOMTA = ExponentialPolicy(20 * MIN, 2.0, 0, -30 * S, 30 * S)
MOX = ExponentialPolicy(450 * S, 2.0, 0, -5 * S, 5 * S, jitter_grows=True, from_start=True)


def test_the_flavour_files_have_these_figures() -> None:
    assert mta_figures("kumomta").retry.policy() == KUMOMTA
    assert mta_figures("mox").retry.policy() == MOX
    assert mta_figures("haraka").retry.policy() == ExponentialPolicy(64 * S, 2.0)
    assert mta_figures("maddy").retry.policy() == ExponentialPolicy(900 * S, 1.25, whole=True)
    assert mta_figures("postal").retry.policy() == ExponentialPolicy(300 * S, 1.3)


def test_harakas_waits_are_2_to_the_power_of_n_plus_5_seconds() -> None:
    policy = mta_figures("haraka").retry.policy()
    assert [policy.next(0, 0, attempt=n) for n in range(1, 13)] == [2 ** (n + 5) * S for n in range(1, 13)]


def test_maddy_rounds_the_power_down_to_a_whole_number() -> None:
    """1.25^(n-1) is 1, 1.25, 1.56, 1.95, 2.44, 3.05, 3.81, 4.77, 5.96, 7.45: 15 15 15 15 30 45 45 60 75 105 min."""
    policy = mta_figures("maddy").retry.policy()
    waits = [policy.next(0, 0, attempt=n) // MIN for n in range(1, 11)]
    assert waits == [15, 15, 15, 15, 30, 45, 45, 60, 75, 105]


def test_a_cap_ends_the_growth() -> None:
    """KumoMTA max_retry_interval."""
    policy = ExponentialPolicy(20 * MIN, 2.0, 60 * MIN)
    assert [policy.next(0, 0, attempt=n) // MIN for n in (1, 2, 3, 4, 50)] == [20, 40, 60, 60, 60]


def test_mox_counts_from_the_beginning_of_the_attempt_but_never_retries_while_it_lasts() -> None:
    assert MOX.next(0, 60 * S, started_us=0) == 450 * S
    assert MOX.next(0, 900 * S, started_us=0) == 900 * S


def test_the_jitter_of_mox_doubles_with_the_wait_and_that_of_kumomta_does_not() -> None:
    assert [MOX.next(0, 0, attempt=n, draw=0.0) // S for n in (1, 2, 3)] == [445, 890, 1780]
    assert [KUMOMTA.next(0, 0, attempt=n, draw=0.0) // S for n in (1, 2, 3)] == [1170, 2370, 4770]


@given(st.integers(0, DAY), st.integers(1, 8), st.floats(0, 1, exclude_max=True))
def test_the_middle_draw_is_the_rule_without_jitter(failed: int, attempt: int, draw: float) -> None:
    middle = KUMOMTA.next(0, failed, attempt=attempt)
    assert middle == failed + 20 * MIN * 2 ** (attempt - 1)
    assert abs(KUMOMTA.next(0, failed, attempt=attempt, draw=draw) - middle) <= 30 * S
