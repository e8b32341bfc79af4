"""unbound 1.17.1 as a whole, worked out by hand; round trips are 10 ms, the wall clock's second begins at 0."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.flavours import resolver_figures
from mailsim.flavours.unbound import UnboundFigures
from mailsim.rules.dns import Question, Rcode, RRset
from mailsim.rules.dns.machine import Trouble
from mailsim.rules.dns.unbound import Unbound
from pencil import NS1, NS2, RIG, Pencil, S, half, hints, index

ZONE = index(
    "example.test",
    RRset("a.example.test", "A", 6, ("192.0.2.1",)),
    RRset("zero.example.test", "A", 0, ("192.0.2.1",)),
    RRset("m.example.test", "MX", 15, ((10, "mx.example.test"),)),
    RRset("mx.example.test", "A", 7, ("192.0.2.9",)),
    RRset("k1.example.test", "CNAME", 60, ("k2.example.test",)),
    RRset("k2.example.test", "CNAME", 60, ("a.example.test",)),
    *(RRset(f"n{k}.example.test", "A", 300, (f"192.0.2.{k}",)) for k in range(40)),
)


def world(*servers: str, phase_us: int = 0, **parameters: Any) -> tuple[Pencil, Any]:
    figures = resolver_figures("unbound", parameters)
    assert isinstance(figures, UnboundFigures)
    rig = RIG(ZONE, *servers)
    return Pencil(Unbound(figures.rules(), hints(*servers), half, phase_us), rig), rig


# -- cache -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ms", "cached"), [(6_100, True), (6_990, True), (7_000, False)])
def test_an_entry_answers_while_whole_seconds_since_it_was_filled_are_at_most_the_ttl(ms: int, cached: bool) -> None:
    """Recorded (cache_ttl5): floor(now) - floor(fill) <= TTL; TTL 6 filled in second 0 answers to the end of second 6."""
    pencil, _ = world(NS1)
    pencil.ask("a.example.test").ask("a.example.test", ms=ms).run()
    assert len(pencil.sent) == (1 if cached else 2)


def test_the_phase_of_the_second_decides() -> None:
    """Filled at 0.61 + 0.5 s = in second 1 of the wall clock: TTL 6 lasts until its second 8 begins, at 7.5 s."""
    pencil, _ = world(NS1, phase_us=500_000)
    pencil.ask("a.example.test", ms=600).ask("a.example.test", ms=7_400).ask("a.example.test", ms=7_500).run()
    assert pencil.instants() == [600, 7_500]


def test_the_last_hit_shows_a_ttl_of_zero() -> None:
    pencil, _ = world(NS1)
    pencil.ask("a.example.test").ask("a.example.test", ms=6_500).run()
    assert [answer.chain[0].ttl for _, _, answer in pencil.said] == [6, 0]


def test_a_ttl_of_zero_is_never_a_hit() -> None:
    pencil, _ = world(NS1)
    pencil.ask("zero.example.test").ask("zero.example.test", ms=200).run()
    assert pencil.instants() == [0, 200]


def test_an_mx_costs_two_questions_because_the_name_is_shown_as_an_a_question_first() -> None:
    """Query name minimisation (recorded: cache_mx_additional)."""
    pencil, _ = world(NS1)
    pencil.ask("m.example.test", "MX").run()
    assert pencil.asked_for() == ["m.example.test A", "m.example.test MX"]


def test_an_mx_answer_lives_no_longer_than_the_addresses_beside_it() -> None:
    """TTL 15, but the additional A has 7 (recorded: zone_change): good to the end of second 7."""
    pencil, _ = world(NS1)
    pencil.ask("m.example.test", "MX").ask("m.example.test", "MX", ms=7_900).ask("m.example.test", "MX", ms=8_000).run()
    assert [sent.ms for sent in pencil.sent if sent.rtype == "MX"] == [10, 8_010]


def test_additional_addresses_answer_no_question() -> None:
    pencil, _ = world(NS1)
    pencil.ask("m.example.test", "MX").ask("mx.example.test", ms=500).run()
    assert pencil.asked_for("mx.example.test") == ["mx.example.test A"]


def test_a_no_lives_for_the_smaller_of_soa_ttl_and_minimum_and_covers_one_type() -> None:
    """SOA TTL 3600, MINIMUM 60: to the end of second 60.  MX of the same name is asked by itself (recorded: neg_scope)."""
    pencil, _ = world(NS1)
    pencil.ask("x.example.test").ask("x.example.test", ms=60_900).ask("x.example.test", ms=61_000).ask("x.example.test", "MX", ms=100).run()
    assert [ms for ms, rtype in ((s.ms, s.rtype) for s in pencil.sent) if rtype == "A"] == [0, 61_000]
    assert [sent.ms for sent in pencil.sent if sent.rtype == "MX"] == [100]


def test_a_chain_link_by_link_asks_for_each_end_and_the_whole_is_kept() -> None:
    pencil, rig = world(NS1)
    rig.manner = rig.manner._replace(follow_aliases=False)
    pencil.ask("k1.example.test").ask("k1.example.test", ms=500).run()
    assert pencil.asked_for() == ["k1.example.test A", "k2.example.test A", "a.example.test A"]
    assert [rrset.rtype for rrset in pencil.said[1][2].chain] == ["CNAME", "CNAME", "A"]


# -- servers down ------------------------------------------------------------------------------------------------------


def test_one_silent_unknown_server_is_asked_in_five_steps_of_two_packets() -> None:
    """drop_all_1ns_cold recorded: 376 ms doubling, two packets a step below 5 s; then the parent, one more step of 12032 ms,
    and the name server's address at the parent; SERVFAIL after about 29.5 s."""
    pencil, rig = world(NS1, discard_timeout=None)
    rig.faults = [(0, 1 << 40, (NS1,), "drop")]
    pencil.ask("a.example.test").run()
    assert [s.ms for s in pencil.sent if s.server == NS1] == [0, 376, 752, 1504, 2256, 3760, 5264, 8272, 11280, 17306]
    assert pencil.outcomes() == [(29_358, "a.example.test", Rcode.SERVFAIL)]


