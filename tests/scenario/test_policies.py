"""What a scenario may say of policies: MTA-STS, signed zones, certificates, figures; how wrong words are told; and digests."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import mailsim
from mailsim.errors import ScenarioError
from mailsim.scenario import load, schema
from mailsim.scenario.compiled import compiled
from mailsim.scenario.policies import PolicyTimeline, StsPolicy
from small_worlds import MTA, com, world

NODES: dict[str, Any] = {"mx1": {**MTA, "final_for": ["example.com"]}}
ZONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1", '_mta-sts TXT "v=STSv1; id=1"')
DOWN = {"kind": "policy", "target": "example.com", "start": "1h", "length": "30m"}
BOGUS = {"kind": "bogus", "target": "example.com", "start": "1h", "length": "30m"}
GOOD = {"mode": "enforce", "mx": ["mx1.example.com"], "max_age": "7d"}
S = 1_000_000


def told(*faults: dict[str, Any], **more: Any) -> list[str]:
    """The problems of a world with these faults and values."""
    try:
        load(world(ZONE, NODES, faults=faults, **more))
    except ScenarioError as error:
        return [f"{problem.path}: {problem.what}" for problem in error.problems]
    return []


def test_a_policy_with_everything_loads_and_fits_the_schema() -> None:
    later = [{"at": "2h", "mode": "none", "max_age": "1d"}]
    values = world(
        ZONE,
        {"mx1": {**NODES["mx1"], "certificate": "invalid", "tlsa_matches": False}},
        policies={"example.com": {**GOOD, "mx": ["*.example.net", "mx1.example.com."], "fetch_time": "1s", "later": later}},
        signed_zones=["example.com"],
        faults=(DOWN, BOGUS),
    )
    scenario = load(values)
    assert scenario.policies["example.com"].mx == ("*.example.net", "mx1.example.com")
    assert list(Draft202012Validator(schema()).iter_errors(values)) == []
    assert load(scenario.values()).digest() == scenario.digest()


@pytest.mark.parametrize(
    ("policy", "path", "part"),
    [
        ({**GOOD, "mode": "enfroce"}, "policies.example.com.mode", "enforce"),
        ({**GOOD, "mx": []}, "policies.example.com", "names at least one MX host"),
        ({**GOOD, "mx": ["mx*.example.com"]}, "policies.example.com.mx[0]", "whole first label"),
        ({**GOOD, "mx": ["a b"]}, "policies.example.com.mx[0]", "host name"),
        ({**GOOD, "max_age": "400d"}, "policies.example.com.max_age", ""),
        ({"mode": "enforce", "mx": ["mx1.example.com"]}, "policies.example.com.max_age", ""),
        ({**GOOD, "later": [{**GOOD, "at": "2h"}, {**GOOD, "at": "1h"}]}, "policies.example.com", "in order of time"),
    ],
)
def test_a_policy_that_rfc_8461_does_not_know_is_refused_at_its_place(policy: dict[str, Any], path: str, part: str) -> None:
    found = told(policies={"example.com": policy})
    assert len(found) == 1, found
    assert path.replace("policies.example.com", "policies[example.com]") in found[0] or found[0].startswith(path)
    assert part in found[0]


def test_domains_and_signed_zones_are_there() -> None:
    assert told(policies={"exampel.com": GOOD})[0].endswith("exampel.com lies in none of the zones; did you mean 'example.com'?")
    assert told(signed_zones=["exampel.com"]) == ["signed_zones[0]: there is no zone 'exampel.com'; did you mean 'example.com'?"]
    assert told(signed_zones=["example.com", "example.com"]) == ["signed_zones[1]: example.com is in the list twice"]


def test_only_a_policy_host_that_is_there_can_fail_and_only_as_hosts_do() -> None:
    given = {"policies": {"example.com": GOOD}}
    assert told({**DOWN, "target": "exampel.com"}, **given) == [
        "faults[0].target: exampel.com has no MTA-STS policy; did you mean 'example.com'?"
    ]
    (problem,) = told({**DOWN, "how": "4xx"}, **given)
    assert problem.startswith("faults[0].how: ")


def test_only_a_signed_zone_can_be_bogus() -> None:
    assert told(BOGUS, signed_zones=["example.com"]) == []
    assert told(BOGUS) == ["faults[0].target: example.com is no signed zone, so it can't be bogus; write signed_zones: [example.com]"]


@pytest.mark.parametrize("figure", ["sts", "dane"])
def test_who_heeds_policies_needs_tls(figure: str) -> None:
    (problem,) = told(isp={"parameters": {figure: True}})  # the small worlds have starttls: false
    assert "need starttls: true" in problem


def test_a_program_that_chooses_hosts_in_its_own_way_takes_no_such_figure() -> None:
    (problem,) = told(isp={"flavour": "opensmtpd", "parameters": {"mx_choice": "sticky"}})
    assert "mx_choice can't be set" in problem


def test_what_is_served_changes_at_its_instant_on_the_clock_of_the_engine() -> None:
    declared = StsPolicy.model_validate({**GOOD, "later": [{"at": "2h", "mode": "none", "max_age": "1d"}]})
    served = PolicyTimeline(declared, offset_us=10 * S)
    assert [served.at(t * S).mode for t in (0, 7209, 7210)] == ["enforce", "enforce", "none"]
    assert declared.fetch_time == 120_000  # the default, three round trips of 40 ms


def test_a_change_of_policy_is_a_change_of_the_world() -> None:
    served = {"example.com": {**GOOD, "later": [{"at": "2h", **GOOD}]}}
    ready = compiled(load(world(ZONE, NODES, policies=served, faults=(DOWN,))))
    assert [ready.next_change(t) for t in (0, 3600 * S, 5400 * S)] == [3600 * S, 5400 * S, 7200 * S]


def test_a_scenario_without_policies_has_the_digest_that_it_had_before_there_were_any(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of pictures and the draws of rebuilt recordings hang on it: what is younger is left out at its default."""
    plain = load(world(ZONE, NODES))
    texts: list[str] = []
    dumps = json.dumps
    monkeypatch.setattr("mailsim.scenario.digest.json.dumps", lambda *args, **more: texts.append(dumps(*args, **more)) or texts[-1])
    digests = {
        name: scenario.digest()
        for name, scenario in {
            "plain": plain,
            "said": plain.replace("nodes.mx1.certificate", "valid"),
            "invalid": plain.replace("nodes.mx1.certificate", "invalid"),
            "signed": plain.replace("signed_zones", ["example.com"]),
        }.items()
    }
    assert not any(word in texts[0] for word in ("certificate", "tlsa_matches", "signed_zones", "policies"))
    assert digests["plain"] == digests["said"]
    assert len(set(digests.values())) == 3


def test_figures_of_policies_are_listed_with_their_sources() -> None:
    rows = {row.path: row for row in mailsim.load(world(ZONE, NODES, policies={"example.com": GOOD})).assumptions()}
    assert rows["policies[example.com].fetch_time"].status == "unverified"
    assert rows["policies[example.com].max_age"].status == "given"
