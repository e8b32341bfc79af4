"""Knot Resolver 5.6: expectations from the recordings of 5.6.0 (named), dns.md's rules and lib/selection.c; instants worked by hand.

A round trip of 10 ms makes waits of 10 + 20 = 30 ms times a power of two (RFC 6298 with an addition of at least 20 ms).
"""

from __future__ import annotations

from typing import Any

from machine_bench import HINTS, MS, NS1, NS2, NS3, Bench, S, World, address, in_turn, no, steady
from mailsim.flavours import resolver_figures
from mailsim.rules.dns import Answer, Question, Rcode, RRset
from mailsim.rules.dns.kresd import Kresd
from mailsim.rules.dns.machine import Send, Trouble

NAME = "n0.example.tld"
COLD = 20 * MS  #: when the zone's servers are asked: root and tld took 10 ms each


def bench(world: Any, chance: Any = None, **parameters: Any) -> Bench:
    quiet = {"timing_noise": "0s", "timer_lag": "0s", "started_before": "0s", "health_check": "5s"}
    return Bench(Kresd(resolver_figures("kresd", {**quiet, **parameters}), HINTS, chance=chance or steady()), world)


def dead(*servers: str, from_us: int = 0) -> Any:
    """These drop everything, TCP connections too."""

    def zone(sent: Send, t_us: int) -> Any:
        if sent.server in servers and t_us >= from_us:
            return None
        return (0, Trouble.OPEN) if sent.proto == "open" else (10 * MS, address(sent.question.name))

    return zone


def test_names_are_minimised_with_type_ns() -> None:
    # recorded in cache_ttl_small: tld. NS, example.tld. NS, then the question
    table = bench(World())
    table.ask(0, "m1.example.tld", "MX")
    table.run(1 * S)
    assert [(s.name, s.rtype) for s in table.sent] == [("tld", "NS"), ("example.tld", "NS"), ("m1.example.tld", "MX")]


def test_a_lone_dead_server_gets_two_packets_a_connection_and_a_last_packet() -> None:
    # recorded in drop_all_1ns_cold: UDP at 1.013 and 1.414, TCP for 2 s at 2.216, UDP at 4.216, SERVFAIL at 7.418
    table = bench(World(dead(NS1), (NS1,)))
    who = table.ask(0, NAME)
    table.run(20 * S)
    tcp = COLD + (400 + 800) * MS
    udp = tcp + 2 * S
    expected = [(COLD, NS1, "udp"), (COLD + 400 * MS, NS1, "udp"), (tcp, NS1, "open"), (udp, NS1, "udp")]
    assert table.questions(NAME) == expected
    assert (table.said[who].t_us, table.said[who].answer.rcode) == (udp + 3_200 * MS, Rcode.SERVFAIL)


def test_a_dead_server_is_left_alone_for_a_second() -> None:
    # recorded in drop_all_1ns_cold: SERVFAIL at 7.418; 7.720, 8.021 and 8.323 fail at once, 8.624 tries again
    table = bench(World(dead(NS1), (NS1,)))
    table.ask(0, NAME)
    end = COLD + 6_400 * MS
    at_once = table.ask(end + 900 * MS, "n1.example.tld")
    table.ask(end + 1_100 * MS, "n2.example.tld")
    table.run(40 * S)
    assert table.said[at_once].t_us == end + 900 * MS
    assert table.questions("n1.example.tld") == []
    assert table.questions("n2.example.tld")[0] == (end + 1_100 * MS, NS1, "open")  # 400 ms * 2^4 is more than 2 s: TCP


def test_an_answer_after_a_failed_connection_waits_for_the_loops_next_event() -> None:
    # recorded in drop_all_1ns_cold: TCP from 8.624 fails at 10.624, SERVFAIL goes out at 13.134 with the cache's health check
    table = bench(World(dead(NS1), (NS1,)))
    table.ask(0, NAME)
    again = COLD + 6_400 * MS + 1_100 * MS
    who = table.ask(again, "n2.example.tld")
    table.run(40 * S)
    assert again + 2 * S < 10 * S
    assert table.said[who].t_us == 10 * S


