"""OpenSMTPD's way to work off its queue: relays, connectors, routes (mta.c), and who is tried again early (``hoststat``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mailsim.nodes.attempt import Item
from mailsim.nodes.lookups import asked
from mailsim.nodes.mta.disciplines import discipline
from mailsim.nodes.mta.life import MESSAGE_ORDER, defer, run_batch
from mailsim.nodes.mta.relays import Failure, Relay, Task, Ticks
from mailsim.nodes.mta.relaysession import RelaySession
from mailsim.nodes.mta.returning import bounce
from mailsim.nodes.world import Life
from mailsim.rules.dns import Answer, Question
from mailsim.rules.mx import NoRoute, Target, best_first, both, is_address
from mailsim.rules.routing import Route, found_hosts, found_targets

if TYPE_CHECKING:
    from mailsim.nodes.mta.actor import MtaActor

__all__ = ["RoutesDiscipline"]


@discipline("routes")
class RoutesDiscipline:
    """One OpenSMTPD."""

    def __init__(self, mta: MtaActor) -> None:
        self.mta = mta
        self.world = mta.world
        assert mta.figures.routes is not None  # the flavour's model says so
        self.figures = mta.figures.routes
        self.limits = Ticks.of(self.figures)
        self._relays: dict[str, Relay] = {}
        self._routes: dict[str, Route] = {}
        self._lookups = 0
        #: domains that were heard of: until when that is remembered, and which deferred items are tried again at a success
        self._heard: dict[str, tuple[int, dict[Item, None]]] = {}

    # -- the queue ----------------------------------------------------------------------------------------------

    def carry(self, item: Item, t_us: int) -> Life | None:
        """An item is due at ``t_us`` (the clock): it waits with its domain's relay."""
        item.attempt += 1
        item.started_us = t_us
        place = self.mta.figures.smarthost or item.domain
        relay = self._relays.get(place)
        if relay is None:
            relay = self._relays[place] = Relay(self, place)
        relay.add(Task(item, t_us))
        return None

    def due(self, items: list[Item], now_us: int) -> None:
        """Deferred items are due: each waits again."""
        run_batch(self.mta, items, now_us)

    def inherit(self, before: Any, under_way: list[Item]) -> None:
        """A new process knows of no relays, routes and hosts."""

    def failed(self, task: Task, failure: Failure, *, again: bool) -> None:
        """A message fails with everything that waits for its domain; ``again``: a success of another message
        brings it back at once, since all hosts are disabled or none was found (``mta_hoststat_cache``)."""
        mta, item, now = self.mta, task.item, self.world.now
        self.counted(task)
        if failure.permanent:
            bounce(mta, item, item.deliveries, now, failure.why, failure.reply)
            return
        if again and (known := self._heard.get(item.domain)) is not None and known[0] > now:
            known[1][item] = None
        defer(mta, item, item.deliveries, now, failure.why, (), failure.reply)

    def counted(self, task: Task) -> None:
        """An attempt is over: it counts where something was contacted."""
        if task.contacted:
            for d in task.item.deliveries:
                self.mta.log.tries[d] += 1

    # -- what is known of a domain (hoststat) -------------------------------------------------------------------

    def heard(self, domain: str) -> None:
        """A server of the domain said something about a message."""
        now = self.world.now
        known = self._heard.get(domain)
        deferred = known[1] if known is not None and known[0] > now else {}
        self._heard[domain] = (now + self.figures.host_memory, deferred)

    def waits_for(self, domain: str) -> bool:
        """Whether somebody was put off because all hosts of the domain were disabled, or none was found."""
        known = self._heard.get(domain)
        return known is not None and bool(known[1]) and known[0] > self.world.now

    def recovered(self, domain: str) -> None:
        """A recipient was accepted: whoever was put off is tried again at once (``mta_hoststat_reschedule``)."""
        known = self._heard[domain][1]
        items = [item for item in known if item.ticket]  # those that are in the queue and not under way
        known.clear()
        if items:
            for item in items:
                item.over = None
            self.mta.deferred.take(items)
            run_batch(self.mta, items, self.world.now)

    # -- time ---------------------------------------------------------------------------------------------------

    def tick(self) -> int:
        """The program's clock in whole seconds (they begin when the scenario starts)."""
        return (self.world.now - self.world.origin_us) // self.limits.tick_us

    def at(self, tick: int, then: Callable[[], None]) -> None:
        """Call ``then`` at a tick, as libevent does: after so many whole ticks from now (runq.c)."""
        delay = max(tick - self.tick(), 0) * self.limits.tick_us
        self.mta.spawn(_later(self.world.now + delay, then), MESSAGE_ORDER)

    # -- relays -------------------------------------------------------------------------------------------------

    def route(self, address: str) -> Route:
        """The route to an address, settled."""
        found = self._routes.get(address)
        if found is None:
            found = self._routes[address] = Route()
        found.settle(self.tick(), self.limits)
        return found

    def forget(self, relay: Relay) -> None:
        """Nothing refers to a relay any more."""
        if self._relays.get(relay.domain) is relay:
            del self._relays[relay.domain]

    def open(self, relay: Relay, target: Target, route: Route) -> None:
        """A connection is made."""
        task = relay.tasks[0]
        session = RelaySession(self, relay, target, route, task)
        self.mta.spawn(session.life(), MESSAGE_ORDER + task.item.number)

    # -- names --------------------------------------------------------------------------------------------------

    def look_up(self, relay: Relay, task: Task) -> None:
        """Look the domain's MX up, with the addresses of all hosts."""
        self.mta.spawn(self._looked_up(relay, task), MESSAGE_ORDER + task.item.number)

    def _looked_up(self, relay: Relay, task: Task) -> Life:
        t_us: int = yield self.world.now
        t_us, found, below = yield from self._mx(relay.domain, task, t_us)
        if t_us > self.world.now:
            yield t_us
        relay.learned(found, below)

    def _mx(self, domain: str, task: Task, t_us: int) -> Life:
        mta, number = self.mta, task.item.number
        implicit, below = False, None
        if domain == mta.figures.smarthost:  # a host, whose MX is not asked for (smtpd.conf(5) relay host)
            hosts = [(0, domain.strip("[]").rstrip(".").lower())]
        else:
            t_us, answer = yield from asked(mta, number, Question(domain, "MX"), t_us, task.attempt)
            found = found_hosts(domain, answer, mta.figures)
            if isinstance(found, NoRoute):
                return t_us, found, None
            hosts, implicit = found, not answer.rdatas
            if domain in mta.door.policy.relays_for:  # configured as its backup MX (smtpd.conf(5) relay backup)
                below = min((preference for preference, host in hosts if host == mta.host), default=None)
        addresses: dict[str, Answer] = {}
        for _, host in hosts:
            if host in addresses or is_address(host):
                continue
            for rtype in mta.address_types:
                t_us, there = yield from asked(mta, number, Question(host, rtype), t_us, task.attempt)
                addresses[host] = both(addresses[host], there) if host in addresses else there
        return t_us, self._mixed(found_targets(hosts, addresses, implicit=implicit), domain), below

    def _mixed(self, found: tuple[Target, ...] | NoRoute, domain: str) -> Any:
        """Equals as their addresses arrive: the lookups run side by side, so in any order."""
        if isinstance(found, NoRoute) or len(found) == 1:
            return found
        self._lookups += 1
        draws, stream = self.world.draws, f"mx order {self.mta.name}"
        return tuple(best_first(found, lambda group, n: draws.order(f"{stream} {group}", self._lookups, 0, n)))


def _later(instant_us: int, then: Callable[[], None]) -> Life:
    yield instant_us
    then()
