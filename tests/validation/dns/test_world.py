"""A recorded DNS case rebuilt as a scenario, and a run of it in the shape of a recording."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from mailsim.errors import UnsupportedError
from mailsim.nodes import DnsClient, Nameserver, Resolver
from mailsim.scenario.faults import DnsFault
from mailsim.validation.dns import repeat_of, scenario_of
from mailsim.validation.dns.settings import parameters_of

BODY: dict[str, Any] = {
    "software": "unbound 1.17.1-2+deb12u4",
    "parameters": {"conf": ["discard-timeout: 0"]},
    "zones": {
        ".": {"rr": ["@ 86400 SOA a.rootns. h.rootns. 1 1800 900 604800 86400", "@ 518400 NS a.rootns.", "a.rootns. 518400 A 10.0.0.1",
                     "zone. 172800 NS ns1.zone.", "ns1.zone. 172800 A 10.0.1.1"]},
        "zone.": {"rr": ["@ 9 SOA ns1.zone. h.zone. 1 7200 900 1209600 4", "@ 86400 NS ns1.zone.", "ns1.zone. 86400 A 10.0.1.1",
                         "@ 15 MX 10 old", "$GENERATE 0-9 n$ 300 A 10.9.0.$"], "opts": {"additional": False}},
    },
    "servers": {"10.0.0.1": {"zones": ["."], "delay": 0.01}, "10.0.1.1": {"zones": ["zone."], "delay": 0.02}},
    "changes": [{"t": 10, "zone": "zone.", "remove": ["@ MX"], "add": ["@ 15 MX 10 new"]}],
    "faults": [
        {"start": 3, "end": 5, "target": ["10.0.1.1"], "kind": "drop"},
        {"start": 20, "end": 1e9, "target": "10.0.1.1", "kind": "delay", "param": 2.0, "qtype": "MX"},
    ],
    "queries": [
        {"t": -1.2, "every": 0.1, "until": -0.95, "qname": "n$.zone.", "qtype": "A", "first": 3, "tag": "warm"},
        {"t": 1.0, "qname": "zone.", "qtype": "MX", "timeout": 9},
        {"t": 12.0, "qname": "zone.", "qtype": "MX"},
    ],
}  # fmt: skip


def test_the_world_is_that_of_the_case() -> None:
    scenario = scenario_of(BODY)
    resolver, client = scenario.nodes["resolver"], scenario.nodes["client"]
    assert isinstance(resolver, Resolver)
    assert isinstance(client, DnsClient)
    assert (resolver.flavour, resolver.parameters, resolver.second_phase) == ("unbound", {"discard_timeout": "0ms"}, "drawn")
    lines = [(query.name, query.at, query.first) for query in client.queries]
    assert lines == [("n$.zone", 800_000, 3), ("zone", 3_000_000, 0), ("zone", 14_000_000, 0)]
    server = scenario.nodes["server-2"]
    assert isinstance(server, Nameserver)
    assert (server.zones, server.address, server.additional, server.negative_soa) == (("zone.",), ("10.0.1.1",), False, "as-is")
    fault = scenario.faults[1]
    assert isinstance(fault, DnsFault)
    assert (fault.how, fault.delay, fault.rtype, fault.start) == ("slow", 2_000_000, "MX", 22_000_000)
    assert len(scenario.parsed_zones()[1].rrsets) == 4 + 10


def test_a_run_has_the_shape_of_a_recording() -> None:
    """Times are counted from the case's t = 0; the change at 10 s is seen at 12 s, whatever the TTL of 15 s: 12 is too soon."""
    repeat = repeat_of(BODY, scenario_of(BODY).run(seed=1, level="events", progress=False))
    warm, *rest = repeat["observed"]
    assert (warm["qname"], warm["qtype"], warm["tag"], warm["rcode"]) == ("n3.zone.", "A", "warm", "NOERROR")
    assert warm["answers"] == [["n3.zone.", 300, "A", ["10.9.0.3"]]]
    assert warm["t_sent"] == pytest.approx(-1.2, abs=0.02)
    assert [row["answers"][0][3] for row in rest if row["qtype"] == "MX"] == [["10 old.zone."], ["10 old.zone."]]
    assert [row[1:] for row in repeat["upstream"][:2]] == [["10.0.0.1", "zone.", "A", None], ["10.0.1.1", "n3.zone.", "A", None]]


def test_names_descriptions_and_repeats_change_nothing() -> None:
    more = {**deepcopy(BODY), "name": "drop_all", "description": "all silent", "repeats": [{"observed": []}]}
    assert scenario_of(more).values() == scenario_of(BODY).values()


def test_the_rest_of_a_question_that_got_no_answer_says_so() -> None:
    body = {**BODY, "queries": [{"t": 3.5, "qname": "n0.zone.", "qtype": "A", "timeout": 1}]}
    [row] = repeat_of(body, scenario_of(body).run(seed=1, level="events", progress=False))["observed"]
    assert (row["t_answer"], row["rcode"], row["answers"]) == (None, "TIMEOUT", [])


@pytest.mark.parametrize(
    "change",
    [
        {"queries": [{"t": 0, "qname": "n0.zone.", "qtype": "A", "burst": 3}]},
        {"faults": [{"start": 0, "end": 1, "target": "10.0.1.1", "kind": "flood"}]},
        {"parameters": {"conf": ["no-such-option: 1"]}},
        {"zones": {**BODY["zones"], "zone.": {"rr": ["$GENERATE 1-2000 n$ 300 A 10.9.0.1"]}}},
    ],
)
def test_what_the_loader_does_not_know_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError):
        scenario_of({**BODY, **change})


@pytest.mark.parametrize(
    ("flavour", "line", "figures"),
    [
        ("unbound", "serve-expired: yes", {"serve_expired": True}),
        ("unbound", "infra-cache-max-rtt: 2000", {"infra_cache_max_rtt": "2000ms"}),
        ("bind", "prefetch 10 16;", {"prefetch_trigger": "10s", "prefetch_eligible": "16s"}),
        ("bind", "rrset-order { order cyclic; };", {"rrset_order": "cyclic"}),
        ("bind", "resolver-query-timeout 5000;", {"resolver_query_timeout": "10000ms"}),
        ("bind", "stale-answer-client-timeout off;", {}),
        ("bind", "servfail-ttl 10;", {"servfail_ttl": "10s"}),
    ],
)
def test_configuration_lines_become_figures(flavour: str, line: str, figures: dict[str, Any]) -> None:
    assert parameters_of(flavour, {"conf": [line]}) == figures
