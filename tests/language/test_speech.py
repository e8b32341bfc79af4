"""Which language is spoken, and that a sentence can do no harm."""

from __future__ import annotations

import string
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mailsim
from mailsim.errors import UnknownNameError
from mailsim.language import (
    SOURCE,
    counted,
    day_text,
    languages,
    listed,
    numeral,
    phrased,
    printable,
    say,
    sentences,
    speak,
    speaking,
    spoken,
    worded,
)
from mailsim.language.tables import topics


def test_english_is_spoken_until_somebody_asks_for_another_language() -> None:
    assert spoken() == "en"


def test_what_is_chosen_for_a_session_holds_until_the_next_choice_and_a_block_ends_with_itself() -> None:
    speak("de")
    assert spoken() == "de"
    with speaking("en"):
        assert spoken() == "en"
        with speaking(None):
            assert spoken() == "en"
    assert spoken() == "de"


def test_a_block_that_breaks_leaves_the_language_as_it_was() -> None:
    with pytest.raises(ZeroDivisionError), speaking("de"):
        raise ZeroDivisionError
    assert spoken() == "en"


@pytest.mark.parametrize("choose", [speak, lambda language: speaking(language).__enter__()])
def test_a_language_that_is_not_there_is_refused_with_those_that_are(choose) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UnknownNameError, match="en"):
        choose("xx")


def test_a_key_that_no_language_has_is_our_own_error() -> None:
    with pytest.raises(KeyError, match=r"no language has a sentence .plots\.nonsense."):
        say("plots.nonsense")


def test_one_is_said_otherwise_than_many_where_the_table_has_a_sentence_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"mails": "{count} mails", "mails_one": "a mail"}
    monkeypatch.setattr("mailsim.language.speech.sentences", lambda language, topic: table if topic == "test" else {})
    assert [say("test.mails", count=count) for count in (0, 1, 2)] == ["0 mails", "a mail", "2 mails"]


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("topic", topics(SOURCE))
@given(hostile=st.text(max_size=12).filter(lambda text: text != "1"))  # one is said by a sentence of its own
def test_every_sentence_can_be_said_with_any_fact_and_has_no_power_over_a_terminal(language: str, topic: str, hostile: str) -> None:
    with speaking(language):
        for key, pattern in sentences(language, topic).items():
            facts = {name for _, name, _, _ in string.Formatter().parse(pattern) if name}
            said = say(f"{topic}.{key}", **dict.fromkeys(facts, hostile))
            assert said == printable(said)
            assert not facts or printable(hostile) in said


def test_figures_have_the_marks_of_the_language() -> None:
    with speaking("de"):
        assert [numeral(text) for text in ("1.5 h", "12,345", "1,234.5", "MX 10.", "5 min")] == [
            "1,5 h",
            "12.345",
            "1.234,5",
            "MX 10.",
            "5 min",
        ]
        assert counted(1_234_567) == "1.234.567"
    assert (numeral("1.5 h"), counted(1_234_567)) == ("1.5 h", "1,234,567")


def test_days_and_lists_are_written_as_the_language_writes_them() -> None:
    at = datetime(2026, 3, 14)  # a Saturday
    assert (day_text(at), listed(["a", "b", "c"]), listed(["a"]), listed([])) == ("Sat 14 Mar", "a, b and c", "a", "")
    with speaking("de"):
        assert (day_text(at), listed(["a", "b"])) == ("Sa 14. März", "a und b")


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("silent", "schweigt"),
        ("slow by 1.5s", "um 1,5s verzögert"),
        ("silent (30 % of sessions)", "schweigt (30 % der Sitzungen)"),
        ("451 4.3.0 try again later at rcpt", "451 4.3.0 try again later bei rcpt"),
        ("DNS slow by 2s for MX", "DNS um 2s verzögert für MX"),
        ("at most 1 session, work takes 2.5 times as long", "höchstens 1 Sitzung, Arbeit dauert 2,5-mal so lange"),
        ("<b>what nobody knows</b>", "<b>what nobody knows</b>"),
    ],
)
def test_what_a_log_says_of_a_fault_is_phrased_in_the_language(english: str, german: str) -> None:
    assert phrased("faults", english) == english
    with speaking("de"):
        assert phrased("faults", english) == german


def test_only_sentences_change_with_the_language_never_figures_or_files() -> None:
    scenario = mailsim.load("first-mail")
    english = scenario.run()
    speak("de")
    german = scenario.run()
    assert german.trace_hash == english.trace_hash
    assert german.messages.equals(english.messages)
    assert german.faults.equals(english.faults)
    said = german.summary().as_dict()
    assert said == english.summary().as_dict()
    assert "Zustellungen" in repr(german)
    speak("en")
    assert said == english.summary().as_dict()
    assert "deliveries" in repr(english)


def test_words_of_others_replace_only_the_sentences_that_they_have() -> None:
    with worded("pupil"):
        assert say("stories.state_bounced") == "returned to the sender (bounced)"
        assert say("stories.state_lost") == "destroyed"  # pupils have none of their own
        with speaking("de"):
            assert say("stories.state_bounced") == "an den Absender zurückgeschickt (Bounce)"
    assert say("stories.state_bounced") == "returned"


def test_nobody_s_words_are_the_ordinary_ones() -> None:
    with worded("nobody"):
        assert say("stories.state_bounced") == "returned"
