"""BIND 9.18.49 as a whole, worked out by hand; round trips are 10 ms, the wall clock's second begins at 0."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.flavours import resolver_figures
from mailsim.flavours.bind import BindFigures
from mailsim.rules.dns import Question, Rcode, RRset
from mailsim.rules.dns.bind import Bind
from mailsim.rules.dns.machine import Trouble
from pencil import NS1, NS2, RIG, Pencil, S, half, hints, index

ZONE = index(
    "example.test",
    RRset("a.example.test", "A", 6, ("192.0.2.1",)),
    RRset("long.example.test", "A", 20, ("192.0.2.2",)),
    RRset("m.example.test", "MX", 15, ((10, "mx.example.test"),)),
    RRset("mx.example.test", "A", 7, ("192.0.2.9",)),
    RRset("w.example.test", "A", 300, ("192.0.2.3",)),
    RRset("many.example.test", "A", 300, ("192.0.2.1", "192.0.2.2", "192.0.2.3")),
    *(RRset(f"k{k}.example.test", "CNAME", 60, (f"k{k + 1}.example.test",)) for k in range(13)),
    RRset("k13.example.test", "A", 60, ("192.0.2.7",)),
)
DOWN = 1 << 40


def world(*servers: str, **parameters: Any) -> tuple[Pencil, Any]:
    figures = resolver_figures("bind", {"timer_slack": "0s", **parameters})
    assert isinstance(figures, BindFigures)
    rig = RIG(ZONE, *servers)
    return Pencil(Bind(figures.rules(), hints(*servers), half, 0), rig), rig


# -- cache -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ms", "cached"), [(5_990, True), (6_000, False)])
def test_an_entry_answers_while_whole_seconds_since_it_was_filled_are_less_than_the_ttl(ms: int, cached: bool) -> None:
    """Recorded (cache_ttl5): floor(now) - floor(fill) < TTL; the lowest TTL shown is 1."""
    pencil, _ = world(NS1)
    pencil.ask("a.example.test").ask("a.example.test", ms=ms).run()
    assert len(pencil.sent) == (1 if cached else 2)
    assert pencil.said[1][2].chain[0].ttl == (1 if cached else 6)


def test_an_mx_costs_one_question_and_lives_for_its_own_ttl() -> None:
    pencil, _ = world(NS1, prefetch_trigger="0s")
    pencil.ask("m.example.test", "MX").ask("m.example.test", "MX", ms=14_900).ask("mx.example.test", ms=500).run()
    assert pencil.asked_for() == ["m.example.test MX", "mx.example.test A"]


def test_a_no_lives_for_the_ttl_of_the_soa_alone_and_nxdomain_covers_all_types() -> None:
    """SOA TTL 3600, MINIMUM 60 (recorded: neg_soattl9_min4, neg_scope)."""
    pencil, _ = world(NS1)
    pencil.ask("x.example.test").ask("x.example.test", "MX", ms=3_599_000).ask("x.example.test", ms=3_600_000).run(until_ms=4_000_000)
    assert pencil.instants() == [0, 3_600_000]


def test_a_no_without_soa_is_kept_to_the_end_of_its_second() -> None:
    """neg_nosoa recorded."""
    pencil, rig = world(NS1)
    rig.manner = rig.manner._replace(soa=False)
    for ms in (0, 900, 1_000):
        pencil.ask("x.example.test", ms=ms)
    pencil.run()
    assert pencil.instants() == [0, 1_000]


def test_a_prefetch_comes_with_two_seconds_left_when_the_ttl_is_at_least_nine() -> None:
    """BIND 9.18 ARM prefetch 2 9."""
    pencil, _ = world(NS1)
    for ms in (0, 17_900, 18_000, 18_500):
        pencil.ask("long.example.test", ms=ms)
    pencil.ask("a.example.test").ask("a.example.test", ms=5_900).run()
    assert pencil.instants("long.example.test") == [0, 18_000]
    assert pencil.instants("a.example.test") == [0]


def test_eleven_restarts_are_followed_and_then_the_part_comes_with_servfail() -> None:
    """max-query-restarts (recorded: cname_long): k2 has eleven links and an address, k1 twelve links."""
    pencil, rig = world(NS1)
    rig.manner = rig.manner._replace(follow_aliases=False)
    pencil.ask("k2.example.test").ask("k1.example.test", ms=5_000).run()
    assert [(answer.rcode, len(answer.chain)) for _, _, answer in pencil.said] == [(Rcode.NOERROR, 12), (Rcode.SERVFAIL, 12)]


def test_zone_cuts_are_looked_for_with_ns_questions_for_one_label_more() -> None:
    """qname-minimization relaxed, recorded: example.tld NS before w0.example.tld A."""
    pencil, _ = world(NS1)
    pencil.machine._resolver._hints.pop("example.test")
    pencil.ask("w.example.test").run()
    assert pencil.asked_for() == ["test NS", "example.test NS", "w.example.test A"]


# -- servers down ------------------------------------------------------------------------------------------------------


def test_a_silent_server_is_asked_three_times_in_800_ms_then_in_1600_and_3200() -> None:
    """drop_all_1ns_cold recorded; SERVFAIL after resolver-query-timeout."""
    pencil, rig = world(NS1)
    rig.faults = [(0, DOWN, (NS1,), "drop")]
    pencil.ask("a.example.test").run()
    assert pencil.instants() == [0, 800, 1_600, 2_400, 4_000, 7_200]
    assert pencil.outcomes() == [(10_000, "a.example.test", Rcode.SERVFAIL)]


def test_each_step_down_the_tree_counts_as_a_pass() -> None:
    """recovery_cold_20s recorded: after two zone cuts the second pass waits 1600 ms, the third 3200 ms."""
    pencil, rig = world(NS1, NS2)
    pencil.machine._resolver._hints.pop("example.test")
    rig.faults = [(0, DOWN, (NS1, NS2), "drop")]
    pencil.ask("a.example.test").run()
    assert pencil.instants("a.example.test") == [20, 820, 1_620, 3_220, 4_820, 8_020]


def test_servers_that_say_servfail_are_asked_once_each() -> None:
    pencil, rig = world(NS1, NS2)
    rig.faults = [(0, DOWN, (NS1, NS2), Rcode.SERVFAIL)]
    pencil.ask("a.example.test").run()
    assert (pencil.instants(), pencil.outcomes()) == ([0, 10], [(20, "a.example.test", Rcode.SERVFAIL)])


def test_a_failure_is_kept_for_one_second() -> None:
    """servfail-ttl; recorded: hits up to 0.98 s after, none from 1.0 s on."""
    pencil, rig = world(NS1)
    rig.faults = [(0, 500, (NS1,), Rcode.SERVFAIL)]
    for ms in (0, 990, 1_010):
        pencil.ask("a.example.test", ms=ms)
    pencil.run()
    assert [rcode for _, _, rcode in pencil.outcomes()] == [Rcode.SERVFAIL, Rcode.SERVFAIL, Rcode.NOERROR]


def test_port_unreachable_costs_a_round_trip() -> None:
    pencil, rig = world(NS1, NS2)
    rig.faults = [(0, DOWN, (NS1, NS2), Trouble.CLOSED)]
    pencil.ask("a.example.test").run()
    assert pencil.outcomes() == [(20, "a.example.test", Rcode.SERVFAIL)]


def test_an_answer_to_an_abandoned_question_is_lost() -> None:
    """delay_2000 recorded: answers two seconds late are never heard, though each question is answered; SERVFAIL after 10 s."""
    pencil, rig = world(NS1)
    rig.rtt_ms = 3_300
    pencil.ask("a.example.test").run()
    assert pencil.outcomes() == [(10_000, "a.example.test", Rcode.SERVFAIL)]


def test_the_slower_server_waits_for_its_time_and_half_a_tenth() -> None:
    """fctx_setretryinterval: at least srtt + 50 ms below 50 ms, + 100 below 100, + 200 above."""
    pencil, _ = world(NS1)
    resolver = pencil.machine._resolver
    entry = resolver._addresses._of(NS1)
    waits = []
    for srtt in (10_000, 760_000, 90_000):
        entry.srtt_us = srtt
        waits.append(resolver.interval_us(1, NS1))
    assert waits == [800_000, 960_000, 800_000]


def test_a_forwarder_gets_1200_ms() -> None:
    """fwd_drop_all_2ns_warm recorded."""
    pencil, rig = world(NS1, forward=[NS1])
    rig.faults = [(0, DOWN, (NS1,), "drop")]
    pencil.ask("a.example.test").run(until_ms=4_000)
    assert pencil.instants() == [0, 1_200, 2_400, 3_600]


def test_the_eleventh_waiting_client_gets_no_reply() -> None:
    """clients-per-query 10; recorded: cached_down_drop."""
    pencil, rig = world(NS1)
    rig.faults = [(0, DOWN, (NS1,), "drop")]
    for k in range(11):
        pencil.ask("a.example.test", ms=100 * k, client=f"client {k}")
    pencil.run()
    assert [client for _, client, _ in pencil.outcomes()] == [f"client {k}" for k in range(10)]


def test_when_tcp_hangs_the_backstop_ends_the_fetch_after_twelve_seconds() -> None:
    """truncate recorded: one question by TCP, SERVFAIL two seconds after the fetch should have been over."""
    pencil, _ = world(NS1, NS2)
    pencil.server = lambda sent, t_us: None if sent.proto == "tcp" else (Trouble.TRUNCATED, 10_000)
    pencil.ask("a.example.test").run()
    assert [sent.proto for sent in pencil.sent] == ["udp", "tcp"]
    assert pencil.outcomes() == [(12_000, "a.example.test", Rcode.SERVFAIL)]


# -- expired answers ---------------------------------------------------------------------------------------------------

STALE = {"stale_cache_enable": True, "stale_answer_enable": True}


def down_from_2_s(*later: int, how: Any = "drop", **parameters: Any) -> list[tuple[int, int, int]]:
    """(ms, code, TTL shown) of each answer; TTL 6, the server fails from 2 s to 60 s."""
    pencil, rig = world(NS1, **parameters)
    rig.faults = [(2_000, 60_000, (NS1,), how)]
    for ms in (0, *later):
        pencil.ask("a.example.test", ms=ms)
    pencil.run()
    return [(ms, answer.rcode, answer.chain[0].ttl if answer.chain else -1) for ms, _, answer in pencil.said[1:]]


def test_an_expired_answer_comes_when_the_time_is_over_and_then_at_once_for_thirty_seconds() -> None:
    """stale-answer-ttl 30, stale-refresh-time 30 (recorded: cached_down_drop__stale)."""
    assert down_from_2_s(10_000, 21_000, 49_000, **STALE) == [(20_000, 0, 30), (21_000, 0, 30), (49_000, 0, 30)]


def test_after_servfail_answers_every_question_is_asked_again() -> None:
    """Recorded (cached_down_servfail__stale_refresh5): no refresh window after SERVFAIL."""
    assert down_from_2_s(10_000, 11_000, how=Rcode.SERVFAIL, **STALE) == [(10_010, 0, 30), (11_010, 0, 30)]


@pytest.mark.parametrize("only", STALE)
def test_one_of_the_two_options_alone_does_nothing(only: str) -> None:
    assert down_from_2_s(10_000, **{only: True}) == [(20_000, Rcode.SERVFAIL, -1)]


def test_client_timeout_0_answers_at_once_and_1800_after_that() -> None:
    assert down_from_2_s(10_000, stale_answer_client_timeout="0s", **STALE) == [(10_000, 0, 30)]
    assert down_from_2_s(10_000, stale_answer_client_timeout="1800ms", **STALE) == [(11_800, 0, 30)]


def test_silence_uses_up_a_short_max_stale_ttl() -> None:
    """Ten seconds after expiry at 6 s: the wait ends at 18 s, too late (recorded: cached_down_drop__stale_max10)."""
    assert down_from_2_s(8_000, max_stale_ttl="10s", **STALE) == [(18_000, Rcode.SERVFAIL, -1)]
    assert down_from_2_s(8_000, how=Rcode.SERVFAIL, max_stale_ttl="10s", **STALE) == [(8_010, 0, 30)]


# -- order, hits -------------------------------------------------------------------------------------------------------


def test_cyclic_order_turns_by_one_and_fixed_does_not_turn() -> None:
    for order, firsts in (("cyclic", ["1", "2", "3"]), ("fixed", ["1", "1", "1"])):
        pencil, _ = world(NS1, rrset_order=order)
        for ms in (0, 100, 200):
            pencil.ask("many.example.test", ms=ms)
        pencil.run()
        assert [answer.rdatas[0][-1] for _, _, answer in pencil.said] == firsts


def test_a_hit_is_an_entry_with_the_instant_at_which_it_ends() -> None:
    pencil, _ = world(NS1)
    pencil.ask("a.example.test").run()
    entry = pencil.machine.hit(Question("a.example.test", "A"), S)
    assert (entry.answer.rdatas, entry.until_us) == (("192.0.2.1",), 6 * S)
