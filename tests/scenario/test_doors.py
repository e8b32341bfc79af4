"""Every door: shipped names, YAML and TOML files, dicts, zone files beside the scenario; and what each refuses."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mailsim.errors import MailsimError, ScenarioError, UnknownNameError
from mailsim.scenario import Scenario, load, scenario_index, scenario_names, scenarios
from mailsim.scenario.yamlfile import read_yaml

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted(path.stem for path in (ROOT / "scenarios").glob("*.yaml"))

SMALL: dict[str, Any] = {
    "name": "small",
    "zones": ["$ORIGIN example.com.\n@ 300 IN MX 10 mx1\nmx1 300 IN A 192.0.2.10\n"],
    "nodes": {"dns": {"kind": "resolver"}, "mx1": {"kind": "mta", "final_for": ["example.com"]}, "world": {"kind": "senders"}},
    "traffic": [{"kind": "spread", "from": "world", "to": "bob@example.com", "count": 9, "until": "1h"}],
}

YAML = """\
# Lesson: small.
zones:
  - file: example.com.zone
nodes:
  dns: {kind: resolver}
  mx1: {kind: mta, final_for: [example.com]}
  world: {kind: senders}
"""


def test_every_shipped_scenario_is_found_by_its_name() -> None:
    assert list(scenario_names()) == SHIPPED
    assert {"first-mail", "primary-outage"} <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_scenario_loads_and_states_its_lesson(name: str) -> None:
    scenario = load(name)
    assert scenario.name == name
    assert scenario.lesson.endswith(".")


def test_the_index_names_lesson_and_question_of_each() -> None:
    assert [one.name for one in scenario_index()] == SHIPPED
    assert scenarios() == scenario_index()
    outage = next(one for one in scenario_index() if one.name == "primary-outage")
    assert outage.lesson == "a backup MX takes the mail while the primary is down and hands it on afterwards."
    assert outage.question == 2


def test_a_scenario_is_handed_back_as_it_is() -> None:
    scenario = load(SMALL)
    assert load(scenario) is scenario


def test_a_dict_and_a_file_give_equal_scenarios() -> None:
    path = ROOT / "scenarios" / "primary-outage.yaml"
    document = read_yaml(path.read_bytes(), "x")
    assert load({**document.value, "lesson": document.lesson}) == load(path) == load("primary-outage")


def test_a_file_without_a_name_has_the_name_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("nodes: {dns: {kind: resolver}}\n", "utf-8")
    assert load(tmp_path / "mine.yaml").name == "mine"


@pytest.mark.parametrize("name", ["primary-outtage", "no-such-thing", "", "a\nb", "x" * 5000])
def test_an_unknown_name_is_told_with_what_there_is(name: str) -> None:
    with pytest.raises(UnknownNameError, match="unknown scenario"):
        load(name)


def test_a_misspelt_name_is_suggested() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'primary-outage'"):
        load("primary-outtage")


@pytest.mark.parametrize("source", [7, None, ["a"], b"x"])
def test_what_is_no_source_is_refused(source: Any) -> None:
    with pytest.raises(ScenarioError, match="a scenario is a name, a path or a dict"):
        load(source)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no such file"):
        load(tmp_path / "none.yaml")
    with pytest.raises(ScenarioError, match="this is a folder"):
        load(tmp_path)


def test_a_zone_file_beside_the_scenario_is_read(tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(YAML, "utf-8")
    (tmp_path / "example.com.zone").write_text("@ 300 IN MX 10 mx1\nmx1 300 IN A 192.0.2.10\n", "utf-8")
    scenario = load(tmp_path / "s.yaml")
    assert scenario.parsed_zones()[0].origin == "example.com"
    assert load(scenario.values()) == scenario


def test_a_bad_line_of_a_zone_file_is_told_with_that_file_and_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.yaml").write_text(YAML, "utf-8")
    Path("example.com.zone").write_text("@ 300 IN MX 10 mx1\nmx1 300 IN A 192.0.2.300\n", "utf-8")
    with pytest.raises(ScenarioError) as caught:
        load("s.yaml")
    assert str(caught.value) == "example.com.zone:2: zones[0]: '192.0.2.300' is not an IPv4 address"


def test_a_zone_file_never_leaves_the_folder(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "example.com.zone").write_text("secret", "utf-8")
    (inner / "link.zone").symlink_to(tmp_path / "example.com.zone")
    for name in ("../example.com.zone", str(tmp_path / "example.com.zone"), "link.zone"):
        (inner / "s.yaml").write_text(YAML.replace("example.com.zone", name), "utf-8")
        with pytest.raises(ScenarioError, match="lies outside the scenario's folder"):
            load(inner / "s.yaml")


def test_a_dict_has_zone_files_only_beside_the_file_that_it_names(tmp_path: Path) -> None:
    (tmp_path / "example.com.zone").write_text(SMALL["zones"][0], "utf-8")
    values = {**SMALL, "zones": [{"file": "example.com.zone"}]}
    with pytest.raises(ScenarioError, match="a zone file lies beside a scenario file"):
        load(values)
    assert load(values, file=tmp_path / "s.yaml") == load(SMALL)


def test_problems_of_a_dict_have_a_path_and_no_line() -> None:
    values = {**SMALL, "seed": "x", "nodes": {**SMALL["nodes"], "mx1": {"kind": "mta", "flavour": "postfx", "final_for": ["example.com"]}}}
    with pytest.raises(ScenarioError) as caught:
        load(values)
    assert str(caught.value).split("\n") == [
        "seed: a whole number is expected here, not 'x'",
        "nodes.mx1.flavour: unknown MTA flavour 'postfx'; did you mean 'postfix'?",
    ]


def test_bad_zone_lines_of_a_dict_have_their_line_in_the_text() -> None:
    with pytest.raises(ScenarioError, match=r"^zones\[0\]: line 2: '1\.2\.3' is not an IPv4 address$"):
        load({**SMALL, "zones": ["$ORIGIN example.com.\nmx1 300 A 1.2.3\n"]})


def endless() -> dict[str, Any]:
    value: dict[str, Any] = {"name": "x"}
    value["nodes"] = value
    return value


def bomb() -> dict[str, Any]:
    value: Any = "x"
    for _ in range(9):
        value = [value] * 9
    return {**SMALL, "study": {"x": value}}


@pytest.mark.parametrize(
    "value", [endless(), bomb(), {**SMALL, 7: 1}, {"name": "x", "nodes": {1: {}}}], ids=["endless", "bomb", "key", "name"]
)
def test_a_hostile_dict_is_refused_within_two_seconds(value: dict[str, Any]) -> None:
    began = time.process_time()
    with pytest.raises(ScenarioError):
        load(value)
    assert time.process_time() - began < 2


def test_a_model_that_is_built_in_python_is_checked_like_a_file() -> None:
    with pytest.raises(ScenarioError, match=r"nodes\.mx1\.store: there is no node 'boxes'"):
        Scenario(name="x", nodes={"dns": {"kind": "resolver"}, "mx1": {"kind": "mta", "final_for": ["a.test"], "store": "boxes"}})
    assert issubclass(ScenarioError, MailsimError)


def test_the_room_is_light_to_import() -> None:
    heavy = {"networkx", "dns", "yaml", "numpy", "pandas", "matplotlib", "simpy"}
    code = f"import sys, mailsim.scenario; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == ""


def test_a_scenario_loads_in_less_than_fifty_milliseconds() -> None:
    load("primary-outage")
    took = []
    for _ in range(3):
        began = time.process_time()
        load("primary-outage")
        took.append(time.process_time() - began)
    assert min(took) < 0.05
