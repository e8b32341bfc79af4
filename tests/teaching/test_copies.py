"""Pupils' copies of notebooks: the solutions are gone, all else is there, and nothing is written over or by halves."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest

from mailsim.errors import UnsupportedError
from mailsim.teaching import pupil_copy

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted([*FOLDER.glob("*.ipynb"), *FOLDER.glob("de/*.ipynb")])
CODE = {"cell_type": "code", "execution_count": None, "id": "b", "metadata": {}, "outputs": [], "source": ["1 < 2\n", "'ä'"]}


def written(folder: Path, *texts: str | list[str], **changed: Any) -> Path:
    """A notebook of a code cell and Markdown cells with these texts."""
    cells = [CODE | changed, *({"cell_type": "markdown", "id": f"m{k}", "metadata": {}, "source": text} for k, text in enumerate(texts))]
    path = folder / "own.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    return path


def without_fold(lines: list[str], first: str) -> list[str]:
    """The lines of a cell without those of the fold, and without the blank one before it."""
    if first not in lines:
        return lines
    begin = lines.index(first)
    end = next(k for k in range(begin, len(lines)) if lines[k].strip() == "</details>")
    kept = lines[: begin - 1] + lines[end + 1 :]
    return [*kept[:-1], kept[-1].rstrip("\n")]


def sources(path: Path) -> list[Any]:
    return [cell["source"] for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_a_pupils_copy_is_the_notebook_without_the_lines_of_the_solutions(path: Path, tmp_path: Path) -> None:
    before = path.read_bytes()
    copy = pupil_copy(path, into=tmp_path / "for" / "pupils")
    assert copy == tmp_path / "for" / "pupils" / path.name
    assert path.read_bytes() == before
    word = "Lösungen" if path.parent.name == "de" else "Solutions"
    text, book = path.read_text(encoding="utf-8"), json.loads(path.read_text(encoding="utf-8"))
    assert text == json.dumps(book, indent=1, ensure_ascii=False) + "\n"  # so a notebook and its copy differ in nothing but cells
    for cell in book["cells"]:
        cell["source"] = without_fold(cell["source"], f"<details><summary>{word}</summary>\n")
    assert copy.read_text(encoding="utf-8") == json.dumps(book, indent=1, ensure_ascii=False) + "\n"
    assert word not in copy.read_text(encoding="utf-8")
    nbformat.validate(nbformat.read(copy, as_version=4))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_a_fold_ends_on_a_line_of_its_own_so_that_what_follows_is_not_folded_too(path: Path) -> None:
    lines = [line for source in sources(path) for line in source if "</details>" in line]
    assert {line.strip() for line in lines} == {"</details>"}


def test_hints_code_and_the_text_around_stay_as_they_are(tmp_path: Path) -> None:
    hints = "<details><summary>Hints</summary>\n\n1. Look.\n</details>"
    solutions = "<details><summary>Solutions</summary>\n\n1. It is 42.\n</details>"
    path = written(tmp_path, f"## Check\n\n{hints}\n\n{solutions}\n\n**More.** Solutions come later.")
    assert sources(pupil_copy(path, into=tmp_path / "out")) == [CODE["source"], f"## Check\n\n{hints}\n\n**More.** Solutions come later."]


@pytest.mark.parametrize(
    "fold",
    [
        "<details><summary>Lösungen</summary>\n42\n</details>",
        "<details open>\n<summary><b>Solutions</b></summary>\n42\n</details>",
        "<details><summary>Solutions to 1 and 2</summary>42 <details><summary>Why</summary>since 42</details> so 42\n</details>",
    ],
)
def test_a_fold_is_known_by_its_title_and_goes_with_the_folds_within(fold: str, tmp_path: Path) -> None:
    path = written(tmp_path, f"a\n\n{fold}\n\nb\n\n{fold}", ["kept\n", "\n", f"{fold}\n"])
    assert sources(pupil_copy(path, into=tmp_path / "out"))[1:] == ["a\n\nb", ["kept"]]


def test_a_cell_that_held_nothing_but_solutions_is_gone(tmp_path: Path) -> None:
    path = written(tmp_path, "a", "<details><summary>Solutions</summary>42</details>")
    assert sources(pupil_copy(path, into=tmp_path / "out")) == [CODE["source"], "a"]


def test_making_a_copy_again_is_fine_but_a_pupils_work_is_never_written_over(tmp_path: Path) -> None:
    path = written(tmp_path, "a\n\n<details><summary>Solutions</summary>42</details>")
    copy = pupil_copy(path, into=tmp_path / "out")
    assert pupil_copy(str(path), into=str(tmp_path / "out")) == copy
    copy.write_text("mine", encoding="utf-8")
    with pytest.raises(UnsupportedError, match="perhaps with a pupil's answers"):
        pupil_copy(path, into=tmp_path / "out")
    assert copy.read_text(encoding="utf-8") == "mine"
    with pytest.raises(UnsupportedError, match="the folder of the notebook itself"):
        pupil_copy(path, into=tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no fold", "no fold titled Lösungen or Solutions.*copy already"),
        ("<details><summary>Hints</summary>Solutions</details>", "no fold titled"),
        ("<details><summary>Solutions</summary>42", "not closed"),
        ("<details><summary>Solutions</summary>42 <details><summary>Why</summary></details>", "not closed"),
    ],
)
def test_a_notebook_without_a_whole_fold_gives_no_copy(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match=said):
        pupil_copy(written(tmp_path, text), into=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("run", [{"execution_count": 3}, {"outputs": [{"output_type": "stream", "name": "stdout", "text": "42"}]}])
def test_a_notebook_that_was_run_is_refused_since_its_outputs_are_answers(run: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match=r"was run.*Clear Outputs"):
        pupil_copy(written(tmp_path, "<details><summary>Solutions</summary>42</details>", **run), into=tmp_path / "out")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "3", '{"worksheets": []}', '{"cells": [{}]}', '{"cells": [{"source": 1}]}', "[" * 100_000, "\udcff"]
)
def test_what_is_no_notebook_is_refused_with_its_name(content: str, tmp_path: Path) -> None:
    path = tmp_path / "own.ipynb"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UnsupportedError, match=r"own\.ipynb: this is no notebook"):
        pupil_copy(path, into=tmp_path / "out")


def test_a_file_that_is_missing_and_a_folder_that_is_none_are_told(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match=r"none\.ipynb: can't read it \(No such file"):
        pupil_copy(tmp_path / "none.ipynb", into=tmp_path)
    path = written(tmp_path, "<details><summary>Solutions</summary>42</details>")
    with pytest.raises(UnsupportedError, match="can't write there"):
        pupil_copy(path, into=path)


def test_a_copy_that_can_not_be_written_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    path = written(tmp_path, "<details><summary>Solutions</summary>42</details>")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnsupportedError, match="No space left"):
        pupil_copy(path, into=tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
    monkeypatch.undo()
    broken = tmp_path / "own.ipynb"
    broken.write_text(broken.read_text(encoding="utf-8").replace("1 < 2", "\\ud800"), encoding="utf-8")
    with pytest.raises(UnsupportedError, match="surrogate"):
        pupil_copy(broken, into=tmp_path / "out")


@pytest.mark.parametrize("place", ["notebooks", "notebooks/de"])
def test_what_the_notebooks_readme_says_about_copies_does_run(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    block = (FOLDER / "README.md").read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").symlink_to(FOLDER)
    exec(compile(block.replace('"notebooks/de"', repr(place)), "README", "exec"), {})
    made = sorted(path.name for path in (tmp_path / "for-pupils").iterdir())
    assert made == sorted(path.name for path in FOLDER.glob("*.ipynb"))
