"""The lesson of need-a-backup: what comes back depends on how long senders and backup keep mail, not on there being a backup."""

from __future__ import annotations

from typing import Any

import pytest

import mailsim

#: age of the last attempt in vain (facts: Exim tries for four days, Postfix for five; both then return at that attempt)
DAYS = {"exim": 4, "postfix": 5}


def world(days: float, *, backup: bool, program: str = "", kept: str = "14d") -> Any:
    values = mailsim.load("need-a-backup").values(given=True)
    if not backup:
        values["zones"] = [values["zones"][0].replace("@    3600 IN MX  20 mx2\n", "")]
    if program:
        values["nodes"]["world"]["mix"] = {program: 1}
    values["nodes"]["mx2"]["queue_lifetime"] = kept
    length = f"{round(days * 24)}h"
    values["traffic"][0].update(until=length, count=200)
    values["faults"][0]["length"] = length
    return mailsim.load(values).run(level="messages").summary().figures[0].shares


@pytest.mark.parametrize("backup", [True, False])
def test_nothing_is_returned_in_six_hours_with_or_without_a_backup(backup: bool) -> None:
    during = world(0.25, backup=backup)
    assert (during.bounced, during.delivered) == (0, 1)


@pytest.mark.parametrize("program", DAYS)
def test_of_an_outage_of_eight_days_a_share_of_the_mail_comes_back(program: str) -> None:
    """Mail is sent evenly over D = 8 days; who gives up at age L returns (D - L) / D of it.

    A sender looks at the age only when an attempt failed, which is up to 70 min (Postfix) or 6 h (Exim) after L: the share is less
    by at most 6 h / 8 d = 3 %, and the mail stands in 200 equal parts, which adds 0.5 %.
    """
    share = world(8, backup=False, program=program).bounced
    expected = (8 - DAYS[program]) / 8
    assert expected - 0.035 <= share <= expected + 0.005


def test_a_backup_saves_what_it_keeps_longer_than_the_senders_would() -> None:
    assert world(8, backup=True).bounced == 0
    kept_five_days = world(8, backup=True, kept="5d").bounced
    assert 3 / 8 - 0.01 <= kept_five_days <= 3 / 8 + 0.005
