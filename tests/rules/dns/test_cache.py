"""The resolver's cache on an explicit clock; figures of unbound 1.17.1 and BIND 9.18 as recorded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.rules.dns import Answer, Cache, Question, Rcode, RRset, TtlRules

S = 1_000_000
Q = Question("example.com", "MX")
#: TTL bounds of unbound.conf(5); an entry answers while the whole seconds since it was filled are <= TTL
UNBOUND = TtlRules(0, 86400, 3600, 5, 5, True)
#: BIND: whole seconds < TTL; servfail-ttl 1
BIND = TtlRules(0, 604800, 10800, 0, 1, False)


def good(ttl: int) -> Answer:
    return Answer(Rcode.NOERROR, (RRset("example.com", "MX", ttl, ((10, "mx1"),)),), ((10, "mx1"),), ttl)


def nothing(negative_ttl: int, rcode: int = Rcode.NXDOMAIN) -> Answer:
    return Answer(rcode, negative_ttl=negative_ttl)


def lives(rules: TtlRules, answer: Answer, *, filled_s: float, phase_us: int = 0) -> int:
    """The first microsecond after the filling at which a kept answer answers no more."""
    cache = Cache(rules, phase_us=phase_us)
    filled = int(filled_s * S)
    entry = cache.put(Q, answer, asked_us=filled, filled_us=filled)
    assert entry.until_us == filled or cache.get(Q, entry.until_us - 1) is entry
    assert cache.get(Q, entry.until_us) is None
    return entry.until_us


@pytest.mark.parametrize(
    ("rules", "filled_s", "ttl", "until_s"),
    [
        (UNBOUND, 0.02, 12, 13),  # still answers at 12.9 s
        (UNBOUND, 0.0, 12, 13),
        (UNBOUND, 0.999999, 12, 13),
        (UNBOUND, 7.5, 1, 9),
        (BIND, 0.02, 12, 12),
        (BIND, 0.999999, 12, 12),
        (BIND, 7.5, 1, 8),
    ],
)
def test_age_is_counted_in_whole_seconds_of_the_wall_clock(rules: TtlRules, filled_s: float, ttl: int, until_s: int) -> None:
    assert lives(rules, good(ttl), filled_s=filled_s) == until_s * S


def test_the_wall_clock_may_be_between_two_seconds_when_the_simulation_begins() -> None:
    """At time 0 the wall clock shows .4 s: its whole seconds come at 0.6, 1.6, 2.6 s."""
    assert lives(UNBOUND, good(2), filled_s=0.0, phase_us=400_000) == 2_600_000
    assert lives(UNBOUND, good(2), filled_s=0.6, phase_us=400_000) == 3_600_000


@pytest.mark.parametrize("rules", [UNBOUND, BIND])
def test_ttl_0_is_never_a_hit(rules: TtlRules) -> None:
    assert lives(rules, good(0), filled_s=3.2) == 3_200_000


@pytest.mark.parametrize(
    ("rules", "answer", "seconds"),
    [
        (UNBOUND, good(3600), 3600),
        (UNBOUND, good(2_000_000), 86400),
        (BIND, good(2_000_000), 604800),
        (UNBOUND._replace(ttl_minimum=60), good(5), 60),
        (UNBOUND._replace(ttl_minimum=60), good(0), 60),
        (UNBOUND, nothing(300), 300),
        (UNBOUND, nothing(300, Rcode.NOERROR), 300),
        (UNBOUND, nothing(7200), 3600),
        (BIND, nothing(86400), 10800),
        (UNBOUND, nothing(-1), 5),  # no SOA came with it
        (BIND, nothing(-1), 0),
        (UNBOUND, Answer(Rcode.SERVFAIL), 5),
        (UNBOUND, Answer(Rcode.REFUSED), 5),
        (BIND, Answer(Rcode.SERVFAIL), 1),
    ],
)
def test_lifetimes_have_bounds(rules: TtlRules, answer: Answer, seconds: int) -> None:
    assert Cache(rules).lifetime_s(answer) == seconds


def test_that_there_is_nothing_behind_an_alias_is_known_no_longer_than_the_alias() -> None:
    alias = RRset("www.example.com", "CNAME", 40, ("gone.example.com",))
    assert Cache(UNBOUND).lifetime_s(Answer(Rcode.NXDOMAIN, (alias,), negative_ttl=300)) == 40


def test_a_question_that_is_still_being_asked_can_be_joined() -> None:
    cache = Cache(UNBOUND)
    entry = cache.put(Q, good(60), asked_us=10 * S, filled_us=12 * S)
    assert cache.get(Q, 10 * S - 1) is None
    assert cache.get(Q, 10 * S) is entry
    assert cache.get(Q, 11 * S) is entry
    assert entry.filled_us == 12 * S


def test_a_question_whose_answer_is_not_kept_can_be_joined_until_it_is_answered() -> None:
    cache = Cache(UNBOUND)
    cache.put(Q, good(0), asked_us=10 * S, filled_us=12 * S)
    assert cache.get(Q, 12 * S - 1) is not None
    assert cache.get(Q, 12 * S) is None


def test_questions_differ_by_name_and_type() -> None:
    cache = Cache(UNBOUND)
    cache.put(Q, good(60), asked_us=0, filled_us=0)
    assert cache.get(Question("example.com", "A"), 1) is None
    assert cache.get(Question("example.org", "MX"), 1) is None


def test_a_newer_answer_takes_the_place_of_the_older() -> None:
    cache = Cache(UNBOUND)
    cache.put(Q, good(60), asked_us=0, filled_us=0)
    newer = cache.put(Q, nothing(300), asked_us=5, filled_us=5)
    assert cache.get(Q, 6) is newer


@given(st.booleans(), st.integers(0, 40), st.integers(0, 10 * S), st.integers(0, S - 1), st.integers(0, 60 * S))
def test_the_hit_rule_by_brute_force(hit_at_ttl: bool, ttl: int, filled: int, phase: int, later: int) -> None:
    """d = floor(now) - floor(fill): unbound answers while d <= TTL, BIND while d < TTL; TTL 0 never."""
    cache = Cache(UNBOUND._replace(hit_at_ttl=hit_at_ttl), phase_us=phase)
    cache.put(Q, good(ttl), asked_us=filled, filled_us=filled)
    d = (filled + later + phase) // S - (filled + phase) // S
    hit = ttl > 0 and (d <= ttl if hit_at_ttl else d < ttl)
    assert (cache.get(Q, filled + later) is not None) == hit


@given(st.booleans(), st.integers(1, 40), st.integers(0, 10 * S), st.integers(0, S - 1), st.integers(0, 60 * S))
def test_what_is_left_of_a_ttl_never_outlives_it(hit_at_ttl: bool, ttl: int, filled: int, phase: int, later: int) -> None:
    """Kept again for what it has left, an answer ends at the very instant at which it would have ended."""
    cache = Cache(UNBOUND._replace(hit_at_ttl=hit_at_ttl), phase_us=phase)
    entry = cache.put(Q, good(ttl), asked_us=filled, filled_us=filled)
    now = filled + later
    if cache.get(Q, now) is None:
        return
    left = cache.left_s(entry, now)
    assert 0 <= left <= ttl
    again = Cache(UNBOUND._replace(hit_at_ttl=hit_at_ttl), phase_us=phase).put(Q, good(left), asked_us=now, filled_us=now)
    assert again.until_us == (entry.until_us if left else now)
