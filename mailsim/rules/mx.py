"""From an MX answer to the ordered targets of a message (RFC 5321 section 5.1, RFC 7505), with each program's switches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from mailsim.rules.dns.records import Rcode
from mailsim.rules.dns.zones import Answer
from mailsim.rules.reasons import Why

__all__ = ["NoRoute", "Switches", "Target", "best_first", "both", "is_address", "is_loopback", "mx_hosts", "mx_targets"]


class Target(NamedTuple):
    """An address to try: MX preference, host name, address."""

    preference: int
    host: str
    address: str


class NoRoute(NamedTuple):
    """There is nowhere to go: why, whether for good (then it bounces), and the enhanced status to report."""

    why: Why
    permanent: bool
    status: str


class Switches(Protocol):
    """What differs from program to program: figures of the flavour."""

    @property
    def mx_to_address(self) -> str:
        """What an address where a name should stand means: ``deliver``, ``unusable``, or ``bounce`` for the whole domain."""
        ...

    @property
    def mx_to_loopback(self) -> str:
        """What a host at the own machine means: ``bounce`` (a loop), ``skip``."""
        ...

    @property
    def mx_to_self(self) -> str:
        """What is done where the MTA itself is the best: ``bounce``, ``freeze`` or ``defer``."""
        ...

    @property
    def mx_trouble(self) -> str:
        """Whether a host without answer ``defers`` where no other is left, or is ``forgiven``."""
        ...

    @property
    def dns_trouble(self) -> str:
        """Trouble with a lookup: ``defer``, ``bounce``, or for the MX itself the domain's own ``address``."""
        ...

    @property
    def null_mx(self) -> str:
        """``bounce`` or ``defer`` (RFC 7505 wants a bounce)."""
        ...

    @property
    def status_null_mx(self) -> str:
        """Enhanced status for a null MX."""
        ...

    @property
    def status_no_domain(self) -> str:
        """Enhanced status for a domain that does not exist."""
        ...

    @property
    def status_no_route(self) -> str:
        """Enhanced status where no host has an address."""
        ...

    @property
    def status_loop(self) -> str:
        """Enhanced status where the MTA itself is the best."""
        ...


_TEMPORARY = {
    Rcode.SERVFAIL: Why.DNS_SERVFAIL,
    Rcode.REFUSED: Why.DNS_REFUSED,
    Rcode.TIMEOUT: Why.DNS_TIMEOUT,
}


def is_address(host: str) -> bool:
    """An IPv4 address where a name should stand: ``10.0.0.1`` (RFC 2181 section 10.3 wants a name)."""
    parts = host.split(".")
    return len(parts) == 4 and all(p.isascii() and p.isdigit() and int(p) < 256 for p in parts)


def is_loopback(address: str) -> bool:
    """An address of the own machine (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3)."""
    return address.startswith("127.") or address == "::1"


def mx_hosts(domain: str, answer: Answer, figures: Switches) -> list[tuple[int, str]] | NoRoute:
    """The MX hosts of a domain, best first, or why there are none.

    Parameters
    ----------
    domain : str
        The recipient's domain.
    answer : Answer
        What came back for its MX.
    figures : MtaFigures
        The program's switches.

    Returns
    -------
    list of (int, str) or NoRoute
        (preference, host) sorted by preference, equals in the order of the answer; the domain itself with preference 0
        where there is no MX (implicit MX).
    """
    if answer.rcode in _TEMPORARY:
        return [(0, domain)] if figures.dns_trouble == "address" else _no_answer(_TEMPORARY[answer.rcode], figures)
    if answer.rcode == Rcode.NXDOMAIN:
        return NoRoute(Why.DOMAIN_MISSING, True, figures.status_no_domain)
    records = sorted(answer.rdatas, key=lambda r: r[0])
    if not records:
        return [(0, domain)]
    usable = [(preference, host) for preference, host in records if host]
    if not usable:
        return NoRoute(Why.NULL_MX, figures.null_mx == "bounce", figures.status_null_mx)
    return usable


def _no_answer(why: Why, figures: Switches) -> NoRoute:
    """A name could not be looked up now: the mail is queued (RFC 5321 section 5.1), or returned by who knows no better."""
    bounces = figures.dns_trouble == "bounce"
    return NoRoute(why, bounces, "5.4.3" if bounces else "4.4.3")


