"""No text becomes markup."""

from __future__ import annotations

from mailsim.results.html import Markup, cell_table, details, image, joined, tag


def test_every_text_is_escaped_and_markup_is_not_escaped_twice() -> None:
    inner = tag("b", "<script>alert('1')</script>")
    assert inner == "<b>&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt;</b>"
    assert tag("p", inner) == f"<p>{inner}</p>"
    assert joined(["<", Markup("<hr>")]) == "&lt;<hr>"


def test_attributes_are_escaped() -> None:
    assert tag("td", "x", class_='a" onclick="b') == '<td class="a&quot; onclick=&quot;b">x</td>'


def test_a_title_that_folds_out_is_escaped_too() -> None:
    assert details("<i>", "<u>") == "<details><summary>&lt;i&gt;</summary>&lt;u&gt;</details>"


def test_first_row_and_first_column_of_a_table_are_headings() -> None:
    made = cell_table([("", "all"), ("sent", "<6>")])
    assert '<th scope="col">all</th>' in made
    assert '<th scope="row">sent</th><td>&lt;6&gt;</td>' in made
    assert cell_table([]) == ""


def test_a_picture_carries_its_description() -> None:
    made = image(b"\x89PNG", 'queue "peaks" at 3', width_px=900)
    assert 'alt="queue &quot;peaks&quot; at 3"' in made
    assert 'src="data:image/png;base64,iVBORw=="' in made
