"""A scenario made ready to run: who is where, zones over time, conditions over time, links, and the mail to send."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from mailsim.declared import DrawnDuration
from mailsim.draws import Constant, Distribution, Draws
from mailsim.flavours import OwnFlavour, default
from mailsim.nodes import Mta, Nameserver, Senders
from mailsim.rules.conditions import CUT, FOREVER, QUIET, Condition, Direction, Timeline, merged
from mailsim.rules.dns import RRset, Zone, ZoneIndex
from mailsim.rules.reasons import Why
from mailsim.scenario.links import Link
from mailsim.scenario.places import Places
from mailsim.scenario.policies import PolicyTimeline
from mailsim.scenario.timeline import Conditions, link_key
from mailsim.scenario.traffic import Traffic
from mailsim.units import Instant, instant

if TYPE_CHECKING:
    from mailsim.scenario.nameservice import NameService

DAY_US = 86_400_000_000

#: of a world that no scenario made
_STARTS = Instant(0, "UTC")

__all__ = ["Compiled", "CompiledNode", "LinkFigures", "ZoneTimeline", "compiled"]


class LinkFigures(NamedTuple):
    """A link ready to use: round-trip distribution (us), bits per second (0: no limit), and its conditions."""

    rtt: Distribution
    bandwidth: float
    timeline: Timeline


class CompiledNode(NamedTuple):
    """A node with its place."""

    name: str
    declaration: Any
    host: str
    addresses: tuple[str, ...]
    timeline: Timeline


class ZoneTimeline:
    """The versions of one zone over time."""

    def __init__(self, zone: Zone) -> None:
        self.origin = zone.origin
        self.edges: list[int] = []
        self.versions = [ZoneIndex(zone)]

    def at(self, t_us: int) -> ZoneIndex:
        """The version that is served at an instant."""
        return self.versions[bisect_right(self.edges, t_us)] if self.edges else self.versions[0]

    def edit(self, at_us: int, change: Callable[[dict[tuple[str, str], RRset]], None], serial: int | None = None) -> None:
        """Apply an edit from ``at_us`` on; edits come in order of time; ``serial`` is the new one (by default the next)."""
        old = self.versions[-1].zone
        rrsets = dict(old.rrsets)
        change(rrsets)
        soa = rrsets.get((self.origin, "SOA"))
        if soa is not None:
            mname, rname, old_serial, *rest = soa.rdatas[0]
            rrsets[(self.origin, "SOA")] = soa._replace(rdatas=((mname, rname, old_serial + 1 if serial is None else serial, *rest),))
        if rrsets != old.rrsets:
            self.edges.append(at_us)
            self.versions.append(ZoneIndex(Zone(self.origin, rrsets)))


@dataclass
class Compiled:
    """Everything that an engine needs; made once per scenario, with the mail of one seed by :func:`arrivals`."""

    nodes: dict[str, CompiledNode]
    zones: dict[str, ZoneTimeline]
    conditions: Conditions
    places: Places
    traffic: tuple[Traffic, ...]
    run_until_us: int | None
    #: the engine's clock shows this when the scenario starts; before it, traffic warms the caches
    warm_up_us: int
    #: the servers that a node's stub asks, in order
    resolvers_of: dict[str, tuple[str, ...]]
    links: dict[str, Link]
    #: MTA programs of the scenario's own
    flavours: Mapping[str, OwnFlavour] = field(default_factory=dict)
    #: client to the mail store that it looks into, where its host leads to one that has its mailbox
    store_of: dict[str, str] = field(default_factory=dict)
    #: what the calendar shows when the scenario starts
    starts: Instant = _STARTS
    #: by domain: the MTA-STS policy that its policy host serves
    policies: Mapping[str, PolicyTimeline] = field(default_factory=dict)
    #: origins of the zones that are signed
    signed: frozenset[str] = frozenset()
    _figures: dict[tuple[str, str], LinkFigures] = field(default_factory=dict)
    _paths: dict[tuple[str, str], Timeline] = field(default_factory=dict)
    _services: dict[tuple[str, str, str, str], Timeline] = field(default_factory=dict)

    def link(self, a: str, b: str) -> LinkFigures:
        """The link between two nodes: declared by name, by sites, ``local`` on one site or machine, else ``default``."""
        key = link_key(a, b)
        found = self._figures.get(key)
        if found is None:
            found = self._figures[key] = self._link(*key)
        return found

    def _link(self, a: str, b: str) -> LinkFigures:
        timeline = self.conditions.links.get((a, b), QUIET)
        if a == b or set(self.nodes[a].addresses) & set(self.nodes[b].addresses):
            return LinkFigures(Constant(0), 0.0, timeline)
        sites = [self.nodes[n].declaration.site for n in (a, b)]
        names = [f"{a}-{b}", f"{b}-{a}"]
        if None not in sites:
            names += [f"site:{sites[0]}-site:{sites[1]}", f"site:{sites[1]}-site:{sites[0]}"]
        local = sites[0] is not None and sites[0] == sites[1]
        names.append("local" if local else "default")
        declared = next((self.links[n] for n in names if n in self.links), None)
        if declared is None and local:
            declared = Link(rtt=DrawnDuration(kind="constant", value=default("link.local_rtt")))
        declared = declared or Link()
        return LinkFigures(declared.rtt.distribution(), declared.bandwidth or 0.0, timeline)

    @cached_property
    def resolver_of(self) -> dict[str, str]:
        """The server that each node asks first."""
        return {name: servers[0] for name, servers in self.resolvers_of.items()}

    @cached_property
    def has_ipv6(self) -> bool:
        """Whether any zone has an AAAA record."""
        return any(rtype == "AAAA" for z in self.zones.values() for v in z.versions for _, rtype in v.zone.rrsets)

    @cached_property
    def dns_quiet(self) -> bool:
        """Whether nothing is ever wrong with names or name servers."""
        servers = [n for n in self.nodes.values() if isinstance(n.declaration, Nameserver)]
        wrong = self.conditions
        faulty = wrong.names or wrong.links or wrong.servers or wrong.divides
        return not faulty and all(n.timeline.quiet for n in servers)

    @cached_property
    def _zone_edges(self) -> list[int]:
        return sorted({edge for z in self.zones.values() for edge in z.edges})

    def zone_epoch(self, t_us: int) -> int:
        """The number of the stretch between zone edits in which an instant lies."""
        return bisect_right(self._zone_edges, t_us)

    @cached_property
    def _changes(self) -> list[int]:
        found = set(self._zone_edges)
        wrong = self.conditions
        of_dns = [*(fault.timeline for fault in wrong.names), *(fault.timeline for fault in wrong.servers)]
        of_parts = [part.timeline for parts in wrong.parts.values() for part in parts] + [divide.timeline for divide in wrong.divides]
        by_key = (wrong.nodes, wrong.links, wrong.logins, wrong.addresses, wrong.policies)
        for timeline in (*(one for found_by in by_key for one in found_by.values()), *of_dns, *of_parts):
            found.update(timeline.edges)
        found.update(edge for cues in wrong.cues.values() for cue in cues for edge in (cue.start_us, cue.end_us))
        for policy in self.policies.values():
            found.update(policy.edges)
        return sorted(found)

    @cached_property
    def chancy(self) -> bool:
        """Whether sessions that begin under the same conditions may go differently by chance."""
        wrong = self.conditions
        lossy = (c.packet_loss for t in (*wrong.links.values(), *(d.timeline for d in wrong.divides)) for c in t.conditions)
        return bool(wrong.parts) or any(lossy)

    @cached_property
    def name_changes(self) -> list[int]:
        """The instants at which what name servers say changes: zone edits, faults of names and of the servers' services."""
        wrong = self.conditions
        found = set(self._zone_edges)
        for timeline in (*(fault.timeline for fault in wrong.names), *(fault.timeline for fault in wrong.servers)):
            found.update(timeline.edges)
        return sorted(found)

    @cached_property
    def longest_ttl_us(self) -> int:
        """For how long an answer from the declared zones may be kept."""
        rrsets = (rrset for zone in self.zones.values() for version in zone.versions for rrset in version.zone.rrsets.values())
        return max((rrset.ttl for rrset in rrsets), default=0) * 1_000_000

    def next_change(self, t_us: int) -> int:
        """The first instant after ``t_us`` at which anything changes in the world, or FOREVER."""
        index = bisect_right(self._changes, t_us)
        return self._changes[index] if index < len(self._changes) else FOREVER

    def name_server(self, host: str) -> str | None:
        """The declared name server with this host name, or None: such a server is always up."""
        return next((n.name for n in self.nodes.values() if n.host == host and isinstance(n.declaration, Nameserver)), None)

    @cached_property
    def name_service(self) -> NameService:
        """Which address serves which zones."""
        from mailsim.scenario.nameservice import NameService

        return NameService(self)

    @cached_property
    def _faulty_zones(self) -> frozenset[str]:
        return frozenset(fault.node for fault in self.conditions.servers if fault.zone)

    def dns_service(self, node: str, proto: str, rtype: str, name: str) -> Timeline:
        """What is wrong with the DNS service of a node for such questions."""
        key = (node, proto, rtype, name if node in self._faulty_zones else "")
        found = self._services.get(key)
        if found is None:
            mine = [f.timeline for f in self.conditions.servers if f.node == node and f.concerns(proto, rtype, name)]
            found = self._services[key] = merged(mine)
        return found

    def path(self, client: str, server: str) -> Timeline:
        """What is wrong between two nodes as ``client`` sees it."""
        found = self._paths.get((client, server))
        if found is None:
            own = Timeline(
                s._replace(condition=Condition(s.condition.reach)) for s in self.nodes[client].timeline.spans() if s.condition.reach in CUT
            )
            parts = [own, self.link(client, server).timeline, self.nodes[server].timeline]
            parts += [met for divide in self.conditions.divides if (met := divide.between(client, server)) is not None]
            if client == server or set(self.nodes[client].addresses) & set(self.nodes[server].addresses):
                parts = [Timeline(s._replace(condition=_without_network(s.condition)) for s in self.nodes[server].timeline.spans())]
            found = self._paths[(client, server)] = merged(parts)
        return found


