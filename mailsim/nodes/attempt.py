"""One delivery attempt: resolve, order the targets, try one after the other, and say what is to become of the message.

An attempt is almost pure: it yields only where it must touch shared state at its own instant (a question that the cache
can't answer, a server with few sessions).  Who called it waits for the end and commits.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, Protocol

from mailsim.events import Event
from mailsim.flavours.models import MtaFigures
from mailsim.nodes.contact import Caller, Envelope, call
from mailsim.nodes.contactrows import answered_row, tried_row
from mailsim.nodes.memory import RetryMemory
from mailsim.nodes.plan import Leg, leg_to
from mailsim.nodes.route import RouteEntry, find_route
from mailsim.nodes.world import Life
from mailsim.rules.mx import NoRoute, Target, best_first
from mailsim.rules.reasons import Why
from mailsim.rules.receive import Refusal, policy_reason
from mailsim.rules.session import Contact
from mailsim.rules.smtp import Action, Reply, Stage, verdict

__all__ = ["Agent", "Handover", "Item", "Outcome", "attempt", "envelope_of", "legs_of", "pass_on", "try_targets"]


class Item:
    """Deliveries of one message to one domain, in one MTA's queue."""

    __slots__ = (
        "arrived_us", "attempt", "deliveries", "domain", "hops", "local", "notices", "number", "over", "several", "started_us", "ticket",
        "waits_for",
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


class Handover(NamedTuple):
    """A server that took deliveries at an instant; the client knows at ``end_us``; ``keep``: its 250 was lost."""

    taken_us: int
    server: Any
    deliveries: tuple[int, ...]
    target: Target
    end_us: int
    keep: bool


class Outcome(NamedTuple):
    """What an attempt came to.

    ``handover`` is the one that ended it well; ``action`` is about the deliveries in ``left``; ``refused`` were refused
    for good one by one.
    """

    action: Action
    why: Why
    end_us: int
    handover: Handover | None
    left: tuple[int, ...]
    refused: tuple[tuple[int, Reply, Why], ...]
    reply: Reply | None
    contacted: int
    #: retry records to write: hosts that failed, ``host message`` where only this message was put off, ``route domain``
    failed_hosts: tuple[str, ...]
    site_failed: bool
    good_hosts: tuple[str, ...]
    #: retry records that decide when it is due again
    keys: tuple[str, ...] = ()
    #: a connection stood, so that a server's session was in use
    held: bool = False
    #: the last target and what trying it came to
    target: Target | None = None
    contact: Contact | None = None


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

    def release(self, item: Item, handover: Handover) -> None:
        """Let a server's part of the message go on by itself from the instant at which it took it."""
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


def _limited(mta: Agent, targets: Sequence[Target]) -> Sequence[Target]:
    """The addresses that the program is ready to try in one attempt."""
    limit = mta.figures.address_limit
    if limit is None or len(targets) <= limit:
        return targets
    kept = list(targets[:limit])
    if mta.figures.worse_preference_beyond_limit:
        for target in targets[limit:]:
            if target.preference > kept[-1].preference:
                kept.append(target)
    return kept


def legs_of(mta: Agent, item: Item, route: tuple[Target, ...]) -> list[Leg | None]:
    """A leg for each target; none at all where equals are to be shuffled or more targets listed than are tried."""
    if len({target.preference for target in route}) < len(route) or len(_limited(mta, route)) < len(route):
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
    t_us, route = yield from find_route(mta, item, t_us)
    if isinstance(route, NoRoute):
        action = Action.BOUNCE if route.permanent else Action.DEFER
        reply = Reply(550 if route.permanent else 451, route.status, "")
        return Outcome(action, route.why, t_us, None, item.deliveries, (), reply, 0, key, False, (), key)
    mta.memory.forget(key[0])
    if len(route) > 1:
        route = best_first(route, lambda g, n: mta.world.draws.order(f"mx order {mta.name} {g}", item.number, mta.turn(item), n))
    return (yield from try_targets(mta, item, route, t_us, dead=dead))


class _Progress:
    """How far a walk has come."""

    __slots__ = ("contact", "contacted", "failed", "good", "held", "left", "refused", "reply", "sessions", "site_failed", "target")

    def __init__(self, left: tuple[int, ...]) -> None:
        self.left = left
        self.refused: list[tuple[int, Reply, Why]] = []
        self.failed: list[str] = []
        self.good: list[str] = []
        self.reply: Reply | None = None
        self.target: Target | None = None
        self.contact: Contact | None = None
        self.contacted = self.sessions = 0
        self.site_failed = self.held = False

    def taken(self, result: Contact, server: Any, target: Target, verdicts: Sequence[Refusal | None]) -> Handover:
        """A server took what it did not refuse recipient by recipient."""
        self.good.append(target.address)
        each = list(zip(self.left, verdicts, strict=True))
        self.refused += [(d, v.reply, v.why) for d, v in each if v is not None and v.reply.code >= 500]
        self.left = tuple(d for d, v in each if v is not None and v.reply.code < 500)
        return Handover(result.taken_us, server, tuple(d for d, v in each if v is None), target, result.end_us, False)

    def apart(self, verdicts: Sequence[Refusal | None]) -> bool:
        """All recipients were refused: some for good, some for now?  Then those for good are done with."""
        each = [(d, v) for d, v in zip(self.left, verdicts, strict=True) if v is not None]
        later = tuple(d for d, v in each if v.reply.code < 500)
        if len(later) in (0, len(each)):
            return False
        self.refused += [(d, v.reply, v.why) for d, v in each if v.reply.code >= 500]
        self.left = later
        return True

    def outcome(self, action: Action, why: Why, end_us: int, keys: tuple[str, ...] = (), *, handover: Handover | None = None) -> Outcome:
        """What it all came to."""
        return Outcome(
            action=action,
            why=policy_reason(self.reply, why),
            end_us=end_us,
            handover=handover,
            left=self.left,
            refused=tuple(self.refused),
            reply=self.reply,
            contacted=self.contacted,
            failed_hosts=tuple(self.failed),
            site_failed=self.site_failed and action == Action.DEFER,
            good_hosts=tuple(self.good),
            keys=keys,
            held=self.held,
            target=self.target,
            contact=self.contact,
        )


def try_targets(mta: Agent, item: Item, targets: Sequence[Target], t_us: int, *, kept: bool = False, dead: Collection[str] = ()) -> Life:
    """Target after target until the deliveries are taken, refused for good, or no target is left; gives an :class:`Outcome`.

    ``kept``: with the only target a session is open already.  ``dead``: addresses that are passed over.
    """
    figures, memory, world = mta.figures, mta.memory, mta.world
    progress = _Progress(item.deliveries)
    addresses = [target.address for target in targets]
    ready = [target for target in targets if memory.may_try(target.address, item.number, item.arrived_us, t_us)]
    due = _limited(mta, ready)
    keys = memory.keys(addresses, item.number) if len(due) == len(ready) else ()  # the next queue run goes on with the others
    if dead:
        due = [target for target in due if target.address not in dead]
        if not due:
            return progress.outcome(Action.DEFER, Why.DESTINATION_DEAD, t_us, keys)
    if not due and memory.past_cutoff(addresses):
        return progress.outcome(Action.BOUNCE, Why.HOST_LONG_DEAD, t_us)
    why = Why.HOST_RETRY_TIME
    for k, target in enumerate(due):
        server = world.server_at(target.address, "smtp")
        if server is not None and not kept and server.door.must_wait_for(t_us, world.now) and _reached(mta, server, t_us):
            t_us = yield t_us
        envelope, turn = envelope_of(mta, item, progress.left), mta.turn(item)
        if server is not None and server.door.reception is not None and not kept:
            yield from server.door.reception.prepare(mta.caller, server.door, target.address, envelope, t_us, turn)
        result, server, verdicts = call(world, mta.caller, target.address, envelope, service="smtp", start_us=t_us, turn=turn, kept=kept)
        if mta.log.rows is not None:
            tried_row(mta, item, target, result, t_us)
            if len(envelope.recipients) > 1 or item.several:
                answered_row(mta, item, target, result, t_us, progress.left, verdicts)
        progress.contacted += 1
        progress.sessions += result.stage >= Stage.MAIL
        progress.held = progress.held or result.stage > Stage.CONNECT
        progress.reply, progress.target, progress.contact = result.reply, target, result
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
        progress.site_failed = result.stage < Stage.MAIL or why not in (Why.TEMPFAIL, Why.PERMFAIL)
        progress.failed.append(target.address if progress.site_failed else f"{target.address} {item.number}")
        stop = figures.session_limit is not None and progress.sessions >= figures.session_limit
        if len(verdicts) > 1 and None not in verdicts and progress.apart(verdicts):
            why = Why.TEMPFAIL
        said = verdict(why, result.stage, last=stop or k == len(due) - 1, failures=figures.failures)
        if said.action == Action.BOUNCE:
            return progress.outcome(Action.BOUNCE, Why.UNWELCOME if result.stage < Stage.MAIL else why, t_us)
        if said.action == Action.DEFER:
            break
    return progress.outcome(Action.DEFER, why, t_us, keys)


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
    life: Life | None = handover.server.take(item.number, handover.deliveries, item.hops + 1, handover.taken_us, agent.number)
    return life


def _reached(mta: Agent, server: Any, t_us: int) -> bool:
    """Whether a connection made now would stand."""
    return bool(mta.world.wire(mta.name, server.name).path.at(t_us).reach == Why.OK)
