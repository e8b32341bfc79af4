"""Proves that a message to several domains is told domain by domain."""

import pytest

import mailsim
from mailsim.events import Event
from mailsim.rules.reasons import Why
from mailsim.stories.concerns import mx_answer, mx_records
from mailsim.stories.record import rows_of


@pytest.fixture(scope="module")
def story():
    to = ["bob@example.com", "eve@example.com", "zoe@nowhere.test", "ann@example.org"]
    traffic = [{"kind": "at", "from": "ann@example.org", "to": to, "times": ["6h"], "size": "20 kB"}]
    world = mailsim.load("primary-outage").replace("traffic", traffic)
    return world.without("faults").run(seed=3).explain(0)


def contact(story, who, peer):
    return next(step for step in story.steps if step.event == Event.TRIED and (step.who, step.peer) == (who, peer))


def test_submission_names_all_recipients(story):
    submitted = next(step for step in story.steps if step.event == Event.SUBMITTED)
    assert sum("RCPT TO" in str(line) for line in submitted.lines) == 4


def test_a_relay_session_names_those_of_its_domain_and_shows_who_was_refused(story):
    lines = [str(line) for line in contact(story, "isp", "mx1").lines]
    assert [line for line in lines if "RCPT" in line] == ["-> RCPT TO:<bob@example.com>", "-> RCPT TO:<eve@example.com>"]
    assert [line[:12] for line in lines if line.startswith(("<- 250 2.1.5", "<- 550"))] == ["<- 250 2.1.5", "<- 550 5.1.1"]


def test_local_delivery_names_those_of_the_server_s_own_domain(story):
    lines = [str(line) for line in contact(story, "isp", "home").lines]
    assert [line for line in lines if "RCPT" in line] == ["-> RCPT TO:<ann@example.org>"]


def test_each_return_names_its_recipient_and_reason(story):
    bounced = [(step.text, step.why) for step in story.steps if step.event == Event.BOUNCED]
    assert bounced == [
        ("isp returns it to the sender: it can't be delivered to zoe@nowhere.test", Why.DOMAIN_MISSING),
        ("isp returns it to the sender: it can't be delivered to eve@example.com", Why.NO_SUCH_MAILBOX),
    ]


def test_the_title_counts_the_outcomes(story):
    assert story.title.startswith("ann@example.org to bob@example.com and 3 more: 2 in the mailbox, 2 returned, the last after ")


def test_the_report_is_about_the_recipient_that_was_refused_with_the_server_s_words(story):
    (eve,) = story.returned.recipients
    assert (eve.final, eve.status, eve.remote_mta) == ("eve@example.com", "5.1.1", "mx1.example.com")
    assert eve.diagnostic.startswith("550 5.1.1 <eve@example.com>")


def test_a_contact_belongs_to_the_answer_that_names_its_host(log_of):
    ask = {"t_us": 0, "message": 0, "kind": Event.LOOKED_UP, "node": "isp", "attempt": 1, "code": 0, "detail": 15}
    answers = [
        {**ask, "peer": "one.test", "extra": "20 b.one.test, 10 a.one.test (TTL 60)"},
        {**ask, "peer": "two.test", "extra": "10 a.two.test (TTL 60)"},
        {**ask, "peer": "three.test", "extra": "no such record"},
    ]
    contact = {"t_us": 1, "message": 0, "kind": Event.TRIED, "node": "isp", "attempt": 1}
    contacts = [{**contact, "peer": peer} for peer in ("a.two.test", "b.one.test", "three.test", "other.test")]
    rows = rows_of(log_of([], answers + contacts), 0)
    found = [mx_answer(rows, row) for row in rows[3:]]
    assert [one.peer if one else None for one in found] == ["two.test", "one.test", "three.test", None]
    assert mx_records(rows[0]) == [(10, "a.one.test"), (20, "b.one.test")]
