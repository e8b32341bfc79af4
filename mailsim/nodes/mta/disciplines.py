"""How a program works off its queue, where that is more than one timer a message: register of such ways, by the flavour's word."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from mailsim.nodes.attempt import Item
from mailsim.nodes.world import Life

if TYPE_CHECKING:
    from mailsim.nodes.mta.actor import MtaActor

__all__ = ["Discipline", "discipline", "discipline_of"]


class Discipline(Protocol):
    """A way to work off a queue.  Local delivery, hop limits and stopped services are settled before it is asked."""

    def carry(self, item: Item, t_us: int) -> Life | None:
        """An item that is to be relayed is new in the queue at ``t_us`` (the clock): its life from here on."""
        ...

    def due(self, items: list[Item], now_us: int) -> None:
        """The retry times of deferred items (put into ``mta.deferred``) have come."""
        ...

    def inherit(self, before: Any, under_way: list[Item]) -> None:
        """The program begins anew after ``before``; what was under way then will be due at once."""
        ...


_REGISTER: dict[str, Callable[[MtaActor], Discipline]] = {}


def discipline(word: str) -> Callable[[Callable[[MtaActor], Discipline]], Callable[[MtaActor], Discipline]]:
    """Make a class known under the word that stands in flavours (``discipline = "..."``)."""

    def register(cls: Callable[[MtaActor], Discipline]) -> Callable[[MtaActor], Discipline]:
        _REGISTER[word] = cls
        return cls

    return register


def discipline_of(mta: MtaActor) -> Discipline | None:
    """The discipline of an MTA's flavour; None: scans and timers by message or by host, as ``life`` has them."""
    made = _REGISTER.get(mta.figures.discipline)
    return None if made is None else made(mta)
