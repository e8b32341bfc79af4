"""The lesson of stuck-on-the-backup: after the primary's return its mail comes by the backup's schedule, or when it is asked for."""

from __future__ import annotations

from typing import Any

import mailsim

HOUR_US = 3_600_000_000
BACK_US = 5 * HOUR_US


def waits(**fault: Any) -> list[float]:
    """Seconds from the return of the primary until each mail of the outage is stored."""
    values = mailsim.load("stuck-on-the-backup").values(given=True)
    maximum = fault.pop("maximum", None)
    values["faults"][0].update(fault)
    if maximum is not None:
        values["nodes"]["mx2"]["parameters"] = {"retry": {"kind": "age_clamped", "minimum": "300s", "maximum": maximum, "scan": "300s"}}
    messages = mailsim.load(values).run(level="messages").log.messages
    return [(stored - BACK_US) / 1e6 for stored in messages["stored_us"]]


def test_the_default_schedule_keeps_mail_for_up_to_70_minutes() -> None:
    """A message is tried when it is as old as its last wait, at most 4000 s later, at the next scan (300 s): 4300 s and a session."""
    found = waits()
    assert len(found) == 240
    assert min(found) > 0
    assert 3600 < max(found) <= 4300 + 120
    # waits are even between 0 and that for the mail that is older than 4000 s: its mean is about half of it
    assert 1500 < sum(found) / len(found) < 2300


def test_a_backup_that_tries_every_five_minutes_keeps_it_for_ten() -> None:
    """300 s of back-off and up to 300 s to the next scan."""
    assert max(waits(maximum="300s")) <= 600 + 120


def test_a_flush_brings_all_of_it_within_minutes() -> None:
    """ETRN at 05:00: 240 mails, 20 sessions at a time, a second or two each (lognormal, a long one may take 90 s)."""
    assert max(waits(then_flush=["mx2"])) < 120
