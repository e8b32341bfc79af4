"""Checkers of what the rules of DNS, MX and retrying demand of event rows; see ``checkers`` for how they are used."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from mailsim.events import Event
from mailsim.flavours import mta_figures
from mailsim.rules.reasons import Why
from record import Record, checker

__all__ = ["figures_of", "keeps_its_dates"]

#: resolvers that count whole seconds answer until the second after the TTL (unbound 1.17.1 observed)
WHOLE_SECOND_US = 1_000_000

#: how long a resolver goes on asking at the most (unbound 1.17.1 observed: 29.5 s)
ASKING_US = 30_000_000

#: number of the record type MX (RFC 1035 section 3.2.2)
MX = 15

#: what a contact comes to only where something is wrong with a host or with the way to it
BROKEN = {Why.SILENT, Why.REFUSED, Why.UNREACHABLE, Why.CLOSED, Why.REPLY_TIMEOUT, Why.REPLY_LOST}

#: ways of giving up that look at the age before an attempt, not after it
LOOK_LATER = {"begun_too_late", "at_wake"}

#: deferred without an attempt: the age is looked at after a failed attempt only
UNTRIED = {Why.DESTINATION_DEAD, Why.HOST_RETRY_TIME}


def figures_of(record: Record, node: str) -> Any:
    """Figures of a declared MTA, None for any other node; worked out once for a record, since checkers ask for every row."""
    if node not in record.figures:
        record.figures[node] = _figures(record, node)
    return record.figures[node]


def figures_of_flavour(record: Record, flavour: str) -> Any:
    """Figures of a flavour as it stands, such as that of a population's message."""
    key = f"flavour {flavour}"
    if key not in record.figures:
        record.figures[key] = mta_figures(flavour, own=getattr(record.scenario, "flavours", None))
    return record.figures[key]


def _figures(record: Record, node: str) -> Any:
    declared = record.nodes.get(node)
    if getattr(declared, "kind", "") != "mta":
        return None
    own = {} if declared.queue_lifetime is None else {"queue_lifetime": f"{declared.queue_lifetime}us"}
    return mta_figures(declared.flavour, {**declared.parameters, **own}, own=getattr(record.scenario, "flavours", None))


def keeps_its_dates(record: Record, node: str) -> bool:
    """Whether deferred mail waits for its own date (Postfix), and not for a host that may come back (Exim)."""
    figures = figures_of(record, node)
    asked = any(span.node == node and span.how.startswith("flushed") for span in record.log.conditions) or bool(record.off(node))
    return figures is not None and figures.retry.kind == "age_clamped" and not asked


def goes_by_preference(record: Record, node: str, flavour: str) -> bool:
    """Whether a program goes by the MX preference, as RFC 5321 section 5.1 wants it; some aim elsewhere.

    ``flavour``: of the message, where ``node`` is a population.
    """
    figures = figures_of(record, node)
    if figures is None and getattr(record.nodes.get(node), "kind", "") == "senders" and flavour:
        figures = figures_of_flavour(record, flavour)
    return figures is None or figures.mx_choice == "best_first"


def disables_hosts(record: Record, node: str) -> bool:
    """Whether a host that failed is left alone for a while and then tried again in the same attempt (OpenSMTPD)."""
    figures = figures_of(record, node)
    return figures is not None and figures.discipline == "routes"


@checker
def a_cached_answer_ends_with_its_ttl(record: Record) -> Iterator[str]:
    """What comes from a cache was fetched from a server no longer ago than its TTL (RFC 1035 section 3.2.1).

    Mail that warms the caches may still be on its way, and asks unseen.
    """
    if getattr(record.scenario, "warm_up", 0):
        return
    default = getattr(getattr(record.scenario, "defaults", None), "resolver", None)
    filled: dict[tuple[str, str, int], int] = {}
    for row in record.rows:
        if row.kind != Event.LOOKED_UP:
            continue
        declared = record.nodes.get(row.node)
        key = ((declared is not None and declared.resolver) or default or "", row.peer, row.detail)
        if row.why in (Why.FROM_SERVER, Why.JOINED):
            filled[key] = row.t_us + row.value
        elif row.why == Why.DNS_TIMEOUT:  # the resolver may go on after the asker has given up
            filled[key] = row.t_us + row.value + ASKING_US
        elif row.why == Why.FROM_CACHE and (ttl := re.search(r"TTL (\d+)", row.extra)) and key in filled:
            age = row.t_us - filled[key]
            if age > int(ttl[1]) * 1_000_000 + WHOLE_SECOND_US:
                yield f"{row}: {row.peer} from the cache, {age / 1e6:.1f} s old, its TTL is {ttl[1]}"


