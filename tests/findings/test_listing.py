"""The list of findings shows itself, the worst first, with headings in either language."""

from __future__ import annotations

from mailsim.findings import Finding, Findings
from mailsim.language import speaking

FOUND = [
    Finding("error", "example.com MX", "<b>loops</b>", "take it out", "RFC 5321 section 5.1"),
    Finding("warning", "mx1\x1b[2J", "is alone", "add one", "RFC 5321 section 4.5.4.1"),
    Finding("warning", "mx2", "is alone", "add one", "RFC 5321 section 4.5.4.1"),
]


def test_the_text_counts_them_and_has_a_line_for_each() -> None:
    assert repr(Findings(FOUND)).splitlines() == [
        "1 error and 2 warnings",
        "error: example.com MX: <b>loops</b>; take it out (RFC 5321 section 5.1)",
        "warning: mx1\\x1b[2J: is alone; add one (RFC 5321 section 4.5.4.1)",
        "warning: mx2: is alone; add one (RFC 5321 section 4.5.4.1)",
    ]
    with speaking("de"):
        assert repr(Findings(FOUND)).splitlines()[0] == "1 Fehler und 2 Warnungen"
        assert repr(Findings(FOUND[1:2])).splitlines()[0] == "1 Warnung"


def test_nothing_found_is_said_and_is_an_empty_list() -> None:
    assert Findings() == []
    assert repr(Findings()) == "nothing found"
    with speaking("de"):
        assert "nichts gefunden" in Findings()._repr_html_()


def test_the_page_tells_how_bad_each_is_by_word_and_sign() -> None:
    page = Findings(FOUND)._repr_html_()
    assert page.count('class="finding warning"') == 2
    assert "✗ error" in page
    assert page.count("⚠ warning") == 2
    assert "&lt;b&gt;loops&lt;/b&gt;" in page
    assert "\x1b" not in page
    with speaking("de"):
        german = Findings(FOUND)._repr_html_()
    assert "✗ Fehler" in german
    assert "zu tun: take it out" in german
    assert "Quelle: RFC 5321 section 5.1" in german
