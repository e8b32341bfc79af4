"""Proves that an example is a message that shows what was asked for, or that its absence is said."""

import pytest

import mailsim
from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from mailsim.stories.examples import KINDS, example


@pytest.mark.parametrize(("kind", "number"), [("fallback", 0), ("delayed", 0), ("slowest", 0), ("bounced", 1)])
def test_the_hand_written_run_has_these_examples(told, kind, number):
    found = example(told, kind)
    assert (found.number, found.kind) == (number, kind)
    assert found.explain().number == number


@pytest.mark.parametrize("kind", ["duplicate", "rejected"])
def test_a_kind_that_no_message_shows_is_said_so(told, kind):
    with pytest.raises(UnsupportedError, match="no message of this run"):
        example(told, kind)


def test_an_unknown_kind_is_refused_with_a_suggestion(told):
    with pytest.raises(UnknownNameError, match="did you mean 'bounced'"):
        example(told, "bounce")


@pytest.mark.parametrize("kind", ["fallback", "delayed"])
def test_what_only_event_rows_know_needs_them(told, kind):
    told.log.level = "messages"
    with pytest.raises(UnsupportedError, match="level='events'"):
        example(told, kind)


@pytest.mark.parametrize("kind", ["slowest", "bounced"])
def test_what_the_message_table_knows_does_not(told, kind):
    told.log.level = "messages"
    assert example(told, kind).number in (0, 1)


def test_reports_are_no_examples(log_of, told):
    told.log = log_of(
        [{"message": 0, "parent": 7, "sender": "", "rcpt": "a@b.test", "sent_us": 0, "stored_us": 5, "state": State.STORED}], []
    )
    with pytest.raises(UnsupportedError):
        example(told, "slowest")


def test_of_equally_slow_messages_the_first_is_taken(log_of, told):
    row = {"sender": "a@b.test", "rcpt": "c@d.test", "sent_us": 0, "stored_us": 5, "state": State.STORED, "copies": 1}
    told.log = log_of([{**row, "message": 0, "stored_us": 4}, {**row, "message": 1}, {**row, "message": 2}], [])
    assert example(told, "slowest").number == 1


def test_two_addresses_of_one_host_are_no_fallback(log_of, told):
    contact = {"message": 0, "kind": Event.TRIED, "node": "isp", "peer": "mx1", "attempt": 1}
    rows = [{**contact, "t_us": 0, "why": Why.SILENT}, {**contact, "t_us": 1, "why": Why.OK}]
    told.log = log_of([{"message": 0, "sender": "a@b.test", "rcpt": "c@d.test", "sent_us": 0, "state": State.QUEUED}], rows)
    with pytest.raises(UnsupportedError):
        example(told, "fallback")


def test_a_later_attempt_at_another_host_is_no_fallback(log_of, told):
    contact = {"message": 0, "kind": Event.TRIED, "node": "isp"}
    rows = [
        {**contact, "t_us": 0, "why": Why.SILENT, "peer": "mx1", "attempt": 1},
        {**contact, "t_us": 1, "why": Why.OK, "peer": "mx2", "attempt": 2},
    ]
    told.log = log_of([{"message": 0, "sender": "a@b.test", "rcpt": "c@d.test", "sent_us": 0, "state": State.QUEUED}], rows)
    with pytest.raises(UnsupportedError):
        example(told, "fallback")


def test_a_run_offers_its_examples_and_tells_them():
    result = mailsim.load("primary-outage").run(seed=7)
    slowest = result.example("slowest")
    waits = result.messages
    worst = waits.loc[waits["parent"].isna(), "latency_stored_s"].max()
    assert waits.loc[waits["message"] == slowest.number, "latency_stored_s"].item() == worst
    assert "by way of mx2 because mx1 failed" in result.example("fallback").explain().title


def test_every_kind_has_a_sentence_for_its_absence():
    assert all(what.startswith(("was ", "reached ")) for what, _ in KINDS.values())
