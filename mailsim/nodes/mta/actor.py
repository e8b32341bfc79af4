"""The MTA as an actor: its state, who it is responsible for, and when it may try whom."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from mailsim.nodes.attempt import Handover, Item
from mailsim.nodes.contact import Caller, Doorman
from mailsim.nodes.logins import LoginDesk, SmtpLogins, login_rules
from mailsim.nodes.memory import RetryMemory
from mailsim.nodes.mta.dates import due_again
from mailsim.nodes.mta.declaration import Mta
from mailsim.nodes.mta.disciplines import discipline_of
from mailsim.nodes.mta.flushing import flushes
from mailsim.nodes.mta.life import came_back, carry, give_up, put_off, put_off_all, release, run_batch, serve, take, walk
from mailsim.nodes.mta.order import rank_of
from mailsim.nodes.mta.queue import Deferred, Destination
from mailsim.nodes.mta.restarts import Restarts, turns
from mailsim.nodes.mta.returning import passed_on
from mailsim.nodes.mta.welcome import known_recipients, reception_of
from mailsim.nodes.plan import Leg
from mailsim.nodes.route import RouteEntry
from mailsim.nodes.stub import stub_of
from mailsim.nodes.world import Life, World
from mailsim.rules.choice import address_types
from mailsim.rules.conditions import QUIET, Timeline
from mailsim.rules.receive import ReceiverPolicy
from mailsim.rules.retry import next_scan
from mailsim.rules.sts import Fetch
from mailsim.rules.tls import Offer

__all__ = ["MtaActor"]

RUNNER_ORDER = 1
SECOND_US = 1_000_000


class MtaActor:
    """One MTA: door, queues, retry memory.  The life of a message in it stands in ``life``, an attempt in ``relay``."""

    def __init__(self, world: World, name: str, declaration: Mta) -> None:
        self.world = world
        self.log = world.log
        self.name = name
        self.declaration = declaration
        self.number = world.log.name(name)
        self.figures = declaration.figures(world.compiled.flavours)
        node = world.compiled.nodes[name]
        self.host = node.host or name
        self.own = frozenset({self.host, *node.addresses})
        self.search = self.host.partition(".")[2]  #: the search domain of its stub: its own (resolv.conf(5), by default)
        #: when the service is stopped and does no work
        self.stopped = Timeline(span for span in node.timeline.spans() if span.condition.down or span.condition.idle)
        happens = turns(node.timeline)
        #: its ups and downs, where any are declared
        self.restarts: Restarts | None = Restarts(self, happens) if happens else None
        self.address_types = address_types(self.figures, has_ipv6=world.compiled.has_ipv6)
        self.patience = (self.figures.dns_tries, self.figures.dns_timeout)
        self.resolver = stub_of(world, name, self.patience, self.figures.stub)
        self.resolver_quiet = self.resolver is not None and self.resolver.quiet
        self.caller = Caller(name, self.figures)
        self.lmtp_caller = Caller(name, self.figures.model_copy(update={"starttls": False}))
        self.caller.ends = self.lmtp_caller.ends = tuple(turn.at_us for turn in happens if turn.down)
        self.aliases = {address.lower(): targets for address, targets in declaration.aliases.items()}
        #: deliveries whose address was looked up among them
        self.forwarded: set[int] = set()
        self.door = self._door()
        self.final_for = self.door.policy.final_for
        self._domains: dict[int, str] = {}
        self.routes: dict[str, RouteEntry] = {}
        self.fetches: dict[str, list[Fetch]] = {}
        self.plans: dict[tuple[str, int], Any] = {}
        self.store_legs: dict[int, Leg | None] = {}
        self._retry()
        self.discipline = discipline_of(self)
        if self.restarts is not None:
            self.restarts.begin()
        for request in world.compiled.conditions.flushes.get(name, ()):
            world.spawn(flushes(self, request), RUNNER_ORDER)

    def _retry(self) -> None:
        retry = self.figures.retry
        drawn, given = f"scan phase {self.name}", self.declaration.scan_phase
        if given is None:
            phase = int(self.world.draws.uniform(drawn, 0) * retry.grid_us)
        else:
            phase = self.world.draws.stream(drawn, given.distribution()).at(0)
        second = self.declaration.second_phase
        if second == "drawn":
            second = int(self.world.draws.uniform("phase of the wall clock's second", 0) * SECOND_US)
        self.memory = RetryMemory(
            retry.policy(),
            scan_us=retry.grid_us,
            phase_us=phase + self.world.origin_us,
            origin_us=self.world.origin_us - second,
            giving_up=self.figures.give_up.rule(),
            draw=self.world.draws.uniforms(f"retry jitter {self.name}").at if retry.jittered else None,
        )
        self.local_policy = retry.local_policy()
        self.waiting: dict[str, dict[Item, None]] = {}
        rank = rank_of(self.figures.queue_order, self.name, self.world.draws, self.world.origin_us)
        self.deferred = Deferred(self.world, self.start_batch, RUNNER_ORDER, rank, spawn=self.spawn)
        self.destinations: dict[str, Destination] = {}

    def _door(self) -> Doorman:
        declared = self.declaration
        store = self.world.compiled.nodes[declared.store].declaration.mailboxes if declared.store else None
        mailboxes = {address.lower(): box.password for address, box in (store or {}).items()}
        logins = {**mailboxes, **{user.lower(): account.password for user, account in declared.accounts.items()}}
        policy = ReceiverPolicy(
            host=self.host,
            final_for=frozenset(declared.final_for),
            relays_for=frozenset(declared.relays_for),
            mailbox_known=(lambda address: True) if store is None else {**mailboxes, **self.aliases}.__contains__,
            login_ok=lambda user, password: user.lower() in logins and logins[user.lower()] == password,
            size_limit=self.figures.size_limit,
            relay_denied=(int(self.figures.relay_denied[:3]), self.figures.relay_denied[4:]),
            relay_knows=known_recipients(self),
        )
        limit = declared.max_sessions or self.figures.max_sessions
        door = Doorman(self.world, self.name, self.figures, policy, limit=limit)
        door.cues = (*door.cues, *(line.cue(self.world.origin_us) for line in declared.script))
        door.reception = reception_of(self)
        door.offer = Offer(self.figures.starttls, declared.certificate == "valid", declared.tlsa_matches)
        services = ("submission", "submissions") * declared.submission + ("smtp",) * declared.login_on_smtp
        if services:
            outages = self.world.compiled.conditions.logins.get(self.name, QUIET)
            desk = self.world.actor(declared.store).desk if declared.store else LoginDesk(self.world, login_rules(self.figures))
            door.logins = SmtpLogins(desk, self.figures, services, outages)
        return door

    # -- receiving ----------------------------------------------------------------------------------------------

    def take(self, number: int, deliveries: tuple[int, ...], hops: int, t_us: int, giver: int) -> Life:
        """Take responsibility for deliveries of a message: the rest of their life."""
        return take(self, number, deliveries, hops, t_us, giver)

    def carry(self, item: Item, t_us: int) -> Life:
        """Attempt an item now, honestly step by step."""
        if self.restarts is None:
            return carry(self, item, t_us)
        self.restarts.enter(item)
        return self.restarts.mortal(carry(self, item, t_us))

    def mortal(self, life: Life) -> Life:
        """A life that ends with the MTA's processes."""
        return life if self.restarts is None else self.restarts.mortal(life)

    def spawn(self, life: Life, order: int) -> None:
        """Start a Flow that ends with the MTA's processes."""
        self.world.spawn(self.mortal(life), order)

    def left(self, item: Item, deliveries: tuple[int, ...]) -> None:
        """Deliveries are no longer this MTA's."""
        if self.restarts is not None:
            self.restarts.leave(item, deliveries)

    def due_again(self, item: Item, due_us: int) -> int:
        """When a deferred item is due now that queue runs begin anew; ``due_us``: when it was due before."""
        return due_again(self, item, due_us)

    def walk(self, item: Item, t_us: int, destination: Destination | None) -> Life:
        """One honest attempt with a session granted."""
        return walk(self, item, t_us, destination)

    def release(self, item: Item, handover: Handover) -> None:
        """Let a server's part of the message go on by itself from the instant at which it took it."""
        release(self, item, handover)

    def passed_on(self, item: Item, handover: Handover) -> None:
        """A server took deliveries on which reports were asked for."""
        passed_on(self, item, handover)

    def came_back(self, hosts: tuple[str, ...], t_us: int) -> None:
        """Hosts took mail: what waited for them goes over the same connections."""
        came_back(self, hosts, t_us)

    def put_off(self, item: Item, t_us: int) -> None:
        """Deferred untried because the destination is dead."""
        put_off(self, item, t_us)

    def domain_of(self, name: int) -> str:
        """The domain of an address (name number)."""
        found = self._domains.get(name)
        if found is None:
            found = self._domains[name] = self.log.names[name].rpartition("@")[2].lower()
        return found

    def turn(self, item: Item) -> int:
        """What tells the draws of this attempt from those of others."""
        return item.attempt

    def destination(self, domain: str) -> Destination | None:
        """The sessions of a destination, where the program counts them."""
        rule = self.figures.concurrency
        if rule is None:
            return None
        found = self.destinations.get(domain)
        if found is None:
            found = self.destinations[domain] = Destination(
                self.world,
                rule,
                RUNNER_ORDER,
                pace_us=self.figures.start_pace,
                serve=lambda item: serve(self, item),
                give_up=lambda items: put_off_all(self, items, self.world.now),
                spawn=self.spawn,
            )
        return found

    def note_success(self, address: str) -> list[Item]:
        """A host took mail: forget its record; gives what waited for it, which goes over the same connection."""
        if not self.memory.forget(address):
            return []
        items = sorted(self.waiting.pop(address, {}), key=lambda item: item.number)
        for item in items:
            self._forget_waiting(item)
        self.deferred.take(items)
        return items

    def _forget_waiting(self, item: Item) -> None:
        for address in item.waits_for:
            self.waiting.get(address, {}).pop(item, None)
        item.waits_for = ()

    def wait_for(self, item: Item, hosts: Sequence[str]) -> None:
        """Remember which hosts a deferred item waits for."""
        hosts = [host for host in hosts if " " not in host]
        if self.memory.by_host:
            item.waits_for = tuple(hosts)
            for host in hosts:
                self.waiting.setdefault(host, {})[item] = None

    def looks_again(self, t_us: int, due_us: int) -> int:
        """When a message that waits for its hosts is looked up again: at its own time, or in a queue run that may find other hosts.

        Exim looks the names up in every queue run, even where it connects to nobody then, and calls a host that it has no record of
        at once.  Runs that can only find what the last one found are left out: those before the names change, and those after it
        once no cache can hold anything older.
        """
        changes = self.world.compiled.name_changes
        if not changes:
            return due_us
        k = bisect_right(changes, t_us)
        keeps = self.resolver is not None and self.resolver.caches
        after = t_us + 1
        if not (k and keeps and t_us < changes[k - 1] + self.world.compiled.longest_ttl_us):
            if k == len(changes):
                return due_us
            after = max(after, changes[k])
        return min(due_us, next_scan(after, self.memory.scan_us, self.memory.phase_us))

    # -- the runner ---------------------------------------------------------------------------------------------

    def start_batch(self, items: list[Item], now_us: int) -> None:
        """What is due goes on: each by itself (Postfix), or one after the other in a queue run (Exim); or it is given up now."""
        for item in items:
            self._forget_waiting(item)
            item.ticket = 0
            if item.over is not None:
                give_up(self, item)
        items = [item for item in items if item.over is None]
        if not items:
            return
        if self.discipline is not None:
            local = [item for item in items if item.local]  # final delivery is no business of a discipline
            if local:
                run_batch(self, local, now_us)
                items = [item for item in items if not item.local]
            if items:
                self.discipline.due(items, now_us)
        else:
            run_batch(self, items, now_us)
