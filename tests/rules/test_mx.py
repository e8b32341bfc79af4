"""From an MX answer to the ordered targets: RFC 5321 section 5.1, RFC 7505, and what Postfix and Exim were recorded to do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.flavours import mta_figures
from mailsim.rules.dns import Answer, Rcode
from mailsim.rules.mx import NoRoute, Target, best_first, is_address, is_loopback, mx_hosts, mx_targets
from mailsim.rules.reasons import Why

POSTFIX, EXIM, COURIER = mta_figures("postfix"), mta_figures("exim"), mta_figures("courier")
NOBODY: frozenset[str] = frozenset()
MISSING = Answer(Rcode.NXDOMAIN)
NO_DATA = Answer(Rcode.NOERROR)


def mx(*records: tuple[int, str]) -> Answer:
    return Answer(Rcode.NOERROR, rdatas=records, ttl=3600)


def a(*addresses: str) -> Answer:
    return Answer(Rcode.NOERROR, rdatas=addresses, ttl=3600)


def targets(
    hosts: list[tuple[int, str]], *, implicit: bool = False, own: set[str] | None = None, figures: object = POSTFIX, **found: Answer
) -> object:
    addresses = {name.replace("_", "."): answer for name, answer in found.items()}
    return mx_targets(hosts, addresses, implicit=implicit, own=frozenset(own or ()), figures=figures)  # type: ignore[arg-type]


# -- the MX answer -----------------------------------------------------------------------------------------------------


def test_the_smallest_number_goes_first_and_equals_keep_their_order() -> None:
    answer = mx((100, "c"), (20, "b2"), (5, "a"), (20, "b1"))
    assert mx_hosts("example.com", answer, POSTFIX) == [(5, "a"), (20, "b2"), (20, "b1"), (100, "c")]


def test_without_mx_the_domain_itself_is_mx_0() -> None:
    assert mx_hosts("example.com", NO_DATA, POSTFIX) == [(0, "example.com")]


@pytest.mark.parametrize(("figures", "status"), [(POSTFIX, "5.1.0"), (EXIM, "5.0.0")])
def test_a_null_mx_takes_no_mail_for_good(figures: object, status: str) -> None:
    """RFC 7505 section 3; the status is what the programs were recorded to give (the RFC says 5.1.10)."""
    assert mx_hosts("example.com", mx((0, "")), figures) == NoRoute(Why.NULL_MX, True, status)  # type: ignore[arg-type]


def test_a_null_mx_beside_another_mx_is_no_null_mx() -> None:
    """RFC 7505 section 3: it stands alone or it is none."""
    assert mx_hosts("example.com", mx((0, ""), (10, "mx1")), POSTFIX) == [(10, "mx1")]


@pytest.mark.parametrize(("figures", "status"), [(POSTFIX, "5.4.4"), (EXIM, "5.0.0")])
def test_a_domain_that_does_not_exist_bounces(figures: object, status: str) -> None:
    assert mx_hosts("example.com", MISSING, figures) == NoRoute(Why.DOMAIN_MISSING, True, status)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rcode", "why"), [(Rcode.SERVFAIL, Why.DNS_SERVFAIL), (Rcode.REFUSED, Why.DNS_REFUSED), (Rcode.TIMEOUT, Why.DNS_TIMEOUT)]
)
def test_trouble_with_dns_keeps_the_mail_in_the_queue(rcode: int, why: Why) -> None:
    """RFC 5321 section 5.1: a temporary error must be queued and retried later."""
    assert mx_hosts("example.com", Answer(rcode), POSTFIX) == NoRoute(why, False, "4.4.3")


# -- addresses ---------------------------------------------------------------------------------------------------------


def test_each_address_of_a_host_is_a_target() -> None:
    assert targets([(10, "mx1"), (20, "mx2")], mx1=a("192.0.2.1", "192.0.2.2", "2001:db8::1"), mx2=a("192.0.2.9")) == (
        Target(10, "mx1", "192.0.2.1"),
        Target(10, "mx1", "192.0.2.2"),
        Target(10, "mx1", "2001:db8::1"),
        Target(20, "mx2", "192.0.2.9"),
    )


@pytest.mark.parametrize("answer", [MISSING, NO_DATA, Answer(Rcode.SERVFAIL), Answer(Rcode.TIMEOUT)])
def test_a_host_without_an_address_is_passed_over(answer: Answer) -> None:
    assert targets([(10, "mx1"), (20, "mx2")], mx1=answer, mx2=a("192.0.2.9")) == (Target(20, "mx2", "192.0.2.9"),)


@pytest.mark.parametrize("answer", [MISSING, NO_DATA])
def test_mx_records_of_which_none_is_usable_bounce_and_the_domains_own_address_is_not_used(answer: Answer) -> None:
    """RFC 5321 section 5.1: MX present but unusable must be reported as an error."""
    assert targets([(10, "mx1")], mx1=answer, example_com=a("192.0.2.1")) == NoRoute(Why.MX_UNUSABLE, True, "5.4.4")


def test_no_mx_and_no_address_bounces() -> None:
    assert targets([(0, "example.com")], implicit=True, example_com=NO_DATA) == NoRoute(Why.NO_MX_NO_ADDRESS, True, "5.4.4")


def test_one_host_in_trouble_and_no_other_keeps_the_mail() -> None:
    assert targets([(10, "mx1")], mx1=Answer(Rcode.SERVFAIL)) == NoRoute(Why.DNS_SERVFAIL, False, "4.4.3")
    assert targets([(10, "mx1"), (20, "mx2")], mx1=Answer(Rcode.TIMEOUT), mx2=MISSING) == NoRoute(Why.DNS_TIMEOUT, False, "4.4.3")


# -- the own host ------------------------------------------------------------------------------------------------------

THREE = [(10, "mx1"), (20, "mx2"), (30, "mx3")]


def three(own: set[str], figures: object = POSTFIX) -> object:
    return targets(THREE, own=own, figures=figures, mx1=a("192.0.2.1"), mx2=a("192.0.2.2"), mx3=a("192.0.2.3"))


@pytest.mark.parametrize("own", [{"mx2"}, {"192.0.2.2"}, {"mx2", "192.0.2.2"}])
def test_an_mta_in_the_list_drops_itself_and_everything_no_better(own: set[str]) -> None:
    assert three(own) == (Target(10, "mx1", "192.0.2.1"),)


def test_an_equal_beside_the_own_host_is_dropped_too() -> None:
    hosts = [(10, "mx1"), (20, "mx2"), (20, "mx3")]
    found = targets(hosts, own={"mx3"}, mx1=a("192.0.2.1"), mx2=a("192.0.2.2"), mx3=a("192.0.2.3"))
    assert found == (Target(10, "mx1", "192.0.2.1"),)


def test_the_best_mx_being_the_mta_itself_is_a_loop() -> None:
    assert three({"mx1"}) == NoRoute(Why.MX_SELF, True, "5.4.6")
    assert three({"mx1"}, EXIM) == NoRoute(Why.MX_SELF, False, "5.0.0")  # recorded: deferred and frozen, no bounce


def test_the_own_host_as_implicit_mx_is_a_loop() -> None:
    found = targets([(0, "example.com")], implicit=True, own={"192.0.2.1"}, example_com=a("192.0.2.1"))
    assert found == NoRoute(Why.MX_SELF, True, "5.4.6")


@pytest.mark.parametrize(("answer", "why"), [(Answer(Rcode.SERVFAIL), Why.DNS_SERVFAIL), (MISSING, Why.MX_UNUSABLE)])
def test_a_backup_whose_primary_has_no_address_now_keeps_the_mail(answer: Answer, why: Why) -> None:
    """That it is the only one left in the list makes no loop (Postfix smtp_addr.c: unable to find primary relay, 4.4.4)."""
    found = targets([(10, "mx1"), (20, "mx2")], own={"mx2"}, mx1=answer, mx2=a("192.0.2.2"))
    assert found == NoRoute(why, False, "4.4.4")


# -- what people write into zones --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("10.0.0.1", True),
        ("255.255.255.255", True),
        ("256.1.1.1", False),
        ("1.2.3", False),
        ("1.2.3.4.5", False),
        ("mx1.example.com", False),
        ("1.2.3.٤", False),
    ],
)
def test_an_address_is_told_from_a_name(text: str, answer: bool) -> None:
    assert is_address(text) is answer


@pytest.mark.parametrize(
    ("text", "answer"), [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("128.0.0.1", False), ("::2", False)]
)
def test_loopback_addresses_are_known(text: str, answer: bool) -> None:
    """RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3."""
    assert is_loopback(text) is answer


def test_an_mx_written_as_an_address_gets_the_mail_from_postfix_and_not_from_exim() -> None:
    only = [(10, "203.0.113.9")]
    assert targets(only) == (Target(10, "203.0.113.9", "203.0.113.9"),)
    assert targets(only, figures=EXIM) == NoRoute(Why.MX_UNUSABLE, True, "5.0.0")
    both = [(10, "203.0.113.9"), (20, "mx2")]
    assert targets(both, figures=EXIM, mx2=a("192.0.2.2")) == (Target(20, "mx2", "192.0.2.2"),)


def test_one_mx_written_as_an_address_bounces_the_whole_domain_for_courier() -> None:
    """Recorded, even with a second good MX."""
    found = targets([(10, "mx1"), (20, "192.0.2.9")], mx1=a("192.0.2.1"), figures=COURIER)
    assert found == NoRoute(Why.MX_UNUSABLE, True, "5.0.0")


def test_a_null_mx_is_tried_again_by_courier() -> None:
    """Recorded: the address of the root can't be looked up."""
    assert mx_hosts("example.com", mx((0, "")), COURIER) == NoRoute(Why.NULL_MX, False, "4.0.0")


