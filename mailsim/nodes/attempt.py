"""One delivery attempt: resolve, order the targets, try one after the other, and say what is to become of the message.

An attempt is almost pure: it yields only where it must touch shared state at its own instant (a question that the cache
can't answer, a server with few sessions).  Who called it waits for the end and commits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from mailsim.events import Event
from mailsim.flavours.models import MtaFigures
from mailsim.nodes.contact import Caller, Envelope, call
from mailsim.nodes.contactrows import answered_row, tried_row
from mailsim.nodes.guard import Guard, guard_of, guarded
from mailsim.nodes.memory import RetryMemory
from mailsim.nodes.plan import Leg, leg_to
from mailsim.nodes.progress import Handover, Outcome, Progress
from mailsim.nodes.requests import asks
from mailsim.nodes.route import RouteEntry, find_route
from mailsim.nodes.world import Life
from mailsim.rules.choice import limited, ordered, same_nexthop
from mailsim.rules.mx import NoRoute, Target
from mailsim.rules.reasons import Why
from mailsim.rules.receive import Refusal
from mailsim.rules.session import Contact
from mailsim.rules.smtp import Action, Reply, Stage, verdict
from mailsim.rules.sts import Fetch
from mailsim.rules.tls import NO_DEMAND, Demand

__all__ = ["Agent", "Handover", "Item", "Outcome", "attempt", "envelope_of", "legs_of", "pass_on", "try_targets"]


class Item:
    """Deliveries of one message to one domain, in one MTA's queue."""

    __slots__ = (
        "arrived_us", "attempt", "deliveries", "domain", "failed", "hops", "kept", "local", "notices", "number", "over", "several",
        "started_us",
        "ticket", "waits_for",
    )  # fmt: skip

    def __init__(
        self, number: int, deliveries: tuple[int, ...], domain: str, hops: int, arrived_us: int, *, local: bool, several: bool = False
    ) -> None:
        self.number = number
        self.deliveries = deliveries
        self.domain = domain
        self.hops = hops
        self.arrived_us = arrived_us
        self.local = local
        self.several = several  #: the message has more recipients than these, or had
        self.attempt = 0
        self.started_us = arrived_us  #: when the last attempt began
        self.over: tuple[Why, Why, Reply | None] | None = None  #: it is given up when it is due next: why, last failure, reply
        self.notices = 0
        self.ticket = 0  # of its entry in the deferred queue, 0 for none
        self.waits_for: tuple[str, ...] = ()
        self.kept: tuple[Target, ...] = ()  #: what who keeps to a host found first
        self.failed: tuple[int, tuple[str, ...]] | None = None  #: when it was deferred, and the retry records that decide


class Agent(Protocol):
    """Who attempts: an MTA with its queue, or a lone sender of a population."""

    name: str
    number: int
    world: Any
    log: Any
    figures: MtaFigures
    caller: Caller
    own: frozenset[str]
    search: str
    address_types: tuple[str, ...]
    resolver: Any
    resolver_quiet: bool
    patience: tuple[int, int]
    routes: dict[str, RouteEntry]
    memory: RetryMemory
    #: by domain: the fetches of its MTA-STS policy
    fetches: dict[str, list[Fetch]]

    def release(self, item: Item, handover: Handover) -> None:
        """Let a server's part of the message go on by itself from the instant at which it took it."""
        ...

    def passed_on(self, item: Item, handover: Handover) -> None:
        """A server took deliveries on which reports were asked for."""
        ...

    def left(self, item: Item, deliveries: tuple[int, ...]) -> None:
        """Deliveries are no longer this agent's."""
        ...

    def turn(self, item: Item) -> int:
        """What tells the draws of this attempt from those of others."""
        ...


def envelope_of(agent: Agent, item: Item, deliveries: tuple[int, ...]) -> Envelope:
    """What a session for these deliveries carries."""
    log = agent.log
    first = deliveries[0]
    names = log.names
    return Envelope(item.number, names[log.sender[first]], tuple([names[log.rcpt[d]] for d in deliveries]), log.size[first])


def legs_of(mta: Agent, item: Item, route: tuple[Target, ...]) -> list[Leg | None]:
    """A leg for each target; none at all where equals are to be shuffled, more targets listed than are tried, or where which of
    them may be used is to be seen at each attempt.
    """
    figures = mta.figures
    if figures.mx_choice != "best_first" or guarded(mta, item.domain, route):
        return [None]
    if len({target.preference for target in route}) < len(route) or len(limited(route, figures)) < len(route):
        return [None]
    envelope = envelope_of(mta, item, item.deliveries)
    return [leg_to(mta.world, mta.caller, target.address, envelope, service="smtp") for target in route]


