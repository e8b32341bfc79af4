"""The network falls into two parts that can't reach each other, or only in one direction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Discriminator, Field, Tag

from mailsim.rules.conditions import Condition, Direction
from mailsim.rules.reasons import Why
from mailsim.scenario.faults.base import Effect, FaultDeclaration, Ground, Place, fault_kind
from mailsim.scenario.faults.targets import check_target

if TYPE_CHECKING:
    from mailsim.scenario.document import Path
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["Partition", "Side"]

def _shape(value: object) -> str:
    """Only one reading of a value is tried, so that only one is complained about."""
    return "list" if isinstance(value, list | tuple) else "plain"


#: a node, an address, ``site:x``, ``group:x``, or a list of these
Side = Annotated[
    Annotated[str, Tag("plain")] | Annotated[tuple[str, ...], Field(min_length=1), Tag("list")], Discriminator(_shape)
]

_REACH = {"silent": Why.SILENT, "unreachable": Why.UNREACHABLE}


@fault_kind("partition")
class Partition(FaultDeclaration):
    """No packet passes between any node of ``a`` and any node of ``b``; within each side, and to all others, everything works.

    Parameters
    ----------
    a, b : str or list of str
        The two sides: a node, an address, ``site:x``, ``group:x``, or a list of these.  A node stands for its whole machine.
    how : str
        ``silent`` packets vanish · ``unreachable`` a router says so to who sends.
    one_way : bool
        Only packets from ``a`` to ``b`` are lost; those from ``b`` to ``a`` arrive.  No new connection comes about in either
        direction, but a session in flight tells: what side b sends is heard, what side a sends is not.
    """

    kind: Literal["partition"]
    a: Side
    b: Side
    how: Literal["silent", "unreachable"] = "silent"
    one_way: bool = False

    @property
    def where(self) -> str:
        """Both sides: ``group:east | group:west``."""
        return f"{_text(self.a)} {'>' if self.one_way else '|'} {_text(self.b)}"

    @property
    def words(self) -> str:
        """What is wrong, for people."""
        return ("partition" if self.how == "silent" else "partition (unreachable)") + (" (one way)" if self.one_way else "")

    def effects(self, ground: Ground, number: int) -> Iterator[Effect]:
        """Between the sides; told at each of their nodes."""
        a, b = self._sides(ground)
        condition = Condition(_REACH[self.how], direction=Direction.THERE if self.one_way else Direction.BOTH)
        to, hears = ("can't send to", "hears nothing from") if self.one_way else ("cut off from", "cut off from")
        for node in a:
            yield Effect(Place("between", ((node,), b)), condition, node, f"{to} {_text(self.b)}")
        for node in b:
            yield Effect(Place("between", (a, (node,))), condition, node, f"{hears} {_text(self.a)}")

    def _sides(self, ground: Ground) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The nodes of both sides, each with its whole machine."""
        found = ({node for target in _each(side) for node in ground.machines(target)} for side in (self.a, self.b))
        a, b = (tuple(name for name in ground.names if name in side) for side in found)
        return a, b

    def check(self, sight: Sight, at: Path) -> Iterator[Complaint]:
        """Both sides mean nodes, and none means nodes of the other."""
        for side, name in ((self.a, "a"), (self.b, "b")):
            for k, target in enumerate(_each(side)):
                path = (*at, name) if isinstance(side, str) else (*at, name, k)
                if target.partition(" ")[0] in ("link", "dns", "auth") and target not in sight.names:
                    yield path, f"{target[:60]!r} is no side of a partition; write a node, an address, site:x or group:x", 0
                else:
                    yield from check_target(sight, path, target)
        both = sorted(_named(sight, self.a) & _named(sight, self.b))
        if both:
            yield (*at, "b"), f"{', '.join(both[:6])} can't be on both sides", 0


def _each(side: Side) -> tuple[str, ...]:
    return (side,) if isinstance(side, str) else side


def _text(side: Side) -> str:
    return ", ".join(_each(side))


def _named(sight: Sight, side: Side) -> set[str]:
    """The nodes that a side names, as far as they are known."""
    nodes, groups = sight.scenario.nodes, sight.scenario.groups
    found: set[str] = set()
    for target in _each(side):
        if target.startswith("site:"):
            found.update(name for name, node in nodes.items() if node.site == target[5:])
        elif target.startswith("group:"):
            found.update(groups.get(target[6:], ()))
        else:
            found.add(target)
    return found
