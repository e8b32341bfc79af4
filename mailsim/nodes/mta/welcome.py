"""An MTA's policies at its receiving side, made from its declaration."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mailsim.nodes.greylists import Greylist, GreylistMemory
from mailsim.nodes.mta.declaration import Mta
from mailsim.nodes.reception import LimitDesk, Reception
from mailsim.nodes.verification import AddressVerifier
from mailsim.rules.greylist import Greylisting

if TYPE_CHECKING:
    from mailsim.nodes.mta.actor import MtaActor

__all__ = ["known_recipients", "reception_of"]


def reception_of(mta: MtaActor) -> Reception | None:
    """What it says to strangers besides its rules, or None."""
    declared = mta.declaration
    asked = frozenset(domain for domain in declared.relays_for if declared.knows_recipients(domain) == "probe")
    if declared.greylist is None and declared.client_limits is None and not asked:
        return None
    limits = declared.client_limits
    nodes = mta.world.compiled.nodes
    return Reception(
        greylist=_greylist(mta),
        limits=None
        if limits is None
        else LimitDesk(mta.world, limits.rules(), frozenset(address for name in limits.exempt for address in nodes[name].addresses)),
        verifier=AddressVerifier(mta, mta.host, asked, declared.verification.rules()) if asked else None,
    )


def _greylist(mta: MtaActor) -> Greylist | None:
    declared = mta.declaration.greylist
    if declared is None:
        return None
    if isinstance(declared, int):
        return Greylist(Greylisting(declared), GreylistMemory())
    memory = GreylistMemory()
    if declared.memory is not None:
        memory = mta.world.shared.setdefault(f"greylist {declared.memory}", memory)
    return Greylist(declared.rules(), memory)


def known_recipients(mta: MtaActor) -> Callable[[str], bool] | None:
    """Which recipients of the domains that it relays it knows to exist, as their final servers do; None: it knows of none.

    A final server without a store takes every recipient, and so does whoever has its list.
    """
    declared = mta.declaration
    listed = [domain for domain in declared.relays_for if declared.knows_recipients(domain) == "list"]
    if not listed:
        return None
    known: set[str] = set()
    every = {domain for domain in declared.relays_for if domain not in listed}
    nodes = mta.world.compiled.nodes
    for node in nodes.values():
        other = node.declaration
        if not isinstance(other, Mta):
            continue
        for domain in listed:
            if domain in other.final_for and other.store is None:
                every.add(domain)
            elif domain in other.final_for:
                there = (*nodes[other.store].declaration.mailboxes, *other.aliases)
                known.update(address.lower() for address in there if address.lower().endswith(f"@{domain}"))
    return lambda address: address in known or address.rpartition("@")[2] in every
