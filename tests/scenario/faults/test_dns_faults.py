"""Faults of DNS servers and of their data: what an asker sees, and when it is right again.

Every way to a name server is 10 ms there and back; a client that asks a name server itself sees no cache.
"""

from __future__ import annotations

from typing import Any

import pytest

import mailsim
from dns_worlds import S, dns_run, dns_world, looked_up
from mailsim.errors import ScenarioError
from mailsim.events import Event
from mailsim.rules.dns import Question, Rcode
from mailsim.scenario.compiled import compiled
from small_worlds import MTA, com, run, world

NET = """$ORIGIN example.net.
@   3600 IN SOA ns1.example.com. hostmaster 1 7200 900 1209600 60
@   3600 IN NS  ns1.example.com.
b   6    IN A   198.51.100.7
"""


def direct(server: str, *names: str, at: str = "0s", **every: Any) -> dict[str, Any]:
    """A client that asks a name server itself."""
    return {"kind": "dnsclient", "resolver": server, "queries": [{"name": name, "at": at, **every} for name in names]}


def answers(run: Any) -> list[tuple[float, str, int, str]]:
    """(second, name, response code, answer) of each question."""
    return [(row.t_us / S, row.peer, row.code, (row.extra.split() or [""])[-1]) for row in run.of(Event.LOOKED_UP)]


@pytest.mark.parametrize("how", ["nxdomain", "refused", "lame", "servfail"])
def test_a_server_that_says_no_is_believed_only_where_its_no_means_anything(how: str) -> None:
    """ns1 is wrong from 10 s to 20 s.  NXDOMAIN is an answer; the others make unbound ask once more, 10 ms later."""
    fault = {"target": "ns1", "start": "10s", "length": "10s", "how": how}
    codes = {}
    for seed in range(8):
        values = dns_world([{"name": "a.example.com", "at": "12s"}], fault)
        (row,) = looked_up(dns_run(values, seed=seed))
        codes[(round(row[2] * 1000), row[3])] = seed
    if how == "nxdomain":
        assert set(codes) == {(10, Rcode.NOERROR), (10, Rcode.NXDOMAIN)}
    else:
        assert {rcode for _, rcode in codes} == {Rcode.NOERROR}
        assert {ms % 10 for ms, _ in codes} == {0}
        assert {(10, 0), (20, 0)} <= set(codes), "unbound draws a server each time, so it may ask ns1 again"


def test_a_lame_server_still_answers_for_its_other_zones() -> None:
    values = dns_world([], {"target": "ns1", "length": "1m", "how": "lame", "zone": "example.com"})
    values["zones"].append(NET)
    values["nodes"]["asker"] = direct("ns1", "b.example.net", "a.example.com")
    seen = answers(dns_run(values))
    assert seen[0] == (0.0, "b.example.net", Rcode.NOERROR, "198.51.100.7")
    assert [row[2] for row in seen[1:]] == [Rcode.REFUSED]  # dig and mail programs make SERVFAIL of it; the stub tells it as it is


def test_a_stale_secondary_serves_what_was_there_when_transfers_failed() -> None:
    """The address changes at 60 s; ns1 gets no transfer from 30 s until 90 s, ns2 is up to date."""
    values = dns_world([], {"target": "ns1", "start": "30s", "length": "60s", "how": "stale"})
    values["changes"] = [{"at": "60s", "zone": "example.com", "records": "a 6 IN A 192.0.2.99"}]
    for server, at_70 in (("ns1", "192.0.2.7"), ("ns2", "192.0.2.99")):
        values["nodes"]["asker"] = direct(server, "a.example.com", at="10s", every="30s", until="101s")
        seen = [(second, answer) for second, _, _, answer in answers(dns_run(values))]
        assert seen == [(10.0, "192.0.2.7"), (40.0, "192.0.2.7"), (70.0, at_70), (100.0, "192.0.2.99")]


def test_wrong_records_is_handed_out_while_it_lasts_and_kept_by_caches_for_its_ttl() -> None:
    """Wrong from 60 s to 120 s with a TTL of 300 s: a cache that asks at 119 s has it until 419 s."""
    fault = {"kind": "wrong_records", "zone": "example.com", "start": "60s", "length": "60s", "records": "a 300 IN A 203.0.113.66"}
    values = dns_world([{"name": "a.example.com", "at": at} for at in ("50s", "119s", "121s", "418s", "420s")])
    values |= {"faults": [fault], "run_until": "10m"}
    seen = [(second, answer) for second, _, _, answer in answers(dns_run(values))]
    wrong, right = "203.0.113.66", "192.0.2.7"
    assert seen == [(50.0, right), (119.0, wrong), (121.0, wrong), (418.0, wrong), (420.0, right)]


def test_a_planned_change_under_wrong_records_is_seen_when_the_wrong_records_goes() -> None:
    fault = {"kind": "wrong_records", "zone": "example.com", "start": "60s", "length": "60s", "records": "a 6 IN A 203.0.113.66"}
    values = dns_world([])
    values |= {"faults": [fault], "changes": [{"at": "90s", "zone": "example.com", "records": "a 6 IN A 192.0.2.99"}]}
    values["nodes"]["asker"] = direct("ns2", "a.example.com", at="10s", every="50s", until="121s")
    assert [answer for *_, answer in answers(dns_run(values))] == ["192.0.2.7", "203.0.113.66", "203.0.113.66"]
    values["nodes"]["asker"] = direct("ns2", "a.example.com", at="120s")
    assert [answer for *_, answer in answers(dns_run(values))] == ["192.0.2.99"]


