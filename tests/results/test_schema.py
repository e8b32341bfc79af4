"""Tables and their documentation are those of the one schema."""

from __future__ import annotations

import pytest

from mailsim.errors import UnknownNameError
from mailsim.results.schema import LEVELS, TABLES, documentation, table
from small_logs import small_result


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_exactly_the_columns_of_the_schema_in_their_order(name: str) -> None:
    assert tuple(small_result().table(name).columns) == table(name).names


@pytest.mark.parametrize("name", TABLES)
def test_every_column_has_a_meaning_and_times_have_their_unit_in_the_name(name: str) -> None:
    for column in table(name).columns:
        assert column.meaning
        assert (column.unit == "s") == column.name.endswith("_s") == (column.dtype == "seconds")
    assert table(name).level in LEVELS


def test_an_unknown_table_is_refused_with_a_hint() -> None:
    with pytest.raises(UnknownNameError, match="unknown table 'mesages'; did you mean 'messages'"):
        table("mesages")


def test_the_documentation_names_every_column_of_every_table() -> None:
    text = documentation()
    for one in TABLES.values():
        assert f"### {one.name}" in text
        for column in one.columns:
            assert f"| `{column.name}` | {column.dtype} | {column.unit} | {column.meaning} |" in text
