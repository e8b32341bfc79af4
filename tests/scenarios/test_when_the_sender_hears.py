"""The lesson of when-the-sender-hears: at which age of the mail each provider tells its user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mailsim.events import Event

HOUR_S, DAY_S = 3600, 86_400


def ages(played: Any, node: str, kind: Event) -> list[float]:
    return [row.t_us / 1e6 for row in played.rows(kind, node=node)]


@pytest.mark.parametrize(
    ("node", "notice_s", "step_s"),
    [
        ("three", 4 * HOUR_S, 1800),  # sendmail: the first queue run at an age of 4 h (confTO_QUEUEWARN, m4 default)
        ("four", 10_000, 30),  # OpenSMTPD: told at 400 x 5^2 s, since the next attempt, at 14400 s, is beyond warn-interval (recorded)
        ("two", 24 * HOUR_S, 6 * HOUR_S + 1800),  # Exim: delay_warning 24 h
    ],
)
def test_a_notice_comes_at_the_first_attempt_after_its_time(play: Callable[..., Any], node: str, notice_s: int, step_s: int) -> None:
    first = ages(play("when-the-sender-hears"), node, Event.DELAY_NOTICED)[0]
    assert notice_s <= first <= notice_s + step_s


def test_postfix_tells_nothing_until_the_mail_comes_back(play: Callable[..., Any]) -> None:
    played = play("when-the-sender-hears")
    assert ages(played, "one", Event.DELAY_NOTICED) == []
    (bounced,) = ages(played, "one", Event.BOUNCED)
    assert 5 * DAY_S <= bounced <= 5 * DAY_S + 4300


def test_every_notice_and_every_return_reaches_its_sender(play: Callable[..., Any]) -> None:
    played = play("when-the-sender-hears")
    people = {mail.message: mail.sender for mail in played.mails if mail.parent < 0}
    told = [mail for mail in played.mails if mail.parent >= 0]
    assert all(mail.rcpt == people[mail.parent] and mail.stored_us >= 0 for mail in told)
    assert {people[mail.parent] for mail in told} == set(people.values())
