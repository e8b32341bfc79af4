"""The first rows of a table of a run, as a notebook shows them: words from the left, figures to the right, missing ones empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailsim.language import counted, in_words, say
from mailsim.markup import Markup, cell_table, details, joined, tag
from mailsim.results.schema import Dtype, Table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["preview"]

_ROWS = 5
#: what begins at the left
_WORDS: frozenset[Dtype] = frozenset({"word", "instant", "flag"})


def preview(frame: pd.DataFrame, table: Table) -> Markup:
    """How many rows a table has, what each is, and the first five; folded, every text escaped."""
    few = [_texts(frame[column.name].head(_ROWS), column.dtype) for column in table.columns]
    left = frozenset(k for k, column in enumerate(table.columns) if column.dtype in _WORDS)
    rows = cell_table([table.names, *zip(*few, strict=True)], left=left)
    row = tag("p", say("summary.row", row=in_words(f"table_rows.{table.name}", table.row)))
    title = say("summary.table", table=table.name, count=len(frame), number=counted(len(frame)))
    return details(title, joined((row, rows)))


def _texts(column: pd.Series, dtype: Dtype) -> list[str]:
    """Values as texts; the names and values of a table are the same in every language, so is the decimal point."""
    form = {"seconds": ".3f", "instant": "%Y-%m-%d %H:%M:%S"}.get(dtype, "")
    return ["" if gone else format(value, form) for value, gone in zip(column, column.isna(), strict=True)]
