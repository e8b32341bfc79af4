"""Changing one value of a scenario by its path, such as ``nodes.mx2.queue_lifetime`` or ``faults[0].length``."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from typing import Any

from mailsim.errors import Problem, ScenarioError, did_you_mean
from mailsim.scenario.document import Path, path_text

__all__ = ["path_of", "replaced", "without"]

_PART = re.compile(r"\.?([^.\[\]]+)|\[([^\[\]]+)\]")


def _refuse(path: str, what: str) -> ScenarioError:
    return ScenarioError([Problem("", 0, 0, path, what)])


def path_of(text: str) -> Path:
    """The parts of a path; what stands in brackets may hold dots: ``nodes.home.mailboxes[ann@example.org].quota``."""
    found: list[str | int] = []
    at = 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None or (not found and text.startswith(".")):
            raise _refuse(text, "this is not a path; write for example nodes.mx2.queue_lifetime or faults[0].length")
        at = part.end()
        if part[1] is not None:
            found.append(part[1])
        else:
            found.append(int(part[2]) if part[2].isdigit() else part[2])
    if not found:
        raise _refuse(text, "the path is empty; write for example nodes.mx2.queue_lifetime")
    return tuple(found)


def _missing(text: str, path: Path, there: Any) -> ScenarioError:
    names = list(there) if isinstance(there, dict) else []
    part = path[-1]
    what = f"there is no {part!r}" if isinstance(part, str) else f"there is no entry {part}; counting begins at 0"
    hint = did_you_mean(str(part), names) or (f"; there is: {', '.join(map(str, names[:12]))}" if names else "")
    return _refuse(path_text(path) or text, what + (hint if isinstance(part, str) else ""))


def _step(there: Any, part: str | int) -> Any:
    """The value inside ``there``; raises LookupError."""
    if isinstance(there, list):
        if isinstance(part, int) and part < len(there):
            return there[part]
    elif isinstance(there, dict) and part in there:
        return there[part]
    raise LookupError(part)


def replaced(given: dict[str, Any], full: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """The given values with one more, or another, at ``path``.

    Parameters
    ----------
    given, full : dict
        The scenario's values: those that were given, and with every default.
    path : str
        Where.
    value : object
        As a file would hold it.
    """
    parts = path_of(path)
    result = copy.deepcopy(given)
    there: Any = result
    seen: Any = full
    for k, part in enumerate(parts[:-1]):
        free = "parameters" in parts[: k + 1]
        try:
            seen = _step(seen, part)
        except LookupError:
            if not free or not isinstance(seen, dict):
                raise _missing(path, parts[: k + 1], seen) from None
            seen = {}
        seen = {} if seen is None else seen
        try:
            inner = _step(there, part)
        except LookupError:
            inner = copy.deepcopy(seen) if isinstance(seen, list) else {}
        if inner is None:
            inner = {}
        if not isinstance(inner, dict | list):
            raise _refuse(path_text(parts[: k + 1]), "this is a plain value; nothing lies inside it")
        there[part] = inner
        there = inner
    last = parts[-1]
    if isinstance(there, list) and not (isinstance(last, int) and last < len(there)):
        raise _missing(path, parts, there)
    there[last] = value
    return result


def without(given: dict[str, Any], paths: Sequence[str]) -> dict[str, Any]:
    """The given values without those at ``paths``; indexes count in the values as they are before."""
    result = copy.deepcopy(given)
    ordered = sorted((path_of(path) for path in paths), key=lambda p: [str(x) if isinstance(x, str) else f"{x:09d}" for x in p])
    for parts in reversed(ordered):
        there: Any = result
        for k, part in enumerate(parts):
            try:
                inner = _step(there, part)
            except LookupError:
                raise _missing(path_text(parts), parts[: k + 1], there) from None
            if k == len(parts) - 1:
                del there[part]
            there = inner
    return result