@pytest.mark.parametrize(
    ("mx2", "found"),
    [
        (a("192.0.2.2"), (Target(20, "mx2", "192.0.2.2"),)),
        (MISSING, NoRoute(Why.MX_UNUSABLE, True, "5.0.0")),  # rfc1035mxlist.c: seen_good, and the list is empty
        (Answer(Rcode.SERVFAIL), NoRoute(Why.DNS_SERVFAIL, False, "4.4.3")),
    ],
)
def test_courier_forgives_trouble_with_a_host_as_soon_as_another_was_answered_for(mx2: Answer, found: object) -> None:
    assert targets([(10, "mx1"), (20, "mx2")], mx1=Answer(Rcode.SERVFAIL), mx2=mx2, figures=COURIER) == found


def test_courier_takes_itself_for_the_best_mx_when_the_better_one_has_no_address_now() -> None:
    """The list begins with the own host then (libesmtp.c): a loop, where Postfix keeps the mail."""
    hosts = [(10, "mx1"), (20, "me")]
    assert targets(hosts, mx1=Answer(Rcode.SERVFAIL), me=a("192.0.2.5"), own={"me"}, figures=COURIER) == NoRoute(Why.MX_SELF, True, "5.0.0")


def test_an_mx_at_127_0_0_1_is_a_loop_for_postfix_and_no_target_for_exim() -> None:
    hosts = [(10, "mx1"), (20, "mx2")]
    found = {"mx1": a("127.0.0.1"), "mx2": a("192.0.2.2")}
    assert targets(hosts, **found) == NoRoute(Why.MX_SELF, True, "5.4.6")  # type: ignore[arg-type]
    assert targets(hosts, figures=EXIM, **found) == (Target(20, "mx2", "192.0.2.2"),)  # type: ignore[arg-type]


