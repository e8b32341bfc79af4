"""The face of the project as a test: the names of ``mailsim``, its import, the top level, version, README and scenarios."""

from __future__ import annotations

import fnmatch
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import mailsim

ROOT = Path(__file__).resolve().parents[1]

#: what lies at the top besides dot-files
TOP_LEVEL = {
    "CHANGELOG.md", "CITATION.cff", "LICENSE", "README.md", "mailsim", "notebooks", "pyproject.toml", "scenarios", "tests",
}  # fmt: skip


def complain(lines: list[str], mend: str) -> None:
    """Fail with every culprit and the way to mend it."""
    if lines:
        pytest.fail("\n".join([*lines, "", f"To mend it: {mend}"]), pytrace=False)


def test_the_face_is_what_it_lists() -> None:
    missing = [name for name in mailsim.__all__ if not hasattr(mailsim, name)]
    hidden = sorted(set(mailsim.__all__) - set(dir(mailsim)))
    complain([f"mailsim.{name} can't be reached" for name in missing], "mend _HOME in mailsim/__init__.py.")
    complain([f"mailsim.{name} is not in dir(mailsim)" for name in hidden], "mend __dir__ in mailsim/__init__.py.")
    assert sorted(mailsim.__all__) == mailsim.__all__, "keep __all__ of mailsim sorted"
    undocumented = [name for name in mailsim.__all__ if name != "__version__" and not getattr(mailsim, name).__doc__]
    complain([f"mailsim.{name} has no docstring" for name in undocumented], "document it where it is defined.")
    with pytest.raises(AttributeError, match="no attribute 'laod'"):
        mailsim.laod  # type: ignore[attr-defined]  # noqa: B018


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_import_mailsim_is_quick_and_light() -> None:
    code = """if True:
        import sys, time
        begun = time.process_time()
        import mailsim
        took = time.process_time() - begun
        heavy = {"matplotlib", "pandas", "numpy", "scipy", "networkx", "simpy"} & set(sys.modules)
        print(round(took, 3), *sorted(heavy))"""
    runs = [python(code).split() for _ in range(3)]
    assert runs[0][1:] == [], f"`import mailsim` imports {', '.join(runs[0][1:])}: import it inside the function that needs it"
    assert min(float(run[0]) for run in runs) < 0.3, "`import mailsim` takes more than 0.3 s of CPU time"


def test_the_top_level_holds_what_it_should_and_nothing_else() -> None:
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text("utf-8").splitlines() if line and line[0] != "#"]
    there = {entry.name for entry in ROOT.iterdir() if not entry.name.startswith(".")}
    there = {name for name in there if not any(fnmatch.fnmatch(name, pattern) for pattern in ignored)}
    assert there == TOP_LEVEL, f"too much: {sorted(there - TOP_LEVEL)}, missing: {sorted(TOP_LEVEL - there)}"


#: assembled, so that this file is not its own culprit
ELSEWHERE = re.compile(
    r"(?<![\w.~-])/(?:wo" + r"rk|home|Users|mnt)/"
    r"|\.\./sha" + r"red|\bsha" + r"red/"
    r"|\bpy" + r"pi\.org|\bpython" + r"hosted\.org"
)  # fmt: skip


def test_no_file_speaks_of_one_machine_or_one_registry() -> None:
    wrong = []
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = parts[0].startswith(".") and parts[0] not in {".ci", ".gitignore"}
        if hidden or "__pycache__" in parts or not path.is_file() or path.suffix in {".png", ".jpg", ".pyc"}:
            continue
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
            if found := ELSEWHERE.search(line):
                wrong.append(f"{path.relative_to(ROOT)}:{number}: {found.group()!r}")
    complain(wrong, "write what a stranger on another machine can use.")


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert mailsim.__version__ == project["version"]
    assert f"\nversion: {project['version']}\n" in (ROOT / "CITATION.cff").read_text("utf-8")


def test_readme_begins_with_two_commands_of_one_line_each() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert blocks[0].count("\n") == 1
    assert "mailsim demo" in blocks[0]
    assert blocks[1].count("\n") == 1
    assert "pytest" in blocks[1]


def test_readme_and_each_file_name_the_lesson_of_every_shipped_scenario() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    files = sorted((ROOT / "scenarios").glob("*.yaml"))
    assert files, "scenarios/ is empty"
    complain(
        [f"scenarios/{file.name}: README does not list `{file.stem}`" for file in files if f"`{file.stem}`" not in text],
        "add it to the table of shipped scenarios.",
    )
    untold = [file.name for file in files if not file.read_text("utf-8").startswith("# Lesson: ")]
    complain([f"scenarios/{name}: its first line is no `# Lesson: ...`" for name in untold], "state the lesson in the first comment.")
