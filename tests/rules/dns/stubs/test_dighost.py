"""The stub of dig and host on a bench.  Waits and walks are those recorded with 9.18.49 or read in its bin/dig/dighost.c."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.rules.dns.machine import Trouble
from mailsim.rules.dns.records import Rcode
from mailsim.rules.dns.stubs import CLOSED, DighostRules, DighostStub
from mailsim.rules.dns.zones import Answer
from stub_bench import NO, SERVFAIL, Bench, Server, good, says, silent, slow

DIG: dict[str, Any] = {}
HOST: dict[str, Any] = {"tries": 2, "servfail_stops": False, "octets": 512}


def bench(program: dict[str, Any], *servers: Server) -> Bench:
    """The servers are called s1, s2, s3."""
    named = {f"s{k}": server for k, server in enumerate(servers, 1)}
    return Bench(DighostStub(DighostRules(**program), tuple(named), lambda purpose: 0.0), **named)


def truncating(by_tcp: Server) -> Server:
    return lambda send, t: by_tcp(send, t) if send.proto == "tcp" else (Trouble.TRUNCATED, 10_000)


@pytest.mark.parametrize(
    ("program", "servers", "walk"),
    [
        (DIG, 1, "111"),
        (DIG, 2, "1112"),
        (DIG, 3, "11123"),
        (HOST, 2, "112"),
        (HOST, 3, "1123"),
    ],
)
def test_the_first_server_is_asked_again_and_again_each_other_one_once(program: dict[str, Any], servers: int, walk: str) -> None:
    """Recorded (all_drop): dig 15, 20, 25 s; host 10, 15, 20 s; five seconds each."""
    on = bench(program, *[silent] * servers)
    told = on.call("example.", "MX")
    assert (told.took_s, told.answer.rcode) == (5 * len(walk), Rcode.TIMEOUT)
    assert on.sent() == [(5 * k, f"s{server}") for k, server in enumerate(walk)]


@pytest.mark.parametrize(("program", "took_s"), [(DIG, 15.01), (HOST, 10.01)])
def test_a_silent_first_server_costs_all_its_tries(program: dict[str, Any], took_s: float) -> None:
    assert bench(program, silent, good).call("example.", "MX").took_s == took_s


def test_an_answer_that_is_late_is_lost_with_its_socket() -> None:
    """Recorded (ns1_slow7_ns2_drop): 7 s late, no answer."""
    assert bench(DIG, slow(7), silent).call("example.", "MX").answer.rcode == Rcode.TIMEOUT
    assert bench(DIG, slow(3), silent).call("example.", "MX").took_s == 3


def test_a_closed_port_costs_a_round_trip_a_try() -> None:
    on = bench(DIG, says(Trouble.CLOSED), good)
    assert on.call("example.", "MX").took_s == pytest.approx(0.04)
    assert [server for _, server in on.sent()] == ["s1", "s1", "s1", "s2"]
    assert bench(HOST, says(Trouble.CLOSED)).call("example.", "MX").answer.rcode == CLOSED


def test_dig_shows_servfail_and_host_asks_the_next_server() -> None:
    assert bench(DIG, says(SERVFAIL), good).call("example.", "MX") == (0.01, SERVFAIL)
    assert bench(HOST, says(SERVFAIL), good).call("example.", "MX").took_s == 0.02
    assert bench(HOST, says(SERVFAIL), says(SERVFAIL)).call("example.", "MX") == (0.02, SERVFAIL)


@pytest.mark.parametrize("said", [NO, Answer(Rcode.REFUSED)])
@pytest.mark.parametrize("program", [DIG, HOST])
def test_refused_and_no_such_name_are_final(program: dict[str, Any], said: Answer) -> None:
    assert bench(program, says(said), good).call("example.", "MX") == (0.01, said)


def test_a_truncated_answer_is_fetched_by_tcp() -> None:
    assert bench(DIG, truncating(good), good).call("example.", "MX").took_s == 0.02


@pytest.mark.parametrize(("program", "took_s", "walk"), [(DIG, 30.02, "11112"), (HOST, 20.02, "1112")])
def test_silence_on_tcp_costs_ten_seconds_a_try(program: dict[str, Any], took_s: float, walk: str) -> None:
    """Recorded (truncate_tcp_silent): dig 30 s, host 20 s; the second server is asked by TCP at once."""
    on = bench(program, truncating(silent), truncating(good))
    assert on.call("example.", "MX").took_s == pytest.approx(took_s)
    assert [server for _, server in on.sent()] == [f"s{k}" for k in walk]
    assert [asked.proto for asked in on.asked] == ["udp", *["tcp"] * (len(walk) - 1)]


def test_over_tcp_a_retry_starts_at_the_first_server_again() -> None:
    """dighost.c: requeue_lookup; dig's first server took two tries of UDP in vain, so one more is left for TCP."""
    tries = iter([None, None, None])
    on = bench(DIG, lambda send, t: next(tries, None), truncating(good))
    assert on.call("example.", "MX").took_s == pytest.approx(15.01 + 10 + 0.01)
    assert [(a.server, a.proto) for a in on.asked][3:] == [("s2", "udp"), ("s1", "tcp"), ("s2", "tcp")]


@pytest.mark.parametrize(
    ("name", "names"),
    [("nx.example", ["nx.example", "nx.example.a.tld"]), ("nx.example.", ["nx.example"]), ("short", ["short.a.tld", "short"])],
)
def test_host_goes_through_its_search_list_while_there_is_no_such_name(name: str, names: list[str]) -> None:
    """host(1) -N; dighost.c next_origin."""
    on = bench({**HOST, "search": ("a.tld",)}, says(NO))
    assert on.call(name).answer == NO
    assert [asked.name for asked in on.asked] == names
