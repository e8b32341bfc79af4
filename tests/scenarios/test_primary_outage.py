"""The lesson of primary-outage: a backup MX takes the mail while the primary is down and hands it on afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mailsim.events import Event, State
from mailsim.rules.reasons import Why

HOUR_US = 3_600_000_000


def test_the_mail_goes_to_the_backup_and_from_there_on_postfix_s_schedule_to_the_primary(
    play: Callable[..., Any], exact: Callable[..., Any]
) -> None:
    played = play(exact("primary-outage", at=["2h"]))
    (mail,) = played.mails
    # 7200 s send + 762 ms as in first-mail: accepted; MX and two addresses, 3 x 101 ms: 7201.065 s
    # mx1 is silent: Postfix waits 30 s; then mx2: 7231.065 s + 400 ms: taken
    assert played.tries(0, "isp") == [(7201_065_000, "mx1", Why.SILENT), (7231_065_000, "mx2", Why.OK)]
    assert (mail.via, mail.relayed_us) == ("mx2.example.com", 7231_465_000)
    # mx2 tries mx1 only (itself and worse it must not try), each time for 30 s.  Next try = end + age - 1 s, age at least 300 s
    # and at most 4000 s, counted in whole seconds from 7231 s; then the next multiple of 300 s.  Look-ups: 3 x 1 ms while the
    # answers of 7200.8 s are kept (3600 s), else 3 x 101 ms.
    #   end  7261  age   30 -> 300   7560 ->  7800
    #   end  7830  age  599          8428 ->  8700
    #   end  8730  age 1499         10228 -> 10500
    #   end 10530  age 3299         13828 -> 14100
    #   end 14130  age 6899 -> 4000 18129 -> 18300   and since 18000 s mx1 is back
    waits = [7231_468_000, 7800_003_000, 8700_003_000, 10500_003_000, 14100_303_000]
    assert played.tries(0, "mx2") == [*((t, "mx1", Why.SILENT) for t in waits), (18300_303_000, "mx1", Why.OK)]
    # 18300.303 s + 400 ms: mx1 has it; LMTP within the site, taken after 9 ms; IDLE 60 ms
    assert (mail.stored_us, mail.fetched_us) == (18300_712_000, 18300_772_000)


def test_mail_before_and_after_the_outage_goes_straight_to_the_primary(play: Callable[..., Any], exact: Callable[..., Any]) -> None:
    before, after = play(exact("primary-outage", at=["30m", "6h"])).mails
    # 762 ms submission + 3 x 101 ms look-ups + 400 ms + 9 ms within the site
    assert [mail.via for mail in (before, after)] == ["mx1.example.com"] * 2
    assert [mail.stored_us - mail.sent_us for mail in (before, after)] == [1_474_000] * 2


def test_as_shipped_all_mail_of_the_outage_waits_at_the_backup_and_none_is_lost(play: Callable[..., Any]) -> None:
    played = play("primary-outage")
    during = [m for m in played.mails if 1.01 * HOUR_US < m.sent_us < 4.98 * HOUR_US]
    assert len(during) > 300
    assert {m.via for m in during} == {"mx2.example.com"}
    assert {m.state for m in played.mails} == {State.STORED}
    # the longest pause is 4000 s and the next queue scan comes within 300 s, a session takes a few seconds
    assert all(5 * HOUR_US <= m.stored_us < 5 * HOUR_US + 4_360_000_000 for m in during)
    assert not played.rows(Event.BOUNCED, Event.DISCARDED)
