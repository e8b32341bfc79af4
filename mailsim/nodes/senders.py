"""Senders: the world's senders as a population, each message from an independent MTA with no memory shared."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from mailsim.errors import did_you_mean
from mailsim.events import Event, State
from mailsim.flavours import default, mta_figures, sender_mixes, unbound_figures
from mailsim.flavours.models import MtaFigures
from mailsim.nodes.attempt import Handover, Item, Outcome, attempt, pass_on
from mailsim.nodes.base import HostDeclaration, node_kind
from mailsim.nodes.cold import ColdResolver
from mailsim.nodes.contact import Caller, Doorman
from mailsim.nodes.guard import guarded
from mailsim.nodes.memory import RetryMemory
from mailsim.nodes.mta.returning import lose_sight, report_octets, success_words
from mailsim.nodes.plan import Window
from mailsim.nodes.requests import wanting
from mailsim.nodes.route import RouteEntry, find_route
from mailsim.nodes.world import Life, World
from mailsim.rules.choice import address_types
from mailsim.rules.mx import NoRoute, Target
from mailsim.rules.reasons import Why
from mailsim.rules.receive import ReceiverPolicy
from mailsim.rules.smtp import Action, Reply
from mailsim.rules.sts import Fetch

__all__ = ["LoneMta", "Senders", "SendersActor"]

MESSAGE_ORDER = 2


def _named_mix(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value.strip() not in sender_mixes():
        near = did_you_mean(value, sender_mixes()) or f"; there is: {', '.join(sender_mixes())}"
        raise ValueError(f"no sender mix {value[:60]!r}{near}; or write flavours with weights, such as {{postfix: 0.4, exim: 0.6}}")
    return dict(default(f"sender_mix.{value.strip()}"))


@node_kind("senders")
class Senders(HostDeclaration):
    """A population: message ``i`` comes from an MTA of its own, its flavour drawn by the weights of ``mix``.

    ``mix`` may be the name of one that comes with mailsim, such as ``self-hosted``.
    Each has its own queue, its own scan phase, its own distance to each host and its own cold resolver.  Sender addresses
    are ``user@s<n>.<node>.test`` with ``n`` below ``domains``; reports come home within the population.  A server that
    remembers its clients takes all mail of one sender domain for mail of one client, and no two domains for one network
    (an assumption: a domain has one server, and each is at a place of its own).  Who forges its sender (``sender`` of a line of
    traffic) reports nothing to anybody.
    """

    kind: Literal["senders"] = "senders"
    mix: Annotated[dict[str, Annotated[float, Field(gt=0)]], Field(min_length=1), BeforeValidator(_named_mix)] = Field(
        default_factory=lambda: dict(default("senders.mix"))
    )
    domains: Annotated[int, Field(ge=1, le=10_000_000)] = Field(default_factory=lambda: default("senders.domains"))


class LoneMta:
    """The MTA of one message: the figures of its flavour, a memory of its own.

    Nothing that it meets before a server takes the message depends on anybody else (but for servers with few sessions),
    so its whole life until then is worked out in one go; only the hand-over happens on the clock.
    """

    def __init__(self, world: World, name: str, flavour: str) -> None:
        self.world = world
        self.log = world.log
        self.name = name
        self.number = world.log.name(name)
        self.flavour = world.log.name(flavour)
        self.figures: MtaFigures = mta_figures(flavour, own=world.compiled.flavours)
        self.caller = Caller(name, self.figures)
        place, domains = world.draws.uniforms("senders domain"), world.compiled.nodes[name].declaration.domains
        self.caller.known_as = lambda number: f"s{int(place.at(number) * domains)}.{name}.test"
        self.own: frozenset[str] = frozenset()
        self.search = ""
        self.address_types = address_types(self.figures, has_ipv6=world.compiled.has_ipv6)
        self.patience = (self.figures.dns_tries, self.figures.dns_timeout)
        self.resolver: Any = None
        self.resolver_quiet = False
        self.routes: dict[str, RouteEntry] = {}
        self.fetches: dict[str, list[Fetch]] = {}
        #: domain and age of the zones to the route and the questions that it took, in round trips of the resolver each
        self.ways: dict[tuple[str, int], tuple[tuple[Target, ...] | NoRoute, tuple[int, ...]]] = {}
        self.memory: RetryMemory
        self.phases = world.draws.uniforms(f"scan phase {name}")
        self.policy = self.figures.retry.policy()
        self.giving_up = self.figures.give_up.rule()
        self.draw = world.draws.uniforms(f"retry jitter {name}").at if self.figures.retry.jittered else None

    def born(self, number: int, resolver: ColdResolver) -> LoneMta:
        """A fresh one for message ``number``."""
        own = object.__new__(LoneMta)  # a copy, without the detours of copy.copy
        own.__dict__.update(self.__dict__)
        own.routes, own.fetches = {}, {}
        scan = self.figures.retry.grid_us
        origin = self.world.origin_us
        phase = origin + int(self.phases.at(number) * scan)
        own.memory = RetryMemory(self.policy, scan_us=scan, phase_us=phase, origin_us=origin, giving_up=self.giving_up, draw=self.draw)
        own.resolver = resolver.of(number)
        return own

    def turn(self, item: Item) -> int:
        """One distance to each host for all attempts of a message: it is always the same sender."""
        return 0

    def life(self, number: int, deliveries: tuple[int, ...], domain: str, t_us: int) -> Life:
        """Everything until a server takes the message or it is returned: attempts are worked out ahead of the clock."""
        item = Item(number, deliveries, domain, 1, t_us, local=False)
        log, world = self.log, self.world
        while True:
            if t_us >= world.limit_us:
                yield world.line()
            started = t_us
            if log.rows is None:
                self._find_way(item, t_us)
            outcome: Outcome = yield from attempt(self, item, t_us)
            if outcome.contacted:
                for d in item.deliveries:
                    log.tries[d] += 1
            if outcome.handover is not None:
                self._refused(item, outcome)
                yield outcome.handover.taken_us
                return pass_on(self, item, outcome.handover)
            expired = self.memory.note_failures(outcome.failed_hosts, outcome.end_us)
            self._refused(item, outcome)
            item.deliveries = outcome.left
            if not outcome.left:
                return None
            why = self._given_up(outcome, expired)
            if why is not None:
                self._returned(item, outcome.left, outcome.end_us, why, outcome.reply, of=outcome.why)
                return None
            due = self._following(item, outcome, started, outcome.end_us)
            if due is None:
                return None
            self._put_back(item, outcome, due)
            due = self._ahead(item, outcome, started, due) if log.rows is None and not (outcome.held or world.compiled.chancy) else due
            if due is None:
                return None
            t_us = due

    def _find_way(self, item: Item, t_us: int) -> None:
        """Know the route before it is asked for: alike for all messages to a domain, but for how far the name servers are.

        So it is worked out once for each age of the zones, as long as nothing is wrong with DNS and nobody has to ask twice.
        """
        compiled, resolver = self.world.compiled, self.resolver
        known = self.routes.get(item.domain)
        if not compiled.dns_quiet or (known is not None and t_us < known.window.until_us):
            return
        until, key = compiled.next_change(t_us), (item.domain, compiled.zone_epoch(t_us))
        way = self.ways.get(key)
        if way is None:
            trail: list[int] = []
            resolver.trail = trail
            end, route = _finished(find_route(self, item, t_us))
            resolver.trail, way = None, (route, tuple(trail))
            if end >= until or not resolver.in_time(way[1], self.patience):
                return
            self.ways[key] = way
        if resolver.in_time(way[1], self.patience):
            self.routes[item.domain] = RouteEntry(Window(t_us, until, resolver.time_us(way[1])), way[0])

    def _given_up(self, outcome: Outcome, expired: bool) -> Why | None:
        """Why the message is returned for good, or None."""
        if outcome.action == Action.BOUNCE:
            return outcome.why
        return Why.HOST_CUTOFF if expired else None

    def _following(self, item: Item, outcome: Outcome, started_us: int, end_us: int) -> int | None:
        """The next attempt after one that came to ``outcome``, or None: the message is given up, or nobody knows."""
        memory, arrived, attempt = self.memory, item.arrived_us, item.attempt
        due = memory.next_attempt(arrived, end_us, outcome.keys, number=item.number, attempt=attempt, started_us=started_us)
        if outcome.why != Why.HOST_RETRY_TIME:
            lifetime = self.figures.queue_lifetime
            over = self.giving_up.given_up_us(arrived, end_us, due, attempt=attempt, lifetime_us=lifetime, started_us=started_us)
            if over is not None:
                why = Why.ATTEMPTS_OVER if self.giving_up.by_count(attempt) else Why.LIFETIME_OVER
                self._returned(item, outcome.left, over, why, outcome.reply, of=outcome.why)
                return None
        if due is None:
            self.world.spawn(self._out_of_sight(item, outcome.left, end_us, outcome.reply), MESSAGE_ORDER + item.number)
        return due

    def _put_back(self, item: Item, outcome: Outcome, due: int) -> None:
        """Note the deferral."""
        log = self.log
        for d in outcome.left:
            log.why[d] = outcome.why
            log.code[d] = outcome.reply.code if outcome.reply is not None else -1
        if log.rows is not None:
            code = outcome.reply.code if outcome.reply is not None else -1
            log.rows.extend(
                (outcome.end_us, item.number, -1, Event.DEFERRED, self.number, -1, -1, item.attempt, code, outcome.why, due, -1)
            )

    def _ahead(self, item: Item, outcome: Outcome, started_us: int, due_us: int) -> int | None:
        """Skip attempts that must come to the same: nothing in the world changes until after they end.

        Their duration is that of the attempt before, since a lone sender's distances are drawn once.  Gives the first
        attempt that is to be worked out in full, or None if the message's life is over before it.
        """
        if self.figures.mx_choice == "sticky" or self.figures.dane or guarded(self, item.domain):
            return due_us  # attempts differ: what the first one had to look up or fetch it may still have, or no longer
        took = outcome.end_us - started_us
        horizon = min(self.world.compiled.next_change(started_us), self.world.limit_us, item.arrived_us + self.figures.queue_lifetime)
        memory, log = self.memory, self.log
        contacted = 1 if outcome.contacted else 0
        while due_us + took < horizon and self._same(outcome, due_us):
            end = due_us + took
            item.attempt += 1
            for d in outcome.left:
                log.tries[d] += contacted
            if memory.by_host and memory.note_failures(outcome.failed_hosts, end):
                self._returned(item, outcome.left, end, Why.HOST_CUTOFF, outcome.reply)
                return None
            following = self._following(item, outcome, due_us, end)
            if following is None:
                return None
            due_us = following
        return due_us

    def _same(self, outcome: Outcome, due_us: int) -> bool:
        """Whether the attempt at ``due_us`` meets the same hosts: the retry times of all that failed have come."""
        if not self.memory.by_host:
            return outcome.why != Why.HOST_RETRY_TIME
        records, failed = self.memory.records, outcome.failed_hosts
        if len(records) != len(failed):
            return False
        for key in failed:
            record = records.get(key)
            if record is None or record.next_us > due_us:
                return False
        return True

    def left(self, item: Item, deliveries: tuple[int, ...]) -> None:
        """Deliveries are no longer this sender's: nothing depends on it."""

    def release(self, item: Item, handover: Handover) -> None:
        """Let a server's part of the message go on by itself; where its 250 was lost, the sender keeps the message as well."""
        if handover.keep:
            self.world.opened(len(handover.deliveries))
        self.world.spawn(self._gone(item, handover), MESSAGE_ORDER + item.number)

    def _gone(self, item: Item, handover: Handover) -> Life:
        yield handover.taken_us
        return pass_on(self, item, handover)

    def _refused(self, item: Item, outcome: Outcome) -> None:
        for d, reply, why in outcome.refused:
            self._returned(item, (d,), outcome.end_us, why, reply)

    def _returned(self, item: Item, left: tuple[int, ...], t_us: int, why: Why, reply: Reply | None, of: Why = Why.NONE) -> None:
        """Back to the sender: its own MTA makes the report and puts it into the sender's mailbox (RFC 5321 section 6.1)."""
        self.world.spawn(self._report(item, left, t_us, why, reply, of), MESSAGE_ORDER + item.number)

    def _out_of_sight(self, item: Item, left: tuple[int, ...], t_us: int, reply: Reply | None) -> Life:
        """The schedule is known no further: what becomes of the deliveries is unknown, and nothing is made up."""
        now: int = yield max(t_us, self.world.now)
        lose_sight(self, item, left, now, reply)

    def _report(self, item: Item, left: tuple[int, ...], t_us: int, why: Why, reply: Reply | None, of: Why) -> Life:
        now = yield max(t_us, self.world.now)
        log = self.log
        code = reply.code if reply is not None else -1
        forged = not log.names[log.sender[left[0]]].endswith(f".{self.name}.test")
        told = () if forged else wanting(self, item.number, left, "failed")
        number = self._comes_home(item, told, now, failed=True) if told else -1
        text = log.name(str(reply)) if reply is not None else -1
        for d in left:
            known = forged or d in told
            log.why[d], log.code[d] = why, code
            if not log.copies[d]:  # a copy may have arrived by a session whose reply was lost
                log.state[d], log.ended_us[d] = State.BOUNCED if known else State.DISCARDED, now
            if log.rows is not None:
                row = (item.number, log.rcpt[d])
                if why == Why.LIFETIME_OVER:
                    log.rows.extend((now, *row, Event.EXPIRED, self.number, -1, -1, item.attempt, code, of, now - item.arrived_us, text))
                said = (Event.BOUNCED, why, number) if known else (Event.DISCARDED, Why.NOT_TO_BE_TOLD, why)
                log.rows.extend((now, *row, said[0], self.number, -1, -1, item.attempt, code, *said[1:], text))
        self._written_home(item, number, now, Why.REPORT_TO_SENDER, -1)
        log.last_us = max(log.last_us, now)
        self.world.settled(len(left))

    def _comes_home(self, item: Item, told: tuple[int, ...], now: int, *, failed: bool = False) -> int:
        """A report that is in its reader's mailbox at once; gives its number."""
        log = self.log
        octets = report_octets(self, item, told, failed=failed)
        number: int = log.add_message(item.number, "", (log.names[log.sender[told[0]]],), self.name, octets, now)
        made = log.first[number]
        log.accepted_us[made] = log.stored_us[made] = now
        log.state[made], log.holder[made], log.copies[made] = State.STORED, self.number, 1
        return number

    def _written_home(self, item: Item, number: int, now: int, why: Why, text: int) -> None:
        """The rows of such a report."""
        log = self.log
        if log.rows is not None and number >= 0:
            made = log.first[number]
            log.rows.extend((now, number, -1, Event.SENT, self.number, -1, -1, 0, -1, why, item.number, text))
            log.rows.extend((now, number, -1, Event.ACCEPTED, self.number, self.number, -1, 0, 250, 0, 0, -1))
            log.rows.extend((now, number, log.rcpt[made], Event.STORED, self.number, -1, -1, 0, 250, Why.LOCAL_DELIVERY, 0, -1))

    def passed_on(self, item: Item, handover: Handover) -> None:
        """A server took deliveries on which reports were asked for: where it does not know of that, the sender is told so."""
        along = self.log.requests.go_along(self, handover.server, handover.deliveries)
        told = () if along or handover.keep else wanting(self, item.number, handover.deliveries, "relayed")
        if told:
            self.world.opened(1)
            self.world.spawn(self._relayed(item, told, handover.end_us), MESSAGE_ORDER + item.number)

    def _relayed(self, item: Item, told: tuple[int, ...], t_us: int) -> Life:
        now = yield max(t_us, self.world.now)
        number = self._comes_home(item, told, now)
        self._written_home(item, number, now, *success_words(self.log, told, "relayed"))
        self.log.last_us = max(self.log.last_us, now)
        self.world.settled(1)


