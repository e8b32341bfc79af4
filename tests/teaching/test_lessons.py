"""The lesson plans: minutes, both languages alike, nothing in a pupil's copy that a teacher's solutions say, links that lead somewhere."""

from __future__ import annotations

import io
import re
import socket
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from lesson_sheets import FOLDER, LANGUAGES, LESSONS, fences, figures, keyed, plan, prose, pupil, tables, teacher, without_fences

BOTH = [(lesson, language) for lesson in LESSONS for language in LANGUAGES]


@pytest.mark.parametrize(("lesson", "language"), BOTH)
def test_the_minutes_of_a_lesson_add_up_to_ninety(lesson: str, language: str) -> None:
    rows = plan(teacher(lesson, language))
    begun = 0
    for begins, minutes, what, how, _ in rows:
        assert int(begins) == begun
        assert int(minutes) > 0
        assert what
        assert how
        begun += int(minutes)
    assert begun == 90


@pytest.mark.parametrize("lesson", LESSONS)
def test_both_languages_have_the_same_minutes_sections_tables_and_blanks(lesson: str) -> None:
    for sheet in (teacher, pupil):
        english, german = sheet(lesson, "en"), sheet(lesson, "de")
        shapes = [
            {
                "headings": [line.partition(" ")[0] for line in without_fences(text).splitlines() if line.startswith("#")],
                "tables": [[len(row) for row in table] for table in tables(text)],
                "keys": [[row[0] for row in table[1:] if len(row[0]) < 4] for table in tables(text) if not table[0][0]],
                "fences": [len(fences(text, kind)) for kind in ("", "sh", "python")],
                "paragraphs": len(prose(text)),
                "blanks": len(re.findall(r"(?:\\_)+", text)),
                "empty": [sum(cell == "" for row in table[1:] for cell in row) for table in tables(text)],
            }
            for text in (english, german)
        ]
        assert shapes[0] == shapes[1]
    assert [row[:2] for row in plan(teacher(lesson, "en"))] == [row[:2] for row in plan(teacher(lesson, "de"))]


@pytest.mark.parametrize("lesson", LESSONS)
def test_both_languages_give_the_same_figures(lesson: str) -> None:
    for sheet in (teacher, pupil):
        parts = [_parts(sheet(lesson, language)) for language in LANGUAGES]
        english, german = ([sorted(one.value for one in figures(part)) for part in one] for one in parts)
        assert english == german


def _parts(text: str) -> list[str]:
    """Paragraphs and rows, so that a figure stands in the same one in both languages."""
    return [*prose(text), *(" ".join(row) for table in tables(text) for row in table), *fences(text, "")]


@pytest.mark.parametrize("lesson", LESSONS)
def test_both_languages_show_the_same_code(lesson: str) -> None:
    english, german = ("\n".join([*fences(teacher(lesson, one), "sh"), *fences(teacher(lesson, one), "python")]) for one in LANGUAGES)
    assert german.replace("notebooks/de/", "notebooks/").replace(', language="de"', "") == english


@pytest.mark.parametrize(("lesson", "language"), BOTH)
def test_a_teachers_plan_has_all_its_parts(lesson: str, language: str) -> None:
    titles = [line[3:] for line in without_fences(teacher(lesson, language)).splitlines() if line.startswith("## ")]
    wanted = {
        "en": ["Goals", "What pupils must know", "Before the lesson", "Minute plan", "On the board", "Typical wrong answers",
               "Quick and slow pupils", "Homework", "Solutions", "Preparation, step by step"],
        "de": ["Ziele", "Was sie schon wissen müssen", "Vor der Stunde", "Minutenplan", "Tafelbild", "Typische falsche Antworten",
               "Für Schnelle und Langsame", "Hausaufgabe", "Lösungen", "Vorbereitung Schritt für Schritt"],
    }  # fmt: skip
    assert titles == wanted[language]


