"""Aliases: the addresses that an address stands for at the server where it is final (RFC 5321 section 3.9.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["expanded"]


def expanded(aliases: Mapping[str, Sequence[str]], address: str) -> tuple[str, ...]:
    """Where mail for an address goes, each place once, in the order of the lists.

    An address that is its own ancestor is taken as it stands, so that a circle within one server ends in a mailbox (Exim spec
    chapter 22, redirect router: an address is not redirected by what it came from).  Upper and lower case are the same.

    >>> expanded({"info@a.test": ["team@a.test"], "team@a.test": ["bob@a.test", "team@a.test"]}, "info@a.test")
    ('bob@a.test', 'team@a.test')
    """
    found: dict[str, str] = {}

    def follow(one: str, ancestors: tuple[str, ...]) -> None:
        key = one.lower()
        if key in ancestors or key not in aliases:
            found.setdefault(key, one)
            return
        for target in aliases[key]:
            follow(target, (*ancestors, key))

    follow(address, ())
    return tuple(found.values())