def test_the_loops_next_event_may_be_another_clients_question() -> None:
    table = bench(World(dead(NS1), (NS1,)))
    table.ask(0, NAME)
    again = COLD + 6_400 * MS + 1_100 * MS
    who = table.ask(again, "n2.example.tld")
    other = table.ask(again + 2_100 * MS, "n3.example.tld")
    table.run(40 * S)
    assert table.said[who].t_us == table.said[other].t_us == again + 2_100 * MS


def test_two_servers_take_turns_by_errors_and_their_waits_double() -> None:
    # recorded in long_drop_all_2ns_cold: 0.025, 0.425, 1.226, 2.026, TCP at 2.8, 4.830, 6.429, 9.631
    table = bench(World(dead(NS1, NS2)))
    who = table.ask(0, NAME)
    table.run(40 * S)
    times = [t - COLD for t, _, _ in table.questions(NAME)]
    assert times == [0, 400 * MS, 1_200 * MS, 2_000 * MS, 2_800 * MS, 4_800 * MS, 6_400 * MS, 9_600 * MS]
    assert [proto for _, _, proto in table.questions(NAME)] == ["udp"] * 4 + ["open"] + ["udp"] * 3
    assert table.said[who].t_us == COLD + 12_800 * MS  # 10 s are looked at when a timer fires


def test_unknown_servers_come_first_and_wait_longer_each_time() -> None:
    # recorded in drop_all_3ns_cold: three servers at 1.013, 1.414 and 2.215, then 800 ms each
    table = bench(World(dead(NS1, NS2, NS3), (NS1, NS2, NS3)))
    table.ask(0, NAME)
    table.run(20 * S)
    asked = table.questions(NAME)
    assert [t - COLD for t, _, _ in asked[:6]] == [0, 400 * MS, 1_200 * MS, 2_800 * MS, 3_600 * MS, 4_400 * MS]
    assert len({server for _, server, _ in asked[:3]}) == 3


def test_a_known_server_is_given_30_ms_and_twice_as_much_after_each_timeout() -> None:
    # recorded in recovery_5s: 3.202, 3.232, 3.263 (31 ms), 3.323, TCP at 3.384
    table = bench(World(dead(NS1, NS2, from_us=1 * S)))
    for k in range(6):
        table.ask(k * 100 * MS, f"w{k}.example.tld")
    table.ask(2 * S, NAME)
    table.run(2_500 * MS)
    assert [t - 2 * S for t, _, _ in table.questions(NAME)] == [0, 30 * MS, 60 * MS, 120 * MS, 180 * MS]
    assert table.questions(NAME)[-1][2] == "open"


