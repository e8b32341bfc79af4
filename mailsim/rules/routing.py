"""Which host OpenSMTPD connects to next, and when: routes that are new, valid, disabled or forgotten (mta.c, limit.c).

A *route* is the way from a source address to the address of a host.  It is new until a session over it got past EHLO; at most
one connection is made over a new route, and when that fails the route is disabled for ``penalty * n^2`` (``n`` failures), an
hour at most.  The program reckons in whole seconds of its own clock: ticks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from mailsim.rules.dns.records import Rcode
from mailsim.rules.dns.zones import Answer
from mailsim.rules.mx import NoRoute, Switches, Target, mx_hosts
from mailsim.rules.reasons import Why

__all__ = ["Choice", "Limits", "Route", "chosen", "found_hosts", "found_targets"]


#: before every tick
NEVER = -(1 << 62)


class Limits(Protocol):
    """What the choice needs of the program's figures (limit.c), in ticks."""

    @property
    def per_route(self) -> int:
        """Connections over one route at a time."""
        ...

    @property
    def route_pause(self) -> int:
        """From one connection over a route to the next."""
        ...

    @property
    def reconnect_pause(self) -> int:
        """From the end of a connection over a route to the next."""
        ...

    @property
    def penalty(self) -> int:
        """A route whose first connection fails is disabled for so long."""
        ...

    @property
    def penalty_most(self) -> int:
        """No route is disabled for longer."""
        ...


class Route:
    """The way to one address.  What happens to a route by itself is worked out when somebody looks."""

    __slots__ = ("connections", "disabled_until", "fresh", "held", "last_closed", "last_connected", "last_penalty", "penalty")

    def __init__(self) -> None:
        self.connections = 0
        self.held = False  #: somebody else than a connection has it in hand, so that it is not forgotten now
        self.fresh = True  #: no session over it got past EHLO yet
        self.disabled_until = -1  #: -1: it is enabled
        self.penalty = 0
        self.last_penalty = 0
        self.last_connected = self.last_closed = NEVER

    def settle(self, tick: int, limits: Limits) -> None:
        """Enable it if its time has come, and forget what it was when nobody has used it for a while.

        Enabling takes one off the penalty (mta.c ``mta_route_enable``); a route that nobody uses is kept for as long as its
        penalty, or a delay before its next connection, lasts (``mta_route_unref``).
        """
        if 0 <= self.disabled_until <= tick:
            self.last_penalty, self.disabled_until = self.disabled_until, -1
            self.fresh = True
            self.penalty = max(self.penalty - 1, 0)
        if self.connections or self.held or self.disabled_until >= 0:
            return
        while self.penalty and (kept := self.last_penalty + _disabled_for(self.penalty, limits)) <= tick:
            self.penalty, self.last_penalty = self.penalty - 1, kept
        if not self.penalty and self.last_connected + limits.route_pause <= tick:
            self.fresh, self.last_closed = True, NEVER

    def fail(self, tick: int, limits: Limits) -> None:
        """Its first connection failed: disabled (mta.c ``mta_route_disable``)."""
        self.penalty += 1
        self.last_penalty = tick
        self.disabled_until = tick + _disabled_for(self.penalty, limits)


def _disabled_for(penalty: int, limits: Limits) -> int:
    return min(limits.penalty * penalty * penalty, limits.penalty_most)


class Choice(NamedTuple):
    """What the search came to: a target, or the tick at which it may be had, or why there will be none."""

    target: Target | None = None
    #: not before this tick; 0 for no such limit
    wait_until: int = 0
    #: connections are at their limit, or the only one over a new route is not decided yet
    limited: bool = False
    #: no host is left: ``MX_SELF`` for none that may be used at all
    error: Why = Why.NONE


def chosen(targets: Sequence[Target], route_of: Callable[[str], Route], tick: int, limits: Limits, *, below: int | None = None) -> Choice:
    """The target for a connection at ``tick`` (mta.c ``mta_find_route``).

    Parameters
    ----------
    targets : sequence of Target
        Sorted by preference, equals as they came.
    route_of : callable
        The route to an address, settled.
    below : int, optional
        A backup MX uses only hosts of smaller preference numbers than its own.

    Notes
    -----
    Among equals the one with the fewest connections is taken.  A worse preference is looked at only when every better host is
    disabled: not while one is pending, full, or to be left alone for a moment.  So with hosts that drop packets, each given up
    after 300 s and disabled for 15 s, only the best two are ever tried (OpenSMTPD 6.8.0p2 observed, ``six_mx_timeout``).
    """
    best: Route | None = None
    target: Target | None = None
    level, wait, limited, seen, disabled = -1, 0, False, False, False
    for mx in targets:
        if mx.preference > level:
            if best is not None or limited or wait or (below is not None and mx.preference >= below):
                break
            level = mx.preference
        seen = True
        route = route_of(mx.address)
        if route.disabled_until >= 0:
            disabled = True
        elif (route.connections and route.fresh) or route.connections >= limits.per_route:
            limited = True
        elif (ready := max(route.last_connected + limits.route_pause, route.last_closed + limits.reconnect_pause)) > tick:
            after = route.last_connected + limits.route_pause
            ready = after if after > tick else ready
            wait = ready if not wait else min(wait, ready)
        elif best is None or route.connections < best.connections:
            best, target = route, mx
    if target is not None:
        return Choice(target)
    if not seen:
        return Choice(error=Why.MX_SELF)
    if limited or wait:
        return Choice(limited=limited, wait_until=wait)
    assert disabled
    return Choice(error=Why.DESTINATION_DEAD)


def found_hosts(domain: str, answer: Answer, figures: Switches) -> list[tuple[int, str]] | NoRoute:
    """MX hosts of a domain, best first (dns.c ``dns_dispatch_mx``).

    A refused question counts as an invalid name and bounces (OpenSMTPD 6.8.0p2 observed, ``dns_refused_recover``).
    """
    if answer.rcode == Rcode.REFUSED:
        return NoRoute(Why.DNS_REFUSED, True, figures.status_no_domain)
    return mx_hosts(domain, answer, figures)


def found_targets(hosts: Sequence[tuple[int, str]], addresses: dict[str, Answer], *, implicit: bool) -> tuple[Target, ...] | NoRoute:
    """All addresses of all hosts; without any the mail waits, whatever the reason (mta.c ``mta_on_mx``, ``DNS_ENOTFOUND``)."""
    found = [
        Target(preference, host, address)
        for preference, host in hosts
        for address in (addresses[host].rdatas if host in addresses else (host,))
    ]
    if found:
        return tuple(found)
    temporary = {Rcode.SERVFAIL: Why.DNS_SERVFAIL, Rcode.REFUSED: Why.DNS_REFUSED, Rcode.TIMEOUT: Why.DNS_TIMEOUT}
    trouble = [temporary[answer.rcode] for answer in addresses.values() if answer.rcode in temporary]
    return NoRoute(trouble[0] if trouble else Why.NO_MX_NO_ADDRESS if implicit else Why.MX_UNUSABLE, False, "4.4.4")
