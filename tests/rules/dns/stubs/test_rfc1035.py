"""librfc1035 on a bench: waits of rfc1035.h (5 s, three rounds, five times longer each) as rfc1035resolve.c walks them.

And libasr: 5 s (asr.c ``asr_ctx_create``), four rounds, each twice as long, shared by the servers (res_send_async.c ``iter_ns``).
"""

from __future__ import annotations

import pytest

from mailsim.rules.dns.machine import Trouble
from mailsim.rules.dns.records import Rcode
from mailsim.rules.dns.stubs import BOTH, Rfc1035Rules, Rfc1035Stub
from mailsim.rules.dns.zones import Answer
from stub_bench import NO, SERVFAIL, Bench, Server, good, says, silent, slow


def bench(*servers: Server, rules: Rfc1035Rules | None = None) -> Bench:
    named = {f"s{k}": server for k, server in enumerate(servers, 1)}
    return Bench(Rfc1035Stub(rules or Rfc1035Rules(), tuple(named), lambda purpose: 0.0), **named)


@pytest.mark.parametrize(("servers", "total_s", "instants"), [(1, 155, [0, 5, 30]), (2, 310, [0, 5, 10, 35, 60, 185])])
def test_silent_servers_are_waited_for_5_25_and_125_seconds(servers: int, total_s: int, instants: list[int]) -> None:
    on = bench(*[silent] * servers)
    told = on.call("n1.example.")
    assert (told.took_s, told.answer.rcode) == (total_s, Rcode.TIMEOUT)
    assert [t for t, _ in on.sent()] == instants


@pytest.mark.parametrize("answer", [SERVFAIL, NO, Answer(Rcode.REFUSED)])
def test_whatever_the_first_server_answers_is_the_answer(answer: Answer) -> None:
    on = bench(says(answer), good)
    assert on.call("n1.example.").answer.rcode == answer.rcode
    assert [server for _, server in on.sent()] == ["s1"]


def test_a_silent_first_server_costs_five_seconds() -> None:
    assert bench(silent, good).call("n1.example.").took_s == 5.01


def test_a_closed_port_is_not_noticed() -> None:
    """sendto on a socket that is not connected."""
    assert bench(says(Trouble.CLOSED), good).call("n1.example.").took_s == 5.01


def test_an_answer_that_comes_late_counts_when_its_server_is_waited_for_again() -> None:
    assert bench(slow(7)).call("n1.example.").took_s == 7


def test_a_and_aaaa_are_both_asked_for() -> None:
    told = bench(good).call("n1.example.", BOTH)
    assert told.answer.rdatas == ("192.0.2.1", "2001:db8::1")


@pytest.mark.parametrize(("servers", "total_s", "instants"), [(1, 75, [0, 5, 15, 35]), (2, 80, [0, 5, 10, 15, 20, 30, 40, 60])])
def test_libasr_waits_twice_as_long_in_each_round(servers: int, total_s: int, instants: list[int]) -> None:
    """One server: 5 + 10 + 20 + 40 s (OpenSMTPD 6.8.0p2 observed: about 75 s); two share each wait but the first."""
    on = bench(*[silent] * servers, rules=Rfc1035Rules(rounds=4, growth=2, shared=True))
    told = on.call("n1.example.")
    assert (told.took_s, told.answer.rcode) == (total_s, Rcode.TIMEOUT)
    assert [t for t, _ in on.sent()] == instants
