"""OpenSMTPD's relay: the messages that wait for one domain, and how many connections are made for them when (mta.c)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from mailsim.flavours.models import Routes
from mailsim.nodes.attempt import Item
from mailsim.rules.mx import NoRoute, Target
from mailsim.rules.reasons import Why
from mailsim.rules.routing import NEVER, Route, chosen
from mailsim.rules.smtp import Reply

if TYPE_CHECKING:
    from mailsim.nodes.mta.routes import RoutesDiscipline

__all__ = ["Failure", "Relay", "Task", "Ticks"]


class Ticks(NamedTuple):
    """The figures of :class:`~mailsim.flavours.models.Routes`, durations in ticks of the program's clock."""

    tick_us: int
    per_route: int
    per_connector: int
    relay_pause: int
    route_pause: int
    reconnect_pause: int
    limit_pause: int
    first_source_pause: int
    source_pause: int
    penalty: int
    penalty_most: int
    keepalive: int

    @classmethod
    def of(cls, routes: Routes) -> Ticks:
        """The figures in ticks."""
        durations = (getattr(routes, name) // routes.tick for name in cls._fields[3:])
        return cls(routes.tick, routes.per_route, routes.per_connector, *durations)


class Task:
    """An item that waits for a session, since ``since_us``; ``contacted``: connections made meanwhile."""

    __slots__ = ("attempt", "contacted", "item", "since_us")

    def __init__(self, item: Item, since_us: int) -> None:
        self.item = item
        self.attempt = item.attempt
        self.since_us = since_us
        self.contacted = 0


class Failure(NamedTuple):
    """What is to become of everything that waits: why, whether for good, the reply that it stands for."""

    why: Why
    permanent: bool
    reply: Reply | None


class Relay:
    """The messages of one domain (or all for a smarthost), its MX as looked up once, its only connector (there is one source address).

    It lives as long as something refers to it: a session, a lookup, a timer.  After that the next message makes a new one, which
    looks the MX up again.
    """

    __slots__ = (
        "_alarm",
        "_looking",
        "_loop",
        "_new",
        "_next_source",
        "_owner",
        "_timer",
        "below",
        "domain",
        "error",
        "failure",
        "last_connected",
        "last_failure",
        "ready",
        "sessions",
        "targets",
        "tasks",
    )

    def __init__(self, owner: RoutesDiscipline, domain: str) -> None:
        self._owner = owner
        self.domain = domain
        self.tasks: deque[Task] = deque()
        self.targets: tuple[Target, ...] | None = None  #: None: not known yet
        self.below: int | None = None  #: as a backup MX: only smaller preference numbers than this
        self.failure: Failure | None = None  #: whoever waits here fails
        self.last_failure = Failure(Why.NONE, False, None)  #: of a connection
        self.error = Why.NONE  #: of the connector: it is of no use any more
        self.sessions = self.ready = 0
        self.last_connected = NEVER
        self._new = True
        self._loop = 0
        self._next_source = NEVER
        self._looking = self._timer = False
        self._alarm = 0  #: counts what the connector has waited for: an older alarm is void

    # -- messages -----------------------------------------------------------------------------------------------

    def add(self, task: Task) -> None:
        """One more message for the domain."""
        self.tasks.append(task)
        self._drain()
        self._maybe_forgotten()

    def _drain(self) -> None:
        """See to it that something happens to those who wait (``mta_drain``)."""
        if not self.tasks:
            return
        if self.failure is not None:
            self._flush(self.failure)
            return
        if self.targets is None and not self._looking:
            self._looking = True
            self._owner.look_up(self, self.tasks[0])
        if self._looking or self._timer:
            return
        tick = self._owner.tick()
        if self._next_source <= tick:
            self._use_source(tick)
        else:
            self._timer = True
            self._owner.at(self._next_source, self._timer_rang)

    def learned(self, found: tuple[Target, ...] | NoRoute, below: int | None) -> None:
        """The MX lookup has ended."""
        self._looking = False
        if isinstance(found, NoRoute):
            self.failure = Failure(found.why, found.permanent, Reply(550 if found.permanent else 451, found.status, ""))
            self.targets = ()
        else:
            self.targets, self.below = found, below
        self._drain()
        self._maybe_forgotten()

    def _use_source(self, tick: int) -> None:
        """Give the connector a push; when it turns out useless twice running, all fail (``mta_on_source``)."""
        limits = self._owner.limits
        self._loop += 1
        pause = limits.first_source_pause if self._new else limits.source_pause
        self._new = False
        self.connect()
        if self.error == Why.NONE:
            self._loop = 0
        else:
            pause = 0
        if self._loop > 1:
            last = self.last_failure
            known = self.error == Why.DESTINATION_DEAD and last.why != Why.NONE
            self.failure = last if known else Failure(self.error, False, None)
        self._next_source = tick + pause
        self._drain()

    def _timer_rang(self) -> None:
        self._timer = False
        self._drain()
        self._maybe_forgotten()

    def _flush(self, failure: Failure) -> None:
        while self.tasks:
            self._owner.failed(self.tasks.popleft(), failure, again=self.error == Why.DESTINATION_DEAD or not self.targets)

    # -- connections --------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Make as many connections as those who wait may need and the limits allow now (``mta_connect``)."""
        owner, limits = self._owner, self._owner.limits
        tick = owner.tick()
        while self.error == Why.NONE and self.tasks:
            self._alarm += 1
            waiting = len(self.tasks)
            if self.ready >= waiting or (self.sessions > 2 and self.sessions >= waiting // 2):
                return
            limited = self.sessions >= limits.per_connector
            due = max(self.last_connected + limits.relay_pause, tick)
            target: Target | None = None
            if not limited and due <= tick:
                choice = chosen(self.targets or (), owner.route, tick, limits, below=self.below)
                if choice.error != Why.NONE:
                    self.error = choice.error
                    return
                target, limited, due = choice.target, choice.limited, max(choice.wait_until, tick)
            if target is None:
                self._wait(tick + limits.limit_pause if limited else due)
                return
            self.sessions += 1
            self.last_connected = tick
            route = owner.route(target.address)
            route.connections += 1
            route.last_connected = tick
            owner.open(self, target, route)

    def _wait(self, due: int) -> None:
        alarm = self._alarm

        def rang() -> None:
            if self._alarm == alarm:
                self.connect()

        self._owner.at(due, rang)

    def validated(self, route: Route) -> None:
        """A session over a route is ready for mail (``mta_route_ok``)."""
        self.ready += 1
        if route.fresh:
            route.fresh = False
            self.connect()

    def closed(self, route: Route, *, ready: bool) -> None:
        """A session has ended (``mta_route_collect``)."""
        tick = self._owner.tick()
        self.sessions -= 1
        self.ready -= ready
        route.connections -= 1
        route.last_closed = tick
        route.held = True
        if route.fresh:
            route.fail(tick, self._owner.limits)
        self.connect()
        route.held = False
        self._maybe_forgotten()

    def _maybe_forgotten(self) -> None:
        if not (self.sessions or self._looking or self._timer):
            self._alarm += 1
            self._owner.forget(self)
