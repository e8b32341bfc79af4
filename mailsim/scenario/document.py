"""What a scenario file is once read: plain values, the place of each in the text, what is wrong with it so far, its lesson."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mailsim.errors import Problem, ScenarioError

__all__ = ["DEEPEST", "LARGEST_FILE", "LARGEST_RECORD", "MOST_VALUES", "Document", "Mark", "Path", "decoded", "lesson_of", "path_text"]

#: no file may be larger, in octets; the largest shipped one has a few thousand
LARGEST_FILE = 4 * 2**20

#: no file of recorded arrivals may be larger, in octets: about two million rows
LARGEST_RECORD = 64 * 2**20

#: no file may hold more values, aliases counted as often as they are used
MOST_VALUES = 100_000

#: no value may lie deeper; a scenario needs about eight levels
DEEPEST = 50

#: where a value stands in a document: keys and indexes from the top
Path = tuple[str | int, ...]


class Mark(NamedTuple):
    """Place of a value and of its key in the text, lines and columns from 1; ``text_line`` is where a text begins.

    ``text_line`` is the line of the first line of a block text (``- |``), 0 for a text that stands on one line.
    """

    line: int
    column: int
    key_line: int
    key_column: int
    text_line: int = 0


@dataclass
class Document:
    """A read file.

    Attributes
    ----------
    value : object
        Plain dicts, lists, texts, numbers, booleans and ``None``.
    file : str
        Its name as the user gave it; ``""`` for a dict.
    marks : dict of Path to Mark
        Place of each value; empty for a dict.
    problems : list of Problem
        What the reader itself refused.
    lesson : str
        The first comment.
    files : dict of Path to (str, int)
        Texts that were read from files of their own (zones): from which, and how many lines were put in front of them.
    """

    value: Any
    file: str = ""
    marks: dict[Path, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    lesson: str = ""
    files: dict[Path, tuple[str, int]] = field(default_factory=dict)

    def problem(self, path: Path, what: str, *, key: bool = False, row: int = 0) -> Problem:
        """A problem at a value, or at the nearest part around it that stands in the text.

        Parameters
        ----------
        path : Path
            The value.
        what : str
            What is wrong and how to mend it.
        key : bool
            The key is wrong, not the value.
        row : int
            For a text of several lines: the line in it, from 1.
        """
        if row and path in self.files:
            file, added = self.files[path]
            return Problem(file, max(1, row - added), 0, path_text(path), what)
        mark = next((self.marks[path[:k]] for k in range(len(path), -1, -1) if path[:k] in self.marks), None)
        if mark is None:
            place = f"line {row}: " if row else ""
            return Problem(self.file, 0, 0, path_text(path), place + what)
        if row and mark.text_line and path in self.marks:
            return Problem(self.file, mark.text_line + row - 1, 0, path_text(path), what)
        line, column = (mark.key_line, mark.key_column) if key or path not in self.marks else (mark.line, mark.column)
        return Problem(self.file, line, column, path_text(path), what)


def path_text(path: Iterable[str | int]) -> str:
    """A path as people read and write it: ``nodes.mx2.flavour``, ``faults[0].start``, ``mailboxes[ann@example.org].quota``."""
    text = ""
    for part in path:
        if isinstance(part, str) and re.fullmatch(r"[\w-]+", part):
            text += f".{part}" if text else part
        else:
            text += f"[{part}]"
    return text


def decoded(octets: bytes, file: str) -> str:
    """The text of a file.

    Raises
    ------
    ScenarioError
        It is empty, too large, binary or not UTF-8.
    """

    def refuse(what: str, line: int = 0, column: int = 0) -> ScenarioError:
        return ScenarioError([Problem(file, line, column, "", what)])

    if len(octets) > LARGEST_FILE:
        raise refuse(f"the file is larger than {LARGEST_FILE // 2**20} MiB; a scenario describes the mail, it does not list it")
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = octets[: error.start]
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise refuse("the file is not UTF-8 text; save it as UTF-8", before.count(b"\n") + 1, column) from None
    odd = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]", text)
    if odd:
        line = text.count("\n", 0, odd.start()) + 1
        column = odd.start() - (text.rfind("\n", 0, odd.start()) + 1) + 1
        raise refuse(f"control character U+{ord(odd.group()):04X} in the file; a scenario is plain text", line, column)
    if not text.strip():
        raise refuse("the file is empty; a scenario needs at least name, nodes and traffic")
    return text


def lesson_of(lines: Sequence[str]) -> str:
    """The lesson: the comment that the file begins with, its ``Lesson:`` cut off; ``""`` where there is none."""
    found: list[str] = []
    for line in lines:
        text = line.strip()
        if not text.startswith("#"):
            if text or found:
                break
            continue
        text = text.lstrip("#").strip()
        if text.startswith("yaml-language-server:"):
            continue
        if not text and found:
            break
        found.append(text)
    return " ".join(found).removeprefix("Lesson:").strip()
