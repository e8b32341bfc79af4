"""Proves that the report of a returned message says what the log says."""

from datetime import UTC, datetime

import pytest

import mailsim
from mailsim.errors import UnsupportedError
from mailsim.events import Event, State
from mailsim.rules.dsn import parse_dsn
from mailsim.rules.reasons import Why
from mailsim.stories.explain import explain

HOUR, MS, S = 3_600_000_000, 1_000, 1_000_000


def parsed(story):
    return parse_dsn(story.report().replace("\n", "\r\n").encode())


def test_a_permanent_failure_is_reported_with_reply_and_remote_host(told):
    report = parsed(explain(told, 1))
    (eve,) = report.recipients
    assert (report.reporting_mta, report.sender, report.received_from) == ("isp", "ann@example.org", "ann")
    assert (report.arrival, report.made) == (datetime(2026, 1, 5, 2, 0, 1, tzinfo=UTC), datetime(2026, 1, 5, 2, 0, 1, tzinfo=UTC))
    assert (eve.final, eve.action, eve.status) == ("eve@example.com", "failed", "5.1.1")
    assert (eve.remote_mta, eve.diagnostic, eve.why) == ("mx1", "550 5.1.1 no such user", Why.PERMFAIL)
    assert ("Date", "Mon, 05 Jan 2026 02:00:00 +0000") in report.headers


def test_what_was_delivered_has_no_report(told):
    with pytest.raises(UnsupportedError, match="there is no report about message 0"):
        explain(told, 0).report()


def notice(log_of, told, events):
    message = {"message": 0, "sender": "ann@example.org", "rcpt": "bob@example.com", "origin": "ann", "sent_us": 0, "state": State.QUEUED}
    accepted = {"t_us": 0, "message": 0, "kind": Event.ACCEPTED, "node": "isp", "peer": "ann"}
    told.log = log_of([message], [accepted, *events])
    return parsed(explain(told, 0)).recipients[0]


def test_a_delay_notice_is_reported_with_the_end_of_the_queue_lifetime(log_of, told):
    row = {"t_us": 4 * HOUR, "message": 0, "kind": Event.DELAY_NOTICED, "node": "isp", "why": Why.SILENT, "value": 1}
    bob = notice(log_of, told, [row])
    assert (bob.action, bob.status, bob.why) == ("delayed", "4.4.1", Why.SILENT)
    assert bob.will_retry_until == datetime(2026, 1, 10, tzinfo=UTC)  # Postfix keeps mail for 5 days


def test_the_return_outweighs_an_earlier_notice(log_of, told):
    late = {"t_us": 4 * HOUR, "message": 0, "kind": Event.DELAY_NOTICED, "node": "isp", "why": Why.SILENT, "value": 1}
    back = {"t_us": 9 * HOUR, "message": 0, "kind": Event.BOUNCED, "node": "isp", "why": Why.LIFETIME_OVER, "value": 2}
    bob = notice(log_of, told, [late, back])
    assert (bob.action, bob.will_retry_until) == ("failed", None)


def test_a_hostile_reply_stays_inside_its_field(log_of, told):
    evil = "rcpt|550 no\r\nBcc: all@example.net\x1b"
    contact = {"t_us": S, "message": 0, "kind": Event.TRIED, "node": "isp", "peer": "mx1", "attempt": 1, "code": 550, "why": Why.PERMFAIL,
               "extra": evil}  # fmt: skip
    back = {"t_us": 2 * S, "message": 0, "kind": Event.BOUNCED, "node": "isp", "code": 550, "why": Why.PERMFAIL, "value": 1, "extra": evil}
    bob = notice(log_of, told, [contact, back])
    assert bob.diagnostic == "550 no\\r\\nBcc: all@example.net\\x1b"


@pytest.fixture(scope="module")
def sixty_hours():
    world = mailsim.load("primary-outage").replace(
        "traffic", [{"kind": "at", "from": "ann@example.org", "to": "bob@example.com", "times": ["2h"], "size": "20 kB"}]
    )
    return world.replace("faults", [{"kind": "outage", "target": "mx1", "start": "1h", "length": "60h"}]).run(seed=3)


def test_the_backup_reports_after_its_queue_lifetime(sixty_hours):
    report = parsed(sixty_hours.example("bounced").explain())
    (bob,) = report.recipients
    assert (report.reporting_mta, report.received_from) == ("mx2.example.com", "mail.example.org")
    assert (bob.action, bob.status, bob.remote_mta, bob.diagnostic) == ("failed", "4.4.1", None, None)  # as Postfix: nobody ever replied
    assert (report.made - report.arrival).total_seconds() >= 48 * 3600
    assert str(report.arrival.utcoffset()) == "1:00:00"  # the scenario starts in Berlin


def test_the_story_of_the_expired_message_says_both_reasons(sixty_hours):
    story = sixty_hours.explain(0)
    expired, bounced = (step for step in story.steps if step.event in (Event.EXPIRED, Event.BOUNCED))
    assert expired.text == "mx2 gives up; the last attempt came to: silent"
    assert (expired.why, bounced.why, bounced.then) == (Why.LIFETIME_OVER, Why.NONE, Why.REPORT_TO_SENDER)
    assert "more attempts, all with the same outcome" in str(story)
    assert len(str(story).splitlines()) < 200
