"""MTA-STS: which hosts a policy names, what it demands, which policy a sender holds and when it fetches (RFC 8461)."""

from __future__ import annotations

import pytest

from mailsim.rules.reasons import Why
from mailsim.rules.sts import Course, Fetch, Policy, course, demand, matches, policy_id
from mailsim.rules.tls import NO_DEMAND, Demand, Offer

S = 1_000_000
DAY = 86_400 * S
ENFORCE = Policy("enforce", ("mx1.example.com", "*.example.net"), 7 * DAY)


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("mx1.example.com", True),
        ("MX1.Example.com.", True),
        ("mx2.example.com", False),
        ("a.mx1.example.com", False),
        ("mx.example.net", True),
        ("example.net", False),  # the wildcard stands for one label, not for none
        ("a.b.example.net", False),  # nor for two
        ("example.net.example.org", False),
    ],
)
def test_a_wildcard_stands_for_exactly_the_first_label(host: str, named: bool) -> None:
    assert matches(host, ENFORCE.mx) is named


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (['"v=STSv1; id=20160831085700Z;"'], "20160831085700Z"),
        (['"v=STSv1;" "id=7"'], "7"),
        (['"v=spf1 -all"', '"v=STSv1; id=7"'], "7"),
        (['"v=STSv1; id=7"', '"v=STSv1; id=8"'], None),  # several count as none
        (['"v=STSv1"'], None),
        (['"v=STSv1; id=not-alnum"'], None),
        (['"v=STSv1; id=' + "7" * 33 + '"'], None),
        (['"v=STSv2; id=7"'], None),
        ([], None),
    ],
)
def test_one_valid_record_says_that_there_is_a_policy(texts: list[str], found: str | None) -> None:
    assert policy_id(texts) == found


def test_a_host_that_is_not_named_must_not_be_used_and_one_that_is_needs_trusted_tls() -> None:
    assert demand(ENFORCE, "mx2.example.com") == Demand(usable=Why.STS_MISMATCH)
    named = demand(ENFORCE, "mx1.example.com")
    assert named.objection(Offer(starttls=False)) is not None
    assert named.objection(Offer(trusted=False)) is not None
    assert named.objection(Offer(named=False)) is None  # what TLSA records say does not matter to MTA-STS


@pytest.mark.parametrize("policy", [None, ENFORCE._replace(mode="testing"), ENFORCE._replace(mode="none")])
def test_only_enforce_demands_anything(policy: Policy | None) -> None:
    assert demand(policy, "mx2.example.com") is NO_DEMAND


# -- which policy counts -----------------------------------------------------------------------------------------------

HELD = Fetch(10 * S, 11 * S, "1", ENFORCE)
FAILED = Fetch(10 * S, 70 * S, "1", None)
LATEST = 11 * S + 7 * DAY


@pytest.mark.parametrize(
    ("fetches", "live", "t_us", "expected"),
    [
        ([], None, 0, Course(0, False, None)),
        ([], "1", 0, Course(0, True, None)),
        ([HELD], "1", 20 * S, Course(20 * S, False, ENFORCE)),
        ([HELD], "2", 20 * S, Course(20 * S, True, ENFORCE)),  # a newer version: fetched, the old one counts if that fails
        ([HELD], None, 20 * S, Course(20 * S, False, ENFORCE)),  # the record can't be found: what is held counts
        ([HELD], "1", LATEST - 1, Course(LATEST - 1, False, ENFORCE)),
        ([HELD], "1", LATEST, Course(LATEST, True, None)),  # max_age is over
        ([HELD], None, LATEST, Course(LATEST, False, None)),
        ([HELD], "1", 10 * S + 1, Course(11 * S, False, ENFORCE)),  # it is being fetched: wait for it
        ([HELD], "1", 9 * S, Course(9 * S, True, None)),  # whoever is before it knows nothing of it
        ([FAILED], "1", 71 * S, Course(71 * S, False, None)),  # for five minutes nobody tries again
        ([FAILED], "1", 369 * S, Course(369 * S, False, None)),
        ([FAILED], "1", 370 * S, Course(370 * S, True, None)),
        ([FAILED], "2", 71 * S, Course(71 * S, True, None)),  # another version
        ([HELD, Fetch(100 * S, 101 * S, "2", None)], "2", 200 * S, Course(200 * S, False, ENFORCE)),
    ],
)
def test_what_a_sender_does_with_what_it_fetched(fetches: list[Fetch], live: str | None, t_us: int, expected: Course) -> None:
    assert course(fetches, live, t_us) == expected
