"""Every door to a scenario: a shipped name, a YAML or TOML file, a dict, or a scenario itself."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from mailsim.errors import Problem, ScenarioError, UnknownNameError, did_you_mean
from mailsim.scenario.document import DEEPEST, LARGEST_FILE, LARGEST_RECORD, MOST_VALUES, Document, path_text
from mailsim.scenario.document import Path as Path_
from mailsim.scenario.faults.uptime import is_file_name
from mailsim.scenario.scenario import Scenario

__all__ = ["Shipped", "load", "scenario_index", "scenario_names", "scenarios"]

_SUFFIXES = (".yaml", ".yml", ".toml")
_LONGEST_NAME = 4096


class Shipped(NamedTuple):
    """A scenario that comes with the package: its name, its lesson, and the number of the question it answers (or ``None``)."""

    name: str
    lesson: str
    question: int | None


def load(source: str | Path | Mapping[str, Any] | Scenario, *, file: str | Path | None = None) -> Scenario:
    """Load a scenario.

    Parameters
    ----------
    source : str, Path, dict or Scenario
        The name of a shipped scenario (``primary-outage``), a path to a YAML or TOML file, or plain values as a file would
        hold them.  A scenario is handed back as it is.
    file : str or Path, optional
        For a dict: the file that relative zone files lie beside.

    Returns
    -------
    Scenario

    Raises
    ------
    UnknownNameError
        No scenario of this name is shipped, and no such file exists.
    ScenarioError
        With every problem at its ``file:line:column``.

    Examples
    --------
    >>> load("primary-outage").name
    'primary-outage'
    """
    if isinstance(source, Scenario):
        return source
    if isinstance(source, Mapping):
        document, folder = Document(_plain(source), str(file or "")), Path(file).parent if file is not None else None
    elif isinstance(source, str | Path):
        path, shown = _found(source)
        document, folder = _read(path, shown), path.parent
    else:
        raise ScenarioError([Problem("", 0, 0, "", f"a scenario is a name, a path or a dict, not {type(source).__name__}")])
    if not isinstance(document.value, dict):
        raise ScenarioError([*document.problems, document.problem((), "a scenario is a mapping (key: value) with name, nodes and traffic")])
    value = dict(document.value)
    if document.lesson and "lesson" not in value:
        value["lesson"] = document.lesson
    if document.file and not isinstance(source, Mapping):
        value.setdefault("name", Path(document.file).stem)
    if isinstance(value.get("zones"), list | tuple):
        value["zones"] = [_zone_text(document, k, entry, folder) for k, entry in enumerate(value["zones"])]
    if isinstance(value.get("traffic"), list | tuple):
        value["traffic"] = [_replayed(document, k, entry, folder) for k, entry in enumerate(value["traffic"])]
    if isinstance(value.get("faults"), list | tuple):
        value["faults"] = [_with_log(document, k, fault, folder) for k, fault in enumerate(value["faults"])]
    document.value = value
    return Scenario.model_validate(value, context=document)


def _plain(source: Mapping[str, Any]) -> Any:
    """A dict as it came, if it is bearable: endless and huge ones are refused before anything else walks them."""
    seen = 0
    todo: list[tuple[Any, Path_]] = [(source, ())]
    while todo:
        value, path = todo.pop()
        seen += 1
        if seen > MOST_VALUES or len(path) > DEEPEST:
            limit = f"more than {MOST_VALUES:,} values" if seen > MOST_VALUES else f"nested more than {DEEPEST} levels deep"
            raise ScenarioError(
                [Problem("", 0, 0, path_text(path[:3]), f"{limit}; a scenario needs a few hundred values on about eight levels")]
            )
        if isinstance(value, Mapping):
            wrong = [key for key in value if not isinstance(key, str)]
            if wrong:
                raise ScenarioError([Problem("", 0, 0, path_text(path), f"a key is a text, not {str(wrong[0])[:40]}")])
            todo.extend((inner, (*path, key)) for key, inner in value.items())
        elif isinstance(value, list | tuple):
            todo.extend((inner, (*path, k)) for k, inner in enumerate(value))
    return dict(source)


def _found(source: str | Path) -> tuple[Path, str]:
    """The file that a name or path means, and how to call it in messages."""
    text = str(source)
    shipped = _shipped()
    if isinstance(source, str) and text in shipped:
        return shipped[text], shipped[text].name
    if not 0 < len(text) < _LONGEST_NAME or "\0" in text or "\n" in text:
        raise UnknownNameError("scenario", text[:60], shipped)
    path = Path(text)
    if isinstance(source, Path) or path.suffix in _SUFFIXES or "/" in text or "\\" in text or path.is_file():
        if not path.is_file():
            what = "this is a folder, not a file" if path.is_dir() else f"no such file{did_you_mean(path.stem, shipped)}"
            raise ScenarioError([Problem(text, 0, 0, "", what)])
        return path, text
    raise UnknownNameError("scenario", text, shipped)


def _octets(path: Path, shown: str, largest: int = LARGEST_FILE) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(largest + 1)
    except OSError as error:
        raise ScenarioError([Problem(shown, 0, 0, "", f"the file can't be read: {error.strerror or error}")]) from None


def _read(path: Path, shown: str) -> Document:
    octets = _octets(path, shown)
    if path.suffix == ".toml":
        from mailsim.scenario.tomlfile import read_toml

        return read_toml(octets, shown)
    from mailsim.scenario.yamlfile import read_yaml

    return read_yaml(octets, shown)


def _zone_text(document: Document, k: int, entry: Any, folder: Path | None) -> Any:
    """The text of a zone; ``{file: ...}`` is read from a file that must lie in the scenario's folder or below it."""
    if not isinstance(entry, Mapping) or set(entry) != {"file"} or not isinstance(entry["file"], str):
        return entry
    path, name = ("zones", k), entry["file"]
    text = _beside(document, (*path, "file"), name, folder, ("zone file", "zone as text"), LARGEST_FILE)
    if text is None:
        return entry
    prefix = _origin_line(text, name)
    document.files[path] = ((Path(document.file).parent / name).as_posix(), 1 if prefix else 0)
    return prefix + text


