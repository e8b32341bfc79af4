"""PowerDNS Recursor 4.8: expectations from the recordings of 4.8.8 (named), dns.md's rules and syncres.cc; instants worked by hand.

The loop looks at its timers when it is woken or after 500.3 ms of quiet: a wait of 1.5 s ends 1.5009 s after it began
where nothing else happens.
"""

from __future__ import annotations

from typing import Any

import pytest

from machine_bench import HINTS, MS, NS1, NS2, NS3, Bench, S, World, address, in_turn, no, steady
from mailsim.flavours import resolver_figures
from mailsim.rules.dns import Answer, Question, Rcode, RRset
from mailsim.rules.dns.machine import Send, Trouble
from mailsim.rules.dns.pdns import Pdns

WAIT = 1_500_900  #: three polls


def bench(world: Any, chance: Any = None, **parameters: Any) -> Bench:
    figures = resolver_figures("pdns", {"timing_noise": "0s", **parameters})
    return Bench(Pdns(figures, HINTS, chance=chance or steady()), world)


def silent_from(t_us: int, *servers: str) -> Any:
    def zone(sent: Send, now_us: int) -> Any:
        return None if now_us >= t_us and sent.server in servers else (10 * MS, address(sent.question.name))

    return zone


def says(rcode: int, t_us: int, *servers: str) -> Any:
    def zone(sent: Send, now_us: int) -> Any:
        bad = now_us >= t_us and sent.server in servers
        return 10 * MS, Answer(rcode) if bad else address(sent.question.name)

    return zone


def test_names_are_minimised_label_by_label_with_type_a() -> None:
    # recorded in cache_mx_no_additional: tld. A, example.tld. A, then the MX question itself
    table = bench(World())
    table.ask(0, "m1.example.tld", "MX")
    table.run(1 * S)
    assert [(sent.name, sent.rtype) for sent in table.sent] == [("tld", "A"), ("example.tld", "A"), ("m1.example.tld", "MX")]


def test_whole_names_are_asked_where_minimisation_is_off() -> None:
    table = bench(World(), qname_minimization=False)
    table.ask(0, "m1.example.tld", "MX")
    table.run(1 * S)
    assert [(sent.name, sent.rtype) for sent in table.sent] == [("m1.example.tld", "MX")] * 3


def test_one_question_per_server_and_servfail_after_1500_ms_each() -> None:
    # recorded in drop_all_3ns_cold: servers asked at 1.025, 2.552, 4.052, SERVFAIL at 5.568
    table = bench(World(silent_from(0, NS1, NS2, NS3), (NS1, NS2, NS3)))
    who = table.ask(0, "n0.example.tld")
    table.run(20 * S)
    times = [t for t, _, _ in table.questions("n0.example.tld")]
    assert times == [20 * MS, 20 * MS + WAIT, 20 * MS + 2 * WAIT]
    assert (table.said[who].t_us, table.said[who].answer.rcode) == (20 * MS + 3 * WAIT, Rcode.SERVFAIL)


def test_a_question_that_wakes_the_loop_just_before_a_timer_costs_it_half_a_second() -> None:
    # recorded in delay_2000: questions every 3 s, SERVFAIL after 3.5 s as the next one comes 2 ms before the second timer
    table = bench(World(silent_from(1 * S, NS1, NS2)))
    table.ask(0, "w0.example.tld")
    first = table.ask(2 * S, "n0.example.tld")
    table.ask(5 * S, "n1.example.tld")
    table.run(30 * S)
    assert table.said[first].t_us == 5 * S + 500_300


def test_more_than_seven_seconds_of_waiting_end_a_lookup() -> None:
    # max-total-msec 7000: the fifth server is asked after 6.0 s, a sixth would be after 7.5 s
    servers = tuple(f"192.0.2.{k}" for k in range(21, 29))
    table = bench(World(silent_from(0, *servers), servers))
    who = table.ask(0, "n0.example.tld")
    table.run(30 * S)
    assert len(table.questions("n0.example.tld")) == 5
    assert table.said[who].t_us == 20 * MS + 5 * WAIT


def test_a_servfail_is_kept_for_60_s_by_the_packet_cache() -> None:
    # recorded in servfail_once: packetcache-servfail-ttl 60, whole seconds
    table = bench(World(says(Rcode.SERVFAIL, 0, NS1, NS2)))
    asked = [table.ask(k * S, "s.example.tld") for k in (0, 1, 59, 61)]
    table.run(100 * S)
    assert [table.said[who].t_us - table.said[who].asked_us for who in asked[:3]] == [40 * MS, 0, 0]
    assert table.said[asked[3]].t_us == 61 * S + 20 * MS  # both are asked again


