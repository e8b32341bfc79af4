"""The TOML door: tomllib reads it, a light scan of the text finds the lines and columns for the problems.

TOML has one spelling of each value and refuses duplicate keys itself, so little is left to check.  The scan knows table
headers, arrays of tables and ``key =`` lines; a value inside an inline table or array is placed at its key.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime, time
from typing import Any

from mailsim.errors import Problem, ScenarioError
from mailsim.scenario.document import DEEPEST, MOST_VALUES, Document, Mark, Path, decoded, lesson_of, path_text

__all__ = ["read_toml"]

_PART = r"(?:[A-Za-z0-9_-]+|\"(?:[^\"\\]|\\.)*\"|'[^']*')"
_KEY = re.compile(rf"\s*({_PART}(?:\s*\.\s*{_PART})*)\s*=\s*")
_HEADER = re.compile(rf"\s*(\[\[?)\s*({_PART}(?:\s*\.\s*{_PART})*)\s*\]")
_PLACE = re.compile(r"\s*\(at line (\d+), column (\d+)\)$")


def read_toml(octets: bytes, file: str) -> Document:
    """Read a TOML file.

    Raises
    ------
    ScenarioError
        It is no TOML, or exceeds a cap.
    """
    text = decoded(octets, file)

    def refuse(what: str, line: int = 0, column: int = 0) -> ScenarioError:
        return ScenarioError([Problem(file, line, column, "", what)])

    try:
        value: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        what = _PLACE.sub("", str(error)).removesuffix(" (at end of document)")
        where = (int(place[1]), int(place[2])) if place else (text.count("\n") + 1, 0)
        raise refuse(f"this is no TOML: {what[:1].lower()}{what[1:]}", *where) from None
    except RecursionError:
        raise refuse(f"nested more than {DEEPEST} levels deep; a scenario needs about eight") from None
    except ValueError:  # int() refuses a text of more than 4,300 digits
        raise refuse("a number is too large; the largest has 18 digits") from None
    result = Document(value, file, _marks(text), lesson=lesson_of(text.splitlines()))
    result.value = _plain(value, (), result, [0])
    return result


def _plain(value: Any, path: Path, result: Document, seen: list[int]) -> Any:
    """The value with dates as text; what is too deep, too much or too large becomes a problem."""
    seen[0] += 1
    if len(path) > DEEPEST:
        raise ScenarioError([result.problem(path[:3], f"nested more than {DEEPEST} levels deep; a scenario needs about eight")])
    if seen[0] > MOST_VALUES:
        raise ScenarioError([Problem(result.file, 0, 0, path_text(path[:3]), f"more than {MOST_VALUES:,} values")])
    if isinstance(value, dict):
        return {key: _plain(inner, (*path, key), result, seen) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner, (*path, k), result, seen) for k, inner in enumerate(value)]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 63:
        result.problems.append(result.problem(path, "the number is too large; the largest has 18 digits"))
        return 0
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        result.problems.append(result.problem(path, f"{value} is no number that a scenario can use; write a finite one"))
        return 0
    return value


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_PART, text))


def _marks(text: str) -> dict[Path, Mark]:
    """Place of every table, of every key that begins a line, and of the block texts of a list (zones)."""
    marks: dict[Path, Mark] = {(): Mark(1, 1, 1, 1)}
    counts: dict[Path, int] = {}
    table: Path = ()
    series: Path = ()  # the list that the coming block texts belong to
    quote = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if quote:  # inside a block text
            quote = "" if line.count(quote) % 2 else quote
            continue
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            table, series = _table(header, counts), ()
            marks.setdefault(table, Mark(number, header.start(2) + 1, number, header.start(2) + 1))
            continue
        path: Path = ()
        begins = 0
        if key:
            path = (*table, *_parts(key[1]))
            begins = key.end()
            marks[path] = Mark(number, begins + 1, number, key.start(1) + 1)
            series = path if line[begins:].startswith("[") else ()
        opening = re.search(r"\"{3}|'{3}", line[begins:])
        if opening:
            column = begins + opening.start()
            if series:
                path = (*series, counts.get(series, 0))
                counts[series] = counts.get(series, 0) + 1
            if path:
                first = number + 1 if column + 3 == len(line) else number
                marks[path] = Mark(number, column + 1, *marks.get(path, Mark(0, 0, number, column + 1))[2:4], first)
            quote = opening.group() if line.count(opening.group()) % 2 else ""
    return marks


def _table(header: re.Match[str], counts: dict[Path, int]) -> Path:
    """The path that a header means; ``[[a]]`` counts up, and later headers below ``a`` mean its last entry."""
    path: Path = ()
    *outer, last = _parts(header[2])
    for part in outer:
        path = (*path, part)
        if path in counts:
            path = (*path, counts[path])
    path = (*path, last)
    if header[1] == "[[":
        counts[path] = counts.get(path, -1) + 1
        path = (*path, counts[path])
    elif path in counts:
        path = (*path, counts[path])
    return path
