"""dnsmasq 2.90: expectations from its recordings (named), dnsmasq(8) and forward.c; instants worked by hand."""

from __future__ import annotations

from typing import Any

from machine_bench import MS, NS1, NS2, Bench, S, address, no
from mailsim.flavours import resolver_figures
from mailsim.rules.dns import Answer, Question, Rcode, RRset
from mailsim.rules.dns.dnsmasq import Dnsmasq
from mailsim.rules.dns.machine import Send, Trouble


def bench(serve: Any, **parameters: Any) -> Bench:
    figures = resolver_figures("dnsmasq", {"forward": [NS1, NS2], **parameters})
    return Bench(Dnsmasq(figures), serve)


def well(sent: Send, t_us: int) -> Any:
    return 10 * MS, address(sent.question.name)


def ns1_silent(sent: Send, t_us: int) -> Any:
    return None if sent.server == NS1 and t_us >= 1 * S else well(sent, t_us)


def test_the_first_question_races_all_servers_and_later_ones_go_to_the_winner() -> None:
    table = bench(well)
    for k in range(3):
        table.ask(k * S, f"w{k}.example.tld")
    table.run(5 * S)
    assert [(sent.t_us, sent.server) for sent in table.sent] == [(0, NS1), (0, NS2), (1 * S, NS1), (2 * S, NS1)]


def test_only_the_clients_own_repeat_leaves_a_silent_server() -> None:
    # recorded in drop_1of2_back: n0 asked at 3.202, repeated at 8.203 to both, answered at 8.215; then the other one is used
    table = bench(ns1_silent)
    table.ask(0, "w0.example.tld")
    first = table.ask(2 * S, "n0.example.tld")
    table.ask(7 * S, "n0.example.tld", client=first)
    table.ask(8 * S, "n1.example.tld")
    table.run(20 * S)
    assert table.questions("n0.example.tld") == [(2 * S, NS1, "udp"), (7 * S, NS1, "udp"), (7 * S, NS2, "udp")]
    assert table.said[first].t_us == 7 * S + 10 * MS
    assert table.questions("n1.example.tld") == [(8 * S, NS2, "udp")]


def test_all_are_raced_again_after_twenty_seconds() -> None:
    # recorded in truncate: asked at 30 s, both servers
    table = bench(well)
    table.ask(0, "w0.example.tld")
    table.ask(20 * S, "w1.example.tld")
    table.ask(21 * S, "w2.example.tld")
    table.run(40 * S)
    assert len(table.questions("w1.example.tld")) == 1
    assert len(table.questions("w2.example.tld")) == 2


def test_all_are_raced_again_after_fifty_questions() -> None:
    # config.h FORWARD_TEST 50; recorded in drop_1of2_back: the 52nd question after a race goes to both
    table = bench(well)
    for k in range(55):
        table.ask(k * 100 * MS, f"w{k}.example.tld")
    table.run(40 * S)
    assert [k for k in range(55) if len(table.questions(f"w{k}.example.tld")) == 2] == [0, 52]


def test_strict_order_begins_with_the_first_server_every_time() -> None:
    table = bench(ns1_silent, strict_order=True)
    for k in (2, 10):
        who = table.ask(k * S, f"n{k}.example.tld")
        table.ask((k + 5) * S, f"n{k}.example.tld", client=who)
    table.run(40 * S)
    assert table.questions("n2.example.tld") == [(2 * S, NS1, "udp"), (7 * S, NS2, "udp")]
    assert table.questions("n10.example.tld") == [(10 * S, NS1, "udp"), (15 * S, NS2, "udp")]


def test_all_servers_asks_all_every_time() -> None:
    table = bench(ns1_silent, all_servers=True)
    who = table.ask(2 * S, "n0.example.tld")
    table.run(40 * S)
    assert len(table.questions("n0.example.tld")) == 2
    assert table.said[who].t_us == 2 * S + 10 * MS


def test_a_servfail_is_tried_at_all_servers_and_the_first_failure_passed_on() -> None:
    # recorded in servfail_one: NS1 at 3.202, then NS1 and NS2 at 3.212, SERVFAIL at 3.224; NS1 stays the favourite
    def serve(sent: Send, t_us: int) -> Any:
        return (10 * MS, Answer(Rcode.SERVFAIL)) if sent.server == NS1 and t_us >= 1 * S else well(sent, t_us)

    table = bench(serve)
    table.ask(0, "w0.example.tld")
    first, second = table.ask(2 * S, "n0.example.tld"), table.ask(3 * S, "n1.example.tld")
    table.run(9 * S)
    assert table.questions("n0.example.tld") == [(2 * S, NS1, "udp"), (2_010 * MS, NS1, "udp"), (2_010 * MS, NS2, "udp")]
    assert (table.said[first].t_us, table.said[first].answer.rcode) == (2_020 * MS, Rcode.SERVFAIL)
    assert table.said[second].answer.rcode == Rcode.SERVFAIL


