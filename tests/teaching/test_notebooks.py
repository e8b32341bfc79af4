"""The notebooks: stored clean, the same in both languages, run from a clean kernel; and what their prose states is so."""

from __future__ import annotations

import ast
import time
from pathlib import Path

import nbformat
import pytest

import mailsim
from mailsim import flavours, teaching

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
ENGLISH = sorted(FOLDER.glob("*.ipynb"))
GERMAN = sorted((FOLDER / "de").glob("*.ipynb"))
LONGEST_CELL = 15
SECONDS = 60


def name_of(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


def cells_of(path: Path, kind: str) -> list[str]:
    return [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def test_there_are_notebooks_in_both_languages() -> None:
    assert [path.name for path in ENGLISH] == [path.name for path in GERMAN] != []


@pytest.mark.parametrize("path", [*ENGLISH, *GERMAN], ids=name_of)
def test_a_notebook_is_valid_and_stored_without_output(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    assert {"name": "python3", "language": "python"}.items() <= book.metadata.kernelspec.items()
    for cell in book.cells:
        assert cell.cell_type in ("code", "markdown")
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None), cell.source
            assert len(cell.source.splitlines()) <= LONGEST_CELL, cell.source


@pytest.mark.parametrize("path", ENGLISH, ids=name_of)
def test_both_languages_run_the_same_code(path: Path) -> None:
    german = [code.replace('lesson("de"', 'lesson("en"') for code in cells_of(FOLDER / "de" / path.name, "code")]
    assert german == cells_of(path, "code")
    kinds = [[cell.cell_type for cell in nbformat.read(file, as_version=4).cells] for file in (path, FOLDER / "de" / path.name)]
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("path", ENGLISH, ids=name_of)
def test_a_notebook_holds_no_logic_and_teaches_in_five_steps(path: Path) -> None:
    code = [ast.parse(cell) for cell in cells_of(path, "code")]
    logic = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.If, ast.IfExp, ast.Try, ast.Lambda)
    assert [ast.unparse(node) for cell in code for node in ast.walk(cell) if isinstance(node, logic)] == []
    titles = [line for text in cells_of(path, "markdown") for line in text.splitlines() if line.startswith("## ")]
    steps = ["Predict", "Run", "Explain", "Change one thing", "Check"]
    places = [next(k for k, title in enumerate(titles) if title.startswith(f"## {step}")) for step in steps]
    assert places == sorted(places)


@pytest.mark.parametrize("path", [*ENGLISH, *GERMAN], ids=name_of)
def test_solutions_are_folded_and_every_fold_is_closed(path: Path) -> None:
    text = "\n".join(cells_of(path, "markdown"))
    assert text.count("<details>") == text.count("</details>") == text.count("<summary>") == 2
    word = "Lösungen" if path.parent.name == "de" else "Solutions"
    assert f"<details><summary>{word}</summary>\n\n" in text


@pytest.mark.slow
@pytest.mark.parametrize("path", [*ENGLISH, *GERMAN], ids=name_of)
def test_a_notebook_runs_from_a_clean_kernel_within_a_minute(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nbclient import NotebookClient

    for place in ("JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(place, str(tmp_path / place))
    book = nbformat.read(path, as_version=4)
    begun = time.monotonic()
    NotebookClient(book, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert time.monotonic() - begun < SECONDS
    for cell in book.cells:
        if cell.cell_type == "code":
            assert [out for out in cell.outputs if out.output_type == "error" or out.get("name") == "stderr"] == [], cell.source
    pictures = [out.data["text/html"] for cell in book.cells for out in cell.get("outputs", []) if "text/html" in out.get("data", {})]
    assert sum("data:image/png" in html for html in pictures) >= 3


# -- what the prose of the notebooks states


def test_what_notebook_1_states_is_so() -> None:
    scenario = mailsim.load("first-mail")
    again = scenario.replace("traffic[0].times", ["1m", "2m"]).run()
    first, second = again.messages["latency_read_s"]
    assert teaching.slowest_part(again, 0) == "submit"
    assert teaching.slowest_part(again, 1) == "relay"
    assert 0.4 < (first - second) / first < 0.6  # "about half"
    mx = next(zone for zone in scenario.zones if "example.com." in zone)
    assert "3600 IN MX  10 mx1" in mx
    assert set(teaching.lookups_of(again, 1)["source"]) == {"cached"}
    # the MX was first asked for within two seconds after 1m, so an hour later it is gone, and a minute before it isn't
    for sent, source in (("60m", "cached"), ("62m", "asked")):
        later = scenario.replace("traffic[0].times", ["1m", sent]).run()
        found = teaching.lookups_of(later, 1).set_index("type")["source"]
        assert found["MX"] == source


def test_what_notebook_3_states_is_so() -> None:
    scenario = mailsim.load("primary-outage")
    assert "MX  10 mx1" in scenario.zones[0]
    assert "MX  20 mx2" in scenario.zones[0]
    result = scenario.run()
    assert [f"{at:%H:%M}" for at in result.faults["start_at"]] == ["01:00"]
    assert result.faults["length_s"].tolist() == [4 * 3_600]
    before, early, late = (teaching.first_sent(result, after) for after in ("50m", "1h10m", "4h50m"))
    assert [teaching.taken_by(result, number) for number in (before, early, late)] == ["mx1", "mx2", "mx2"]
    sent = result.messages["sent_s"]
    assert sent[before] + teaching.delay_of(result, before) < 3_600
    assert all(sent[number] + teaching.delay_of(result, number) > 18_000 + 60 for number in (early, late))  # after mx1 is back, not at once
    assert set(result.messages["state"]) == {"stored"}
    assert scenario.values()["nodes"]["mx2"]["queue_lifetime"] == "2d"  # "for two days"


def test_what_the_check_of_notebook_3_asks_has_the_answers_that_its_solutions_give() -> None:
    mine = teaching.variant("primary-outage", student="Ada").run()
    assert len(mine.faults) == 1
    assert teaching.taken_by(mine, mine.example("fallback").number) == "mx2"
    assert set(mine.messages["state"]) == {"stored"}
    assert mine.messages["latency_stored_s"].max() > mine.faults["length_s"][0]


def test_silence_costs_each_program_its_time_out_and_refusal_a_moment() -> None:
    delays = {
        how: mailsim.load("dead-primary-delay").replace("faults[0].how", how).run().messages.groupby("flavour")["latency_stored_s"].median()
        for how in ("silent", "refused")
    }
    assert set(delays["silent"].index) == {"exim", "postfix", "qmail"}
    assert (delays["refused"] < 3).all()
    waits = delays["silent"] - delays["refused"]
    # connect time-outs: Exim 5 min, qmail 60 s, Postfix 30 s
    assert {name: round(wait) for name, wait in waits.items()} == pytest.approx({"exim": 300, "qmail": 60, "postfix": 30}, abs=2)


def test_what_notebook_3_says_of_giving_up_is_what_the_programs_do() -> None:
    days = {name: flavours.mta_figures(name).queue_lifetime / 86_400e6 for name in ("exim", "postfix")}
    assert days == {"exim": 4, "postfix": 5}
