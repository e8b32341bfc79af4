"""How many sessions are served at a time where that changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailsim.rules.capacity import begins_us, served_at_a_time
from mailsim.rules.conditions import QUIET, Condition, Span, Timeline


def limited(*spans: tuple[int, int, int]) -> Timeline:
    return Timeline(Span(start, end, Condition(sessions=few)) for start, end, few in spans)


def test_the_smaller_of_both_limits_holds() -> None:
    assert [served_at_a_time(most, Condition(sessions=few)) for most, few in ((None, -1), (9, -1), (9, 2), (1, 2), (None, 2))] == [
        None,
        9,
        2,
        1,
        2,
    ]


def test_open_sessions_go_on_and_the_next_one_waits_until_enough_have_ended() -> None:
    """Five are open until 10, 20, 30, 40, 50; from 5 on there is room for two: at 40 one is left."""
    assert begins_us([10, 20, 30, 40, 50], 6, 100, limited((5, 1000, 2))) == 40


def test_who_waits_begins_when_the_capacity_comes_back() -> None:
    assert begins_us([10, 20, 30, 40, 50], 6, 100, limited((5, 35, 2))) == 35


def test_who_comes_before_the_loss_is_served_at_once() -> None:
    assert begins_us([10, 20, 30], 4, 100, limited((5, 35, 1))) == 4


@given(st.lists(st.integers(0, 50), max_size=12), st.integers(1, 4), st.integers(0, 60))
def test_without_a_change_it_is_a_queue_with_so_many_servers(lengths: list[int], servers: int, at: int) -> None:
    """First come, first served: each takes the server that is free first."""
    ends: list[int] = []
    free = [0] * servers
    for k, length in enumerate(lengths):
        arrives = min(at, 7 * k)
        begins = begins_us(ends, arrives, servers, QUIET)
        free.sort()
        assert begins == max(arrives, free[0])
        free[0] = begins + length
        ends.append(begins + length)
