"""The sheet that a memo is written on: an HTML page that needs nothing else, runs nothing, and prints on A4."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mailsim.language import printable, spoken
from mailsim.markup import Markup, cell_table, image, joined, tag
from mailsim.plots.style import COLOURS

__all__ = ["SHOWN_PX", "figure", "plain_table", "section", "sentence", "sheet"]

#: width of a picture on a screen; on paper it fills its column
SHOWN_PX = 640

#: nothing is fetched and nothing runs, whatever the page may contain
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

#: between a figure and its unit no line ends
_UNIT = re.compile(r"(?<=\d) (?=(?:ms|s|min|h|d|%)(?![A-Za-z]))")

_STYLE = f"""
@page {{size: A4; margin: 9mm 13mm 8mm}}
:root {{color: {COLOURS["ink"]}; background: #fff; font: 8.2pt/1.3 system-ui, "Segoe UI", "DejaVu Sans", sans-serif}}
body {{margin: 0 auto; max-width: 184mm; padding: 6mm 0}}
h1 {{font-size: 14pt; line-height: 1.18; margin: 0 0 1mm}}
h2 {{font-size: 9.2pt; margin: 1.8mm 0 .6mm; border-bottom: .3mm solid {COLOURS["faint"]}; break-after: avoid}}
p {{margin: 0 0 1mm}}
.kicker {{color: {COLOURS["quiet"]}; margin: 0 0 .6mm}}
.lead {{font-size: 9.6pt; margin: 0 0 1mm}}
.facts {{display: grid; grid-template-columns: 1.5fr 1fr; gap: 6mm}}
.facts ul {{margin: 0; padding-left: 4mm}}
.facts li {{margin: 0 0 .9mm; overflow-wrap: anywhere}}
table {{border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums}}
th, td {{padding: .33mm 2mm .38mm 0; text-align: left; vertical-align: top; font-weight: normal;
  border-bottom: .2mm solid {COLOURS["faint"]}; overflow-wrap: anywhere}}
thead th {{color: {COLOURS["quiet"]}; vertical-align: bottom}}
.facts td, .facts thead th:not(:first-child) {{text-align: right}}
.facts td, .facts tbody th {{white-space: nowrap}}
.grounds {{columns: 2; column-gap: 6mm; margin: 0 0 .8mm; padding: 0; list-style: none}}
.grounds li {{break-inside: avoid; padding-left: 3mm; text-indent: -3mm; overflow-wrap: anywhere}}
.grounds span {{color: {COLOURS["quiet"]}}}
.pictures {{display: grid; grid-template-columns: 1fr 1fr; gap: 1.2mm 5mm; margin-top: 2mm}}
figure {{margin: 0; break-inside: avoid; display: flex; flex-direction: column}}
figcaption {{font-weight: bold; order: -1; margin: 0 0 .6mm}}
img {{display: block; width: 100% !important; height: auto}}
.study thead th, .study td {{overflow-wrap: normal}}
.study tbody th {{white-space: nowrap}}
.study img {{width: 66% !important; margin: 0 auto}}
.small, .small td, .small th {{font-size: 7pt; line-height: 1.25}}
.facts code {{display: block}}
code {{font: 7.2pt "DejaVu Sans Mono", monospace; overflow-wrap: anywhere}}
tr {{break-inside: avoid}}
@media screen {{body {{padding: 8mm 5mm}}}}
@media print {{body {{padding: 0; max-width: none}}}}
@media screen and (max-width: 700px) {{.facts, .pictures {{grid-template-columns: 1fr}}}}
"""


def sheet(title: str, parts: Iterable[str]) -> str:
    """The whole page in the language spoken; what is no Markup is escaped."""
    head = joined(
        (
            Markup(f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
            Markup('<meta name="viewport" content="width=device-width">'),
            tag("title", printable(title)),
            Markup(f"<style>{_STYLE}</style>"),
        )
    )
    return f'<!DOCTYPE html>\n<html lang="{spoken()}"><head>{head}</head>{tag("body", joined(parts))}</html>\n'


def section(name: str, *parts: str) -> Markup:
    """A part of the page with a class of its own."""
    return tag("section", joined(parts), class_=name)


def sentence(text: str) -> str:
    """Text made printable, a figure and its unit kept on one line."""
    return _UNIT.sub("\N{NO-BREAK SPACE}", printable(text))


def figure(png: bytes, alt: str, caption: str) -> Markup:
    """A picture with what it shows as text above it, and its description for those who can't see it."""
    shown = image(png, printable(alt), width_px=SHOWN_PX)
    return Markup(shown.replace("</figure>", f"{tag('figcaption', sentence(caption))}</figure>"))


def plain_table(rows: Sequence[Sequence[str]]) -> Markup:
    """A table of texts, each made printable; the first row and column are headings."""
    return cell_table([[printable(cell) for cell in row] for row in rows])
