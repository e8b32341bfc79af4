"""What a resolver does for a question that its cache can't answer: servers that fail, aliases from zone to zone."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.rules.conditions import FOREVER, QUIET, Condition, Span, Timeline
from mailsim.rules.dns import Answer, Cache, Question, Rcode, RRset, TtlRules, ZoneIndex
from mailsim.rules.dns.lookup import Upstream, ask_servers, look_up
from mailsim.rules.reasons import Why
from zone_texts import zone

MS, S = 1000, 1_000_000


class Figures(NamedTuple):
    """Waits 400, 800, 1600 ms; three rounds."""

    first_timeout: int = 400 * MS
    timeout_factor: float = 2.0
    tries_per_server: int = 3
    total_timeout: int = 30 * S


FIGURES = Figures()
GOOD = Answer(Rcode.NOERROR, (RRset("example.com", "A", 60, ("192.0.2.1",)),), ("192.0.2.1",), 60)


def always(condition: Condition) -> Timeline:
    return Timeline([Span(0, FOREVER, condition)])


def until(end_us: int, reach: Why) -> Timeline:
    return Timeline([Span(0, end_us, Condition(reach))])


SILENT, CLOSED = always(Condition(Why.SILENT)), always(Condition(Why.REFUSED))
UP = Upstream(QUIET, 10 * MS)
DEAD = Upstream(SILENT, 10 * MS)
SHUT = Upstream(CLOSED, 10 * MS)
FAILS, REFUSES, DENIES = (always(Condition(rcode=code)) for code in (Rcode.SERVFAIL, Rcode.REFUSED, Rcode.NXDOMAIN))


def ask(*servers: Upstream, faults: tuple[Timeline, ...] = (), figures: Figures = FIGURES, t_us: int = 0) -> tuple[int, int]:
    """(rcode, instant)"""
    answer, done = ask_servers(servers, faults, lambda t: GOOD, t_us, figures)
    return answer.rcode, done


@pytest.mark.parametrize(
    ("servers", "ms"),
    [
        ((UP,), 10),
        ((UP, DEAD), 10),
        ((DEAD, UP), 410),
        ((DEAD, DEAD, UP), 810),
        ((SHUT, UP), 20),  # an ICMP error comes back after one round trip
        ((Upstream(None, 25 * MS),), 25),  # a server of the outside world is always up
        ((Upstream(SILENT, 300 * MS), UP), 610),  # who is far away is waited for at least two round trips
        ((Upstream(until(500 * MS, Why.SILENT), 10 * MS),), 410 + 800),  # asked again at 400 (down) and at 1200 ms
        ((Upstream(until(405 * MS, Why.SILENT), 10 * MS),), 410),  # at the server at 405 ms: the outage excludes its end
        ((Upstream(until(300 * MS, Why.SILENT), 10 * MS), DEAD), 810),  # both once, then the first again
    ],
)
def test_servers_are_asked_one_after_the_other_until_one_answers(servers: tuple[Upstream, ...], ms: int) -> None:
    assert ask(*servers) == (Rcode.NOERROR, ms * MS)


def test_all_silent_servers_use_up_every_wait_of_every_round() -> None:
    assert ask(DEAD) == (Rcode.SERVFAIL, (400 + 800 + 1600) * MS)
    assert ask(DEAD, DEAD) == (Rcode.SERVFAIL, 2 * (400 + 800 + 1600) * MS)


def test_the_total_time_ends_the_lookup() -> None:
    assert ask(DEAD, DEAD, figures=FIGURES._replace(total_timeout=1 * S)) == (Rcode.SERVFAIL, 1 * S)
    late = Upstream(until(390 * MS, Why.SILENT), 200 * MS)
    assert ask(late, figures=FIGURES._replace(total_timeout=500 * MS)) == (Rcode.SERVFAIL, 500 * MS)


def test_a_lone_server_whose_port_is_closed_is_waited_for_as_if_silent() -> None:
    """unbound 1.17.1 observed."""
    assert ask(SHUT) == (Rcode.SERVFAIL, (400 + 800 + 1600) * MS)


@pytest.mark.parametrize("fault", [FAILS, REFUSES])
def test_servers_that_say_no_are_all_asked_in_every_round_and_the_answer_is_servfail(fault: Timeline) -> None:
    assert ask(UP, UP, faults=(fault,)) == (Rcode.SERVFAIL, 3 * 2 * 10 * MS)


def test_a_denied_name_is_nxdomain_with_the_zones_negative_ttl() -> None:
    answer, done = ask_servers([UP], (DENIES,), lambda t: GOOD._replace(negative_ttl=300), 0, FIGURES)
    assert (answer.rcode, answer.rdatas, answer.negative_ttl, done) == (Rcode.NXDOMAIN, (), 300, 10 * MS)


def test_a_silent_name_is_as_if_no_server_heard_the_question() -> None:
    assert ask(UP, UP, faults=(SILENT,)) == (Rcode.SERVFAIL, 2 * (400 + 800 + 1600) * MS)


def test_the_answer_is_that_of_the_instant_at_which_the_question_is_at_the_server() -> None:
    seen = []

    def served(t: int) -> Answer:
        seen.append(t)
        return GOOD

    ask_servers([DEAD, Upstream(QUIET, 30 * MS)], (), served, 5 * S, FIGURES)
    assert seen == [5 * S + 400 * MS + 15 * MS]


@given(st.lists(st.sampled_from([UP, DEAD, SHUT]), min_size=1, max_size=4), st.integers(0, 10 * S))
def test_the_lookup_ends_in_time_and_later_questions_end_later_by_as_much(servers: list[Upstream], t: int) -> None:
    code, done = ask(*servers)
    assert 0 < done <= FIGURES.total_timeout
    assert ask(*servers, t_us=t) == (code, done + t)
    assert (code == Rcode.NOERROR) == (UP in servers)


# -- from zone to zone -------------------------------------------------------------------------------------------------

RULES = TtlRules(0, 86400, 3600, 5, 5, False)
COM = ZoneIndex(
    zone(
        "example.com",
        """
        @    3600 SOA ns1 h 1 7200 900 1209600 300
        mx1  600  A     192.0.2.10
        www  60   CNAME web.example.net.
        old  7200 CNAME web.example.net.
        far  60   CNAME gone.example.net.
        oops 60   CNAME x.broken.test.
        c0   60   CNAME c1.example.net.
        c2   60   CNAME c3.example.net.
        turn 60   CNAME around.example.net.
        """,
    )
)
NET = ZoneIndex(
    zone(
        "example.net",
        """
        @      3600 SOA ns1 h 1 7200 900 1209600 120
        web    3600 A     198.51.100.80
        c1     60   CNAME c2.example.com.
        c3     60   A     198.51.100.3
        around 60   CNAME turn.example.com.
        """,
    )
)
ZONES = {"example.com": COM, "example.net": NET, "broken.test": None}


class Net:
    """Zones that answer after 100 ms; ``broken.test`` gives SERVFAIL."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, origin: str, question: Question, t_us: int) -> tuple[Answer, int]:
        self.asked.append(f"{question.name}/{question.rtype}")
        index = ZONES[origin]
        return (Answer(Rcode.SERVFAIL) if index is None else index.answer(question)), t_us + 100 * MS


