"""What a domain's policies let a sender do, looked up as it goes: MTA-STS before the MX, TLSA records before each host.

What is decided stands in :mod:`mailsim.rules.sts` and :mod:`mailsim.rules.dane`.  A policy that was fetched is remembered with
the instants of its fetch, so that it counts only from then on, whoever worked ahead of the clock.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from mailsim.events import Event
from mailsim.nodes.lookups import POLICY_FETCH, asked
from mailsim.nodes.world import Life
from mailsim.rules import dane, sts
from mailsim.rules.choice import LAST_RESORT
from mailsim.rules.conditions import QUIET
from mailsim.rules.dns import Answer, Question, Rcode
from mailsim.rules.dns.zones import zone_of
from mailsim.rules.mx import NoRoute, Target, is_address
from mailsim.rules.reasons import Why
from mailsim.rules.tls import NO_DEMAND

if TYPE_CHECKING:
    from mailsim.nodes.attempt import Agent, Item

__all__ = ["Guard", "guard_of", "guarded"]


class Guard:
    """What an attempt goes by: the domain's MTA-STS policy, if any, and TLSA records where the sender heeds them."""

    __slots__ = ("_policy",)

    def __init__(self, policy: sts.Policy | None) -> None:
        self._policy = policy

    def demand(self, mta: Agent, item: Item, target: Target, t_us: int) -> Life:
        """What is demanded of a target: gives ``(instant, Demand)``; the policy is the domain's, not the fallback relay's."""
        found = NO_DEMAND if target.preference >= LAST_RESORT else sts.demand(self._policy, target.host)
        if found.usable != Why.NONE or not mta.figures.dane or not _signed(mta, target.host):
            return t_us, found
        question = Question(dane.tlsa_name(target.host), "TLSA")
        t_us, answer = yield from asked(mta, item.number, question, t_us, item.attempt)
        return t_us, dane.demand(answer).and_also(found)


def guarded(mta: Agent, domain: str, route: Collection[Target] | NoRoute = ()) -> bool:
    """Whether policies decide which hosts of a domain may be used, so that each attempt has to look."""
    if _policed(mta, domain):
        return True
    return mta.figures.dane and not isinstance(route, NoRoute) and any(_signed(mta, target.host) for target in route)


def guard_of(mta: Agent, item: Item, t_us: int) -> Life:
    """What an attempt from ``t_us`` on goes by: gives ``(instant, Guard or None)``."""
    if not _policed(mta, item.domain):
        return t_us, Guard(None) if mta.figures.dane and mta.world.compiled.signed else None
    t_us, policy = yield from _held_policy(mta, item, mta.figures.smarthost or item.domain, t_us)
    return t_us, Guard(policy)


def _policed(mta: Agent, domain: str) -> bool:
    """Whether the sender heeds MTA-STS and the domain has a policy; behind a smarthost that one's counts (RFC 8461 section 3.4)."""
    figures = mta.figures
    return figures.sts and (figures.smarthost or domain) in mta.world.compiled.policies


def _signed(mta: Agent, host: str) -> bool:
    """Whether the zone of a host is signed: else nobody asks for its TLSA records (RFC 7672 section 2.2.2)."""
    compiled = mta.world.compiled
    return bool(compiled.signed) and not is_address(host) and zone_of(host, compiled.zones) in compiled.signed


def _held_policy(mta: Agent, item: Item, domain: str, t_us: int) -> Life:
    """The policy that counts now, fetched if need be: gives ``(instant, Policy or None)``."""
    question = Question(f"{sts.NAME}{domain}", "TXT")
    t_us, answer = yield from asked(mta, item.number, question, t_us, item.attempt)
    fetches = mta.fetches.setdefault(domain, [])
    course = sts.course(fetches, sts.policy_id(answer.rdatas), t_us)
    if not course.fetches:
        return course.t_us, course.policy
    live_id = sts.policy_id(answer.rdatas) or ""
    done_us, policy, rcode = _fetched(mta, domain, course.t_us)
    fetches.append(sts.Fetch(course.t_us, done_us, live_id, policy))
    fetches.sort(key=lambda fetch: fetch.asked_us)
    _fetch_row(mta, item, domain, course.t_us, done_us, policy, rcode)
    return done_us, course.policy if policy is None else policy


def _fetched(mta: Agent, domain: str, t_us: int) -> tuple[int, sts.Policy | None, int]:
    """Ask the policy host over HTTPS from ``t_us`` on: when the answer is there, and what it is.

    The host is looked at when it is asked.  A refused connection costs one of the three round trips of a fetch.
    """
    compiled = mta.world.compiled
    served = compiled.policies[domain]
    reach = compiled.conditions.policies.get(domain, QUIET).at(t_us).reach
    if reach == Why.SILENT:
        return t_us + mta.figures.sts_timeout, None, Rcode.TIMEOUT
    if reach != Why.OK:
        return t_us + served.fetch_us // 3, None, Rcode.REFUSED
    return t_us + served.fetch_us, served.at(t_us), Rcode.NOERROR


def _fetch_row(mta: Agent, item: Item, domain: str, t_us: int, done_us: int, policy: sts.Policy | None, rcode: int) -> None:
    """Write a fetch down as a look-up of a kind of its own."""
    log = mta.log
    if log.rows is None:
        return
    why = Why.POLICY_MISSING if policy is None else Why.POLICY_FETCHED
    said = () if policy is None else (f"mode {policy.mode}", *(f"mx {pattern}" for pattern in policy.mx))
    answer = log.answer(Answer(rcode, rdatas=said, ttl=0 if policy is None else policy.max_age_us // 1_000_000))
    row = (t_us, item.number, -1, Event.LOOKED_UP, mta.number, log.name(f"mta-sts.{domain}"), POLICY_FETCH)
    log.rows.extend((*row, item.attempt, rcode, why, done_us - t_us, answer))