@checker
def better_hosts_are_tried_first(record: Record) -> Iterator[str]:
    """Within an attempt preference numbers never fall, and no usable better host is left out (RFC 5321 section 5.1).

    Which hosts are usable the look-ups of the same attempt tell; an MTA that remembers hosts (Exim) may leave some out, and one
    that disables them for a while (OpenSMTPD) comes back to them in the same attempt.
    """
    flavours = {d.message: d.flavour for d in record.deliveries}
    for message, rows in record.of_message.items():
        if record.recipients[message] > 1:
            continue  # parts to several domains count their attempts by themselves
        offered: dict[tuple[str, int], dict[str, int]] = {}
        found: dict[tuple[str, int], set[str]] = defaultdict(set)
        tried: dict[tuple[str, int], list[str]] = defaultdict(list)
        for row in rows:
            key = (row.node, row.attempt)
            if row.kind == Event.LOOKED_UP and row.detail == MX:
                offered[key] = {host: int(number) for number, host in re.findall(r"(\d+) ([\w.-]+)", row.extra.partition(" (")[0])}
            elif row.kind == Event.LOOKED_UP and re.match(r"[\da-f]+[.:]", row.extra):
                found[key].add(row.peer)
            elif row.kind == Event.TRIED and row.peer in offered.get(key, ()) and not disables_hosts(record, row.node):
                preferences = offered[key]
                if not goes_by_preference(record, row.node, flavours.get(message, "")):
                    continue
                if any(preferences.get(host, 0) > preferences[row.peer] for host in tried[key]):
                    yield f"{row}: {row.peer} after a host with a larger preference number"
                better = {host for host in found[key] if preferences.get(host, 1 << 16) < preferences[row.peer]} - set(tried[key])
                if better and keeps_its_dates(record, row.node):
                    yield f"{row}: {row.peer} before {', '.join(sorted(better))}, which is better"
                tried[key].append(row.peer)


@checker
def queue_scans_keep_their_phase(record: Record) -> Iterator[str]:
    """All dates of an MTA lie on one grid of queue scans, from one start of its service to the next."""
    phases: dict[tuple[str, int], int] = {}
    starts = {node: [end for _, end in record.off(node)] for node in record.nodes}
    for row in record.rows:
        figures = figures_of(record, row.node) if row.kind == Event.DEFERRED else None
        if figures is not None and figures.retry.grid_us and row.why != Why.WENT_DOWN:
            phase = row.value % figures.retry.grid_us
            begun = sum(start <= row.t_us for start in starts[row.node])
            if phases.setdefault((row.node, begun), phase) != phase:
                yield f"{row}: due at {row.value}, off the grid of the scans before"


@checker
def mail_expires_when_it_is_too_old(record: Record) -> Iterator[str]:
    """After a failed attempt mail goes back into the queue only below the queue lifetime, and expires only beyond it."""
    first: dict[tuple[int, str], int] = {}
    last: dict[tuple[int, str], int] = {}  # a copy may have come later, after a 250 that was lost
    for row in record.rows:
        if row.kind == Event.ACCEPTED:
            first.setdefault((row.message, row.node), row.t_us)
            last[row.message, row.node] = row.t_us
        figures = figures_of(record, row.node) if row.kind in (Event.DEFERRED, Event.EXPIRED) else None
        if figures is not None and (row.message, row.node) in first:
            arrived = first if row.kind == Event.EXPIRED else last
            age = row.t_us - arrived[row.message, row.node]
            lifetime = figures.queue_lifetime if record.senders.get(row.message) else figures.bounce_lifetime
            if row.why == Why.MX_SELF and figures.mx_to_self == "freeze":
                lifetime = figures.frozen_for or lifetime  # its queue lifetime no longer counts
            if row.kind == Event.DEFERRED and age >= lifetime and row.why not in UNTRIED and figures.give_up.way not in LOOK_LATER:
                yield f"{row}: {age / 3.6e9:.1f} h old, and its lifetime is {lifetime / 3.6e9:.1f} h"
            # by a clock of whole seconds (Courier, sendmail) it may be so much older
            counted = 999_999 if figures.give_up.whole_seconds or figures.discipline == "host_workers" else 0
            if row.kind == Event.EXPIRED and age + counted < lifetime and figures.give_up.way != "before_wait":
                yield f"{row}: only {age / 3.6e9:.1f} h old, and its lifetime is {lifetime / 3.6e9:.1f} h"


@checker
def no_contact_fails_without_a_cause(record: Record) -> Iterator[str]:
    """A contact with a host that exists fails for a reason in the declared faults that held while it lasted."""
    at = {address: name for name, some in record.addresses.items() for address in some}
    for row in record.rows:
        if row.kind != Event.TRIED or row.why not in BROKEN:
            continue
        peer = at.get(record.log.names[row.detail])
        if peer is None or getattr(record.nodes[peer], "script", ()):
            continue  # nobody lives there, or it follows a script
        if row.why == Why.REPLY_TIMEOUT and getattr(record.nodes[peer], "max_sessions", None):
            continue  # the wait for one of few sessions was longer than the client's patience
        places = {name for one in (row.node, peer) for name in record.nodes if record.one_machine(name, one)}
        places |= {f"{row.node}-{peer}", f"{peer}-{row.node}"}
        spans = [span for span in record.log.conditions if span.node in places]
        if not any(span.start_us <= row.t_us + row.value and row.t_us < span.end_us for span in spans):
            yield f"{row}: {row.peer} was {Why(row.why).name}, and nothing was wrong with it"


@checker
def no_device_fetches_a_message_twice(record: Record) -> Iterator[str]:
    """A program knows what it has: by UID (RFC 9051 section 2.3.1.1) or by unique id (RFC 1939 section 7)."""
    seen: set[tuple[int, str, str]] = set()
    for row in record.rows:
        if row.kind == Event.FETCHED:
            if (row.message, row.rcpt, row.node) in seen:
                yield f"{row}: it had it already"
            seen.add((row.message, row.rcpt, row.node))
