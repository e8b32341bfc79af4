"""Weights: who is drawn, and whole numbers shared out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailsim.scenario.traffic.weights import apportioned, bounds_of, drawn_index

WEIGHTS = st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=12)


def test_shares_end_where_the_weights_say() -> None:
    assert bounds_of([1, 2, 1]) == (0.25, 0.75, 1.0)
    assert [drawn_index((0.25, 0.75, 1.0), u) for u in (0.0, 0.2499, 0.25, 0.7499, 0.75, 1 - 2**-53)] == [0, 0, 1, 1, 2, 2]


def test_seats_go_to_the_largest_remainders() -> None:
    # 7 by 3:2:2 is 3, 2, 2; 8 is 3.43, 2.29, 2.29, so the first has the one that is left; of equal remainders the first wins
    assert apportioned(7, [3, 2, 2]) == (3, 2, 2)
    assert apportioned(8, [3, 2, 2]) == (4, 2, 2)
    assert apportioned(4, [1, 1, 1]) == (2, 1, 1)
    assert apportioned(2, [98, 1, 1]) == (2, 0, 0)


@given(count=st.integers(1, 100_000), weights=WEIGHTS)
def test_all_is_shared_out_and_nobody_is_off_by_one(count: int, weights: list[float]) -> None:
    shares = apportioned(count, weights)
    assert sum(shares) == count
    assert all(abs(share - count * weight / sum(weights)) < 1 + 1e-6 for share, weight in zip(shares, weights, strict=True))
