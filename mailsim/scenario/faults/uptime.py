"""Outages from a file: a table of outages (``start,end``), or a log of samples (``time,state``), each with an optional target."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from mailsim.scenario.faults.when import MOST_WINDOWS, Window
from mailsim.units import clock, instant, micros

__all__ = ["LogReading", "is_file_name", "read_log"]

_TIME, _STATE, _TARGET = ("time", "timestamp"), ("state", "status"), ("target", "node")
_UP, _DOWN = ("up", "1", "ok"), ("down", "0")
_COLUMNS = "the first line names the columns: start,end or time,state; a column target may follow"


class LogReading(NamedTuple):
    """What a log tells.

    Attributes
    ----------
    windows : dict of str to tuple of Window
        Outages by target, in order; the target ``""`` is that of the fault.
    rows : dict of str to int
        The line in which each target is named first.
    problems : tuple of (int, str)
        Line, and what is wrong there and how to mend it.
    """

    windows: Mapping[str, tuple[Window, ...]]
    rows: Mapping[str, int]
    problems: tuple[tuple[int, str], ...]


class _Found(NamedTuple):
    row: int
    target: str
    window: Window


def is_file_name(text: str) -> bool:
    """Whether a text means a file with a log and is no log itself, which has several lines."""
    return "\n" not in text.strip()


@lru_cache(maxsize=64)
def read_log(text: str, starts: str) -> LogReading:
    """Read a log; ``starts`` is the scenario's calendar instant zero, and its zone that of times without one."""
    problems: list[tuple[int, str]] = []
    rows = _rows(text, problems)
    if len(rows) < 2:
        return LogReading({}, {}, tuple(problems) or ((1, f"a log has a line of headings and at least one row; {_COLUMNS}"),))
    head = [name.strip().lower() for name in rows[0][1]]
    places = [next((head.index(name) for name in names if name in head), None) for names in (_TIME, _STATE, _TARGET, ("start",), ("end",))]
    time, state, target, start, end = places
    odd = [name for name in head if name not in (*_TIME, *_STATE, *_TARGET, "start", "end")]
    if odd or len(set(head)) < len(head) or (None in (start, end)) == (None in (time, state)):
        what = f"unknown column {odd[0][:40]!r}" if odd else "these columns are no log"
        return LogReading({}, {}, ((rows[0][0], f"{what}; {_COLUMNS}"),))
    if len(rows) - 1 > MOST_WINDOWS * 10:
        return LogReading({}, {}, ((1, f"the log has more than {MOST_WINDOWS * 10:,} rows; cut it to what the scenario needs"),))
    whole = []
    for number, cells in rows[1:]:
        if len(cells) != len(head):
            problems.append((number, f"{len(cells)} columns here, {len(head)} in the first line"))
        else:
            whole.append((number, cells, cells[target].strip() if target is not None else ""))
    if start is not None and end is not None:
        found = list(_outages([(n, cells[start], cells[end], of) for n, cells, of in whole], starts, problems))
    else:
        assert time is not None
        assert state is not None
        found = list(_samples([(n, cells[time], cells[state], of) for n, cells, of in whole], starts, problems))
    return _reading(found, problems)


def _rows(text: str, problems: list[tuple[int, str]]) -> list[tuple[int, list[str]]]:
    """(line, cells) of each line that is neither empty nor a comment."""
    found: list[tuple[int, list[str]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            found.append((number, next(csv.reader([line], strict=True))))
        except csv.Error as error:
            problems.append((number, f"this line is no CSV ({error}); close each quote in its own line"))
    return found


def _instant(text: str, starts: str) -> int:
    """Microseconds since the scenario's start: a duration, a calendar instant, or seconds since 1970."""
    text = text.strip()
    origin = instant(starts)
    if re.fullmatch(r"\d{9,11}(\.\d{1,6})?", text):
        whole, _, part = text.partition(".")
        return int(whole) * 1_000_000 + int(part.ljust(6, "0")) - origin.epoch_us
    if re.match(r"\d{4}-\d", text):
        return instant(text, zone=origin.zone).epoch_us - origin.epoch_us
    return micros(text)


def _outages(rows: list[tuple[int, str, str, str]], starts: str, problems: list[tuple[int, str]]) -> Iterator[_Found]:
    for number, first, last, target in rows:
        try:
            start, end = _instant(first, starts), _instant(last, starts)
        except ValueError as error:
            problems.append((number, str(error)))
            continue
        if end <= start:
            problems.append((number, f"end ({last.strip()[:40]}) must lie after start ({first.strip()[:40]})"))
            continue
        yield _Found(number, target, Window(start, end))


def _samples(rows: list[tuple[int, str, str, str]], starts: str, problems: list[tuple[int, str]]) -> Iterator[_Found]:
    """Down from the first sample that says so until the next one that says up."""
    down: dict[str, tuple[int, int]] = {}
    latest: dict[str, int] = {}
    for number, time, state, target in rows:
        word = state.strip().lower()
        try:
            at = _instant(time, starts)
        except ValueError as error:
            problems.append((number, str(error)))
            continue
        if word not in (*_UP, *_DOWN):
            problems.append((number, f"{state.strip()[:40]!r} is no state; write up or down"))
            continue
        if at < latest.get(target, at):
            problems.append((number, "this time lies before that of the row above; sort the rows by time"))
            continue
        latest[target] = at
        if word in _DOWN:
            down.setdefault(target, (number, at))
        elif target in down:
            since, start = down.pop(target)
            if at > start:
                yield _Found(since, target, Window(start, at))
    for target, (number, _) in down.items():
        what = f" for {target}" if target else ""
        problems.append((number, f"the log ends{what} without being up again; add a row that says when it was"))


def _reading(found: list[_Found], problems: list[tuple[int, str]]) -> LogReading:
    """Sorted by time, without what overlaps; what ended before the scenario starts is left out."""
    by_target: dict[str, list[_Found]] = {}
    for one in found:
        by_target.setdefault(one.target, []).append(one)
    windows: dict[str, tuple[Window, ...]] = {}
    for target, some in by_target.items():
        some.sort(key=lambda one: one.window)
        for before, after in pairwise(some):
            if after.window.start_us < before.window.end_us:
                earlier = f"line {before.row} ({clock(before.window.start_us)} to {clock(before.window.end_us)})"
                problems.append((after.row, f"overlaps {earlier}; let one begin where the other ends"))
        windows[target] = tuple(Window(max(0, one.window.start_us), one.window.end_us) for one in some if one.window.end_us > 0)
    rows = {target: min(one.row for one in some) for target, some in by_target.items()}
    if len(found) > MOST_WINDOWS:
        problems.append((1, f"the log has more than {MOST_WINDOWS:,} outages; cut it to what the scenario needs"))
    return LogReading(windows, rows, tuple(sorted(problems)))
