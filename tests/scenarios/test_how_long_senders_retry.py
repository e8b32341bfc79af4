"""The lesson of how-long-senders-retry: when each of seventeen programs gives up a domain that is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mailsim.events import State

HOUR_S, DAY_S = 3600, 86_400

#: earliest and latest age at which the mail comes back, seconds: each program's rule for attempts that fail at once
GIVES_UP = {
    "postfix": (5 * DAY_S, 5 * DAY_S + 4300),  # the first attempt at an age of 5 d; attempts are at most 4000 s + a scan apart
    "exim": (4 * DAY_S, 4 * DAY_S + 6 * HOUR_S + 1800),  # the first attempt after 4 d; then they are 6 h and a queue run apart
    "sendmail": (5 * DAY_S, 5 * DAY_S + 1800),  # the first queue run at an age of 5 d
    "qmail": (7 * DAY_S + 3600, 7 * DAY_S + 3600),  # 400 k^2 s: the first beyond 7 d is k = 39, 608400 s
    "opensmtpd": (4 * DAY_S, 4 * DAY_S),  # by timer
    "courier": (7 * DAY_S, 7 * DAY_S + 2 * HOUR_S),  # the first attempt at an age of 7 d; at most 2 h apart
    "kumomta": (306_000 - 300, 306_000 + 300),  # 3 d 13 h, ten times +- 30 s
    "exchange": (2 * DAY_S, 2 * DAY_S + 600),
    "exchange-online": (DAY_S, DAY_S + HOUR_S),
    "stalwart": (5 * DAY_S, 5 * DAY_S + 2 * HOUR_S),
    "haraka": (262_080, 262_080),  # 13 attempts: 64 x (2^12 - 1) s = 3 d 48 min
    "mox": (127 * 445, 127 * 455),  # 8 attempts: (7.5 min +- 5 s) x 127
    "chasquid": (20 * HOUR_S, 20 * HOUR_S + 22 * 60),  # by age when it is due next, at most 20 min and a minute later
    "maddy": (2 * DAY_S + 18 * HOUR_S - HOUR_S, 2 * DAY_S + 18 * HOUR_S + HOUR_S),  # 20 attempts
    "zonemta": (2 * DAY_S - 4 * HOUR_S, 2 * DAY_S + 4 * HOUR_S),
    "postal": (DAY_S, 32 * HOUR_S),  # 18 attempts, the last at 23 h 45; told at the next wake-up
    "james-sample": (605, 605),  # 5 + 100 + 500 s
}


@pytest.mark.parametrize("program", GIVES_UP)
def test_each_program_returns_the_mail_when_its_rule_says_so(play: Callable[..., Any], program: str) -> None:
    played = play("how-long-senders-retry")
    (mail,) = (mail for mail in played.mails if mail.origin == program and mail.parent < 0)
    early, late = GIVES_UP[program]
    assert mail.state == State.BOUNCED
    assert early <= mail.ended_us / 1e6 <= late + 30  # look-ups and refusals of all attempts


def test_whoever_loses_mail_is_told(play: Callable[..., Any]) -> None:
    played = play("how-long-senders-retry")
    assert len([mail for mail in played.mails if mail.parent >= 0 and mail.state == State.STORED]) == 17
