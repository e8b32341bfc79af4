"""The figures that a run rests on, as a list that people can look at: where each stands, its value, and where it comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal, NamedTuple

from mailsim.language import counted, printable, say
from mailsim.markup import Markup, card, cell_table, details, joined, tag

__all__ = ["Assumption", "Assumptions", "Status"]

#: how sure a figure is
Status = Literal["given", "default", "unverified"]
#: a page shows so many and says how many more there are; a world of a thousand servers has tens of thousands
_MOST_SHOWN = 1_000


class Assumption(NamedTuple):
    """One figure.

    Attributes
    ----------
    path : str
        Where it stands, or would stand, in the file: ``replace(path, value)`` changes it.
    value : str
        The figure as text.
    unit : str
        ``duration``, ``size``, ``bit/s``, ``count``, ``factor``, ``yes or no``, ``distribution``, ``rule`` or ``word``.
    source : str
        Where it comes from.
    status : str
        ``given`` in the scenario, ``default`` (its source was checked), or ``unverified``.
    """

    path: str
    value: str
    unit: str
    source: str
    status: Status


class Assumptions(list[Assumption]):
    """A list of assumptions that shows itself: a line each in a terminal, tables that fold out in a notebook."""

    def __init__(self, found: Iterable[Assumption] = ()) -> None:
        super().__init__(found)

    @property
    def headline(self) -> str:
        """How many there are, and how sure they are."""
        states = Counter(one.status for one in self)
        facts = {status: counted(states[status]) for status in ("given", "default", "unverified")}
        return say("assumptions.headline", count=counted(len(self)), **facts)

    def __repr__(self) -> str:
        rows = [(one.path, one.value, say(f"assumptions.{one.status}"), one.source) for one in self]
        widths = [min(max((len(row[k]) for row in rows), default=0), 44) for k in range(3)]
        lines = ("  ".join((*(cell.ljust(width) for cell, width in zip(row[:3], widths, strict=True)), row[3])) for row in rows)
        return "\n".join([self.headline, *(printable(line) for line in lines)])

    __str__ = __repr__

    def html(self) -> Markup:
        """The figures as tables that fold out, one for each node or other part of the file; every text escaped."""
        parts: dict[str, list[Assumption]] = {}
        for one in self[:_MOST_SHOWN]:
            parts.setdefault(_part(one.path), []).append(one)
        folded = [details(_title(part, found), _table(found)) for part, found in parts.items()]
        if len(self) > _MOST_SHOWN:
            folded.append(tag("p", say("assumptions.more", count=counted(len(self) - _MOST_SHOWN))))
        return joined(folded)

    def _repr_html_(self) -> str:
        return str(card([tag("p", self.headline), self.html()], kind=say("assumptions.kind")))


def _part(path: str) -> str:
    """What a figure belongs to: ``nodes.mx1``, ``links``, ``traffic``; what stands alone in the file belongs to the run."""
    first, dot, rest = path.partition(".")
    if first == "nodes" and dot:
        return f"nodes.{rest.partition('.')[0]}"
    return first.partition("[")[0] if dot or "[" in first else say("assumptions.run")


def _title(part: str, found: list[Assumption]) -> str:
    unverified = sum(one.status == "unverified" for one in found)
    key = "assumptions.part_unverified" if unverified else "assumptions.part"
    return say(key, part=part, count=counted(len(found)), unverified=counted(unverified))


def _table(found: list[Assumption]) -> Markup:
    head = tuple(say(f"assumptions.head_{column}") for column in ("path", "value", "status", "source"))
    return cell_table([head, *((one.path, one.value, say(f"assumptions.{one.status}"), one.source) for one in found)], words=True)
