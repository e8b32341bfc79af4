"""Checks of nodes: names, flavours and figures, and the nodes that they name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mailsim.errors import MailsimError, UnknownNameError, did_you_mean
from mailsim.flavours import (
    OwnFlavour,
    mta_figures,
    mta_flavours,
    resolver_figures,
    resolver_flavours,
    resolver_model,
    store_figures,
    stub_flavours,
)
from mailsim.flavours.logins import StoreFigures
from mailsim.flavours.models import MtaFigures, ResolverFigures
from mailsim.flavours.stubs import NameserverFigures, nameserver_figures, stub_figures, stub_model
from mailsim.nodes import Client, DnsClient, DnsProcess, Mailstore, Mta, Nameserver, Prober, Resolver, Senders
from mailsim.nodes.base import StubSettings
from mailsim.scenario.document import Path
from mailsim.scenario.problems import KEY
from mailsim.scenario.sentences import sentences_of

if TYPE_CHECKING:
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["among", "check_nodes"]

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62})")
_RESERVED = {"default", "local", "dns", "link", "site", "group"}


def among(known: list[str]) -> str:
    """``; there is: a, b``, or nothing for an empty list."""
    return f"; there is: {', '.join(known[:12])}" if known else ""


def check_nodes(sight: Sight) -> Iterator[Complaint]:
    """Every node by itself, and the resolver of all."""
    if not sight.names and "nodes" not in sight.unsure:
        yield ("nodes",), "a scenario needs at least one node", 0
    yield from _check_default_resolver(sight)
    yield from _check_flavours(sight)
    known = (*mta_flavours(), *sight.scenario.flavours)
    lonely: list[str] = []
    for name, node in sight.scenario.nodes.items():
        at: Path = ("nodes", name)
        if not _NAME.fullmatch(name):
            yield at, f"{name[:60]!r} can't name a node; use letters, digits, - and _, at most 63", KEY
        elif name in _RESERVED - {"dns"}:
            yield at, f"{name!r} can't name a node: the word has a meaning in links and faults", KEY
        yield from _servers(sight, (*at, "resolver"), node.resolver)
        yield from _check_stub(at, node.stub)
        if isinstance(node, Mta):
            yield from _check_mta(sight, at, node)
        elif isinstance(node, Resolver):
            model = resolver_model(node.flavour) if node.flavour in resolver_flavours() else ResolverFigures
            yield from _check_figures(at, node.flavour, node.parameters, resolver_figures, model)
        elif isinstance(node, Mailstore):
            yield from _check_figures(at, node.flavour, node.parameters, store_figures, StoreFigures)
        elif isinstance(node, Senders):
            for flavour in node.mix:
                if flavour not in known and "flavours" not in sight.unsure:
                    yield (*at, "mix", flavour), UnknownNameError("MTA flavour", flavour, known).text, KEY
        elif isinstance(node, Client):
            yield from _check_client(sight, at, node)
        elif isinstance(node, Nameserver):
            if node.flavour is not None:
                yield from _check_figures(at, node.flavour, node.parameters, nameserver_figures, NameserverFigures)
            yield from _check_served(sight, at, node)
            yield from _check_health(sight, at, node)
        if isinstance(node, Mta | Client | DnsClient | DnsProcess | Prober) and not node.resolver:
            lonely.append(name)
    yield from _check_lonely(sight, lonely)


def _servers(sight: Sight, path: Path, names: tuple[str, ...]) -> Iterator[Complaint]:
    """The servers that a stub asks: resolvers, or name servers asked directly, each once."""
    for k, name in enumerate(names):
        yield from _named(sight, path if len(names) == 1 else (*path, k), name, "resolver", "nameserver")
        if name in names[:k]:
            yield (*path, k), f"{name} is in the list twice", 0


def _check_stub(at: Path, stub: StubSettings) -> Iterator[Complaint]:
    """The stub's flavour exists, and its parameters are figures of it."""
    model = stub_model(stub.flavour) if stub.flavour in stub_flavours() else None
    yield from _check_figures((*at, "stub"), stub.flavour, stub.parameters, stub_figures, model)


