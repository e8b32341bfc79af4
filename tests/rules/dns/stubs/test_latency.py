"""What c-ares learns of a server's answers: worked by hand after src/lib/ares_metrics.c (five times the average, 250 ms to 5 s)."""

from __future__ import annotations

import pytest

from mailsim.rules.dns.stubs.latency import LatencyRules, Metrics

MS, S = 1000, 1_000_000


def learnt(*took_ms: int, at_s: int = 10) -> Metrics:
    metrics = Metrics(LatencyRules())
    for ms in took_ms:
        metrics.record(at_s * S - ms * MS, at_s * S)
    return metrics


@pytest.mark.parametrize(
    ("took_ms", "timeout_ms"),
    [
        ((), 2000),  # nothing is known: the configured one
        ((100, 100), 2000),  # an average needs three
        ((100, 100, 100), 500),
        ((80, 100, 130), 515),  # 310 / 3 = 103 in whole milliseconds
        ((10, 10, 10), 250),
        ((900, 900, 999), 4665),  # 2799 / 3 = 933
    ],
)
def test_the_wait_is_five_times_the_average_within_bounds(took_ms: tuple[int, ...], timeout_ms: int) -> None:
    assert learnt(*took_ms).timeout_us(20 * S, 2 * S) == timeout_ms * MS


def test_a_configured_wait_beyond_the_bound_is_cut() -> None:
    assert learnt().timeout_us(20 * S, 10 * S) == 5 * S


def test_seconds_are_added_to_milliseconds() -> None:
    """ares_metrics_record: tvdiff.sec + tvdiff.usec / 1000; 2.5 s count as 502 ms."""
    assert learnt(2500, 2500, 2500).timeout_us(20 * S, 2 * S) == 5 * 502 * MS


def test_the_minute_before_counts_when_this_one_knows_too_little() -> None:
    """Answers at 10 s are in minute 0; at 70 s they are those of the minute before, at 200 s those of the quarter of an hour."""
    metrics = learnt(100, 100, 100)
    assert metrics.timeout_us(70 * S, 2 * S) == 500 * MS
    metrics.record(195 * S, 200 * S)
    assert metrics.timeout_us(200 * S, 2 * S) == 5 * ((300 + 5) // 4) * MS
