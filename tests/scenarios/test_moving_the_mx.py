"""The lesson of moving-the-mx: how much mail still goes to the old server, and for how long."""

from __future__ import annotations

from typing import Any

import pytest

import mailsim

HOUR_US = 3_600_000_000
MOVE_US = 24 * HOUR_US
TTL_H = 4.0
RATE = 2.0


def probed(hours: float, *, seed: int, **edits: Any) -> str:
    """Where mail goes that is sent so long after the change, with steady traffic before it."""
    values = mailsim.load("moving-the-mx").values(given=True)
    values["traffic"][0]["until"] = "24h"
    values["traffic"].append({**values["traffic"][0], "kind": "at", "times": [f"{round((24 + hours) * 60)}m"]})
    del values["traffic"][1]["rate"], values["traffic"][1]["until"]
    log: Any = mailsim.load({**values, **edits}).run(seed=seed, level="messages").log
    return str(log.names[log.messages["via"][-1]]).partition(".")[0]


@pytest.mark.parametrize("hours", [0.5, 2.0, 3.5])
def test_a_cache_is_stale_with_the_probability_of_renewal_theory(hours: float) -> None:
    """P = l (T - t) / (1 + l T); of n = 120 runs the count is within 4.5 standard deviations (false alarm 7e-6)."""
    n = 120
    p = RATE * (TTL_H - hours) / (1 + RATE * TTL_H)
    stale = sum(probed(hours, seed=seed) == "old" for seed in range(n))
    assert abs(stale - n * p) < 4.5 * (n * p * (1 - p)) ** 0.5


def test_nothing_goes_to_the_old_server_after_the_ttl() -> None:
    assert {probed(4.02, seed=seed) for seed in range(12)} == {"new"}


def test_a_ttl_lowered_early_enough_shortens_that_to_minutes() -> None:
    """Lowered to 5 min at 12:00, more than the old TTL before the move: no answer of 24:00 is older than 5 min."""
    move = mailsim.load("moving-the-mx").values(given=True)["changes"][0]
    lowered = [{"at": "12h", "zone": "example.com", "ttl": "5m"}, {**move, "records": "@ 300 IN MX 10 new"}]
    assert {probed(0.1, seed=seed, changes=lowered) for seed in range(12)} == {"new"}
