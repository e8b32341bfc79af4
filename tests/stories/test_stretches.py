"""Proves that the parts of a message's time add up to all of it."""

from itertools import pairwise

import pytest

import mailsim
from mailsim.events import State
from mailsim.stories.explain import explain

S, MS, MIN = 1_000_000, 1_000, 60_000_000


def totals(story):
    found = {}
    for part in story.stretches:
        found[part.kind] = found.get(part.kind, 0) + part.end_us - part.start_us
    return found


def test_the_hand_written_fallback_spends_its_six_minutes_so(told):
    assert totals(explain(told, 0)) == {
        "submit": 500 * MS,
        "resolve": 100 * MS + MS + MS,  # of the MX answer's 120 ms, 20 ms lie before the client's 250
        "failed": 30 * S + 30 * S,
        "transfer": 400 * MS + 399 * MS,
        "defer": 3 * MIN + 59 * S - MS,
        "queue": 600 * MS,
        "mailbox": 59 * S,
    }


@pytest.mark.parametrize("number", [0, 1, 2])
def test_stretches_follow_each_other_from_sending_to_the_end(told, number):
    parts = explain(told, number).stretches
    assert parts[0].start_us == told.log.messages["sent_us"][number]
    assert all(one.end_us == two.start_us for one, two in pairwise(parts))
    assert all(part.end_us > part.start_us for part in parts)


def test_in_a_run_they_add_up_to_the_time_until_the_mail_was_read():
    result = mailsim.load("primary-outage").run(seed=7)
    table = result.log.messages
    for number in range(0, len(table["message"]), 97):
        story = result.explain(number)
        assert table["state"][number] == State.STORED
        assert sum(totals(story).values()) == table["fetched_us"][number] - table["sent_us"][number]
        assert all(one.end_us == two.start_us for one, two in pairwise(story.stretches))
