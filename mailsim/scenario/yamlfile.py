"""The YAML door: strict, with the place of every value, and safe for files from strangers.

PyYAML's event stream is read into plain values.  Scalars follow the YAML 1.2 core schema: ``no``, ``yes``, ``on`` and
``off`` are texts, and ``010`` and ``1:30`` are no hidden octal or base-60 numbers (PyYAML itself reads 8 and 90).  Refused are
duplicate keys, keys that are no text, tags, merge keys, more than one document, and whatever exceeds the caps.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from mailsim.errors import Problem, ScenarioError
from mailsim.scenario.document import DEEPEST, MOST_VALUES, Document, Mark, Path, decoded, lesson_of, path_text

__all__ = ["MOST_ALIASES", "read_yaml"]

#: what is said of a file that is nested too deep, whoever counts
TOO_DEEP = f"nested more than {DEEPEST} levels deep; a scenario needs about eight"

#: no file may use more aliases; a "billion laughs" file needs about a hundred
MOST_ALIASES = 50

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_WORDS |= {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
_ODD_NUMBERS = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_MOST_DIGITS = 18


def read_yaml(octets: bytes, file: str) -> Document:
    """Read a YAML file.

    Returns
    -------
    Document
        With ``problems`` for what is wrong but can be passed over (duplicate keys, tags ...), so that all is told at once.

    Raises
    ------
    ScenarioError
        It is no YAML, or exceeds a cap.
    """
    text = decoded(octets, file)
    return _Reader(text, file).document()


class _Reader:
    """Reads the events of one document; each method consumes what belongs to its value."""

    def __init__(self, text: str, file: str) -> None:
        self.result = Document(None, file)
        self.text = text
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.aliases = 0
        self.values = 0
        self.event: Any = None
        self.loader = _LOADER(text)

    def document(self) -> Document:
        try:
            self.advance()  # stream start
            self.advance()
            if not isinstance(self.event, yaml.DocumentStartEvent):
                raise self.refuse("the file holds only comments; a scenario needs at least name, nodes and traffic")
            self.advance()
            self.result.value = self.value((), None)
            self.advance()
            if not isinstance(self.event, yaml.StreamEndEvent):
                raise self.refuse("a second document begins here; a file holds one scenario")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            what = f"this is no YAML: {error.problem or error.context or 'it can not be read'}"
            if "nesting depth" in what:  # PyYAML 6.0.4 has a cap of its own, far above ours
                what = TOO_DEEP
            place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
            raise ScenarioError([Problem(self.result.file, *place, "", what + _mend(what, self.text, place))]) from None
        except yaml.YAMLError as error:
            raise ScenarioError([Problem(self.result.file, 0, 0, "", f"this is no YAML: {error}")]) from None
        finally:
            self.loader.dispose()
        self.result.lesson = lesson_of(self.text.splitlines())
        return self.result

    def advance(self) -> None:
        self.event = self.loader.get_event()

    def refuse(self, what: str) -> ScenarioError:
        mark = self.event.start_mark
        return ScenarioError([*self.result.problems, Problem(self.result.file, mark.line + 1, mark.column + 1, "", what)])

    def complain(self, path: Path, what: str, event: Any = None) -> None:
        mark = (event or self.event).start_mark
        self.result.problems.append(Problem(self.result.file, mark.line + 1, mark.column + 1, path_text(path), what))

    def value(self, path: Path, key: Any) -> Any:
        """The value that begins at the current event; afterwards the event behind it is current."""
        event = self.event
        self.count(1)
        if len(path) > DEEPEST:
            raise self.refuse(TOO_DEEP)
        at = (event.start_mark.line + 1, event.start_mark.column + 1)
        by = (key.start_mark.line + 1, key.start_mark.column + 1) if key is not None else at
        self.result.marks[path] = Mark(*at, *by)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(path)
        if event.tag is not None and not (isinstance(event, yaml.ScalarEvent) and event.tag == "!" and not event.implicit[0]):
            self.complain(path, f"the tag {event.tag[:60]!r} is not allowed; write the plain value")
        before, found = self.values, None
        if isinstance(event, yaml.ScalarEvent):
            found = self.scalar(path, event)
            if event.style in ("|", ">"):
                self.result.marks[path] = Mark(*at, *by, at[0] + 1)
            self.advance()
        elif isinstance(event, yaml.SequenceStartEvent):
            found = self.sequence(path)
        else:
            found = self.mapping(path)
        if event.anchor is not None:
            self.anchors[event.anchor] = (found, self.values - before + 1)
        return found

    def count(self, more: int) -> None:
        self.values += more
        if self.values > MOST_VALUES:
            raise self.refuse(f"more than {MOST_VALUES:,} values (aliases counted as often as they are used)")

    def alias(self, path: Path) -> Any:
        self.aliases += 1
        if self.aliases > MOST_ALIASES:
            raise self.refuse(f"more than {MOST_ALIASES} aliases (*name); write the values out")
        if self.event.anchor not in self.anchors:
            self.complain(path, f"the alias *{self.event.anchor} has no finished anchor &{self.event.anchor} before it")
            self.advance()
            return None
        found, size = self.anchors[self.event.anchor]
        self.count(size)
        self.advance()
        return found

    def sequence(self, path: Path) -> list[Any]:
        self.advance()
        found: list[Any] = []
        while not isinstance(self.event, yaml.SequenceEndEvent):
            found.append(self.value((*path, len(found)), None))
        self.advance()
        return found

    def mapping(self, path: Path) -> dict[str, Any]:
        self.advance()
        found: dict[str, Any] = {}
        while not isinstance(self.event, yaml.MappingEndEvent):
            key = self.event
            name = self.key(path, found)
            # a value that can't be kept is still read, so that what is wrong inside it is told too
            inside = (*path, name if name is not None else "?")
            before = self.result.marks.get(inside)
            kept = self.value(inside, key)
            if name is not None and name not in found:
                found[name] = kept
            elif before is not None:
                self.result.marks[inside] = before
        self.advance()
        return found

    def key(self, path: Path, found: dict[str, Any]) -> str | None:
        """The key at the current event, or ``None`` where it is refused."""
        event = self.event
        if not isinstance(event, yaml.ScalarEvent):
            self.complain(path, "a key is a plain text, not a list, a mapping or an alias")
            self.value((*path, "?"), event)
            return None
        self.advance()
        if event.tag is not None:
            self.complain(path, f"the tag {event.tag[:60]!r} is not allowed; write the plain key", event)
            return None
        name: str = event.value
        if event.implicit[0] and name == "<<":
            self.complain(path, "merge keys (<<) are not allowed; write the keys out", event)
            return None
        if event.implicit[0] and (name in _WORDS or _INTEGER.fullmatch(name) or _FLOAT.fullmatch(name)):
            self.complain(path, f"a key is a text; write {name!r} in quotes if you mean it", event)
            return None
        if name in found:
            first = self.result.marks[(*path, name)]
            self.complain((*path, name), f"the key {name!r} is given twice, first in line {first.key_line}", event)
        return name

    def scalar(self, path: Path, event: Any) -> Any:
        text: str = event.value
        if not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            if len(text.lstrip("+-0")) > _MOST_DIGITS:
                self.complain(path, f"a number of {len(text)} digits is too large; the largest has {_MOST_DIGITS}")
                return 0
            return int(text)
        if _FLOAT.fullmatch(text) or _ODD_NUMBERS.fullmatch(text):
            number = float(text.replace(".inf", "inf").replace(".nan", "nan")) if _FLOAT.fullmatch(text) else float("nan")
            if number != number or number in (float("inf"), float("-inf")):
                self.complain(path, f"{text[:40]!r} is no number that a scenario can use; write a finite one")
                return 0
            return number
        return text


def _mend(what: str, text: str, place: tuple[int, int]) -> str:
    """How to mend the slips that happen most."""
    lines = text.split("\n")
    at = lines[place[0] - 1][place[1] - 1 :] if 0 < place[0] <= len(lines) else ""
    if "cannot start any token" in what:
        return " (a tab); indent with spaces" if at.startswith("\t") else f"; put the text that begins with {at[:1]!r} in quotes"
    if "mapping values are not allowed" in what:
        return "; a text that holds ': ' needs quotes, or the indentation is off"
    if "expected ':'" in what:
        return "; write `key: value`, and indent what belongs to a key"
    return ""
