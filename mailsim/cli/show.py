"""What reaches the terminal: plain lines, tables and JSON, with every control character written out."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

import click

from mailsim.language import printable

__all__ = ["complain", "show", "show_json", "show_table"]


#: a column is not padded beyond this, so that one long cell does not push all others away
WIDEST = 40


def show(text: str = "") -> None:
    """Print text line by line on standard output."""
    click.echo("\n".join(printable(line) for line in text.split("\n")))


def complain(text: str) -> None:
    """Print text line by line on standard error."""
    click.echo("\n".join(printable(line) for line in text.split("\n")), err=True)


def show_json(value: object) -> None:
    """Print a value as JSON in ASCII, which no terminal can misread."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=True, allow_nan=False))


def show_table(rows: Sequence[Sequence[str]], *, header: Sequence[str]) -> None:
    """Print a table: wrapped to the window on a terminal, one line per row where a program reads it."""
    cells = [[printable(cell.replace("\n", " ")) for cell in row] for row in (header, *rows)]
    if sys.stdout.isatty():
        _rich_table(cells)
        return
    widths = [min(max(len(row[k]) for row in cells), WIDEST) for k in range(len(header))]
    for row in cells:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _rich_table(cells: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for title in cells[0]:
        table.add_column(Text(title))
    for row in cells[1:]:
        table.add_row(*(Text(cell) for cell in row))  # Text: brackets in a name are no markup
    Console(highlight=False).print(table)
