"""The list of assumptions shows itself, and is a list all the same."""

from __future__ import annotations

from mailsim.language import speaking
from mailsim.scenario.assumed import Assumption, Assumptions

FOUND = [
    Assumption("links.default.rtt", "40ms", "duration", "the scenario", "given"),
    Assumption("starts", "2026-01-05", "word", "convention: a Monday", "default"),
    Assumption("nodes.mx1.flavour", "postfix", "word", "Postfix 3.7", "default"),
    Assumption("nodes.mx1.parameters.tls", "1.3", "word", "assumption: <b>\x1b[2J", "unverified"),
    Assumption("policies[example.com].max_age", "7d", "duration", "the scenario", "given"),
]


def test_it_is_a_list() -> None:
    assert Assumptions(FOUND) == FOUND
    assert [one.path for one in Assumptions(FOUND) if one.status == "unverified"] == ["nodes.mx1.parameters.tls"]


def test_the_text_has_a_line_for_each_and_counts_them_first() -> None:
    lines = repr(Assumptions(FOUND)).splitlines()
    assert lines[0] == "5 figures that a run rests on: 2 given, 2 defaults with a source, 1 unverified"
    assert [line.split()[0] for line in lines[1:]] == [one.path for one in FOUND]
    assert lines[4].endswith("unverified  assumption: <b>\\x1b[2J")
    with speaking("de"):
        told = repr(Assumptions(FOUND))
        assert told.startswith("5 Werte, auf denen ein Lauf beruht: 2 angegeben, 2 Voreinstellungen mit Quelle, 1 ungeprüft")


def test_the_page_folds_them_by_what_they_belong_to() -> None:
    page = Assumptions(FOUND)._repr_html_()
    titles = [part.partition("</summary>")[0] for part in page.split("<summary>")[1:]]
    assert titles == ["links: 1", "run: 1", "nodes.mx1: 2, unverified: 1", "policies: 1"]
    assert "assumption: &lt;b&gt;\\x1b[2J" in page
    with speaking("de"):
        german = Assumptions(FOUND)._repr_html_()
    assert "nodes.mx1: 2, ungeprüft: 1" in german
    assert '<th scope="col">Quelle</th>' in german


def test_a_page_of_very_many_says_how_many_more_there_are() -> None:
    page = Assumptions(FOUND[:1] * 1_003)._repr_html_()
    assert page.count("40ms") == 1_000
    assert "... and 3 more" in page
