"""The lesson of spammers-aim-at-the-backup: what arrives is the mix of what the two doors let through."""

from __future__ import annotations

from typing import Any

import pytest

import mailsim

COUNT = 400


def arrived(aiming: float, *, backup: bool = True) -> int:
    values = mailsim.load("spammers-aim-at-the-backup").values(given=True)
    values["nodes"]["spam"]["mix"] = {name: share for name, share in (("honest", 1 - aiming), ("aiming", aiming)) if share}
    if not backup:
        values["zones"] = [values["zones"][0].replace("@    3600 IN MX  20 mx2\n", "")]
    messages: Any = mailsim.load(values).run(level="messages").log.messages
    return sum(s >= 0 and parent < 0 for s, parent in zip(messages["stored_us"], messages["parent"], strict=True))


@pytest.mark.parametrize("aiming", [0.0, 0.5, 1.0])
def test_the_share_that_arrives_is_linear_in_the_share_that_aims_at_the_backup(aiming: float) -> None:
    """p = (1 - a) x 10 % + a x 80 %; the count of 400 is within 4.5 standard deviations (false alarm 7e-6)."""
    p = (1 - aiming) * 0.1 + aiming * 0.8
    assert abs(arrived(aiming) - COUNT * p) < 4.5 * (COUNT * p * (1 - p)) ** 0.5


def test_without_the_backup_all_of_it_meets_the_strong_filter() -> None:
    assert abs(arrived(0.5, backup=False) - COUNT * 0.1) < 4.5 * (COUNT * 0.09) ** 0.5