def test_an_mx_that_is_missing_for_an_hour_sends_mail_to_the_address_of_the_domain() -> None:
    """Without an MX record the domain's own address is its mail server (RFC 5321 section 5.1): here a web server that refuses.

    Mail of 60 s: MX missing since 0 s, address there, connection refused; put back.  Postfix tries again at the scan of 600 s
    (60.55 s + 0.1 s, age < 300 s: 360.65 - 1 s, next multiple of 300 s is 600 s): the cached "no MX" (300 s) is over, mx1 takes it.
    """
    zone = com("@ MX 10 mx1", "@ A 192.0.2.80", "mx1 A 192.0.2.1")
    nodes = {"mx1": {**MTA, "final_for": ["example.com"]}, "web": {"kind": "resolver", "address": "192.0.2.80"}}
    fault = {"kind": "wrong_records", "zone": "example.com", "length": "5m", "remove": ["example.com MX"]}
    values = world(zone, nodes, times=("60s",), faults=(fault,))
    values["defaults"] = {"resolver": "dns"}
    found = run(values)
    assert [(second, host) for second, host, _ in found.tries()] == [(60.55, "example"), (600.0, "mx1")]


def test_lowering_all_ttls_before_a_move_and_the_serial_of_the_change() -> None:
    """At 10 s all TTLs become 30 s under serial 2026010502; the move at 100 s then reaches a cache within 30 s."""
    values = dns_world([{"name": "mx1.example.com", "at": at} for at in ("5s", "99s", "101s", "131s")])
    values |= {
        "zones": [values["zones"][0].replace("mx1  300", "mx1  60")],
        "changes": [
            {"at": "10s", "zone": "example.com", "ttl": "30s", "serial": 2026010502},
            {"at": "100s", "zone": "example.com", "records": "mx1 30 IN A 192.0.2.99"},
        ],
    }
    seen = [(second, answer) for second, _, _, answer in answers(dns_run(values))]
    assert seen == [(5.0, "192.0.2.1"), (99.0, "192.0.2.1"), (101.0, "192.0.2.1"), (131.0, "192.0.2.99")]
    service = compiled(mailsim.load(values)).name_service
    serials = [service.answer("192.0.2.53", Question("example.com", "SOA"), t * S).rdatas[0][2] for t in (0, 10, 100)]
    assert serials == [1, 2026010502, 2026010503]


WRONG = {"kind": "wrong_records", "zone": "example.com", "length": "1m"}
STALE = {"kind": "dns", "target": "dns", "length": "1m", "how": "stale"}


@pytest.mark.parametrize(
    ("faults", "changes", "what"),
    [
        ([WRONG], [], "nothing is wrong with the records; give records or remove"),
        ([{**WRONG, "zone": "exmple.com", "remove": ["a.example.com A"]}], [], "did you mean 'example.com'"),
        ([{**WRONG, "records": "a A 192.0.2.x"}], [], "is not an IPv4 address"),
        ([STALE], [], "dns is a resolver and has no zones"),
        ([{"kind": "dns", "target": "ns1", "length": "1m", "how": "lame", "zone": "example.org"}], [], "there is no zone 'example.org'"),
        ([], [{"at": "1m", "zone": "example.com", "ttl": "1m", "serial": 1}], "serial 1 is not newer than 1"),
    ],
)
def test_a_dns_fault_or_change_that_can_not_be_is_refused(faults: list[Any], changes: list[Any], what: str) -> None:
    with pytest.raises(ScenarioError, match=what):
        mailsim.load({**dns_world([]), "faults": faults, "changes": changes})


def test_a_population_meets_a_stale_or_lame_server_as_a_resolver_does() -> None:
    """Both levels agree, and the mail still arrives: ns2 has the zone."""
    zone = com("@ NS ns2", "ns2 A 198.51.100.53", "@ MX 10 mx1", "mx1 A 192.0.2.1", ttl=60)
    nodes = {
        "mx1": {**MTA, "final_for": ["example.com"]},
        "ns1": {"kind": "nameserver", "host": "ns1.example.com"},
        "ns2": {"kind": "nameserver", "host": "ns2.example.com"},
        "senders": {"kind": "senders", "mix": {"postfix": 1}},
    }
    fault = {"kind": "dns", "target": "ns1", "length": "1h", "how": "lame", "zone": "example.com"}
    values = world(zone, nodes, faults=(fault,))
    values["traffic"] = [{"kind": "at", "from": "senders", "to": "bob@example.com", "times": ["1m", "2m"]}]
    scenario = mailsim.load(values)
    every = scenario.run(level="events")
    assert scenario.run(level="messages").trace_hash == every.trace_hash
    assert [s >= 0 for s in every.log.messages["stored_us"]] == [True, True]
