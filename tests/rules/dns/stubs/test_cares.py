"""c-ares' stub on a bench.  Waits and walks are those recorded with pycares 5.2.1 or read in c-ares' src/lib/ares_process.c."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.rules.dns.machine import Send, Trouble
from mailsim.rules.dns.records import Rcode, RRset
from mailsim.rules.dns.stubs import BOTH, CLOSED, Call, CaresRules, CaresStub
from mailsim.rules.dns.zones import Answer
from stub_bench import NO, SERVFAIL, Bench, S, Server, address, good, says, silent, slow

REFUSED = Answer(Rcode.REFUSED)


def bench(*servers: Server, jitter: float = 0.0, probe: float = 0.99, **figures: Any) -> Bench:
    """The servers are called s1, s2, s3; by default nothing is taken off the waits, and no failed server is probed."""
    named = {f"s{k}": server for k, server in enumerate(servers, 1)}
    draws = {"jitter": jitter, "probe": probe, "server": 0.5}
    return Bench(CaresStub(CaresRules(**figures), tuple(named), draws.__getitem__), **named)


def until(end_s: float, before: Server, after: Server) -> Server:
    """A server that changes."""
    return lambda send, t: (before if t < end_s * S else after)(send, t)


@pytest.mark.parametrize(
    ("servers", "jitter", "total_s", "instants"),
    [
        (1, 0.0, 2 + 4 + 8, [0, 2, 6]),
        (1, 1.0, 2 + 2 + 4, [0, 2, 4]),  # the largest draw takes half off
        (2, 0.0, 28, [0, 2, 4, 8, 12, 20]),
        (2, 1.0, 16, [0, 2, 4, 6, 8, 12]),
        (3, 0.5, 6 + 9 + 18, [0, 2, 4, 6, 9, 12, 15, 21, 27]),
    ],
)
def test_waits_double_with_each_of_three_rounds_less_a_draw(servers: int, jitter: float, total_s: float, instants: list[float]) -> None:
    """dns.md: 2 s in round 0, 2 * 2^r x (0.5..1) in round r; recorded totals 9-13, 18-23, 27-35 s lie between."""
    on = bench(*[silent] * servers, jitter=jitter)
    told = on.call("n1.example.")
    assert (told.took_s, told.answer.rcode) == (pytest.approx(total_s), Rcode.TIMEOUT)
    assert on.sent() == [(pytest.approx(t), f"s{k % servers + 1}") for k, t in enumerate(instants)]


def test_a_silent_server_costs_its_wait_once_then_the_good_one_comes_first() -> None:
    on = bench(silent, good)
    assert [on.call(f"n{k}.example.", at_s=10 * k).took_s for k in range(3)] == [2.01, 0.01, 0.01]


@pytest.mark.parametrize("first", [says(SERVFAIL), says(REFUSED), says(Trouble.CLOSED)])
def test_a_server_that_says_no_is_left_at_once_and_remembered(first: Server) -> None:
    on = bench(first, good)
    assert [on.call(f"n{k}.example.", at_s=k).took_s for k in range(2)] == [0.02, 0.01]


@pytest.mark.parametrize(("said", "code"), [(SERVFAIL, Rcode.SERVFAIL), (REFUSED, Rcode.REFUSED), (Trouble.CLOSED, CLOSED)])
def test_a_no_from_all_is_told_after_three_rounds(said: Answer | Trouble, code: int) -> None:
    """dns.md: all SERVFAIL, 3 rounds."""
    on = bench(says(said), says(said))
    told = on.call("n1.example.")
    assert (told.took_s, told.answer.rcode) == (pytest.approx(0.06), code)
    assert [server for _, server in on.sent()] == ["s1", "s2"] * 3


class TestFailedServers:
    def test_one_in_ten_questions_probes_a_failed_server_after_five_seconds(self) -> None:
        """The server failed at 2 s: no probe at 6.9 s; at 7.1 s the question goes to both, and nobody waits for the probe."""
        on = bench(silent, good, probe=0.05)
        on.call("n0.example.")
        for t in (6.9, 7.1):
            before = len(on.asked)
            assert on.call(f"n{t}.example.", at_s=t).took_s == 0.01
            assert [server for _, server in on.sent(since=before)] == (["s2"] if t < 7 else ["s2", "s1"])

    def test_a_probe_that_fails_puts_the_next_one_off(self) -> None:
        """Recorded (ns1_down_then_back): probed at 7.6 s, failed at 9.6 s, so not before 14.6 s; probed again at 15.0 s."""
        on = bench(silent, good, probe=0.05)
        on.call("n0.example.")
        on.call("n1.example.", at_s=7.6)
        probed = []
        for t in (9.0, 14.0, 15.0):
            before = len(on.asked)
            on.call(f"n{t}.example.", at_s=t)
            probed.append(len(on.asked) - before == 2)
        assert probed == [False, False, True]

    def test_a_probe_that_is_answered_brings_the_first_server_back(self) -> None:
        on = bench(until(5, silent, good), good, probe=0.05)
        for k in range(3):
            on.call(f"n{k}.example.", at_s=10 * k)
        assert [server for _, server in on.sent()] == ["s1", "s2", "s2", "s1", "s1"]

    def test_among_servers_with_as_many_failures_the_one_that_failed_longest_ago_comes_first(self) -> None:
        """Recorded (all_drop_2ns): after failures of s1, s2, s2 and s1 in turn the next one is s2."""
        stub = bench(silent, silent).stub
        for index, at_s in ((0, 1), (1, 2)):
            stub._failed(stub.servers[index], at_s * S)
        assert stub._best().index == 0
        for index, at_s in ((1, 3), (0, 4)):
            stub._failed(stub.servers[index], at_s * S)
        assert stub._best().index == 1

    def test_rotate_draws_among_the_best(self) -> None:
        on = bench(good, good, good, rotate=True)  # 0.5 of three: the second
        on.call("n0.example.")
        assert [server for _, server in on.sent()] == ["s2"]


def test_the_wait_follows_what_the_server_took_before() -> None:
    """ares_metrics.c: three answers of 0.1 s, so the fourth question waits 0.5 s for it."""

    def server(send: Send, t_us: int) -> Any:
        return None if t_us > 3 * S else (address(send.question), 100_000)

    on = bench(server, good)
    for k in range(3):
        on.call(f"n{k}.example.", at_s=k)
    assert on.call("n9.example.", at_s=10).took_s == pytest.approx(0.51)


class TestLateAnswers:
    def test_they_are_lost_when_nothing_else_uses_the_connection(self) -> None:
        """Recorded (ns1_slow7_ns2_drop): 7 s late; the third question to it, at 4 s of round 1, is given up before 11 s."""
        told = bench(slow(7), silent, jitter=1.0).call("n1.example.")
        assert told.answer.rcode == Rcode.TIMEOUT

    def test_an_answer_within_a_longer_wait_counts(self) -> None:
        """Without a draw the last round waits 8 s: asked at 12 s, answered at 19 s."""
        told = bench(slow(7), silent).call("n1.example.")
        assert told.took_s == 19

    def test_they_count_while_another_question_keeps_the_connection_open(self) -> None:
        """A is asked of s1 at 0 and given up at 2 s; AAAA, asked of s1 later, keeps the connection, so A's answer of 2.5 s counts."""

        def first(send: Send, t_us: int) -> Any:
            return (address(send.question), 2_500_000) if send.question.rtype == "A" else None

        stub = bench(first, silent).stub
        on = Bench(stub, s1=first, s2=silent)
        stub.called("later", _call("other.example.", "AAAA"), S)  # on s1's connection until 3 s
        assert on.call("n1.example.").took_s == 2.5


