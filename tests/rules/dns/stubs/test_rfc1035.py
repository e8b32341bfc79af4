"""Stubs that wait longer in each round, on a bench: librfc1035 (rfc1035resolve.c) and libasr (res_send_async.c ``iter_ns``)."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.rules.dns.records import Rcode
from mailsim.rules.dns.stubs import Rfc1035Rules, Rfc1035Stub
from mailsim.rules.dns.zones import Answer
from stub_bench import SERVFAIL, Bench, Server, good, says, silent

#: asr.c ``asr_ctx_create``
ASR: dict[str, Any] = {"rounds": 4, "growth": 2, "shared": True}


def bench(*servers: Server, **figures: Any) -> Bench:
    """The servers are called s1, s2, s3."""
    named = {f"s{k}": server for k, server in enumerate(servers, 1)}
    return Bench(Rfc1035Stub(Rfc1035Rules(**figures), tuple(named), lambda purpose: 0.0), **named)


@pytest.mark.parametrize(
    ("servers", "figures", "total_s", "instants"),
    [
        (1, {}, 155, [0, 5, 30]),
        (2, {}, 310, [0, 5, 10, 35, 60, 185]),
        (1, ASR, 75, [0, 5, 15, 35]),  # recorded: about 75 s
        (2, ASR, 80, [0, 5, 10, 15, 20, 30, 40, 60]),
    ],
)
def test_silent_servers_cost_the_waits_of_the_whole_walk(servers: int, figures: dict[str, Any], total_s: int, instants: list[int]) -> None:
    on = bench(*[silent] * servers, **figures)
    told = on.call("n1.example.")
    assert (told.took_s, told.answer.rcode) == (total_s, Rcode.TIMEOUT)
    assert on.sent() == [(t, f"s{k % servers + 1}") for k, t in enumerate(instants)]


@pytest.mark.parametrize("answer", [SERVFAIL, Answer(Rcode.REFUSED)])
def test_whatever_a_server_answers_is_the_answer(answer: Answer) -> None:
    on = bench(says(answer), good, **ASR)
    assert on.call("n1.example.").answer.rcode == answer.rcode
    assert [server for _, server in on.sent()] == ["s1"]
