"""Which targets are tried, and in which order: RFC 5321 section 5.1, and who deviates from it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.flavours import mta_figures
from mailsim.flavours.models import MtaFigures
from mailsim.rules.choice import LAST_RESORT, OWN_ADDRESS, address_types, limited, ordered, same_nexthop
from mailsim.rules.mx import Target

POSTFIX = mta_figures("postfix")
A, B, C = Target(10, "a", "192.0.2.1"), Target(20, "b", "192.0.2.2"), Target(20, "c", "192.0.2.3")
A6, B6 = Target(10, "a", "2001:db8::1"), Target(20, "b", "2001:db8::2")
RELAY = Target(LAST_RESORT, "relay", "192.0.2.99")


def backwards(group: int, n: int) -> Sequence[int]:
    return range(n - 1, -1, -1)


def figures(**given: object) -> MtaFigures:
    return mta_figures("rfc5321", given)


def order(targets: Sequence[Target], **given: object) -> list[Target]:
    return list(ordered(targets, backwards, figures(**given)))


def test_equals_are_shuffled_and_the_smallest_number_goes_first() -> None:
    assert order([A, B, C]) == [A, C, B]


def test_who_goes_by_the_list_keeps_equals_as_they_stand_in_the_answer() -> None:
    assert order([A, C, B], equal_preference="listed") == [A, C, B]
    assert order([A, B, C], equal_preference="listed") == [A, B, C]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [("worst_first", [C, B, A]), ("worst_only", [C]), ("best_only", [A]), ("sticky", [A])],
)
def test_some_aim_at_the_worst_and_some_know_only_one(choice: str, expected: list[Target]) -> None:
    assert order([A, B, C], mx_choice=choice) == expected


def test_who_knows_only_the_best_host_tries_all_its_addresses() -> None:
    second = A._replace(address="192.0.2.11")
    assert order([A, second, B], mx_choice="best_only") == [second, A]


@pytest.mark.parametrize("choice", ["best_first", "worst_first", "best_only", "worst_only", "sticky"])
def test_the_fallback_relay_comes_last_for_everybody(choice: str) -> None:
    assert order([A, B, RELAY], mx_choice=choice)[-1] == RELAY


def test_families_are_sorted_within_one_preference_only() -> None:
    listed = [A, A6, B, B6]
    assert order(listed, address_family="ipv6_first") == [A6, A, B6, B]
    assert order(listed, address_family="ipv4_first") == [A, A6, B, B6]
    assert order(listed) == [A6, A, B6, B]  # the draw is backwards


def test_exim_and_sendmail_take_ipv6_first_courier_ipv4_and_postfix_either() -> None:
    found = {name: mta_figures(name).address_family for name in ("exim", "sendmail", "courier", "postfix")}
    assert found == {"exim": "ipv6_first", "sendmail": "ipv6_first", "courier": "ipv4_first", "postfix": "any"}


@pytest.mark.parametrize(
    ("family", "has_ipv6", "types"),
    [
        ("any", True, ("A", "AAAA")),
        ("any", False, ("A",)),
        ("ipv4_only", True, ("A",)),
        ("ipv6_only", True, ("AAAA",)),
        ("ipv6_only", False, ("AAAA",)),
        ("ipv6_first", True, ("A", "AAAA")),
    ],
)
def test_addresses_are_asked_for_as_the_family_says(family: str, has_ipv6: bool, types: tuple[str, ...]) -> None:
    assert address_types(figures(address_family=family), has_ipv6=has_ipv6) == types


# -- the address limit -------------------------------------------------------------------------------------------------


def four(n: int, preference: int = 10) -> list[Target]:
    return [Target(preference, "a", f"192.0.2.{k}") for k in range(1, n + 1)]


def six(n: int, preference: int = 10) -> list[Target]:
    return [Target(preference, "a", f"2001:db8::{k}") for k in range(1, n + 1)]


def test_five_dead_addresses_hide_the_backup_but_not_the_fallback_relay() -> None:
    """smtp_connect.c: addresses are counted for each next hop by itself."""
    assert limited([*four(5), B, RELAY], POSTFIX) == [*four(5), RELAY]


def test_the_fallback_relay_has_a_limit_of_its_own() -> None:
    relays = [RELAY._replace(address=f"192.0.2.{100 + k}") for k in range(7)]
    assert limited([A, *relays], POSTFIX) == [A, *relays[:5]]


@pytest.mark.parametrize(
    ("listed", "kept"),
    [
        ([*six(6), *four(6)], [*six(3), *four(2)]),  # both crowd: L = 5, the first is IPv6, so IPv4 gets (5 + 0) // 2 = 2
        ([*four(6), *six(6)], [*four(3), *six(2)]),  # the first is IPv4: (5 + 1) // 2 = 3
        ([*six(6), *four(1)], [*six(4), *four(1)]),  # few IPv4 (1 <= 5 // 2): all of them, IPv6 gets 5 - 1
        ([*six(2), *four(6)], [*six(2), *four(3)]),  # few IPv6: all of them, IPv4 gets 5 - 2
        ([*six(3), *four(2)], [*six(3), *four(2)]),  # no more than the limit: as they are
        (six(6), six(5)),
    ],
)
def test_postfix_leaves_room_for_both_families(listed: list[Target], kept: list[Target]) -> None:
    """smtp_addr.c smtp_balance_inet_proto, its three regions worked out by hand."""
    assert list(limited(listed, POSTFIX)) == kept


def test_without_balance_one_family_crowds_the_other_out() -> None:
    assert limited([*six(6), *four(1)], mta_figures("postfix", {"balances_families": False})) == six(5)


@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 12), st.booleans())
def test_the_limit_holds_and_neither_family_vanishes(n6: int, n4: int, limit: int, swap: bool) -> None:
    listed = [*four(n4), *six(n6)] if swap else [*six(n6), *four(n4)]
    kept = limited(listed, mta_figures("postfix", {"address_limit": limit}))
    assert len(kept) == min(limit, n4 + n6)
    assert [target for target in listed if target in kept] == list(kept)
    if n4 and n6 and limit > 1:
        assert {":" in target.address for target in kept} == {True, False}


def test_the_own_address_of_a_domain_belongs_to_its_hosts_and_is_worse_than_any_mx() -> None:
    own = Target(OWN_ADDRESS, "example.com", "192.0.2.80")
    assert same_nexthop(A, own)
    assert not same_nexthop(own, RELAY)
    assert own.preference > 65_535
