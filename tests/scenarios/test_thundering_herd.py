"""The lesson of thundering-herd: a backlog is worked off at what is left of the capacity."""

from __future__ import annotations

from typing import Any

import pytest

import mailsim

HOUR_US = 3_600_000_000
ARRIVALS = 360.0  #: an hour


def under_way(log: Any, hours: float) -> int:
    """Mails that were sent and are not stored at that time."""
    t = hours * HOUR_US
    return sum(sent < t < stored for sent, stored in zip(log.messages["sent_us"], log.messages["stored_us"], strict=True))


@pytest.mark.parametrize(("work_s", "looks"), [(6.0, (2.5, 3.0, 3.5)), (7.5, (3.0, 4.0, 5.0))])
def test_the_backlog_shrinks_by_capacity_less_arrivals(work_s: float, looks: tuple[float, ...]) -> None:
    """A session occupies the server for 8 round trips of 40 ms and its work: so many an hour; the fluid line, and a few in sessions."""
    capacity = 3600 / (work_s + 8 * 0.04)
    scenario = mailsim.load("thundering-herd").replace("nodes.mx1.parameters.server_time", f"{work_s:g}s")
    log: Any = scenario.run(level="messages").log
    backlog = ARRIVALS * 1.0
    assert abs(under_way(log, 2.0) - backlog) <= 4
    for hours in looks:
        expected = backlog - (capacity - ARRIVALS) * (hours - 2.0)
        assert expected > 20
        assert abs(under_way(log, hours) - expected) <= 12
    drained = 2.0 + backlog / (capacity - ARRIVALS)
    assert under_way(log, drained + 0.1) < 0.05 * backlog


def test_nothing_is_lost_in_the_crowd() -> None:
    log: Any = mailsim.load("thundering-herd").run(level="messages").log
    assert all(stored >= 0 for stored in log.messages["stored_us"])
