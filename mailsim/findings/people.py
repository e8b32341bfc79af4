"""Can the people send and read: discovery that finds nothing, logins that fail, recipients that don't exist."""

from __future__ import annotations

from collections.abc import Iterator

from mailsim.findings.view import Finding, View
from mailsim.nodes import Client, Mailstore, Mta
from mailsim.scenario.reading import looks_into

__all__ = [
    "PEOPLE",
    "a_client_can_not_fetch",
    "a_client_finds_no_submission",
    "a_login_fails",
    "a_recipient_does_not_exist",
    "mailboxes_that_nobody_reads",
    "pop3_takes_mail_from_other_devices",
    "unread_keepers",
]

#: so many missing mailboxes of one line of traffic are named one by one
_MOST_NAMED = 8

_SUBMISSION = ("_submissions._tcp", "_submission._tcp")


def _submission_host(view: View, node: Client) -> tuple[str, ...]:
    """The hosts where a client would hand in its mail."""
    assert node.submission is not None
    domain = node.address.rpartition("@")[2]
    if node.submission.discover == "srv":
        found = (view.rrsets.get((f"{service}.{domain}", "SRV")) for service in _SUBMISSION)
        return tuple(srv[3] for rrset in found if rrset is not None for srv in sorted(rrset.rdatas) if srv[3])
    if node.submission.discover == "mx":
        return tuple(mx.host for mx in (view.domains.get(domain) or ())[:1] if mx.host)
    return (node.submission.discover.lower().rstrip("."),)


def a_client_finds_no_submission(view: View) -> Iterator[Finding]:
    """No record leads to a server that takes the client's mail."""
    for name, node in view.nodes(Client):
        if node.submission is None:
            continue
        where, domain = f"nodes.{name}.submission", node.address.rpartition("@")[2]
        hosts = _submission_host(view, node)
        if not hosts:
            wanted = f"SRV record {_SUBMISSION[0]}.{domain}" if node.submission.discover == "srv" else f"MX record of {domain}"
            what = f"there is no {wanted}: {name} finds no server to hand in mail"
            yield Finding("error", where, what, "add the record, or name the host: discover: mail." + domain, "RFC 6186 section 3.1")
            continue
        servers = [server for host in hosts for server in view.nodes_at(view.addresses(host), "mta")]
        if not servers:
            yield Finding("error", where, f"no mail server stands at {', '.join(hosts)}", "give a node that host", "RFC 6409 section 3.1")
        elif not any(isinstance(view.scenario.nodes[s], Mta) and view.scenario.nodes[s].submission for s in servers):  # type: ignore[union-attr]
            what = f"{servers[0]} takes no submissions"
            yield Finding("error", where, what, f"set submission: true at {servers[0]}", "RFC 6409 section 3.1")


def a_client_can_not_fetch(view: View) -> Iterator[Finding]:
    """The host to fetch from does not exist, or has no mailbox of that address."""
    for name, node in view.nodes(Client):
        if node.fetch is None or node.fetch.host is None:
            continue
        where = f"nodes.{name}.fetch.host"
        stores = view.nodes_at(view.addresses(node.fetch.host), "mailstore")
        if not stores:
            yield Finding(
                "error", where, f"no mail store stands at {node.fetch.host}", "give a mailstore node that host", "RFC 6186 section 3.2"
            )
        elif not any(node.address in _boxes(view, store) for store in stores):
            what = f"{' and '.join(stores)} has no mailbox {node.address}"
            yield Finding("error", where, what, f"add it to the mailboxes of {stores[0]}", "RFC 9051 section 6.2.3")


def _boxes(view: View, store: str) -> dict[str, str]:
    """Address to password of a mail store."""
    node = view.scenario.nodes[store]
    return {address: box.password for address, box in node.mailboxes.items()} if isinstance(node, Mailstore) else {}


def a_login_fails(view: View) -> Iterator[Finding]:
    """The client's password is not the server's."""
    for name, node in view.nodes(Client):
        if node.submission is not None:
            for server in dict.fromkeys(s for host in _submission_host(view, node) for s in view.nodes_at(view.addresses(host), "mta")):
                known = _logins(view, server)
                if known is not None and known.get(node.address) != node.password:
                    why = "another password" if node.address in known else "no such login"
                    what = f"{server} has {why} for {node.address}: 535, and nothing enters a queue"
                    yield Finding("error", f"nodes.{name}.password", what, "make the two agree", "RFC 4954 section 6")
        if node.fetch is not None and node.fetch.host is not None:
            password = node.fetch.password if node.fetch.password is not None else node.password
            for store in view.nodes_at(view.addresses(node.fetch.host), "mailstore"):
                boxes = _boxes(view, store)
                if node.address in boxes and boxes[node.address] != password:
                    what = f"{store} has another password for {node.address}: the mail is stored and never fetched"
                    yield Finding("error", f"nodes.{name}.password", what, "make the two agree", "RFC 9051 section 6.2.3")


