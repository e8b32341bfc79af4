"""The kernel's benchmark: both scripts agree on every message, and ours needs few events.  Counts only, no times."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

KERNEL = Path(__file__).parent / "kernel"
GAP_US = 604_800


@pytest.fixture(scope="module")
def bench():
    """The benchmark's scripts, imported as they import each other; ``path`` and so on leave no trace in sys.modules."""
    modules, places = set(sys.modules), sys.path[:]
    sys.path.insert(0, str(KERNEL))
    try:
        yield importlib.import_module("bench")
    finally:
        sys.path[:] = places
        for name in {"bench", "path", "pb6", "plain"} - modules:
            sys.modules.pop(name, None)


# at a million messages a week 5,000 messages are 50 minutes: seeds 5 and 10 have an outage in them (4 minutes and an hour);
# 20 times as slow they are 17 hours, with refused and silent outages; 20 times as fast every station has a queue
@pytest.mark.parametrize(("seed", "gap_us"), [(5, GAP_US), (10, GAP_US), (1, 20 * GAP_US), (11, 20 * GAP_US), (5, GAP_US // 20)])
def test_both_scripts_agree_on_every_message(bench, seed, gap_us):
    path = bench.Path(5_000, seed, gap_us=gap_us)
    log, env = bench.plain.simulate(path)
    ours, clock = bench.pb6.simulate(path)
    assert ours.differing(bench.plain.outcome(path, log)) == []
    assert clock.steps < bench.plain.events(env) / 3
    assert min(ours.submitted) > 0
    if gap_us >= GAP_US:
        assert max(ours.attempts) > 1
        assert 0 < sum(ours.route) < 5_000


def test_a_message_costs_at_most_two_and_a_half_events(bench):
    path = bench.Path(5_000, 5)
    found, clock = bench.pb6.simulate(path)
    assert sum(found.route) > 0
    assert clock.steps <= bench.GOAL_EVENTS * path.n


def test_a_difference_is_found(bench):
    ours, theirs = (bench.pb6.simulate(bench.Path(200, 5))[0] for _ in range(2))
    theirs.fetched[17] += 1
    theirs.route[40] ^= 1
    assert ours.differing(theirs) == [17, 40]


def test_the_table_tells_the_ratio_and_the_events(bench):
    row = {"us": 20.0, "run_us": 19.0, "events": 10.5, "bytes": 1000.0}
    fast = {"us": 2.5, "run_us": 2.5, "events": 2.25, "bytes": 66.0}
    result = {
        "n": 1000, "rounds": 1, "python": "3.11", "via_backup": 0.05, "most_attempts": 4, "scripts": {"plain": row, "mailsim": fast},
        "ratio": 8.0, "ratio_range": [8.0, 8.0], "ratio_run_only": 7.6,
    }  # fmt: skip
    text = bench.table(result)
    assert "plain / mailsim: 8.00 (rounds 8.00 to 8.00); run only 7.60" in text
    assert "400,000" in text  # 2.5 us a message