def _call(name: str, rtype: str) -> Any:
    return Call(name, rtype)


class TestPairs:
    def test_both_families_are_asked_for_at_once(self) -> None:
        on = bench(good)
        told = on.call("n1.example.", BOTH)
        assert (told.took_s, told.answer.rdatas) == (0.01, ("192.0.2.1", "2001:db8::1"))

    LAST: list[tuple[Answer | None, Answer | None, int]] = [
        (None, NO, Rcode.TIMEOUT),
        (SERVFAIL, None, Rcode.TIMEOUT),
        (NO, SERVFAIL, Rcode.SERVFAIL),
    ]

    @pytest.mark.parametrize(("a", "aaaa", "rcode"), LAST)
    def test_without_records_the_last_answer_is_told(self, a: Answer | None, aaaa: Answer | None, rcode: int) -> None:
        """ares_getaddrinfo.c host_callback: the status of the question that ended last."""

        def server(send: Send, t_us: int) -> Any:
            said = a if send.question.rtype == "A" else aaaa
            return None if said is None else (said, 10_000)

        assert bench(server).call("n1.example.", BOTH).answer.rcode == rcode

    def test_addresses_of_one_family_are_enough(self) -> None:
        """The other one takes 2 + 4 + 8 s to fail, and is waited for."""
        on = bench(lambda send, t: good(send, t) if send.question.rtype == "A" else None)
        told = on.call("n1.example.", BOTH)
        assert (told.took_s, told.answer.rdatas) == (14, ("192.0.2.1",))

    def test_a_closed_port_is_one_failure_and_moves_both(self) -> None:
        on = bench(says(Trouble.CLOSED), good)
        assert on.call("n1.example.", BOTH).took_s == 0.02
        assert on.stub.servers[0].failures == 1


