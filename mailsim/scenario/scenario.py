"""The one validated, frozen description of a world: every door (YAML, TOML, dict, Python) ends here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ModelWrapValidatorHandler, PlainSerializer, ValidationInfo, WithJsonSchema, model_validator

from mailsim.declared import Declared, HostName
from mailsim.flavours import OwnFlavour
from mailsim.nodes import Client, DnsClient, DnsProcess, Mailstore, Mta, Nameserver, Prober, Resolver, Senders
from mailsim.nodes.base import ServerList
from mailsim.rules.dns.records import Zone
from mailsim.scenario.document import Document
from mailsim.scenario.faults import Change, Fault
from mailsim.scenario.links import Link
from mailsim.scenario.policies import StsPolicy
from mailsim.scenario.traffic import Traffic
from mailsim.units import duration, instant, micros

if TYPE_CHECKING:
    import networkx as nx

    from mailsim.findings import Findings
    from mailsim.results import Result
    from mailsim.scenario.assumptions import Assumptions

__all__ = ["Defaults", "Node", "Scenario"]

#: any node, told apart by ``kind``
Node = Annotated[Client | Mta | Mailstore | Resolver | Nameserver | Senders | Prober | DnsClient | DnsProcess, Field(discriminator="kind")]


def _starts(value: object) -> object:
    instant(value)
    return value.strip() if isinstance(value, str) else value


def _or_word(word: str) -> Callable[[object], object]:
    def read(value: object) -> object:
        if value == word:
            return value
        try:
            return micros(value)
        except ValueError as error:
            raise ValueError(f"{error}; or write {word}") from None

    return read


def _duration_or_word(word: str) -> Any:
    """A duration, or a word in its place."""
    return (
        BeforeValidator(_or_word(word)),
        PlainSerializer(lambda value: value if isinstance(value, str) else duration(value), return_type=str),
        WithJsonSchema({"anyOf": [{"type": "string", "examples": [word, "7d"]}, {"const": 0}]}),
    )


def _title(value: object) -> object:
    if isinstance(value, str) and re.search(r"[\x00-\x1f\x7f]", value):
        raise ValueError("a name is one line of plain text")
    return value


_ZoneText = Annotated[
    str,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "examples": ["$ORIGIN example.com.\n@ 3600 IN MX 10 mx1\nmx1 3600 IN A 192.0.2.10\n"]},
                {"type": "object", "properties": {"file": {"type": "string"}}, "required": ["file"], "additionalProperties": False},
            ],
            "description": "A zone as BIND reads it, or {file: zones/example.com.zone}.",
        }
    ),
]


class Defaults(Declared):
    """What nodes have unless they say otherwise: the ``resolver`` that they ask, the ``flavour`` of MTAs."""

    resolver: ServerList = ()
    flavour: str | None = None


class Scenario(Declared):
    """A world and what happens in it.

    It is frozen: methods such as :meth:`with_outage` give a new one.  Whatever is wrong raises one ``ScenarioError`` that
    holds all problems.

    Parameters
    ----------
    name : str
        What it is called.
    lesson : str
        What it teaches, in a sentence; in a file, its first comment.
    question : int, optional
        Number of the users' question that it answers.
    seed : int
        Seed of all draws, unless ``run`` is given another.
    starts : str
        Calendar instant at which the simulation's clock is zero, with zone.
    run_until : duration or "settled"
        When the run ends; ``settled``: when no mail is under way any more.
    warm_up : duration or "auto"
        Traffic before ``starts`` that fills caches and is not counted.
    zones : tuple of str
        The DNS, one zone each, as BIND text.
    defaults : Defaults
        What nodes have unless they say otherwise.
    signed_zones : tuple of str
        Zones that are signed (DNSSEC); TLSA records count only there.
    policies : dict of str to StsPolicy
        MTA-STS policies, by domain.
    flavours : dict of str to OwnFlavour
        MTA programs of its own, by name: what each inherits from, and its figures.
    nodes : dict of str to Node
        Who takes part, by name.
    groups : dict of str to tuple of str
        Nodes that fail together or are cut off from others, by the name of their group.
    links : dict of str to Link
        ``default``, ``local``, ``a-b`` or ``site:x-site:y``.
    traffic : tuple of Traffic
        Who sends to whom, and when.
    faults : tuple of Fault
        What fails, and when.
    changes : tuple of Change
        Planned edits of zones.
    study : dict, optional
        What ``mailsim study`` varies.
    """

    name: Annotated[str, BeforeValidator(_title), Field(min_length=1, max_length=100)]
    lesson: Annotated[str, Field(max_length=2000)] = ""
    question: Annotated[int, Field(ge=1, le=20)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    starts: Annotated[str, BeforeValidator(_starts)] = "2026-01-05T00:00:00Z"
    run_until: Annotated[Literal["settled"] | int, *_duration_or_word("settled")] = "settled"
    warm_up: Annotated[Literal["auto"] | int, *_duration_or_word("auto")] = 0
    zones: tuple[_ZoneText, ...] = ()
    signed_zones: tuple[HostName, ...] = ()
    policies: dict[str, StsPolicy] = {}
    defaults: Defaults = Defaults()
    flavours: dict[str, OwnFlavour] = {}
    nodes: dict[str, Node]
    groups: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]] = {}
    links: dict[str, Link] = {}
    traffic: tuple[Traffic, ...] = ()
    faults: tuple[Fault, ...] = ()
    changes: tuple[Change, ...] = ()
    study: dict[str, Any] | None = None

    @model_validator(mode="wrap")
    @classmethod
    def _validated(cls, value: Any, handler: ModelWrapValidatorHandler[Scenario], info: ValidationInfo) -> Scenario:
        from mailsim.scenario.problems import checked

        if isinstance(value, Scenario):
            return value
        document = info.context if isinstance(info.context, Document) else Document(value)
        return checked(_with_default_flavour(value), handler, document, cls)

    def parsed_zones(self) -> tuple[Zone, ...]:
        """The zones as RRsets, in the order of the file."""
        from mailsim.scenario.zones import read_zone

        return tuple(read_zone(text) for text in self.zones)

    def notes(self) -> tuple[str, ...]:
        """What was added to the file in order to read it, sentence by sentence: zones' records, addresses."""
        from mailsim.scenario.places import places
        from mailsim.scenario.zones import zone_reading

        return (*(note for text in self.zones for note in zone_reading(text).notes), *places(self).notes)

    def resolver_of(self, node: str) -> str | None:
        """The server that a node asks first: its own, else the default, else the only resolver there is."""
        return next(iter(self.resolvers_of(node)), None)

    def resolvers_of(self, node: str) -> tuple[str, ...]:
        """The servers that a node asks, in order: its own, else the default, else the only resolver there is."""
        only = tuple(name for name, other in self.nodes.items() if other.kind == "resolver")
        return self.nodes[node].resolver or self.defaults.resolver or (only if len(only) == 1 else ())

    def values(self, *, given: bool = False) -> dict[str, Any]:
        """The scenario as plain values (texts, numbers, lists, dicts), as a file could hold them.

        Parameters
        ----------
        given : bool
            Leave out what is at its default and was not given.
        """
        return self.model_dump(mode="json", by_alias=True, exclude_unset=given)

    def digest(self) -> str:
        """SHA-256 of everything that decides a run besides the seed, every default included."""
        from mailsim.scenario.digest import digest_of

        return digest_of(self)

    def with_outage(
        self, target: str, *, start: str | int = 0, length: str | None = None, how: str = "silent", **more: Any
    ) -> Scenario:
        """The same scenario with one more outage.

        Parameters
        ----------
        target : str
            A node, an address, ``link a-b``, ``site:x``, ``group:x`` or ``dns name/TYPE``.
        start, length : str
            Durations such as ``1h``.
        how : str
            ``silent``, ``refused``, ``unreachable``, ``4xx``, ``5xx``, ``drop``, ``hang``, ``lost_reply``, ``servfail`` or
            ``nxdomain``.
        **more
            ``reply``, ``stage``, ``probability`` and ``recipients``; in place of a length ``until``, ``every``, ``drawn`` or ``log``.

        Examples
        --------
        >>> from mailsim.scenario import load
        >>> load("three-servers").with_outage("mx1", start="1h", length="6h").faults[-1].target
        'mx1'
        """
        values = self.values(given=True)
        once = {"length": length} if length is not None else {}
        fault = {"kind": "outage", "target": target, "start": start, **once, "how": how, **more}
        return _validate({**values, "faults": [*values.get("faults", []), fault]})

    def without(self, *paths: str) -> Scenario:
        """The same scenario without the values at ``paths``, such as ``faults``, ``faults[0]`` or ``nodes.mx2``.

        Raises
        ------
        ScenarioError
            Nothing is there, or what remains names what was taken out.
        """
        from mailsim.scenario.edits import without

        return _validate(without(self.values(given=True), paths))

    def replace(self, path: str, value: object) -> Scenario:
        """The same scenario with one value changed, such as ``replace("nodes.mx2.queue_lifetime", "24h")``.

        Raises
        ------
        ScenarioError
            There is no such place, or the value is wrong there.
        """
        from mailsim.scenario.edits import replaced

        return _validate(replaced(self.values(given=True), self.values(), path, value))

    def graph(self) -> nx.MultiDiGraph:
        """The nodes with their roles and who speaks to whom: see :func:`mailsim.scenario.graph.graph`."""
        from mailsim.scenario.graph import graph

        return graph(self)

    def assumptions(self) -> Assumptions:
        """Every figure that the run rests on: value, unit, source, and whether given, default or unverified."""
        from mailsim.scenario.assumptions import assumptions

        return assumptions(self)

    def findings(self) -> Findings:
        """What is wrong or risky in this set-up though it loads, worst first."""
        from mailsim.findings import findings

        return findings(self)

    def run(self, seed: int | None = None, *, level: str | None = None, progress: bool | None = None) -> Result:
        """Run it.

        Parameters
        ----------
        seed : int, optional
            By default the scenario's own.
        level : str, optional
            Recording level ``events``, ``messages`` or ``counts``; by default as much as its size allows.
        progress : bool, optional
            Show a progress bar; by default where the work is long and someone watches.
        """
        from mailsim.run import run

        return run(self, seed=seed, level=level, progress=progress)

    def __repr__(self) -> str:
        from mailsim.scenario.portrait import as_text

        return as_text(self)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        from mailsim.scenario.portrait import as_html

        try:
            from mailsim.plots.topology import topology
        except ImportError:  # no matplotlib here: a core installation, or a small browser
            return as_html(self)
        draw = getattr(topology(self), "_repr_html_", None)
        return as_html(self, picture=draw() if draw is not None else "")


def _validate(values: Mapping[str, Any]) -> Scenario:
    return Scenario.model_validate(values, context=Document(values))


def _with_default_flavour(value: Any) -> Any:
    """Write ``defaults: {flavour: ...}`` into the MTAs that name none."""
    defaults = value.get("defaults") if isinstance(value, dict) else None
    flavour = defaults.get("flavour") if isinstance(defaults, dict) else getattr(defaults, "flavour", None)
    if not isinstance(flavour, str) or not isinstance(value.get("nodes"), dict):
        return value
    nodes = {
        name: {**node, "flavour": flavour} if isinstance(node, dict) and node.get("kind") == "mta" and "flavour" not in node else node
        for name, node in value["nodes"].items()
    }
    return {**value, "nodes": nodes}
