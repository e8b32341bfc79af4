"""When deferred mail is due again, and when it is given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailsim.nodes.attempt import Item

if TYPE_CHECKING:
    from mailsim.nodes.mta.actor import MtaActor

__all__ = ["dates", "due_again"]


def dates(mta: MtaActor, item: Item, t_us: int, hosts: tuple[str, ...], lifetime_us: int) -> tuple[int | None, int | None]:
    """When the item is due again, and when it is given up; None for what does not happen, or what nobody knows."""
    memory, arrived, started = mta.memory, item.arrived_us, item.started_us
    due = _due(mta, item, t_us, hosts)
    over = memory.giving_up.given_up_us(
        arrived, t_us, due, attempt=item.attempt, lifetime_us=lifetime_us, started_us=started, origin_us=memory.origin_us
    )
    return due, over


def _due(mta: MtaActor, item: Item, t_us: int, hosts: tuple[str, ...]) -> int | None:
    """When an item is due again that was deferred at ``t_us``."""
    memory, arrived, started = mta.memory, item.arrived_us, item.started_us
    due: int | None
    if item.local and mta.local_policy is not None:
        due = mta.local_policy.next(arrived, t_us)
    else:
        due = memory.next_attempt(arrived, t_us, hosts, number=item.number, attempt=item.attempt, started_us=started)
    if memory.by_host and due is not None and not any(key.startswith("route ") for key in hosts):
        due = mta.looks_again(t_us, due)
    return due


def due_again(mta: MtaActor, item: Item, due_us: int) -> int:
    """When a deferred item is due by the queue runs as they are now; ``due_us``: when it was due by those before."""
    if item.over is not None or item.failed is None:
        return due_us
    due = _due(mta, item, *item.failed)
    return due_us if due is None else due
