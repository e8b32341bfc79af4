"""A result as a whole: tables, manifest, files, page, and a real run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.language import speaking
from mailsim.results import Result
from mailsim.scenario import load
from small_logs import outage_log, small_result, small_scenario

FILES = {
    "messages.csv",
    "attempts.csv", "lookups.csv", "questions.csv", "queues.csv", "bounces.csv", "reports.csv", "faults.csv", "latency_budget.csv",
    "summary.json", "manifest.json", "timeline.png",
}  # fmt: skip


def test_a_table_is_the_readers_own_to_change() -> None:
    result = small_result()
    mine = result.messages
    mine["state"] = "mine"
    mine.loc[0, "sent_s"] = 0.0
    assert result.messages["state"].tolist()[0] == "stored"
    assert result.messages["sent_s"].tolist()[0] == 100


def test_an_unknown_table_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'queues'"):
        small_result().table("queue")


def test_the_manifest_holds_what_repeats_the_run_and_nothing_of_when_or_where() -> None:
    result = small_result()
    found = result.manifest()
    assert (found["scenario"], found["seed"], found["level"]) == ("small", 7, "events")
    assert found["scenario_digest"] == result.scenario.digest()
    assert found["trace_hash"] == outage_log().trace_hash()
    assert str(Path.cwd()) not in json.dumps(found)
    assert found == small_result().manifest()


def test_saving_writes_every_table_the_headline_the_picture_and_the_manifest(tmp_path: Path) -> None:
    place = small_result().save(tmp_path / "new" / "place")
    assert {entry.name for entry in place.iterdir()} == FILES
    manifest = json.loads((place / "manifest.json").read_text())
    assert set(manifest["files"]) == FILES - {"manifest.json"}
    assert json.loads((place / "summary.json").read_text())["sent"] == 6
    assert (place / "timeline.png").read_bytes()[:4] == b"\x89PNG"
    read = pd.read_csv(place / "messages.csv")
    assert read["state"].tolist() == small_result().messages["state"].tolist()
    assert (
        (place / "messages.csv")
        .read_text()
        .splitlines()[1]
        .startswith("0,ann@example.org,bob@example.com,2026-01-05T00:01:40.000000+00:00,")
    )


def test_two_saves_of_one_run_are_the_same_to_the_last_octet(tmp_path: Path) -> None:
    one, other = small_result().save(tmp_path / "a"), small_result().save(tmp_path / "b")
    assert {file.name: file.read_bytes() for file in one.iterdir()} == {file.name: file.read_bytes() for file in other.iterdir()}


def test_saving_a_poorer_level_leaves_out_the_tables_that_it_lacks(tmp_path: Path) -> None:
    place = small_result(level="messages").save(tmp_path, plots=False)
    assert {entry.name for entry in place.iterdir()} == {"messages.csv", "faults.csv", "summary.json", "manifest.json"}


def test_no_cell_of_a_saved_table_is_a_formula(tmp_path: Path) -> None:
    log = outage_log()
    log.names[log.names.index("bob@example.com")] = '=HYPERLINK("http://x.test")'
    place = Result(small_scenario(), 7, log).save(tmp_path, plots=False)
    assert "\"'=HYPERLINK(" in (place / "messages.csv").read_text()
    for file in place.glob("*.csv"):
        frame = pd.read_csv(file, dtype=str)
        for column in frame.select_dtypes(exclude="number"):
            texts = frame[column].dropna()
            assert not texts[~texts.str.fullmatch(r"-?[\d.]+")].str.match(r"[=+@\t\r-]").any(), (file.name, column)


def test_the_page_folds_out_the_tables_and_escapes_every_name() -> None:
    log = outage_log()
    log.names[log.names.index("bob@example.com")] = "<script>alert(1)</script>"
    page = Result(small_scenario(name="<b>small"), 7, log)._repr_html_()
    assert "<script>" not in page
    assert "<b>small" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count("<details>") == 9
    assert "messages: 7 rows" in page


def test_a_story_and_an_example_come_from_the_result() -> None:
    result = small_result()
    assert "mx2" in str(result.explain(1))
    assert result.example("bounced").number == 2
    with pytest.raises(UnsupportedError):
        small_result(level="messages").explain(1)


def test_a_real_run_conserves_its_mail_and_empties_its_queues() -> None:
    result = load("primary-outage").run(seed=7)
    assert result.conservation.ok, result.conservation.problems
    assert result.conservation.mail.sent == result.conservation.mail.stored > 1000
    assert result.conservation.mail.fetched == result.conservation.mail.stored
    last = result.queues.groupby("node", observed=True).tail(1)
    assert (last[["depth", "deferred", "octets"]] == 0).all(axis=None)
    assert (result.queues[["depth", "deferred", "octets"]] >= 0).all(axis=None)
    assert (result.queues["deferred"] <= result.queues["depth"]).all()
    late = result.messages[result.messages["during_fault"]]
    assert result.summary().as_dict()["later_than"]["1h"] == pytest.approx(float((late["latency_stored_s"] > 3600).mean()))
    assert result.summary().as_dict()["latency_s"]["p50"] == result.messages["latency_stored_s"].quantile(0.5, interpolation="lower")


def test_importing_a_result_needs_no_numpy_pandas_or_matplotlib() -> None:
    code = "import sys, mailsim.results; print(sorted({'numpy', 'pandas', 'matplotlib', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert done.stdout.strip() == "[]"


def test_the_page_speaks_german_and_what_programs_read_stays() -> None:
    result = small_result()
    figures, columns = result.summary().as_dict(), result.messages.columns.tolist()
    with speaking("de"):
        page, text = result._repr_html_(), repr(result)
        assert result.summary().as_dict() == figures
        assert result.messages.columns.tolist() == columns
    assert ">Ergebnis<" in page
    assert "<summary>messages: 7 Zeilen</summary><p>eine Zeile ist eine Zustellung: eine Nachricht an einen Empfänger;" in page
    assert "Bilanz: 6 abgeschickt = 3 im Postfach" in page
    for word in ("deliveries", "conservation", " rows", "more<", "a row is", " sent"):
        assert word not in page + text, word
