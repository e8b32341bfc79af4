"""Recorded arrivals: a CSV text with a first line of names, read row by row; whatever can't be used is told with its line."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from mailsim.declared import MailAddress
from mailsim.errors import did_you_mean
from mailsim.units import LONGEST_US, Instant, clock, instant, micros, octets

__all__ = ["COLUMNS", "Arrival", "Recorded", "recorded"]

#: the columns that a file of arrivals may have; the first must be there
COLUMNS = ("instant", "from", "to", "size")

#: after so many bad rows reading stops
_MOST_BAD = 100

_CALENDAR = re.compile(r"\d{4}-\d\d-\d\d")
_SECONDS = re.compile(r"\d{1,12}(?:\.\d{1,12})?", re.ASCII)
_APART = re.compile(r"[\s;]+")
_ADDRESS: TypeAdapter[str] = TypeAdapter(MailAddress)


class Arrival(NamedTuple):
    """One row: its line in the text, when (microseconds since the start), from whom and to whom (empty: not said), octets."""

    line: int
    at_us: int
    sender: str
    recipients: tuple[str, ...]
    octets: int | None


class Recorded(NamedTuple):
    """What a text of arrivals holds: rows in order of time (of the text at one instant), columns, and (line, what is wrong)."""

    rows: tuple[Arrival, ...]
    columns: tuple[str, ...]
    problems: tuple[tuple[int, str], ...]


@lru_cache(maxsize=16)
def recorded(text: str, starts: Instant | None) -> Recorded:
    """Read a text of arrivals.

    Parameters
    ----------
    text : str
        A CSV (RFC 4180) whose first line names its columns: ``instant`` and, where they are recorded, ``from``, ``to`` and
        ``size``.  Lines that are empty or begin with ``#`` are passed over.
    starts : Instant
        The calendar at 0.  An instant is a number of seconds or a duration after it, or a calendar instant, whose zone is
        that of ``starts`` unless it names one.  None: instants are not read, all are 0.
    """
    found: list[Arrival] = []
    problems: list[tuple[int, str]] = []
    columns: tuple[str, ...] = ()
    for line, cells in _lines(text):
        if isinstance(cells, str):
            problems.append((line, cells))
            break
        if not columns:
            columns = tuple(cell.lower() for cell in cells)
            wrong = _wrong_columns(columns)
            if wrong:
                return Recorded((), columns, ((line, wrong),))
            continue
        if len(cells) != len(columns):
            problems.append((line, f"the row has {len(cells)} cells, the first line names {len(columns)} ({', '.join(columns)})"))
        else:
            row = _arrival(line, dict(zip(columns, cells, strict=True)), starts)
            if isinstance(row, Arrival):
                found.append(row)
            else:
                problems += [(line, what) for what in row]
        if len(problems) >= _MOST_BAD:
            problems.append((line, "so many rows are wrong that reading stopped here"))
            break
    if not columns and not problems:
        problems.append((1, f"the file is empty; its first line names the columns: {', '.join(COLUMNS)}"))
    elif not found and not problems:
        problems.append((1, "the file has no row with an arrival"))
    found.sort(key=lambda row: row.at_us)
    return Recorded(tuple(found), columns, tuple(problems))


def _lines(text: str) -> Iterator[tuple[int, list[str] | str]]:
    """Line number and cells of each row; a text in place of the cells says why reading can't go on."""
    lines = text.splitlines(keepends=True)
    skipped = ("\n" if not line.strip() or line.lstrip().startswith("#") else line for line in lines)
    reader = csv.reader(skipped, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num, f"this is no CSV: {error}"
            return
        if cells:
            yield line, [cell.strip() for cell in cells]


def _wrong_columns(columns: tuple[str, ...]) -> str:
    for name in columns:
        if name not in COLUMNS:
            near = did_you_mean(name, COLUMNS) or f"; there is: {', '.join(COLUMNS)}"
            return f"the first line names the columns, and {name[:60]!r} is none{near}"
        if columns.count(name) > 1:
            return f"the column {name} is there twice"
    return "" if "instant" in columns else "the column instant is missing from the first line; it says when a message was sent"


def _arrival(line: int, cells: dict[str, str], starts: Instant | None) -> Arrival | list[str]:
    """A row, or what is wrong with it."""
    problems: list[str] = []
    at_us, size, to = 0, None, []
    try:
        at_us = _instant(cells["instant"], starts) if starts is not None else 0
    except ValueError as error:
        problems.append(f"instant: {error}")
    for address in _APART.split(cells.get("to", "")):
        if address:
            try:
                to.append(_address(address))
            except ValidationError as error:
                problems.append(f"to: {error.errors()[0]['ctx']['error']}")
    if cells.get("size"):
        try:
            size = _octets(cells["size"])
        except ValueError as error:
            problems.append(f"size: {error}")
    return problems or Arrival(line, at_us, cells.get("from", ""), tuple(to), size)


@lru_cache(maxsize=4096)
def _address(text: str) -> str:
    return _ADDRESS.validate_python(text)


@lru_cache(maxsize=4096)
def _octets(text: str) -> int:
    return octets(text)


def _instant(text: str, starts: Instant) -> int:
    if not text:
        raise ValueError("the cell is empty; write seconds such as 90.5, a duration such as 1m30s, or a calendar instant")
    if _SECONDS.fullmatch(text):
        whole, _, rest = text.partition(".")
        if rest[6:].strip("0"):
            raise ValueError(f"{text!r} is no whole number of microseconds, the shortest step of the clock")
        at_us = int(whole) * 1_000_000 + int(rest[:6].ljust(6, "0"))
    elif _CALENDAR.match(text):
        at_us = instant(text, zone=starts.zone).epoch_us - starts.epoch_us
        if at_us < 0:
            raise ValueError(f"{text!r} lies {clock(-at_us)} before the scenario starts; let it start earlier, or take the row out")
    else:
        at_us = micros(text)
    if at_us > LONGEST_US:
        raise ValueError(f"{text!r} is more than a hundred years after the start")
    return at_us
