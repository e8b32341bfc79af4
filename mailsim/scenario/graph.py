"""A scenario as a networkx graph: nodes with their roles, and who speaks to whom, for pictures, cuts and paths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mailsim.nodes import Client, DnsClient, DnsProcess, Mta, Nameserver, Resolver, Senders
from mailsim.rules.dns.records import RRset
from mailsim.scenario.places import Places, host_addresses, places

if TYPE_CHECKING:
    import networkx as nx

    from mailsim.scenario.scenario import Scenario

__all__ = ["LAYERS", "graph", "mx_of"]

#: the layer of each role in a picture drawn from left to right
LAYERS = {"client": 0, "senders": 0, "submission": 1, "dns": 2, "mx": 3, "mta": 3, "mailstore": 4, "reader": 5}


def mx_of(scenario: Scenario, domain: str) -> list[tuple[int, str]]:
    """The MX set of a domain by preference, as (preference, host); a domain without MX is its own host (RFC 5321 section 5.1)."""
    rrsets = _rrsets(scenario)
    mx = rrsets.get((domain, "MX"))
    if mx is not None:
        return sorted((preference, host) for preference, host in mx.rdatas)
    return [(0, domain)] if host_addresses(scenario.parsed_zones(), domain) else []


def _rrsets(scenario: Scenario) -> dict[tuple[str, str], RRset]:
    return {key: rrset for zone in scenario.parsed_zones() for key, rrset in zone.rrsets.items()}


def graph(scenario: Scenario) -> nx.MultiDiGraph:
    """The graph of a scenario.

    Returns
    -------
    networkx.MultiDiGraph
        Nodes carry ``kind``, ``role`` (a key of :data:`LAYERS`), ``layer``, ``site``, ``host`` and ``addresses``.  Edges run
        the way the mail (or the question) goes and carry ``via``: ``submission``, ``relay`` (with ``preference`` and
        ``domain``), ``store``, ``fetch`` or ``dns``; the edge's key is ``via``, with the domain for a relay.
    """
    import networkx as nx

    where = places(scenario)
    result = nx.MultiDiGraph(name=scenario.name)
    listed = {host for domain in _domains(scenario) for _, host in mx_of(scenario, domain)}
    for name, node in scenario.nodes.items():
        role = _role(node, where.host[name] in listed)
        result.add_node(
            name, kind=node.kind, role=role, layer=LAYERS[role], site=node.site, host=where.host[name], addresses=where.addresses[name]
        )
    for a, b, key, attributes in _edges(scenario, where):
        result.add_edge(a, b, key=key, **attributes)
    return result


def _role(node: Any, listed: bool) -> str:
    if isinstance(node, Client):
        return "client" if node.submission is not None or node.fetch is None else "reader"
    if isinstance(node, Mta):
        return "submission" if node.submission else "mx" if listed else "mta"
    if isinstance(node, Resolver | Nameserver):
        return "dns"
    return str(node.kind)


def _domains(scenario: Scenario) -> list[str]:
    """The domains that mail goes to: of recipients, of clients (reports), and of what servers are responsible for."""
    found = [to.rpartition("@")[2] for stream in scenario.traffic for to in stream.recipients]
    found += [node.address.rpartition("@")[2] for node in scenario.nodes.values() if isinstance(node, Client)]
    found += [domain for node in scenario.nodes.values() if isinstance(node, Mta) for domain in (*node.final_for, *node.relays_for)]
    return list(dict.fromkeys(found))


def _at(scenario: Scenario, where: Places, host: str, kind: str) -> list[str]:
    """The nodes of a kind at a host name."""
    addresses = set(host_addresses(scenario.parsed_zones(), host))
    return [
        name
        for name, node in scenario.nodes.items()
        if node.kind == kind and (where.host[name] == host or addresses & set(where.addresses[name]))
    ]


def _edges(scenario: Scenario, where: Places) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    for name, node in scenario.nodes.items():
        if isinstance(node, Client) and node.submission is not None:
            for host in _submission_hosts(scenario, node):
                for server in _at(scenario, where, host, "mta"):
                    yield name, server, "submission", {"via": "submission"}
        if isinstance(node, Client) and node.fetch is not None:
            for host in _fetch_hosts(scenario, node):
                for store in _at(scenario, where, host, "mailstore"):
                    if node.address in scenario.nodes[store].mailboxes:  # type: ignore[union-attr]
                        yield store, name, "fetch", {"via": "fetch", "protocol": node.fetch.protocol}
        if isinstance(node, Mta) and node.store is not None:
            yield name, node.store, "store", {"via": "store"}
        if isinstance(node, Client | Mta | DnsClient | DnsProcess):
            for resolver in scenario.resolvers_of(name):
                yield name, resolver, "dns", {"via": "dns"}
        if isinstance(node, Resolver):
            for server, other in scenario.nodes.items():
                if isinstance(other, Nameserver):
                    yield name, server, "dns", {"via": "dns"}
    yield from _relays(scenario, where)


def _relays(scenario: Scenario, where: Places) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """From whoever sends to each MX of the domain, and from a server that passes on to the servers preferred to it."""
    for domain in _domains(scenario):
        targets = [(preference, server) for preference, host in mx_of(scenario, domain) for server in _at(scenario, where, host, "mta")]
        for name, node in scenario.nodes.items():
            if not isinstance(node, Mta | Senders) or (isinstance(node, Mta) and domain in node.final_for):
                continue
            if isinstance(node, Mta) and not (node.submission or domain in node.relays_for):
                continue
            own = min((preference for preference, server in targets if server == name), default=None)
            for preference, server in targets:
                if server != name and (own is None or preference < own):
                    yield name, server, f"relay {domain}", {"via": "relay", "domain": domain, "preference": preference}


def _submission_hosts(scenario: Scenario, node: Client) -> list[str]:
    assert node.submission is not None
    domain = node.address.rpartition("@")[2]
    if node.submission.discover == "mx":
        return [host for _, host in mx_of(scenario, domain)[:1]]
    if node.submission.discover == "srv":
        return _srv(scenario, domain, ("_submissions._tcp", "_submission._tcp"))
    return [node.submission.discover]


def _fetch_hosts(scenario: Scenario, node: Client) -> list[str]:
    assert node.fetch is not None
    if node.fetch.host is not None:
        return [node.fetch.host]
    names = ("_imaps._tcp", "_imap._tcp") if node.fetch.protocol == "imap" else ("_pop3s._tcp", "_pop3._tcp")
    return _srv(scenario, node.address.rpartition("@")[2], names)


def _srv(scenario: Scenario, domain: str, services: tuple[str, ...]) -> list[str]:
    rrsets = _rrsets(scenario)
    found = (rrsets.get((f"{service}.{domain}", "SRV")) for service in services)
    return next(([target for _, _, _, target in sorted(rrset.rdatas)] for rrset in found if rrset is not None), [])
