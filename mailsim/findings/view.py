"""What the checks look at: the scenario with its names looked up once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from mailsim.flavours import store_figures
from mailsim.nodes import Client, Mailstore, Mta
from mailsim.rules.dns.records import RRset
from mailsim.rules.mx import is_address, is_loopback
from mailsim.scenario.places import host_addresses, places
from mailsim.scenario.reading import store_of

if TYPE_CHECKING:
    from mailsim.scenario.scenario import Scenario

__all__ = ["SEVERITIES", "Exchanger", "Finding", "View"]

#: how bad a finding is, the worst first
SEVERITIES = ("error", "warning", "note")


class Finding(NamedTuple):
    """One thing that is wrong, risky or worth knowing.

    Attributes
    ----------
    severity : str
        One of :data:`SEVERITIES`.
    where : str
        The record, node or line that it is about.
    what : str
        What was found, with its number.
    mend : str
        What to do about it.
    source : str
        The clause or the experience that says so.
    number : float, optional
        The figure that it turns on, in the unit that ``what`` names: seconds, servers, addresses.
    """

    severity: str
    where: str
    what: str
    mend: str
    source: str
    number: float | None = None

    def __str__(self) -> str:
        return f"{self.severity}: {self.where}: {self.what}; {self.mend} ({self.source})"


class Exchanger(NamedTuple):
    """One MX record with what lies behind it: addresses, and the MTA nodes at these."""

    preference: int
    host: str
    addresses: tuple[str, ...]
    nodes: tuple[str, ...]

    @property
    def literal(self) -> str:
        """The address that stands where a name should, or ``""``; ``10 1.2.3.4`` in a zone means 1.2.3.4.example.com."""
        first = ".".join(self.host.split(".")[:4])
        return first if is_address(first) else ""

    @property
    def usable(self) -> bool:
        """Whether a sender can get anywhere through it."""
        return any(not is_loopback(address) for address in self.addresses)


class View:
    """A scenario with its records by name and type, its places, and the MX set of each domain."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.zones = scenario.parsed_zones()
        self.places = places(scenario)
        self.rrsets: dict[tuple[str, str], RRset] = {key: rrset for zone in self.zones for key, rrset in zone.rrsets.items()}
        self.names = {name for zone in self.zones for name in zone.names}

    def zone_of(self, name: str) -> str | None:
        """The origin of the zone that a name lies in."""
        found = [zone.origin for zone in self.zones if name == zone.origin or name.endswith("." + zone.origin)]
        return max(found, key=len, default=None)

    def addresses(self, host: str) -> tuple[str, ...]:
        """The addresses of a name, through aliases."""
        return host_addresses(self.zones, host)

    def nodes_at(self, addresses: tuple[str, ...], kind: str) -> tuple[str, ...]:
        """The nodes of a kind at any of the addresses."""
        found = [name for address in addresses for name in self.places.nodes_at.get(address, ())]
        return tuple(name for name in dict.fromkeys(found) if self.scenario.nodes[name].kind == kind)

    def nodes(self, kind: type[Any]) -> Iterator[tuple[str, Any]]:
        """Names and declarations of the nodes of a kind."""
        return ((name, node) for name, node in self.scenario.nodes.items() if isinstance(node, kind))

    @cached_property
    def recipients(self) -> dict[str, str]:
        """Address to the line of traffic that first mails it."""
        return {to: f"traffic[{k}]" for k, stream in reversed(list(enumerate(self.scenario.traffic))) for to in stream.recipients}

    @cached_property
    def domains(self) -> dict[str, tuple[Exchanger, ...] | None]:
        """Every domain that matters to its MX set, best first; ``None`` where it has no MX record."""
        found = {zone.origin for zone in self.zones if (zone.origin, "MX") in self.rrsets}
        found |= {name for name, rtype in self.rrsets if rtype == "MX"}
        found |= {to.rpartition("@")[2] for to in self.recipients}
        found |= {domain for _, node in self.nodes(Mta) for domain in (*node.final_for, *node.relays_for)}
        found |= {node.address.rpartition("@")[2] for _, node in self.nodes(Client) if node.submission is not None}
        return {domain: self._exchangers(domain) for domain in sorted(found)}

    def _exchangers(self, domain: str) -> tuple[Exchanger, ...] | None:
        mx = self.rrsets.get((domain, "MX"))
        if mx is None:
            return None
        return tuple(self.exchanger(preference, host) for preference, host in sorted(mx.rdatas))

    def exchanger(self, preference: int, host: str) -> Exchanger:
        """What lies behind an MX record."""
        addresses = (host,) if is_address(host) else self.addresses(host)
        return Exchanger(preference, host, addresses, self.nodes_at(addresses, "mta"))

    @cached_property
    def store_of(self) -> dict[str, str]:
        """Client to the mail store that it fetches from."""
        return store_of(self.scenario, self.places)

    def idles(self, client: str) -> bool:
        """Whether a client is told of new mail at once: by IMAP IDLE, which its store must have too."""
        node = self.scenario.nodes[client]
        if not isinstance(node, Client) or node.fetch is None or not (node.fetch.idle and node.fetch.protocol == "imap"):
            return False
        store = self.scenario.nodes.get(self.store_of.get(client, ""))
        return not isinstance(store, Mailstore) or store_figures(store.flavour, dict(store.parameters)).idle

    def mailed(self, domain: str) -> bool:
        """Whether the traffic sends mail to a domain."""
        return any(to.rpartition("@")[2] == domain for to in self.recipients)
