"""How many repeats of each program must agree at least: a file of floors that may only rise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from mailsim.errors import Problem, ScenarioError
from mailsim.validation.conformance import Conformance
from mailsim.validation.control import Count

__all__ = ["below", "raised", "read_floors", "written"]

_MEND = 'floors are one JSON object such as {"postfix": {"agreed": 180, "of": 186}}'


def read_floors(path: str | Path) -> dict[str, Count]:
    """The floors of a file: program to how many repeats of how many.

    Raises
    ------
    ScenarioError
        The file can't be read or holds something else.
    """
    try:
        found = json.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise _wrong(path, f"can't be read: {getattr(error, 'strerror', None) or error}") from None
    if not isinstance(found, dict):
        raise _wrong(path, "no JSON object")
    floors = {}
    for program, floor in found.items():
        agreed, of = (floor.get("agreed"), floor.get("of")) if isinstance(floor, dict) else (None, None)
        if type(agreed) is not int or type(of) is not int or not 0 <= agreed <= of:
            raise _wrong(path, f"{program}: is {json.dumps(floor)[:60]}")
        floors[program] = Count(agreed, of)
    return floors


def _wrong(path: str | Path, what: str) -> ScenarioError:
    return ScenarioError([Problem(str(path), 0, 0, "", f"{what}; {_MEND}")])


def below(found: Conformance, floors: Mapping[str, Count]) -> list[str]:
    """A sentence for each program of this run that misses its floor; programs without a floor have none to miss.

    A floor belongs to a number of repeats: with fewer seeds or cases it can't be judged, and says so.
    """
    told = []
    for one in found.agreements:
        floor = floors.get(one.software)
        if floor is None or not one.count.of:
            continue
        if floor.of != one.count.of:
            told.append(f"{one.software}: the floor is for {floor.of} repeats, here are {one.count.of}; take the same cases and seeds")
        elif one.count.agreed < floor.agreed:
            told.append(f"{one.software}: {one.count.agreed} of {floor.of} repeats agree, the floor is {floor.agreed}")
    return told


def raised(found: Conformance, floors: Mapping[str, Count]) -> dict[str, Count]:
    """The floors with those of this run where they are higher, or are for another number of repeats."""
    new = dict(floors)
    for one in found.agreements:
        old = floors.get(one.software, Count())
        if one.count.of and (old.of != one.count.of or one.count.agreed > old.agreed):
            new[one.software] = one.count
    return dict(sorted(new.items()))


def written(floors: Mapping[str, Count]) -> str:
    """The text of a file of floors: one program a line."""
    lines = (f"  {json.dumps(program)}: {json.dumps(count._asdict())}" for program, count in floors.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"
