"""Where a message goes: MX and addresses of a domain, asked for or remembered while the cached answers behind them hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mailsim.nodes.lookups import asked
from mailsim.nodes.plan import Window, remembered
from mailsim.nodes.world import Life
from mailsim.rules import sts
from mailsim.rules.choice import LAST_RESORT, OWN_ADDRESS
from mailsim.rules.dns import Answer, Question, Rcode
from mailsim.rules.mx import NoRoute, Target, both, is_address, mx_hosts, mx_targets
from mailsim.rules.reasons import Why

if TYPE_CHECKING:
    from mailsim.nodes.attempt import Agent, Item

__all__ = ["RouteEntry", "find_route"]

#: an MX set that is empty because nobody asked for it
NO_MX = Answer(Rcode.NOERROR)

SECOND_US = 1_000_000


class RouteEntry(NamedTuple):
    """A route that holds while the cached answers behind it do."""

    window: Window
    route: tuple[Target, ...] | NoRoute


class _Way(NamedTuple):
    """What looking for one next hop gave; ``is_mx``: the MTA itself is among its MX hosts."""

    route: tuple[Target, ...] | NoRoute
    is_mx: bool = False


def find_route(mta: Agent, item: Item, t_us: int) -> Life:
    """MX and addresses of the item's domain: gives ``(instant, targets or NoRoute)``; the instant may lie ahead."""
    known = mta.routes.get(item.domain)
    if known is not None and mta.log.rows is None:
        window = known.window
        if window.from_us <= t_us and t_us + window.delay_us < window.until_us:
            return t_us + window.delay_us, known.route
    figures = mta.figures
    start, questions = t_us, list[Question]()
    t_us, way = yield from _way_to(mta, item, figures.smarthost or item.domain, t_us, questions)
    route: tuple[Target, ...] | NoRoute = way.route if figures.smarthost is None else _of_a_relay(mta, way.route)
    if figures.fallback_relay is not None and not way.is_mx:
        t_us, route = yield from _with_fallback(mta, item, route, t_us, questions)
    held = remembered(mta, questions, start, t_us) if mta.log.rows is None else None
    if held is not None:
        mta.routes[item.domain] = RouteEntry(held, route)
    return t_us, route


def _way_to(mta: Agent, item: Item, nexthop: str, t_us: int, questions: list[Question]) -> Life:
    """The targets of a domain, or of a host in brackets, whose MX is not asked for; gives ``(instant, _Way)``."""
    figures = mta.figures
    if nexthop.startswith("["):
        answer, hosts = NO_MX, [(0, nexthop.strip("[]").rstrip(".").lower())]
    else:
        if figures.asks_sts or (figures.sts and nexthop not in mta.world.compiled.policies):
            # whatever the answer says, since no policy is to be had (RFC 8461 section 3.1)
            questions.append(Question(f"{sts.NAME}{nexthop}", "TXT"))
            t_us, _ = yield from asked(mta, item.number, questions[-1], t_us, item.attempt)
        questions.append(Question(nexthop, "MX"))
        sent = t_us
        t_us, answer = yield from asked(mta, item.number, questions[-1], t_us, item.attempt)
        found = mx_hosts(nexthop, answer, figures)
        if isinstance(found, NoRoute):
            if found.permanent or not _forgotten(mta, sent, t_us):
                return t_us, _Way(found)
            found = [(0, nexthop)]
        hosts = found
    t_us, addresses = yield from _addresses(mta, item, [host for _, host in hosts], t_us, questions)
    route = mx_targets(hosts, addresses, implicit=not answer.rdatas, own=mta.own, figures=figures)
    is_mx = any(host in mta.own or not mta.own.isdisjoint(addresses[host].rdatas) for _, host in hosts if host in addresses)
    if figures.address_fallback and answer.rdatas and (not isinstance(route, NoRoute) or route.why == Why.MX_UNUSABLE):
        t_us, there = yield from _addresses(mta, item, [nexthop], t_us, questions)
        more = tuple(Target(OWN_ADDRESS, nexthop, address) for address in there[nexthop].rdatas)
        route = (*(() if isinstance(route, NoRoute) else route), *more) or route
    return t_us, _Way(route, is_mx)


