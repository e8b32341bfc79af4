"""Where a message goes: MX and addresses of a domain, asked for or remembered while the cached answers behind them hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mailsim.nodes.lookups import asked
from mailsim.nodes.plan import Window, remembered
from mailsim.nodes.world import Life
from mailsim.rules.dns import Answer, Question, Rcode
from mailsim.rules.mx import NoRoute, Target, both, is_address, mx_hosts, mx_targets
from mailsim.rules.reasons import Why

if TYPE_CHECKING:
    from mailsim.nodes.attempt import Agent, Item

__all__ = ["RouteEntry", "find_route"]

#: an MX set that is empty because nobody asked for it
NO_MX = Answer(Rcode.NOERROR)

#: a fallback relay counts as so much worse than any MX (preferences have 16 bits, RFC 1035 section 3.3.9)
LAST_RESORT = 1 << 16


class RouteEntry(NamedTuple):
    """A route that holds while the cached answers behind it do."""

    window: Window
    route: tuple[Target, ...] | NoRoute


def find_route(mta: Agent, item: Item, t_us: int) -> Life:
    """MX and addresses of the item's domain: gives ``(instant, targets or NoRoute)``; the instant may lie ahead."""
    known = mta.routes.get(item.domain)
    if known is not None and mta.log.rows is None:
        window = known.window
        if window.from_us <= t_us and t_us + window.delay_us < window.until_us:
            return t_us + window.delay_us, known.route
    start, questions = t_us, list[Question]()
    t_us, route = yield from _way_to(mta, item, mta.figures.smarthost or item.domain, t_us, questions)
    if mta.figures.fallback_relay is not None:
        t_us, route = yield from _with_fallback(mta, item, route, t_us, questions)
    held = remembered(mta, questions, start, t_us) if mta.log.rows is None else None
    if held is not None:
        mta.routes[item.domain] = RouteEntry(held, route)
    return t_us, route


def _way_to(mta: Agent, item: Item, nexthop: str, t_us: int, questions: list[Question]) -> Life:
    """The targets of a domain, or of a host in brackets, whose MX is not asked for."""
    if nexthop.startswith("["):
        answer, hosts = NO_MX, [(0, nexthop.strip("[]").rstrip(".").lower())]
    else:
        if mta.figures.asks_sts:  # whatever the answer says, since nothing here fails by a policy (RFC 8461 section 3.1)
            questions.append(Question(f"_mta-sts.{nexthop}", "TXT"))
            t_us, _ = yield from asked(mta, item.number, questions[-1], t_us, item.attempt)
        questions.append(Question(nexthop, "MX"))
        t_us, answer = yield from asked(mta, item.number, questions[-1], t_us, item.attempt)
        found = mx_hosts(nexthop, answer, mta.figures)
        if isinstance(found, NoRoute):
            return t_us, found
        hosts = found
    addresses: dict[str, Answer] = {}
    for _, host in hosts:
        if host in addresses or is_address(host):
            continue
        for rtype in mta.address_types:
            questions.append(Question(host, rtype))
            t_us, found_there = yield from asked(mta, item.number, questions[-1], t_us, item.attempt)
            addresses[host] = both(addresses[host], found_there) if host in addresses else found_there
    return t_us, mx_targets(hosts, addresses, implicit=not answer.rdatas, own=mta.own, figures=mta.figures)


def _with_fallback(mta: Agent, item: Item, route: tuple[Target, ...] | NoRoute, t_us: int, questions: list[Question]) -> Life:
    """The fallback relay comes after all others, and where there are none but for a loop (postconf(5) smtp_fallback_relay)."""
    if isinstance(route, NoRoute) and route.why == Why.MX_SELF:
        return t_us, route
    t_us, more = yield from _way_to(mta, item, mta.figures.fallback_relay or "", t_us, questions)
    if isinstance(more, NoRoute):
        return t_us, route
    own = () if isinstance(route, NoRoute) else route
    return t_us, (*own, *(target._replace(preference=target.preference + LAST_RESORT) for target in more))
