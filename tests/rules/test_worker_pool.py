"""Courier's processes by destination: MAXHOST, MAXDELS, esmtptimeoutkeepalive (module.esmtp; cdmsgq3.C, courieresmtp.c)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.rules.worker_pool import Worker, WorkerPool

Pool = WorkerPool[str, str]
S = 1_000_000


def entered(pool: Pool, domain: str, work: str, t_s: float = 0) -> Worker[str]:
    worker = pool.enter(domain, work, int(t_s * S))
    assert worker is not None
    return worker


def left(pool: Pool, worker: Worker[str], t_s: float = 0) -> list[str]:
    return [work for _, work in pool.leave(worker, int(t_s * S))]


def test_a_destination_has_so_many_deliveries_and_the_others_wait_in_order() -> None:
    pool = Pool(2, 40, 60 * S)
    first, _ = entered(pool, "a", "1"), entered(pool, "a", "2")
    assert [pool.enter("a", work, 0) for work in ("3", "4")] == [None, None]
    assert entered(pool, "b", "5").domain == "b"
    assert left(pool, first) == ["3"]


def test_who_waited_is_served_by_the_process_that_has_just_become_free() -> None:
    pool = Pool(1, 40, 60 * S)
    worker = entered(pool, "a", "1")
    pool.enter("a", "2", 0)
    assert pool.leave(worker, S) == [(worker, "2")]


def test_the_idle_process_in_the_lowest_place_is_used_again_for_its_destination() -> None:
    pool = Pool(4, 40, 60 * S)
    workers = [entered(pool, "a", str(k)) for k in range(3)]
    for worker in reversed(workers):
        left(pool, worker, 1)
    assert entered(pool, "b", "4", 2) not in workers
    assert entered(pool, "a", "5", 2) is workers[0]


@pytest.mark.parametrize(("at_s", "same"), [(60.9, True), (61, False)])
def test_an_idle_process_goes_after_its_time(at_s: float, same: bool) -> None:
    pool = Pool(4, 40, 60 * S)
    worker = entered(pool, "a", "1")
    left(pool, worker, 1)
    assert (entered(pool, "a", "2", at_s) is worker) == same


def test_the_longest_idle_process_gives_way_where_there_are_too_many() -> None:
    pool = Pool(4, 2, 60 * S)
    a, b = entered(pool, "a", "1"), entered(pool, "b", "2")
    left(pool, b, 1)
    left(pool, a, 2)
    assert entered(pool, "c", "3", 3) not in (a, b)
    assert entered(pool, "a", "4", 3) is a  # b has gone


def test_when_all_are_busy_the_destination_used_longest_ago_comes_first() -> None:
    """cdmsgq3.C completed(): "in order to avoid starvation"; a destination never served yet is the last in its list."""
    pool = Pool(4, 2, 60 * S)
    first = entered(pool, "a", "1")
    entered(pool, "a", "2")
    for domain, work in (("a", "3"), ("b", "4"), ("c", "5")):
        assert pool.enter(domain, work, 0) is None
    assert left(pool, first, 1) == ["5"]


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 90)), max_size=60), st.integers(1, 4), st.integers(1, 6))
def test_limits_hold_nobody_is_lost_and_each_destination_is_served_in_order(
    works: list[tuple[str, int]], per_host: int, total: int
) -> None:
    pool = WorkerPool[tuple[str, int], str](per_host, total, 30 * S)
    busy: list[tuple[Worker[str], tuple[str, int]]] = []
    served: list[tuple[str, int]] = []
    t = 0

    def started(pairs: list[tuple[Worker[str], tuple[str, int]]]) -> None:
        for worker, work in pairs:
            assert worker.domain == work[0]
            assert worker not in [other for other, _ in busy]
            busy.append((worker, work))
            served.append(work)
        assert len(busy) <= total
        assert all(sum(w.domain == domain for w, _ in busy) <= per_host for domain in "abcde")

    for number, (domain, gap) in enumerate(works):
        t += gap * S
        if gap % 3 == 0 and busy:
            worker, _ = busy.pop(gap % len(busy))
            started(pool.leave(worker, t))
        worker_or_none = pool.enter(domain, (domain, number), t)
        started([] if worker_or_none is None else [(worker_or_none, (domain, number))])
    while busy:
        worker, _ = busy.pop(0)
        started(pool.leave(worker, t))
    assert sorted(number for _, number in served) == list(range(len(works)))
    for domain in "abcde":
        own = [number for name, number in served if name == domain]
        assert own == sorted(own)
