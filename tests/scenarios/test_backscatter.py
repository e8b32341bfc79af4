"""The lesson of backscatter: reports to people who never wrote are the invalid mail that the backup took."""

from __future__ import annotations

from typing import Any

import pytest

import mailsim


def reports(knows: str) -> tuple[int, int]:
    """Reports that our own servers sent to Victor; mails of Bob's that arrived."""
    log: Any = mailsim.load("backscatter").replace("nodes.mx2.recipients", knows).run(level="messages").log
    names, columns = log.names, log.messages
    sent = [names[origin] for origin, parent in zip(columns["origin"], columns["parent"], strict=True) if parent >= 0]
    stored = sum(s >= 0 and names[r] == "bob@example.com" for s, r in zip(columns["stored_us"], columns["rcpt"], strict=True))
    return sum(origin in ("mx1", "mx2") for origin in sent), stored


def test_each_invalid_mail_of_the_outage_comes_back_to_victor() -> None:
    """All mail to a missing address is invalid, one in 5 minutes; the backup gets the share of 6 in 24 hours: 72 of 288."""
    assert reports("none") == (72, 96)


@pytest.mark.parametrize("knows", ["list", "probe"])
def test_a_backup_that_knows_the_recipients_returns_nothing(knows: str) -> None:
    """A list costs nothing; while the primary is down a probe can't tell, so honest first contacts wait, and none is lost."""
    assert reports(knows) == (0, 96)
