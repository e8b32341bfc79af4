"""Reading lesson plans: sections, tables, code, and every figure with the place of its last digit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
LESSONS = ("lesson-1", "lesson-2")
LANGUAGES = {"en": FOLDER / "lessons", "de": FOLDER / "de" / "lessons"}

#: units of figures, in seconds or as a part of one
UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3_600.0, "d": 86_400.0, "%": 0.01}
_FIGURE = re.compile(
    r"(?<![\w.,:])(?:(?P<hour>\d\d):(?P<minute>\d\d)(?!:?\d)|(?P<hours>\d+) h (?P<minutes>\d+) min"
    r"|(?P<number>\d+(?:[.,]\d+)?)(?: (?P<unit>ms|min|s|h|d|%)(?!\w))?(?!\w|[:.,]\d))"
)
_CODE = re.compile(r"`[^`]*`")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """A figure as it is written: its value in seconds, parts of one or pieces, and what one in its last digit is worth."""

    text: str
    value: float
    place: float
    measured: bool  # with a unit or a clock

    def rounds(self, value: float) -> bool:
        """Whether it is this value, rounded to its last digit."""
        return abs(self.value - float(value)) <= self.place / 2 * (1 + 1e-9)


def teacher(lesson: str, language: str) -> str:
    return (LANGUAGES[language] / f"{lesson}-teacher.md").read_text(encoding="utf-8")


def pupil(lesson: str, language: str) -> str:
    return (LANGUAGES[language] / f"{lesson}-pupil.md").read_text(encoding="utf-8")


def figures(text: str) -> list[Shown]:
    """All figures in order; what stands between backquotes is code and holds none."""
    return [_shown(found) for found in _FIGURE.finditer(_CODE.sub("`", text))]


def _shown(found: re.Match[str]) -> Shown:
    if found["hour"]:
        # a clock is rounded or cut
        return Shown(found[0], int(found["hour"]) * 3_600 + int(found["minute"]) * 60, 120.0, True)
    if found["hours"]:
        return Shown(found[0], int(found["hours"]) * 3_600 + int(found["minutes"]) * 60, 60.0, True)
    number = found["number"].replace(",", ".")
    size = UNITS.get(found["unit"], 1.0)
    return Shown(found[0], float(number) * size, size * 10.0 ** -len(number.partition(".")[2]), found["unit"] is not None)


def fences(text: str, language: str) -> list[str]:
    """The blocks of code in a language; the board picture is in the one without."""
    return [block[2] for block in _FENCE.finditer(text) if block[1] == language]


def without_fences(text: str) -> str:
    return _FENCE.sub("", text)


def tables(text: str) -> list[list[list[str]]]:
    """The tables, row by row, without the line below their heads."""
    found: list[list[list[str]]] = []
    inside = False
    for line in without_fences(text).splitlines():
        if line.startswith("|"):
            if not inside:
                found.append([])
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if not all(set(cell) <= set("-: ") and cell for cell in cells):
                found[-1].append(cells)
        inside = line.startswith("|")
    return found


def prose(text: str) -> list[str]:
    """The paragraphs, without tables, headings and code."""
    blocks = re.split(r"\n\s*\n", without_fences(text))
    return [" ".join(block.split()) for block in blocks if not block.lstrip().startswith(("|", "#"))]


def keyed(text: str) -> dict[str, list[str]]:
    """The rows of wrong answers and solutions by their keys (W1, 3A, F.2 ...): what stands behind key and question."""
    rows: dict[str, list[str]] = {}
    for table in tables(text):
        for key, *cells in table[1:]:
            if re.fullmatch(r"[WKQ]\d|[GS]|\d[A-Z]|[\dF]\.\d|F\d", key):
                assert key not in rows, key
                rows[key] = cells if key[0] == "K" else cells[1:]
    return rows


def plan(text: str) -> list[list[str]]:
    """The rows of the minute plan."""
    return next(table for table in tables(text) if len(table[0]) == 5)[1:]
