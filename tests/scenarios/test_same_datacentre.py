"""The lesson of same-datacentre: what two servers are worth depends on how many of their outages they share."""

from __future__ import annotations

import pytest

import mailsim
from mailsim.scenario.compiled import compiled

HOUR_US = 3_600_000_000
SEEDS = 60
SPAN_US = 60 * 24 * HOUR_US


def both_down(together: float) -> float:
    """Share of the time in which neither server answers, over many runs of 60 days."""
    scenario = mailsim.load("same-datacentre").replace("faults[0].together", together)
    total = 0
    for seed in range(SEEDS):
        nodes = compiled(scenario, seed).conditions.nodes
        one, other = (nodes[name].spans() if name in nodes else [] for name in ("mx1", "mx2"))
        total += sum(max(0, min(a.end_us, b.end_us, SPAN_US) - max(a.start_us, b.start_us)) for a in one for b in other)
    return total / (SEEDS * SPAN_US)


def test_one_server_is_down_for_a_fiftieth_of_the_time_whatever_is_shared() -> None:
    for together in (0.0, 0.6, 1.0):
        scenario = mailsim.load("same-datacentre").replace("faults[0].together", together)
        down = 0
        for seed in range(SEEDS):
            spans = compiled(scenario, seed).conditions.nodes["mx1"].spans()
            down += sum(min(span.end_us, SPAN_US) - span.start_us for span in spans)
        # 60 x 14.4 outages of 2 h expected; their number has a deviation of about sqrt(864) = 29 of 864: five of them are 17 %
        assert down / (SEEDS * SPAN_US) == pytest.approx(0.02, rel=0.17)


@pytest.mark.parametrize(
    ("together", "expected", "rel"),
    [
        (0.0, 0.02 * 0.02, 1.0),  # 1 - (1 - (1 - a)^2): independent; some 33 overlaps in these runs
        (1.0, 0.02, 0.17),
        # shared shocks of rate 0.6 / 98 h: down together for about 0.6 x 0.02 of the time, and independently for a little more
        (0.6, 0.6 * 0.02 + (0.4 * 0.02) ** 2, 0.25),
    ],
)
def test_both_are_down_together_as_the_shared_part_says(together: float, expected: float, rel: float) -> None:
    assert both_down(together) == pytest.approx(expected, rel=rel)


def test_mail_waits_only_while_both_are_down() -> None:
    log = mailsim.load("same-datacentre").run(level="messages").log
    late = [stored - sent for stored, sent in zip(log.messages["stored_us"], log.messages["sent_us"], strict=True) if stored >= 0]
    assert sum(wait > 30 * 60_000_000 for wait in late) < 0.05 * len(late)
    assert max(late) < 4 * HOUR_US
