"""dnspython's stub on a bench.  Waits and walks are those recorded with dnspython 2.9.2 or read in its dns/resolver.py."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.rules.dns.machine import Trouble
from mailsim.rules.dns.records import Rcode
from mailsim.rules.dns.stubs import BOTH, DnspythonRules, DnspythonStub
from mailsim.rules.dns.zones import Answer
from stub_bench import NO, SERVFAIL, Bench, S, Server, good, says, silent, slow


def bench(*servers: Server, chance: float = 0.0, **figures: Any) -> Bench:
    """The servers are called s1, s2, s3."""
    named = {f"s{k}": server for k, server in enumerate(servers, 1)}
    return Bench(DnspythonStub(DnspythonRules(**figures), tuple(named), lambda purpose: chance), **named)


@pytest.mark.parametrize(
    ("servers", "figures", "total_s", "instants"),
    [
        (1, {}, 5.4, [0, 2.1, 4.3]),  # dns.md: 5.4; pauses of 0.1, 0.2 and, before the look at the clock, 0.4 s
        (2, {}, 5.0, [0, 2, 4.1]),
        (3, {}, 5.1, [0, 2, 4]),  # recorded: the pause comes before the look at the clock
        (2, {"lifetime_us": 30 * S}, 30.0, [0, 2, 4.1, 6.1, 8.3, 10.3, 12.7, 14.7, 17.5, 19.5, 23.1, 25.1, 29.1]),  # lifetime30
    ],
)
def test_silent_servers_cost_the_lifetime(servers: int, figures: dict[str, Any], total_s: float, instants: list[float]) -> None:
    on = bench(*[silent] * servers, **figures)
    told = on.call("n1.example.")
    assert (told.took_s, told.answer.rcode) == (pytest.approx(total_s), Rcode.TIMEOUT)
    assert [t for t, _ in on.sent()] == pytest.approx(instants)


@pytest.mark.parametrize("first", [silent, slow(3), says(Trouble.CLOSED)])
def test_a_server_that_is_silent_late_or_closed_costs_two_seconds_in_every_lookup(first: Server) -> None:
    """Recorded (ns1_closed_ns2_up): its socket is not connected, so the port unreachable does not reach it."""
    on = bench(first, good)
    assert [on.call("n1.example.", at_s=t).took_s for t in (0, 10)] == [2.01] * 2


@pytest.mark.parametrize("rcode", [Rcode.SERVFAIL, Rcode.REFUSED])
def test_a_server_that_answers_with_an_error_is_left_at_once(rcode: int) -> None:
    assert bench(says(Answer(rcode)), good).call("n1.example.").took_s == 0.02


def test_errors_from_all_end_the_lookup_after_one_round() -> None:
    """dns.md: NoNameservers after one round."""
    on = bench(says(SERVFAIL), says(SERVFAIL))
    assert on.call("n1.example.") == (0.02, SERVFAIL)
    assert len(on.asked) == 2


def test_retry_servfail_keeps_the_server_in_the_list() -> None:
    """dns/resolver.py: with retry_servfail the server is not removed; the next round comes after the pause."""
    on = bench(says(SERVFAIL), retry_servfail=True, lifetime_us=S)
    on.call("n1.example.")
    assert [t for t, _ in on.sent()] == pytest.approx([0, 0.11, 0.32, 0.73])


def test_a_server_with_an_error_is_out_while_the_silent_one_is_asked_again() -> None:
    on = bench(says(SERVFAIL), silent)
    assert on.call("n1.example.").answer.rcode == Rcode.TIMEOUT
    assert [server for _, server in on.sent()] == ["s1", "s2", "s2", "s2"]


def test_no_such_name_is_an_answer() -> None:
    assert bench(says(NO), good).call("nx.example.") == (0.01, NO)


def test_a_truncated_answer_is_fetched_by_tcp_and_silence_there_costs_a_wait() -> None:
    """Recorded (truncate_tcp_silent): 2 s, then the next server by UDP and TCP."""

    def truncating(by_tcp: Server) -> Server:
        return lambda send, t: by_tcp(send, t) if send.proto == "tcp" else (Trouble.TRUNCATED, 10_000)

    on = bench(truncating(silent), truncating(good))
    assert on.call("n1.example.").took_s == pytest.approx(2.03)
    assert [(a.server, a.proto) for a in on.asked] == [("s1", "udp"), ("s1", "tcp"), ("s2", "udp"), ("s2", "tcp")]


def test_a_refused_tcp_connection_takes_the_server_out() -> None:
    """dns/resolver.py query_result: OSError removes the server; with the only one gone the lookup fails."""
    on = bench(lambda send, t: (Trouble.TRUNCATED if send.proto == "udp" else Trouble.CLOSED, 10_000))
    assert on.call("n1.example.").took_s == 0.02


def test_rotate_shuffles_the_list() -> None:
    on = bench(silent, good, rotate=True, chance=0.0)  # the draw exchanges the last with the first
    assert on.call("n1.example.").took_s == 0.01


def test_both_families_are_asked_for_one_after_the_other() -> None:
    assert bench(good).call("n1.example.", BOTH).took_s == 0.02
