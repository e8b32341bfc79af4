"""The lesson of split-brain: what a backup delivers into its own mailboxes is kept, and never seen by its reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mailsim.events import State

HOUR_US = 3_600_000_000


def test_mail_of_the_outage_is_stored_at_the_backup_and_never_read(play: Callable[..., Any]) -> None:
    """One mail every ten minutes: 36 in the six hours of the outage."""
    played = play("split-brain")
    hidden = [mail for mail in played.mails if mail.holder == "other"]
    assert len(hidden) == 36
    assert all(6 * HOUR_US <= mail.sent_us < 12 * HOUR_US for mail in hidden)
    assert {(mail.state, mail.fetched_us) for mail in hidden} == {(State.STORED, -1)}


def test_all_other_mail_is_read_and_nothing_is_lost_on_paper(play: Callable[..., Any]) -> None:
    played = play("split-brain")
    seen = [mail for mail in played.mails if mail.fetched_us >= 0]
    assert (len(played.mails), len(seen)) == (144, 144 - 36)
    assert {mail.holder for mail in seen} == {"boxes"}


def test_a_backup_that_passes_mail_on_hides_nothing(play: Callable[..., Any], exact: Callable[..., Any]) -> None:
    values = exact("split-brain")
    values["nodes"]["mx2"] = {"kind": "mta", "flavour": "postfix", "relays_for": ["example.com"], "scan_phase": "0s"}
    assert all(mail.fetched_us >= 0 for mail in play(values).mails)