def test_a_client_whose_question_is_older_than_1900_ms_gets_no_reply_at_all() -> None:
    """unbound.conf(5) discard-timeout, recorded in drop_all_2ns_warm: what an MTA sees as a time-out."""
    pencil, rig = world(NS1)
    rig.faults = [(0, 1 << 40, (NS1,), "drop")]
    pencil.ask("a.example.test").run()
    assert pencil.said == []


def test_what_a_mail_server_sees_of_an_outage_is_silence_then_servfail_then_answers_again() -> None:
    """No reply to the first question (older than 1.9 s when it fails at 29.4 s), SERVFAIL from the cache up to the end of second
    34, and after the recovery at 36 s, when the last probe (sent at 17.3 s, 14 s long) is over, an answer within a round trip."""
    pencil, rig = world(NS1)
    rig.faults = [(0, 36_000, (NS1,), "drop")]
    for ms in (0, 30_000, 34_900, 41_000):
        pencil.ask("a.example.test", ms=ms)
    outcomes = [(ms, rcode) for ms, _, rcode in pencil.run().outcomes()]
    assert outcomes == [(30_000, Rcode.SERVFAIL), (34_900, Rcode.SERVFAIL), (41_010, Rcode.NOERROR)]


def test_a_chain_that_comes_whole_is_believed_link_by_link() -> None:
    """cname_long recorded: the servers sent the whole chain, and unbound asked for each name of it."""
    pencil, _ = world(NS1)
    pencil.ask("k1.example.test").run()
    assert pencil.asked_for() == ["k1.example.test A", "k2.example.test A", "a.example.test A"]


def test_after_a_failure_servfail_comes_from_the_cache_for_five_seconds() -> None:
    """Filled in second 0 when all said SERVFAIL: to the end of second 5 (recorded: servfail_once)."""
    pencil, rig = world(NS1, NS2)
    rig.faults = [(0, 500, (NS1, NS2), Rcode.SERVFAIL)]
    pencil.ask("a.example.test").ask("a.example.test", ms=5_900).ask("a.example.test", ms=6_000).run()
    assert [rcode for _, _, rcode in pencil.outcomes()] == [Rcode.SERVFAIL, Rcode.SERVFAIL, Rcode.NOERROR]


