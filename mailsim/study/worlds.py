"""The worlds of an outage study: a layout with its own traffic and faults replaced by one outage and the mail sent in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import exp

from mailsim.draws import Draws
from mailsim.errors import ScenarioError, UnknownNameError, UnsupportedError
from mailsim.flavours import default, flavour, mta_figures, mta_flavours
from mailsim.nodes import Client, Mailstore, Mta
from mailsim.scenario.doors import load
from mailsim.scenario.faults import Ground
from mailsim.scenario.places import ends_of_link, places
from mailsim.scenario.scenario import Scenario
from mailsim.units import duration, octets

__all__ = ["free_name", "lifetimes", "message_octets", "outage_world", "recipient", "sender_mix"]

#: the traffic in the cell replaces what these say
_REPLACED = ("run_until", "warm_up", "study", "seed")

#: what ``senders`` may be called; the shares and their source stand in the defaults
_PRESETS = ("self-hosted",)


def sender_mix(senders: Mapping[str, float] | str | None) -> dict[str, float]:
    """Weights of the flavours of the world's senders.

    Parameters
    ----------
    senders : dict, str or None
        Weights by flavour; the preset ``self-hosted`` (programs by banners found on the net), as in ``mix`` of a population; one
        flavour; or None for the default of a population.

    Raises
    ------
    UnknownNameError
        There is no such preset or flavour.
    UnsupportedError
        The mix is empty.
    """
    if isinstance(senders, Mapping):
        if not senders:
            raise UnsupportedError("senders is empty: give weights such as {'postfix': 0.4, 'exim': 0.6}")
        return {str(flavour): weight for flavour, weight in senders.items()}
    if senders is None:
        return dict(default("senders.mix"))
    if senders in _PRESETS:
        return dict(default(f"sender_mix.{senders}"))
    if senders not in mta_flavours():
        raise UnknownNameError("sender mix", senders, (*_PRESETS, *mta_flavours()))
    return {senders: 1.0}


def lifetimes(layouts: Mapping[str, Scenario], mix: Mapping[str, float]) -> dict[str, float]:
    """Who keeps mail how long before giving up, in seconds: the programs of the mix, then the layouts' own relays by name.

    A program that counts its attempts has no lifetime and is left out; a relay whose lifetime differs between layouts is
    named with its layout.
    """
    own = {name: one for layout in layouts.values() for name, one in layout.flavours.items()}
    found: dict[str, float] = {}
    for name in mix:
        figures = mta_figures(name, own=own)
        if figures.give_up.attempts is None:
            found[flavour(name, own=own).program if name not in own else name] = figures.queue_lifetime / 1e6
    relays: dict[str, dict[str, float]] = {}
    for title, layout in layouts.items():
        for name, node in layout.nodes.items():
            if isinstance(node, Mta) and node.relays_for:
                figures = node.figures(layout.flavours)
                if figures.give_up.attempts is None:
                    relays.setdefault(name, {})[title] = figures.queue_lifetime / 1e6
    for name, by_layout in relays.items():
        same = len(set(by_layout.values())) == 1
        found |= {name if same else f"{name} ({title})": lifetime for title, lifetime in by_layout.items()}
    return found


def message_octets() -> int:
    """The size of every message of a study: the mean of the default sizes, exp(sigma^2 / 2) times their median.

    One size, because of 10,000 drawn ones one or two would be over the size limit of a server and come back for that,
    which no outage has caused.
    """
    return round(octets(default("traffic.size_median")) * exp(default("traffic.size_sigma") ** 2 / 2))


def free_name(layouts: Iterable[Scenario], wanted: str = "senders") -> str:
    """A name for the population that is free in all layouts: draws are addressed by names, so it has to be one for all."""
    taken: set[str] = set()
    for layout in layouts:
        taken.update(layout.nodes)
        taken.update(zone.origin.removesuffix(".test") for zone in layout.parsed_zones())
    names = (wanted if k == 1 else f"{wanted}{k}" for k in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def outage_world(
    layout: Scenario, *, target: str, length_us: int, how: str, messages: int, senders: str, mix: Mapping[str, float], to: str, title: str
) -> Scenario:
    """The layout with a population ``senders`` that sends ``messages`` evenly over one outage, from 0 on, and nothing else.

    Planned zone changes stay; so do clients, which may fetch.

    Raises
    ------
    ScenarioError
        The outage, the mix or the recipient does not fit the layout; each problem names the layout ``title``.
    """
    values = {key: value for key, value in layout.values(given=True).items() if key not in _REPLACED}
    length = duration(length_us)
    values["nodes"] = {**values["nodes"], senders: {"kind": "senders", "mix": dict(mix)}}
    mail = {"kind": "spread", "from": senders, "to": to, "count": messages, "until": length, "size": f"{message_octets()} B"}
    values["traffic"] = [mail]
    values["faults"] = [{"kind": "outage", "target": target, "start": 0, "length": length, "how": how}]
    try:
        return load(values)
    except ScenarioError as error:
        raise ScenarioError([replace(problem, file=f"layout {title!r}") for problem in error.problems]) from None


def recipient(layout: Scenario, target: str, *, title: str) -> str:
    """A mailbox of a domain that ``target`` serves.

    The domain is one that the target's servers are final for or pass on, or whose mailboxes they keep (for another
    target, such as a name or a resolver: any domain that has its mail here).  In it, a recipient of the layout's own
    traffic comes first, then a declared mailbox, then ``postmaster``, which every domain has (RFC 5321 section 4.5.1).

    Raises
    ------
    UnsupportedError
        No such mailbox; says how to name one.
    """
    domains, kept = _domains(layout, target), _mailboxes(layout)
    stored = {address.lower() for address in kept}
    for address in (*_addressed(layout), *kept):
        domain = _domain_of(address)
        if domain in domains and (address.lower() in stored or not _is_stored(layout, domain)):
            return address
    for domain in domains:
        if not _is_stored(layout, domain):
            return f"postmaster@{domain}"
    raise UnsupportedError(f"layout {title!r}: no mailbox behind {target!r} was found; say who gets the mail, such as to='bob@example.com'")


def _domains(layout: Scenario, target: str) -> list[str]:
    """The domains that the target serves, those that have their mailboxes here first."""
    final = [domain for node in layout.nodes.values() if isinstance(node, Mta) for domain in node.final_for]
    hit = [layout.nodes[name] for name in _hit(layout, target)]
    served = [domain for node in hit if isinstance(node, Mta) for domain in (*node.final_for, *node.relays_for)]
    served += [_domain_of(address) for node in hit if isinstance(node, Mailstore) for address in node.mailboxes]
    chosen = [domain for domain in dict.fromkeys(served) if domain in final]
    if not chosen and target.startswith("dns "):
        name = target[4:].strip().partition("/")[0].rstrip(".").lower()
        chosen = [domain for domain in final if name in ("", domain) or domain.endswith(f".{name}") or name.endswith(f".{domain}")]
    return list(dict.fromkeys(chosen or final))


def _hit(layout: Scenario, target: str) -> list[str]:
    """The nodes that a target means; both ends of a link; none for a name."""
    if target.startswith("dns "):
        return []
    names = list(layout.nodes)
    if target.startswith("link "):
        return list(ends_of_link(target[5:].strip(), layout.nodes) or ())
    sites: dict[str, list[str]] = {}
    for name, node in layout.nodes.items():
        if node.site is not None:
            sites.setdefault(node.site, []).append(name)
    return Ground(names, sites, layout.groups, places(layout).nodes_at, {}, Draws(0)).targets(target)


def _is_stored(layout: Scenario, domain: str) -> bool:
    """Whether the domain's mail goes into a mail store, which knows its mailboxes; else every address is taken."""
    return any(isinstance(node, Mta) and domain in node.final_for and node.store is not None for node in layout.nodes.values())


def _mailboxes(layout: Scenario) -> list[str]:
    stored = [address for node in layout.nodes.values() if isinstance(node, Mailstore) for address in node.mailboxes]
    users = [node.address for node in layout.nodes.values() if isinstance(node, Client)]
    return [*stored, *(address for address in users if not _is_stored(layout, _domain_of(address)))]


def _addressed(layout: Scenario) -> list[str]:
    return [address for stream in layout.traffic for address in stream.recipients]


def _domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()
