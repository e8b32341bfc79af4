"""What every kind of fault has: its window, where it acts, and the register of kinds.

A kind of fault is one file: its declaration, what a file may get wrong about it, and the conditions that it compiles to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, TypeVar

from pydantic import Field, StringConstraints, WithJsonSchema, model_validator

from mailsim.declared import Declared, Duration
from mailsim.draws import Draws, Exponential
from mailsim.language import numeral, say
from mailsim.rules.conditions import Condition
from mailsim.rules.cues import Cue
from mailsim.rules.dns import RRset
from mailsim.scenario.faults.uptime import read_log
from mailsim.scenario.faults.when import Drawn, Every, Window, window_words
from mailsim.units import clock

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


_LogText = Annotated[
    str,
    StringConstraints(strip_whitespace=False),  # lines keep their numbers
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "examples": ["outages.csv", "start,end\n1d,1d2h\n"]},
                {"type": "object", "properties": {"file": {"type": "string"}}, "required": ["file"], "additionalProperties": False},
            ]
        }
    ),
]


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
    #: the scenario's calendar instant zero
    starts: str = "2026-01-05T00:00:00Z"
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

    def of_kind(self, target: str, *kinds: str) -> list[str]:
        """The nodes of these kinds that a target means: a site may have others, which a fault of mail servers does not concern."""
        return [node for node in self.targets(target) if node not in self.nodes or self.nodes[node].kind in kinds]

    def machines(self, target: str) -> list[str]:
        """All nodes on the machines that a target means: those that share an address with it."""
        hit = self.targets(target)
        machine = {a for node in hit for a in self.addresses.get(node, ())}
        return [n for n in self.names if n in hit or machine.intersection(self.addresses.get(n, ()))]


class FaultDeclaration(Declared):
    """What every fault says: its ``kind``, and when it holds: once, planned again and again, drawn at random, or as logged.

    Parameters
    ----------
    start, length, until : duration
        Once, from ``start`` (included) for ``length``, or until ``until`` (excluded).
    every : Every, optional
        In place of these: again and again, such as ``{weekly: Sunday 02:00, length: 30m, until: 28d}``.
    drawn : Drawn, optional
        In place of these: at random, such as ``{up: {kind: exponential, mean: 30d}, down: 1h, until: 365d}``.
    log : str, optional
        In place of these: a CSV file beside the scenario, or its text, with the columns ``start,end`` or ``time,state`` (up or
        down); a column ``target`` names what else failed.
    name : str, optional
        What the draws are called: faults and layouts with the same name have the same outages.  By default kind and target.
    together : float, optional
        With ``drawn`` and the target ``group:x`` or ``site:x``: the share of each member's outages that strike all members at
        once; the others are its own.  By default all (1).
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
    every: Every | None = None
    drawn: Drawn | None = None
    log: _LogText | None = None
    name: str | None = Field(default=None, min_length=1, max_length=100)
    together: Annotated[float, Field(ge=0, le=1)] | None = None
    then_flush: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_time(self) -> FaultDeclaration:
        if self.instant:
            if any((self.length, self.until, self.every, self.drawn, self.log, self.then_flush)):
                raise ValueError(f"{self.kind} happens at an instant; give only start")
            return self
        others = [key for key in ("every", "drawn", "log") if getattr(self, key) is not None]
        if len(others) > 1:
            raise ValueError(f"give one of {' and '.join(others)}, not both")
        if others and (self.start or self.length is not None or self.until is not None):
            raise ValueError(f"{others[0]} says when; take start, length and until of the fault out")
        if self.together is not None and self.drawn is None:
            raise ValueError("together goes with drawn")
        if self.drawn is not None and 0 < (self.together or 0) < 1 and not isinstance(self.drawn.up.distribution(), Exponential):
            what = "together between 0 and 1 needs up: {kind: exponential, mean: ...}"
            raise ValueError(f"{what}; only what forgets its age keeps its own MTBF whatever the others do")
        if not others:
            self._one_end()
        return self

    def _one_end(self) -> None:
        """Complain where a single window has no end, or two."""
        if (self.length is None) == (self.until is None):
            raise ValueError("give either length or until")
        if self.until is not None and self.until <= self.start:
            raise ValueError("until must lie after start")

    @property
    def end_us(self) -> int:
        """Of a single window: the first instant at which it is over."""
        return self.until if self.until is not None else self.start + (self.length or 0)  # an instant ends where it begins

    @property
    def when(self) -> str:
        """When it holds, for people: ``from 1h to 7h``, ``for 30m every 7d, from 2h to 28d``."""
        if self.every is not None:
            return self.every.words
        if self.drawn is not None:
            drawn, share = self.drawn.words, self.together
            return drawn if share is None else say("portrait.drawn_together", drawn=drawn, share=numeral(f"{100 * share:g}"))
        if self.instant:
            return say("portrait.at", at=numeral(clock(self.start)))
        return say("portrait.as_logged") if self.log is not None else window_words(self.start, self.end_us)

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

    def planned(self, starts: str) -> dict[str, Sequence[Window]]:
        """When it holds, by target (``""`` is its own), as far as it is known without draws; ``starts`` is the scenario's."""
        if self.every is not None:
            return {"": self.every.windows(starts)}
        if self.log is not None:
            return dict(read_log(self.log, starts).windows)
        return {} if self.drawn is not None else {"": (Window(self.start, self.end_us),)}

    def at_target(self, target: str) -> FaultDeclaration:
        """The same fault of something else; ``""`` leaves it as it is."""
        return self.model_copy(update={"target": target}) if target and "target" in type(self).model_fields else self

    def label(self, member: str = "") -> str:
        """What its draws (those of a member of its group) are called: by what fails, so that all layouts share them."""
        if member:
            return f"{self.name or self.kind} {member}"
        return self.name or f"{self.kind} {' '.join(self.where.split())}"

    def windows(self, ground: Ground) -> Sequence[Window]:
        """When it holds at its own target, in order of time."""
        if self.drawn is not None:
            return self.drawn.windows(ground.draws, self.label())
        return self.planned(ground.starts).get("", ())

    def strikes(self, ground: Ground) -> Iterator[tuple[FaultDeclaration, Sequence[Window]]]:
        """What fails when: the fault at each target at which it has times of its own."""
        if self.drawn is not None and self.together is not None:
            members = ground.targets(self.where)
            labels = [(member, self.label(member)) for member in members]
            found = self.drawn.windows_of_members(ground.draws, self.label(), labels, self.together)
            for member, each in zip(members, found, strict=True):
                yield self.at_target(member), each
        elif self.log is not None:
            for target, windows in self.planned(ground.starts).items():
                yield self.at_target(target), windows
        else:
            yield self, self.windows(ground)

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