def attempt(mta: Agent, item: Item, t_us: int, *, dead: Collection[str] = ()) -> Life:
    """Try to deliver an item from ``t_us`` on; gives an :class:`Outcome`.

    ``dead`` are addresses that are known not to answer just now: they are passed over.
    """
    item.attempt += 1
    item.started_us = t_us
    key = (f"route {item.domain}",)
    if item.attempt > 1 and not mta.memory.may_route(item.domain, t_us):
        return Outcome(Action.DEFER, Why.HOST_RETRY_TIME, t_us, None, item.deliveries, (), None, 0, (), False, (), key)
    t_us, guard = yield from guard_of(mta, item, t_us)
    if item.kept:
        return (yield from try_targets(mta, item, item.kept, t_us, dead=dead, guard=guard))
    t_us, route = yield from find_route(mta, item, t_us)
    if isinstance(route, NoRoute):
        action = Action.BOUNCE if route.permanent else Action.DEFER
        reply = Reply(550 if route.permanent else 451, route.status, "")
        return Outcome(action, route.why, t_us, None, item.deliveries, (), reply, 0, key, False, (), key)
    mta.memory.forget(key[0])
    if len(route) > 1:
        draws, name = mta.world.draws, mta.name
        turn = mta.turn(item) or item.attempt - 1  # who keeps its distance to each host still shuffles equals anew each time
        route = ordered(route, lambda g, n: draws.order(f"mx order {name} {g}", item.number, turn, n), mta.figures)
    if mta.figures.mx_choice == "sticky":
        item.kept = route
    return (yield from try_targets(mta, item, route, t_us, dead=dead, guard=guard))


def try_targets(
    mta: Agent,
    item: Item,
    targets: Sequence[Target],
    t_us: int,
    *,
    kept: bool = False,
    dead: Collection[str] = (),
    guard: Guard | None = None,
) -> Life:
    """Target after target until the deliveries are taken, refused for good, or no target is left; gives an :class:`Outcome`.

    ``kept``: with the only target a session is open already.  ``dead``: addresses that are passed over.  ``guard``: what the
    domain's policies demand of each target.
    """
    figures = mta.figures
    progress = Progress(item.deliveries)
    due, keys, none_is_due = _due(mta, item, targets, t_us, dead)
    if none_is_due is not None:
        return progress.outcome(*none_is_due, t_us, keys)
    why, k = Why.HOST_RETRY_TIME, 0
    while k < len(due) and why != Why.WENT_DOWN:  # then it is this MTA itself that is gone
        target, k = due[k], k + 1
        demand = NO_DEMAND
        if guard is not None:
            t_us, demand = yield from guard.demand(mta, item, target, t_us)
            if demand.usable != Why.NONE:
                why = _pass_over(mta, item, target, demand.usable, t_us, progress)
                continue
        server = None if kept else mta.world.server_at(target.address, "smtp")
        if server is not None and server.door.on_the_clock:
            yield from _at_the_door(mta, item, target, server.door, t_us, progress, demand)
        result, server, verdicts = _session(mta, item, target, t_us, progress, demand, kept=kept)
        t_us, why = result.end_us, result.why
        if why == Why.TOO_BIG:
            return progress.outcome(Action.BOUNCE, why, t_us)
        if why == Why.OK:
            handover = progress.taken(result, server, target, verdicts)
            if not progress.left:
                return progress.outcome(Action.DONE, Why.OK, t_us, handover=handover)
            mta.release(item, handover)
            progress.failed.append(f"{target.address} {item.number}")
            why = Why.TEMPFAIL
            if verdict(why, Stage.RCPT, last=False, failures=figures.failures).action == Action.DEFER:
                break
            continue
        if result.taken_us >= 0 and server is not None:
            mta.release(item, Handover(result.taken_us, server, progress.left, target, result.end_us, True))
        progress.failed_at(target, item, result)
        if figures.session_limit is not None and progress.sessions >= figures.session_limit:
            k, progress.sessions = _next_hop(due, k), 0
        if len(verdicts) > 1 and None not in verdicts and progress.apart(verdicts):
            why = Why.TEMPFAIL
        said = verdict(why, result.stage, last=k == len(due), failures=figures.failures)
        if said.action == Action.BOUNCE:
            return progress.outcome(Action.BOUNCE, Why.UNWELCOME if result.stage < Stage.MAIL else why, t_us)
        if said.action == Action.DEFER:
            break
    return progress.outcome(Action.DEFER, why, t_us, keys)


