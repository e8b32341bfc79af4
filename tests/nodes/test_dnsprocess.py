"""Programs with a stub of their own, in a world of name servers that take 10 ms for an answer."""

from __future__ import annotations

from typing import Any

import pytest

import mailsim
from mailsim.engine import simulate
from mailsim.events import Event
from mailsim.scenario.compiled import compiled
from record import Record

S = 1_000_000
ZONE = """$ORIGIN example.com.
@   3600 IN SOA ns1 hostmaster 1 7200 900 1209600 300
@   3600 IN NS  ns1
@   3600 IN MX  10 mx1
mx1 3600 IN A   192.0.2.1
mx1 3600 IN AAAA 2001:db8::1
ns1 3600 IN A   192.0.2.53
"""


def process(*calls: dict[str, Any], faults: tuple[dict[str, Any], ...] = (), stub: Any = "glibc", at: str = "1s") -> Record:
    values = {
        "name": "process",
        "zones": [ZONE],
        "nodes": {
            "ns1": {"kind": "nameserver"},
            "app": {"kind": "dnsprocess", "resolver": "ns1", "stub": stub, "at": at, "calls": list(calls)},
        },
        "links": {"default": {"rtt": "10ms", "bandwidth": None}},
        "faults": list(faults),
    }
    scenario = mailsim.load(values)
    return Record(simulate(compiled(scenario), 1, "events"), scenario)


def calls(record: Record) -> list[tuple[float, str, int, float]]:
    """(instant, name, code, seconds) of each call."""
    return [(row.t_us / S, row.peer, row.code, row.value / S) for row in record.rows if row.kind == Event.LOOKED_UP]


def test_calls_follow_each_other_and_cost_a_millisecond_besides_the_answer() -> None:
    """glibc 2.36 observed: 1 ms; asked at 1 s, answered at 1.011 s; half a second later the next one, for a name that is not there."""
    record = process({"name": "example.com.", "type": "MX", "pause": "500ms"}, {"name": "nx.example.com."})
    assert calls(record) == [(1.0, "example.com.", 0, 0.011), (1.511, "nx.example.com.", 3, 0.011)]


def test_the_run_lasts_until_the_last_call_is_over() -> None:
    """resolv.conf(5): one silent server, two rounds of 5 s."""
    silent = {"kind": "dns", "target": "ns1", "start": "0s", "length": "1h", "how": "silent"}
    assert calls(process({"name": "example.com.", "type": "MX"}, faults=(silent,))) == [(1.0, "example.com.", 99, 10.001)]


def test_addresses_of_both_families_are_one_call_and_two_questions() -> None:
    record = process({"name": "mx1.example.com.", "type": "A+AAAA"})
    assert [row.extra for row in record.rows if row.kind == Event.LOOKED_UP] == [
        "mx1.example.com. 3600 A 192.0.2.1\nmx1.example.com. 3600 AAAA 2001:db8::1"
    ]
    assert len([row for row in record.rows if row.kind == Event.ASKED]) == 2


def test_records_of_the_authority_section_stand_behind_semicolons() -> None:
    """RFC 2308 section 3: the SOA of a "no" has the smaller of its TTL and its minimum."""
    (row,) = [row for row in process({"name": "nx.example.com."}).rows if row.kind == Event.LOOKED_UP]
    assert row.extra == ";example.com. 300 SOA ns1.example.com. hostmaster.example.com. 1 7200 900 1209600 300"


@pytest.mark.parametrize(("stub", "took_s"), [("glibc", 10.0), ("dnspython", 5.4), ("dig", 15.0), ("host", 10.0)])
def test_each_stub_gives_up_in_its_time(stub: str, took_s: float) -> None:
    """dns.md, total, all silent, one server; programs take up to 0.1 s to start."""
    silent = {"kind": "dns", "target": "ns1", "start": "0s", "length": "1h", "how": "silent"}
    ((_, _, code, took),) = calls(process({"name": "example.com.", "type": "MX"}, faults=(silent,), stub=stub))
    assert (code, took) == (99, pytest.approx(took_s, abs=0.11))
