"""Pupils' copies of notebooks: the same file without the folded solutions, and nothing else changed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from mailsim.errors import UnsupportedError
from mailsim.language import languages
from mailsim.results.files import write_whole
from mailsim.teaching.sentences import tell

__all__ = ["pupil_copy"]

#: where a fold begins and ends, and the title of one that begins
_EDGE = re.compile(r"<(?P<close>/?)details\b[^>]*>", re.IGNORECASE)
_TITLE = re.compile(r"\s*<summary\b[^>]*>(?P<title>.*?)</summary>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def pupil_copy(path: str | Path, *, into: str | Path) -> Path:
    """Write a copy of a notebook without its solutions; nothing else changes, and the notebook itself stays as it is.

    What is left out are the folds (``<details>``) titled Solutions or Lösungen; hints, cells and their numbers stay.

    Parameters
    ----------
    path : str or Path
        The notebook, English or German, as it is shipped: not run, so that no picture or figure gives an answer away.
    into : str or Path
        The folder of the copy, which keeps the notebook's name; it is made if it isn't there.

    Returns
    -------
    Path
        The copy. It is written whole or not at all.

    Raises
    ------
    UnsupportedError
        The file can't be read or is no notebook (format 4 of Jupyter, https://nbformat.readthedocs.io); it was run; it has no fold of
        solutions, or one that is not closed; ``into`` is no folder; or another file of that name is there, perhaps a pupil's work.

    Examples
    --------
    >>> from pathlib import Path
    >>> for notebook in sorted(Path("notebooks").glob("*.ipynb")):  # doctest: +SKIP
    ...     pupil_copy(notebook, into="for-pupils")
    """
    source = Path(path)
    book = _read(source)
    cells = book["cells"]
    if any(cell.get("outputs") or cell.get("execution_count") for cell in cells):
        raise UnsupportedError(
            f"{source}: this notebook was run, and its outputs give answers away: take the file as it is shipped, "
            "or clear the outputs (Jupyter: Edit, Clear Outputs of All Cells) and save it"
        )
    found = sum(_strip(cell, source) for cell in cells if cell.get("cell_type") == "markdown")
    if not found:
        named = " or ".join(_titles())
        raise UnsupportedError(f"{source}: there is no fold titled {named} to leave out; is it a pupil's copy already?")
    book["cells"] = [cell for cell in cells if cell.get("source") or cell.get("cell_type") != "markdown"]
    text = json.dumps(book, indent=1, ensure_ascii=False) + "\n"  # the layout in which Jupyter itself saves
    return _write(source, Path(into), text)


def _read(source: Path) -> dict[str, Any]:
    """The notebook as it stands in the file."""
    try:
        book = json.loads(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnsupportedError(f"{source}: can't read it ({error.strerror or error})") from None
    except (ValueError, RecursionError):
        raise UnsupportedError(f"{source}: this is no notebook; give a file that ends in .ipynb") from None
    cells = book.get("cells") if isinstance(book, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) and _is_text(cell.get("source")) for cell in cells):
        raise UnsupportedError(f"{source}: this is no notebook of Jupyter's format 4; open it in Jupyter and save it again")
    return dict(book)


def _titles() -> tuple[str, ...]:
    """What a fold of solutions is called, in every language."""
    return tuple(tell("fold_solutions", language) for language in languages())


def _is_text(source: object) -> bool:
    return isinstance(source, str) or (isinstance(source, list) and all(isinstance(line, str) for line in source))


def _strip(cell: dict[str, Any], source: Path) -> int:
    """Take the solutions out of a cell, and say how many folds that were; a cell without any is not touched."""
    lines = isinstance(cell["source"], list)
    text = "".join(cell["source"])
    found = 0
    while (edges := _solutions(text, source)) is not None:
        before, after = text[: edges[0]].rstrip(), text[edges[1] :].strip("\n")
        text = "\n\n".join(part for part in (before, after) if part)
        found += 1
    if found:
        cell["source"] = text.splitlines(keepends=True) if lines else text
    return found


def _solutions(text: str, source: Path) -> tuple[int, int] | None:
    """Where the first fold of solutions begins and ends, folds within it included."""
    begin, depth = -1, 0
    for edge in _EDGE.finditer(text):
        if begin < 0:
            if not edge["close"] and _is_solutions(text[edge.end() :]):
                begin, depth = edge.start(), 1
            continue
        depth += -1 if edge["close"] else 1
        if not depth:
            return begin, edge.end()
    if begin >= 0:
        raise UnsupportedError(f"{source}: a fold of solutions is not closed: </details> is missing")
    return None


def _is_solutions(text: str) -> bool:
    title = _TITLE.match(text)
    return title is not None and _TAG.sub("", title["title"]).strip().startswith(_titles())


def _write(source: Path, folder: Path, text: str) -> Path:
    """The copy in its folder, never over anything else."""
    copy = folder / source.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if copy.exists():
            if copy.samefile(source):
                raise UnsupportedError(f"into={str(folder)!r} is the folder of the notebook itself: give another one")
            if not copy.is_file() or copy.read_text(encoding="utf-8", errors="replace") != text:
                raise UnsupportedError(f"{copy}: another file is there, perhaps with a pupil's answers: move it or give another folder")
            return copy
        return write_whole(copy, text)
    except UnicodeEncodeError:
        raise UnsupportedError(f"{source}: it holds a broken letter (half of a surrogate pair) that no file can hold") from None
    except OSError as error:
        raise UnsupportedError(f"into={str(folder)!r}: can't write there ({error.strerror or error})") from None
