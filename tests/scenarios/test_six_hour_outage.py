"""The lesson of six-hour-outage: when each program's mail arrives that was sent as the outage began."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

HOUR_US = 3_600_000_000
MINUTE_US = 60_000_000


def delivered_us(played: Any, sender: str) -> int:
    (mail,) = (mail for mail in played.mails if mail.origin == sender and mail.sent_us == 0)
    return int(mail.relayed_us)


@pytest.mark.parametrize(
    ("program", "expected_us", "jitter_us"),
    [
        # instants of an attempt after an instant first failure, from each program's rule: 400 k^2 s at k = 8
        ("qmail", 25_600_000_000, 0),
        ("haraka", 32_704_000_000, 0),  # 64 + 128 + ... + 16384 s
        ("mox", 28_350_000_000, 63 * 5_000_000),  # (7.5 min +- 5 s) x (1 + 2 + ... + 32)
        ("zonemta", 28_800_000_000, 0),  # 5 + 7 + 8 + 25 + 75 + 120 + 240 min
        ("stalwart", 21_720_000_000, 0),  # 2 + 5 + 10 + 15 + 30 + 60 + 120 + 120 min
        ("kumomta", 37_200_000_000, 5 * 30_000_000),  # 20 min x (1 + 2 + 4 + 8 + 16), each +- 30 s
    ],
)
def test_a_program_without_a_queue_scan_comes_at_the_instant_of_its_rule(
    play: Callable[..., Any], program: str, expected_us: int, jitter_us: int
) -> None:
    """Each failed attempt takes a look-up and a refused connection, well below 2 s in all ten attempts together."""
    late_us = delivered_us(play("six-hour-outage"), program) - expected_us
    assert -jitter_us <= late_us <= jitter_us + 10_000_000


def test_programs_that_look_at_their_queue_now_and_then_come_at_such_a_scan(play: Callable[..., Any]) -> None:
    """Postfix: attempts at ages up to 4000 s + 300 s apart, so between 6 h and 7 h 12 min; Exim: at most 2 h 15 min late
    by its own rule, then the next queue run of 30 min."""
    assert 6 * HOUR_US <= delivered_us(play("six-hour-outage"), "postfix") <= 7 * HOUR_US + 12 * MINUTE_US
    assert 6 * HOUR_US <= delivered_us(play("six-hour-outage"), "exim") <= 8 * HOUR_US + 46 * MINUTE_US


def test_nothing_is_returned_and_mail_sent_later_waits_less(play: Callable[..., Any]) -> None:
    played = play("six-hour-outage")
    assert played.result.summary().figures[0].shares.bounced == 0
    after = [mail for mail in played.mails if mail.sent_us >= 6 * HOUR_US]
    assert len(after) == 150
    assert max(mail.relayed_us - mail.sent_us for mail in after) < MINUTE_US
