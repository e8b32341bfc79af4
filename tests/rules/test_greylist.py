"""Greylisting as a pure rule: Postgrey 1.37, ``smtpd_access_policy``; instants in seconds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.rules.greylist import Greylisting, Known, Regular, network_of, put_off, triplet, visit

DAY = 86_400 * 1_000_000
S = 1_000_000
HOUR = 3600 * S
POSTGREY = Greylisting(300 * S, 2 * DAY, 35 * DAY, 5, 24, 64)


def let_in(rules: Greylisting, *seconds: int) -> list[bool]:
    """Whether each visit of one triplet is let in."""
    known, regular, found = None, None, []
    for t in seconds:
        came = visit(rules, known, regular, t * S)
        known, regular = came.known or known, came.regular or regular
        found.append(came.welcome)
    return found


def test_a_stranger_is_let_in_when_its_first_visit_is_long_enough_ago_and_from_then_on() -> None:
    assert let_in(POSTGREY, 0, 100, 299, 300, 301) == [False, False, False, True, True]
    assert let_in(POSTGREY, 0, 300, 300 + 30 * 86_400) == [False, True, True]


def test_a_first_return_after_the_retry_window_is_a_first_visit_again() -> None:
    two_days = 2 * 86_400
    assert let_in(POSTGREY, 0, two_days) == [False, True]  # Postgrey: older than the window, not as old
    assert let_in(POSTGREY, 0, two_days + 1, two_days + 301) == [False, False, True]
    # an early return does not make the window longer: it is counted from the first visit
    assert let_in(POSTGREY, 0, 10, two_days + 5) == [False, False, False]


def test_who_was_let_in_once_has_no_retry_window_but_an_age() -> None:
    assert let_in(POSTGREY, 0, 300, 300 + 35 * 86_400) == [False, True, True]
    assert let_in(POSTGREY, 0, 300, 300 + 35 * 86_400 + 1) == [False, True, False]


def test_the_bare_rule_knows_no_bounds() -> None:
    assert let_in(Greylisting(300 * S), 0, 400 * 86_400) == [False, True]


def test_a_success_counts_once_for_a_triplet_and_once_in_an_hour_for_a_client() -> None:
    assert visit(POSTGREY, Known(0, 0), None, 300 * S).regular == Regular(1, 300 * S)
    assert visit(POSTGREY, Known(0, 300 * S), Regular(1, 300 * S), 2 * HOUR).regular is None  # no new success of this triplet
    assert visit(POSTGREY, Known(0, 0), Regular(1, HOUR), 2 * HOUR - 1).regular is None
    assert visit(POSTGREY, Known(0, 0), Regular(1, HOUR), 2 * HOUR).regular == Regular(2, 2 * HOUR)


def test_a_client_with_enough_successes_is_always_welcome() -> None:
    assert not visit(POSTGREY, None, Regular(4, 0), DAY).welcome
    came = visit(POSTGREY, None, Regular(5, 0), DAY)
    assert (came.welcome, came.known, came.regular) == (True, None, Regular(6, DAY))  # seen again, so it is not forgotten
    assert visit(POSTGREY, None, Regular(5, 0), HOUR - 1).regular is None
    assert not visit(POSTGREY, None, Regular(5, 0), 35 * DAY + 1).welcome


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::9", "2001:db8:1:2::/64"),
        ("s5.world.test", "s5.world.test"),
    ],
)
def test_the_network_of_the_client_counts(client: str, network: str) -> None:
    assert network_of(client, POSTGREY) == network


def test_upper_and_lower_case_are_one_triplet() -> None:
    assert triplet(POSTGREY, "203.0.113.7", "Ann@example.org", "BOB@example.com") == "203.0.113.0/24/ann@example.org/bob@example.com"


def test_the_reply_is_that_of_postfix_with_postgrey_and_the_bare_rule_keeps_its_own() -> None:
    assert str(put_off(POSTGREY, "bob@example.com")) == (
        "450 4.2.0 <bob@example.com>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/example.com.html"
    )
    assert str(put_off(Greylisting(1), "bob@example.com")) == "450 4.7.1 Greylisted, please come back later"


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=30).map(sorted), st.integers(1, 2_000))
def test_without_bounds_a_visit_is_let_in_exactly_from_the_delay_after_the_first_on(seconds: list[int], delay: int) -> None:
    assert let_in(Greylisting(delay * S), *seconds) == [t >= seconds[0] + delay for t in seconds]
