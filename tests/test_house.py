"""The plan of the house as a test: floors, packages, sizes, names, and that every public name is exported and documented.

Each message names the culprit and says how to mend it.  The rules themselves are the tables at the top of this file.
"""

from __future__ import annotations

import ast
import fnmatch
import functools
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "mailsim"

#: imports go down these floors, never up; a room is a file or a package right under ``mailsim``
FLOORS = {
    1: ("errors", "units", "draws", "events", "declared", "language", "markup", "progress"),
    2: ("rules", "flavours"),
    3: ("nodes",),
    4: ("scenario",),
    5: ("engine", "results"),
    6: ("run", "findings", "plots", "stories", "notebook", "exports", "validation", "memo"),
    7: ("study", "sweep", "teaching", "gallery", "live"),
    8: ("cli", "__init__", "__main__"),
}
FLOOR_OF = {room: floor for floor, rooms in FLOORS.items() for room in rooms}

#: rooms of one floor that must not know each other: time passes | what was seen
STRANGERS = {("engine", "results"), ("results", "engine")}

#: functions of the face that may import upwards inside their body
FACE = {
    "results/pictures.py": {
        "Plots.animation", "Plots.budget", "Plots.dashboard", "Plots.dns_cache", "Plots.latency", "Plots.mx_share", "Plots.outcomes",
        "Plots.png", "Plots.queues", "Plots.raster", "Plots.sawtooth", "Plots.sequence", "Plots.timeline", "Plots.topology",
    },
    "results/result.py": {"Result.dsn", "Result.example", "Result.explain", "Result.report"},
    "scenario/scenario.py": {"Scenario._repr_html_", "Scenario.findings", "Scenario.run"},
}  # fmt: skip

#: who may import which package outside the standard library
PERMITS = {
    "simpy": ("engine/kernel.py",),
    "dns": ("rules/dns/*", "scenario/zones.py", "scenario/zonetext.py", "scenario/importers.py", "scenario/importers/*", "live/*"),
    "networkx": ("scenario/*", "study/*", "findings.py", "plots/topology.py"),
    "matplotlib": ("plots/*",),
    "PIL": ("plots/film.py",),
    "yaml": ("scenario/yamlfile.py",),
    "pydantic": ("declared.py", "flavours/*", "nodes/*", "scenario/*"),
    "pydantic_core": ("scenario/*",),
    "numpy": ("draws/*", "draws.py", "engine/vector.py", "results/*", "study/*", "sweep/*", "plots/*"),
    "pandas": ("results/*", "study/*", "sweep/*", "exports/*"),
    "scipy": ("results/*", "study/*"),
    "click": ("cli/*",),
    "rich": ("cli/*",),
    "tqdm": ("progress.py", "sweep/*"),
    "IPython": ("progress.py",),
    "dask": ("sweep/*",),
    "aiosmtpd": ("live/*",),
    "asyncio": ("live/*",),
    "anywidget": ("notebook/*",),
}

#: of the standard library: what would make a result irreproducible or run untrusted input
FORBIDDEN = {
    "random": "draws are addressed: mailsim.draws",
    "pickle": "untrusted input must never run code",
    "marshal": "untrusted input must never run code",
    "shelve": "untrusted input must never run code",
}

FILE_LINES = 400
FUNCTION_LINES = 60
VAGUE = re.compile(r"(^|_)(manager|helper|helpers|util|utils|data|info|misc|common)(_|$)")

FILES = sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)
TEST_FILES = sorted(path for path in (ROOT / "tests").rglob("*.py") if "__pycache__" not in path.parts)


