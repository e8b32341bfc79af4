"""All problems at once; whatever plain values come in, nothing but a ScenarioError comes out."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailsim.errors import ScenarioError
from mailsim.scenario import Scenario, load

BASE = load("primary-outage").values(given=True)


def told(values: dict[str, Any]) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load(values)
    return str(caught.value).split("\n")


def test_entries_of_a_wrong_shape_do_not_hide_what_is_wrong_elsewhere() -> None:
    values = copy.deepcopy(BASE)
    values["faults"] = [
        {"kind": "outage", "target": "mx1", "length": 5},
        {"kind": "outage", "target": "mx9", "length": "5m"},
        {"kind": "outage", "target": "mx2", "start": "1h", "length": "2h"},
        {"kind": "outage", "target": "mx2", "start": "2h", "length": "2h"},
    ]
    values["nodes"]["mx2"]["queue_lifetime"] = 48
    values["nodes"]["mx1"]["store"] = "boxs"
    assert told(values) == [
        "nodes.mx2.queue_lifetime: 48 has no unit; write for example 5m or 300s",
        "faults[0].length: 5 has no unit; write for example 5m or 300s",
        "nodes.mx1.store: there is no node 'boxs'; did you mean 'boxes'?",
        "faults[1].target: there is no node 'mx9'; did you mean 'mx2'?",
        "faults[3]: overlaps faults[2] on mx2 (1h to 3h); let one begin where the other ends",
    ]


def test_a_node_of_a_wrong_shape_is_still_there_for_those_who_name_it() -> None:
    values = copy.deepcopy(BASE)
    values["nodes"]["boxes"]["mailboxes"] = 7
    values["nodes"]["dns"]["flavour"] = []
    assert told(values) == [
        "nodes.dns.flavour: a text is expected here, not a list",
        "nodes.boxes.mailboxes: a mapping (key: value) is expected here, not 7",
    ]


def test_a_wrong_zone_does_not_raise_doubts_about_the_places_that_it_would_give() -> None:
    values = copy.deepcopy(BASE)
    values["zones"][0] = values["zones"][0].replace("192.0.2.53", "192.0.2.533")
    values["changes"] = [{"at": "1h", "zone": "example.com", "records": "mx1 60 A 192.0.2.11"}]
    assert told(values) == ["zones[0]: line 9: '192.0.2.533' is not an IPv4 address"]


def test_abutting_outages_and_outages_of_different_targets_do_not_overlap() -> None:
    scenario = load("primary-outage").with_outage("mx1", start="5h", length="1h").with_outage("mx2", start="2h", length="1h")
    assert len(scenario.faults) == 3


def test_outages_of_one_name_overlap_however_it_is_spelt() -> None:
    scenario = load("primary-outage").with_outage("dns example.com/MX", start="1h", length="1h", how="servfail")
    with pytest.raises(ScenarioError, match="overlaps faults"):
        scenario.with_outage("dns  Example.com/mx", start="90m", length="1h", how="nxdomain")


def test_no_more_than_a_hundred_problems_are_told() -> None:
    values = copy.deepcopy(BASE)
    values["faults"] = [{"kind": "outage", "target": "mx1"}] * 500
    lines = told(values)
    assert len(lines) == 101
    assert lines[-1] == "and 400 more problems; mend these first"


#: scraps that a mutation may put anywhere
SCRAPS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=20),
    st.sampled_from(
        [
            "mx1",
            "5m",
            "-5m",
            "P1M",
            "site:north",
            "dns /",
            "link a-b",
            "link -",
            "dns x/Y",
            "10.0.0.1",
            "::",
            "a@b",
            "@",
            "\x00",
            "é.test",
            "x" * 300,
        ]
    ),
    st.just([]),
    st.just({}),
    st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
    st.just({"kind": "mta"}),
    st.just({"file": "x"}),
)


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(one for key, part in inner for one in places_in(part, (*path, key)))]


def has(there: Any, part: Any) -> bool:
    if isinstance(there, list):
        return isinstance(part, int) and part < len(there)
    return isinstance(there, dict) and part in there


PLACES = [path for path in places_in(BASE) if path]


@given(st.lists(st.tuples(st.sampled_from(PLACES), SCRAPS), min_size=1, max_size=4), st.lists(st.sampled_from(PLACES), max_size=2))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_mutated_scenario_loads_or_gives_a_scenario_error(
    changes: list[tuple[tuple[Any, ...], Any]], removed: list[tuple[Any, ...]]
) -> None:
    values: Any = copy.deepcopy(BASE)
    for path, scrap in [*changes, *((path, ...) for path in removed)]:
        there = values
        for part in path[:-1]:
            there = there[part] if has(there, part) else None
        if isinstance(there, dict) or has(there, path[-1]):
            there[path[-1]] = copy.deepcopy(scrap)
            if scrap is ...:
                del there[path[-1]]
    try:
        scenario = load(values)
    except ScenarioError as error:
        scenario = None
        sentences = [problem.what for problem in error.problems]
    if scenario is None:
        assert sentences
        assert all(sentences)
    else:
        assert isinstance(scenario, Scenario)
        assert load(scenario.values()) == scenario
        scenario.findings()
        scenario.assumptions()
        scenario.graph()
        assert repr(scenario)