class SendersActor:
    """The population."""

    def __init__(self, world: World, name: str, declaration: Senders) -> None:
        self.world = world
        self.log = world.log
        self.name = name
        self.number = world.log.name(name)
        self.declaration = declaration
        total = sum(declaration.mix.values())
        share, self.kin = 0.0, []
        for flavour in sorted(declaration.mix):
            share += declaration.mix[flavour] / total
            self.kin.append((share, LoneMta(world, name, flavour)))
        self.choice = world.draws.uniforms(f"senders flavour {name}")
        self.resolver = ColdResolver(world, name, unbound_figures())
        host = world.compiled.nodes[name].host or name
        everybody = ReceiverPolicy(host, frozenset(), frozenset(), lambda a: True, lambda u, p: False, None)
        self.door = Doorman(world, name, self.kin[0][1].figures, everybody._replace(relays_for=_AnyDomain()), limit=None)

    def send(self, number: int, deliveries: tuple[int, ...], t_us: int) -> Life:
        """Message ``number`` enters the queue of its own MTA at ``t_us`` (the clock)."""
        log = self.log
        drawn = self.choice.at(number)
        mta = next((kin for share, kin in self.kin if drawn < share), self.kin[-1][1]).born(number, self.resolver)
        by_domain: dict[str, list[int]] = {}
        for d in deliveries:
            log.flavour[d] = mta.flavour
            log.holder[d] = self.number
            log.state[d] = State.QUEUED
            log.accepted_us[d] = t_us
            by_domain.setdefault(log.names[log.rcpt[d]].rpartition("@")[2].lower(), []).append(d)
        if log.rows is not None:
            log.rows.extend((t_us, number, -1, Event.SENT, self.number, -1, -1, 0, -1, 0, 0, -1))
            log.rows.extend((t_us, number, -1, Event.ACCEPTED, self.number, self.number, -1, 0, 250, 0, 0, -1))
        parts = [mta.life(number, tuple(ds), domain, t_us) for domain, ds in by_domain.items()]
        for part in parts[1:]:
            self.world.spawn(part, MESSAGE_ORDER + number)
        return parts[0]

    def take(self, number: int, deliveries: tuple[int, ...], hops: int, t_us: int, giver: int) -> None:
        """A report comes home: it is in its reader's mailbox at once."""
        log = self.log
        for d in deliveries:
            log.copies[d] += 1
            log.last_us = max(log.last_us, t_us)
            if log.copies[d] == 1:
                log.accepted_us[d] = log.accepted_us[d] if log.accepted_us[d] >= 0 else t_us
                log.stored_us[d], log.ended_us[d], log.state[d], log.holder[d] = t_us, -1, State.STORED, self.number
            self.world.settled(1)
            if log.rows is not None:
                log.rows.extend((t_us, number, -1, Event.ACCEPTED, self.number, giver, -1, 0, 250, 0, hops, -1))
                log.rows.extend((t_us, number, log.rcpt[d], Event.STORED, self.number, giver, -1, 0, 250, Why.LOCAL_DELIVERY, 0, -1))


def _finished(life: Life) -> Any:
    """What a generator comes to that never waits."""
    try:
        next(life)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("a cold resolver never waits")


class _AnyDomain(frozenset[str]):
    """A set of domains that has every one."""

    __slots__ = ()

    def __contains__(self, domain: object) -> bool:
        return True