def _addresses(mta: Agent, item: Item, hosts: list[str], t_us: int, questions: list[Question]) -> Life:
    """What comes back for the addresses of hosts: gives ``(instant, answer by host)``."""
    addresses: dict[str, Answer] = {}
    for host in hosts:
        if host in addresses or is_address(host):
            continue
        if mta.figures.host_lookup == "insists":
            t_us, addresses[host] = yield from _insisting(mta, item, host, t_us, questions)
            continue
        for rtype in mta.address_types:
            questions.append(Question(host, rtype))
            t_us, found_there = yield from asked(mta, item.number, questions[-1], t_us, item.attempt)
            addresses[host] = both(addresses[host], found_there) if host in addresses else found_there
    return t_us, addresses


def _of_a_relay(mta: Agent, route: tuple[Target, ...] | NoRoute) -> tuple[Target, ...] | NoRoute:
    """Trouble with a relay that was configured is taken for a slip that somebody will mend, or for what it looks like."""
    if isinstance(route, NoRoute) and mta.figures.relay_trouble == "defer":
        return route._replace(permanent=False, status=f"4{route.status[1:]}")
    return route


def _forgotten(mta: Agent, asked_us: int, now_us: int) -> bool:
    """Whether the trouble with an MX question is no longer known when the domain itself is to be called.

    sendmail notes such trouble as the status of the domain, dated when it began to ask, and forgets it after
    ``Timeout.hoststatus``, in whole seconds of the wall clock (deliver.c ``hostsignature``, mci.c ``mci_get``).  Then it takes
    the domain for a host of its own name (sendmail 8.17.1.9 observed with 1 s: silence is forgotten, SERVFAIL is not).
    """
    memory = mta.figures.host_status
    if memory is None:
        return False
    origin = mta.memory.origin_us
    return (now_us - origin) // SECOND_US - (asked_us - origin) // SECOND_US >= memory // SECOND_US


def _insisting(mta: Agent, item: Item, host: str, t_us: int, questions: list[Question]) -> Life:
    """AAAA and A, each up to four times while there is trouble: as it stands, again, with the search domain, again.

    sendmail asks for the name with its final dot, then without it (the C library adds the search domain), then once more; what
    counts of the A questions is the last answer (daemon.c ``makeconnection``; sendmail 8.17.1.9 observed).  A name that surely
    has no address is asked for as often, which costs nothing: left out here.  Where there are IPv6 addresses it asks for the
    others only when all of these have failed ("retrying with AF_INET"): here at once, since an answer from a cache costs next
    to nothing.
    """
    last, found = NO_MX, None
    left_out = {"ipv4_only": "AAAA", "ipv6_only": "A"}.get(mta.figures.address_family)
    for rtype in ("AAAA", "A"):
        for name in (host, host, f"{host}.{mta.search}" if mta.search else "", host):
            if not name or rtype == left_out:
                continue
            questions.append(Question(name, rtype))
            t_us, answer = yield from asked(mta, item.number, questions[-1], t_us, item.attempt)
            if answer.rdatas:
                found = answer if found is None else both(found, answer)
                break
            if name == host:
                last = answer
            if last.rcode in (Rcode.NOERROR, Rcode.NXDOMAIN):
                break
    return t_us, last if found is None else found


def _with_fallback(mta: Agent, item: Item, route: tuple[Target, ...] | NoRoute, t_us: int, questions: list[Question]) -> Life:
    """The fallback relay comes after all others, and where there are none but for a loop (postconf(5) smtp_fallback_relay).

    Whoever is an MX host of the domain itself has none for it, be it as a backup (smtp_connect.c: "If we're MX host, don't
    connect to non-MX backups").
    """
    if isinstance(route, NoRoute) and route.why == Why.MX_SELF:
        return t_us, route
    t_us, way = yield from _way_to(mta, item, mta.figures.fallback_relay or "", t_us, questions)
    more: tuple[Target, ...] | NoRoute = way.route
    if isinstance(more, NoRoute):
        return t_us, _of_a_relay(mta, more) if isinstance(route, NoRoute) and mta.figures.relay_trouble == "defer" else route
    own = () if isinstance(route, NoRoute) else route
    return t_us, (*own, *(target._replace(preference=target.preference + LAST_RESORT) for target in more))
