"""HTML by a few functions that escape every text, so that no name, subject or reply can become markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["Markup", "cell_table", "details", "image", "joined", "tag"]


class Markup(str):
    """Text that is HTML already; every other text is escaped when it becomes part of a page."""

    __slots__ = ()


def _safe(content: str) -> str:
    return str(content) if isinstance(content, Markup) else escape(str(content), quote=True)


def tag(name: str, content: str = "", **attributes: str) -> Markup:
    """An element; ``class_`` writes ``class``.

    Examples
    --------
    >>> tag("td", "<b>", class_="x")
    '<td class="x">&lt;b&gt;</td>'
    """
    written = "".join(f' {key.rstrip("_")}="{escape(value, quote=True)}"' for key, value in attributes.items())
    return Markup(f"<{name}{written}>{_safe(content)}</{name}>")


def joined(parts: Iterable[str]) -> Markup:
    """Parts one after the other, texts escaped."""
    return Markup("".join(_safe(part) for part in parts))


def details(title: str, content: str, *, opened: bool = False) -> Markup:
    """A part that the reader can fold out."""
    start = "<details open>" if opened else "<details>"
    return Markup(f"{start}{tag('summary', title)}{_safe(content)}</details>")


def cell_table(rows: Sequence[Sequence[str]]) -> Markup:
    """A table whose first row and first column are headings."""
    if not rows:
        return Markup("")
    head = tag("tr", joined(tag("th", cell, scope="col") for cell in rows[0]))
    body = joined(tag("tr", joined((tag("th", row[0], scope="row"), *(tag("td", cell) for cell in row[1:])))) for row in rows[1:])
    return tag("table", joined((tag("thead", head), tag("tbody", body))))


def image(png: bytes, alt: str, *, width_px: int) -> Markup:
    """A picture inside the page, with its description for those who can't see it."""
    from base64 import b64encode

    source = "data:image/png;base64," + b64encode(png).decode("ascii")
    written = f'<img src="{source}" alt="{escape(alt, quote=True)}" style="max-width:100%;width:{int(width_px)}px">'
    return tag("figure", Markup(written))
