"""What every kind of fault has: its window, where it acts, and the register of kinds.

A kind of fault is one file: its declaration, what a file may get wrong about it, and the conditions that it compiles to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from pydantic import Field, model_validator

from mailsim.declared import Declared, Duration
from mailsim.draws import Draws
from mailsim.rules.conditions import Condition
from mailsim.rules.cues import Cue
from mailsim.rules.dns import RRset

if TYPE_CHECKING:
    from mailsim.scenario.document import Path
    from mailsim.scenario.problems import Complaint, Sight

__all__ = [
    "FAULT_KINDS",
    "Effect",
    "FaultDeclaration",
    "FlushRequest",
    "Ground",
    "Place",
    "Window",
    "ZoneEdit",
    "fault_kind",
    "flush_words",
]


class Window(NamedTuple):
    """From ``start_us`` (included) until ``end_us`` (excluded), microseconds since the scenario's start."""

    start_us: int
    end_us: int


class Place(NamedTuple):
    """Where a condition acts: one of the places of :mod:`mailsim.scenario.timeline` and its key."""

    what: str
    key: Any


class ZoneEdit(NamedTuple):
    """Records that a zone has instead of its own: each RRset replaces that of its name and type; ``remove`` takes some away."""

    records: tuple[RRset, ...]
    remove: tuple[tuple[str, str], ...] = ()


class FlushRequest(NamedTuple):
    """At ``at_us`` an MTA is asked to try its deferred mail for ``domains`` (none: all of it) now."""

    at_us: int
    domains: tuple[str, ...]


def flush_words(domains: Sequence[str]) -> str:
    """What is asked, for people: ``flushed for example.com``."""
    return f"flushed for {', '.join(domains)}" if domains else "flushed"


class Effect(NamedTuple):
    """A condition at a place, and how the list for people names both.

    ``condition`` is a :class:`Condition`; for the place ``cues`` a line of a server's script,
    for the place ``zone`` an edit, for ``flush`` a request.
    """

    place: Place
    condition: Condition | Cue | ZoneEdit | FlushRequest
    node: str
    words: str


class Ground(NamedTuple):
    """The world as a fault sees it when it is compiled: who stands where."""

    names: Sequence[str]
    sites: Mapping[str, Sequence[str]]
    groups: Mapping[str, Sequence[str]]
    nodes_at: Mapping[str, Sequence[str]]
    addresses: Mapping[str, Sequence[str]]
    #: all randomness of the run: outages that are drawn differ from seed to seed
    draws: Draws
    #: what each node declares
    nodes: Mapping[str, Any] = {}

    def domains(self, target: str) -> tuple[str, ...]:
        """The domains that the MTAs which a target means take mail for."""
        declared = [self.nodes[node] for node in self.targets(target) if getattr(self.nodes.get(node), "kind", "") == "mta"]
        return tuple(dict.fromkeys(domain for mta in declared for domain in (*mta.final_for, *mta.relays_for)))

    def targets(self, target: str) -> list[str]:
        """The nodes that a target means: a node, an address, ``site:x`` or ``group:x``; empty if it means none."""
        if target.startswith("site:"):
            return list(self.sites.get(target[5:], ()))
        if target.startswith("group:"):
            return list(self.groups.get(target[6:], ()))
        if target in self.names:
            return [target]
        return list(self.nodes_at.get(target, ()))

    def machines(self, target: str) -> list[str]:
        """All nodes on the machines that a target means: those that share an address with it."""
        hit = self.targets(target)
        machine = {a for node in hit for a in self.addresses.get(node, ())}
        return [n for n in self.names if n in hit or machine.intersection(self.addresses.get(n, ()))]


class FaultDeclaration(Declared):
    """What every fault says: its ``kind``, and from ``start`` (included) for ``length``, or until ``until`` (excluded).

    Parameters
    ----------
    then_flush : tuple of str
        MTAs that are asked, when it is over, to try the mail at once that they keep for the domains of the MTA that had failed
        (ETRN, RFC 1985); where no MTA had failed, all their mail.
    """

    #: a kind that has no length
    instant: ClassVar[bool] = False

    kind: str
    start: Duration = 0
    length: Duration | None = Field(default=None, gt=0)
    until: Duration | None = None
    then_flush: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_end(self) -> FaultDeclaration:
        if self.instant:
            if self.length is not None or self.until is not None or self.then_flush:
                raise ValueError(f"{self.kind} happens at an instant; give only start")
            return self
        if (self.length is None) == (self.until is None):
            raise ValueError("give either length or until")
        if self.until is not None and self.until <= self.start:
            raise ValueError("until must lie after start")
        return self

    @property
    def end_us(self) -> int:
        """The first instant at which it is over."""
        return self.until if self.until is not None else self.start + (self.length or 0)  # an instant ends where it begins

    @property
    def where(self) -> str:
        """What it acts on, as declared: ``mx1``, ``site:north``."""
        return str(getattr(self, "target", ""))

    @property
    def words(self) -> str:
        """What is wrong, for people, such as ``silent``."""
        return self.kind

    @property
    def lane(self) -> tuple[str, ...]:
        """Two faults of one lane must not overlap: by default those of one kind at one target."""
        return (self.kind, " ".join(self.where.split()))

    def windows(self, ground: Ground) -> Sequence[Window]:
        """When it holds, in order of time."""
        return (Window(self.start, self.end_us),)

    def effects(self, ground: Ground, number: int) -> Iterator[Effect]:
        """The conditions that hold in each window; ``number`` tells this fault from all others of the scenario."""
        raise NotImplementedError

    def check(self, sight: Sight, at: Path) -> Iterator[Complaint]:
        """What is wrong with it in this scenario; ``at`` is its place in the file."""
        yield from ()


#: every kind of fault by the word in a file
FAULT_KINDS: dict[str, type[FaultDeclaration]] = {}

K = TypeVar("K", bound=type[FaultDeclaration])


def fault_kind(name: str) -> Callable[[K], K]:
    """Make a kind of fault known."""

    def register(declaration: K) -> K:
        FAULT_KINDS[name] = declaration
        return declaration

    return register
