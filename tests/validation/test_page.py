"""Proves that the page shows the figures, escapes every text of a case and needs nothing from elsewhere."""

import re
from html.parser import HTMLParser

from known_verdicts import case, fake_rooms, write_cases
from mailsim.validation import report
from mailsim.validation.conformance import Conformance, Run, Verdict
from mailsim.validation.control import Count, Impostor
from mailsim.validation.page import page

EVIL = "<script>alert('1')</script>\x1b[2J"


def verdict(software, *differing, name="calm", kind="mta", itself=3):
    runs = tuple(Run(k + 1, "{}", (words,) if words else ()) for k, words in enumerate(differing))
    return Verdict(name, kind, software, "cases.jsonl:1", runs, Count(itself, 3), True)


FOUND = Conformance(
    (1, 2, 3),
    (
        verdict("postfix", "", "", ""),
        verdict("postfix", "", "too late", "", name="stormy", itself=1),
        verdict("bind", "", "", "", kind="dns"),
    ),
    {"postfix": Impostor("exim", Count(1, 3))},
)


class Pages(HTMLParser):
    """What a page has: elements, attributes and text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.texts, self.open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.extend(attrs)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.texts.append(text)


def test_the_bars_show_ours_the_programs_own_and_the_impostor():
    made = Pages(page(FOUND))
    styles = [value for key, value in made.attributes if key == "style"]
    assert styles == ["width:83.33%", "left:33.33%", "left:66.67%", "width:100.00%", "left:100.00%"]
    text = " ".join(made.texts)
    assert "3 recorded cases of 2 programs, 3 runs each: 89 % (8 of 9)" in text
    assert "postfix: 1 of 2 cases agree in every run" in text
    assert "too late" in text
    assert made.open == []


def test_no_text_of_a_case_becomes_markup_or_reaches_a_terminal():
    evil = Conformance((1,), (verdict(EVIL, EVIL, name=EVIL),), {EVIL: Impostor(EVIL, Count(1, 2))})
    made = page(evil)
    assert "script" not in Pages(made).tags
    assert "\x1b" not in made
    assert made.count("&lt;script&gt;") >= 4


def test_the_page_asks_for_nothing_and_runs_nothing():
    made = Pages(page(FOUND))
    assert not {"script", "link", "img", "iframe", "a", "form"} & set(made.tags)
    assert not [key for key, _ in made.attributes if key in ("src", "href") or key.startswith("on")]
    assert not re.search(r"https?:|url\(|@import", page(FOUND))


def test_long_differences_are_cut_and_many_are_counted():
    many = tuple("x" * 1000 + str(k) for k in range(9))
    found = Conformance((1,), (Verdict("a", "mta", "postfix", "", (Run(1, "{}", many),), Count(3, 3), True),), {})
    text = " ".join(Pages(page(found)).texts)
    assert "and 5 more" in text
    assert "x" * 301 not in text


def test_report_runs_the_cases_and_writes_the_page(monkeypatch, tmp_path):
    fake_rooms(monkeypatch)
    path = report(tmp_path / "validation.html", cases=write_cases(tmp_path / "c.jsonl", case("a", "bounced", "queued", "bounced")))
    assert "67 % (2 of 3)" in path.read_text("utf-8")
    again = report(str(path), FOUND)
    assert again == path
    assert path.read_text("utf-8") == page(FOUND)
