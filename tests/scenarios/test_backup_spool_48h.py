"""The lesson of backup-spool-48h: a backup keeps mail for 48 hours, tries the primary, then returns it to the sender."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mailsim.events import Event, State
from mailsim.rules.reasons import Why

SECOND_US = 1_000_000
DOWN_US = 3600 * SECOND_US

#: mx2 takes the mail of 02:00: 7200 s + 762 ms submission + 3 x 101 ms look-ups + 30 s for mx1 + 400 ms session
TAKEN_US = 7231_465_000

# The attempts of mx2.  Each waits 30 s for mx1 in vain; next try = end + age - 1 s, in whole seconds, age clamped to
# 300 s ... 4000 s, then the next multiple of 300 s:
#   7231 -> end  7261, age   30:  7261 +  300 - 1 =  7560 ->  7800
#   7800 -> end  7830, age  599:  7830 +  599 - 1 =  8428 ->  8700
#   8700 -> end  8730, age 1499:  8730 + 1499 - 1 = 10228 -> 10500
#  10500 -> end 10530, age 3299: 10530 + 3299 - 1 = 13828 -> 14100
#  14100 -> end 14130, age 6899: 14130 + 4000 - 1 = 18129 -> 18300, and so on every 4200 s
# The answers of 7200.8 s are kept for 3600 s: 3 ms of look-ups until then, 3 x 101 ms after that.
EARLY_US = [7231_468_000, 7800_003_000, 8700_003_000, 10500_003_000]
EVERY_4200_S = [
    14100, 18300, 22500, 26700, 30900, 35100, 39300, 43500, 47700, 51900, 56100, 60300, 64500, 68700, 72900, 77100, 81300, 85500, 89700,
    93900, 98100, 102300, 106500, 110700, 114900, 119100, 123300, 127500, 131700, 135900, 140100, 144300, 148500, 152700, 156900, 161100,
    165300, 169500, 173700, 177900, 182100,
]  # fmt: skip
ATTEMPTS_US = [*EARLY_US, *(t * SECOND_US + 303_000 for t in EVERY_4200_S)]

# 48 h = 172800 s after 7231.465 s is 180031.465 s.  The attempt of 177900 s ends at 177930.303 s, before that: put back.
# The attempt of 182100 s ends at 182130.303 s, after that: returned.
LAST_US = 182100_303_000
RETURNED_US = 182130_303_000


def outage_until(end_us: int) -> list[dict[str, str]]:
    return [{"kind": "outage", "target": "mx1", "start": "1h", "length": f"{(end_us - DOWN_US) // 1000}ms", "how": "silent"}]


def test_the_backup_tries_the_primary_at_these_instants_and_returns_the_mail_after_the_first_attempt_past_48_hours(
    play: Callable[..., Any], exact: Callable[..., Any]
) -> None:
    played = play(exact("backup-spool-48h", at=["2h"]))
    mail = played.mails[0]
    assert mail.relayed_us == TAKEN_US
    assert played.tries(0, "mx2") == [(t, "mx1", Why.SILENT) for t in ATTEMPTS_US]
    assert (mail.state, mail.ended_us, mail.why) == (State.BOUNCED, RETURNED_US, Why.LIFETIME_OVER)
    (expired,) = played.rows(Event.EXPIRED)
    assert (expired.node, expired.t_us, expired.value) == ("mx2", RETURNED_US, RETURNED_US - TAKEN_US)
    # nothing is returned by the attempt before, though it ends 47 h 25 min after the mail came
    assert [row.t_us for row in played.rows(Event.DEFERRED, message=0, node="mx2")] == [t + 30 * SECOND_US for t in ATTEMPTS_US[:-1]]


def test_the_report_travels_through_the_network_to_the_sender_s_mailbox(play: Callable[..., Any], exact: Callable[..., Any]) -> None:
    played = play(exact("backup-spool-48h", at=["2h"]))
    mail, report = played.mails
    assert (report.parent, report.sender, report.rcpt, report.origin) == (mail.message, "", "ann@example.org", "mx2")
    # mx2 asks for MX and address of example.org, 2 x 101 ms, and has a session with isp, taken after 400 ms: 182130.905 s
    # the mailboxes are on the same machine: stored at once; Ann's program is told by IDLE and fetches: 60 ms
    assert played.tries(1, "mx2") == [(RETURNED_US + 202_000, "mail", Why.OK)]
    assert (report.sent_us, report.stored_us, report.fetched_us) == (RETURNED_US, 182130_905_000, 182130_965_000)
    assert (report.state, report.holder) == (State.STORED, "home")


@pytest.mark.parametrize(
    "end_us",
    [
        LAST_US - 1_303_000,  # 182099 s, one second before the last queue scan
        LAST_US,
        LAST_US + 19_020_000,  # a connection is asked for again and again, for the last time after 19 s; 20 ms later it is there
    ],
)
def test_an_outage_that_ends_just_before_the_last_attempt_returns_nothing(
    play: Callable[..., Any], exact: Callable[..., Any], end_us: int
) -> None:
    played = play(exact("backup-spool-48h", at=["2h"], faults=outage_until(end_us)))
    (mail,) = played.mails
    assert (mail.state, mail.why) == (State.STORED, Why.SILENT)
    assert played.tries(0, "mx2")[-1] == (LAST_US, "mx1", Why.OK)
    # SYNs leave 0, 1, 2, 3, 4, 5, 7, 11 and 19 s after the first; then the session, taken after 400 ms, and LMTP, after 9 ms
    waited = 19 * SECOND_US if end_us > LAST_US + 20_000 else 0
    assert mail.stored_us == LAST_US + waited + 409_000


def test_an_outage_that_ends_a_millisecond_after_the_last_request_for_a_connection_returns_the_mail(
    play: Callable[..., Any], exact: Callable[..., Any]
) -> None:
    played = play(exact("backup-spool-48h", at=["2h"], faults=outage_until(LAST_US + 19_021_000)))
    assert [(m.state, m.ended_us) for m in played.mails[:1]] == [(State.BOUNCED, RETURNED_US)]


def test_a_longer_lifetime_outlasts_the_same_outage(play: Callable[..., Any], exact: Callable[..., Any]) -> None:
    values = exact("backup-spool-48h", at=["2h"])
    values["nodes"]["mx2"]["queue_lifetime"] = "5d"
    (mail,) = play(values).mails
    # mx1 is back after 73 h, at 262800 s; the attempts go on every 4200 s: 261900 s, then 266100 s, + 303 ms + 400 ms + 9 ms
    assert (mail.state, mail.stored_us) == (State.STORED, 266100_712_000)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_as_shipped_the_first_mail_comes_back_and_the_second_arrives(play: Callable[..., Any], seed: int) -> None:
    first, second, report = play("backup-spool-48h", seed=seed).mails
    # as worked out above, give or take what sessions and look-ups take by chance
    assert (first.state, first.ended_us // (10 * SECOND_US)) == (State.BOUNCED, RETURNED_US // (10 * SECOND_US))
    assert (report.parent, report.state) == (0, State.STORED)
    assert report.fetched_us > report.stored_us >= first.ended_us
    # 73 h = 262800 s: mx1 is back; the second mail's attempts meet the first one's at 114900 s and go with them: 266100 s
    assert (second.state, second.stored_us // (10 * SECOND_US)) == (State.STORED, 26610)
