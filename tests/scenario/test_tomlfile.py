"""The TOML door: the same values as YAML, with the line and column of what is wrong."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mailsim.errors import ScenarioError
from mailsim.scenario import load
from mailsim.scenario.tomlfile import read_toml

TEXT = """\
# Lesson: TOML does as well as YAML.
name = "toml"
starts = 2026-01-05T00:00:00Z
zones = [
'''
$ORIGIN example.com.
@   300 IN MX 10 mx1
mx1 300 IN A  192.0.2.10
''',
]

[nodes.dns]
kind = "resolver"

[nodes.mx1]
kind = "mta"
final_for = ["example.com"]

[nodes.world]
kind = "senders"

[[traffic]]
kind = "spread"
from = "world"
to = "bob@example.com"
count = 9
until = "1h"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "s.toml"
    path.write_text(text, "utf-8")
    return path


def refusal(folder: Path, text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load(write(folder, text))
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_a_toml_file_is_a_scenario_like_any_other(tmp_path: Path) -> None:
    scenario = load(write(tmp_path, TEXT))
    assert scenario.lesson == "TOML does as well as YAML."
    assert scenario.starts == "2026-01-05T00:00:00+00:00"
    assert [zone.origin for zone in scenario.parsed_zones()] == ["example.com"]
    assert list(scenario.nodes) == ["dns", "mx1", "world"]


def test_wrong_values_have_their_line_and_column(tmp_path: Path) -> None:
    text = TEXT.replace('"mta"', '"mat"').replace('"1h"', '"1x"').replace("192.0.2.10", "192.0.2.300")
    assert refusal(tmp_path, text) == [
        "s.toml:8: zones[0]: '192.0.2.300' is not an IPv4 address",
        "s.toml:16:8: nodes.mx1.kind: unknown kind 'mat'; did you mean 'mta'?",
        "s.toml:27:9: traffic[0].until: '1x' has an unknown unit 'x'; the units are w, d, h, m, s, ms and us",
    ]


def test_unknown_keys_are_placed_at_the_key(tmp_path: Path) -> None:
    assert refusal(tmp_path, TEXT + "cuont = 3\n") == ["s.toml:28:1: traffic[0].cuont: unknown key 'cuont'; did you mean 'count'?"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a = 1\na = 2\n", "f.toml:2"),
        ("a = \n", "f.toml:1:5: this is no TOML: invalid value"),
        ("a = " + "[" * 20_000, "f.toml: nested more than 50 levels deep"),
        ("a = " + "[" * 60 + "]" * 60, "nested more than 50 levels deep"),
        ("a = " + "9" * 5000, "f.toml: a number is too large"),
        ("", "f.toml: the file is empty"),
        ("a = [" + "1," * 150_000 + "]", "more than 100,000 values"),
    ],
    ids=["twice", "nothing", "endless", "deep", "digits", "empty", "many"],
)
def test_a_hostile_file_is_refused_within_two_seconds(text: str, what: str) -> None:
    began = time.process_time()
    with pytest.raises(ScenarioError) as caught:
        read_toml(text.encode(), "f.toml")
    assert what in str(caught.value)
    assert time.process_time() - began < 2


def test_numbers_that_no_scenario_can_use_are_problems() -> None:
    document = read_toml(b"seed = 99999999999999999999\n[a]\nx = inf\n", "f.toml")
    assert [str(problem) for problem in document.problems] == [
        "f.toml:1:8: seed: the number is too large; the largest has 18 digits",
        "f.toml:3:5: a.x: inf is no number that a scenario can use; write a finite one",
    ]


def test_tables_in_lists_have_their_own_places() -> None:
    document = read_toml(b'[[faults]]\ntarget = "a"\n[[faults]]\ntarget = "b"\n[nodes."x.y"]\nkind = "mta"\n', "f.toml")
    assert document.marks[("faults", 1, "target")][:2] == (4, 10)
    assert document.marks[("nodes", "x.y", "kind")][:2] == (6, 8)
