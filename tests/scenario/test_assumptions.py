"""Assumptions: every figure with its value, unit, source and status, and each path can be replaced."""

from __future__ import annotations

import pytest

from mailsim.flavours import flavour
from mailsim.scenario import Scenario, load
from mailsim.scenario.assumptions import Assumption, assumptions


@pytest.fixture(scope="module")
def rows() -> dict[str, Assumption]:
    return {row.path: row for row in assumptions(load("primary-outage"))}


def test_every_figure_of_every_program_is_there_once(rows: dict[str, Assumption]) -> None:
    listed = assumptions(load("primary-outage"))
    assert len({row.path for row in listed}) == len(listed)
    for node in ("isp", "mx1", "mx2"):
        for key in flavour("postfix").figures:
            assert f"nodes.{node}.{key}" in rows or f"nodes.{node}.parameters.{key}" in rows
    for key in flavour("unbound", "resolver").figures:
        assert f"nodes.dns.parameters.{key}" in rows


def test_what_the_file_says_is_given(rows: dict[str, Assumption]) -> None:
    assert rows["nodes.mx2.queue_lifetime"] == Assumption("nodes.mx2.queue_lifetime", "2d", "duration", "the scenario", "given")
    assert rows["nodes.bob.fetch.every"].status == "given"
    assert rows["links.default.rtt"].status == "given"
    assert rows["starts"].status == "given"


def test_what_it_leaves_open_is_a_default_with_its_source(rows: dict[str, Assumption]) -> None:
    row = rows["nodes.mx1.queue_lifetime"]
    assert row == Assumption("nodes.mx1.queue_lifetime", "5d", "duration", "postconf(5) maximal_queue_lifetime", "default")
    assert rows["nodes.mx1.parameters.connect_timeout"].value == "30s"
    assert rows["warm_up"].value == "0s"


def test_what_nobody_checked_is_unverified(rows: dict[str, Assumption]) -> None:
    assert rows["links.default.bandwidth"].status == "unverified"
    assert rows["nodes.mx1.parameters.server_time"].status == "unverified"
    assert rows["traffic[0].size.median"].status == "unverified"


def test_every_row_has_a_unit_and_a_source(rows: dict[str, Assumption]) -> None:
    units = {"duration", "size", "bit/s", "count", "factor", "yes or no", "distribution", "rule", "word"}
    assert {row.unit for row in rows.values()} <= units
    assert all(row.source and row.value for row in rows.values())
    assert {row.status for row in rows.values()} == {"given", "default", "unverified"}


def test_a_default_that_is_replaced_by_its_path_is_then_given() -> None:
    scenario = load("primary-outage")
    for path, value, text in [
        ("nodes.mx1.parameters.connect_timeout", "45s", "45s"),
        ("nodes.mx1.queue_lifetime", "1d", "1d"),
        ("links.default.bandwidth", 1e6, "1e+06"),
        ("traffic[0].size.sigma", 1.0, "1"),
        ("nodes.dns.parameters.ttl_maximum", "1h", "1h"),
    ]:
        row = {row.path: row for row in scenario.replace(path, value).assumptions()}[path]
        assert (row.value, row.status) == (text, "given")


def test_a_population_rests_on_the_figures_of_each_of_its_programs() -> None:
    scenario: Scenario = load(
        {
            "name": "x",
            "nodes": {"world": {"kind": "senders", "mix": {"exim": 1}}},
            "traffic": [{"kind": "at", "from": "world", "to": "a@b.test", "times": ["1m"]}],
        }
    )
    rows = {row.path: row for row in scenario.assumptions()}
    assert rows["nodes.world.mix"].status == "given"
    assert rows["nodes.world.domains"].status == "unverified"
    assert rows["nodes.world.mix.exim.queue_lifetime"].value == "4d"


def test_health_checks_show_their_defaults() -> None:
    scenario = load(
        {
            "name": "x",
            "zones": ["$ORIGIN a.test.\n@ 60 NS ns\nns 60 A 192.0.2.53\nmx1 60 A 192.0.2.1\n"],
            "nodes": {
                "dns": {"kind": "resolver"},
                "mx1": {"kind": "mta"},
                "ns": {"kind": "nameserver", "health_checks": [{"name": "mail.a.test", "hosts": ["mx1.a.test"], "every": "5s"}]},
            },
        }
    )
    rows = {row.path: row for row in scenario.assumptions()}
    assert rows["nodes.ns.health_checks[0].every"].status == "given"
    assert (rows["nodes.ns.health_checks[0].fall"].value, rows["nodes.ns.health_checks[0].fall"].status) == ("3", "unverified")
