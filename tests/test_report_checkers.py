"""The checkers of reports judged: real runs pass, and an engine that is broken on purpose is caught by the checker meant for it."""

from __future__ import annotations

from typing import Any

import pytest

import mailsim
from checkers import CHECKS, violations
from mailsim.engine import simulate
from mailsim.nodes.mta import life, returning
from mailsim.rules.reasons import Why
from mailsim.scenario.compiled import compiled
from small_worlds import MTA, com, world

ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
NO_USER = [{"stage": "rcpt", "reply": "550 5.1.1 no such user"}]


def found(notify: Any, server: dict[str, Any], isp: dict[str, Any] | None = None) -> set[str]:
    """Names of the checkers that complain about a run."""
    values = world(ONE, {"mx1": {**FINAL, **server}}, isp=isp)
    values["traffic"][0]["notify"] = notify
    scenario = mailsim.load(values)
    return {text.partition(":")[0] for text in violations(simulate(compiled(scenario), 1), scenario)}


def test_real_runs_pass() -> None:
    assert found("success", {}) == set()
    assert found("success", {"flavour": "exim"}) == set()
    assert found("never", {"script": NO_USER}) == set()
    assert found("failure", {"script": NO_USER}) == set()


def everybody(agent: Any, number: int, deliveries: tuple[int, ...], action: str) -> tuple[int, ...]:
    return deliveries


def test_a_report_that_nobody_wants_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(returning, "wanting", everybody)
    assert "nobody_is_told_what_he_did_not_ask" in found("never", {"script": NO_USER})
    assert "nobody_is_told_what_he_did_not_ask" in found("failure", {})  # of success


def test_a_success_that_is_never_told_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life, "tell_success", lambda *arguments: None)
    assert found("success", {}) == {"success_is_told_once"}


def test_a_success_that_is_told_twice_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(*arguments: Any) -> None:
        returning.tell_success(*arguments)
        returning.tell_success(*arguments)

    monkeypatch.setattr(life, "tell_success", twice)
    assert found("success", {}) == {"success_is_told_once"}


def test_a_delivery_that_was_none_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    words = returning.success_words
    monkeypatch.setattr(returning, "success_words", lambda log, told, action: words(log, told, "delivered"))
    assert found("success", {"flavour": "exim"}) == {"delivered_is_said_by_who_delivers"}


def test_a_report_about_a_report_about_a_report_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Postfix drops a report that fails; whoever tells a postmaster nevertheless is caught."""

    def tells(mta: Any, item: Any, delivery: int, t_us: int) -> None:
        returning._send(mta, item, "postmaster@x.test", 99, t_us, Why.DOUBLE_BOUNCE)

    monkeypatch.setattr(returning, "_tell_postmaster", tells)
    values = world(com("@ MX 0 ."), {"home": {**MTA, "host": "home.example.org", "script": NO_USER, "final_for": ["example.org"]}})
    values["nodes"]["isp"]["final_for"] = []
    values["zones"][1] = values["zones"][1].replace("10 mail", "10 home") + "home 3600 IN A 203.0.113.26\n"
    scenario = mailsim.load(values)
    texts = violations(simulate(compiled(scenario), 1), scenario)
    assert [text for text in texts if text.startswith("reports_go_to_the_sender_and_beget_none") and "a report about a report" in text]


def test_each_of_these_checkers_has_been_judged() -> None:
    mine = {checker.__name__ for checker in CHECKS if checker.__module__ == "report_checkers"}
    assert mine == {"nobody_is_told_what_he_did_not_ask", "success_is_told_once", "delivered_is_said_by_who_delivers"}