def _due(
    mta: Agent, item: Item, targets: Sequence[Target], t_us: int, dead: Collection[str]
) -> tuple[Sequence[Target], tuple[str, ...], tuple[Action, Why] | None]:
    """Targets that may be tried now, keys of the records that decide about the next attempt, and what comes of none being due."""
    memory = mta.memory
    addresses = [target.address for target in targets]
    ready = [target for target in targets if memory.may_try(target.address, item.number, item.arrived_us, t_us)]
    due = limited(ready, mta.figures)
    keys = memory.keys(addresses, item.number) if len(due) == len(ready) else ()  # the next queue run goes on with the others
    if dead:
        due = [target for target in due if target.address not in dead]
        if not due:
            return due, keys, (Action.DEFER, Why.DESTINATION_DEAD)
    if not due and memory.past_cutoff(addresses):
        return due, (), (Action.BOUNCE, Why.HOST_LONG_DEAD)
    return due, keys, None


def _next_hop(due: Sequence[Target], k: int) -> int:
    """Where the targets of the fallback relay begin, behind the last one tried: sessions are counted for each next hop by itself
    (Postfix, smtp_connect.c).
    """
    while k < len(due) and same_nexthop(due[k - 1], due[k]):
        k += 1
    return k


def _at_the_door(mta: Agent, item: Item, target: Target, door: Any, t_us: int, progress: Progress, demand: Demand) -> Life:
    """What must happen on the clock before a session at ``t_us``: the server has few sessions, or asks after its recipients."""
    if door.must_wait_for(t_us, mta.world.now) and _reached(mta, door, t_us):
        yield t_us
    if door.reception is not None and demand.objection(door.offer) is None:  # else nobody is named
        envelope = envelope_of(mta, item, progress.left)
        yield from door.reception.prepare(mta.caller, door, target.address, envelope, t_us, mta.turn(item))


def _session(
    mta: Agent, item: Item, target: Target, t_us: int, progress: Progress, demand: Demand, *, kept: bool
) -> tuple[Contact, Any, tuple[Refusal | None, ...]]:
    """One contact, written down."""
    envelope = envelope_of(mta, item, progress.left)
    result, server, verdicts = call(
        mta.world,
        mta.caller,
        target.address,
        envelope,
        service="smtp",
        start_us=t_us,
        turn=mta.turn(item),
        kept=kept,
        demand=demand,
    )
    if mta.log.rows is not None:
        tried_row(mta, item, target, result, t_us)
        if len(envelope.recipients) > 1 or item.several:
            answered_row(mta, item, target, result, t_us, progress.left, verdicts)
    progress.contacted += 1
    progress.sessions += result.stage >= Stage.MAIL
    progress.held = progress.held or result.stage > Stage.CONNECT
    progress.reply, progress.target, progress.contact = result.reply, target, result
    return result, server, verdicts


def _pass_over(mta: Agent, item: Item, target: Target, why: Why, t_us: int, progress: Progress) -> Why:
    """A target that a policy forbids: nobody is contacted; only this message waits for it.  Gives the reason."""
    progress.failed.append(f"{target.address} {item.number}")
    progress.reply, progress.site_failed = None, True
    if mta.log.rows is not None:
        tried_row(mta, item, target, Contact(why, Stage.CONNECT, None, t_us, -1), t_us)
    return why


def pass_on(agent: Agent, item: Item, handover: Handover) -> Life | None:
    """The server has it (the clock stands at that instant): log it and give the server's part of the life."""
    log = agent.log
    host = log.name(handover.target.host)
    for d in handover.deliveries:
        if log.relayed_us[d] < 0:
            log.relayed_us[d] = handover.taken_us
            log.via[d] = host
    if log.rows is not None and not handover.keep:
        address, peer = log.name(handover.target.address), log.name(handover.server.name)
        row = (handover.end_us, item.number, -1, Event.DELIVERED, agent.number, peer, address, item.attempt, 250, Why.OK, 0, host)
        log.rows.extend(row)
    if asks(log, item.number):
        agent.passed_on(item, handover)
    if not handover.keep:
        agent.left(item, handover.deliveries)
    life: Life | None = handover.server.take(item.number, handover.deliveries, item.hops + 1, handover.taken_us, agent.number)
    return life


def _reached(mta: Agent, server: Any, t_us: int) -> bool:
    """Whether a connection made now would stand."""
    return bool(mta.world.wire(mta.name, server.name).path.at(t_us).reach == Why.OK)