class Import(NamedTuple):
    """One import statement of the package."""

    path: str  #: file, relative to the package
    line: int
    module: str  #: what is imported, such as ``mailsim.rules.mx`` or ``numpy``
    function: str  #: qualified name of the function around it, or ""
    typing: bool  #: under ``if TYPE_CHECKING``

    @property
    def room(self) -> str:
        return self.path.split("/")[0].removesuffix(".py")

    @property
    def target(self) -> str:
        """The room that is imported, or "" for what is not ours."""
        parts = self.module.split(".")
        return "" if parts[0] != "mailsim" else parts[1] if len(parts) > 1 else "__init__"

    def __str__(self) -> str:
        return f"mailsim/{self.path}:{self.line}: imports {self.module}"


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def modules_of(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if node.module == "mailsim":  # `from mailsim import rules` is the room; `from mailsim import load` is the face
        return [f"mailsim.{a.name}" if a.name in FLOOR_OF else "mailsim" for a in node.names if a.name != "__version__"]
    return [node.module or "."]


def imports_in(path: Path) -> Iterator[Import]:
    name = path.relative_to(PACKAGE).as_posix()

    def walk(node: ast.AST, function: str, typing: bool, scope: str) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                for module in modules_of(child):
                    yield Import(name, child.lineno, module, function, typing)
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                inner = f"{scope}.{child.name}".lstrip(".")
                yield from walk(child, inner, typing, inner)
            elif isinstance(child, ast.ClassDef):
                yield from walk(child, function, typing, f"{scope}.{child.name}".lstrip("."))
            elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
                for inside in child.body:
                    yield from walk(ast.Module([inside], []), function, True, scope)
            else:
                yield from walk(child, function, typing, scope)

    return walk(tree(path), "", False, "")


@functools.cache
def all_imports() -> tuple[Import, ...]:
    return tuple(found for path in FILES for found in imports_in(path))


def complain(lines: list[str], mend: str) -> None:
    """Fail with every culprit and the way to mend it."""
    if lines:
        pytest.fail("\n".join([*lines, "", f"To mend it: {mend}"]), pytrace=False)


def test_every_room_stands_on_a_floor() -> None:
    rooms = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in FILES}
    complain(
        [f"mailsim/{room}: this room is on no floor" for room in sorted(rooms - FLOOR_OF.keys())],
        "move its content to the room that it belongs to, or give it a floor in FLOORS and say why in README, Decisions.",
    )


def test_imports_go_down_the_floors() -> None:
    wrong = []
    for found in all_imports():
        if not found.target or found.target == found.room or found.typing:
            continue
        if found.target not in FLOOR_OF:
            wrong.append(f"{found}, a room on no floor")
        elif (found.room, found.target) in STRANGERS:
            wrong.append(f"{found}: these two rooms must not know each other")
        elif FLOOR_OF[found.target] > FLOOR_OF[found.room] and found.function not in FACE.get(found.path, ()):
            wrong.append(f"{found}: floor {FLOOR_OF[found.target]} from floor {FLOOR_OF[found.room]}")
    complain(
        wrong,
        "hand the thing in as an argument or move it down; for types import under TYPE_CHECKING; a method of the face goes to FACE.",
    )


def test_face_lists_only_functions_that_do_import_upwards() -> None:
    used = {
        (found.path, found.function)
        for found in all_imports()
        if found.function and not found.typing and FLOOR_OF.get(found.target, 0) > FLOOR_OF.get(found.room, 9)
    }
    listed = {(path, function) for path, functions in FACE.items() for function in functions}
    complain([f"FACE: {path}: {function} imports nothing upwards" for path, function in sorted(listed - used)], "take it out of FACE.")


def test_rooms_do_not_import_in_a_ring() -> None:
    graph: dict[str, set[str]] = {}
    for found in all_imports():
        if found.target and found.target != found.room and not found.typing and not found.function:
            graph.setdefault(found.room, set()).add(found.target)
    rings = []
    for start in sorted(graph):
        seen, todo = set(), sorted(graph[start])
        while todo:
            room = todo.pop()
            if room not in seen:
                seen.add(room)
                todo.extend(graph.get(room, ()))
        if start in seen:
            rings.append(f"mailsim/{start}: reaches itself through {', '.join(sorted(seen - {start}))}")
    complain(rings, "let one of the two rooms hand the other what it needs, or move the shared part a floor down.")


def test_errors_imports_nothing_of_ours() -> None:
    culprits = [str(found) for found in all_imports() if found.path == "errors.py" and found.target]
    complain(culprits, "errors.py is the ground: it imports nothing of mailsim.")


