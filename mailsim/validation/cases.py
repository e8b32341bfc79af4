"""Which recorded cases does a file hold: what was set up, and what real software did there, told apart."""

from __future__ import annotations

import gzip
import json
import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, TypeAlias, cast

from mailsim.errors import LimitError, Problem, ScenarioError, UnsupportedError
from mailsim.validation.shape import SHAPES, Json, kind_of, misshapen

__all__ = ["LARGEST_FILE", "PROGRAMS", "Case", "Paths", "case_files", "read_cases", "shipped_recordings"]

#: one path or several; a folder stands for all case files below it
Paths: TypeAlias = "str | Path | Iterable[str | Path]"

#: no more than so many letters are read of one file, unpacked: a packed file of some kilobytes can hold a terabyte
LARGEST_FILE = 256_000_000

#: what a case's ``software`` begins with, and the name of the program; anything else goes by its first word
PROGRAMS: dict[str, str] = {
    "bind9": "bind",
    "bind9-dnsutils": "dig",
    "bind9-host": "host",
    "knot": "auth-knot",
    "knot-resolver": "kresd",
    "nsd": "auth-nsd",
    "pdns-recursor": "pdns",
    "pdns-server": "auth-pdns",
    "pycares": "cares",
}

#: how a file of cases is named
_ENDINGS = (".jsonl", ".jsonl.gz", ".jsonl.xz")

#: so many problems are told; a file of another kind has one in each line
_SHOWN = 20

#: what is neither set-up nor observation; the rebuilding never sees it
_LABELS = ("name", "description", "repeats")


@dataclass(frozen=True)
class Case:
    """One recorded case.

    Parameters
    ----------
    name : str
        Only a label: nothing is computed from it.
    kind : {"mta", "dns", "path"}
        What was recorded: one MTA, one resolver or stub, or a whole path.
    software : str
        The program: ``postfix``, ``unbound``, ... or ``full paths``.
    body : dict
        What was set up: the case without name, description and repeats.
    recorded : tuple of dict
        The repeats: what the real program did, each time.
    place : str
        File and line.
    """

    name: str
    kind: Literal["mta", "dns", "path"]
    software: str
    body: Json
    recorded: tuple[Json, ...]
    place: str = ""


def read_cases(paths: Paths) -> tuple[Case, ...]:
    """The cases of JSON-lines files, plain or packed (xz, gzip), in the order of files and lines.

    Raises
    ------
    ScenarioError
        A file can't be read, a line is no case, or two cases of a file have one name: all problems at once, each with
        file and line.
    LimitError
        A file is larger than :data:`LARGEST_FILE`.
    """
    problems: list[Problem] = []
    cases: list[Case] = []
    for file in case_files(paths):
        seen: dict[str, int] = {}
        for line, found in _objects(file, problems):
            case = _case(found, file, line, problems)
            if case is None:
                continue
            if case.name in seen:
                what = f"case {case.name!r} stands in line {seen[case.name]} already; give each case a name of its own"
                problems.append(Problem(str(file), line, 0, "name", what))
            seen.setdefault(case.name, line)
            cases.append(case)
    if problems:
        more = [Problem("", 0, 0, "", f"... and {len(problems) - _SHOWN} more")] if len(problems) > _SHOWN else []
        raise ScenarioError(problems[:_SHOWN] + more)
    return tuple(cases)


def case_files(paths: Paths) -> tuple[Path, ...]:
    """The files that ``paths`` stand for, each once; folders give all case files below them in the order of their names.

    Raises
    ------
    ScenarioError
        There is no such file, or a folder holds none.
    """
    problems = []
    files: dict[Path, None] = {}
    for path in [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]:
        found = [path]
        if path.is_dir():
            found = sorted(file for file in path.rglob("*") if file.name.endswith(_ENDINGS) and file.is_file())
            if not found:
                problems.append(Problem(str(path), 0, 0, "", f"no case file in this folder; their names end in {', '.join(_ENDINGS)}"))
        elif not path.is_file():
            problems.append(Problem(str(path), 0, 0, "", "there is no such file; give a file of recorded cases or a folder of them"))
        files.update(dict.fromkeys(found))
    if problems:
        raise ScenarioError(problems)
    return tuple(files)


def shipped_recordings() -> tuple[Path, ...]:
    """The files of the recordings that come with mailsim: package data, or beside the package in a source checkout.

    Raises
    ------
    UnsupportedError
        This installation has none.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_recordings", package.parent / "tests" / "truth"):
        if folder.is_dir():
            return case_files(folder)
    raise UnsupportedError("this installation has no recordings; give the files of recorded cases")


def _case(found: Json, file: Path, line: int, problems: list[Problem]) -> Case | None:
    kind = kind_of(found)
    if kind is None:
        what = "no recorded case: an MTA case has mta, world and workload; a DNS case has queries; a full path has hosts and poll_every"
        problems.append(Problem(str(file), line, 0, "", what))
        return None
    shape = SHAPES[kind] | {"?name": "a text", "?description": "a text or null"}
    wrong = [Problem(str(file), line, 0, place, f"{what}; see the schema of recorded cases") for place, what in misshapen(found, shape)]
    problems.extend(wrong[:3])  # the rest of one case says the same again and again
    if wrong:
        return None
    body = {key: value for key, value in found.items() if key not in _LABELS}
    known = cast("Literal['mta', 'dns', 'path']", kind)
    name, recorded = found.get("name", f"line {line}"), tuple(found.get("repeats", ()))
    return Case(name, known, _program(kind, body), body, recorded, f"{file}:{line}")


def _program(kind: str, body: Json) -> str:
    if kind == "path":
        return "full paths"
    if kind == "mta":
        return str(body["mta"]["kind"])
    words = body["software"].split() or ["unnamed"]
    program = PROGRAMS.get(words[0], words[0])
    return f"auth-{program}" if "(authoritative)" in words else program


def _objects(file: Path, problems: list[Problem]) -> Iterator[tuple[int, Json]]:
    """The objects of a file with their lines; what is none becomes a problem."""
    room = LARGEST_FILE
    line = 0
    try:
        with _opened(file) as text:
            while letters := text.readline(room + 1):
                line += 1
                room -= len(letters)
                if room < 0:
                    raise LimitError(f"{file}: more than {LARGEST_FILE:,} letters; split the file (LARGEST_FILE in validation/cases.py)")
                if not letters.strip():
                    continue
                try:
                    found = json.loads(letters, parse_constant=_no_number)
                except (ValueError, RecursionError) as error:
                    what = f"no JSON: {error}; write one case a line" if isinstance(error, ValueError) else "nested too deeply"
                    problems.append(Problem(str(file), line, 0, "", what))
                    continue
                if isinstance(found, dict):
                    yield line, found
                else:
                    problems.append(Problem(str(file), line, 0, "", "no JSON object; write one case a line, as an object"))
    except (OSError, EOFError, lzma.LZMAError, UnicodeDecodeError) as error:
        what = getattr(error, "strerror", None) or str(error)
        problems.append(Problem(str(file), line + 1, 0, "", f"can't be read: {what}; cases are JSON lines in UTF-8, plain, .gz or .xz"))


def _opened(file: Path) -> IO[str]:
    """The file as text, unpacked if its first octets say that it is packed."""
    with file.open("rb") as start:
        magic = start.read(6)
    if magic == b"\xfd7zXZ\x00":
        return lzma.open(file, "rt", encoding="utf-8")
    if magic[:2] == b"\x1f\x8b":
        return gzip.open(file, "rt", encoding="utf-8")
    return file.open(encoding="utf-8")


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number of JSON")