def test_four_short_waits_do_not_make_a_server_dead_but_a_long_one_does() -> None:
    # recorded in parent_down: 30 and 60 ms, TCP for 2 s, 240, 480 and 960 ms, then SERVFAIL
    def serve(sent: Send, t_us: int) -> Any:
        if t_us >= 1 * S and sent.server != NS1:
            return None
        return World(servers=(NS1,))(sent, t_us)

    table = bench(serve)
    table.ask(0, "w0.example.tld")
    table.run(1 * S)
    who = table.ask(2 * S, "a.other.tld")
    table.run(30 * S)
    times = [(t - 2 * S) // MS for t, _, _ in table.questions("other.tld")]
    first = times[1]
    assert first in (30, 40)  # a first sample of 10 ms has variance 5 ms: 10 + 20
    assert times == [0, first, 3 * first, 3 * first + 2000, 11 * first + 2000, 27 * first + 2000]
    assert table.said[who].t_us == 2 * S + (59 * first + 2000) * MS


def test_servers_that_say_servfail_are_asked_five_times_udp_and_tcp() -> None:
    # recorded in servfail_once: UDP, other UDP, TCP, UDP, TCP in 0.057 s
    def zone(sent: Send, t_us: int) -> Any:
        return (0, Trouble.OPEN) if sent.proto == "open" else (10 * MS, Answer(Rcode.SERVFAIL))

    table = bench(World(zone))
    who = table.ask(0, NAME)
    table.run(9 * S)
    asked = [(server, proto) for _, server, proto in table.questions(NAME) if proto != "open"]
    assert [proto for _, proto in asked] == ["udp", "udp", "tcp", "udp", "tcp"]
    assert asked[0][0] != asked[1][0]
    assert asked[2][0] != asked[3][0] == asked[4][0]
    assert table.said[who].t_us == COLD + 50 * MS


def test_forwarders_that_say_servfail_are_asked_over_tcp_at_once() -> None:
    # recorded in fwd_servfail_all: UDP, other TCP, UDP, TCP, TCP; failures are not kept
    def serve(sent: Send, t_us: int) -> Any:
        return (0, Trouble.OPEN) if sent.proto == "open" else (10 * MS, Answer(Rcode.SERVFAIL))

    table = bench(serve, forward=[NS1, NS2])
    table.ask(0, NAME)
    table.run(9 * S)
    asked = [(server, proto) for _, server, proto in table.questions(NAME) if proto != "open"]
    assert [proto for _, proto in asked] == ["udp", "tcp", "udp", "tcp", "tcp"]
    assert asked[0][0] != asked[1][0]


def test_forwarders_are_given_two_seconds_each_time() -> None:
    # recorded in fwd_recovery_15s: 3.201, 5.203, 7.203, SERVFAIL at 9.203
    table = bench(dead(NS1, NS2), forward=[NS1, NS2])
    table.ask(0, NAME)
    table.run(9 * S)
    udp = [t for t, _, proto in table.questions(NAME) if proto == "udp"]
    assert udp[:3] == [0, 2 * S, 4 * S]


def test_a_closed_udp_port_is_silence_and_a_closed_tcp_port_is_noticed() -> None:
    # recorded in closed_one and closed_all
    def zone(sent: Send, t_us: int) -> Any:
        return 0, Trouble.CLOSED

    table = bench(World(zone, (NS1,)))
    table.ask(0, NAME)
    table.run(9 * S)
    tcp = COLD + 1_200 * MS
    assert table.questions(NAME) == [
        (COLD, NS1, "udp"),
        (COLD + 400 * MS, NS1, "udp"),
        (tcp, NS1, "open"),
        (tcp, NS1, "udp"),
    ]


def test_identical_questions_join_and_each_goes_on_by_itself() -> None:
    # recorded in recovery_5s: questions for s at 3.3, 4.3 ... share packets
    table = bench(World(dead(NS1), (NS1,)))
    first, second = table.ask(0, NAME), table.ask(100 * MS, NAME)
    table.run(40 * S)
    assert [t for t, _, proto in table.questions(NAME) if proto == "udp" and t < 1 * S] == [COLD, COLD + 400 * MS]
    assert first in table.said
    assert second in table.said


def test_a_late_answer_over_a_standing_connection_is_waited_for() -> None:
    # recorded in delay_2000: TCP at 3.390, answered at 5.402
    def zone(sent: Send, t_us: int) -> Any:
        if sent.proto == "open":
            return 0, Trouble.OPEN
        return (2 * S if t_us >= 1 * S else 10 * MS), address(sent.question.name)

    table = bench(World(zone))
    for k in range(6):
        table.ask(k * 100 * MS, f"w{k}.example.tld")
    who = table.ask(2 * S, NAME)
    table.run(20 * S)
    assert table.said[who].t_us == 2 * S + 180 * MS + 2 * S


def test_a_standing_connection_that_is_silent_ends_with_its_timers() -> None:
    # recorded in truncate: a new connection 12 s after it was opened; one opened at 2.09 and used at 6.09 at 19.15: 12 s, then 5 s
    def zone(sent: Send, t_us: int) -> Any:
        if sent.proto == "open":
            return 0, Trouble.OPEN
        if sent.proto == "udp":
            return 10 * MS, Trouble.TRUNCATED
        return None if t_us >= 3 * S else (10 * MS, address(sent.question.name))

    table = bench(World(zone, (NS1,)))
    opened = COLD + 10 * MS
    table.ask(0, "w0.example.tld")
    old = table.ask(5 * S, NAME)
    table.run(60 * S)
    new = table.ask(70 * S, "n1.example.tld")
    table.run(100 * S)
    assert table.said[old].t_us == opened + 17 * S
    assert table.said[new].t_us == 70 * S + 10 * MS + 12 * S


def test_an_entry_lives_up_to_a_second_longer_than_its_ttl_and_at_least_five() -> None:
    # dns.md: d <= TTL; recorded in cache_ttl_small: TTL 0, 1 and 2 become 5
    table = bench(World(lambda sent, t_us: (10 * MS, address(sent.question.name, 1))))
    asked = [table.ask(k * 500 * MS, NAME) for k in range(13)]
    table.run(20 * S)
    assert [t for t, _, _ in table.questions(NAME)] == [COLD, 6 * S]
    assert table.said[asked[11]].answer.ttl == 0


def test_a_no_lives_as_long_as_the_smallest_ttl_and_only_for_its_type() -> None:
    # recorded in clamp_default, neg_nosoa, neg_scope
    table = bench(World(lambda sent, t_us: (10 * MS, no(ttl=200_000, minimum=200_000))))
    for k in range(8):
        table.ask(k * S, "nx.example.tld")
    table.ask(1_500 * MS, "nx.example.tld", "MX")
    table.run(20 * S)
    assert [s.t_us for s in table.sent if s.name == "nx.example.tld"] == [COLD, 1_500 * MS, 6 * S]


def test_stale_records_are_given_after_three_seconds_or_when_no_server_is_left() -> None:
    # recorded in cached_down_drop__stale (stale after 3 s and more) and cached_down_servfail: TTL 1
    def zone(sent: Send, t_us: int) -> Any:
        if sent.proto == "open":
            return 0, Trouble.OPEN
        return 10 * MS, Answer(Rcode.SERVFAIL) if t_us >= 2 * S else address(sent.question.name, 6)

    failing = bench(World(zone), serve_stale=True)
    failing.ask(0, NAME)
    who = failing.ask(8 * S, NAME)
    failing.run(20 * S)
    assert (failing.said[who].answer.ttl, failing.said[who].t_us) == (1, 8 * S + 40 * MS)
    first = lambda sent, t_us: (10 * MS, address(sent.question.name, 6)) if t_us < 2 * S else None  # noqa: E731
    silent = bench(World(first, (NS1,)), serve_stale=True)
    silent.ask(0, NAME)
    slow = silent.ask(8 * S, NAME)
    silent.run(30 * S)
    assert silent.said[slow].answer.ttl == 1
    assert 3 * S <= silent.said[slow].t_us - 8 * S <= 8 * S


def test_a_stale_no_is_given_like_a_stale_record() -> None:
    # lib/cache/peek.c get_new_ttl asks the stale callback for packets too
    zone = lambda sent, t_us: None if t_us >= 2 * S else (10 * MS, no())  # noqa: E731
    table = bench(World(zone, (NS1,)), serve_stale=True)
    table.ask(0, "nx.example.tld")
    who = table.ask(8 * S, "nx.example.tld")
    table.run(30 * S)
    assert (table.said[who].answer.rcode, table.said[who].answer.negative_ttl) == (Rcode.NXDOMAIN, 1)


def test_prefetch_asks_again_when_five_seconds_are_left() -> None:
    # recorded in prefetch__predict: TTL 20 refreshed at 15 s, TTL 8 every 3 s
    ttl = {"a": 20, "b": 8}
    table = bench(World(lambda sent, t_us: (10 * MS, address(sent.question.name, ttl[sent.question.name[0]]))), prefetch=True)
    for k in range(20):
        table.ask(k * S, "a.example.tld")
        table.ask(k * S, "b.example.tld")
    table.run(20 * S)
    assert [t for t, _, _ in table.questions("a.example.tld")] == [COLD, 15 * S]
    assert [t for t, _, _ in table.questions("b.example.tld")][:4] == [COLD, 3 * S, 6 * S, 9 * S]


def _alias(name: str, k: int) -> RRset:
    return RRset(name, "CNAME", 60, (f"k{k + 1}.example.tld",))


def test_twelve_aliases_are_followed_and_with_thirteen_the_other_server_is_tried() -> None:
    # recorded in cname_long: k18 (12 links) NOERROR; k17 asked at both servers, SERVFAIL with 13 links
    def zone(sent: Send, t_us: int) -> Any:
        first = int(sent.question.name.split(".")[0][1:])
        chain = [_alias(f"k{k}.example.tld", k) for k in range(first, 30)][:20]
        return 10 * MS, Answer(Rcode.NOERROR, (*chain, RRset("k30.example.tld", "A", 60, ("192.0.2.9",))), ("192.0.2.9",), 60)

    table = bench(World(zone))
    good, bad = table.ask(0, "k18.example.tld"), table.ask(1 * S, "k17.example.tld")
    table.run(9 * S)
    assert table.said[good].answer.rdatas == ("192.0.2.9",)
    assert len(table.questions("k18.example.tld")) == 1
    assert table.said[bad].answer.rcode == Rcode.SERVFAIL
    assert len(table.said[bad].answer.chain) == 13
    assert len({server for _, server, _ in table.questions("k17.example.tld")}) == 2


def test_records_are_rotated_by_chance() -> None:
    # recorded in order: a random rotation
    many = tuple(f"192.0.2.{k}" for k in range(1, 6))
    table = bench(World(lambda sent, t_us: (10 * MS, address(sent.question.name, 300, *many))), chance=in_turn(order=[0.0, 0.4, 0.9]))
    asked = [table.ask(k * S, "five.example.tld") for k in range(3)]
    table.run(9 * S)
    assert [table.said[who].answer.rdatas[0][-1] for who in asked] == ["1", "3", "5"]


def test_one_choice_in_twenty_is_any_server_with_its_wait_cut_short() -> None:
    # selection.c: explored with 1/20; twice the best server's wait at most, and such a timeout is nobody's memory
    slow = World(lambda sent, t_us: None if sent.server == NS1 and t_us >= 1 * S else (10 * MS, address(sent.question.name)))
    draws = {"explore": [0.5] * 4 + [0.01, 0.5], "explored": [0.99]}
    table = bench(slow, chance=in_turn(**draws))
    for k in range(2):
        table.ask(k * 100 * MS, f"w{k}.example.tld")
    table.ask(2 * S, NAME)
    table.run(9 * S)
    times = [t - 2 * S for t, _, _ in table.questions(NAME)]
    assert times in ([0], [0, 30 * MS])


def test_hits_come_from_the_records_and_end_a_second_after_the_ttl() -> None:
    table = bench(World(lambda sent, t_us: (10 * MS, address(sent.question.name, 6))))
    table.ask(100 * MS, NAME)
    table.run(1 * S)
    question = Question(NAME, "A")
    entry = table.machine.hit(question, 3 * S)
    assert entry is not None
    assert (entry.answer.ttl, entry.until_us) == (3, 7 * S)
    assert table.machine.hit(question, 7 * S) is None
    assert not table.machine.asking(question)
