"""The lesson of dns-outage: without name servers mail waits, and nothing is returned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mailsim
from mailsim.events import State

HOUR_US = 3_600_000_000


def test_all_mail_arrives_and_none_is_returned(play: Callable[..., Any]) -> None:
    played = play("dns-outage")
    assert {mail.state for mail in played.mails} == {State.STORED}
    assert len(played.mails) == 48


def test_the_cache_carries_mail_through_the_first_part_of_the_outage(play: Callable[..., Any]) -> None:
    """Mail every ten minutes refreshes the answer (TTL 1 h) once an hour; so it ends within the first hour of the outage."""
    late = [mail for mail in play("dns-outage").mails if mail.stored_us - mail.sent_us > 60_000_000]
    first = min(mail.sent_us for mail in late)
    assert 2 * HOUR_US < first <= 3 * HOUR_US
    assert all(mail.sent_us < 6.5 * HOUR_US for mail in late)
    assert all(mail.stored_us >= 6 * HOUR_US for mail in late)


def test_with_stale_answers_nothing_is_late() -> None:
    """RFC 8767: what was known is used while nobody answers."""
    values = mailsim.load("dns-outage").values(given=True)
    values["nodes"]["dns"]["parameters"] = {"serve_expired": True}
    messages = mailsim.load(values).run(level="messages").log.messages
    assert max(stored - sent for stored, sent in zip(messages["stored_us"], messages["sent_us"], strict=True)) < 60_000_000


def test_a_ttl_longer_than_the_outage_hides_it() -> None:
    values = mailsim.load("dns-outage").values(given=True)
    values["zones"][0] = values["zones"][0].replace(" 3600 IN ", " 86400 IN ")
    messages = mailsim.load(values).run(level="messages").log.messages
    assert max(stored - sent for stored, sent in zip(messages["stored_us"], messages["sent_us"], strict=True)) < 60_000_000
