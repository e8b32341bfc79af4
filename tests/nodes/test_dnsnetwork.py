"""Questions on the wire in small worlds of DNS: who gets them, what comes back, and faults of DNS servers."""

from __future__ import annotations

from typing import Any

import pytest

from dns_worlds import asked, dns_run, dns_world, looked_up
from mailsim.events import Event
from mailsim.nodes.lookups import PROTOCOL_NUMBERS
from mailsim.rules.dns import Rcode
from mailsim.rules.reasons import Why

A = {"name": "a.example.com", "at": "1s"}
BOTH = ("ns1", "ns2")


def broken(how: str, *targets: str, **more: Any) -> list[dict[str, Any]]:
    return [{"target": target, "how": how, "start": "0s", "until": "4m", **more} for target in targets or BOTH]


def test_a_question_takes_a_round_trip_and_is_a_row_of_the_log() -> None:
    run = dns_run(dns_world([A]))
    assert looked_up(run) == [(1.0, "a.example.com", 0.01, Rcode.NOERROR)]
    [(second, server, name, rtype)] = asked(run)
    assert (second, name, rtype) == (1.0, "a.example.com", "A")
    assert server in ("192.0.2.53", "198.51.100.53")
    assert run.of(Event.LOOKED_UP)[0].extra == "a.example.com. 6 A 192.0.2.7"


def test_the_recursive_server_of_a_forwarder_is_asked_itself() -> None:
    values = dns_world([A], nodes={"all": {"kind": "nameserver", "address": "203.0.113.8", "recursive": True}})
    values["nodes"]["dns"]["parameters"]["forward"] = ["203.0.113.8"]
    assert asked(dns_run(values)) == [(1.0, "203.0.113.8", "a.example.com", "A")]


def test_a_resolver_can_be_forwarded_to() -> None:
    """near asks dns, which asks the zone's server: one round trip, and what dns costs."""
    far = {"kind": "resolver", "address": "203.0.113.9", "parameters": {"stub_delay": "3ms"}}
    values = dns_world([A], nodes={"far": far}, defaults={"resolver": "dns"})
    values["nodes"]["dns"]["parameters"]["forward"] = ["203.0.113.9"]
    run = dns_run(values)
    assert looked_up(run) == [(1.0, "a.example.com", 0.013, Rcode.NOERROR)]
    assert [row.node for row in run.of(Event.ASKED)] == ["dns", "far"]


def test_slow_servers_answer_later() -> None:
    assert looked_up(dns_run(dns_world([A], *broken("slow", delay="250ms"))))[0][2] == 0.26


def test_truncated_answers_are_asked_for_by_tcp_with_one_round_trip_more() -> None:
    run = dns_run(dns_world([A], *broken("truncated")))
    assert looked_up(run)[0][2] == 0.03
    assert [row.code for row in run.of(Event.ASKED)] == [PROTOCOL_NUMBERS["udp"], PROTOCOL_NUMBERS["tcp"]]


@pytest.mark.parametrize("how", ["servfail", "refused"])
def test_servers_that_say_no_make_the_resolver_say_servfail(how: str) -> None:
    """BIND asks each once: two round trips."""
    values = dns_world([A], *broken(how), dns={"flavour": "bind"})
    assert looked_up(dns_run(values)) == [(1.0, "a.example.com", 0.02, Rcode.SERVFAIL)]


def test_a_closed_port_is_told_at_once_and_what_was_sent_there_is_marked_as_unread() -> None:
    run = dns_run(dns_world([A], *broken("closed"), dns={"flavour": "bind"}))
    assert looked_up(run)[0][2:] == (0.02, Rcode.SERVFAIL)
    assert {row.why for row in run.of(Event.ASKED)} == {Why.REFUSED}


def test_a_fault_may_concern_one_record_type_only() -> None:
    mx = {"name": "example.com", "type": "MX", "at": "1s", "timeout": "2m"}
    run = dns_run(dns_world([A, mx], *broken("silent", rtype="MX"), dns={"flavour": "bind"}))
    assert sorted((name, took, rcode) for _, name, took, rcode in looked_up(run)) == [
        ("a.example.com", 0.01, Rcode.NOERROR),
        ("example.com", 10.001, Rcode.SERVFAIL),
    ]


def test_a_fault_may_concern_tcp_only() -> None:
    values = dns_world([A], *broken("truncated"), *broken("silent", proto="tcp"), dns={"flavour": "bind"})
    values["nodes"]["asker"]["queries"][0] = {**A, "timeout": "1m"}
    assert looked_up(dns_run(values)) == [(1.0, "a.example.com", 12.0, Rcode.SERVFAIL)]