def permitted(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatch(path, pattern) for pattern in patterns)


def test_packages_are_imported_only_where_they_are_permitted() -> None:
    wrong = []
    for found in all_imports():
        top = found.module.split(".")[0]
        if top in FORBIDDEN and not found.typing:
            wrong.append(f"{found}: {FORBIDDEN[top]}")
        elif top in PERMITS:
            if not found.typing and not permitted(found.path, PERMITS[top]):
                wrong.append(f"{found}: {top} is for {', '.join(PERMITS[top])}")
        elif top not in sys.stdlib_module_names and top not in {"mailsim", "__future__"}:
            wrong.append(f"{found}: nobody may import {top}")
    complain(wrong, "ask the room that may (see PERMITS), or import under TYPE_CHECKING where only an annotation needs it.")


def test_files_fit_in_the_head() -> None:
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in (*FILES, *TEST_FILES)}
    complain(
        [f"{path.relative_to(ROOT)}: {lines} lines, the limit is {FILE_LINES}" for path, lines in lengths.items() if lines > FILE_LINES],
        "a file answers one question: split it by the questions that it answers.",
    )


def test_functions_fit_on_a_screen() -> None:
    wrong = []
    scripts = [path for path in TEST_FILES if path.name == "plain.py"]  # what somebody else would write: not by our rules
    for path in sorted({*FILES, *TEST_FILES} - {*scripts}):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {node.name} has {lines} lines, the limit is {FUNCTION_LINES}")
    complain(wrong, "name its parts and make them functions.")


def test_every_file_says_what_it_is_for() -> None:
    complain(
        [f"{path.relative_to(ROOT)}: no docstring" for path in (*FILES, *TEST_FILES) if not ast.get_docstring(tree(path))],
        "write one line at the top that says what the file is for.",
    )


def exported(path: Path) -> list[str] | None:
    for node in tree(path).body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        if any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets):
            assert isinstance(node, ast.Assign | ast.AnnAssign)
            assert node.value is not None
            return [ast.literal_eval(element) for element in node.value.elts if isinstance(element, ast.Constant)]  # type: ignore[attr-defined]
    return None


def test_every_module_lists_its_public_names() -> None:
    wrong = []
    for path in FILES:
        names = exported(path)
        if names is None:
            wrong.append(f"{path.relative_to(ROOT)}: no __all__")
            continue
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_") and node.name not in names:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {node.name} is public but not in __all__")
    complain(wrong, "put it into __all__, or begin its name with an underscore.")


def is_documented(path: Path, node: ast.stmt) -> bool:
    """A docstring, or for a constant ``#:`` above it, behind it or at the start of the comment above, or a string below."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return bool(ast.get_docstring(node))
    body = tree(path).body
    after = body[body.index(node) + 1] if node is not body[-1] else None
    if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
        return True
    lines = path.read_text("utf-8").splitlines()
    above = node.lineno - 2
    while above > 0 and lines[above - 1].lstrip().startswith("#"):
        above -= 1
    return lines[max(above, 0)].lstrip().startswith("#:") or "#:" in lines[(node.end_lineno or node.lineno) - 1]


def test_every_public_name_is_documented() -> None:
    wrong = []
    for path in FILES:
        names = set(exported(path) or ()) - {"__version__"}
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                defined = {node.name}
            elif isinstance(node, ast.Assign | ast.AnnAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                defined = {t.id for t in targets if isinstance(t, ast.Name)}
            else:
                continue
            if defined & names and not is_documented(path, node):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: {', '.join(sorted(defined & names))} is public and undocumented")
    complain(wrong, "give it a docstring (numpydoc), or for a constant a comment `#: what it is` above it.")


def test_names_say_something() -> None:
    wrong = [f"{path.relative_to(ROOT)}: {path.stem!r} says nothing" for path in (*FILES, *TEST_FILES) if VAGUE.search(path.stem)]
    for path in FILES:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef) and re.search(r"(Manager|Helper|Util|Data|Info|Misc)s?$", node.name):
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}: class {node.name} says nothing")
    complain(wrong, "use the field's word for what it is.")
