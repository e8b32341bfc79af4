"""What a failure would take along: single servers, backups that share the primary's machine, network or site, backups that are none."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from mailsim.findings.people import unread_keepers
from mailsim.findings.view import Exchanger, Finding, View
from mailsim.flavours import default, flavour, mta_figures
from mailsim.nodes import Client, Mta, Nameserver
from mailsim.scenario.faults import Outage
from mailsim.units import clock, micros

__all__ = [
    "REDUNDANCY",
    "a_backup_gives_up_too_early",
    "a_client_polls_rarely",
    "a_detour_is_preferred",
    "a_single_mx",
    "all_mx_at_one_site",
    "all_mx_in_one_network",
    "all_mx_on_one_machine",
    "dead_addresses_hide_a_backup",
    "mailboxes_on_both_sides",
    "one_name_server",
]

_S = 1_000_000
_RARELY_US = 15 * 60 * _S


def _sets(view: View) -> Iterator[tuple[str, tuple[Exchanger, ...]]]:
    """Domains with the usable hosts of their MX sets."""
    for domain, exchangers in view.domains.items():
        usable = tuple(mx for mx in exchangers or () if mx.host and mx.usable)
        if usable:
            yield domain, usable


def a_single_mx(view: View) -> Iterator[Finding]:
    """One host takes all mail: while it is down, mail waits at the senders."""
    switched = {check.name for _, node in view.nodes(Nameserver) for check in node.health_checks}
    for domain, usable in _sets(view):
        if usable[0].host in switched:
            continue  # one name, but the name server hands out the address of whichever of its hosts is up
        if len({mx.host for mx in usable}) == 1 and (view.mailed(domain) or len(view.domains) == 1):
            lifetime = clock(micros(flavour("postfix").figures["queue_lifetime"].value))
            what = f"{usable[0].host} is the only mail server: while it is down, mail waits at its senders (Postfix: up to {lifetime})"
            yield Finding(
                "warning",
                f"{domain} MX",
                what,
                "add a backup MX elsewhere if that is too long or too little",
                "RFC 5321 section 4.5.4.1",
                1,
            )


def all_mx_on_one_machine(view: View) -> Iterator[Finding]:
    """Several MX records, one machine: the second buys nothing."""
    for domain, usable in _sets(view):
        machines = {frozenset(mx.nodes or mx.addresses) for mx in usable}
        if len({mx.host for mx in usable}) > 1 and len(machines) == 1:
            hosts = " and ".join(dict.fromkeys(mx.host for mx in usable))
            what = f"{hosts} are one machine ({', '.join(usable[0].addresses)}): they fail together"
            yield Finding(
                "warning", f"{domain} MX", what, "put the backup on another machine, at another site", "RFC 2182 section 3.1, by analogy", 1
            )


def _several_machines(usable: tuple[Exchanger, ...]) -> bool:
    return len({frozenset(mx.nodes or mx.addresses) for mx in usable}) > 1


def all_mx_in_one_network(view: View) -> Iterator[Finding]:
    """All addresses in one /24 (IPv6: /48): one router or one provider takes all down."""
    for domain, usable in _sets(view):
        networks = {_network(address) for mx in usable for address in mx.addresses}
        if _several_machines(usable) and len(networks) == 1:
            what = f"all {len(usable)} mail servers lie in the network {networks.pop()}"
            yield Finding(
                "warning", f"{domain} MX", what, "put one of them into another network", "RFC 2182 section 3.1, by analogy", len(usable)
            )


def _network(address: str) -> str:
    parsed = ipaddress.ip_address(address)
    return str(ipaddress.ip_network(f"{address}/{24 if parsed.version == 4 else 48}", strict=False))


def all_mx_at_one_site(view: View) -> Iterator[Finding]:
    """All servers carry one site label: what hits the site hits all."""
    for domain, usable in _sets(view):
        sites = [view.scenario.nodes[name].site for mx in usable for name in mx.nodes]
        if _several_machines(usable) and len(sites) > 1 and len(set(sites)) == 1 and sites[0] is not None:
            what = f"all {len(usable)} mail servers stand at site {sites[0]}"
            yield Finding(
                "warning", f"{domain} MX", what, "put one of them at another site", "RFC 2182 section 3.1, by analogy", len(usable)
            )


def dead_addresses_hide_a_backup(view: View) -> Iterator[Finding]:
    """Programs try only so many addresses: many at the best preference keep senders from ever reaching the backup."""
    limit = mta_figures("postfix").address_limit or 5
    for domain, usable in _sets(view):
        best = [mx for mx in usable if mx.preference == usable[0].preference]
        addresses = sum(len(mx.addresses) for mx in best)
        if len(best) < len(usable) and addresses >= limit:
            what = f"{addresses} addresses share the best preference; Postfix tries {limit}, so a backup is never reached"
            yield Finding(
                "warning",
                f"{domain} MX",
                what,
                f"keep fewer than {limit} before the backup",
                flavour("postfix").figures["address_limit"].source,
                addresses,
            )


def a_detour_is_preferred(view: View) -> Iterator[Finding]:
    """A server that only passes mail on has a smaller number than the one that keeps it."""
    for domain, usable in _sets(view):
        keeps = [mx.preference for mx in usable if any(_keeps(view, name, domain) for name in mx.nodes)]
        first = usable[0]
        if keeps and first.nodes and first.preference < min(keeps) and not any(_keeps(view, name, domain) for name in first.nodes):
            what = f"{first.host} ({first.preference}) only passes mail on and comes before the server that keeps it ({min(keeps)})"
            yield Finding(
                "note",
                f"{domain} MX",
                what,
                "give the keeper the smaller number unless the detour is meant (a filter)",
                "RFC 5321 section 5.1",
            )


def _keeps(view: View, name: str, domain: str) -> bool:
    node = view.scenario.nodes[name]
    return isinstance(node, Mta) and domain in node.final_for


def mailboxes_on_both_sides(view: View) -> Iterator[Finding]:
    """Two servers of one domain keep its mail in different stores: readers see only part of it.

    Where it is known that nobody looks into one of them, that is the finding: ``mailboxes_that_nobody_reads``.
    """
    for domain, usable in _sets(view):
        stores: dict[str, str] = {}
        for name in dict.fromkeys(name for mx in usable for name in mx.nodes):
            node = view.scenario.nodes[name]
            if isinstance(node, Mta) and domain in node.final_for:
                stores.setdefault(node.store or name, name)
        if len(stores) > 1 and not unread_keepers(view, domain):
            what = f"{' and '.join(stores.values())} keep its mail in different stores ({', '.join(stores)}): readers of one miss the rest"
            yield Finding("warning", domain, what, "let the backup pass mail on (relays_for), or share the store", "RFC 5321 section 3.6.2")


#: share of drawn outages from which on it is worth a word
_OFTEN = 0.01


def a_backup_gives_up_too_early(view: View) -> Iterator[Finding]:
    """A declared outage is longer than some server keeps mail for the failed one."""
    for k, fault in enumerate(view.scenario.faults):
        hit = view.scenario.nodes.get(fault.where)
        if not isinstance(fault, Outage) or not isinstance(hit, Mta):
            continue
        for name, node in view.nodes(Mta):
            if name == fault.target or not set(node.relays_for) & set(hit.final_for):
                continue
            lifetime = node.figures(view.scenario.flavours).queue_lifetime
            down = _down_beyond(fault, lifetime, view.scenario.starts)
            if down:
                what, beyond = down
                yield Finding(
                    "warning",
                    f"faults[{k}]",
                    f"{fault.target} is down for {what}, and {name} keeps mail for {clock(lifetime)} only: mail is returned",
                    f"a queue_lifetime of {name} beyond {beyond}",
                    "RFC 5321 section 4.5.4.1: 4 to 5 days",
                    lifetime / _S,
                )


def _down_beyond(fault: Outage, lifetime_us: int, starts: str) -> tuple[str, str] | None:
    """How long it is down, if at least once for longer than that, and what a lifetime would have to exceed."""
    if fault.drawn is not None:
        share = fault.drawn.share_longer(lifetime_us)
        often = f"longer than {clock(lifetime_us)} in {100 * share:.2g} % of its drawn outages"
        return (often, "most of them") if share >= _OFTEN else None
    length = max((end - start for start, end in fault.planned(starts).get("", ())), default=0)
    return (clock(length), clock(length)) if length >= lifetime_us else None


def one_name_server(view: View) -> Iterator[Finding]:
    """A zone whose only name server is a node that can fail."""
    hosts = {view.places.host[name]: name for name, _ in view.nodes(Nameserver)}
    for zone in view.zones:
        ns = view.rrsets.get((zone.origin, "NS"))
        if ns is not None and len(ns.rdatas) == 1 and ns.rdatas[0] in hosts:
            what = f"{ns.rdatas[0]} is the only name server of the zone"
            yield Finding(
                "warning", f"{zone.origin} NS", what, "add a second one, elsewhere", "RFC 1034 section 4.1; RFC 2182 section 5", 1
            )


def a_client_polls_rarely(view: View) -> Iterator[Finding]:
    """A reader without IDLE waits half a poll interval on average."""
    usual = default("client.poll_every")
    for name, node in view.nodes(Client):
        fetch = node.fetch
        if fetch is not None and not view.idles(name) and fetch.every > _RARELY_US:
            what = f"{name} looks for mail every {clock(fetch.every)} only: {clock(fetch.every // 2)} of waiting on average"
            yield Finding(
                "note",
                f"nodes.{name}.fetch.every",
                what,
                f"IMAP with IDLE at both ends, or every: {usual}",
                "RFC 2177; Thunderbird's default",
                fetch.every / _S,
            )


#: the checks of this file, in order
REDUNDANCY = (
    all_mx_on_one_machine,
    all_mx_in_one_network,
    all_mx_at_one_site,
    a_single_mx,
    dead_addresses_hide_a_backup,
    mailboxes_on_both_sides,
    a_backup_gives_up_too_early,
    one_name_server,
    a_detour_is_preferred,
    a_client_polls_rarely,
)