class TestTcp:
    @staticmethod
    def truncating(by_tcp: Server) -> Server:
        return lambda send, t: by_tcp(send, t) if send.proto == "tcp" else (Trouble.TRUNCATED, 10_000)

    def test_a_truncated_answer_is_fetched_by_tcp(self) -> None:
        assert bench(self.truncating(good)).call("n1.example.").took_s == 0.02

    def test_silence_there_costs_a_wait_and_the_next_server_is_asked_by_tcp(self) -> None:
        """Recorded (truncate_tcp_silent)."""
        on = bench(self.truncating(silent), self.truncating(good))
        assert on.call("n1.example.").took_s == pytest.approx(2.02)
        assert [(a.server, a.proto) for a in on.asked] == [("s1", "udp"), ("s1", "tcp"), ("s2", "tcp")]


class TestCache:
    """ares_qcache.c: whole seconds; a repeated question costs nothing (recorded)."""

    @staticmethod
    def asked_again(answer: Answer, at_s: float, **figures: Any) -> bool:
        on = bench(says(answer), **figures)
        on.call("n1.example.")
        on.call("n1.example.", at_s=at_s)
        return len(on.asked) == 2

    SHORT = Answer(Rcode.NOERROR, (RRset("n1.example", "A", 60, ("192.0.2.1",)),), ("192.0.2.1",), 60)
    TIMES: list[tuple[Answer, float, bool]] = [
        (SHORT, 59.9, False),
        (SHORT, 60.0, True),
        (NO, 59.9, False),
        (NO, 60.0, True),
        (Answer(Rcode.NXDOMAIN), 0.5, True),  # no SOA: not kept
        (Answer(Rcode.NOERROR), 3599.9, False),  # an empty answer for the longest time, whatever its SOA says
        (Answer(Rcode.NOERROR), 3600.0, True),
        (SHORT._replace(additional=(RRset("mx.example", "A", 20, ("192.0.2.2",)),)), 20.0, True),
    ]

    @pytest.mark.parametrize(("answer", "at_s", "again"), TIMES)
    def test_answers_are_kept_for_their_shortest_ttl(self, answer: Answer, at_s: float, again: bool) -> None:
        assert self.asked_again(answer, at_s) == again

    def test_failures_are_not_kept(self) -> None:
        on = bench(says(SERVFAIL))
        on.call("n1.example.")
        on.call("n1.example.", at_s=1)
        assert len(on.asked) == 6


class TestSearch:
    """ares_search.c and host_callback: which names are tried."""

    @pytest.mark.parametrize(
        ("name", "server", "names"),
        [
            ("n1.example", says(NO), ["n1.example", "n1.example.a.tld", "n1.example.b.tld"]),
            ("n1.example.", says(NO), ["n1.example"]),
            ("short", says(NO), ["short.a.tld", "short.b.tld", "short"]),
            ("n1.example", good, ["n1.example"]),
            ("n1.example", says(SERVFAIL), ["n1.example"] * 3),
        ],
    )
    def test_the_list_is_gone_through_while_there_is_no_such_name(self, name: str, server: Server, names: list[str]) -> None:
        on = bench(server, search=("a.tld", "b.tld"))
        on.call(name)
        assert [asked.name for asked in on.asked] == names

    def test_a_name_without_such_records_outweighs_names_that_do_not_exist(self) -> None:
        def empty(send: Send, t_us: int) -> Any:
            return (Answer(Rcode.NOERROR) if send.question.name == "n1.example" else NO), 10_000

        assert bench(empty, search=("a.tld",)).call("n1.example").answer.rcode == Rcode.NOERROR
