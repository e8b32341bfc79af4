"""The caching resolver in a small world: what a look-up costs, who joins whom, what outages do to it."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from small_worlds import MTA, Run, S, com, outage, run, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
#: a question that the cache can answer costs 1 ms, any other 100 ms more
DNS = {"kind": "resolver", "parameters": {"stub_delay": "1ms", "miss_delay": "100ms"}}


def looking(
    *faults: dict[str, Any], ttl: int = 3600, dns: dict[str, Any] | None = None, nodes: dict[str, Any] | None = None, **more: Any
) -> Run:
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1", ttl=ttl)
    values = world(zone, {"mx1": FINAL, **(nodes or {})}, faults=faults, **more)
    values["nodes"]["dns"] = dns or DNS
    return run(values)


def asked(result: Run, name: str, *, node: str = "isp") -> list[tuple[float, float, Why]]:
    """(instant, seconds that it took, where the answer came from) of each question for a name."""
    return [(row.t_us / S, row.value / S, Why(row.why)) for row in result.of(Event.LOOKED_UP, node=node) if row.peer == name]


def test_the_first_question_goes_to_the_zone_and_the_next_one_to_the_cache() -> None:
    """ann's program asks for its server (0.101 s), so the message is taken at 0.651 s; a minute later it is in the cache."""
    result = looking(times=("0s", "1m"))
    assert asked(result, "mail.example.org", node="ann") == [(0.0, 0.101, Why.FROM_SERVER), (60.0, 0.001, Why.FROM_CACHE)]
    assert asked(result, "example.com") == [(0.651, 0.101, Why.FROM_SERVER), (60.551, 0.001, Why.FROM_CACHE)]
    assert asked(result, "mx1.example.com") == [(0.752, 0.101, Why.FROM_SERVER), (60.552, 0.001, Why.FROM_CACHE)]
    assert result.delivery(1).stored_us == 61_003_000


def test_questions_of_the_same_instant_are_asked_once() -> None:
    result = looking(times=("0s", "0s"))
    assert sorted(why for _, _, why in asked(result, "example.com")) == [Why.FROM_SERVER, Why.JOINED]
    assert {took for _, took, _ in asked(result, "example.com")} == {0.101}


def test_who_asks_while_the_answer_is_on_its_way_waits_for_the_rest() -> None:
    result = looking(times=("0s", "40ms"))
    assert asked(result, "mail.example.org", node="ann") == [(0.0, 0.101, Why.FROM_SERVER), (0.04, 0.061, Why.JOINED)]


@pytest.mark.parametrize(("second", "why"), [(60.4, Why.FROM_CACHE), (60.9, Why.FROM_SERVER)])
def test_an_answer_lives_as_long_as_its_ttl_counted_in_whole_seconds(second: float, why: Why) -> None:
    """unbound: asked at 0.551 s, filled at 0.651 s with TTL 60: it answers until the clock shows 61 s, isp asks 0.551 s after ann."""
    values = world(com("@ MX 10 mx1", "mx1 A 192.0.2.1", ttl=60), {"mx1": FINAL}, times=("0s", f"{second}s"))
    values["nodes"]["dns"] = DNS
    values["nodes"]["ann"]["resolver"] = "near"  # so that ann's questions cost nothing
    values["nodes"]["near"] = {"kind": "resolver", "parameters": {"stub_delay": "0s", "miss_delay": "0s"}}
    values["defaults"] = {"resolver": "dns"}
    result = run(values)
    assert asked(result, "example.com")[1][2] == why


def test_that_there_is_nothing_is_remembered_too() -> None:
    result = looking(to="bob@nothing.example.com", times=("0s", "1m"))
    assert [why for _, _, why in asked(result, "nothing.example.com")] == [Why.FROM_SERVER, Why.NEGATIVE_CACHE]
    assert {d.why for d in result.deliveries if d.parent < 0} == {Why.DOMAIN_MISSING}


def test_a_resolver_that_is_down_costs_the_stubs_patience() -> None:
    """resolv.conf(5): two tries of 5 s each; deferred at 10.651 s, due 299 s after that second began, for the scan at 10 min."""
    result = looking(outage("link isp-dns", "0s", length="4m"))
    assert asked(result, "example.com")[0] == (0.651, 10.0, Why.DNS_TIMEOUT)
    assert result.tries() == [(600.202, "mx1", Why.OK)]


def test_a_resolver_that_comes_back_answers_the_second_try() -> None:
    result = looking(outage("link isp-dns", "0s", length="3s"))
    assert asked(result, "example.com")[0] == (0.651, pytest.approx(5.101), Why.FROM_SERVER)