def both(one: Answer, other: Answer) -> Answer:
    """The answers for A and AAAA of one host as one: all addresses there are; without any, trouble with either counts."""
    if one.rdatas and other.rdatas:
        return one._replace(rdatas=(*one.rdatas, *other.rdatas))
    return other if other.rdatas or (not one.rdatas and other.rcode in _TEMPORARY) else one


def mx_targets(
    hosts: Sequence[tuple[int, str]],
    addresses: Mapping[str, Answer],
    *,
    implicit: bool,
    own: frozenset[str],
    figures: Switches,
) -> tuple[Target, ...] | NoRoute:
    """Addresses to try, sorted by preference; equals still in the order of the answers (see :func:`best_first`).

    Parameters
    ----------
    hosts : sequence of (int, str)
        From :func:`mx_hosts`, best first.
    addresses : mapping of str to Answer
        What came back for each host's address.
    implicit : bool
        There was no MX record: the host is the domain itself.
    own : frozenset of str
        Names and addresses of the MTA itself: it drops itself and everything no better (RFC 5321 section 5.1).
    figures : MtaFigures
        The program's switches.

    Notes
    -----
    ``mx_trouble``: a host whose address can't be looked up now ``defers`` where no other host is of use; or it is ``forgiven``
    as soon as any host of the list got an answer, be it that it has no address (Courier, rfc1035mxlist.c: then the list may be
    empty for good, or begin with the own host).
    """
    found: list[Target] = []
    trouble: Why | None = None
    if figures.mx_to_address == "bounce" and any(is_address(host) for _, host in hosts):
        return NoRoute(Why.MX_UNUSABLE, True, figures.status_no_route)
    forgiven = figures.mx_trouble == "forgiven" and any(answer.rcode not in _TEMPORARY for answer in addresses.values())
    for preference, host in hosts:
        if is_address(host):
            if figures.mx_to_address == "deliver":
                found.append(Target(preference, host, host))
            continue
        answer = addresses[host]
        if answer.rcode in _TEMPORARY and not forgiven:
            trouble = _TEMPORARY[answer.rcode]
        found.extend(Target(preference, host, address) for address in answer.rdatas)
    if figures.mx_to_loopback == "skip":
        others = [target for target in found if not is_loopback(target.address)]
        found = others or (found if figures.mx_to_self == "bounce" else [])  # with nothing else it is the loop that it is
    limit = min((t.preference for t in found if t.host in own or t.address in own or is_loopback(t.address)), default=None)
    if limit is not None:
        best = found[0].preference
        found = [target for target in found if target.preference < limit]
        better = hosts[0][0] < best and figures.mx_trouble == "defers"
        if not found and better:  # a better host is listed but has no address now (Postfix smtp_addr.c)
            return NoRoute(trouble or Why.MX_UNUSABLE, False, "4.4.4")
        if not found:
            return NoRoute(Why.MX_SELF, figures.mx_to_self == "bounce", figures.status_loop)
    if found:
        return tuple(found)
    if trouble is not None:
        return _no_answer(trouble, figures)
    return NoRoute(Why.NO_MX_NO_ADDRESS if implicit else Why.MX_UNUSABLE, True, figures.status_no_route)


def best_first(targets: Sequence[Target], order: Callable[[int, int], Sequence[int]]) -> Sequence[Target]:
    """Targets with equals in random order, as the standard demands.

    Parameters
    ----------
    targets : sequence of Target
        Sorted by preference.
    order : callable
        ``order(group, n)`` gives a permutation of ``range(n)`` for the group that starts at index ``group``.
    """
    result: list[Target] = []
    start = 0
    while start < len(targets):
        stop = start + 1
        while stop < len(targets) and targets[stop].preference == targets[start].preference:
            stop += 1
        if stop - start == 1:
            result.append(targets[start])
        else:
            # by name first: a resolver hands the records out in changing orders, and what is drawn must not hang on that
            equals = sorted(targets[start:stop], key=lambda target: (target.host, target.address))
            result.extend(equals[k] for k in order(start, stop - start))
        start = stop
    return result
