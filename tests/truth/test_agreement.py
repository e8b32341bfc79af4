"""The agreement with the recordings may only rise: floors.json, and the table in README that shows it.

To take over a gain: ``python -m mailsim conform tests/truth --floor tests/truth/floors.json --raise-floor --table`` and put the
table between the markers in README.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from mailsim.validation import Case, Conformance, conform, read_cases
from mailsim.validation.conformance import conform_cases
from mailsim.validation.floors import below, read_floors
from mailsim.validation.table import HEADER, markdown, with_count

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SEEDS = (1, 2, 3)

#: the quick sample takes one case of each program in so many
EVERY = 10

FLOORS = read_floors(HERE / "floors.json")


@cache
def cases() -> tuple[Case, ...]:
    return read_cases(HERE)


@cache
def everything() -> Conformance:
    return conform_cases(cases(), SEEDS, jobs=2)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_no_program_falls_below_its_floor() -> None:
    assert below(everything(), FLOORS) == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_readme_has_the_table_that_its_command_prints() -> None:
    assert table_in_readme() == markdown(everything()).splitlines()


def table_in_readme() -> list[str]:
    text = (ROOT / "README.md").read_text("utf-8")
    return text.split("<!-- agreement: begin -->\n")[1].split("<!-- agreement: end -->")[0].splitlines()


def test_the_table_in_readme_has_the_floors() -> None:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table_in_readme()]
    assert tuple(rows[0]) == HEADER
    shown = {row[0]: row[2] for row in rows[2:]}
    assert shown.keys() == {case.software for case in cases()}
    assert {program: shown[program] for program in FLOORS} == {program: with_count(floor) for program, floor in FLOORS.items()}


@pytest.mark.parametrize("program", FLOORS)
def test_in_a_sample_no_more_repeats_differ_than_the_floor_lets_differ_in_all(program: str) -> None:
    sample = [case for case in cases() if case.software == program][::EVERY]
    found = conform_cases(sample, SEEDS[:1])
    differing = [f"{one.name}: {one.words[0]}" for one in found.verdicts if one.words]
    assert len(differing) <= FLOORS[program].of - FLOORS[program].agreed, "\n".join(differing)


def test_repeats_stay_the_same_when_labels_and_recordings_are_taken_out_of_the_cases(tmp_path: Path) -> None:
    one_of_each = list({case.software: case for case in cases()}.values())
    bodies = [case.body for case in one_of_each]
    labelled = [{"name": f"{case.software} {case.name}", "description": "x", "repeats": case.recorded, **case.body} for case in one_of_each]
    found = []
    for name, contents in (("bare", bodies), ("labelled", labelled)):
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(content) + "\n" for content in contents), "utf-8")
        found.append([json.loads(line)["repeat"] for line in conform(path, seeds=2).lines()])
    assert found[0] == found[1]
    assert len(found[0]) == 2 * len(one_of_each)
    assert any(found[0])