def test_a_refused_is_replaced_by_the_other_servers_answer() -> None:
    # dns.md: REFUSED: other server
    def serve(sent: Send, t_us: int) -> Any:
        return (10 * MS, Answer(Rcode.REFUSED)) if sent.server == NS1 and t_us >= 1 * S else well(sent, t_us)

    table = bench(serve)
    table.ask(0, "w0.example.tld")
    first, second = table.ask(2 * S, "n0.example.tld"), table.ask(3 * S, "n1.example.tld")
    table.run(9 * S)
    assert (table.said[first].t_us, table.said[first].answer.rcode) == (2_020 * MS, Rcode.NOERROR)
    assert table.said[second].t_us == 3_010 * MS


def test_a_question_of_another_client_joins_for_two_seconds_and_is_sent_again_after() -> None:
    # recorded in cached_down_drop: questions at 17, 18, 19 s: the first two send one, the third another to the same server
    table = bench(ns1_silent)
    table.ask(0, "w0.example.tld")
    for k in (2, 3, 4):
        table.ask(k * S, "n0.example.tld")
    table.run(9 * S)
    assert table.questions("n0.example.tld") == [(2 * S, NS1, "udp"), (4 * S, NS1, "udp")]


def test_fast_dns_retry_asks_again_after_one_two_and_four_seconds() -> None:
    # recorded in drop_all_2ns_warm__fast_dns_retry: asked at 3.203, 4.204, 6.206, 10.207 and no more
    table = bench(ns1_silent, fast_dns_retry="1s")
    table.ask(0, "w0.example.tld")
    table.ask(3 * S, "n0.example.tld")
    table.run(60 * S)
    assert [t for t, _, _ in table.questions("n0.example.tld")] == [3 * S, 4 * S, 6 * S, 10 * S]


def test_mx_is_not_kept_but_addresses_are_until_their_age_is_the_ttl() -> None:
    # recorded in zone_change: MX asked each time; A with TTL 6 filled at 0.158 answers until 5.9 s
    def serve(sent: Send, t_us: int) -> Any:
        if sent.question.rtype == "MX":
            return 10 * MS, Answer(
                Rcode.NOERROR, (RRset("example.tld", "MX", 15, ((10, "mx.example.tld"),)),), ((10, "mx.example.tld"),), 15
            )
        return 10 * MS, address(sent.question.name, 6)

    table = bench(serve)
    for k in range(8):
        table.ask(k * S, "example.tld", "MX")
        table.ask(k * S, "mx.example.tld")
    table.run(20 * S)
    assert [s.t_us for s in table.sent if s.rtype == "MX" and s.server == NS1] == [k * S for k in range(8)]
    assert [s.t_us for s in table.sent if s.rtype == "A" and s.server == NS1] == [0, 6 * S]


def test_a_no_lives_for_the_smaller_of_soa_ttl_and_minimum_and_without_soa_for_neg_ttl() -> None:
    # recorded in clamp_default (TTL = MINIMUM = 1) and neg_nosoa, neg_nosoa__neg_ttl7
    def nosoa(sent: Send, t_us: int) -> Any:
        return 10 * MS, Answer(Rcode.NXDOMAIN)

    short = bench(lambda sent, t_us: (10 * MS, no(ttl=100, minimum=3)))
    never, seven = bench(nosoa), bench(nosoa, neg_ttl="7s")
    for table in (short, never, seven):
        for k in range(8):
            table.ask(k * S, "nx.example.tld")
        table.run(20 * S)
    assert [t for t, server, _ in short.questions("nx.example.tld") if server == NS1] == [0, 3 * S, 6 * S]
    assert len(never.questions("nx.example.tld")) == 9
    assert [t for t, server, _ in seven.questions("nx.example.tld") if server == NS1] == [0, 7 * S]


