"""All problems of a scenario at once: the shape of each value, then what values say about each other.

Where some entries have the wrong shape, they are left out and the rest is still checked as a whole, so that one reading of
the list mends the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pydantic import ModelWrapValidatorHandler, ValidationError

from mailsim.errors import Problem, ScenarioError
from mailsim.scenario.document import Document, Path
from mailsim.scenario.sentences import problems_of, real_path

if TYPE_CHECKING:
    from mailsim.scenario.scenario import Scenario

__all__ = ["KEY", "Complaint", "Sight", "checked"]

_MOST_TOLD = 100


class Sight:
    """What a check may look at.

    Parameters
    ----------
    scenario : Scenario
        The scenario, without the entries that have the wrong shape.
    ghosts : set of str
        Names of nodes that were left out: they exist, but nothing is known of them.
    unsure : set of str
        Top-level keys of which something was left out: what misses something there must stay silent.
    moved : dict of str to list of int
        Lists of which something was left out: where each entry that is left stands in the file.
    """

    def __init__(self, scenario: Scenario, ghosts: set[str], unsure: set[str], moved: dict[str, list[int]]) -> None:
        self.moved = moved
        self.scenario = scenario
        self.ghosts = ghosts
        self.unsure = unsure
        self.names = [*scenario.nodes, *sorted(ghosts)]

    def in_file(self, path: Path) -> Path:
        """A path as it is in the file."""
        if len(path) > 1 and path[0] in self.moved and isinstance(path[1], int):
            return (path[0], self.moved[str(path[0])][path[1]], *path[2:])
        return path

    def kind_of(self, name: str) -> str | None:
        """The kind of a node, ``None`` for one that is not known."""
        node = self.scenario.nodes.get(name)
        return node.kind if node is not None else None


#: in place of a row: the key is wrong, not its value
KEY = -1

#: where, what, and for a text of several lines the row in it (else 0, or :data:`KEY`)
Complaint = tuple[Path, str, int]


def checked(value: Any, handler: ModelWrapValidatorHandler[Scenario], document: Document, model: type[Scenario]) -> Scenario:
    """Validate plain values.

    Raises
    ------
    ScenarioError
        With every problem, in the order of the file.
    """
    problems = list(document.problems)
    try:
        scenario = handler(value)
    except ValidationError as error:
        wrong = _wrong_places(error, value)
        problems += [p for p in problems_of(error, document, root=model) if not _told(p, problems)]
        rest, ghosts, moved = _without(value, wrong)
        try:
            scenario = handler(rest)
        except ValidationError:
            raise _error(problems, document) from None
        problems += _placed(Sight(scenario, ghosts, {str(path[0]) for path in wrong if path}, moved), document)
        raise _error(problems, document) from None
    problems += _placed(Sight(scenario, set(), set(), {}), document)
    if problems:
        raise _error(problems, document)
    return scenario


def _told(problem: Problem, earlier: list[Problem]) -> bool:
    """Whether the reader already refused this very value, or something inside it."""
    return any(other.path == problem.path or other.path.startswith((problem.path + ".", problem.path + "[")) for other in earlier)


def _placed(sight: Sight, document: Document) -> list[Problem]:
    told = {problem.path for problem in document.problems}
    found = [document.problem(sight.in_file(path), what, row=max(row, 0), key=row == KEY) for path, what, row in _whole(sight)]
    return [problem for problem in found if problem.path not in told]


def _error(problems: list[Problem], document: Document) -> ScenarioError:
    ordered = sorted(problems, key=lambda p: (p.file != document.file, p.line, p.column))
    if len(ordered) > _MOST_TOLD:
        more = Problem(document.file, 0, 0, "", f"and {len(ordered) - _MOST_TOLD} more problems; mend these first")
        ordered = [*ordered[:_MOST_TOLD], more]
    return ScenarioError(ordered)


def _wrong_places(error: ValidationError, value: Any) -> list[Path]:
    """The entries to leave out: a node, a line of traffic, a fault ..., or a whole top-level value."""
    found: dict[Path, None] = {}
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        path = real_path(one["loc"], value, missing=one["type"] == "missing")
        inside = value.get(path[0]) if path and isinstance(value, dict) else None
        found[path[:2] if isinstance(inside, dict | list | tuple) and path[0] not in ("defaults", "study") else path[:1]] = None
    return list(found)


def _without(value: Any, wrong: list[Path]) -> tuple[Any, set[str], dict[str, list[int]]]:
    """The values without the wrong places; the names of the nodes among them; and where list entries stood before."""
    if not isinstance(value, dict):
        return value, set(), {}
    ghosts = {str(path[1]) for path in wrong if len(path) == 2 and path[0] == "nodes"}
    moved: dict[str, list[int]] = {}
    rest = {key: inner for key, inner in value.items() if (key,) not in wrong}
    rest.setdefault("name", "?")
    for key, inner in list(rest.items()):
        bad = {path[1] for path in wrong if len(path) == 2 and path[0] == key}
        if not bad:
            continue
        if isinstance(inner, dict):
            rest[key] = {name: one for name, one in inner.items() if name not in bad}
        elif isinstance(inner, list | tuple):
            moved[key] = [k for k in range(len(inner)) if k not in bad]
            rest[key] = [inner[k] for k in moved[key]]
    return rest, ghosts, moved


def _whole(sight: Sight) -> Iterator[Complaint]:
    """What the values say about each other."""
    from mailsim.scenario.faultchecks import check_faults
    from mailsim.scenario.nodechecks import check_nodes
    from mailsim.scenario.policychecks import check_policies
    from mailsim.scenario.timechecks import check_changes, check_groups, check_traffic
    from mailsim.scenario.zonechecks import check_links, check_places, check_zones

    yield from check_zones(sight)
    yield from check_policies(sight)
    yield from check_nodes(sight)
    yield from check_places(sight)
    yield from check_links(sight)
    yield from check_traffic(sight)
    yield from check_groups(sight)
    yield from check_faults(sight)
    yield from check_changes(sight)
