"""The tables of the languages: each says all that English says with the same facts, and nothing that nobody asks for."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

import mailsim
from mailsim.language import SOURCE, languages, sentences
from mailsim.language.tables import topics
from mailsim.results.schema import TABLES
from mailsim.rules.reasons import REASONS
from mailsim.study.figures import QUANTITIES

#: topics whose English stands beside a rule or a declaration; the other languages translate it
ELSEWHERE = {"reasons", "reason_names", "faults", "labels", "figures", "table_rows"}
TRANSLATIONS = [language for language in languages() if language != SOURCE]
CODE = "\n".join(path.read_text("utf-8") for path in Path(mailsim.__file__).parent.rglob("*.py"))


def facts(pattern: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(pattern) if name}


def test_there_is_english_and_german() -> None:
    assert languages() == ("de", "en")


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_language_has_all_topics_and_no_others(language: str) -> None:
    assert set(topics(language)) - ELSEWHERE == set(topics(SOURCE))


@pytest.mark.parametrize("topic", topics(SOURCE))
@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_language_says_all_that_english_says_with_the_same_facts(language: str, topic: str) -> None:
    theirs, english = sentences(language, topic), sentences(SOURCE, topic)
    # a language may tell one from many where English doesn't
    assert {key for key in theirs if key.removesuffix("_one") not in english} == set()
    assert set(english) - set(theirs) == set()
    for key, said in english.items():
        assert facts(theirs[key]) == facts(said), f"{language}/{topic}.toml: {key}"


@pytest.mark.parametrize("topic", sorted(ELSEWHERE))
@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_translated_phrase_uses_only_the_facts_of_the_english_one(language: str, topic: str) -> None:
    assert all(facts(said) <= facts(english) for english, said in sentences(language, topic).items())


@pytest.mark.parametrize("topic", ["reasons", "reason_names"])
@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_reason_has_a_translation_and_nothing_else_has(language: str, topic: str) -> None:
    assert set(sentences(language, topic)) == {reason.key for reason in REASONS.values()} - {""}


@pytest.mark.parametrize("language", languages())
def test_words_for_pupils_replace_sentences_that_there_are_and_say_the_same_facts(language: str) -> None:
    ordinary, plain = sentences(language, "stories"), sentences(language, "stories_pupil")
    assert set(plain) <= set(ordinary)
    assert {key for key, said in plain.items() if facts(said) != facts(ordinary[key])} == set()
    assert {key for key, said in plain.items() if said == ordinary[key]} == set()
    names = sentences(language, "reason_names_pupil")
    assert set(names) <= {reason.key for reason in REASONS.values()}


def test_every_key_that_the_code_names_has_a_sentence() -> None:
    named = re.findall(r"""\bsay\(\s*"(\w+)\.(\w+)\"""", CODE)
    missing = [f"{topic}.{key}" for topic, key in named if topic in topics(SOURCE) and key not in sentences(SOURCE, topic)]
    assert len(named) > 20
    assert missing == []


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_every_figure_of_a_study_and_every_table_of_a_run_has_its_words_in_every_language(language: str) -> None:
    assert set(sentences(language, "figures")) == set(QUANTITIES)
    assert set(sentences(language, "table_rows")) == set(TABLES)
