"""Courier's bursts, as recorded and as the manual has them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from mailsim.flavours import mta_figures
from mailsim.rules.retry import BurstPolicy

S = 1_000_000
MIN = 60 * S


def attempts(policy: BurstPolicy, count: int, *, took_us: int = 0) -> list[int]:
    found, t = [], 0
    for k in range(1, count + 1):
        found.append(t)
        t = policy.next(0, t + took_us, attempt=k)
    return found


def test_the_flavour_file_has_the_defaults_of_the_manual() -> None:
    """courier(8): retryalpha 5 min, retrybeta 3, retrygamma 15 min, retrymaxdelta 3."""
    assert mta_figures("courier").retry.policy() == BurstPolicy(5 * MIN, 3, 15 * MIN, 3)


def test_the_recorded_retries_come_out() -> None:
    """Courier 1.0.16, case single_refused_expire: alpha 4 s, beta 3, gamma 4 s, maxdelta 2: 0, 4, 8, 16, 20, 24, 40 s."""
    assert [t // S for t in attempts(BurstPolicy(4 * S, 3, 4 * S, 2), 7)] == [0, 4, 8, 16, 20, 24, 40]


def test_the_manuals_first_long_wait_is_half_of_the_programs() -> None:
    """courier(8): three tries 5 min apart, then 15 min, 30 min, 60 min, 120 min, 120 min between bursts."""
    found = attempts(BurstPolicy(5 * MIN, 3, 15 * MIN, 3, as_manual=True), 19)
    long_waits = [(later - earlier) // MIN for earlier, later in pairwise(found)][2::3]
    assert long_waits == [15, 30, 60, 120, 120, 120]


@pytest.mark.parametrize(("attempt", "wait"), [(3, 30), (6, 60), (9, 120), (12, 120), (300, 120)])
def test_the_programs_long_waits_double_up_to_the_limit(attempt: int, wait: int) -> None:
    """cdmsgq3.C: 15 min * 2^min(n / 3, 3)."""
    assert mta_figures("courier").retry.policy().next(0, 0, attempt=attempt) == wait * MIN


def test_waits_count_from_the_end_of_the_attempt() -> None:
    slow = attempts(BurstPolicy(4 * S, 3, 4 * S, 2), 4, took_us=3 * S)
    assert [t // S for t in slow] == [0, 7, 14, 25]