def _replayed(document: Document, k: int, entry: Any, folder: Path | None) -> Any:
    """A line of traffic; the file of a replay becomes its text, so that it is part of the scenario and of its digest."""
    if not isinstance(entry, Mapping) or entry.get("kind") != "replay" or not isinstance(entry.get("file"), str) or "csv" in entry:
        return entry
    path, name = ("traffic", k), entry["file"]
    text = _beside(document, (*path, "file"), name, folder, ("file of arrivals", "arrivals as csv"), LARGEST_RECORD)
    if text is None:
        return entry
    document.files[(*path, "csv")] = ((Path(document.file).parent / name).as_posix(), 0)
    return {**{key: value for key, value in entry.items() if key != "file"}, "csv": text}


def _with_log(document: Document, k: int, fault: Any, folder: Path | None) -> Any:
    """A fault with the text of its log in place of the log's file name, which is confined as that of a zone file."""
    log = fault.get("log") if isinstance(fault, Mapping) else None
    path: Path_ = ("faults", k, "log")
    if isinstance(log, Mapping) and set(log) == {"file"}:
        log, path = log["file"], (*path, "file")
    if not isinstance(log, str) or not is_file_name(log):
        return fault
    name = log.strip()
    text = _beside(document, path, name, folder, ("log", "log as text"), LARGEST_FILE)
    if text is None:
        return fault
    document.files[("faults", k, "log")] = ((Path(document.file).parent / name).as_posix(), 0)
    return {**fault, "log": text}


def _beside(document: Document, path: Path_, name: str, folder: Path | None, called: tuple[str, str], largest: int) -> str | None:
    """The text of a file in the scenario's folder or below it; ``None``: the document has one more problem."""
    what, instead = called

    def refused(why: str) -> str | None:
        document.problems.append(document.problem(path, why))
        return None

    if folder is None:
        return refused(f"a {what} lies beside a scenario file; give the {instead}, or load the scenario from a file")
    if not name or "\0" in name:
        return refused(f"the name of the {what} is empty")
    base = folder.resolve()
    target = (base / name).resolve()
    if not target.is_relative_to(base):
        plural = "zone files lie" if what == "zone file" else "it lies"
        return refused(f"{name[:80]!r} lies outside the scenario's folder; {plural} beside the scenario or below it")
    if not target.is_file():
        return refused(f"no {what} {name[:80]!r} beside the scenario")
    octets = _octets(target, name, largest)
    try:
        text = octets.decode("utf-8" if what == "zone file" else "utf-8-sig")
    except UnicodeDecodeError:
        return refused(f"the {what} {name[:80]!r} is no text")
    if len(octets) > largest:
        return refused(f"the {what} {name[:80]!r} is larger than {largest // 2**20} MiB")
    return text


def _origin_line(text: str, name: str) -> str:
    """A zone file may leave its origin to its name, as in BIND's configuration; in the scenario the text stands alone."""
    from mailsim.scenario.zonetext import scan

    if scan(text, "").origin:
        return ""
    origin = scan(text, name).origin
    return f"$ORIGIN {origin}.\n" if origin else ""


@cache
def _shipped() -> dict[str, Path]:
    """Name to file of every shipped scenario: package data, or beside the package in a source checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_scenarios", package.parent / "scenarios"):
        if folder.is_dir():
            return {path.stem: path for path in sorted(folder.iterdir()) if path.suffix in _SUFFIXES}
    return {}


def scenario_names() -> tuple[str, ...]:
    """Names of the shipped scenarios, sorted."""
    return tuple(_shipped())


@cache
def scenario_index() -> tuple[Shipped, ...]:
    """Every shipped scenario with its lesson and question, read without running anything."""
    found = []
    for name, path in _shipped().items():
        document = _read(path, path.name)
        value = document.value if isinstance(document.value, dict) else {}
        question = value.get("question")
        found.append(Shipped(name, str(value.get("lesson", document.lesson)), question if isinstance(question, int) else None))
    return tuple(found)


def scenarios() -> tuple[Shipped, ...]:
    """The shipped scenarios: ``name``, ``lesson`` and ``question`` of each; ``load(name)`` loads one."""
    return scenario_index()