def test_a_stale_answer_has_ttl_0_and_is_refreshed_behind() -> None:
    # recorded in cached_down_drop__stale: TTL 6, stale at 7.003 with a question upstream, none at 8.003, one at 9.010
    def serve(sent: Send, t_us: int) -> Any:
        return None if t_us >= 2 * S else (10 * MS, address(sent.question.name, 6))

    table = bench(serve, use_stale_cache="86400s")
    asked = [table.ask(k * S, "a.example.tld") for k in range(10)]
    table.run(20 * S)
    assert [table.said[who].answer.ttl for who in asked[5:8]] == [1, 0, 0]
    assert all(table.said[who].t_us == table.said[who].asked_us for who in asked[1:])
    assert [t for t, _, _ in table.questions("a.example.tld")] == [0, 0, 6 * S, 8 * S, 9 * S]


def test_stale_answers_end_when_the_option_says_so() -> None:
    # recorded in cached_down_drop__stale10: TTL 6, stale until 16 s, from 17 s on no answer
    def serve(sent: Send, t_us: int) -> Any:
        return None if t_us >= 2 * S else (10 * MS, address(sent.question.name, 6))

    table = bench(serve, use_stale_cache="10s")
    asked = [table.ask(k * S, "a.example.tld") for k in range(19)]
    table.run(30 * S)
    assert [who in table.said for who in asked[15:]] == [True, True, False, False]


def test_lifetimes_are_clamped() -> None:
    # recorded in clamp_min3_max8_neg7
    table = bench(lambda sent, t_us: (10 * MS, address(sent.question.name, 1 if sent.question.name.startswith("p1.") else 100)))
    table.machine = Dnsmasq(resolver_figures("dnsmasq", {"forward": [NS1], "min_cache_ttl": "3s", "max_cache_ttl": "8s"}))
    for k in range(10):
        table.ask(k * S, "p1.example.tld")
        table.ask(k * S, "p100.example.tld")
    table.run(20 * S)
    assert [t for t, _, _ in table.questions("p1.example.tld")] == [0, 3 * S, 6 * S, 9 * S]
    assert [t for t, _, _ in table.questions("p100.example.tld")] == [0, 8 * S]


def test_the_cache_can_be_switched_off_wholly_or_for_every_no() -> None:
    # dnsmasq(8): cache-size=0, no-negcache, max-ttl
    nothing = bench(well, cache_size=0)
    positive = bench(lambda sent, t_us: (10 * MS, no()), no_negcache=True)
    for table in (nothing, positive):
        for k in range(3):
            table.ask(k * S, "a.example.tld")
        table.run(9 * S)
        assert [t for t, server, _ in table.questions("a.example.tld") if server == NS1] == [0, 1 * S, 2 * S]
    short = bench(well, max_ttl="5s")
    asked = [short.ask(k * S, "a.example.tld") for k in range(2)]
    short.run(9 * S)
    assert short.said[asked[1]].answer.ttl == 5


def test_truncation_is_passed_on_and_a_closed_port_is_silence() -> None:
    # recorded in truncate (an empty answer at once) and closed_one (5 s until the client's repeat)
    def serve(sent: Send, t_us: int) -> Any:
        return 10 * MS, Trouble.TRUNCATED if sent.question.name.startswith("big") else Trouble.CLOSED

    table = bench(serve)
    big, other = table.ask(0, "big.example.tld"), table.ask(1 * S, "n0.example.tld")
    table.run(20 * S)
    assert table.said[big].answer == Answer(Rcode.NOERROR)
    assert other not in table.said


def test_addresses_move_on_by_one_with_each_answer() -> None:
    # recorded in order
    table = bench(lambda sent, t_us: (10 * MS, address(sent.question.name, 300, "192.0.2.1", "192.0.2.2", "192.0.2.3")))
    asked = [table.ask(k * S, "three.example.tld") for k in range(5)]
    table.run(20 * S)
    assert [table.said[who].answer.rdatas[0][-1] for who in asked[1:]] == ["1", "2", "3", "1"]


def test_without_servers_it_refuses() -> None:
    table = Bench(Dnsmasq(resolver_figures("dnsmasq")), well)
    who = table.ask(0, "a.example.tld")
    table.run(1 * S)
    assert table.said[who].answer.rcode == Rcode.REFUSED


def test_a_fresh_entry_is_a_hit_until_its_last_second() -> None:
    table = bench(lambda sent, t_us: (10 * MS, address(sent.question.name, 6)))
    table.ask(200 * MS, "a.example.tld")
    table.run(1 * S)
    entry = table.machine.hit(Question("a.example.tld", "A"), 3_500 * MS)
    assert entry is not None
    assert (entry.answer.ttl, entry.until_us) == (3, 6 * S)
    assert table.machine.hit(Question("a.example.tld", "A"), 6 * S) is None
