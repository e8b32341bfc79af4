"""Can mail get there at all: MX records that lead nowhere, and servers that refuse what the MX records send them."""

from __future__ import annotations

from collections.abc import Iterator

from mailsim.findings.view import Exchanger, Finding, View
from mailsim.nodes import Mta
from mailsim.rules.mx import is_loopback

__all__ = [
    "ROUTES",
    "a_domain_has_no_route",
    "a_null_mx",
    "an_mx_leads_nowhere",
    "an_mx_points_to_a_cname",
    "an_mx_points_to_an_address",
    "an_mx_points_to_loopback",
    "an_mx_refuses_the_domain",
]

_A_NAME = "RFC 5321 section 5.1; RFC 2181 section 10.3"


def _real(view: View) -> Iterator[tuple[str, Exchanger]]:
    """Every MX record that names a host, with its domain."""
    for domain, exchangers in view.domains.items():
        for mx in exchangers or ():
            if mx.host:
                yield domain, mx


def a_domain_has_no_route(view: View) -> Iterator[Finding]:
    """Mail goes to a domain that is not in the DNS, or that has neither MX nor address."""
    for domain, exchangers in view.domains.items():
        if exchangers is not None or not view.mailed(domain):
            continue
        if domain not in view.names:
            what = "mail is sent to this domain, and no zone has it: NXDOMAIN, returned at once"
            yield Finding("error", domain, what, "add its zone, or correct the recipient", "RFC 5321 section 5.1")
        elif not view.addresses(domain):
            what = "mail is sent to this domain, and it has neither MX nor address: returned at once"
            yield Finding("error", domain, what, f"add: @ IN MX 10 mx1.{domain}.", "RFC 5321 section 5.1")
        else:
            what = "no MX record: senders use the domain's own address (implicit MX), and no backup is possible"
            yield Finding("note", domain, what, "add MX records", "RFC 5321 section 5.1")


def a_null_mx(view: View) -> Iterator[Finding]:
    """``MX 0 .`` says that a domain takes no mail; it must stand alone."""
    for domain, exchangers in view.domains.items():
        if not any(mx.host == "" for mx in exchangers or ()):
            continue
        if len(exchangers or ()) > 1:
            what = "a null MX stands beside other MX records"
            yield Finding("error", f"{domain} MX", what, "remove '.' or all others", "RFC 7505 section 3")
        elif view.mailed(domain):
            what = "null MX: the domain takes no mail, and the traffic sends it some; all of it is returned at once"
            yield Finding("error", f"{domain} MX", what, "give it an MX, or send elsewhere", "RFC 7505 section 4")
        else:
            yield Finding("note", f"{domain} MX", "null MX: the domain takes no mail", "leave it so if it only sends", "RFC 7505 section 3")


def an_mx_points_to_an_address(view: View) -> Iterator[Finding]:
    """An address where a host name belongs; in a zone it is read as a name below the zone."""
    for domain, mx in _real(view):
        if mx.literal:
            read = "" if mx.host == mx.literal else f"; without a final dot it is read as {mx.host}"
            what = f"the MX points to the address {mx.literal}, not to a name{read}"
            yield Finding("error", f"{domain} MX {mx.preference}", what, f"write: MX {mx.preference} mx1, and mx1 A {mx.literal}", _A_NAME)


def an_mx_points_to_a_cname(view: View) -> Iterator[Finding]:
    """An alias where a host with addresses belongs; many senders follow it, some don't."""
    for domain, mx in _real(view):
        alias = view.rrsets.get((mx.host, "CNAME"))
        if alias is not None:
            target = alias.rdatas[0]
            what = f"{mx.host} is an alias of {target}"
            yield Finding("warning", f"{domain} MX {mx.preference}", what, f"name {target} in the MX record itself", _A_NAME)


def an_mx_points_to_loopback(view: View) -> Iterator[Finding]:
    """Every sender would connect to itself."""
    for domain, mx in _real(view):
        own = [address for address in mx.addresses if is_loopback(address)]
        if own:
            what = f"{mx.host} is {own[0]}, each sender's own machine"
            yield Finding(
                "error",
                f"{domain} MX {mx.preference}",
                what,
                "give it its public address, or publish a null MX",
                "RFC 1122 section 3.2.1.3",
            )


def an_mx_leads_nowhere(view: View) -> Iterator[Finding]:
    """A host without address, outside all zones, or at an address where no server stands."""
    for domain, mx in _real(view):
        others = [other for other in view.domains[domain] or () if other.host != mx.host and other.usable]
        severity = "warning" if others else "error"
        where = f"{domain} MX {mx.preference}"
        if mx.literal or any(is_loopback(address) for address in mx.addresses):
            continue
        if not mx.addresses:
            zone = view.zone_of(mx.host)
            what = f"{mx.host} has no address" if zone else f"{mx.host} lies in none of the zones: nobody answers for it"
            yield Finding(severity, where, what, f"add: {mx.host}. A <address>, or remove the record", "RFC 5321 section 5.1")
        elif not mx.nodes:
            what = f"no mail server stands at {', '.join(mx.addresses)} ({mx.host}): connections get no answer"
            yield Finding(
                severity, where, what, f"add a node with host: {mx.host}, or remove the record", "an address without a node is silent"
            )


def an_mx_refuses_the_domain(view: View) -> Iterator[Finding]:
    """The server behind an MX neither keeps nor passes on the domain: it refuses every recipient."""
    for domain, mx in _real(view):
        for name in mx.nodes:
            node = view.scenario.nodes[name]
            if isinstance(node, Mta) and domain not in (*node.final_for, *node.relays_for):
                what = f"{name} neither keeps nor passes on {domain}: it refuses each recipient for good, and the mail is returned"
                mend = f"add relays_for: [{domain}] to {name} (a backup), or final_for, or remove the record"
                yield Finding("error", f"{domain} MX {mx.preference}", what, mend, "RFC 5321 section 3.6.2")


#: the checks of this file, in order
ROUTES = (
    a_domain_has_no_route,
    a_null_mx,
    an_mx_points_to_an_address,
    an_mx_points_to_loopback,
    an_mx_points_to_a_cname,
    an_mx_leads_nowhere,
    an_mx_refuses_the_domain,
)