def resolve(
    name: str, rtype: str = "A", *, t_us: int = 0, cache: Cache | None = None, net: Net | None = None, restarts: int = 11
) -> tuple[Answer, int]:
    return look_up(Question(name, rtype), t_us, cache or Cache(RULES), ZONES, net or Net(), restarts)


def test_a_plain_question_is_asked_once_and_kept() -> None:
    cache, net = Cache(RULES), Net()
    answer, done = resolve("mx1.example.com", cache=cache, net=net)
    assert (answer.rdatas, answer.ttl, done, net.asked) == (("192.0.2.10",), 600, 100 * MS, ["mx1.example.com/A"])
    entry = cache.get(Question("mx1.example.com", "A"), done)
    assert entry is not None
    assert (entry.asked_us, entry.filled_us, entry.until_us) == (0, 100 * MS, 600 * S)


def test_an_alias_into_another_zone_is_followed_there() -> None:
    cache, net = Cache(RULES), Net()
    answer, done = resolve("www.example.com", cache=cache, net=net)
    assert [(r.name, r.rtype) for r in answer.chain] == [("www.example.com", "CNAME"), ("web.example.net", "A")]
    assert (answer.rdatas, answer.ttl, done) == (("198.51.100.80",), 60, 200 * MS)
    assert net.asked == ["www.example.com/A", "web.example.net/A"]
    assert cache.get(Question("www.example.com", "CNAME"), done) is not None
    assert cache.get(Question("web.example.net", "A"), done) is not None


def test_only_the_expired_link_of_a_chain_is_asked_again() -> None:
    """unbound, BIND, PowerDNS observed."""
    cache, net = Cache(RULES), Net()
    resolve("www.example.com", cache=cache, net=net)
    net.asked.clear()
    answer, done = resolve("www.example.com", t_us=100 * S, cache=cache, net=net)
    assert net.asked == ["www.example.com/A"]
    assert (answer.rdatas, done) == (("198.51.100.80",), 100 * S + 100 * MS)


def test_a_chain_holds_no_longer_than_what_is_left_of_its_cached_part() -> None:
    """The address was learnt at 0 with a TTL of 3600 s; the alias of 7200 s is asked for the first time 3000 s later."""
    cache = Cache(RULES)
    resolve("web.example.net", cache=cache)
    answer, _ = resolve("old.example.com", t_us=3000 * S, cache=cache)
    assert answer.ttl == 600


def test_a_known_alias_is_followed_from_the_cache() -> None:
    cache, net = Cache(RULES), Net()
    resolve("www.example.com", "CNAME", cache=cache, net=net)
    net.asked.clear()
    answer, _ = resolve("www.example.com", t_us=1 * S, cache=cache, net=net)
    assert net.asked == ["web.example.net/A"]
    assert answer.rdatas == ("198.51.100.80",)


def test_an_alias_of_a_missing_name_in_another_zone_is_nxdomain() -> None:
    cache, net = Cache(RULES), Net()
    answer, done = resolve("far.example.com", cache=cache, net=net)
    assert (answer.rcode, answer.rdatas, [r.rtype for r in answer.chain]) == (Rcode.NXDOMAIN, (), ["CNAME"])
    entry = cache.get(Question("gone.example.net", "A"), done)
    assert entry is not None
    assert entry.until_us == 120 * S


def test_servfail_behind_an_alias_is_servfail() -> None:
    assert resolve("oops.example.com")[0].rcode == Rcode.SERVFAIL


def test_the_root_says_at_once_that_there_is_no_such_name() -> None:
    net = Net()
    answer, done = resolve("mx1.nowhere.test", t_us=7, net=net)
    assert (answer.rcode, answer.negative_ttl, done, net.asked) == (Rcode.NXDOMAIN, 86400, 7, [])


def test_only_so_many_aliases_are_followed_from_zone_to_zone() -> None:
    assert resolve("c0.example.com", restarts=3)[0].rdatas == ("198.51.100.3",)
    assert resolve("c0.example.com", restarts=2)[0].rcode == Rcode.SERVFAIL


def test_a_circle_through_two_zones_ends_as_servfail() -> None:
    assert resolve("turn.example.com")[0].rcode == Rcode.SERVFAIL
