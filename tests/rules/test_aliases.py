"""What an address stands for at its final server."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailsim.rules.aliases import expanded

LISTS = {
    "info@a": ("bob@a", "team@a", "eve@b"), "team@a": ("cas@a", "bob@a"), "bob@a": ("bob@a", "old@c"),
    "x@a": ("y@a",), "y@a": ("x@a",),
}  # fmt: skip


def test_an_address_without_a_list_stands_for_itself() -> None:
    assert expanded(LISTS, "Cas@a") == ("Cas@a",)


def test_lists_in_lists_are_followed_and_each_place_comes_once() -> None:
    assert expanded(LISTS, "INFO@a") == ("bob@a", "old@c", "cas@a", "eve@b")


def test_who_is_in_its_own_list_has_a_mailbox_too() -> None:
    assert expanded(LISTS, "bob@a") == ("bob@a", "old@c")


def test_a_circle_ends_where_it_began() -> None:
    assert expanded(LISTS, "x@a") == ("x@a",)
    assert expanded(LISTS, "y@a") == ("y@a",)


ADDRESSES = st.sampled_from([f"u{k}@a" for k in range(6)])


@given(st.dictionaries(ADDRESSES, st.lists(ADDRESSES, min_size=1, max_size=3)), ADDRESSES)
def test_whatever_the_lists_are_there_is_an_end_and_somebody_gets_the_mail(lists: dict[str, list[str]], address: str) -> None:
    found = expanded(lists, address)
    assert len(set(found)) == len(found) >= 1
    assert set(found) <= {address, *(target for targets in lists.values() for target in targets)}
