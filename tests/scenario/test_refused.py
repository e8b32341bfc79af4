"""Every refused scenario of the folder ``invalid`` gives exactly the problems that its last comments expect, in their order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailsim.errors import ScenarioError
from mailsim.scenario import load

FOLDER = Path(__file__).parent / "invalid"
CASES = sorted(path.name for path in FOLDER.iterdir() if path.suffix == ".yaml")


def expected(path: Path) -> list[str]:
    return re.findall(r"^# expect: (.*)$", path.read_text("utf-8"), re.MULTILINE)


def test_there_are_enough_refused_scenarios() -> None:
    assert len(CASES) >= 25


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_scenario_is_refused_with_all_its_problems_at_their_places(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    wanted = expected(FOLDER / name)
    assert wanted, "the file says nothing of what to expect"
    with pytest.raises(ScenarioError) as caught:
        load(name)
    assert str(caught.value).split("\n") == [f"{name}:{line}" for line in wanted]
