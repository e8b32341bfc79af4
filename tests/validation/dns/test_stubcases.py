"""Recorded stub cases become scenarios, and runs become repeats.  The cases here are made up in the schema of the recordings."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.errors import UnsupportedError
from mailsim.nodes import Resolver
from mailsim.validation.dns import repeat_of, scenario_of

ZONE = {"rr": ["@ 3600 SOA ns1.example.tld. h.example.tld. 1 7200 900 1209600 60", "@ 300 MX 10 n1", "$GENERATE 1-3 n$ 300 A 192.0.2.$"]}


def case(
    software: str, *calls: list[Any], faults: list[Any] | None = None, conf: str = "", servers: int = 2, **opts: Any
) -> dict[str, Any]:
    addresses = [f"10.1.0.{k}" for k in range(1, servers + 1)]
    text = "".join(f"nameserver {address}\n" for address in addresses) + conf
    return {
        "software": software,
        "parameters": {"resolv_conf": text, "opts": opts, "nameservers": addresses},
        "zones": {"example.tld.": ZONE},
        "servers": {address: {"zones": "recursive", "delay": 0.01} for address in addresses},
        "changes": [],
        "faults": faults or [],
        "queries": [{"t": 0.5, "calls": list(calls)}],
    }


def observed(body: dict[str, Any], seed: int = 1) -> dict[str, Any]:
    return repeat_of(body, scenario_of(body).run(seed=seed, level="events"))


DROP_1 = {"start": 0, "end": 1e9, "target": "10.1.0.1", "kind": "drop"}
DROP_ALL = {"start": 0, "end": 1e9, "target": "*", "kind": "drop"}


ERROR = "communications error to 10.1.0.1#53: timed out"


@pytest.mark.parametrize(
    ("software", "function", "word", "took_s"),
    [
        ("glibc 2.36-9", "getaddrinfo", "OK", 5.01),
        ("dnspython 2.9.2", "resolve", "OK", 2.01),
        ("pycares 5.2.1 (bundled c-ares)", "query", "OK", 2.01),
        (
            "bind9-host 9.18",
            "host",
            f"exit=0 | {ERROR} | {ERROR}",
            10.01,
        ),
    ],
)
def test_a_silent_first_server_as_each_program_sees_it(software: str, function: str, word: str, took_s: float) -> None:
    body = case(software, [function, "n1.example.tld.", "A", 0.2], faults=[DROP_1])
    row = observed(body)["observed"][0]
    assert (row["call"], row["qname"], row["qtype"], row["rcode"]) == (function, "n1.example.tld.", "A", word)
    assert row["t_answer"] - row["t_sent"] == pytest.approx(took_s, abs=0.05)


def test_the_questions_that_reached_servers_are_listed() -> None:
    repeat = observed(case("glibc 2.36", ["res_query", "example.tld.", "MX", 0], faults=[DROP_1]))
    assert [(server, name, rtype, proto) for _, server, name, rtype, proto in repeat["upstream"]] == [
        ("10.1.0.1", "example.tld.", "MX", None),
        ("10.1.0.2", "example.tld.", "MX", None),
    ]
    assert [t for t, *_ in repeat["upstream"]] == pytest.approx([0.501, 5.501])


def test_a_question_to_a_closed_port_reached_nobody() -> None:
    repeat = observed(case("glibc 2.36", ["res_query", "example.tld.", "MX", 0], faults=[{**DROP_1, "kind": "closed"}]))
    assert [row[1] for row in repeat["upstream"]] == ["10.1.0.2"]


def test_both_families_are_one_call() -> None:
    repeat = observed(case("glibc 2.36", ["getaddrinfo", "n2.example.tld.", "ANY", 0]))
    assert [(row["qtype"], row["answers"]) for row in repeat["observed"]] == [("ANY", ["192.0.2.2"])]
    assert sorted(row[3] for row in repeat["upstream"]) == ["A", "AAAA"]


def test_calls_of_a_process_follow_each_other_after_their_pauses() -> None:
    """glibc 2.36 takes 1 ms besides the round trip of 10 ms; the second call comes 0.2 s after the answer of the first."""
    repeat = observed(case("glibc 2.36", ["getaddrinfo", "n1.example.tld.", "A", 0.2], ["getaddrinfo", "n2.example.tld.", "A", 0.2]))
    assert [row["t_sent"] for row in repeat["observed"]] == pytest.approx([0.5, 0.711])


def test_options_reach_the_stub() -> None:
    body = case("glibc 2.36", ["res_query", "example.tld.", "MX", 0], faults=[DROP_ALL], conf="options timeout:1 attempts:1\n")
    assert observed(body)["observed"][0]["t_answer"] == pytest.approx(2.501)
    body = case("dnspython 2.9.2", ["resolve", "example.tld.", "MX", 0], faults=[DROP_ALL], lifetime=1.0)
    assert observed(body)["observed"][0]["t_answer"] == pytest.approx(1.505)


def test_a_resolver_between_is_set_as_without_stubs() -> None:
    """glibc asks dnsmasq, which passes the questions on to the case's servers: the addresses of ``forward`` reach its figures."""
    body = case("dnsmasq 2.90-4~deb12u1", ["res_query", "example.tld.", "MX", 0])
    body["parameters"] = {"conf": ["neg-ttl=7"], "forward": True, "resolv_conf": "nameserver 10.53.9.9\n"}
    resolver = scenario_of(body).nodes["resolver"]
    assert isinstance(resolver, Resolver)
    assert resolver.parameters == {"neg_ttl": "7s", "forward": ["10.1.0.1", "10.1.0.2"]}
    repeat = observed(body)
    assert [row["rcode"] for row in repeat["observed"]] == ["OK"]
    assert {row[1] for row in repeat["upstream"]} <= {"10.1.0.1", "10.1.0.2"}


