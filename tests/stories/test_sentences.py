"""Proves that every sentence can be said, in every language, and that no text keeps power over a terminal."""

import string

import pytest

from mailsim.errors import UnknownNameError
from mailsim.stories.sentences import CHAPTERS, SENTENCES, printable, rough, say


@pytest.mark.parametrize("language", sorted(SENTENCES))
def test_every_language_has_the_same_facts_in_each_sentence_as_english(language):
    def facts(pattern):
        return {name for _, name, _, _ in string.Formatter().parse(pattern) if name}

    english = SENTENCES["en"]
    assert set(SENTENCES[language]) <= set(english)
    assert {key: facts(text) for key, text in SENTENCES[language].items()} == {key: facts(english[key]) for key in SENTENCES[language]}


def test_a_missing_language_is_refused_with_what_there_is():
    with pytest.raises(UnknownNameError, match="en"):
        say("sent", language="xx")


def test_a_fact_is_never_read_as_a_pattern():
    assert "{size}" in say("sent", who="{size}", size="1 B", rcpt="b@example.com")


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
    assert CHAPTERS == ("discover", "submit", "accept", "queue", "resolve", "choose", "relay", "defer", "report", "store", "fetch")


def test_every_chapter_has_a_heading():
    assert [say(f"chapter_{chapter}") for chapter in CHAPTERS] == list(CHAPTERS)