def _logins(view: View, server: str) -> dict[str, str] | None:
    """Who may hand in mail at a server; ``None`` where it takes no submissions."""
    node = view.scenario.nodes[server]
    if not isinstance(node, Mta) or not node.submission:
        return None
    found = _boxes(view, node.store) if node.store is not None else {}
    return {**found, **{address: account.password for address, account in node.accounts.items()}}


def a_recipient_does_not_exist(view: View) -> Iterator[Finding]:
    """Mail is sent, or goes on from an alias, to an address for which the server that keeps the domain has no mailbox."""
    stores: dict[str, list[str]] = {}
    aliases: set[str] = set()
    onward: dict[str, str] = {}
    for name, node in view.nodes(Mta):
        for domain in node.final_for if node.store is not None else ():
            stores.setdefault(domain, []).append(node.store)
        aliases.update(address.lower() for address in node.aliases)
        onward |= {to.lower(): f"nodes.{name}.aliases[{address}]" for address, some in node.aliases.items() for to in some}
    kept = {domain: {address.lower() for name in names for address in _boxes(view, name)} for domain, names in stores.items()}
    missing: dict[tuple[str, str], list[str]] = {}
    sent = {to: where for to, where in view.recipients.items() if to.lower() not in aliases}
    forwarded = {to: where for to, where in onward.items() if to not in aliases or f"[{to}]" in where.lower()}
    for to, where in (forwarded | sent).items():
        domain = to.rpartition("@")[2].lower()
        if domain in kept and to.lower() not in kept[domain]:
            missing.setdefault((where, stores[domain][0]), []).append(to)
    for (where, store), addresses in missing.items():
        for to in addresses if len(addresses) <= _MOST_NAMED else ():
            what = f"{store} has no mailbox {to}: the mail is refused (550) and returned"
            yield Finding("error", where, what, "add the mailbox, or correct the address", "RFC 5321 section 4.2.3")
        if len(addresses) > _MOST_NAMED:
            what = f"{store} has no mailbox {addresses[0]} and {len(addresses) - 1} more: their mail is refused (550) and returned"
            mend = "add the mailboxes, or let the server keep the domain without a store"
            yield Finding("error", where, what, mend, "RFC 5321 section 4.2.3")


def unread_keepers(view: View, domain: str) -> dict[str, tuple[str, list[str]]]:
    """MX hosts that keep a domain's mail where its readers don't look: node to (where it keeps it, whose mail nobody sees there)."""
    read = {address: stores for address, stores in looks_into(view.scenario).items() if stores and address.rpartition("@")[2] == domain}
    found: dict[str, tuple[str, list[str]]] = {}
    for name in dict.fromkeys(name for mx in view.domains.get(domain) or () for name in mx.nodes):
        node = view.scenario.nodes[name]
        if not isinstance(node, Mta) or domain not in node.final_for:
            continue
        kept = node.store or name
        boxes = None if node.store is None else {address.lower() for address in _boxes(view, node.store)}
        unseen = [address for address, stores in read.items() if kept not in stores and (boxes is None or address in boxes)]
        if unseen:
            found[name] = (kept, unseen)
    return found


def mailboxes_that_nobody_reads(view: View) -> Iterator[Finding]:
    """A server of the domain delivers into mailboxes of its own, and the readers look elsewhere: a split brain."""
    for domain in view.domains:
        for name, (kept, unseen) in unread_keepers(view, domain).items():
            whose = unseen[0] if len(unseen) == 1 else f"{unseen[0]} and {len(unseen) - 1} more"
            what = f"{name} delivers into its own mailboxes ({kept}); nobody reads them: what it takes for {whose} is stored unseen"
            mend = f"let {name} pass mail on (relays_for), or share the store that is read"
            yield Finding("error", f"nodes.{name}.final_for", what, mend, "RFC 5321 section 3.6.2", len(unseen))


def pop3_takes_mail_from_other_devices(view: View) -> Iterator[Finding]:
    """A POP3 program deletes what it has fetched from a mailbox that other programs of its user read too."""
    for name, node in view.nodes(Client):
        if node.fetch is None or node.fetch.protocol != "pop3" or node.fetch.leave_on_server:
            continue
        store = view.store_of.get(name, "")
        devices = [other for other, device in view.nodes(Client) if other != name and device.address == node.address]
        others = [other for other in devices if store and view.store_of.get(other) == store]
        if others:
            what = f"{name} deletes what it has fetched by POP3: {' and '.join(others)} may never see it"
            mend = "leave_on_server: true, or IMAP"
            yield Finding("warning", f"nodes.{name}.fetch.leave_on_server", what, mend, "RFC 1939 section 8", len(others))


#: the checks of this file, in order
PEOPLE = (
    a_client_finds_no_submission,
    a_client_can_not_fetch,
    a_login_fails,
    a_recipient_does_not_exist,
    mailboxes_that_nobody_reads,
    pop3_takes_mail_from_other_devices,
)
