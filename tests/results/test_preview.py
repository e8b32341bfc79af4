"""The first rows of a table, as a notebook shows them."""

from __future__ import annotations

from mailsim.language import speaking
from mailsim.results.preview import preview
from mailsim.results.schema import TABLES
from small_logs import small_result


def test_words_begin_at_the_left_figures_end_at_the_right_and_what_is_missing_is_empty() -> None:
    frame = small_result().messages
    page = preview(frame, TABLES["messages"])
    row = frame.iloc[0]
    assert '<th scope="col">message</th><th scope="col" class="left">sender</th>' in page
    assert f'<td class="left">{row["sender"]}</td>' in page
    assert f"<td>{row['latency_stored_s']:.3f}</td>" in page
    assert "<NA>" not in page
    assert "&lt;NA&gt;" not in page
    assert "nan" not in page.lower()
    assert "NaT" not in page


def test_five_rows_of_each_table_and_how_many_there_are() -> None:
    result = small_result()
    for name, table in TABLES.items():
        frame = result.table(name)
        page = preview(frame, table)
        assert page.count('scope="row"') == min(len(frame), 5)
        assert page.count('scope="col"') == len(table.columns)
        assert page.startswith(f"<details><summary>{name}: {len(frame)} row")


def test_columns_and_values_are_the_same_in_every_language() -> None:
    frame = small_result().messages
    with speaking("de"):
        german = preview(frame, TABLES["messages"])
    assert german.partition("<table>")[2] == preview(frame, TABLES["messages"]).partition("<table>")[2]
    assert german.startswith("<details><summary>messages: 7 Zeilen</summary><p>eine Zeile ist eine Zustellung")
