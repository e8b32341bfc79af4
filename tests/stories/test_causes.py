"""Proves that a story names a fault as the cause only where what the fault does is what was recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

import mailsim
from mailsim.events import ConditionSpan, Event
from mailsim.rules.reasons import Why
from mailsim.stories.causes import caused
from mailsim.stories.sentences import voice
from mailsim.stories.story import Step
from small_worlds import MTA, com, outage, world

S, MIN = 1_000_000, 60_000_000
FINAL = {**MTA, "final_for": ["example.com"]}
ZONE = com("@ MX 10 mx1", "mx1 A 192.0.2.10")


def contact(why: Why, *, cost_us: int = 100_000, code: int = -1, reply: str = "", event: Event = Event.TRIED) -> Step:
    """A contact of isp with mx1, one minute after midnight."""
    at = datetime(2026, 1, 5, 0, 1, tzinfo=UTC)
    return Step("relay", event, MIN, MIN, at, "isp", "mx1", "", why=why, code=code, reply=reply, cost_us=cost_us)


def causes(step: Step, how: str, *, node: str = "mx1", target: str = "", start_us: int = 0, end_us: int = 3_600 * S) -> list[bool]:
    (told,) = caused([step], [ConditionSpan(target or node, node, how, start_us, end_us)])
    return [cause.certain for cause in told.causes]


@pytest.mark.parametrize(
    ("why", "how"),
    [
        (Why.SILENT, "silent"),
        (Why.SILENT, "down, queue kept"),
        (Why.REFUSED, "refused"),
        (Why.REFUSED, "refused, service restarts"),
        (Why.UNREACHABLE, "unreachable"),
        (Why.UNREACHABLE, "cut off from isp"),
        (Why.CLOSED, "drops connections at mail"),
        (Why.REPLY_TIMEOUT, "hangs at data"),
        (Why.REPLY_LOST, "loses its 250"),
    ],
)
def test_a_failure_of_the_kind_that_the_fault_makes_is_its_work(why: Why, how: str) -> None:
    assert causes(contact(why), how) == [True]


@pytest.mark.parametrize(
    ("why", "how"),
    [(Why.REFUSED, "silent"), (Why.SILENT, "refused"), (Why.OK, "silent"), (Why.TEMPFAIL, "silent"), (Why.SILENT, "hangs at data")],
)
def test_a_fault_of_another_kind_is_not_blamed(why: Why, how: str) -> None:
    assert causes(contact(why), how) == []


def test_a_reply_is_the_fault_s_only_where_it_is_the_reply_that_the_fault_gives() -> None:
    how = "451 4.3.0 try again later at rcpt"
    assert causes(contact(Why.TEMPFAIL, code=451, reply="451 4.3.0 try again later"), how) == [True]
    assert causes(contact(Why.TEMPFAIL, code=450, reply="450 4.7.1 Greylisted"), how) == []
    assert causes(
        contact(Why.TEMPFAIL, code=452, reply="452 4.2.2 Quota exceeded (mailbox for user is full)"), "mailbox bob full (4xx)"
    ) == [True]


def test_a_delay_is_the_cause_of_a_contact_that_took_at_least_as_long() -> None:
    assert causes(contact(Why.OK, cost_us=2 * S), "slow by 2s") == [True]
    assert causes(contact(Why.OK, cost_us=2 * S - 1), "slow by 2s") == []


@pytest.mark.parametrize("how", ["loses 5 % of packets", "at most 2 sessions", "work takes 3 times as long"])
def test_what_may_have_cost_time_was_there_meanwhile_and_is_left_out_of_quick_contacts(how: str) -> None:
    assert causes(contact(Why.OK, cost_us=S), how) == [False]
    assert causes(contact(Why.OK, cost_us=S - 1), how) == []


def test_a_fault_counts_while_it_lasts_and_at_the_parties_only() -> None:
    silent = contact(Why.SILENT, cost_us=30 * S)
    assert causes(silent, "silent", end_us=MIN) == []  # it ended as the contact began: an interval excludes its end
    assert causes(silent, "silent", end_us=MIN + 1) == [True]
    assert causes(silent, "silent", start_us=MIN + 31 * S) == []
    assert causes(silent, "silent", node="mx2") == []
    assert causes(silent, "silent", node="isp-mx1", target="link isp-mx1") == [True]
    assert causes(silent, "silent", node="isp") == []  # who calls is not the one who is silent
    assert causes(silent, "cut off from mx1", node="isp", target="isp | mx1") == [True]


def story_of(*faults: dict[str, Any], language: str = "en") -> list[tuple[str, str]]:
    """What each contact and look-up of the only message says of its causes."""
    story = mailsim.load(world(ZONE, {"mx1": FINAL}, faults=faults)).run().explain(0, language=language)
    with voice(language, "field"):
        return [(step.text, cause.told(step)) for step in story.steps for cause in step.causes]


def test_a_slow_server_is_named_with_its_delay_and_hours() -> None:
    """Six replies of mx1, each 2 s late: the session of 0.5 s takes 12.5 s."""
    slow = {"kind": "slow", "target": "mx1", "delay": "2s", "start": "0s", "length": "1h"}
    assert story_of(slow) == [("isp hands it to mx1", "because of mx1: slow by 2s, from 00:00:00 to 01:00:00")]
    assert story_of(slow, language="de") == [("isp übergibt sie an mx1", "wegen mx1: um 2s verzögert, von 00:00:00 bis 01:00:00")]


def test_of_two_faults_at_one_server_each_is_named() -> None:
    """Three mails at once and one session at a time: the third waits for two sessions of 12.5 s."""
    few = {"kind": "capacity", "target": "mx1", "sessions": 1, "start": "0s", "length": "1h"}
    slow = {"kind": "slow", "target": "mx1", "delay": "2s", "start": "0s", "length": "1h"}
    story = mailsim.load(world(ZONE, {"mx1": FINAL}, times=("0s", "0s", "0s"), faults=(few, slow))).run().explain(2)
    (step,) = [step for step in story.steps if step.causes]
    assert {cause.told(step) for cause in step.causes} == {
        "because of mx1: slow by 2s, from 00:00:00 to 01:00:00",
        "meanwhile mx1: at most 1 session, from 00:00:00 to 01:00:00",
    }


def test_a_full_disk_is_named_by_the_reply_that_it_gives() -> None:
    told = story_of({"kind": "disk_full", "target": "mx1", "start": "0s", "length": "10m"})
    why = "because of mx1: 452 4.3.1 Insufficient system storage at mail, from 00:00:00 to 00:10:00"
    assert set(told) == {("isp tries mx1: temporary failure", why)}


def test_an_outage_of_sixty_days_is_told_with_its_last_day() -> None:
    told = story_of(outage("mx1", "0s"))
    assert told[0] == ("isp tries mx1: silent", "because of mx1: silent, from 00:00:00 to 2026-03-06 00:00:00")


def test_a_name_that_fails_is_told_at_its_look_up_only() -> None:
    told = story_of(outage("dns example.com/MX", "0s", length="10m", how="servfail"))
    assert {text for text, _ in told} == {"isp asks for example.com MX"}
    assert {cause for _, cause in told} == {"because of dns example.com/MX: servfail, from 00:00:00 to 00:10:00"}


def test_a_server_that_keeps_what_it_takes_is_why_the_mail_waits_there() -> None:
    told = story_of({"kind": "stuck", "target": "mx1", "start": "0s", "length": "10m"})
    assert told == [
        ("mx1 is now responsible for the message, isp no longer", "because of mx1: takes mail and keeps it, from 00:00:00 to 00:10:00")
    ]


def test_of_a_partition_each_side_knows_from_whom_it_is_cut_off() -> None:
    told = story_of({"kind": "partition", "a": "isp", "b": "mx1", "start": "0s", "length": "10m"}, language="de")
    assert told[0] == ("isp versucht es bei mx1: keine Antwort", "wegen isp: abgeschnitten von mx1, von 00:00:00 bis 00:10:00")


def test_a_fault_that_does_not_end_is_told_as_such() -> None:
    (step,) = caused([contact(Why.SILENT)], [ConditionSpan("mx1", "mx1", "silent", 0, 1 << 62)])
    assert step.causes[0].told(step) == "because of mx1: silent, from 00:00:00 on"


def test_without_faults_no_step_has_a_cause() -> None:
    assert story_of() == []