@pytest.mark.parametrize(("lesson", "language"), BOTH)
def test_a_pupils_copy_holds_no_solution(lesson: str, language: str) -> None:
    text = " ".join(without_fences(pupil(lesson, language)).split())
    assert not re.search("solution|lösung|teacher|lehrkraft", text.replace(f"{lesson}-pupil", ""), re.IGNORECASE)
    rows = {key: " ".join(cells) for key, cells in keyed(teacher(lesson, language)).items()}
    there = {one.text for one in figures(text) if one.measured}
    for key, answer in rows.items():
        assert there.isdisjoint(one.text for one in figures(answer) if one.measured), key
        for said in re.split(r"[:;,.] | \(", answer.replace("**", "")):
            if key != "G" and len(said) > 12 and not said.startswith("`"):
                assert said not in text, key
        for code in re.findall(r"`([^`]*[ →][^`]*)`", answer):
            assert code not in text, key
    # the words for the gaps are on the sheet, but not in their order
    words = [word.strip() for word in re.search(r"^\*(?:Words|Wörter), .*?\* (.*?)$", pupil(lesson, language), re.MULTILINE)[1].split("·")]  # type: ignore[index]
    solved = rows["G"].split(", ")
    assert sorted(words) == sorted(solved)
    assert words != solved


@pytest.mark.parametrize("path", sorted(path for folder in (FOLDER, *LANGUAGES.values()) for path in folder.glob("*.md")), ids=str)
def test_every_link_of_a_sheet_leads_to_a_file(path: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not link.startswith("http") and not (path.parent / link).is_file()] == []


@pytest.mark.parametrize(("lesson", "language"), BOTH)
def test_a_sheet_of_the_pupils_asks_what_the_solutions_answer(lesson: str, language: str) -> None:
    answered = set(keyed(teacher(lesson, language)))
    books = [number for number, _ in sorted(re.findall(r"\.\./0(\d)-([\w-]+)\.ipynb", pupil(lesson, language)))]
    asked = [row[0] for table in tables(pupil(lesson, language)) for row in table[1:] if re.fullmatch("[A-Z]", row[0])]
    assert len(books) == 2
    assert set(asked) <= {key[1] for key in answered if key[0] in books and len(key) == 2}


@pytest.fixture(scope="module")
def quiet_network() -> Iterator[None]:
    def no_network(*_: object) -> None:
        raise AssertionError("a lesson uses the network")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", no_network)
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("quiet_network")
@pytest.mark.parametrize("lesson", LESSONS)
def test_what_a_plan_tells_a_teacher_to_run_does_run(lesson: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").symlink_to(FOLDER)
    (tmp_path / "names.txt").write_text("\ufeffAda\r\nBen Özil\r\n\r\n", encoding="utf-8")
    room: dict[str, Any] = {}
    printed = io.StringIO()
    with redirect_stdout(printed):
        for code in fences(teacher(lesson, "en"), "python"):
            exec(compile(code, lesson, "exec"), room)
    assert room["names"] == ["Ada", "Ben Özil"]
    assert len(list((tmp_path / "for-pupils").glob("*.ipynb"))) == len(re.findall(r"\.\./[\w-]+\.ipynb", teacher(lesson, "en")))
    assert [line.split()[0] for line in printed.getvalue().splitlines() if line.startswith(("Ada ", "Ben "))] == ["Ada", "Ben"]
    if lesson == "lesson-2":
        _check_the_quick_ones_answers(room)


def _check_the_quick_ones_answers(room: dict[str, Any]) -> None:
    """Q1 and Q2 of lesson 2, in both languages, from what its code left behind."""
    mails = [room[name].messages for name in ("usual", "eager")]
    ends = [mail.loc[mail["via"].fillna("").str.startswith("mx2"), "stored_s"].max() for mail in mails]
    more = len(room["eager"].attempts) - len(room["usual"].attempts)
    back = {}
    for lifetime in ("7d", "5d"):
        mail = room["away"].replace("nodes.mx2.queue_lifetime", lifetime).run().messages
        back[lifetime] = (mail.loc[mail["parent"].isna(), "state"] == "bounced").mean()
    wanted = {"Q1": [ends[0] - ends[1], more], "Q2": [7 * 86_400, back["7d"], 5 * 86_400, back["5d"]]}
    for language in LANGUAGES:
        rows = keyed(teacher("lesson-2", language))
        for key, right in wanted.items():
            assert [one.rounds(value) for one, value in zip(figures(rows[key][0]), right, strict=True)] == [True] * len(right), key


@pytest.mark.parametrize(("lesson", "language"), BOTH)
def test_code_in_a_plan_is_as_narrow_as_the_paper(lesson: str, language: str) -> None:
    for kind in ("", "sh", "python"):
        for block in fences(teacher(lesson, language), kind):
            assert max(map(len, block.splitlines())) <= 82
