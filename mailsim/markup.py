"""HTML by a few functions that escape every text, and the one frame that all things shown in a notebook stand in.

No name, subject or reply can become markup, move a cursor or turn the direction of writing.  The frame takes letters and ground
from the page around it, so it reads in a light and in a dark theme, and folds what few want to see.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from mailsim.language import printable, spoken

__all__ = ["Markup", "card", "cell_table", "details", "image", "joined", "lines", "tag"]

#: every rule begins with ``.mailsim-card``, so that nothing else on the page changes; greys are half transparent, to fit any ground
_STYLE = """
.mailsim-card {font: 14px/1.45 system-ui, sans-serif; max-width: 72em; color: inherit}
.mailsim-card .head {font-size: 17px; font-weight: 600; overflow-wrap: anywhere}
.mailsim-card .kind {font-size: 11px; font-weight: 600; letter-spacing: .08em; text-transform: uppercase; opacity: .75}
.mailsim-card .lesson {margin: .2em 0 .6em; font-style: italic}
.mailsim-card p {margin: .4em 0}
.mailsim-card figure {margin: .6em 0}
.mailsim-card .wide {overflow-x: auto; margin: .5em 0}
.mailsim-card .wide table {border-collapse: collapse; margin: 0; table-layout: auto; font-size: 13px;
  font-variant-numeric: tabular-nums; border: 0}
.mailsim-card .wide th, .mailsim-card .wide td {padding: .2em .7em .2em 0; border: 0; border-bottom: 1px solid rgba(128,128,128,.3);
  text-align: right; vertical-align: top; white-space: nowrap; max-width: none}
.mailsim-card .wide thead th {border-bottom: 2px solid rgba(128,128,128,.6); vertical-align: bottom; font-weight: 600;
  white-space: normal; min-width: 4em; max-width: 11em}
.mailsim-card .wide th:first-child, .mailsim-card .wide .words th, .mailsim-card .wide .words td,
.mailsim-card .wide .left {text-align: left}
.mailsim-card .wide tbody th {font-weight: 400; white-space: normal; min-width: 6em}
.mailsim-card .wide tbody th.left {white-space: nowrap}
.mailsim-card .wide .words tbody th {font-weight: 600; min-width: 0}
.mailsim-card .wide .words thead ~ tbody th {font-weight: 400}
.mailsim-card .wide td.range span {display: block; white-space: nowrap}
.mailsim-card .wide .words td {overflow-wrap: break-word; min-width: 4em; white-space: normal}
.mailsim-card .finding {margin: .5em 0; padding-left: .7em; border-left: 3px solid rgba(128,128,128,.5)}
.mailsim-card .finding.error {border-left: 5px double #D55E00}
.mailsim-card .finding.warning {border-left-color: #E69F00}
.mailsim-card .finding .foot {margin-top: 0}
.mailsim-card details {margin: .25em 0}
.mailsim-card summary {cursor: pointer}
.mailsim-card details > details, .mailsim-card details > .wide, .mailsim-card details > p, .mailsim-card details > pre,
 .mailsim-card details > div {margin-left: 1.1em}
.mailsim-card pre {margin: .3em 0; padding: .4em .6em; font: 12px/1.4 ui-monospace, monospace;
  background: rgba(128,128,128,.12); overflow-x: auto}
.mailsim-card .foot {margin-top: .6em; font-size: 12px; opacity: .75; overflow-wrap: anywhere}
"""


class Markup(str):
    """Text that is HTML already; every other text is escaped when it becomes part of a page."""

    __slots__ = ()


def _safe(content: str) -> str:
    """Text as HTML: escaped, control characters and direction marks written out; line breaks stay."""
    if isinstance(content, Markup):
        return str(content)
    return escape("\n".join(printable(line) for line in str(content).expandtabs().split("\n")), quote=True)


def tag(name: str, content: str = "", **attributes: str) -> Markup:
    """An element; ``class_`` writes ``class``.

    Examples
    --------
    >>> tag("td", "<b>", class_="x")
    '<td class="x">&lt;b&gt;</td>'
    """
    written = "".join(f' {key.rstrip("_").replace("_", "-")}="{_safe(value)}"' for key, value in attributes.items())
    return Markup(f"<{name}{written}>{_safe(content)}</{name}>")


def joined(parts: Iterable[str]) -> Markup:
    """Parts one after the other, texts escaped."""
    return Markup("".join(_safe(part) for part in parts))


def lines(texts: Iterable[str]) -> Markup:
    """Each text on a line of its own."""
    return joined(tag("div", text) for text in texts)


def details(title: str, content: str, *, opened: bool = False) -> Markup:
    """A part that the reader can fold out."""
    start = "<details open>" if opened else "<details>"
    return Markup(f"{start}{tag('summary', title)}{_safe(content)}</details>")


def cell_table(
    rows: Sequence[Sequence[str]], *, words: bool = False, heading: bool = True, left: frozenset[int] = frozenset()
) -> Markup:
    """A table whose first column is headings, and so is its first row.

    Parameters
    ----------
    rows : sequence of rows
        The texts of the cells.
    words : bool
        The cells are words, which begin at the left; by default figures, which end at the right.
    heading : bool
        Whether the first row holds headings.
    left : frozenset of int
        Of a table of figures, the columns (from 0) that are words all the same.
    """
    if not rows:
        return Markup("")
    side = [{"class_": "left"} if k in left else {} for k in range(len(rows[0]))]
    head = tag("thead", tag("tr", joined(tag("th", cell, scope="col", **at) for cell, at in zip(rows[0], side, strict=True))))
    first = [joined((tag("th", row[0], scope="row", **side[0]), *_cells(row[1:], side[1:], words=words))) for row in rows[int(heading) :]]
    body = joined(tag("tr", cells) for cells in first)
    table = tag("table", joined((head, tag("tbody", body)) if heading else (tag("tbody", body),)), **({"class_": "words"} if words else {}))
    return tag("div", table, class_="wide")


def _cells(cells: Sequence[str], side: Sequence[dict[str, str]], *, words: bool) -> Iterator[Markup]:
    """The cells of a row; below a figure what stands in brackets."""
    for cell, at in zip(cells, side, strict=True):
        figure, opened, rest = cell.partition(" (")
        if words or at or not opened:
            yield tag("td", cell, **at)
        else:
            yield tag("td", joined((tag("span", figure), " ", tag("span", f"({rest}"))), class_="range")


def card(parts: Iterable[str], *, kind: str = "", name: str = "", foot: str = "") -> Markup:
    """What a notebook shows of a thing: what it is, its name, its parts, and a line to repeat it by.

    The name is no heading of the page's own, since JupyterLab lists those of outputs in its table of contents.
    """
    top = tag("div", kind, class_="kind") if kind else Markup("")
    head = tag("div", name, class_="head") if name else Markup("")
    end = tag("div", foot, class_="foot") if foot else Markup("")
    return tag("div", joined((Markup(f"<style>{_STYLE}</style>"), top, head, *parts, end)), class_="mailsim-card", lang=spoken())


def image(png: bytes, alt: str, *, width_px: int) -> Markup:
    """A picture inside the page, with its description for those who can't see it."""
    from base64 import b64encode

    source = "data:image/png;base64," + b64encode(png).decode("ascii")
    written = f'<img src="{source}" alt="{_safe(alt)}" style="max-width:100%;width:{int(width_px)}px">'
    return tag("figure", Markup(written))
