"""What a scenario may say of logins: fault targets ``auth of``, programs of mail stores, probers; and how wrong words are told."""

from __future__ import annotations

from typing import Any

import pytest

import mailsim
from mailsim.errors import ScenarioError
from mailsim.scenario import schema
from small_worlds import MTA, com, outage, world

NODES: dict[str, Any] = {
    "mx1": {**MTA, "final_for": ["example.com"], "store": "boxes"},
    "boxes": {"kind": "mailstore", "host": "imap.example.com", "mailboxes": {"bob@example.com": {"password": "x"}}},
}
ZONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "imap A 192.0.2.3")


def told(*faults: dict[str, Any], **nodes: dict[str, Any]) -> list[str]:
    """The problems of a world with these faults and nodes."""
    try:
        mailsim.load(world(ZONE, {**NODES, **nodes}, faults=faults))
    except ScenarioError as error:
        return [f"{problem.path}: {problem.what}" for problem in error.problems]
    return []


@pytest.mark.parametrize("how", ["silent", "refused"])
@pytest.mark.parametrize("node", ["boxes", "isp"])
def test_who_checks_passwords_at_a_store_or_a_submission_server_may_fail(node: str, how: str) -> None:
    assert told(outage(f"auth of {node}", "1h", how=how)) == []


def test_passwords_are_checked_only_where_somebody_logs_in() -> None:
    assert told(outage("auth of mx1", "1h")) == [
        "faults[0].target: nobody logs in at mx1; passwords are checked by mail stores, and by MTAs with submission: true"
    ]
    assert told(outage("auth of boxs", "1h")) == ["faults[0].target: there is no node 'boxs'; did you mean 'boxes'?"]


def test_who_checks_passwords_gives_no_replies() -> None:
    (problem,) = told(outage("auth of boxes", "1h", how="4xx"))
    assert problem == "faults[0].how: who checks passwords can't fail by 4xx; write silent or refused"


def test_a_login_on_port_25_needs_users() -> None:
    assert told(mx2={**MTA, "login_on_smtp": True}) == [
        "nodes.mx2.login_on_smtp: login_on_smtp needs logins: name the store whose mailboxes may log in, or give accounts"
    ]


def test_the_program_of_a_store_and_its_figures_are_checked() -> None:
    assert told(boxes={**NODES["boxes"], "flavour": "dovecto"})[0].startswith("nodes.boxes.flavour: ")
    assert told(boxes={**NODES["boxes"], "parameters": {"failure_delay": "soon"}})[0].startswith("nodes.boxes.parameters.failure_delay: ")
    assert told(boxes={**NODES["boxes"], "parameters": {"failure_delay": "4s", "penalty_levels": 0}}) == []


def test_a_prober_needs_something_to_call() -> None:
    assert told(check={"kind": "prober", "calls": []})[0].startswith("nodes.check.calls: ")
    assert told(check={"kind": "prober", "calls": [{"service": "gopher", "host": "mx1.example.com"}]})[0].startswith(
        "nodes.check.calls[0].service: "
    )


def test_the_schema_knows_the_programs_of_mail_stores_and_the_services_of_calls() -> None:
    models = schema()["$defs"]
    assert models["Mailstore"]["properties"]["flavour"]["enum"] == ["dovecot"]
    assert models["Call"]["properties"]["service"]["enum"] == ["smtp", "submission", "submissions", "imap", "pop3"]


def test_every_figure_of_a_mail_store_is_an_assumption_with_its_source() -> None:
    scenario = mailsim.load(world(ZONE, {**NODES, "boxes": {**NODES["boxes"], "parameters": {"failure_delay": "4s"}}}))
    rows = {row.path: row for row in scenario.assumptions() if row.path.startswith("nodes.boxes.")}
    assert rows["nodes.boxes.parameters.failure_delay"].status == "given"
    assert rows["nodes.boxes.parameters.penalty_longest"][1:] == (
        "15s", "duration", "Dovecot src/auth/auth-penalty.h AUTH_PENALTY_MAX_SECS", "default",
    )  # fmt: skip
