"""The scenario: frozen, complete in its digest, and changed only into new ones."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mailsim.errors import ScenarioError
from mailsim.scenario import Scenario, load


@pytest.fixture(scope="module")
def outage() -> Scenario:
    return load("primary-outage")


def test_a_scenario_is_frozen(outage: Scenario) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        outage.seed = 8  # type: ignore[misc]


def test_the_values_of_a_scenario_make_an_equal_one(outage: Scenario) -> None:
    for given in (False, True):
        again = load(outage.values(given=given))
        assert again == outage
        assert again.digest() == outage.digest()


def test_durations_are_kept_in_microseconds_and_written_as_text(outage: Scenario) -> None:
    mx2: Any = outage.nodes["mx2"]
    assert mx2.queue_lifetime == 48 * 3_600 * 1_000_000
    assert outage.values()["nodes"]["mx2"]["queue_lifetime"] == "2d"
    assert outage.traffic[0].until == 12 * 3_600 * 1_000_000  # type: ignore[union-attr]


def test_the_digest_stays_for_what_decides_nothing_and_changes_with_everything_else(outage: Scenario) -> None:
    same = [outage.replace("seed", 99), outage.replace("lesson", "another"), outage.replace("question", 1)]
    assert {one.digest() for one in same} == {outage.digest()}
    others = [
        outage.replace("nodes.mx2.queue_lifetime", "47h"),
        outage.replace("faults[0].length", "3h"),
        outage.replace("links.default.rtt", "40ms"),
        outage.replace("zones[1]", outage.zones[1].replace("3600 IN MX", "300 IN MX")),
        outage.replace("nodes.bob.fetch.idle", False),
    ]
    assert len({one.digest() for one in [outage, *others]}) == 6


def test_a_default_that_is_written_out_has_the_same_digest(outage: Scenario) -> None:
    assert outage.replace("nodes.bob.fetch.every", "10m").digest() == outage.digest()


def test_with_outage_adds_one_and_without_takes_it_away(outage: Scenario) -> None:
    more = outage.with_outage("mx2", start="6h", length="30m", how="4xx", reply="451 4.3.0 later", stage="greeting")
    assert len(outage.faults) == 1
    assert more.faults[1].model_dump(exclude_unset=True) == {
        "kind": "outage", "target": "mx2", "start": "6h", "length": "30m", "how": "4xx", "reply": "451 4.3.0 later", "stage": "greeting",
    }  # fmt: skip
    assert more.without("faults[1]") == outage
    assert outage.without("faults").faults == ()


def test_without_counts_as_before_however_many_are_taken(outage: Scenario) -> None:
    three = outage.with_outage("mx2", length="1m").with_outage("isp", length="2m")
    assert [fault.target for fault in three.without("faults[0]", "faults[2]").faults] == ["mx2"]


def test_an_overlapping_outage_is_refused(outage: Scenario) -> None:
    with pytest.raises(ScenarioError, match=r"faults\[1\]: overlaps faults\[0\] on mx1 \(1h to 5h\)"):
        outage.with_outage("mx1", start="4h", length="2h")
    assert len(outage.with_outage("mx1", start="5h", length="2h").faults) == 2


def test_replace_changes_one_value(outage: Scenario) -> None:
    changed = outage.replace("nodes.home.mailboxes[ann@example.org].password", "other")
    home: Any = changed.nodes["home"]
    assert home.mailboxes["ann@example.org"].password == "other"
    assert changed.replace("nodes.home.mailboxes[ann@example.org].password", "secret") == outage


def test_replace_reaches_what_was_left_at_its_default(outage: Scenario) -> None:
    mx1: Any = outage.replace("nodes.mx1.parameters.retry.scan", "10m").nodes["mx1"]
    assert mx1.parameters == {"retry": {"scan": "10m"}}
    bob: Any = outage.replace("nodes.bob.fetch.every", "1m").nodes["bob"]
    assert bob.fetch.every == 60_000_000


def test_replace_can_add_a_node(outage: Scenario) -> None:
    assert outage.replace("nodes.mx3", {"kind": "mta", "relays_for": ["example.com"]}).nodes["mx3"].kind == "mta"


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        ("nodes.mx3.flavour", "exim", "nodes.mx3: there is no 'mx3'; did you mean 'mx2'?"),
        ("nodes.mx2.flavor", "exim", "nodes.mx2.flavor: unknown key 'flavor'; did you mean 'flavour'?"),
        ("nodes.mx2.queue_lifetime", 48, "nodes.mx2.queue_lifetime: 48 has no unit"),
        ("faults[1].start", "1h", "faults[1]: there is no entry 1; counting begins at 0"),
        ("faults[1]", {}, "faults[1]: there is no entry 1"),
        ("name.x", 1, "name: this is a plain value; nothing lies inside it"),
        ("", 1, "the path is empty"),
        ("nodes..mx2", 1, "this is not a path"),
        ("nodes[mx2", 1, "this is not a path"),
    ],
)
def test_a_wrong_replacement_says_where(outage: Scenario, path: str, value: Any, what: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        outage.replace(path, value)
    assert what in str(caught.value)


def test_taking_out_what_others_name_is_refused(outage: Scenario) -> None:
    with pytest.raises(ScenarioError, match=r"nodes\.mx1\.store: there is no node 'boxes'"):
        outage.without("nodes.boxes")
    with pytest.raises(ScenarioError, match="there is no 'fualts'; did you mean 'faults'"):
        outage.without("fualts")


def test_the_default_flavour_is_written_into_the_mtas_that_name_none(outage: Scenario) -> None:
    values = outage.values(given=True)
    del values["nodes"]["mx1"]["flavour"]
    values["defaults"]["flavour"] = "exim"
    scenario = load(values)
    assert [scenario.nodes[name].flavour for name in ("isp", "mx1", "mx2")] == ["postfix", "exim", "postfix"]  # type: ignore[union-attr]


def test_a_node_asks_its_own_resolver_the_default_or_the_only_one(outage: Scenario) -> None:
    assert outage.resolver_of("mx1") == "dns"
    two = outage.replace("nodes.dns2", {"kind": "resolver"}).replace("nodes.mx1.resolver", "dns2")
    assert (two.resolver_of("mx1"), two.resolver_of("mx2")) == ("dns2", "dns")
    assert load("first-mail").resolver_of("isp") == "dns"


def test_a_scenario_shows_itself_in_a_few_lines(outage: Scenario) -> None:
    text = repr(outage)
    assert str(outage) == text
    assert text.startswith("Scenario 'primary-outage', seed 7")
    assert "mx1 silent from 1h to 5h" in text
    assert len(text.splitlines()) < 30


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def test_what_users_write_is_escaped_where_a_scenario_is_shown(outage: Scenario) -> None:
    scenario = outage.replace("name", HOSTILE).replace("lesson", HOSTILE).replace("nodes.mx1.site", HOSTILE)
    html = scenario._repr_html_()
    assert "<script" not in html
    assert "<img src=x" not in html
    assert html.count("&lt;script&gt;") >= 3
    assert "\x1b" not in repr(outage.replace("lesson", "a\x1b[31mred"))


def test_a_scenario_without_an_instant_for_its_clock_is_refused() -> None:
    with pytest.raises(ScenarioError, match="starts: 'now' is not an instant"):
        load("first-mail").replace("starts", "now")