def test_a_loopback_behind_a_good_mx_only_cuts_off_what_is_worse() -> None:
    found = targets(THREE, mx1=a("192.0.2.1"), mx2=a("127.0.0.1"), mx3=a("192.0.2.3"))
    assert found == (Target(10, "mx1", "192.0.2.1"),)


# -- equals ------------------------------------------------------------------------------------------------------------


def test_equals_are_put_in_the_order_that_is_drawn_for_their_group() -> None:
    listed = [
        Target(10, "a", "1"),
        Target(20, "b", "2"),
        Target(20, "c", "3"),
        Target(20, "d", "4"),
        Target(30, "e", "5"),
        Target(30, "f", "6"),
    ]
    asked = []

    def backwards(group: int, n: int) -> list[int]:
        asked.append((group, n))
        return list(range(n))[::-1]

    assert [target.host for target in best_first(listed, backwards)] == ["a", "d", "c", "b", "f", "e"]
    assert asked == [(1, 3), (4, 2)]


@given(st.lists(st.integers(0, 3), max_size=8), st.randoms(use_true_random=False))
def test_whatever_is_drawn_no_target_is_lost_and_preferences_never_fall(preferences: list[int], random: object) -> None:
    listed = [Target(p, f"h{k}", str(k)) for k, p in enumerate(sorted(preferences))]

    def drawn(group: int, n: int) -> list[int]:
        order = list(range(n))
        random.shuffle(order)  # type: ignore[attr-defined]
        return order

    ordered = best_first(listed, drawn)
    assert sorted(ordered) == sorted(listed)
    assert [t.preference for t in ordered] == sorted(preferences)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abcdef")), min_size=1, max_size=6, unique_by=lambda r: r[1]),
    st.sampled_from("abcdefx"),
)
def test_the_own_host_rule_by_brute_force(records: list[tuple[int, str]], me: str) -> None:
    hosts = sorted(records, key=lambda r: r[0])
    found = targets(hosts, own={me}, **{host: a(f"192.0.2.{ord(host)}") for _, host in hosts})  # type: ignore[arg-type]
    mine = [preference for preference, host in hosts if host == me]
    better = [(p, h) for p, h in hosts if not mine or p < mine[0]]
    if better:
        assert [(t.preference, t.host) for t in found] == better  # type: ignore[attr-defined]
    else:
        assert found == NoRoute(Why.MX_SELF, True, "5.4.6")


# -- trouble with DNS, and who takes it for something else ---------------------------------------------------------------

BOUNCING = mta_figures("postfix", {"dns_trouble": "bounce"})
GUESSING = mta_figures("postfix", {"dns_trouble": "address"})


@pytest.mark.parametrize("rcode", [Rcode.SERVFAIL, Rcode.REFUSED, Rcode.TIMEOUT])
def test_some_bounce_on_trouble_and_some_call_the_domain_itself(rcode: int) -> None:
    found = mx_hosts("example.com", Answer(rcode), BOUNCING)
    assert isinstance(found, NoRoute)
    assert (found.permanent, found.status) == (True, "5.4.3")
    assert mx_hosts("example.com", Answer(rcode), GUESSING) == [(0, "example.com")]


def test_trouble_with_the_address_of_the_only_host_bounces_too() -> None:
    assert targets([(10, "mx1")], figures=BOUNCING, mx1=Answer(Rcode.SERVFAIL)) == NoRoute(Why.DNS_SERVFAIL, True, "5.4.3")
    assert targets([(10, "mx1")], figures=GUESSING, mx1=Answer(Rcode.SERVFAIL)) == NoRoute(Why.DNS_SERVFAIL, False, "4.4.3")