def test_without_packet_cache_a_failing_server_is_left_alone_for_three_questions() -> None:
    # recorded in servfail_all__no_packetcache; syncres.cc: 1 minute or 3 queries
    table = bench(World(says(Rcode.SERVFAIL, 0, NS1)), packetcache=False, ttl_maximum="1s")
    for k in range(6):
        table.ask(k * 2 * S, "s.example.tld")
    table.run(30 * S)
    asked = [t for t, server, _ in table.questions("s.example.tld") if server == NS1]
    assert len(asked) <= 2


def test_the_server_that_answers_faster_is_asked() -> None:
    # dns.md: 99 % the faster
    def zone(sent: Send, t_us: int) -> Any:
        return (10 if sent.server == NS2 else 80) * MS, address(sent.question.name)

    table = bench(World(zone))
    for k in range(40):
        table.ask(k * 500 * MS, f"n{k}.example.tld")
    table.run(60 * S)
    assert [sent.server for sent in table.sent if sent.name.startswith("n")].count(NS1) <= 1


def test_a_silent_server_costs_only_the_names_asked_before_the_first_timer() -> None:
    # recorded in drop_1of2_cold: n0 well, n1 to n5 (0.4 s apart) 1.6 s each, then none within 100 s
    table = bench(World(silent_from(0, NS1)), chance=in_turn(servers=[0.9, 0.1]))
    asked = [table.ask(k * 400 * MS, f"n{k}.example.tld") for k in range(60)]
    table.run(60 * S)
    slow = [k for k, who in enumerate(asked) if table.said[who].t_us - table.said[who].asked_us > 1 * S]
    assert len(slow) in (4, 5)
    assert slow[-1] <= 5
    assert [server for _, server, _ in table.questions("n40.example.tld")] == [NS2]


def test_after_64_failures_a_server_is_left_alone_for_a_minute() -> None:
    # recorded in long_recovery_60s_busy and drop_1of2_back__down3_10 (here 3 failures, 10 s)
    table = bench(World(silent_from(0, NS1), (NS1,)), server_down_max_fails=3, server_down_throttle_time="10s")
    asked = [table.ask(k * 2 * S, f"n{k}.example.tld") for k in range(5)]
    table.run(60 * S)
    assert [len(table.questions(f"n{k}.example.tld")) for k in range(5)] == [1, 1, 1, 0, 0]
    assert table.said[asked[3]].t_us == 6 * S
    assert table.said[asked[3]].answer.rcode == Rcode.SERVFAIL


def test_a_closed_port_is_noticed_at_once_and_remembered_for_the_question() -> None:
    # recorded in closed_all: SERVFAIL after 1 ms
    def zone(sent: Send, t_us: int) -> Any:
        return MS, Trouble.CLOSED

    table = bench(World(zone), packetcache=False)
    first, second = table.ask(0, "s.example.tld"), table.ask(1 * S, "s.example.tld")
    table.run(9 * S)
    assert (table.said[first].t_us, table.said[first].answer.rcode) == (22 * MS, Rcode.SERVFAIL)
    assert len(table.questions("s.example.tld")) == 2
    assert table.said[second].t_us == 1 * S


def test_identical_questions_to_one_server_share_a_packet_but_not_its_timer() -> None:
    # recorded in cached_down_drop: questions at 6, 7, 8 and 9 s, two packets in all
    table = bench(World(silent_from(0, NS1, NS2)))
    for k in range(4):
        table.ask(k * 200 * MS, "a.example.tld")
    table.run(20 * S)
    assert len(table.questions("a.example.tld")) == 2


def test_truncation_leads_to_tcp_and_a_silent_idle_connection_to_a_new_one() -> None:
    # recorded in truncate: TCP at 6.133 over the idle connection, at 7.697 over a new one, next server at 9.282
    def zone(sent: Send, t_us: int) -> Any:
        if sent.proto == "udp":
            return 10 * MS, Trouble.TRUNCATED
        return None if t_us >= 3 * S else (10 * MS, address(sent.question.name))

    table = bench(World(zone, (NS1,)))
    table.ask(0, "n0.example.tld")
    who = table.ask(5 * S, "n1.example.tld")
    table.run(30 * S)
    udp, tcp = 5 * S, 5 * S + 10 * MS
    assert table.questions("n1.example.tld") == [(udp, NS1, "udp"), (tcp, NS1, "tcp"), (tcp + WAIT, NS1, "tcp")]
    assert table.said[who].t_us == tcp + 2 * WAIT


