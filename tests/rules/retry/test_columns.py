"""A law: what a schedule says of a column of messages is what it says of each of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.rules.retry import AgeClampedPolicy, EveryRunPolicy, QuadraticPolicy

S = 1_000_000
DAY = 86400 * S

POLICIES = [
    AgeClampedPolicy(300 * S, 4000 * S, 300 * S),
    AgeClampedPolicy(300 * S, 4000 * S, 0),
    AgeClampedPolicy(0, 4000 * S, 0, 0),
    EveryRunPolicy(1800 * S),
    EveryRunPolicy(1800 * S, 600 * S),
    QuadraticPolicy(400 * S),
    QuadraticPolicy(10 * S + 1),
]


@pytest.mark.parametrize("policy", POLICIES, ids=str)
@given(st.lists(st.tuples(st.integers(0, DAY), st.integers(0, 30 * DAY)), min_size=1, max_size=20), st.integers(0, DAY), st.integers(0, S))
def test_a_column_is_answered_as_each_message_is(policy, messages, phase: int, origin: int) -> None:
    arrival = np.array([arrived for arrived, _ in messages], dtype=np.int64)
    failed = arrival + np.array([age for _, age in messages], dtype=np.int64)
    column = policy.next_column(arrival, failed, phase_us=phase, origin_us=origin)
    each = [policy.next(a, f, phase_us=phase, origin_us=origin) for a, f in zip(arrival.tolist(), failed.tolist(), strict=True)]
    assert column.tolist() == each


@pytest.mark.parametrize("k", [1, 2, 1000, 94906265])
def test_squares_are_exact_at_their_very_instants(k: int) -> None:
    """Where the root of a float may be off by one: just before, at and just after base * k^2."""
    policy = QuadraticPolicy(7)
    failed = np.array([7 * k * k - 1, 7 * k * k, 7 * k * k + 1], dtype=np.int64)
    column = policy.next_column(np.zeros(3, dtype=np.int64), failed)
    assert column.tolist() == [7 * k * k, 7 * (k + 1) ** 2, 7 * (k + 1) ** 2]
