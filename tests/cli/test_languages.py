"""The option --language of every command: people read it in their language, programs read what they always read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

import mailsim.language
from mailsim.cli.app import app
from mailsim.cli.languages import VARIABLE, with_language

STUDY = ["study", "single-mx", "--target", "mx1", "--lengths", "5m", "--runs", "2", "--messages", "3"]
COMMANDS: dict[str, tuple[list[str], str]] = {
    "run": (["run", "first-mail"], "im Postfach"),
    "check": (["check", "single-mx"], "1 Befund\n  Warnung: example.com MX"),
    "study": (STUDY, "nach 1 h nicht da"),
    "explain": (["explain", "first-mail", "0"], "Nachricht 0. "),
    "gallery": (["gallery", "--list"], "Warteschlange"),
}


def said(*words: str, env: dict[str, str] | None = None) -> Any:
    return CliRunner().invoke(app, words, env={VARIABLE: None, **(env or {})})


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_speaks_german_wherever_it_is_told_to(command: str) -> None:
    words, german = COMMANDS[command]
    ways = [said(*words, "--language", "de"), said("--language", "de", *words), said(*words, env={VARIABLE: "de"})]
    assert german in ways[0].stdout
    assert [way.stdout for way in ways] == [ways[0].stdout] * 3
    assert german not in said(*words).stdout
    assert mailsim.language.spoken() == "en"


def test_the_option_of_the_command_beats_that_before_it_and_that_the_variable() -> None:
    assert "in the mailbox" in said("--language", "de", "run", "first-mail", "--language", "en").stdout
    assert "in the mailbox" in said("--language", "en", "run", "first-mail", env={VARIABLE: "de"}).stdout
    assert "in the mailbox" in said("run", "first-mail", env={VARIABLE: ""}).stdout


@pytest.mark.parametrize("words", [["--language", "fr", "run", "first-mail"], ["run", "first-mail", "--language", "fr"]])
def test_a_language_that_nobody_speaks_is_wrong_input(words: list[str]) -> None:
    done = said(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "unknown language 'fr'" in done.stderr


@pytest.mark.parametrize(
    "words",
    [["run", "first-mail"], ["explain", "first-mail", "0"], ["check", "single-mx"], STUDY, ["scenarios"], ["flavours"], ["incidents"]],
    ids=lambda words: words[0],
)
def test_what_programs_read_is_the_same_in_every_language(words: list[str]) -> None:
    english = said(*words, "--json")
    assert json.loads(english.stdout) is not None
    for german in (said(*words, "--json", env={VARIABLE: "de"}), said(*words, "--json", "--language", "de")):
        assert german.stdout == english.stdout
        assert german.exit_code == english.exit_code


def test_the_files_of_a_run_are_the_same_in_every_language_but_for_the_picture(tmp_path: Path) -> None:
    for language in ("en", "de"):
        done = said("run", "first-mail", "--out", str(tmp_path / language), "--language", language)
        assert done.exit_code == 0
    assert "geschrieben:" in done.stderr
    files = {path.name for path in (tmp_path / "en").iterdir()} - {"timeline.png"}
    assert {"messages.csv", "summary.json", "manifest.json"} <= files
    for name in files:
        assert (tmp_path / "en" / name).read_bytes() == (tmp_path / "de" / name).read_bytes(), name


def test_every_command_takes_the_option() -> None:
    assert {name for name, command in app.commands.items() if not any(one.name == "language" for one in command.params)} == set()


def test_a_command_with_an_option_of_its_own_keeps_it_and_hears_its_value() -> None:
    @click.command()
    @click.option("--language", default="en")
    def own(language: str) -> None:
        click.echo(f"{language} {mailsim.language.spoken()}")

    assert CliRunner().invoke(with_language(own), ["--language", "de"]).stdout == "de de\n"
