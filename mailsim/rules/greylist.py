"""Greylisting: whether a client that names a sender and a recipient is let in now, and what is remembered of it (RFC 6647).

The rule is that of Postgrey 1.37 (``smtpd_access_policy``); what it would only notice at its nightly cleaning counts at once.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import NamedTuple

from mailsim.rules.conditions import FOREVER
from mailsim.rules.cues import GREYLISTED
from mailsim.rules.smtp import Reply

__all__ = ["Greylisting", "Known", "Regular", "Visit", "network_of", "put_off", "triplet", "visit"]

#: a client's successes count once in an hour (Postgrey ``smtpd_access_policy``: 3600)
SUCCESS_EVERY_US = 3_600_000_000


class Greylisting(NamedTuple):
    """The figures, durations in microseconds.

    ``auto_whitelist``: so many successes make a client's address welcome for good (0: never).  ``network``, ``network_v6``: so
    many bits of the client's address count in the triplet.  The bare rule, with a delay only, knows no bounds of time.
    """

    delay_us: int
    retry_window_us: int = FOREVER
    max_age_us: int = FOREVER
    auto_whitelist: int = 0
    network: int = 32
    network_v6: int = 128

    @property
    def bare(self) -> bool:
        """Whether there is nothing but a delay."""
        return self == Greylisting(self.delay_us)


class Known(NamedTuple):
    """What is remembered of a triplet: when it came first and last."""

    first_us: int
    last_us: int


class Regular(NamedTuple):
    """What is remembered of a client: its successes, and when the last one was counted."""

    successes: int
    last_us: int


class Visit(NamedTuple):
    """What comes of a visit: whether it is let in, and what is remembered from then on (None: as before)."""

    welcome: bool
    known: Known | None
    regular: Regular | None


def network_of(client: str, rules: Greylisting) -> str:
    """The part of a client's address that counts; what is no address counts as it stands.

    >>> network_of("203.0.113.77", Greylisting(300, network=24)), network_of("world.test", Greylisting(300, network=24))
    ('203.0.113.0/24', 'world.test')
    """
    try:
        version = ip_address(client).version
    except ValueError:
        return client
    return str(ip_network(f"{client}/{rules.network if version == 4 else rules.network_v6}", strict=False))


def triplet(rules: Greylisting, client: str, sender: str, recipient: str) -> str:
    """The key under which a visit is remembered; upper and lower case are the same (Postgrey)."""
    return f"{network_of(client, rules)}/{sender}/{recipient}".lower()


def visit(rules: Greylisting, known: Known | None, regular: Regular | None, t_us: int) -> Visit:
    """Whether who comes at ``t_us`` is let in.

    Parameters
    ----------
    rules : Greylisting
        The figures.
    known, regular : Known or None, Regular or None
        What is remembered of the triplet and of the client.
    t_us : int
        The instant of RCPT.

    Notes
    -----
    A triplet is let in once it came first at least ``delay`` ago.  One that never was let in and came first more than
    ``retry_window`` ago starts anew; what was not seen for ``max_age`` is forgotten, triplet and client alike.  The first time
    that a triplet is let in is a success of its client's address, counted if none was counted in the hour before.

    >>> rules = Greylisting(300)
    >>> first = visit(rules, None, None, 0)
    >>> first.welcome, visit(rules, first.known, None, 299).welcome, visit(rules, first.known, None, 300).welcome
    (False, False, True)
    """
    if regular is not None and t_us - regular.last_us > rules.max_age_us:
        regular = None
    if rules.auto_whitelist and regular is not None and regular.successes >= rules.auto_whitelist:
        again = t_us >= regular.last_us + SUCCESS_EVERY_US
        return Visit(True, None, Regular(regular.successes + 1, t_us) if again else None)
    if known is not None and t_us - known.last_us > rules.max_age_us:
        known = None
    first = t_us if known is None else known.first_us
    before = known is not None and known.last_us - known.first_us >= rules.delay_us
    if not before and t_us - first > rules.retry_window_us:
        first = t_us
    welcome = t_us - first >= rules.delay_us
    counted = None
    if rules.auto_whitelist and welcome and not before and (regular is None or t_us >= regular.last_us + SUCCESS_EVERY_US):
        counted = Regular((regular.successes if regular is not None else 0) + 1, t_us)
    return Visit(welcome, Known(first, t_us), counted)


def put_off(rules: Greylisting, recipient: str) -> Reply:
    """What a stranger is told: 450 4.2.0 by way of Postfix (Postgrey ``--greylist-text``, ``--greylist-action`` DEFER_IF_PERMIT)."""
    if rules.bare:
        return GREYLISTED
    domain = recipient.rpartition("@")[2]
    where = f"http://postgrey.schweikert.ch/help/{domain}.html"
    return Reply(450, "4.2.0", f"<{recipient}>: Recipient address rejected: Greylisted, see {where}")
