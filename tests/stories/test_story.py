"""Proves what a story looks like as text and as plain values."""

import json

import pytest

from mailsim.stories.explain import explain
from mailsim.stories.story import Story, Stretch


def test_the_text_opens_with_what_happened_and_closes_with_where_the_time_went(told):
    text = str(explain(told, 0)).splitlines()
    assert text[0] == "Message 0. ann@example.org to bob@example.com: read after 6m, by way of mx2 because mx1 failed"
    assert text[1] == "from ann@example.org to bob@example.com, 20 kB, sent 2026-01-05 01:00:00 UTC"
    assert text[-7:-4] == [
        "  waiting for the next attempt  3m 59s  (66 %)",
        "  failed contacts  1m  (17 %)",
        "  waiting to be fetched  59s  (16 %)",
    ]


def test_the_date_is_said_once_a_day(told):
    assert str(explain(told, 0)).count("2026-01-05") == 2  # in the head line, and at the first step


def test_only_the_first_whole_session_is_printed_in_full(told):
    story = explain(told, 0)
    assert str(story).count("-> MAIL FROM") == 1
    assert str(story).count("(a session as above)") == 2
    assert sum(any(line.text.startswith("MAIL FROM") for line in step.lines) for step in story.steps) == 3


def test_it_becomes_json_and_the_parts_of_time_are_in_it(told):
    value = json.loads(json.dumps(explain(told, 1).as_dict(), allow_nan=False))
    assert value["message"] == 1
    assert value["steps"][0]["when"] == "2026-01-05T02:00:00+00:00"
    assert value["report"].startswith("From: Mail Delivery System")
    assert sum(part["end_s"] - part["start_s"] for part in value["time_spent"]) > 1.3
    assert json.loads(json.dumps(explain(told, 0).as_dict()))["report"] is None


def test_its_repr_is_one_line(told):
    assert repr(explain(told, 1)).startswith("<Story of message 1: ann@example.org to eve@example.com: returned")
    assert "\n" not in repr(explain(told, 1))


@pytest.mark.parametrize(("part", "told"), [(4, "<1 %"), (5, "<1 %"), (6, "1 %"), (994, "99 %")])
def test_a_part_of_the_time_that_is_there_is_never_told_as_nothing(part, told):
    """Of 1000 s; half a per cent would be rounded to the even 0."""
    story = Story(0, "", "", (), (Stretch("submit", 0, part * 1_000_000), Stretch("defer", part * 1_000_000, 1_000_000_000)))
    (said,) = [words for words in story.time_spent() if words.startswith("submission")]
    assert said.endswith(f"({told})")
