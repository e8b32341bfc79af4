"""The topology shows every way with its share of the mail."""

from __future__ import annotations

import pytest

from mailsim.events import ConditionSpan
from mailsim.plots.topology import Way, describe_topology, topology, ways
from small_logs import small_result, small_scenario


def test_the_share_of_each_way_is_of_all_mail_that_users_sent() -> None:
    result = small_result()
    found = {(way.start, way.end): way.share for way in ways(result.scenario, result.log)}
    assert found[("ann", "isp")] == pytest.approx(5 / 6)  # one was rejected
    assert found[("isp", "mx1")] == pytest.approx(2 / 6)
    assert found[("isp", "mx2")] == pytest.approx(3 / 6)
    assert found[("mx2", "mx1")] == pytest.approx(1 / 6)
    assert found[("isp", "home")] == 0  # only the report went there
    assert found[("isp", "dns")] is None


def test_a_way_to_a_worse_preference_is_a_fallback() -> None:
    found = {(way.start, way.end): way for way in ways(small_scenario())}
    assert found[("isp", "mx2")] == Way("isp", "mx2", "relay", None, True)
    assert not found[("isp", "mx1")].fallback
    assert not found[("mx2", "mx1")].fallback


def test_a_scenario_tells_what_can_happen_and_a_result_what_did() -> None:
    assert topology(small_scenario()).get_title() == "Mail goes to mx1; mx2 takes it when that fails."
    assert topology(small_result()).get_title() == "Of the mail sent, 33.3 % went by mx1 and 50 % went by mx2."


def test_a_single_mx_is_the_one_way_in() -> None:
    zone = "$ORIGIN example.com.\n@ 3600 IN MX 10 mx1\nmx1 3600 IN A 192.0.2.10\nimap 3600 IN A 192.0.2.30\nmx2 3600 IN A 198.51.100.20\n"
    other = small_scenario().zones[1]
    assert topology(small_scenario(zones=[zone, other])).get_title() == "There is one way in: mx1."


def test_every_node_has_a_box_in_its_column_and_dns_stands_above() -> None:
    ax = topology(small_result())
    at = {text.get_text(): text.get_position() for text in ax.texts}
    assert at["ann"][0] < at["isp"][0] < at["mx1"][0] == at["mx2"][0] < at["boxes"][0] < at["bob"][0]
    assert at["dns"][1] > max(at[node][1] for node in ("ann", "isp", "mx1", "mx2", "boxes", "bob"))
    assert at["mx1"][1] > at["mx2"][1]
    assert at["home"][1] < at["isp"][1]
    assert "silent, 1 h" in at


def test_the_description_tells_the_layers_the_shares_and_what_was_wrong() -> None:
    text = describe_topology(small_result())
    assert text.startswith("From left to right: client: ann; sender MTA: home, isp; DNS: dns; MX: mx1, mx2; mailbox: boxes; reader: bob.")
    assert "isp to mx2 (fallback) 50 %" in text
    assert text.endswith("Wrong: mx1 silent, 1 h.")


def test_several_faults_of_a_node_are_counted() -> None:
    result = small_result()
    result.log.conditions.append(ConditionSpan("mx1", "mx1", "refused", 5000_000_000, 5060_000_000))
    assert "2 faults" in [text.get_text() for text in topology(result).texts]
