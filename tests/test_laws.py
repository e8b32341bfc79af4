"""Laws: random small worlds under all checkers, and what must not change, or only in one direction, when a world changes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import mailsim
from fault_strategies import ANY
from mailsim.events import State
from mailsim.scenario.faults import FAULT_KINDS
from policy_strategies import busy_worlds
from strategies import worlds

NEVER = 1 << 62
BYSTANDER = """$ORIGIN bystander.test.
@   60 IN SOA ns1 hostmaster 1 7200 900 1209600 300
@   60 IN NS  ns1
ns1 60 IN A   203.0.113.99
"""

#: the same worlds each time, so that a change is to blame for a failure; MAILSIM_EXPLORE=1 looks for new ones
EXPLORE = os.environ.get("MAILSIM_EXPLORE", "") not in ("", "0")
SETTINGS = settings(deadline=None, derandomize=not EXPLORE, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
FEW = settings(SETTINGS, max_examples=100)
MANY = settings(SETTINGS, max_examples=1000)
SOME = settings(SETTINGS, max_examples=25)


def run(world: dict[str, Any], *, level: str = "events") -> Any:
    """One run; the checkers judge it as they judge every run (see conftest)."""
    return mailsim.load(world).run(level=level)


def _under_all_checkers(world: dict[str, Any]) -> None:
    result = run(world)
    assert result.conservation.ok, result.conservation.problems
    assert run(world, level="messages").trace_hash == result.trace_hash


def test_the_checkers_do_judge_every_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(record: Any) -> Iterator[str]:
        yield "this checker is never content"

    monkeypatch.setattr("checkers.CHECKS", [never])
    with pytest.raises(AssertionError, match="never content"):
        mailsim.load("first-mail").run()


@FEW
@given(worlds())
def test_random_worlds_pass_every_checker_and_repeat(world: dict[str, Any]) -> None:
    _under_all_checkers(world)


@FEW
@given(worlds(kinds=True, max_faults=6))
def test_random_worlds_with_faults_of_every_kind_pass_every_checker_and_repeat(world: dict[str, Any]) -> None:
    _under_all_checkers(world)


@settings(SETTINGS, max_examples=8)
@given(busy_worlds())
def test_random_worlds_in_which_everything_meets_pass_every_checker_and_repeat(world: dict[str, Any]) -> None:
    _under_all_checkers(world)


@pytest.mark.slow
@MANY
@given(worlds(kinds=True, max_faults=8))
def test_a_thousand_random_worlds_pass_every_checker_and_repeat(world: dict[str, Any]) -> None:
    _under_all_checkers(world)


@pytest.mark.slow
@MANY
@given(worlds(kinds=True, max_faults=8))
def test_another_thousand_random_worlds_pass_every_checker_and_repeat(world: dict[str, Any]) -> None:
    """Hypothesis draws by the name of the test: these are others, and a second core can have them."""
    _under_all_checkers(world)


@pytest.mark.slow
@settings(SETTINGS, max_examples=150)
@given(busy_worlds())
def test_many_random_worlds_in_which_everything_meets_pass_every_checker_and_repeat(world: dict[str, Any]) -> None:
    _under_all_checkers(world)


def test_every_kind_of_fault_is_drawn() -> None:
    assert set(ANY) == set(FAULT_KINDS)


@SOME
@given(worlds())
def test_preferences_times_ten_change_nothing(world: dict[str, Any]) -> None:
    other = deepcopy(world)
    for number in (10, 20, 30):
        other["zones"][0] = other["zones"][0].replace(f" MX {number} ", f" MX {number}0 ")
    assert run(world).trace_hash == run(other).trace_hash


@SOME
@given(worlds(spare_first=True))
def test_an_outage_after_everything_is_over_changes_nothing(world: dict[str, Any]) -> None:
    result = run(world)
    assume(result.log.end_reason == "settled")
    after = -(-result.log.end_us // 60_000_000) + 1
    other = deepcopy(world)
    other["faults"].append({"kind": "outage", "target": "mx1", "start": f"{after}m", "length": "1h", "how": "silent"})
    assert run(other).trace_hash == result.trace_hash


@SOME
@given(worlds(spare_first=True))
def test_an_outage_in_two_abutting_parts_is_one_outage(world: dict[str, Any]) -> None:
    one, two = deepcopy(world), deepcopy(world)
    one["faults"].append({"kind": "outage", "target": "mx1", "start": "50m", "length": "90m", "how": "refused"})
    two["faults"].append({"kind": "outage", "target": "mx1", "start": "50m", "length": "30m", "how": "refused"})
    two["faults"].append({"kind": "outage", "target": "mx1", "start": "80m", "length": "60m", "how": "refused"})
    assert run(one).trace_hash == run(two).trace_hash


@SOME
@given(worlds())
def test_a_node_that_nobody_knows_changes_nothing(world: dict[str, Any]) -> None:
    other = deepcopy(world)
    other["nodes"]["bystander"] = {"kind": "mta", "address": "203.0.113.77", "host": "bystander.test"}
    assert run(world).trace_hash == run(other).trace_hash


@SOME
@given(worlds())
def test_a_zone_that_nobody_asks_changes_nothing(world: dict[str, Any]) -> None:
    other = deepcopy(world)
    other["zones"].append(BYSTANDER)
    assert run(world).trace_hash == run(other).trace_hash


@SOME
@given(worlds(max_faults=0, alone=True), st.integers(5, 60), st.integers(1, 300))
def test_a_longer_outage_of_the_only_server_brings_no_message_earlier(world: dict[str, Any], length: int, more: int) -> None:
    """Each message of a population shares its draws in both runs and meets no other, so the order holds one by one."""
    world["run_until"] = "settled"
    stored = []
    for minutes in (length, length + more):
        outage = {"kind": "outage", "target": "mx1", "start": "0m", "length": f"{minutes}m", "how": "silent"}
        log = run({**world, "faults": [outage]}).log
        instants = zip(log.messages["stored_us"], log.messages["state"], strict=True)
        stored.append([t if state == State.STORED else NEVER for t, state in instants])
    ordinary = min(len(column) for column in stored)
    assert all(one <= other for one, other in zip(stored[0][:ordinary], stored[1][:ordinary], strict=True))


# -- counter-examples that were found, as cases of their own -------------------------------------------------------------

ZONE = """$ORIGIN example.com.
@    60 IN SOA ns1 hostmaster 1 7200 900 1209600 300
@    60 IN NS  ns1
@    60 IN MX  10 mx1
mx1  60 IN A   192.0.2.10
imap 60 IN A   192.0.2.143
ns1  60 IN A   192.0.2.53
"""
POPULATION = {"world": {"kind": "senders", "mix": {"postfix": 1}}, "dns": {"kind": "resolver"}}


def _mail(times: list[str]) -> dict[str, Any]:
    return {"kind": "at", "from": "world", "to": "bob@example.com", "times": times, "size": "20 kB"}


def test_levels_agree_where_a_server_serves_one_session_at_a_time() -> None:
    mx1 = {"kind": "mta", "final_for": ["example.com"], "max_sessions": 1}
    spread = {"kind": "spread", "from": "world", "to": "bob@example.com", "count": 1, "until": "2h"}
    outage = {"kind": "outage", "target": "mx1", "length": "38m", "how": "silent"}
    for seed in range(20):
        world = {"name": "case", "seed": seed, "zones": [ZONE], "nodes": {**POPULATION, "mx1": mx1}}
        world |= {"traffic": [_mail(["0m"]), spread], "faults": [outage]}
        assert run(world).trace_hash == run(world, level="messages").trace_hash


def test_levels_agree_on_the_order_within_one_poll() -> None:
    nodes = {
        **POPULATION,
        "mx1": {"kind": "mta", "final_for": ["example.com"], "store": "boxes"},
        "boxes": {"kind": "mailstore", "host": "imap.example.com", "mailboxes": {"bob@example.com": {"password": "hunter2"}}},
        "bob": {
            "kind": "client", "address": "bob@example.com", "password": "hunter2",
            "fetch": {"host": "imap.example.com", "protocol": "pop3", "idle": False, "every": "1m"},
        },
    }  # fmt: skip
    for seed in range(20):
        world = {"name": "case", "seed": seed, "zones": [ZONE], "nodes": nodes, "traffic": [_mail(["0m", "0m", "12m", "12m", "12m"])]}
        assert run(world).trace_hash == run(world, level="messages").trace_hash


def test_levels_agree_where_exim_is_turned_away_while_another_session_goes_well() -> None:
    """What waits for a host goes over the connection of the next mail that it takes, also where that one began before the failure."""
    nodes: dict[str, Any] = {
        "ann": {"kind": "client", "address": "ann@example.org", "submission": {"discover": "mail.example.org"}},
        "isp": {"kind": "mta", "host": "mail.example.org", "flavour": "exim", "submission": True, "accounts": {"ann@example.org": {}}},
        "dns": {"kind": "resolver"},
        "mx1": {"kind": "mta", "flavour": "exim", "final_for": ["example.com"], "max_sessions": 1},
    }
    org = "$ORIGIN example.org.\n@ 3600 IN SOA ns1 h 1 7200 900 1209600 300\n@ 3600 IN NS ns1\nns1 3600 IN A 203.0.113.53\n"
    zones = [ZONE, org + "mail 3600 IN A 203.0.113.25\n@ 3600 IN MX 10 mail\n"]
    before = {"kind": "at", "from": "ann@example.org", "to": "bob@example.com", "times": ["0m"]}
    traffic = [before, _in_flight("57s", "60s") | {"every": "300ms"}]
    deferred = 0
    for seed in range(12):
        world = {"name": "case", "seed": seed, "zones": zones, "nodes": nodes, "traffic": traffic}
        log = run(world).log
        assert run(world, level="messages").trace_hash == log.trace_hash()
        deferred += max(log.messages["tries"]) > 1
    assert deferred, "nobody was turned away"


def _in_flight(start: str, until: str) -> dict[str, Any]:
    return {"kind": "periodic", "every": "50ms", "start": start, "until": until, "from": "ann@example.org", "to": "bob@example.com"}


@pytest.mark.parametrize("level", ["events", "messages"])
def test_sessions_that_an_outage_cuts_at_any_step_are_no_step_back_in_time(level: str) -> None:
    """Some of these lose their 250: the server has the message, the client waits ten minutes and goes to the next MX."""
    scenario = mailsim.load("primary-outage").replace("traffic", [_in_flight("59m50s", "1h")])
    log = scenario.run(level=level).log
    assert max(log.messages["copies"]) == 2


def test_both_copies_are_recorded_where_a_250_was_lost() -> None:
    nodes = {**POPULATION, "mx1": {"kind": "mta", "final_for": ["example.com"]}}
    mail = {**_in_flight("59m50s", "1h"), "from": "world"}
    outage = {"kind": "outage", "target": "mx1", "start": "1h", "length": "3h", "how": "unreachable"}
    for seed in range(5):
        log = run({"name": "case", "seed": seed, "zones": [ZONE], "nodes": nodes, "traffic": [mail], "faults": [outage]}).log
        assert max(log.messages["copies"]) == 2
