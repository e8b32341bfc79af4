"""Flavours that a scenario writes itself: used by nodes and populations, kept by copies, told among the assumptions."""

from __future__ import annotations

from typing import Any

import jsonschema

import mailsim
from mailsim.scenario import load, schema
from small_worlds import MTA, com, outage, run, world

OURS = {"inherits": "kumomta", "program": "our mailer", "retry": {"base": "10m"}, "queue_lifetime": "2d"}
ZONE = com("@ MX 10 mx", "mx A 192.0.2.1")


def values(**more: Any) -> dict[str, Any]:
    base = world(ZONE, {"mx": {**MTA, "final_for": ["example.com"]}}, isp={"flavour": "ours"}, **more)
    return {**base, "flavours": {"ours": OURS}}


def test_a_node_may_run_an_own_flavour() -> None:
    """10 min * 2^k with up to 30 s of jitter: 0, 10, 30, 70 min."""
    result = run(values(faults=(outage("mx", "0s", length="1h", how="refused"),)))
    first, *later = [t for t, _, _ in result.tries(number=0)]
    for wanted, t in zip((600, 1800, 4200), later, strict=True):
        assert abs(t - first - wanted) <= 95


def test_a_population_may_have_an_own_flavour_in_its_mix() -> None:
    mixed = values()
    mixed["nodes"]["world"] = {"kind": "senders", "mix": {"ours": 1, "postfix": 1}}
    mixed["traffic"].append({"kind": "spread", "from": "world", "to": "bob@example.com", "count": 40, "until": "1h"})
    names = run(mixed).log
    assert {names.names[k] for k in names.messages["flavour"] if k >= 0} == {"ours", "postfix"}


def test_the_default_flavour_may_be_an_own_one() -> None:
    own = values()
    del own["nodes"]["isp"]["flavour"]
    assert load({**own, "defaults": {"flavour": "ours"}}).nodes["isp"].flavour == "ours"  # type: ignore[union-attr]


def test_own_flavours_stay_in_copies_and_can_be_changed_there() -> None:
    scenario = load(values())
    assert load(scenario.values(given=True)) == scenario
    changed = scenario.replace("flavours.ours.retry.base", "20m")
    assert changed.flavours["ours"].figures["retry"] == {"base": "20m"}
    assert changed.digest() != scenario.digest()


def test_a_scenario_without_own_flavours_has_the_digest_of_before_there_were_any() -> None:
    """The digest of primary-outage may change for other reasons; that ``flavours`` is empty must not be one."""
    scenario = mailsim.load("primary-outage")
    assert scenario.flavours == {}
    assert load({**scenario.values(given=True), "flavours": {}}).digest() == scenario.digest()


def test_the_figures_of_an_own_flavour_are_given_and_the_others_have_their_sources() -> None:
    told = {one.path: one for one in load(values()).assumptions()}
    assert told["nodes.isp.flavour"].source == "our mailer"
    assert told["nodes.isp.parameters.retry"].status == "given"
    assert "base 10m" in told["nodes.isp.parameters.retry"].value
    assert told["nodes.isp.parameters.give_up"].status == "default"
    assert told["nodes.isp.parameters.eod_timeout"].status == "unverified"


def test_the_schema_knows_own_flavours() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    assert not list(validator.iter_errors(values()))
    wrong = values()
    wrong["flavours"]["ours"] = {**OURS, "queue_lifetme": "1d"}
    assert list(validator.iter_errors(wrong))
