"""The lesson of equal-preference: the load is shared, and a dead server makes its share late by a connect time-out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

NOON_US = 43_200_000_000

#: 400 fair coins are within 200 +- 55 with probability 1 - 4e-8 (5.5 standard deviations of 10)
BOUND = 55


def test_each_server_gets_half_of_the_mail(play: Callable[..., Any]) -> None:
    morning = [mail for mail in play("equal-preference").mails if mail.sent_us < NOON_US - 60_000_000]
    first = sum(mail.via.startswith("mx1") for mail in morning)
    assert abs(first - len(morning) / 2) < BOUND


def test_when_one_is_dead_half_of_the_mail_waits_for_its_time_out(play: Callable[..., Any]) -> None:
    afternoon = [mail for mail in play("equal-preference").mails if mail.sent_us >= NOON_US]
    late = [mail for mail in afternoon if mail.relayed_us - mail.sent_us >= 30_000_000]
    assert {mail.via.partition(".")[0] for mail in afternoon} == {"mx1"}
    assert abs(len(late) - len(afternoon) / 2) < BOUND
    assert all(30_000_000 <= mail.relayed_us - mail.sent_us < 45_000_000 for mail in late)
