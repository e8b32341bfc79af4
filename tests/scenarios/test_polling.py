"""The lesson of polling: a look every P makes mail P / 2 late on average, a connection that is told makes it a moment."""

from __future__ import annotations

from collections.abc import Callable
from statistics import mean
from typing import Any

PERIOD_S = 1800


def waits(played: Any, address: str) -> list[float]:
    return [(mail.fetched_us - mail.stored_us) / 1e6 for mail in played.mails if mail.rcpt == address]


def test_polling_costs_half_a_period_on_average(play: Callable[..., Any]) -> None:
    """480 mails, one in each 3 min of 48 whole periods: the mean of 480 nearly even waits is 900 s; 3 min / sqrt(12 x 480) = 2.4 s is
    one standard deviation of what the places within the parts add, the session of a look a second at most."""
    found = waits(play("polling"), "bob@example.com")
    assert len(found) == 480
    assert abs(mean(found) - PERIOD_S / 2) < 5 * 2.4 + 1
    assert 0 < min(found) < max(found) < PERIOD_S + 5


def test_idle_costs_a_round_trip_and_a_half(play: Callable[..., Any]) -> None:
    """Told after half a round trip, fetched in one: 40 ms lognormal with sigma 0.4, so 60 ms in the median and below 1 s for all."""
    found = sorted(waits(play("polling"), "eve@example.com"))
    assert 0.05 < found[len(found) // 2] < 0.07
    assert found[-1] < 1
