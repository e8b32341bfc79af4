"""Proves that the page of a story is well-formed and shows what the text shows."""

from html.parser import HTMLParser

from mailsim.stories.explain import explain
from mailsim.stories.page import story_html, story_page

VOID = {"meta", "br", "img"}


class Balanced(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen, self.text = [], set(), ""

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def read(html):
    parser = Balanced()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


def test_every_tag_is_closed_and_nothing_can_run(told):
    for number in range(3):
        parser = read(story_page(explain(told, number)))
        assert not parser.seen & {"script", "iframe", "object", "link", "a"}


def test_every_step_of_the_shown_story_is_on_the_page(told):
    story = explain(told, 0)
    text = read(story_html(story)).text
    for step in story.shown:
        assert step.text in text
        assert all(str(line) in text for line in step.lines)


def test_failed_contacts_are_marked(told):
    html = story_html(explain(told, 0))
    assert html.count('<li class="failed">') == 2


def test_the_page_speaks_the_language_of_its_story_from_its_title_on(told):
    page = explain(told, 1, language="de", words="pupil").html()
    assert page.startswith('<!DOCTYPE html>\n<html lang="de">')
    assert "<title>Nachricht 1. ann@example.org an eve@example.com: nach 1,3s an den Absender zurückgeschickt (Bounce)" in page
    text = read(page).text
    assert "weitergeben (Relay)" in text
    assert "Zeilen" in text
    assert "wohin die Zeit ging" in text


def test_the_page_names_the_fault_that_was_the_cause(told):
    assert '<div class="note">because of mx1: silent, from 00:59:00 to 01:04:00</div>' in explain(told, 0).html()
