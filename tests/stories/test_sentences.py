"""Proves that every sentence can be said, in every language, and that no text keeps power over a terminal."""

import pytest

import mailsim
from mailsim.errors import UnknownNameError
from mailsim.language import printable, say
from mailsim.rules.reasons import Why
from mailsim.stories.sentences import CHAPTERS, reason_name, reason_text, rough, voice
from small_worlds import MTA, com, world


def test_a_missing_language_is_refused_with_what_there_is():
    with pytest.raises(UnknownNameError, match="en"), voice("xx", "field"):
        pass


@pytest.mark.parametrize("choice", ["best_first", "best_only", "worst_first", "worst_only", "sticky"])
def test_every_way_to_choose_among_mx_hosts_has_words(choice):
    assert say(f"stories.choice_{choice}") == choice.replace("_", " ")


def test_a_voice_ends_with_its_block():
    with voice("de", "pupil"):
        assert (say("stories.state_bounced"), rough(30_600_000)) == ("an den Absender zurückgeschickt (Bounce)", "30,6s")
    assert (say("stories.state_bounced"), rough(30_600_000)) == ("returned", "30.6s")


def test_reasons_are_said_in_the_language_spoken_and_in_pupils_words():
    assert (reason_text(Why.NULL_MX), reason_name(Why.SILENT)) == ("the domain says that it takes no mail", "silent")
    with voice("de", "field"):
        assert (reason_text(Why.NULL_MX), reason_name(Why.SILENT)) == ("Die Domain sagt, dass sie keine Mail annimmt", "keine Antwort")
    with voice("de", "pupil"):
        assert (reason_text(Why.NULL_MX), reason_name(Why.SILENT)) == (
            "Die Domain sagt, dass sie keine Mail annimmt",
            "keine Antwort (Schweigen)",
        )
    with voice("en", "pupil"):
        assert reason_name(Why.SILENT) == "no answer (silent)"


def test_a_fact_is_never_read_as_a_pattern():
    assert "{size}" in say("stories.sent", who="{size}", size="1 B", rcpt="b@example.com")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\r\nb\x00", "a\\r\\nb\\x00"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\x9b2J", "\\x9b2J"),
        ("\ud800", "\\ud800"),
        ("Grüße, 世界 ✓", "Grüße, 世界 ✓"),
    ],
)
def test_control_characters_are_written_out_and_letters_stay(text, shown):
    assert printable(text) == shown


def test_rough_durations_keep_three_digits_at_most_below_a_minute():
    assert [rough(us) for us in (0, 999, 1_500, 999_999, 1_049_000, 59_949_999, 60_000_000)] == [
        "0s",
        "1ms",
        "2ms",
        "1s",
        "1s",
        "59.9s",
        "1m",
    ]


def test_the_chapters_are_those_of_a_message_s_life_in_order():
    assert CHAPTERS == ("discover", "submit", "accept", "queue", "resolve", "choose", "relay", "defer", "lost", "report", "store", "fetch")


def test_every_chapter_has_a_heading():
    assert [say(f"stories.chapter_{chapter}") for chapter in CHAPTERS] == list(CHAPTERS)


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ("best_first", "isp goes by preference: first mx1 (10), then mx2 (20)"),
        ("worst_first", "isp does not go by preference (worst first): first mx2 (20), then mx1 (10)"),
        ("worst_only", "isp does not go by preference (worst only): first mx2 (20)"),
        ("best_only", "isp does not go by preference (best only): first mx1 (10)"),
        ("sticky", "isp does not go by preference (sticky): first mx1 (10)"),
    ],
)
def test_a_sender_that_goes_its_own_way_among_the_mx_hosts_is_not_said_to_go_by_preference(choice, told):
    final = {**MTA, "final_for": ["example.com"]}
    zone = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
    values = world(zone, {"mx1": final, "mx2": final}, isp={"parameters": {"mx_choice": choice}}, run_until="4m")
    assert told + "\n" in str(mailsim.load(values).run().explain(0))
