"""The agreement of each program as a table: ours, the real program's own, and that of another program in its place."""

from __future__ import annotations

from mailsim.validation.conformance import Agreement, Conformance
from mailsim.validation.control import Count

__all__ = ["HEADER", "markdown", "percent", "rows", "with_count"]

#: the heads of the columns
HEADER = ("program", "cases", "mailsim", "the program itself", "another in its place")


def percent(count: Count) -> str:
    """A share as text; never 100 % where one repeat differs, never 0 % where one agrees.

    Examples
    --------
    >>> percent(Count(185, 186)), percent(Count(2, 3)), percent(Count(1, 999)), percent(Count())
    ('99 %', '67 %', '1 %', '-')
    """
    if count.share is None:
        return "-"
    if 0 < count.agreed < count.of:
        return f"{min(99, max(1, round(100 * count.share)))} %"
    return f"{round(100 * count.share)} %"


def with_count(count: Count) -> str:
    """A share with the numbers behind it.

    Examples
    --------
    >>> with_count(Count(175, 186))
    '94 % (175 of 186)'
    """
    return percent(count) if count.share is None else f"{percent(count)} ({count.agreed} of {count.of})"


def rows(found: Conformance) -> list[tuple[str, ...]]:
    """A row of texts for each program, in the order of :data:`HEADER`."""
    return [_row(one) for one in found.agreements]


def _row(one: Agreement) -> tuple[str, ...]:
    other = "-" if one.impostor is None else f"{percent(one.impostor.score)} ({one.impostor.program})"
    return (one.software, str(one.cases), with_count(one.count), percent(one.itself), other)


def markdown(found: Conformance) -> str:
    """The table in Markdown, as it stands in README."""
    lines = [HEADER, ("---", *["---:"] * (len(HEADER) - 2), "---"), *rows(found)]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