def test_about_a_third_of_the_questions_is_lost() -> None:
    """200 names, one question each unless it is lost: the number of questions is negative binomial, 200 / 0.7 = 286 on average."""
    many = {"name": "n$.example.com", "every": "1s", "until": "200s"}
    run = dns_run(dns_world([many], *broken("lossy", probability=0.3), dns={"flavour": "bind"}))
    assert 250 <= len(asked(run)) <= 325


def test_a_silent_host_is_silent_for_dns_too() -> None:
    values = dns_world([{**A, "timeout": "1m"}], dns={"flavour": "bind"})
    values["faults"] = [{"kind": "outage", "target": ns, "length": "1m"} for ns in BOTH]
    assert looked_up(dns_run(values))[0][2:] == (10.001, Rcode.SERVFAIL)


def test_an_unanswered_client_question_is_a_time_out() -> None:
    """unbound 1.17.1 gives no reply after 1.9 s (discard-timeout)."""
    run = dns_run(dns_world([{**A, "timeout": "5s"}], *broken("silent")))
    assert looked_up(run) == [(1.0, "a.example.com", 5.0, Rcode.TIMEOUT)]


def test_a_fault_of_the_resolver_itself_reaches_its_clients() -> None:
    run = dns_run(dns_world([{**A, "timeout": "5s"}], *broken("servfail", "dns")))
    assert looked_up(run) == [(1.0, "a.example.com", 0.0, Rcode.SERVFAIL)]


def test_names_outside_all_zones_do_not_exist() -> None:
    """The synthesised root says so; it is no node and as far away as the flavour's miss_delay."""
    values = dns_world([{"name": "www.elsewhere.test", "at": "1s"}])
    values["nodes"]["dns"]["parameters"]["miss_delay"] = "100ms"
    run = dns_run(values)
    assert looked_up(run)[0][3] == Rcode.NXDOMAIN
    assert {server for _, server, _, _ in asked(run)} == {"198.41.0.4"}


def test_the_same_seed_gives_the_same_rows() -> None:
    values = dns_world([{"name": "n$.example.com", "every": "2s", "until": "1m"}], *broken("lossy", probability=0.5))
    assert dns_run(values, seed=7).rows == dns_run(values, seed=7).rows
    assert dns_run(values, seed=7).rows != dns_run(values, seed=8).rows


# -- faults of the network ---------------------------------------------------------------------------------------------


def wrong(kind: str, **what: Any) -> dict[str, Any]:
    """A fault of the network for 4 min."""
    return {"kind": kind, "start": "0s", "until": "4m", **what}


def dns_with(*faults: dict[str, Any]) -> dict[str, Any]:
    values = dns_world([A])
    values["faults"] = list(faults)
    return values


def test_a_slow_name_server_answers_later() -> None:
    assert looked_up(dns_run(dns_with(*(wrong("slow", target=ns, delay="250ms") for ns in BOTH))))[0][2] == 0.26


def test_a_slow_link_makes_the_round_trip_longer() -> None:
    assert looked_up(dns_run(dns_with(*(wrong("slow", target=f"link dns-{ns}", delay="250ms") for ns in BOTH))))[0][2] == 0.26


@pytest.mark.parametrize(
    "fault",
    [
        wrong("partition", a="dns", b=list(BOTH)),
        wrong("partition", a="dns", b=list(BOTH), one_way=True),
        wrong("partition", a=list(BOTH), b="dns", one_way=True),
        wrong("lossy", target="dns", probability=1),
    ],
)
def test_no_answer_comes_over_a_way_that_loses_questions_or_answers(fault: dict[str, Any]) -> None:
    silent = dns_world([A], *broken("silent"))
    assert looked_up(dns_run(dns_with(fault))) == looked_up(dns_run(silent))


def test_a_lossy_way_loses_some_questions_and_they_are_asked_again() -> None:
    """Each of 20 questions, or its answer, is lost with 1 - 0.7^2 = 51 %; all are answered in the end, some late."""
    values = dns_world([{"name": "a.example.com", "at": f"{k}m"} for k in range(1, 21)])
    values["faults"] = [{"kind": "lossy", "target": "dns", "probability": 0.3, "start": "0s", "length": "1h"}]
    late = [took > 0.01 for _, _, took, _ in looked_up(dns_run(values))]
    assert 3 <= sum(late) <= 17


@pytest.mark.parametrize(("a", "b", "asked_on"), [("asker", "dns", False), ("dns", "asker", True)])
def test_a_resolver_whose_answers_are_lost_asks_and_keeps_what_it_hears(a: str, b: str, *, asked_on: bool) -> None:
    """One direction is cut until 4 s; the question sent at 1 s gets there if only answers are lost; its TTL is 6 s."""
    values = dns_with({"kind": "partition", "a": a, "b": b, "one_way": True, "start": "0s", "until": "4s"})
    assert bool([second for second, *_ in asked(dns_run(values)) if second < 4]) == asked_on