def test_an_answer_that_comes_too_late_for_the_first_try_is_there_for_the_second() -> None:
    """The name server is silent until 4 s.  unbound 1.17.1 sends two packets a step and doubles its time-out of 376 ms: asked at
    0.55 s, it sends at 0.55, 0.926 | 1.302, 2.054 | 2.806, 4.31, which is answered at 4.41 s; that is later than its
    discard-timeout of 1.9 s, so no reply goes out.  The stub asks again after 5 s and hits the cache.
    """
    values = world(com("@ MX 10 mx1", "mx1 A 192.0.2.1"), {"mx1": FINAL, **NAMES}, faults=(outage("ns1", "0s", length="4s"),))
    values["nodes"]["dns"] = {"kind": "resolver", "parameters": {"stub_delay": "0s", "miss_delay": "0s"}}
    assert asked(run(values), "example.com") == [(0.55, 5.0, Why.FROM_SERVER)]


def test_servfail_is_kept_for_five_seconds() -> None:
    """All servers say no: five rounds at once; unbound keeps that for 5 s (observed), so the next message fails from the cache."""
    result = looking(outage("dns example.com/MX", "0s", how="servfail", length="1m"), times=("0s", "2s", "20s"), run_until="2m")
    assert [why for _, _, why in asked(result, "example.com")] == [Why.FROM_SERVER, Why.NEGATIVE_CACHE, Why.FROM_SERVER]


# -- name servers ------------------------------------------------------------------------------------------------------

NAMES = {"ns1": {"kind": "nameserver", "host": "ns1.example.com"}}


def test_a_declared_name_server_is_as_far_away_as_its_link() -> None:
    values = world(com("@ MX 10 mx1", "mx1 A 192.0.2.1"), {"mx1": FINAL, **NAMES})
    values["nodes"]["dns"] = DNS
    values["links"]["dns-ns1"] = {"rtt": "30ms"}
    assert asked(run(values), "example.com") == [(0.651, pytest.approx(0.031), Why.FROM_SERVER)]


def test_mail_moves_on_during_an_outage_of_the_name_server_until_the_ttl_ends() -> None:
    """TTL 60 s, the server is silent from 30 s on: the message of 50 s is delivered, that of 70 s waits.

    unbound gives no answer after 1.9 s (discard-timeout), so the stub's two tries of 5 s are over at 10 s.
    """
    result = looking(outage("ns1", "30s"), ttl=60, nodes=NAMES, times=("0s", "50s", "70s"), run_until="4m")
    assert [result.state(k) for k in range(3)] == [State.STORED, State.STORED, State.QUEUED]
    assert asked(result, "example.com")[2][1:] == (10.0, Why.DNS_TIMEOUT)


def test_after_the_outage_of_the_name_server_mail_moves_again() -> None:
    result = looking(outage("ns1", "30s", length="10m"), ttl=60, nodes=NAMES, times=("0s", "70s"))
    assert {d.state for d in result.deliveries} == {State.STORED}


def test_a_second_name_server_answers_when_the_first_is_silent() -> None:
    """unbound chooses among servers within 400 ms of the best.  The dead one costs two packets of 376 ms (0.852 s in all); if it is
    chosen again (752 ms is within 400 ms of the unknown other's 376), twice 752 ms more: no reply goes out after 1.9 s
    (discard-timeout), and the stub's repeat at 5 s asks anew, for the TTL of 1 s is over.  Then it is never asked again.
    """
    zone = com("@ NS ns2", "ns2 A 198.51.100.53", "@ MX 10 mx1", "mx1 A 192.0.2.1", ttl=1)
    nodes = {"mx1": FINAL, **NAMES, "ns2": {"kind": "nameserver", "host": "ns2.example.com"}}
    values = world(zone, nodes, faults=(outage("ns1", "0s"),), times=tuple(f"{10 * k}s" for k in range(40)))
    values["nodes"]["dns"] = {"kind": "resolver", "parameters": {"stub_delay": "0s", "miss_delay": "0s"}}
    took = [t for _, t, _ in asked(run(values), "example.com")]
    assert set(took[:4]) <= {0.1, 0.852, 5.1}
    assert set(took) > {0.1}
    assert set(took[4:]) == {0.1}


# -- a change of the zone ----------------------------------------------------------------------------------------------


def test_a_new_mx_is_seen_when_the_cached_one_has_expired() -> None:
    """Cached at 0.55 s for 300 s; changed at 1 min.  Mail of 2 and 4 min goes to the old server, that of 6 min to the new one."""
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2", ttl=300)
    changes = [{"at": "1m", "zone": "example.com", "records": "@ 300 IN MX 10 mx2"}]
    result = run(world(zone, {"mx1": FINAL, "mx2": FINAL}, times=("0s", "2m", "4m", "6m"), changes=changes))
    assert [result.delivery(k).via for k in range(4)] == [f"mx{n}.example.com" for n in (1, 1, 1, 2)]
