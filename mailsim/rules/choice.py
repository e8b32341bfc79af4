"""Which of a message's targets are tried, and in which order: each program's choice among what the MX records give.

RFC 5321 section 5.1 wants the smallest preference number first, equals in random order and every other host after it; who
deviates has figures that say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from mailsim.rules.mx import Target, best_first

__all__ = ["LAST_RESORT", "OWN_ADDRESS", "Choice", "address_types", "limited", "ordered", "same_nexthop"]

#: the domain's own address, for who tries it after all MX hosts; preferences have 16 bits (RFC 1035 section 3.3.9)
OWN_ADDRESS = 1 << 16

#: a fallback relay counts as so much worse than any MX
LAST_RESORT = 1 << 17


class Choice(Protocol):
    """What differs from program to program: figures of the flavour."""

    @property
    def mx_choice(self) -> str:
        """``best_first``, or ``worst_first``, ``best_only``, ``worst_only``, ``sticky``."""
        ...

    @property
    def equal_preference(self) -> str:
        """Equals ``shuffled``, or as they are ``listed`` in the answer."""
        ...

    @property
    def address_family(self) -> str:
        """``any``, ``ipv6_first``, ``ipv4_first``, ``ipv6_only`` or ``ipv4_only``."""
        ...

    @property
    def balances_families(self) -> bool:
        """Whether the address limit leaves room for both families."""
        ...

    @property
    def address_limit(self) -> int | None:
        """Most addresses that are tried in one attempt."""
        ...

    @property
    def worse_preference_beyond_limit(self) -> bool:
        """Whether hosts of a worse preference are tried beyond that limit."""
        ...


def address_types(figures: Choice, *, has_ipv6: bool) -> tuple[str, ...]:
    """The record types that are asked for to find a host's addresses (AAAA costs nothing where no zone has any)."""
    if figures.address_family == "ipv6_only":
        return ("AAAA",)
    return ("A", "AAAA") if has_ipv6 and figures.address_family != "ipv4_only" else ("A",)


def ordered(targets: Sequence[Target], order: Callable[[int, int], Sequence[int]], figures: Choice) -> tuple[Target, ...]:
    """Targets in the order in which the program tries them; those that it never tries are left out.

    Parameters
    ----------
    targets : sequence of Target
        Sorted by preference, equals in the order of the answers.
    order : callable
        As for :func:`mailsim.rules.mx.best_first`.
    figures : MtaFigures
        The program's choice.

    Notes
    -----
    ``mx_choice``: ``worst_first`` begins with the largest number, as spammers do who hope for a weaker filter there;
    ``worst_only`` and ``best_only`` try the first host of that order alone, with all its addresses; so does ``sticky``, and
    whoever calls must keep to it for the life of the message.

    ``address_family`` sorts within one preference (Exim, host.c: "within a single MX preference value, IPv6 addresses come
    first"; Postfix, dns_rr_compare_pref_ipv6); ``any`` leaves both families mixed, as Postfix does by default.
    """
    listed = list(targets) if figures.equal_preference == "listed" else list(best_first(targets, order))
    if figures.address_family in ("ipv6_first", "ipv4_first"):
        first = figures.address_family == "ipv6_first"
        listed.sort(key=lambda target: (target.preference, (":" in target.address) != first))
    mx = [target for target in listed if target.preference < LAST_RESORT]
    if figures.mx_choice in ("worst_first", "worst_only"):
        mx.sort(key=lambda target: -target.preference)
    if figures.mx_choice in ("worst_only", "best_only", "sticky"):
        mx = [target for target in mx if target.host == mx[0].host]
    return (*mx, *listed[len(listed) - sum(target.preference >= LAST_RESORT for target in listed) :])


def same_nexthop(one: Target, other: Target) -> bool:
    """Whether both are hosts of the domain, or both of the fallback relay."""
    return (one.preference >= LAST_RESORT) == (other.preference >= LAST_RESORT)


def limited(targets: Sequence[Target], figures: Choice) -> Sequence[Target]:
    """The addresses that the program is ready to try in one attempt.

    The limit is one for the domain's hosts and one more for the fallback relay's (Postfix, smtp_connect.c: "MX address counts
    per next-hop or fall-back destination").
    """
    limit = figures.address_limit
    if limit is None or len(targets) <= limit:
        return targets
    relays = [target for target in targets if target.preference >= LAST_RESORT]
    if not relays:
        return _limited(targets, limit, figures)
    hosts = [target for target in targets if target.preference < LAST_RESORT]
    return [*_limited(hosts, limit, figures), *_limited(relays, limit, figures)]


def _limited(targets: Sequence[Target], limit: int, figures: Choice) -> Sequence[Target]:
    if len(targets) <= limit:
        return targets
    if figures.balances_families:
        targets = _balanced(targets, limit)
    kept = list(targets[:limit])
    if figures.worse_preference_beyond_limit:
        for target in targets[limit:]:
            if target.preference > kept[-1].preference:
                kept.append(target)
    return kept


def _balanced(targets: Sequence[Target], limit: int) -> Sequence[Target]:
    """So many of each family that neither crowds the other out (Postfix, smtp_addr.c ``smtp_balance_inet_proto``)."""
    six = sum(":" in target.address for target in targets)
    four = len(targets) - six
    if not six or not four:
        return targets
    if six <= limit // 2:
        room = {True: six, False: limit - six}
    elif four <= limit // 2:
        room = {True: limit - four, False: four}
    else:
        of_four = (limit + (":" not in targets[0].address)) // 2
        room = {True: limit - of_four, False: of_four}
    return list(_within(targets, room))


def _within(targets: Iterable[Target], room: dict[bool, int]) -> Iterable[Target]:
    for target in targets:
        family = ":" in target.address
        if room[family] > 0:
            room[family] -= 1
            yield target
