"""Who stands where in a picture: the nodes of a scenario in the order in which mail passes them, with their roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mailsim.language import say
from mailsim.nodes import Client, Mailstore, Mta, Nameserver, Prober, Resolver, Senders
from mailsim.scenario.places import places

if TYPE_CHECKING:
    from mailsim.scenario import Scenario

__all__ = ["LAYERS", "Place", "layer_word", "node_by_host", "path_order"]

#: the layers of a picture from left to right (or from top to bottom)
LAYERS: tuple[str, ...] = ("client", "sender MTA", "DNS", "MX", "mailbox", "reader")


class Place(NamedTuple):
    """A node with its layer (of :data:`LAYERS`), its role, and its MX preference (-1 for none)."""

    node: str
    layer: str
    role: str
    preference: int

    @property
    def role_word(self) -> str:
        """The role in the language spoken."""
        if self.preference >= 0:
            return say("lanes.role_mx", preference=self.preference)
        return say(f"lanes.role_{_key(self.role)}")


def layer_word(layer: str) -> str:
    """A layer of :data:`LAYERS` in the language spoken."""
    return say(f"lanes.layer_{_key(layer)}")


def _key(word: str) -> str:
    return word.lower().replace(" ", "_")


def node_by_host(scenario: Scenario) -> dict[str, str]:
    """Node of each host name, of each address, and of its own name; of several at one host the MTA."""
    where = places(scenario)
    found: dict[str, str] = {}
    for mta_first in (True, False):
        for node, declaration in scenario.nodes.items():
            if isinstance(declaration, Mta) == mta_first:
                for name in (where.host[node], *where.addresses[node], node):
                    found.setdefault(name, node)
    return found


def _preferences(scenario: Scenario) -> dict[str, int]:
    """The smallest MX preference of each host name in the declared zones."""
    found: dict[str, int] = {}
    for zone in scenario.parsed_zones():
        for rrset in zone.rrsets.values():
            if rrset.rtype == "MX":
                for preference, host in rrset.rdatas:
                    found[host] = min(preference, found.get(host, preference))
    return found


def path_order(scenario: Scenario) -> list[Place]:
    """All nodes in the order in which mail passes them: senders, their MTAs, DNS, MX hosts by preference, mailboxes, readers.

    The sending side is every client or population that traffic starts from, the MTAs that serve its domains and no
    recipient's, and their mailboxes.
    """
    where, preferences = places(scenario), _preferences(scenario)
    senders, recipients = _ends(scenario)
    to_domains = {_domain(address) for address in recipients}
    first = {_domain(name) for stream in scenario.traffic[:1] for name in stream.origins}
    sending = {_domain(address) for address in senders} - to_domains or first
    homes = {d.store for d in scenario.nodes.values() if isinstance(d, Mta) and sending & {*d.final_for} and d.store}
    found: list[Place] = []
    for node, declaration in scenario.nodes.items():
        preference = preferences.get(where.host[node], -1)
        if isinstance(declaration, Client):
            sends = declaration.address in senders or declaration.address not in recipients
            found.append(Place(node, "client" if sends else "reader", "client", -1))
        elif isinstance(declaration, Prober):
            found.append(Place(node, "client", "prober", -1))
        elif isinstance(declaration, Senders):
            found.append(Place(node, "sender MTA", "senders", -1))
        elif isinstance(declaration, Mta):
            serves = {*declaration.final_for, *declaration.relays_for}
            ours = bool(serves & sending) or (declaration.submission and not serves & to_domains)
            role = f"MX {preference}" if preference >= 0 else "MTA"
            found.append(Place(node, "sender MTA" if ours else "MX", "MTA" if ours else role, -1 if ours else preference))
        elif isinstance(declaration, Resolver | Nameserver):
            found.append(Place(node, "DNS", "resolver" if isinstance(declaration, Resolver) else "name server", -1))
        elif isinstance(declaration, Mailstore):
            found.append(Place(node, "sender MTA" if node in homes else "mailbox", "mailbox", -1))
    rank = {name: k for k, name in enumerate(LAYERS)}
    return sorted(found, key=lambda place: (rank[place.layer], place.preference if place.preference >= 0 else 1 << 16))


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _ends(scenario: Scenario) -> tuple[set[str], set[str]]:
    """Addresses that traffic comes from and goes to."""
    senders = {name for stream in scenario.traffic for name in stream.origins}
    return senders, {address for stream in scenario.traffic for address in stream.recipients}