def _named(sight: Sight, path: Path, name: str | None, kind: str, *others: str) -> Iterator[Complaint]:
    """A node that must exist and be of a kind, or of one of the others."""
    if name is None or name in sight.ghosts:
        return
    known = [other for other, node in sight.scenario.nodes.items() if node.kind == kind]
    if name in sight.scenario.nodes and sight.scenario.nodes[name].kind in others:
        return
    if name not in sight.scenario.nodes:
        yield path, f"there is no node {name[:60]!r}{did_you_mean(name, known) or among(known)}", 0
    elif name not in known:
        hint = among(known) or f"; add one: {{kind: {kind}}}"
        yield path, f"{name!r} is a node of kind {sight.kind_of(name)}, not {kind}{hint}", 0


def _check_default_resolver(sight: Sight) -> Iterator[Complaint]:
    yield from _servers(sight, ("defaults", "resolver"), sight.scenario.defaults.resolver)
    flavour = sight.scenario.defaults.flavour
    known = (*mta_flavours(), *sight.scenario.flavours)
    if flavour is not None and flavour not in known and "flavours" not in sight.unsure:
        yield ("defaults", "flavour"), UnknownNameError("MTA flavour", flavour, known).text, 0


def _check_flavours(sight: Sight) -> Iterator[Complaint]:
    """The scenario's own flavours: their names, what they inherit from, and their figures."""
    own = sight.scenario.flavours
    for name, declared in own.items():
        at: Path = ("flavours", name)
        if not _NAME.fullmatch(name):
            yield at, f"{name[:60]!r} can't name a flavour; use letters, digits, - and _, at most 63", KEY
        elif name in mta_flavours():
            yield at, f"{name!r} is a flavour that comes with mailsim; choose another name and write inherits: {name}", KEY
        try:
            mta_figures(name, own=own)
        except UnknownNameError as error:
            if declared.inherits not in own:  # else it is told where it is wrong
                yield (*at, "inherits"), error.text, 0
        except MailsimError as error:
            yield (*at, "inherits"), str(error), 0
        except ValidationError as error:
            for inside, what, key in sentences_of(error, declared.figures, root=MtaFigures):
                if not inside or inside[0] in declared.figures:  # else it is told where it was inherited from
                    yield (*at, *inside), what, KEY if key else 0


def _check_lonely(sight: Sight, lonely: list[str]) -> Iterator[Complaint]:
    """Clients and MTAs ask names: without a resolver they can do nothing."""
    known = [name for name, node in sight.scenario.nodes.items() if node.kind == "resolver"]
    if not lonely or sight.ghosts or "defaults" in sight.unsure or sight.scenario.defaults.resolver:
        return
    if not known:
        yield ("nodes",), f"no resolver: {lonely[0]} has to look up names; add for example: dns: {{kind: resolver, flavour: unbound}}", 0
    elif len(known) > 1:
        what = f"which resolver do {', '.join(lonely[:6])} ask? There are {', '.join(known)}; write defaults: {{resolver: {known[0]}}}"
        yield ("nodes", lonely[0]), what, 0


def _check_figures(
    at: Path,
    flavour: str,
    parameters: Mapping[str, Any],
    figures: Callable[[str, dict[str, Any] | None], Any],
    model: Any,
    own: OwnFlavour | None = None,
) -> Iterator[Complaint]:
    """The flavour exists, and the parameters are figures of it; what is wrong with an ``own`` flavour is told there."""
    try:
        figures(flavour, dict(parameters))
    except UnknownNameError as error:
        if own is None:
            yield (*at, "flavour"), error.text, 0
    except ValidationError as error:
        for inside, what, key in sentences_of(error, dict(parameters), root=model):
            if own is None or (inside and inside[0] in parameters):
                yield (*at, "parameters", *inside), what, KEY if key else 0
    except MailsimError:  # an own flavour that inherits from itself
        return


def _check_mta(sight: Sight, at: Path, node: Mta) -> Iterator[Complaint]:
    own = sight.scenario.flavours
    known = node.flavour in mta_flavours() or node.flavour in own
    if known or (sight.scenario.defaults.flavour != node.flavour and "flavours" not in sight.unsure):  # else it was told at the default
        yield from _check_figures(at, node.flavour, node.parameters, partial(mta_figures, own=own), MtaFigures, own.get(node.flavour))
    yield from _named(sight, (*at, "store"), node.store, "mailstore")
    for key in ("queue_lifetime", "max_sessions"):
        if getattr(node, key) is not None and key in node.parameters:
            yield (*at, "parameters", key), f"{key} is given twice, here and beside 'parameters'", 0
    for domain in node.final_for:
        if domain in node.relays_for:
            yield (*at, "relays_for"), f"{domain} is in final_for too; a server either keeps a domain's mail or passes it on", 0
    yield from _check_policies(sight, at, node)
    if sight.kind_of(node.store or "") == "mailstore" and not node.final_for:
        yield (*at, "store"), "a store is for the domains in final_for, and there are none", 0
    if (node.submission or node.login_on_smtp) and node.store is None and not node.accounts:
        key = "submission" if node.submission else "login_on_smtp"
        yield (*at, key), f"{key} needs logins: name the store whose mailboxes may log in, or give accounts", 0


