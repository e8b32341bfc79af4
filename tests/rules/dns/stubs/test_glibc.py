"""The GNU C library's stub on a bench.  Waits and walks are those recorded with glibc 2.36 or read in its resolv/res_send.c."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.rules.dns.machine import Trouble
from mailsim.rules.dns.records import Rcode
from mailsim.rules.dns.stubs import BOTH, CLOSED, CUT, GlibcRules, GlibcStub
from mailsim.rules.dns.zones import Answer
from stub_bench import NO, SERVFAIL, Bench, S, Server, address, good, says, silent, slow

REFUSED = Answer(Rcode.REFUSED)
closed = says(Trouble.CLOSED)


def bench(*servers: Server, chance: float = 0.0, **figures: Any) -> Bench:
    """The servers are called s1, s2, s3."""
    named = {f"s{k}": server for k, server in enumerate(servers, 1)}
    return Bench(GlibcStub(GlibcRules(**figures), tuple(named), lambda purpose: chance), **named)


@pytest.mark.parametrize(
    ("servers", "figures", "total_s", "instants"),
    [
        (1, {}, 10, [0, 5]),
        (2, {}, 20, [0, 5, 10, 15]),
        (3, {}, 28, [0, 5, 8, 14, 19, 22]),  # recorded: 5 + 3 + 6, twice
        (1, {"timeout_us": 1 * S}, 2, [0, 1]),
        (2, {"timeout_us": 1 * S}, 4, [0, 1, 2, 3]),
        (3, {"timeout_us": 1 * S, "attempts": 3}, 9, [0, 1, 2, 3, 4, 5, 6, 7, 8]),  # 2/3 and 4/3 of a second become one
        (2, {"timeout_us": 2 * S, "attempts": 1}, 4, [0, 2]),
        (3, {"timeout_us": 2 * S, "attempts": 1}, 5, [0, 2, 3]),  # recorded: 2 + 1 + 2
        (1, {"timeout_us": 3 * S, "attempts": 5}, 15, [0, 3, 6, 9, 12]),
    ],
)
def test_silent_servers_cost_the_waits_of_the_whole_walk(servers: int, figures: dict[str, Any], total_s: int, instants: list[int]) -> None:
    on = bench(*[silent] * servers, **figures)
    told = on.call("n1.example.")
    assert (told.took_s, told.answer.rcode) == (total_s, Rcode.TIMEOUT)
    assert on.sent() == [(t, f"s{k % servers + 1}") for k, t in enumerate(instants)]


def test_a_silent_first_server_costs_its_wait_in_every_lookup() -> None:
    on = bench(silent, good)
    assert [on.call("n1.example.", at_s=t).took_s for t in (0, 10, 20)] == [5.01] * 3


@pytest.mark.parametrize("first", [closed, says(SERVFAIL), says(REFUSED)])
def test_a_server_that_says_no_is_left_at_once_in_every_lookup(first: Server) -> None:
    on = bench(first, good)
    assert [on.call("n1.example.", at_s=t).took_s for t in (0, 1)] == [0.02] * 2
    assert [server for _, server in on.sent()] == ["s1", "s2"] * 2


def test_two_rounds_of_servfail_take_four_round_trips() -> None:
    """dns.md: all SERVFAIL, 2 rounds, then TRY_AGAIN."""
    on = bench(says(SERVFAIL), says(SERVFAIL))
    assert on.call("n1.example.") == (0.04, SERVFAIL)
    assert len(on.asked) == 4


def test_closed_ports_everywhere_are_told_from_silence() -> None:
    """res_send.c: ECONNREFUSED where nothing was heard and no time ran out."""
    assert bench(closed, closed).call("n1.example.").answer.rcode == CLOSED
    assert bench(closed, silent).call("n1.example.").answer.rcode == Rcode.TIMEOUT


def test_no_such_name_is_an_answer() -> None:
    on = bench(says(NO), good)
    assert on.call("nx.example.") == (0.01, NO)


def test_a_late_answer_is_read_when_that_server_s_turn_comes_again() -> None:
    """Recorded (ns1_slow7_ns2_drop): 10 s for an answer that is 7 s late."""
    told = bench(slow(7), silent).call("n1.example.")
    assert (told.took_s, told.answer.rcode) == (10, Rcode.NOERROR)


def test_a_late_answer_is_lost_when_the_sockets_are_closed_in_between() -> None:
    """res_send.c: SERVFAIL closes all sockets; the answer of s1 at 7 s meets a closed one, that to its second question comes at 12.01 s."""
    told = bench(slow(7), says(SERVFAIL)).call("n1.example.")
    assert (told.took_s, told.answer) == (10.02, SERVFAIL)


def test_an_answer_within_the_wait_of_its_server_counts() -> None:
    assert bench(slow(3), good).call("n1.example.").took_s == 3


class TestPairs:
    """AF_UNSPEC: A and AAAA."""

    def test_both_questions_go_out_at_once_and_both_answers_come_back(self) -> None:
        on = bench(good)
        told = on.call("n1.example.", BOTH)
        assert (told.took_s, told.answer.rdatas) == (0.01, ("192.0.2.1", "2001:db8::1"))
        assert [(a.t_s, a.rtype) for a in on.asked] == [(0, "A"), (0, "AAAA")]

    def test_aaaa_never_answered_costs_three_waits_and_is_learnt(self) -> None:
        """Recorded (aaaa_dropped): 15 s, then OK with A; the process then asks one after the other on new sockets."""

        def only_a(send: Any, t_us: int) -> Any:
            return good(send, t_us) if send.question.rtype == "A" else None

        on = bench(only_a)
        told = on.call("n1.example.", BOTH)
        assert (told.took_s, told.answer.rdatas) == (15, ("192.0.2.1",))
        assert [(a.t_s, a.rtype) for a in on.asked] == [(0, "A"), (0, "AAAA"), (5, "A"), (5.01, "AAAA"), (10, "A"), (10.01, "AAAA")]
        assert on.call("n2.example.", BOTH, at_s=20).took_s == 5

    def test_single_request_costs_two_waits(self) -> None:
        """Recorded (aaaa_dropped_single_request): 10 s."""
        on = bench(lambda send, t: good(send, t) if send.question.rtype == "A" else None, single_request=True)
        assert on.call("n1.example.", BOTH).took_s == 10

    def test_servfail_for_both_asks_the_next_server(self) -> None:
        on = bench(says(SERVFAIL), good)
        assert on.call("n1.example.", BOTH).took_s == 0.02
        assert len(on.asked) == 4

    def test_servfail_for_one_leaves_the_other(self) -> None:
        on = bench(lambda send, t: good(send, t) if send.question.rtype == "A" else (SERVFAIL, 20_000))
        told = on.call("n1.example.", BOTH)
        assert (told.took_s, told.answer.rdatas) == (0.02, ("192.0.2.1",))


class TestTcp:
    """Truncated answers."""

    @staticmethod
    def truncating(by_tcp: Server) -> Server:
        return lambda send, t: by_tcp(send, t) if send.proto == "tcp" else (Trouble.TRUNCATED, 10_000)

    def test_a_truncated_answer_is_fetched_by_tcp_from_the_same_server(self) -> None:
        on = bench(self.truncating(good), good)
        assert on.call("n1.example.").took_s == 0.02
        assert [(a.server, a.proto) for a in on.asked] == [("s1", "udp"), ("s1", "tcp")]

    def test_silence_on_tcp_has_no_limit_of_its_own_and_the_next_server_is_asked_by_tcp(self) -> None:
        """Recorded (truncate_tcp_silent): the server closed the connection after 120 s."""
        on = bench(self.truncating(silent), self.truncating(good))
        assert on.call("n1.example.").took_s == pytest.approx(120.02)
        assert [(a.server, a.proto) for a in on.asked] == [("s1", "udp"), ("s1", "tcp"), ("s2", "tcp")]

    def test_with_use_vc_a_silent_server_costs_its_connection_and_there_is_one_round(self) -> None:
        """res_send.c: `try = statp->retry` at the first TCP question; the connection is closed by the server, without an errno."""
        on = bench(silent, silent, by_tcp=True)
        told = on.call("n1.example.")
        assert (told.took_s, told.answer.rcode) == (240, CUT)
        assert on.sent() == [(0, "s1"), (120, "s2")]

    def test_a_refused_tcp_connection_is_told_as_such(self) -> None:
        assert bench(closed, by_tcp=True).call("n1.example.").answer.rcode == CLOSED

    def test_servfail_by_tcp_is_the_answer(self) -> None:
        """res_send.c send_vc looks at no code."""
        on = bench(says(SERVFAIL), good, by_tcp=True)
        assert on.call("n1.example.") == (0.01, SERVFAIL)

    def test_by_tcp_each_server_is_tried_once(self) -> None:
        on = bench(self.truncating(closed), self.truncating(closed))
        on.call("n1.example.")
        assert [(a.server, a.proto) for a in on.asked] == [("s1", "udp"), ("s1", "tcp"), ("s2", "tcp")]


class TestRotate:
    def test_the_first_server_is_drawn_then_each_lookup_starts_at_the_next(self) -> None:
        on = bench(good, good, good, rotate=True, chance=0.5)  # 0.5 of 3: the second
        for k in range(4):
            on.call("n1.example.", at_s=k)
        assert [server for _, server in on.sent()] == ["s2", "s3", "s1", "s2"]

    def test_the_wait_belongs_to_the_place_in_the_file(self) -> None:
        """Recorded (rotate_ns1_drop): 5 s for either of two servers; of three the second has 3 s."""
        assert bench(good, silent, good, rotate=True, chance=0.5).call("n1.example.").took_s == 3.01


class TestSearch:
    """search a.tld b.tld; ndots 1 (resolv.conf(5), res_query.c)."""

    @pytest.mark.parametrize(
        ("name", "server", "took_s", "names"),
        [
            ("n1.example", silent, 20, ["n1.example", "n1.example", "n1.example.a.tld", "n1.example.a.tld"]),
            ("n1.example.", silent, 10, ["n1.example", "n1.example"]),
            ("short", silent, 20, ["short.a.tld", "short.a.tld", "short", "short"]),
            ("nx.example", says(NO), 0.03, ["nx.example", "nx.example.a.tld", "nx.example.b.tld"]),
            ("short", says(NO), 0.03, ["short.a.tld", "short.b.tld", "short"]),
            ("n1.example", says(SERVFAIL), 0.06, [n for n in ("n1.example", "n1.example.a.tld", "n1.example.b.tld") for _ in (1, 2)]),
            ("n1.example", good, 0.01, ["n1.example"]),
        ],
    )
    def test_which_names_are_asked_for(self, name: str, server: Server, took_s: float, names: list[str]) -> None:
        """Recorded: search_drop, search_nxdomain, search_servfail."""
        on = bench(server, search=("a.tld", "b.tld"))
        assert on.call(name).took_s == pytest.approx(took_s)
        assert [asked.name for asked in on.asked] == names

    def test_res_query_looks_at_no_list(self) -> None:
        on = bench(says(NO), search=("a.tld", "b.tld"))
        assert on.call("nx.example", "MX", search=False) == (0.01, NO)

    def test_the_result_of_the_name_as_written_is_told(self) -> None:
        """res_query.c: saved_herrno; the name does not exist, in a.tld it has no such record."""
        empty = Answer(Rcode.NOERROR)
        on = bench(lambda send, t: (empty if send.question.name.endswith(".a.tld") else NO, 10_000), search=("a.tld",))
        assert on.call("nx.example").answer == NO
        assert on.call("short").answer == empty


def test_answers_by_address_hold_the_shortest_time() -> None:
    def server(send: Any, t_us: int) -> Any:
        answer = address(send.question)
        return answer._replace(ttl=60) if send.question.rtype == "AAAA" else answer, 10_000

    assert bench(server).call("n1.example.", BOTH).answer.ttl == 60
