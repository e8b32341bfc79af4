"""A page of ours as it is read: its elements, its table, its texts; and a name that wants to be more than text."""

from __future__ import annotations

from html.parser import HTMLParser

#: what may stand in a page: no script, nothing that loads anything
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "p", "h1", "h2", "section", "div", "ul", "li", "table", "thead", "tbody", "tr", "th",
    "td", "figure", "figcaption", "img", "code", "span",
}  # fmt: skip
HOSTILE = "<img src=x onerror=alert(1)>'\"&amp;</title></style><script>1</script>\x1b[2J"


class Read(HTMLParser):
    """A page as it is read: its elements, the cells of its table row by row, and all of its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.within: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")
        if tag not in ("meta", "img"):
            self._open.append(tag)
            self.within.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in self._open:
            self.within[tag][-1] += data.replace("\N{NO-BREAK SPACE}", " ")
        if {"th", "td"} & set(self._open):
            self.rows[-1][-1] += data
