"""Counting what a client does: Postfix anvil(8); units of 60 s here."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailsim.rules.limits import ClientLimits, Deed, counted, judged


def connections(*instants: int) -> list[Deed]:
    return [Deed(t, False) for t in instants]


def test_a_unit_begins_with_a_deed_and_the_next_begins_with_the_first_deed_after_it() -> None:
    deeds = connections(0, 10, 60, 61, 100, 121, 122)
    # 0, 10 and 60 are in the first unit (its end belongs to it: anvil.c compares with <), 61, 100 and 121 in the second
    assert [counted(deeds, t, 60)[:2] for t in (0, 10, 60, 61, 100, 121, 122)] == [
        (0, 1), (0, 2), (0, 3), (61, 1), (61, 2), (61, 3), (122, 1),
    ]  # fmt: skip


def test_what_comes_later_does_not_count_yet() -> None:
    assert counted(connections(0, 10, 20), 15, 60) == (0, 2, 0)


def test_messages_and_connections_share_a_unit() -> None:
    assert counted([Deed(0, False), Deed(1, True), Deed(2, True), Deed(61, True)], 61, 60) == (61, 0, 1)


@given(st.lists(st.integers(0, 500), max_size=40).map(sorted), st.integers(1, 100))
def test_dropping_what_lies_before_the_running_unit_changes_nothing(instants: list[int], unit: int) -> None:
    deeds = connections(*instants)
    for t in instants:
        begin, n, m = counted(deeds, t, unit)
        assert counted([deed for deed in deeds if deed.t_us >= begin], t, unit) == (begin, n, m)
        assert 1 <= n <= len(deeds)


def test_each_limit_says_what_it_is_about() -> None:
    limits = ClientLimits(2, 3, 4, 60)

    def said(*, message: bool = False, at_once: int = 1, made: int = 1, messages: int = 1) -> str:
        found = judged(limits, "192.0.2.9", message=message, at_once=at_once, connections=made, messages=messages)
        return "" if found is None else str(found)

    assert said(at_once=2, made=3) == ""
    assert said(at_once=3) == said(made=4) == "421 4.7.0 Error: too many connections from 192.0.2.9"
    assert said(message=True, at_once=3, made=4, messages=4) == ""
    assert said(message=True, messages=5) == "450 4.7.1 Error: too much mail from 192.0.2.9"
