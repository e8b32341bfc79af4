"""The stub of a node in a small world: name servers asked directly, lists of servers."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.events import Event
from mailsim.rules.reasons import Why
from small_worlds import MTA, Run, S, com, outage, run, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}


def direct(*faults: dict[str, Any], servers: int = 1, level: str = "events") -> Run:
    """``isp`` asks name servers directly (0.1 s a question), one second each, twice; everybody else asks a resolver that costs nothing."""
    names = [f"ns{k}" for k in range(1, servers + 1)]
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "ns2 A 192.0.2.54")
    asks = {"resolver": names, "parameters": {**MTA["parameters"], "dns_timeout": "1s", "dns_tries": 2}}
    nodes = {"mx1": FINAL, **{name: {"kind": "nameserver", "host": f"{name}.example.com", "recursive": True} for name in names}}
    values = world(zone, nodes, faults=faults, isp=asks)
    values["defaults"] = {"resolver": "dns"}
    return run(values, level=level)


def asked(result: Run) -> list[tuple[float, float, int, Why]]:
    """(instant, seconds that it took, code, why) of the questions of ``isp``."""
    return [(row.t_us / S, row.value / S, row.code, Why(row.why)) for row in result.of(Event.LOOKED_UP, node="isp")]


def test_a_name_server_asked_directly_costs_a_round_trip_per_question() -> None:
    """Sent at 0, accepted at 0.55 s; MX and A take 0.1 s each, the session 0.45 s until mx1 has it."""
    result = direct()
    assert asked(result) == [(0.55, 0.1, 0, Why.FROM_SERVER), (0.65, 0.1, 0, Why.FROM_SERVER)]
    assert result.delivery(0).stored_us == 1_200_000


@pytest.mark.parametrize(("how", "took_s", "code"), [("servfail", 0.2, 2), ("refused", 0.2, 5), ("silent", 2.0, 99), ("nxdomain", 0.1, 3)])
def test_what_is_wrong_with_a_name_is_seen_as_the_library_sees_it(how: str, took_s: float, code: int) -> None:
    """Two tries of 1 s; SERVFAIL and REFUSED are asked for twice, NXDOMAIN is an answer."""
    result = direct(outage("dns example.com/MX", "0s", length="1m", how=how))
    assert asked(result)[0][:3] == (0.55, pytest.approx(took_s), code)


def test_a_silent_server_costs_its_wait_and_the_next_one_answers() -> None:
    result = direct(outage("ns1", "0s"), servers=2)
    assert asked(result)[:2] == [(0.55, 1.1, 0, Why.FROM_SERVER), (1.65, 1.1, 0, Why.FROM_SERVER)]


def test_a_server_without_its_service_is_passed_over_at_once() -> None:
    result = direct(outage("ns1", "0s", how="refused"), servers=2)
    assert asked(result)[0][:2] == (0.55, 0.2)


def test_each_level_of_recording_sees_the_same() -> None:
    faults = (outage("ns1", "0s", length="2m"), outage("dns mx1.example.com/A", "0s", length="6m", how="servfail"))
    one, other = (direct(*faults, servers=2, level=level) for level in ("events", "messages"))
    assert [(d.stored_us, d.why) for d in one.deliveries] == [(d.stored_us, d.why) for d in other.deliveries]


#: resolvers whose hits take 1 ms, and whose misses take so much longer that they can't be taken for hits
SLOW: dict[str, Any] = {"kind": "resolver", "parameters": {"stub_delay": "1ms", "miss_delay": "100ms"}}


def listed(*faults: dict[str, Any], stub: Any = "glibc", times: tuple[str, ...] = ("0s", "1m"), level: str = "events") -> Run:
    """``isp`` asks two resolvers, one second each, twice; everybody else asks one that costs nothing."""
    asks = {"resolver": ["one", "two"], "stub": stub, "parameters": {**MTA["parameters"], "dns_timeout": "1s", "dns_tries": 2}}
    nodes = {"mx1": FINAL, "one": SLOW, "two": SLOW}
    values = world(com("@ MX 10 mx1", "mx1 A 192.0.2.1"), nodes, faults=faults, isp=asks, times=times)
    values["defaults"] = {"resolver": "dns"}
    return run(values, level=level)


def waited(result: Run) -> list[tuple[int, Why]]:
    """Whole seconds that each question of ``isp`` took, and where the answer came from."""
    return [(int(took), why) for _, took, _, why in asked(result)]


class TestLists:
    """A list of resolvers; resolv.conf(5): the first one is asked first, in every lookup."""

    def test_a_hit_at_the_first_server_costs_its_distance_alone(self) -> None:
        times = [took for _, took, _, _ in asked(listed())]
        assert times[2:] == [0.001, 0.001]
        assert min(times[:2]) > 0.1

    def test_a_first_server_that_is_silent_costs_its_wait_every_time(self) -> None:
        """glibc 2.36 observed (ns1_down_then_back): the order of servers is not remembered; the second one answers from its cache."""
        assert [took for took, _ in waited(listed(outage("one", "0s")))] == [1, 1, 1, 1]

    def test_without_any_server_the_lookup_ends_after_two_rounds(self) -> None:
        """Two servers at 1 s, twice: 4 s, then the mail waits (4.4.3)."""
        result = listed(outage("one", "0s", length="2m"), outage("two", "0s", length="2m"))
        assert asked(result)[0][1:] == (4.0, 99, Why.DNS_TIMEOUT)

    def test_a_stub_that_remembers_pays_once(self) -> None:
        """c-ares observed (ns1_slow3_ns2_up): 2 s once, then the good server comes first; its own cache answers a minute later."""
        stub = {"flavour": "cares", "parameters": {"timeout": "1s"}}
        result = listed(outage("one", "0s"), stub=stub)
        assert [took for took, _ in waited(result)] == [1, 0, 0, 0]
        assert [took for _, took, _, _ in asked(result)][2:] == [0.0, 0.0]

    @pytest.mark.parametrize("stub", ["glibc", "cares", "dnspython", {"flavour": "glibc", "parameters": {"rotate": True}}])
    def test_each_level_of_recording_sees_the_same(self, stub: Any) -> None:
        faults = (outage("one", "30s", length="5m"), outage("link isp-two", "3m", length="1m"))
        times = tuple(f"{20 * k}s" for k in range(20))
        one, other = (listed(*faults, stub=stub, times=times, level=level) for level in ("events", "messages"))
        assert [(d.stored_us, d.why) for d in one.deliveries] == [(d.stored_us, d.why) for d in other.deliveries]


@pytest.mark.parametrize("level", ["events", "messages"])
def test_a_slow_resolver_is_slow_with_what_it_has_in_its_cache_as_well(level: str) -> None:
    """Three lookups (the submission server, MX, address), each 2 s late: taken at 1.0 + 6 s, for the second message too."""
    slow = {"kind": "slow", "target": "dns", "delay": "2s", "start": "0s", "length": "1h"}
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
    result = run(world(zone, {"mx1": {**MTA, "final_for": ["example.com"]}}, times=("0s", "60s"), faults=(slow,)), level=level)
    assert [result.delivery(k).stored_us / S for k in (0, 1)] == [7.0, 67.0]
