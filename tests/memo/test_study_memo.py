"""The memo of a study: its answer, its table with intervals, its picture and how to repeat it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import mailsim
from mailsim.memo import study_memo
from mailsim.plots.picture import title_of
from mailsim.study import Study
from page_reading import ALLOWED, HOSTILE, Read


@cache
def studied() -> Study:
    layouts = {HOSTILE[:40]: mailsim.load("single-mx"), "backup": mailsim.load("backup-mx")}
    return mailsim.outage_study(layouts, target="mx1", lengths=["5m", "1h", "6h"], runs=2, messages=20, progress=False)


def test_it_holds_the_answer_the_table_the_picture_and_the_replay_line() -> None:
    study = studied()
    read = Read(study_memo(study))
    assert read.rows == [list(row) for row in study.rows()]
    assert read.within["h1"] == [title_of(study.plot.impact())]
    assert study.headline in read.within["p"]
    assert read.within["code"] == [study.replay]
    assert [tag for tag, _ in read.elements].count("img") == 1


def test_names_of_layouts_stay_text_and_nothing_runs() -> None:
    read = Read(study_memo(studied(), title=HOSTILE))
    assert {tag for tag, _ in read.elements} <= ALLOWED
    assert "\x1b" not in read.within["p"][0]


def test_report_writes_it_in_german(tmp_path: Path) -> None:
    path = studied().report(tmp_path / "study.html", language="de")
    read = Read(path.read_text("utf-8"))
    assert read.elements[0] == ("html", {"lang": "de"})
    assert "So lässt es sich wiederholen" in read.within["h2"]
