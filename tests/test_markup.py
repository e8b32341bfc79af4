"""No text becomes markup."""

from __future__ import annotations

import re

from mailsim.language import speaking
from mailsim.markup import Markup, card, cell_table, details, image, joined, lines, tag


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


def test_control_characters_and_direction_marks_are_written_out_and_line_breaks_stay() -> None:
    assert tag("pre", "a\x1b[2J\u202eb\nc\td") == "<pre>a\\x1b[2J\\u202eb\nc       d</pre>"
    assert tag("b", "x", title="a\x00b") == '<b title="a\\x00b">x</b>'


def test_words_begin_at_the_left_and_a_table_may_have_no_heading_row() -> None:
    made = cell_table([("mx1", "(down)"), ("mx2", "up")], words=True, heading=False)
    assert '<table class="words"><tbody><tr><th scope="row">mx1</th><td>(down)</td></tr>' in made
    assert "<thead>" not in made


def test_what_stands_in_brackets_stands_below_the_figure() -> None:
    made = cell_table([("a", "b"), ("c", "3.6 h (3.5 h to 3.7 h)")])
    assert '<td class="range"><span>3.6 h</span> <span>(3.5 h to 3.7 h)</span></td>' in made


def test_a_card_tells_what_it_is_in_which_language_and_changes_nothing_else_on_the_page() -> None:
    made = card([tag("p", "body")], kind="Scenario", name="<b>", foot="seed 1")
    style, _, rest = made.partition("</style>")
    assert rest == '<div class="kind">Scenario</div><div class="head">&lt;b&gt;</div><p>body</p><div class="foot">seed 1</div></div>'
    rules = [rule.strip() for rule in style.partition("<style>")[2].split("}") if rule.strip()]
    assert len(rules) > 10
    for rule in rules:
        assert all(one.strip().startswith(".mailsim-card") for one in rule.partition("{")[0].split(",")), rule
    with speaking("de"):
        assert card([], kind="x").startswith('<div class="mailsim-card" lang="de">')


def test_a_card_takes_its_letters_and_its_ground_from_the_page() -> None:
    style = card([]).partition("<style>")[2].partition("</style>")[0]
    assert set(re.findall(r"(?<![-\w])color: *([^;}]+)", style)) == {"inherit"}
    assert all(value.startswith("rgba(") for value in re.findall(r"background: *([^;}]+)", style))


def test_each_text_has_a_line_of_its_own() -> None:
    assert lines(["a", "<"]) == "<div>a</div><div>&lt;</div>"