def _check_policies(sight: Sight, at: Path, node: Mta) -> Iterator[Complaint]:
    """Aliases are of domains that it keeps; what is said of recipients is about domains that it relays; who is exempt exists."""
    for address in node.aliases:
        domain = address.rpartition("@")[2].lower()
        if domain not in node.final_for:
            hint = did_you_mean(domain, node.final_for) or among(list(node.final_for))
            yield (*at, "aliases", address), f"{domain} is not in final_for{hint}", KEY
    if not isinstance(node.recipients, str):
        for domain in node.recipients:
            if domain not in node.relays_for:
                hint = did_you_mean(domain, node.relays_for) or among(list(node.relays_for))
                yield (*at, "recipients", domain), f"{domain} is not in relays_for{hint}", KEY
    elif node.recipients != "none" and not node.relays_for:
        yield (*at, "recipients"), "recipients is about the domains in relays_for, and there are none", 0
    for k, name in enumerate(node.client_limits.exempt if node.client_limits is not None else ()):
        if name not in sight.scenario.nodes and name not in sight.ghosts:
            known = list(sight.scenario.nodes)
            yield (*at, "client_limits", "exempt", k), f"there is no node {name[:60]!r}{did_you_mean(name, known) or among(known)}", 0


def _check_client(sight: Sight, at: Path, node: Client) -> Iterator[Complaint]:
    discover = node.submission.discover if node.submission else "srv"
    if discover not in ("srv", "mx") and "." not in discover:
        hosts = [name for name, other in sight.scenario.nodes.items() if isinstance(other, Mta)]
        near = did_you_mean(discover, ["srv", "mx"])
        hint = near or "; write srv, mx, or a host name such as mail.example.org"
        if discover in hosts:
            hint = f"; {discover!r} is a node: write its host name, such as {discover}.example.org"
        yield (*at, "submission", "discover"), f"{discover[:60]!r} is no way to find a server{hint}", 0


def _check_served(sight: Sight, at: Path, node: Nameserver) -> Iterator[Complaint]:
    """The zones that a name server is to serve are declared."""
    if "zones" in sight.unsure or any(True for _ in _broken_zones(sight)):
        return
    origins = [zone.origin for zone in sight.scenario.parsed_zones()]
    for k, zone in enumerate(node.zones):
        origin = zone.rstrip(".").lower()
        if origin not in origins:
            yield (*at, "zones", k), f"there is no zone {zone[:60]!r}{did_you_mean(origin, origins) or among(origins)}", 0


def _check_health(sight: Sight, at: Path, node: Nameserver) -> Iterator[Complaint]:
    from mailsim.scenario.places import places

    if sight.unsure & {"zones"} or not node.health_checks or any(True for _ in _broken_zones(sight)):
        return
    origins = [zone.origin for zone in sight.scenario.parsed_zones()]
    where = places(sight.scenario)
    hosts = {where.host[name] for name, other in sight.scenario.nodes.items() if isinstance(other, Mta)}
    for k, check in enumerate(node.health_checks):
        if not any(check.name == origin or check.name.endswith("." + origin) for origin in origins):
            yield (*at, "health_checks", k, "name"), f"{check.name} lies in none of the zones{among(origins)}", 0
        for j, host in enumerate(check.hosts):
            if host not in hosts and not sight.ghosts:
                hint = did_you_mean(host, hosts) or among(sorted(hosts))
                yield (*at, "health_checks", k, "hosts", j), f"no MTA has the host name {host}{hint}", 0


def _broken_zones(sight: Sight) -> Iterator[int]:
    from mailsim.scenario.zones import zone_reading

    return (k for k, text in enumerate(sight.scenario.zones) if zone_reading(text).zone is None)