def test_an_entry_lives_for_its_ttl_less_a_part_of_a_second_and_ttl_0_for_one() -> None:
    # dns.md: d < TTL; cache_ttl_small: TTL 0 becomes 1
    table = bench(World(lambda sent, t_us: (10 * MS, address(sent.question.name, 0 if sent.question.name.startswith("z0") else 2))))
    for k in range(12):
        table.ask(700 * MS + k * 200 * MS, "z0.example.tld")
        table.ask(700 * MS + k * 200 * MS, "z2.example.tld")
    table.run(9 * S)
    assert [t for t, _, _ in table.questions("z0.example.tld")] == [730 * MS - 10 * MS, 1_100 * MS, 2_100 * MS]
    assert [t for t, _, _ in table.questions("z2.example.tld")] == [720 * MS, 2_100 * MS]


def test_a_no_lives_for_the_soas_own_ttl_at_most_an_hour_and_nxdomain_covers_all_types() -> None:
    # dns.md: SOA TTL only; neg_clamp_default: 3600; neg_scope
    table = bench(World(lambda sent, t_us: (10 * MS, no(ttl=200_000, minimum=1))))
    who = table.ask(0, "nx.example.tld", "A")
    table.ask(1 * S, "nx.example.tld", "MX")
    table.run(9 * S)
    assert [rtype for *_, rtype, _ in table.sent if rtype == "MX"] == []
    assert table.said[who].answer.negative_ttl == 3600


def test_a_no_without_soa_is_kept_as_a_packet() -> None:
    # recorded in neg_nosoa: longer than 12 s
    table = bench(World(lambda sent, t_us: (10 * MS, Answer(Rcode.NXDOMAIN))))
    for k in range(12):
        table.ask(k * S, "nx.example.tld")
    table.run(20 * S)
    assert len(table.questions("nx.example.tld")) == 1


def test_stale_records_are_lengthened_as_often_as_allowed() -> None:
    # recorded in cached_down_drop__stale_ext1: TTL 6; failure at 9.505 gives TTL 6 again, from 16 s on SERVFAIL
    zone = lambda sent, t_us: None if t_us >= 2 * S else (10 * MS, address(sent.question.name, 6))  # noqa: E731
    table = bench(World(zone), serve_stale_extensions=1)
    asked = {k: table.ask(k * S, "a.example.tld") for k in (0, 5, 6, 10, 14, 17)}
    table.run(60 * S)
    assert table.said[asked[6]].t_us == 6 * S + 2 * WAIT
    assert [table.said[asked[k]].answer.ttl for k in (5, 6, 10, 14)] == [1, 6, 5, 1]
    assert table.said[asked[17]].answer.rcode == Rcode.SERVFAIL


def test_a_no_is_lengthened_like_a_record() -> None:
    # negcache.cc updateStaleEntry: as in the record cache
    zone = lambda sent, t_us: (10 * MS, Answer(Rcode.SERVFAIL) if t_us >= 2 * S else no(ttl=6, minimum=6))  # noqa: E731
    table = bench(World(zone), serve_stale_extensions=2)
    asked = [table.ask(k * S, "nx.example.tld") for k in (0, 7, 12, 13, 20)]
    table.run(90 * S)
    assert [table.said[who].answer.rcode for who in asked] == [Rcode.NXDOMAIN] * 4 + [Rcode.SERVFAIL]
    assert table.said[asked[1]].answer.negative_ttl == 6


def test_a_lengthened_record_is_given_at_once_and_refreshed_behind() -> None:
    # recorded in cached_down_servfail__stale_ext10: at 12.002 answered at once with TTL 6
    zone = lambda sent, t_us: (10 * MS, Answer(Rcode.SERVFAIL) if t_us >= 2 * S else address(sent.question.name, 6))  # noqa: E731
    table = bench(World(zone), serve_stale_extensions=10)
    asked = {k: table.ask(k * S, "a.example.tld") for k in (0, 6, 12)}
    table.run(60 * S)
    assert table.said[asked[6]].t_us == 6 * S + 20 * MS
    assert (table.said[asked[12]].t_us, table.said[asked[12]].answer.ttl) == (12 * S, 6)