def _without_network(condition: Condition) -> Condition:
    """What of it is met on the machine itself: its service may not run, its network does not matter; what is off is off."""
    if condition.reach not in CUT or condition.restarts:
        return condition
    return condition._replace(reach=Why.REFUSED if condition.stopped else Why.OK, direction=Direction.BOTH, stopped=False)


def compiled(scenario: Any, seed: int | None = None) -> Compiled:
    """Make a validated scenario ready to run; ``seed`` (by default the scenario's) decides what outages are drawn."""
    from mailsim.scenario.faults.base import Ground
    from mailsim.scenario.places import places
    from mailsim.scenario.reading import store_of
    from mailsim.scenario.timeline import compile_faults
    from mailsim.scenario.zoneedits import edit_zones

    where = places(scenario)
    zones = {zone.origin: ZoneTimeline(zone) for zone in scenario.parsed_zones()}
    offset = _warm_up(scenario, zones)
    sites: dict[str, list[str]] = {}
    for name, node in scenario.nodes.items():
        if node.site is not None:
            sites.setdefault(node.site, []).append(name)
    draws = Draws(scenario.seed if seed is None else seed)
    where_nodes = (where.nodes_at, where.addresses)
    ground = Ground(list(scenario.nodes), sites, scenario.groups, *where_nodes, draws, scenario.starts, scenario.nodes)
    conditions = compile_faults(scenario.faults, ground, offset_us=offset)
    nodes = {
        name: CompiledNode(name, node, where.host.get(name, ""), tuple(where.addresses.get(name, ())), conditions.nodes.get(name, QUIET))
        for name, node in scenario.nodes.items()
    }
    for name, compiled_node in nodes.items():
        if isinstance(compiled_node.declaration, Senders):
            zones.setdefault(f"{name}.test", ZoneTimeline(_population_zone(name, compiled_node.addresses)))
    resolvers_of = {name: servers for name in scenario.nodes if (servers := scenario.resolvers_of(name))}
    result = Compiled(
        nodes,
        zones,
        conditions,
        where,
        scenario.traffic,
        None if scenario.run_until == "settled" else scenario.run_until + offset,
        offset,
        resolvers_of,
        dict(scenario.links),
        dict(scenario.flavours),
        store_of=store_of(scenario, where),
        starts=instant(scenario.starts),
        policies={domain.rstrip(".").lower(): PolicyTimeline(policy, offset) for domain, policy in scenario.policies.items()},
        signed=frozenset(scenario.signed_zones),
    )
    edit_zones(zones, scenario.changes, conditions.zones, offset)
    _health_checks(result)
    return result


