"""What MTA-STS and DANE forbid: backups that no policy names, policies that nobody finds, certificates that nobody may take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mailsim.errors import MailsimError
from mailsim.findings.view import Exchanger, Finding, View
from mailsim.flavours import mta_figures
from mailsim.nodes import Mta, Senders
from mailsim.rules import dane, sts
from mailsim.units import clock

__all__ = [
    "POLICIES",
    "a_policy_that_nobody_finds",
    "a_policy_that_nobody_heeds",
    "an_mx_is_missing_from_the_policy",
    "an_mx_without_the_tls_that_a_policy_demands",
    "tlsa_records_that_shut_the_door",
]


def _hosts(view: View, domain: str) -> list[Exchanger]:
    return [mx for mx in view.domains.get(domain) or () if mx.host]


def _policies(view: View) -> Iterator[tuple[str, str, Any]]:
    """Domain, where it stands, and what is served: first, and whatever comes later."""
    for name, policy in view.scenario.policies.items():
        domain = name.rstrip(".").lower()
        yield domain, f"policies.{name}", policy
        for k, later in enumerate(policy.later):
            yield domain, f"policies.{name}.later[{k}]", later


def an_mx_is_missing_from_the_policy(view: View) -> Iterator[Finding]:
    """Senders that heed the policy skip it: a backup that is missing is no backup."""
    for domain, where, terms in _policies(view):
        hosts = _hosts(view, domain)
        missing = [mx for mx in hosts if not sts.matches(mx.host, terms.mx)]
        if terms.mode == "none" or not missing:
            continue
        names = ", ".join(dict.fromkeys(mx.host for mx in missing))
        mend = f"add to its mx: {names}; then change the id in the _mta-sts record"
        source = "RFC 8461 sections 4.1 and 5"
        at = f" from {clock(terms.at)} on" if hasattr(terms, "at") else ""
        if terms.mode == "testing":
            what = f"{names} is missing from the MTA-STS policy{at}; mode testing: mail goes there all the same"
            yield Finding("note", where, what, mend, source, len(missing))
        elif len(missing) == len(hosts):
            what = f"no MX host is in the MTA-STS policy{at}: senders that heed it can deliver nowhere, and their mail expires"
            yield Finding("error", where, what, mend, source, len(missing))
        else:
            best = min(mx.preference for mx in hosts)
            backup = all(mx.preference > best for mx in missing)
            who = f"the backup {names}" if backup else names
            what = f"{who} is missing from the MTA-STS policy{at}: to senders that heed it, it is no MX"
            yield Finding("warning", where, what, mend, source, len(missing))


def a_policy_that_nobody_finds(view: View) -> Iterator[Finding]:
    """A policy without its record in the DNS, or a record without its policy."""
    declared = {name.rstrip(".").lower(): name for name in view.scenario.policies}
    for domain, name in declared.items():
        record = view.rrsets.get((sts.NAME + domain, "TXT"))
        if record is None or sts.policy_id(record.rdatas) is None:
            what = f"no sender looks for this policy: the zone has no {'valid ' if record else ''}_mta-sts record"
            mend = f'add: {sts.NAME}{domain}. TXT "v=STSv1; id=1"'
            yield Finding("warning", f"policies.{name}", what, mend, "RFC 8461 section 3.1")
    for owner, rtype in view.rrsets:
        domain = owner.removeprefix(sts.NAME)
        if rtype == "TXT" and owner.startswith(sts.NAME) and domain not in declared:
            what = "a record promises an MTA-STS policy, and there is none: mail is sent as if the domain had none"
            yield Finding("warning", f"{owner} TXT", what, f"declare policies: {{{domain}: ...}}, or remove it", "RFC 8461 section 3.3")


def a_policy_that_nobody_heeds(view: View) -> Iterator[Finding]:
    """No program in the scenario has the figure: the policy decides nothing here."""
    if view.scenario.policies and not any(figures.sts for figures in _senders(view)):
        what = "no MTA of the scenario heeds MTA-STS, so this policy decides nothing here"
        where = f"policies.{next(iter(view.scenario.policies))}"
        mend = "give one the parameters: {sts: true}, or a flavour of a population sts: true"
        yield Finding("note", where, what, mend, "RFC 8461 section 5")


def _senders(view: View) -> Iterator[Any]:
    own = view.scenario.flavours
    for _, node in view.nodes(Mta):
        yield _figures(view, node)
    for _, node in view.nodes(Senders):
        yield from (mta_figures(flavour, own=own) for flavour in node.mix)


def _figures(view: View, node: Mta) -> Any:
    return mta_figures(node.flavour, node.parameters, own=view.scenario.flavours)


def an_mx_without_the_tls_that_a_policy_demands(view: View) -> Iterator[Finding]:
    """A policy names a host whose TLS does not do: without STARTTLS, or with a certificate that is not valid."""
    for domain, _, terms in _policies(view):
        if terms.mode != "enforce" or hasattr(terms, "at"):
            continue
        for mx in _hosts(view, domain):
            if not sts.matches(mx.host, terms.mx):
                continue
            for name in mx.nodes:
                node = view.scenario.nodes[name]
                assert isinstance(node, Mta)
                lacks = _lacks(view, node, node.certificate == "valid", "a valid certificate")
                if lacks:
                    what = f"{name} has {lacks}, which the MTA-STS policy demands: senders that heed it skip it"
                    yield Finding(
                        "warning", f"{domain} MX {mx.preference}", what, f"give {name} TLS with a valid certificate", "RFC 8461 section 4.2"
                    )


def _lacks(view: View, node: Mta, fits: bool, what: str) -> str:
    try:
        if not _figures(view, node).starttls:
            return "no STARTTLS"
    except MailsimError:  # told where the flavour is
        return ""
    return "" if fits else f"not {what}"


def tlsa_records_that_shut_the_door(view: View) -> Iterator[Finding]:
    """TLSA records that the server does not meet, that no sender can use, or in a zone where they count for nothing."""
    hosts = {mx.host: mx for exchangers in view.domains.values() for mx in exchangers or () if mx.host}
    for host, mx in hosts.items():
        where, zone = f"{dane.tlsa_name(host)} TLSA", view.zone_of(host)
        record = view.rrsets.get((dane.tlsa_name(host), "TLSA"))
        if record is None:
            continue
        if zone not in view.scenario.signed_zones:
            what = "the zone is not signed, so nobody heeds these records"
            yield Finding("note", where, what, f"sign the zone: signed_zones: [{zone}]", "RFC 7672 section 2.2")
            continue
        usable = dane.usable(record.rdatas)
        if not usable:
            what = "no record has usage 2 or 3, so senders demand TLS but no certificate"
            yield Finding("note", where, what, "publish a record 3 1 1 ...", "RFC 7672 section 3.1.3")
        for name in mx.nodes:
            node = view.scenario.nodes[name]
            assert isinstance(node, Mta)
            lacks = _lacks(view, node, node.tlsa_matches or not usable, "the certificate that they name")
            if lacks:
                what = f"{name} has {lacks}: senders that heed DANE skip it"
                yield Finding("warning", where, what, "publish the records of a certificate before it is used", "RFC 7672 section 8.1")


#: the checks of this file, in order
POLICIES = (
    an_mx_is_missing_from_the_policy,
    a_policy_that_nobody_finds,
    a_policy_that_nobody_heeds,
    an_mx_without_the_tls_that_a_policy_demands,
    tlsa_records_that_shut_the_door,
)