def test_a_record_near_its_end_is_refreshed_behind_where_asked_for() -> None:
    # refresh-on-ttl-perc 20: with TTL 20 from 4 s before the end on
    table = bench(World(lambda sent, t_us: (10 * MS, address(sent.question.name, 20))), refresh_on_ttl_perc=20)
    for k in range(20):
        table.ask(k * S, "a.example.tld")
    table.run(60 * S)
    assert [t for t, _, _ in table.questions("a.example.tld")] == [20 * MS, 16 * S]


def test_aliases_are_asked_for_link_by_link_and_twelve_are_too_many() -> None:
    # recorded in cname_long_alternating: SERVFAIL with twelve links after twelve questions
    def zone(sent: Send, t_us: int) -> Any:
        k = int(sent.question.name.split(".")[0][1:])
        alias = RRset(sent.question.name, "CNAME", 60, (f"k{k + 1}.example.tld",))
        return 10 * MS, Answer(Rcode.NOERROR, (alias,), (), 60, -1, f"k{k + 1}.example.tld")

    table = bench(World(zone))
    who = table.ask(0, "k0.example.tld")
    table.run(9 * S)
    assert table.said[who].answer.rcode == Rcode.SERVFAIL
    assert len(table.said[who].answer.chain) == 12
    assert len(table.sent) == 14


def test_a_whole_chain_in_one_answer_counts_as_its_first_link() -> None:
    # recorded in cname_long: k28, k29 and k30 are asked for
    links = tuple(RRset(f"k{k}.example.tld", "CNAME", 60, (f"k{k + 1}.example.tld",)) for k in (0, 1))
    end = RRset("k2.example.tld", "A", 60, ("192.0.2.9",))

    def zone(sent: Send, t_us: int) -> Any:
        chain = (*links, end)[int(sent.question.name[1]) :]
        return 10 * MS, Answer(Rcode.NOERROR, chain, end.rdatas, 60)

    table = bench(World(zone))
    who = table.ask(0, "k0.example.tld")
    table.run(9 * S)
    assert [sent.name for sent in table.sent[2:]] == ["k0.example.tld", "k1.example.tld", "k2.example.tld"]
    assert table.said[who].answer.rdatas == ("192.0.2.9",)


def test_the_order_of_records_is_random_once_and_then_frozen() -> None:
    # recorded in order
    many = tuple(f"192.0.2.{k}" for k in range(1, 6))
    table = bench(World(lambda sent, t_us: (10 * MS, address(sent.question.name, 300, *many))), chance=in_turn(order=[0.1, 0.9, 0.3, 0.7]))
    asked = [table.ask(k * S, "five.example.tld") for k in range(3)]
    table.run(9 * S)
    orders = {table.said[who].answer.rdatas for who in asked}
    assert len(orders) == 1
    assert orders != {many}


def test_forwarders_are_asked_for_the_whole_name_and_preferred_by_speed_after_a_servfail() -> None:
    # recorded in fwd_servfail_one: the bad one is asked once, then the other
    def serve(sent: Send, t_us: int) -> Any:
        return 10 * MS, Answer(Rcode.SERVFAIL) if sent.server == NS1 else address(sent.question.name)

    table = bench(serve, forward=[NS1, NS2])
    for k in range(20):
        table.ask(k * S, f"n{k}.example.tld")
    table.run(60 * S)
    assert [sent.server for sent in table.sent].count(NS1) == 1
    assert {sent.name.count(".") for sent in table.sent} == {2}


def test_hits_come_from_the_packet_cache() -> None:
    table = bench(World(lambda sent, t_us: (10 * MS, address(sent.question.name, 6))))
    table.ask(100 * MS, "a.example.tld")
    table.run(1 * S)
    question = Question("a.example.tld", "A")
    entry = table.machine.hit(question, 3 * S)
    assert entry is not None
    assert (entry.answer.ttl, entry.until_us) == (3, 6 * S)
    assert table.machine.hit(question, 6 * S) is None
    assert not table.machine.asking(question)


@pytest.mark.parametrize("rcode", [Rcode.SERVFAIL, Rcode.REFUSED])
def test_the_next_server_is_asked_at_once_after_a_failure(rcode: int) -> None:
    # recorded in servfail_one: 0.022 s
    table = bench(World(says(rcode, 0, NS1)), chance=in_turn(servers=[0.9]))
    who = table.ask(0, "n0.example.tld")
    table.run(9 * S)
    assert table.said[who].answer.rcode == Rcode.NOERROR
    assert table.said[who].t_us in (30 * MS, 40 * MS)