def _warm_up(scenario: Any, zones: dict[str, ZoneTimeline]) -> int:
    """How long traffic runs before the scenario starts: as declared; ``auto``: a day or twice the largest TTL."""
    if scenario.warm_up != "auto":
        return int(scenario.warm_up)
    ttl = max((rrset.ttl for zone in zones.values() for rrset in zone.versions[0].zone.rrsets.values()), default=0)
    return max(DAY_US, 2 * ttl * 1_000_000)


def _population_zone(name: str, addresses: tuple[str, ...]) -> Zone:
    """The zone of a population's sender domains: all of them take their reports at one address."""
    origin = f"{name}.test"
    soa = (f"ns.{origin}", f"hostmaster.{origin}", 1, 7200, 900, 1209600, 300)
    rrsets = [
        RRset(origin, "SOA", 3600, (soa,)),
        RRset(f"*.{origin}", "MX", 3600, ((10, f"mail.{origin}"),)),
        RRset(f"mail.{origin}", "A", 3600, tuple(addresses[:1])),
    ]
    return Zone(origin, {(r.name, r.rtype): r for r in rrsets})


def _health_checks(world: Compiled) -> None:
    """Failover records: edits at the checks at which the first reachable host changes.

    A check is a connection to port 25 at ``k * every``; the condition at that instant decides.
    """
    for node in world.nodes.values():
        if not isinstance(node.declaration, Nameserver):
            continue
        for check in node.declaration.health_checks:
            zone = next(z for o, z in world.zones.items() if check.name == o or check.name.endswith("." + o))
            servers = {n.host: n for n in world.nodes.values() if n.addresses and isinstance(n.declaration, Mta)}
            hosts = [(host, servers.get(host)) for host in check.hosts]
            edges = sorted({e for _, n in hosts if n is not None for e in world.path(node.name, n.name).edges})
            shown = _hand_out(hosts[0][1], zone, check.hosts[0])
            zone.edit(0, _a_record(check.name, shown, check.ttl // 1_000_000))
            bad = dict.fromkeys(check.hosts, 0)
            good = dict.fromkeys(check.hosts, check.rise)
            horizon = (edges[-1] if edges and edges[-1] < 1 << 61 else 0) + (check.fall + check.rise + 1) * check.every
            for t in _check_instants(edges, check.every, check.fall + check.rise + 1, horizon):
                for host, target in hosts:
                    up = target is not None and world.path(node.name, target.name).at(t).reach == Why.OK
                    bad[host] = 0 if up else bad[host] + 1
                    good[host] = good[host] + 1 if up else 0
                    if bad[host] >= check.fall:
                        good[host] = 0
                out = {h for h, _ in hosts if bad[h] >= check.fall or (bad[h] == 0 and good[h] < check.rise)}
                first = next(((h, n) for h, n in hosts if h not in out), hosts[0])
                zone.edit(t, _a_record(check.name, _hand_out(first[1], zone, first[0]), check.ttl // 1_000_000))


def _check_instants(edges: list[int], every: int, around: int, horizon: int) -> list[int]:
    """The checks that can matter: those within ``around`` intervals after each change."""
    found: set[int] = set()
    for edge in edges:
        first = -(-edge // every)
        found.update((first + k) * every for k in range(around))
    return sorted(t for t in found if t <= horizon)


def _hand_out(node: CompiledNode | None, zone: ZoneTimeline, host: str) -> str:
    rrset = zone.versions[0].zone.rrsets.get((host, "A"))
    return rrset.rdatas[0] if rrset else (node.addresses[0] if node and node.addresses else "192.0.2.1")


def _a_record(name: str, address: str, ttl_s: int) -> Callable[[dict[tuple[str, str], RRset]], None]:
    def edit(rrsets: dict[tuple[str, str], RRset]) -> None:
        rrsets[(name, "A")] = RRset(name, "A", ttl_s, (address,))

    return edit
