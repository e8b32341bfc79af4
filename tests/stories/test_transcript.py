"""Proves that a transcript looks like that of swaks and dig and says only what was recorded."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

import mailsim
from mailsim.events import Event
from mailsim.rules.reasons import Why
from mailsim.stories.dialogue import lookup_lines
from mailsim.stories.explain import explain
from mailsim.stories.story import Step, Story
from small_worlds import MTA, com, world

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


def asked(name: str, rtype: int, kind: str, answer: str, *, code: int = 0, cost_us: int = 120_000) -> str:
    """The transcript of a story that is one look-up, without its heading."""
    step = Step(
        "resolve", Event.LOOKED_UP, 0, 0, datetime(2026, 1, 5, 1, tzinfo=UTC), "isp", "dns", "isp asks",
        lines=lookup_lines(name, rtype, rcode=code, answer=answer), cost_us=cost_us, code=code, stage="dns", reply=f"{name} {kind}",
    )  # fmt: skip
    return Story(0, "t", "f", (step,)).transcript().split("isp asks\n")[1]


def test_an_mx_answer_is_told_as_dig_tells_it() -> None:
    assert asked("example.com", 15, "MX", "10 mx1.example.com, 20 mx2.example.com (TTL 3600)") == (
        "; <<>> mailsim <<>> example.com MX\n"
        ";; Got answer:\n"
        ";; ->>HEADER<<- opcode: QUERY, status: NOERROR\n"
        ";; QUERY: 1, ANSWER: 2\n"
        "\n"
        ";; QUESTION SECTION:\n"
        ";example.com.                   IN  MX\n"
        "\n"
        ";; ANSWER SECTION:\n"
        "example.com.            3600    IN  MX      10 mx1.example.com.\n"
        "example.com.            3600    IN  MX      20 mx2.example.com.\n"
        "\n"
        ";; Query time: 120 msec\n"
        ";; SERVER: dns\n"
        ";; WHEN: Mon Jan 05 01:00:00 UTC 2026\n"
    )


@pytest.mark.parametrize(
    ("answer", "code", "status", "records"),
    [
        ("no such record", 0, "NOERROR", []),
        ("", 2, "SERVFAIL", []),
        ("", 3, "NXDOMAIN", []),
        ("0 . (TTL 60)", 0, "NOERROR", ["example.com.            60      IN  MX      0 ."]),
        (
            "example.com is an alias of mail.example.net; 5 mx.example.net (TTL 60)",
            0,
            "NOERROR",
            [
                "example.com.                    IN  CNAME   mail.example.net.",
                "mail.example.net.       60      IN  MX      5 mx.example.net.",
            ],
        ),
    ],
)
def test_status_and_records_are_those_of_the_answer(answer: str, code: int, status: str, records: list[str]) -> None:
    told = asked("example.com", 15, "MX", answer, code=code)
    assert f"status: {status}\n;; QUERY: 1, ANSWER: {len(records)}\n" in told
    found = told.partition(";; ANSWER SECTION:\n")[2].partition("\n\n")[0]
    assert [line for line in found.split("\n") if line] == records


def test_a_text_record_is_one_record_whatever_is_in_it() -> None:
    told = asked("_mta-sts.example.com", 16, "TXT", '"v=STSv1; id=1, 2" (TTL 60)')
    assert '_mta-sts.example.com.   60      IN  TXT     "v=STSv1; id=1, 2"\n' in told


def test_a_resolver_that_says_nothing_is_told_as_dig_tells_it() -> None:
    assert asked("example.com", 15, "MX", "", code=99) == (
        "; <<>> mailsim <<>> example.com MX\n;; communications error to dns: timed out\n;; no servers could be reached\n"
    )


def block(text: str, words: str) -> list[str]:
    """The lines of a transcript after the comment that ends so, up to the next empty line."""
    return text.partition(f"  {words}\n")[2].partition("\n\n")[0].rstrip("\n").split("\n")


def test_a_silent_server_is_a_connect_that_timed_out(told) -> None:  # type: ignore[no-untyped-def]
    text = explain(told, 0).transcript()
    assert block(text, "isp tries mx1: silent") == [
        "=== Trying 192.0.2.10:25...",
        "*** Error connecting to 192.0.2.10:25:",
        "***   Connection timed out",
    ]


def test_a_whole_session_has_the_recorded_reply_in_words_and_the_others_as_codes(told) -> None:  # type: ignore[no-untyped-def]
    assert block(explain(told, 0).transcript(), "isp hands it to mx2") == [
        "=== Trying 198.51.100.20:25...",
        "=== Connected to 198.51.100.20.",
        "<-  220",
        " -> EHLO isp",
        "<-  250",
        " -> STARTTLS",
        "<-  220",
        "=== TLS started with TLSv1.3",
        " ~> EHLO isp",
        "<~  250",
        " ~> MAIL FROM:<ann@example.org>",
        " ~> RCPT TO:<bob@example.com>",
        " ~> DATA",
        "<~  250",
        "<~  250",
        "<~  354",
        " ~> 20000 octets sent",
        "<~  250 2.0.0 Ok: queued",
        " ~> QUIT",
        "<~  221",
        "=== Connection closed with remote host.",
    ]


def test_a_refusal_has_the_hint_of_a_reply_that_was_not_hoped_for(told) -> None:  # type: ignore[no-untyped-def]
    lines = block(explain(told, 1).transcript(), "isp tries mx1: permanent failure")
    assert lines[-4:] == ["<~* 550 5.1.1 no such user", " ~> QUIT", "<~  221", "=== Connection closed with remote host."]


def test_no_reply_that_was_not_recorded_has_words(told) -> None:  # type: ignore[no-untyped-def]
    for number in (0, 1, 2):
        replies = re.findall(r"^<[-~*][ *] (.*)$", explain(told, number).transcript(), re.MULTILINE)
        assert {reply for reply in replies if len(reply) > 3} <= {"250 2.0.0 Ok: queued", "550 5.1.1 no such user"}


def test_only_what_is_ours_changes_with_the_language(told) -> None:  # type: ignore[no-untyped-def]
    def theirs(language: str) -> list[str]:
        return [line for line in explain(told, 0, language=language).transcript().split("\n") if not line.startswith("#")]

    assert theirs("de") == theirs("en")
    assert "# +600ms  2026-01-05 01:00:00  isp versucht es bei mx1: keine Antwort" in explain(told, 0, language="de").transcript()


@pytest.mark.parametrize(
    ("how", "shown"),
    [
        ("hang", "<** Timeout waiting for server response"),
        ("lost_reply", "<** Timeout waiting for server response"),
        ("drop", "*** Remote host closed connection unexpectedly."),
        ("refused", "***   Connection refused"),
        ("unreachable", "***   No route to host"),
    ],
)
def test_other_ends_of_a_contact_are_told_as_the_programs_tell_them(how: str, shown: str) -> None:
    fault = {"kind": "outage", "target": "mx1", "how": how, "start": "0s", "length": "1m"}
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.10")
    result = mailsim.load(world(zone, {"mx1": {**MTA, "final_for": ["example.com"]}}, faults=(fault,))).run()
    told = [result.explain(0, language=language).transcript().split("\n") for language in ("en", "de")]
    assert shown in told[0]
    assert shown in told[1]


def test_a_login_shows_who_and_never_the_password() -> None:
    zone = com("@ MX 10 mx1", "mx1 A 192.0.2.10")
    text = mailsim.load(world(zone, {"mx1": {**MTA, "final_for": ["example.com"]}})).run().explain(0).transcript()
    assert " AUTH PLAIN (ann@example.org)\n" in text
    assert "secret" not in text


def test_a_reply_can_neither_make_a_line_nor_reach_the_terminal(told) -> None:  # type: ignore[no-untyped-def]
    story = explain(told, 1)
    bad = "550 \x1b[2J no\r\n<~  250 ok\u202e"
    steps = [
        replace(step, lines=tuple(line._replace(text=bad) if line.key == "recorded" else line for line in step.lines))
        for step in story.steps
    ]
    text = replace(story, steps=tuple(steps), title="a\nb\x07").transcript()
    assert CONTROL.findall(text.replace("\n", "")) == []
    assert "<~* 550 \\x1b[2J no\\r\\n<~  250 ok\\u202e" in text.split("\n")


def test_a_policy_that_was_fetched_is_no_look_up_of_dig() -> None:
    lines = lookup_lines("mta-sts.example.com", 65280, rcode=0, answer="enforce")
    step = Step("resolve", Event.LOOKED_UP, 0, 0, datetime(2026, 1, 5, tzinfo=UTC), "isp", "dns", "isp asks", lines, Why.POLICY_FETCHED,
                code=0, stage="dns", reply="mta-sts.example.com policy (HTTPS)")  # fmt: skip
    assert Story(0, "t", "f", (step,)).transcript().split("isp asks\n")[1] == " -> mta-sts.example.com policy (HTTPS)?\n<-  enforce\n"
