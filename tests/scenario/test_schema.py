"""The JSON Schema: valid itself, agrees with every shipped scenario, and refuses what the models refuse by shape."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from mailsim.nodes import KINDS
from mailsim.scenario import load, schema
from mailsim.scenario.yamlfile import read_yaml

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "scenarios").glob("*.yaml"))


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    return Draft202012Validator(schema())


def wrong(validator: Draft202012Validator, values: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(values)]


def test_the_schema_is_a_json_schema_that_can_be_written() -> None:
    Draft202012Validator.check_schema(json.loads(json.dumps(schema())))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_scenario_fits_the_schema(validator: Draft202012Validator, path: Path) -> None:
    assert wrong(validator, read_yaml(path.read_bytes(), path.name).value) == []
    assert wrong(validator, load(path).values()) == []


#: a line of traffic without its kind
LINE = {"from": "ann@example.org", "to": "bob@example.com"}

BASE = load("primary-outage").values(given=True)


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    values = copy.deepcopy(BASE)
    there: Any = values
    for part in path[:-1]:
        there = there[part]
    there[path[-1]] = value
    return values


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("fautls",), []),
        (("nodes", "mx1", "kind"), "mat"),
        (("nodes", "mx1", "flavour"), "postfx"),
        (("nodes", "mx1", "final_fro"), []),
        (("nodes", "mx1", "queue_lifetime"), 5),
        (("nodes", "bob", "fetch", "protocol"), "pop"),
        (("faults", 0, "how"), "silnt"),
        (("faults", 0, "length"), 300),
        (("traffic", 0, "to"), []),
        (("seed",), -1),
        (("question",), 21),
        (("zones", 0), {"fiel": "x"}),
        (("nodes",), []),
        (("traffic", 0), {**LINE, "kind": "brust", "at": "1h"}),
        (("traffic", 0), {**LINE, "kind": "preset", "name": "departement", "until": "1d"}),
        (("traffic", 0), {**LINE, "kind": "diurnal", "rate": "1/min", "shape": {"hours": [1, 2]}, "until": "1d"}),
        (("traffic", 0), {**LINE, "kind": "burst", "at": "1h", "fan_out": "evry"}),
        (("traffic", 0), {**LINE, "kind": "burst", "at": "1h", "to": {"bob@example.com": 0}}),
        (("traffic", 0), {**LINE, "kind": "burst", "at": "1h", "size": {"kind": "pareto", "least": "1 kB"}}),
        (("nodes", "world"), {"kind": "senders", "mix": "selfhosted"}),
    ],
)
def test_a_wrong_shape_is_refused_by_schema_and_model_alike(validator: Draft202012Validator, path: tuple[Any, ...], value: Any) -> None:
    values = changed(path, value)
    assert wrong(validator, values) != []
    with pytest.raises(Exception, match=r"."):
        load(values)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("links", "default", "rtt"), "40ms"),
        (("traffic", 0, "size"), "20 kB"),
        (("traffic", 0, "to"), ["bob@example.com"]),
        (("nodes", "mx1", "address"), "192.0.2.10"),
        (("faults", 0, "start"), 0),
        (("run_until",), "7d"),
        (("warm_up",), "auto"),
        (("traffic", 0, "size"), 20_000),
        (("traffic", 0, "size"), "mail"),
        (("traffic", 0, "size"), {"median": "10 kB", "sigma": 1}),
        (("traffic", 0, "size"), {"kind": "mixture", "parts": [{"weight": 1, "size": "2 kB"}, {"weight": 2, "size": {"sigma": 1}}]}),
        (("traffic", 0, "size"), {"kind": "bins", "least": "1 kB", "up_to": {"10 kB": 9, "1 MB": 1}}),
        (("traffic", 0, "size"), {"kind": "empirical", "quantiles": {"0%": "1 kB", "100%": "1 MB"}}),
        (("traffic", 0, "to"), {"bob@example.com": 0.9, "eve@example.com": 0.1}),
        (("traffic", 0, "from"), {"ann@example.org": 2}),
        (("traffic", 0), {**LINE, "kind": "diurnal", "rate": "1/min", "shape": "office", "until": "1d"}),
        (("traffic", 0), {**LINE, "kind": "diurnal", "rate": "1/min", "shape": {"days": [1, 1, 1, 1, 1, 0, 0]}, "until": "1d"}),
        (("traffic", 0), {**LINE, "kind": "preset", "name": "department", "until": "1d"}),
        (("traffic", 0), {**LINE, "kind": "burst", "to": "m{n}@example.com", "members": 9, "at": "1h", "fan_out": "each"}),
        (("traffic", 0), {"kind": "replay", "csv": "instant,from,to\n5,ann@example.org,bob@example.com\n"}),
        (("nodes", "world"), {"kind": "senders", "mix": "self-hosted"}),
    ],
)
def test_a_shorthand_is_taken_by_schema_and_model_alike(validator: Draft202012Validator, path: tuple[Any, ...], value: Any) -> None:
    values = changed(path, value)
    assert wrong(validator, values) == []
    assert wrong(validator, load(values).values()) == []


def test_a_replay_may_be_a_file(validator: Draft202012Validator) -> None:
    assert wrong(validator, changed(("traffic", 0), {"kind": "replay", "file": "arrivals.csv"})) == []


AT_RANDOM = {"up": {"kind": "weibull", "mean": "30d", "shape": 0.8}, "down": "1h", "until": "365d"}


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "outage", "target": "mx1", "every": {"weekly": "Sunday 02:00", "length": "30m", "until": "28d"}},
        {"kind": "stuck", "target": "mx1", "drawn": AT_RANDOM, "name": "filter"},
        {"kind": "outage", "target": "mx1", "log": "start,end\n1h,2h"},
        {"kind": "incident", "name": "y2k22", "target": "mx1"},
        {"kind": "chaos", "name": "mailpit", "target": "mx1", "probability": 0.1, "length": "1h"},
    ],
)
def test_a_fault_may_say_when_in_any_way(validator: Draft202012Validator, fault: dict[str, Any]) -> None:
    values = changed(("faults",), [fault])
    assert wrong(validator, values) == []
    load(values)
    assert wrong(validator, load(values).values()) == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "outage", "target": "mx1", "every": {"weekly": "Sunday 02:00", "length": "30m"}},
        {"kind": "outage", "target": "mx1", "drawn": {**AT_RANDOM, "up": {"kind": "weibul", "mean": "30d", "shape": 1}}},
        {"kind": "outage", "target": "mx1", "drawn": AT_RANDOM, "together": 1.5},
        {"kind": "incident", "name": "y2k", "target": "mx1"},
    ],
)
def test_a_wrong_when_is_refused_by_schema_and_model_alike(validator: Draft202012Validator, fault: dict[str, Any]) -> None:
    values = changed(("faults",), [fault])
    assert wrong(validator, values) != []
    with pytest.raises(Exception, match=r"."):
        load(values)


def test_a_zone_may_be_a_file(validator: Draft202012Validator) -> None:
    assert wrong(validator, changed(("zones", 0), {"file": "example.com.zone"})) == []


def test_every_kind_of_node_is_in_the_schema_with_its_kind_required() -> None:
    models = schema()["$defs"]
    for kind, declaration in KINDS.items():
        model = models[declaration.__name__]
        assert model["properties"]["kind"]["const"] == kind
        assert "kind" in model["required"]


def test_properties_carry_the_words_of_the_documentation() -> None:
    found = schema()
    assert found["properties"]["starts"]["description"] == "Calendar instant at which the simulation's clock is zero, with zone."
    assert found["$defs"]["Mta"]["properties"]["relays_for"]["description"].startswith("Domains that it takes mail for and passes on")
