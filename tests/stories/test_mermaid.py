"""Proves that the Mermaid diagram shows who talked to whom, and that no name or reply is more than letters in it.

The hostile texts below were drawn once by Mermaid 11 in a browser, and each was shown as it is written.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from mailsim.events import Event
from mailsim.rules.reasons import Why
from mailsim.stories.dialogue import Line
from mailsim.stories.explain import explain
from mailsim.stories.mermaid import escaped, mermaid
from mailsim.stories.story import Step, Story

#: the statements that are used, and nothing else (sequenceDiagram.jison)
TEXT = r"(?:[^#;<>&\"'`%$\\{}\n]|#\d+;)+"
GRAMMAR = re.compile(
    rf"sequenceDiagram|    Note over p0,p\d+: {TEXT}(?:<br/>{TEXT})*|    participant p\d+ as {TEXT}"
    rf"|    Note over p\d+: {TEXT}|    p\d+(?:->>|-->>|-x|--x)p\d+: {TEXT}"
)
HOSTILE = [
    "end",
    "<img src=x onerror=alert(1)>",
    "a;b",
    "%%{init: {'theme':'forest'}}%%",
    "x\nparticipant q",
    '"`$$x^2$$',
    "#35;",
    "wrap: x",
    "style a:b#c;d",
    "\x1b[2J",
    "p0->>p1: y",
    "a\\nb<br/>c",
    "",
]


def shown(text: str) -> str:
    """What Mermaid shows of an escaped text."""
    return re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text)


def test_the_hand_written_fallback_as_a_diagram(told) -> None:  # type: ignore[no-untyped-def]
    assert explain(told, 0).mermaid().split("\n") == [
        "sequenceDiagram",
        "    participant p0 as ann",
        "    participant p1 as isp",
        "    participant p2 as DNS",
        "    participant p3 as mx1",
        "    participant p4 as mx2",
        "    participant p5 as boxes",
        "    participant p6 as bob",
        "    Note over p0,p6: Message 0. ann@example.org to bob@example.com: read after 6m, by way of mx2 because mx1<br/>failed",
        "    Note over p0: +0s sends",
        "    p0->>p2: +0s _submissions._tcp.example.org SRV",
        "    p2-->>p0: 0 1 465 mail.example.org",
        "    p0->>p1: +1ms message → 250",
        "    p1->>p2: +480ms example.com MX",
        "    p2-->>p1: 10 mx1.example.com, 20 mx2.example.com",
        "    Note over p1: first mx1.example.com (10), then mx2.example.com (20)",
        "    p1--xp3: +600ms connect → no answer, 30s",
        "    Note over p3: because of mx1: silent, from 00:59:00 to 01:04:00",
        "    p1->>p4: +30.6s message → 250",
        "    p4->>p2: +31s example.com MX",
        "    p2-->>p4: 10 mx1.example.com, 20 mx2.example.com",
        "    Note over p4: first mx1.example.com (10), then mx2.example.com (20)",
        "    p4--xp3: +31s connect → no answer, 30s",
        "    Note over p4: +1m 01s waits 3m 59s",
        "    p4->>p2: +5m the same questions, the same answers",
        "    p4->>p3: +5m message → 250",
        "    Note over p5: +5m 01s in the mailbox",
        "    p5->>p6: +6m fetched",
        "",
    ]


def test_a_refusal_ends_in_a_cross_and_the_report_goes_back(told) -> None:  # type: ignore[no-untyped-def]
    text = explain(told, 1, language="de").mermaid()
    assert "    p1-xp3: +1s RCPT → 550 5.1.1 no such user\n" in text
    assert "    Note over p1: +1,3s gibt auf und berichtet\n    p1->>p0: +2s Bericht\n" in text


def test_every_line_is_a_statement_of_the_grammar(told) -> None:  # type: ignore[no-untyped-def]
    for number in (0, 1, 2):
        for language in ("en", "de"):
            lines = explain(told, number, language=language, words="pupil").mermaid().removesuffix("\n").split("\n")
            assert [line for line in lines if not GRAMMAR.fullmatch(line)] == []


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_is_shown_as_it_is_and_has_no_letter_that_mermaid_reads(text: str) -> None:
    safe = escaped(text)
    assert re.fullmatch(TEXT, safe)
    assert shown(safe) == (text.replace("\n", "\\n").replace("\x1b", "\\x1b") or " ")


def test_hostile_names_and_replies_make_no_statement() -> None:
    steps = []
    for k, name in enumerate(HOSTILE[:-1]):
        at, peer = datetime(2026, 1, 5, tzinfo=UTC), HOSTILE[k - 1]
        steps.append(Step("relay", Event.TRIED, k, k, at, name, peer or "x", name, why=Why.TEMPFAIL, code=451, stage="rcpt", reply=name))
        answer = (Line("->", name), Line("<-", name))
        steps.append(Step("resolve", Event.LOOKED_UP, k, k, at, name, "dns", name, answer, code=0, stage="dns", reply=name))
    lines = mermaid(Story(1, " ".join(HOSTILE), "", tuple(steps))).removesuffix("\n").split("\n")
    assert [line for line in lines if not GRAMMAR.fullmatch(line)] == []
    assert sum(line.startswith("    participant ") for line in lines) == len({*HOSTILE[:-1], "dns", "x"})


def test_a_long_text_is_cut_before_it_is_escaped() -> None:
    assert escaped(";" * 100, most=5) == "#59;" * 4 + "…"


def test_words_before_whose_colon_mermaid_would_do_something_lose_the_colon_s_power() -> None:
    assert escaped("nowrap: x") == "nowrap#58; x"
    assert escaped("mx1: silent") == "mx1: silent"