def test_servers_that_say_servfail_are_asked_five_times_each_then_the_parent_and_its_addresses() -> None:
    """Five times each; the parent refers again, one more each; the address of each name server by way of the parent."""
    pencil, rig = world(NS1, NS2)
    rig.faults = [(0, 5_000, (NS1, NS2), Rcode.SERVFAIL)]
    pencil.ask("a.example.test").run()
    to_servers = [sent for sent in pencil.sent if sent.name == "a.example.test" and sent.server in (NS1, NS2)]
    assert len(to_servers) == 12
    assert pencil.asked_for("ns1.example.test")[:1] == ["ns1.example.test A"]
    assert pencil.said[0][0] < 400


def test_port_unreachable_is_not_seen() -> None:
    """closed_all recorded: as silent."""
    pencil, rig = world(NS1)
    rig.faults = [(0, 1 << 40, (NS1,), Trouble.CLOSED)]
    pencil.ask("a.example.test").run(until_ms=1_000)
    assert pencil.instants() == [0, 376, 752]


def test_who_asks_meanwhile_joins_and_is_answered_with_the_first() -> None:
    """The fourth packet at 1504 ms is answered at 1514; after a time-out the full name is asked for once more (closed_one recorded)."""
    pencil, rig = world(NS1)
    rig.faults = [(0, 1_000, (NS1,), "drop")]
    pencil.ask("a.example.test", client="one").ask("a.example.test", ms=1_200, client="two").run(until_ms=3_000)
    assert pencil.outcomes() == [(1_524, "one", Rcode.NOERROR), (1_524, "two", Rcode.NOERROR)]


def test_a_truncated_answer_is_asked_for_by_tcp_which_gets_three_seconds() -> None:
    pencil, rig = world(NS1)

    def server(sent: Any, t_us: int) -> Any:
        if sent.proto == "tcp":
            return None
        return Trouble.TRUNCATED, 10_000

    pencil.server = server
    pencil.ask("a.example.test").run(until_ms=7_000)
    udp = [(sent.ms, sent.proto) for sent in pencil.sent if sent.proto == "udp"]
    assert udp == [(0, "udp"), (3_010, "udp"), (6_020, "udp")]
    assert [sent.ms for sent in pencil.sent if sent.proto == "tcp"] == [10, 3_020, 6_030]
    assert rig.servers == (NS1,)


# -- expired answers, refreshes ----------------------------------------------------------------------------------------


def down_from_2_s(**parameters: Any) -> Pencil:
    pencil, rig = world(NS1, discard_timeout=None, **parameters)
    rig.faults = [(2_000, 60_000, (NS1,), "drop")]
    return pencil.ask("a.example.test").ask("a.example.test", ms=10_000)


def test_serve_expired_answers_at_once_with_a_ttl_of_30() -> None:
    """unbound.conf(5) serve-expired, serve-expired-reply-ttl."""
    pencil = down_from_2_s(serve_expired=True).run()
    assert [(ms, answer.chain[0].ttl) for ms, _, answer in pencil.said] == [(10, 6), (10_000, 30)]


def test_serve_expired_client_timeout_answers_after_1800_ms() -> None:
    pencil = down_from_2_s(serve_expired=True, serve_expired_client_timeout="1800ms").run()
    assert [ms for ms, _, _ in pencil.said] == [10, 11_800]


def test_serve_expired_ttl_bounds_how_old_an_expired_answer_may_be() -> None:
    pencil = down_from_2_s(serve_expired=True, serve_expired_ttl="3s").run(until_ms=15_000)
    assert len(pencil.said) == 1


def test_a_prefetch_comes_in_the_last_tenth() -> None:
    """TTL 300: from second 270 on; the answer itself is still the cached one."""
    pencil, _ = world(NS1, prefetch=True)
    for ms in (0, 269_500, 270_500, 271_000):
        pencil.ask("n1.example.test", ms=ms)
    pencil.run()
    assert pencil.instants() == [0, 270_500]
    assert pencil.said[2][2].chain[0].ttl == 30


def test_a_hit_is_an_entry_with_the_instant_at_which_it_ends() -> None:
    pencil, _ = world(NS1)
    machine = pencil.machine
    assert machine.hit(Question("a.example.test", "A"), 0) is None
    pencil.ask("a.example.test").run()
    entry = machine.hit(Question("a.example.test", "A"), S)
    assert (entry.answer.rdatas, entry.until_us) == (("192.0.2.1",), 7 * S)


def test_forwarders_are_asked_the_question_itself() -> None:
    pencil, _ = world(NS1, forward=[NS1])
    pencil.ask("m.example.test", "MX").run()
    assert pencil.asked_for() == ["m.example.test MX"]