def test_an_unknown_call_is_refused() -> None:
    with pytest.raises(UnsupportedError):
        scenario_of(case("glibc 2.36", ["gethostbyname", "n1.example.tld.", "A", 0]))


MANY = [f"big 30 MX {k} mail-exchanger-number-{k}" for k in range(40)]


class TestAuthoritative:
    """A client asks one server: 5 records of one name, a name outside, too many records."""

    @staticmethod
    def body(software: str) -> dict[str, Any]:
        rr = [
            *ZONE["rr"],
            *(f"five 30 A 192.0.2.{k}" for k in range(1, 6)),
            *(f"big 30 MX {k} mail-exchanger-number-{k}" for k in range(40)),
        ]
        asked = [("five.example.tld.", "A"), ("a.other.tld.", "A"), ("big.example.tld.", "MX"), ("nx.example.tld.", "A")]
        queries = [{"t": 0.1 * k, "qname": name, "qtype": rtype} for k, (name, rtype) in enumerate(asked)]
        more = {"t": 1, "every": 0.1, "until": 2, "qname": "five.example.tld.", "qtype": "A"}
        empty: dict[str, Any] = {"changes": [], "faults": [], "servers": {}, "parameters": {"conf": []}}
        return {"software": software, "zones": {"example.tld.": {"rr": rr}}, "queries": [*queries, more], **empty}

    @pytest.mark.parametrize(
        ("software", "orders"),
        [("bind9 9.18 (authoritative)", 8), ("nsd 4.6.1-1", 1), ("knot 3.2.6-1", 1), ("pdns-server 4.7.3-2 (bind backend)", 1)],
    )
    def test_only_bind_gives_each_answer_its_own_order(self, software: str, orders: int) -> None:
        """Recorded: BIND 38 different orders of 60, NSD and Knot the zone's, PowerDNS one in each recording."""
        rows = [row for row in observed(self.body(software))["observed"] if row["qname"].startswith("five")]
        found = {tuple(row["answers"][0][3]) for row in rows}
        assert len(rows) == 11
        assert len(found) >= orders if orders > 1 else len(found) == 1
        assert {tuple(sorted(order)) for order in found} == {tuple(f"192.0.2.{k}" for k in range(1, 6))}

    def test_codes_are_those_recorded(self) -> None:
        rows = observed(self.body("nsd 4.6.1-1"))["observed"]
        said = {row["qname"].partition(".")[0]: (row["rcode"], bool(row["answers"])) for row in rows}
        assert said == {"five": ("NOERROR", True), "a": ("REFUSED", False), "big": ("NOERROR", False), "nx": ("NXDOMAIN", False)}


def test_faults_that_do_the_same_to_one_server_are_one() -> None:
    """Both let s1 drop, from 0 to 3 s and from 2 s on: silent all the time."""
    body = case("glibc 2.36", ["res_query", "example.tld.", "MX", 0], faults=[{**DROP_1, "end": 3}, {**DROP_ALL, "start": 2}])
    assert observed(body)["observed"][0]["rcode"] == "TRY_AGAIN/errno=110"


def test_time_outs_are_told_by_the_options_of_the_run() -> None:
    body = case("bind9-dnsutils 9.18", ["dig", "example.tld.", "MX", 0], faults=[DROP_1], conf="options timeout:1 attempts:1\n")
    row = observed(body)["observed"][0]
    assert row["rcode"] == f"exit=0 | {ERROR} NOERROR"
    assert 1 < row["t_answer"] - row["t_sent"] < 1.2
