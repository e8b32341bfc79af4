"""Files hold no formula, no broken line and never half of what was meant."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest

from mailsim.results.files import csv_text, harmless, slug, write_whole


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == "'" + text
    frame = pd.DataFrame({"word": [text, "fine"], "text": pd.Series([text, "fine"], dtype="object")})
    rows = list(csv.reader(io.StringIO(csv_text(frame), newline="")))
    written = "'" + text.replace("\r", "\\x0d")
    assert rows[1:] == [[written, written], ["fine", "fine"]]


def test_a_text_cannot_break_a_line_of_the_file_or_move_the_cursor() -> None:
    frame = pd.DataFrame({"reply": ["ok\rfake,row", "\x1b[2J"], "n": [1, 2]})
    assert csv_text(frame) == 'reply,n\n"ok\\x0dfake,row",1\n\\x1b[2J,2\n'


def test_numbers_stay_numbers_and_missing_cells_stay_empty() -> None:
    frame = pd.DataFrame({"a": [-1.5, None], "b": pd.array([-2, None], dtype="Int64"), "c": ["x", None]})
    assert csv_text(frame) == "a,b,c\n-1.5,-2,x\n,,\n"


def test_instants_are_written_with_the_offset_that_holds_there() -> None:
    at = pd.DatetimeIndex(["2026-03-29T00:30:00Z", "2026-03-29T01:30:00.25Z", None]).tz_convert("Europe/Berlin")
    assert csv_text(pd.DataFrame({"at": at})) == 'at\n2026-03-29T01:30:00.000000+01:00\n2026-03-29T03:30:00.250000+02:00\n""\n'
    west = pd.DatetimeIndex(["2026-01-05T00:00:00Z"]).tz_convert("America/St_Johns")
    assert csv_text(pd.DataFrame({"at": west})) == "at\n2026-01-04T20:30:00.000000-03:30\n"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("Größe", "Grosse"),
        ("...", "unnamed"),
        ("", "unnamed"),
        ("a/b\\c:d", "a-b-c-d"),
        ("x" * 90, "x" * 60),
    ],
)
def test_a_file_name_is_harmless(text: str, name: str) -> None:
    assert slug(text) == name


def test_a_write_that_fails_leaves_the_old_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = write_whole(tmp_path / "a.csv", "old\n")

    def full(_: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="no space left"):
        write_whole(place, "new\n")
    assert place.read_text() == "old\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.csv"]


def test_a_write_replaces_what_was_there(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"old, and longer")
    assert write_whole(tmp_path / "a", b"new").read_bytes() == b"new"
