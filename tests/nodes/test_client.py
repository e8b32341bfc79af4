"""A user's mail program sends: how it finds its server, logs in, and what the user is told."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from small_worlds import MTA, Run, com, outage, run, world

FINAL: dict[str, Any] = {**MTA, "final_for": ["example.com"]}
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
HOME = {"kind": "mailstore", "host": "mail.example.org", "mailboxes": {"ann@example.org": {"password": "secret"}}}
ORG = """$ORIGIN example.org.
@    3600 IN SOA ns1 hostmaster 1 7200 900 1209600 300
@    3600 IN NS  ns1
ns1  3600 IN A   203.0.113.53
mail 3600 IN A   203.0.113.25
spare 3600 IN A  203.0.113.26
"""


def sending(
    *faults: dict[str, Any], submission: dict[str, Any], records: str = "", spare: dict[str, Any] | None = None, **more: Any
) -> Run:
    """ann sends one message; her domain has these records besides the servers ``mail`` and ``spare``."""
    nodes: dict[str, Any] = {"mx1": FINAL}
    if spare is not None:
        nodes["spare"] = {**MTA, "submission": True, "accounts": {"ann@example.org": {"password": "secret"}}, **spare}
    values = world(ONE, nodes, faults=faults, **more)
    values["zones"] = [values["zones"][0], ORG + records]
    values["nodes"]["ann"]["submission"] = submission
    return run(values)


def reached(result: Run) -> tuple[float, str]:
    """(instant of the 250 as the server gave it, server)"""
    row = result.of(Event.ACCEPTED, number=0)[0]
    return row.t_us / 1e6, row.node


# -- finding the server ------------------------------------------------------------------------------------------------

SUBMISSIONS = "_submissions._tcp 3600 IN SRV 0 1 465 mail\n"
SUBMISSION = "_submission._tcp 3600 IN SRV 0 1 587 mail\n"


@pytest.mark.parametrize(
    ("submission", "records", "instant"),
    [
        ({"discover": "mail.example.org"}, "", 0.55),  # port 587 without STARTTLS: six round trips with the login
        ({"discover": "mail.example.org", "port": 587}, "", 0.55),
        ({"discover": "mail.example.org", "port": 465}, "", 0.65),  # TLS from the start: one more
        ({"discover": "srv"}, SUBMISSIONS, 0.65),
        ({"discover": "srv"}, SUBMISSION, 0.55),
        ({"discover": "srv"}, SUBMISSIONS + SUBMISSION, 0.65),  # RFC 8314 section 3.3: implicit TLS first
        ({"discover": "srv"}, "_submissions._tcp 3600 IN SRV 0 0 0 .\n" + SUBMISSION, 0.55),  # RFC 2782: "." means no such service
        ({"discover": "mx"}, "@ 3600 IN MX 10 mail\n", 0.55),
    ],
)
def test_each_way_of_finding_the_server_costs_its_own_session(submission: dict[str, Any], records: str, instant: float) -> None:
    assert reached(sending(submission=submission, records=records)) == (instant, "isp")


def test_srv_priorities_are_followed_downwards() -> None:
    """RFC 2782: the smallest priority number first; the other one only if that fails."""
    records = "_submission._tcp 3600 IN SRV 20 1 587 mail\n_submission._tcp 3600 IN SRV 10 1 587 spare\n"
    assert reached(sending(submission={"discover": "srv"}, records=records, spare={})) == (0.55, "spare")
    broken = outage("spare", "0s", how="refused")
    assert reached(sending(broken, submission={"discover": "srv"}, records=records, spare={})) == (pytest.approx(0.65), "isp")


def test_the_best_mx_of_the_own_domain_is_taken_for_the_submission_server() -> None:
    records = "@ 3600 IN MX 20 spare\n@ 3600 IN MX 10 mail\n"
    assert reached(sending(submission={"discover": "mx"}, records=records, spare={})) == (0.55, "isp")


@pytest.mark.parametrize("discover", ["srv", "mx", "nowhere.example.org"])
def test_who_finds_no_server_keeps_the_mail_and_is_told(discover: str) -> None:
    result = sending(submission={"discover": discover})
    assert (result.state(), result.delivery().why, result.delivery().ended_us) == (State.REJECTED, Why.NO_SUBMISSION_HOST, 0)
    assert result.delivery().accepted_us == -1


# -- logging in --------------------------------------------------------------------------------------------------------


def test_a_wrong_password_is_told_at_once_and_nothing_enters_a_queue() -> None:
    """Four round trips to the reply to AUTH (connect, greeting, EHLO, AUTH), and Dovecot's pause of 2 s."""
    values = world(ONE, {"mx1": FINAL})
    values["nodes"]["ann"]["password"] = "a guess"
    result = run(values)
    message = result.delivery()
    assert (message.state, message.why, message.code, message.ended_us) == (State.REJECTED, Why.AUTH_FAILED, 535, 2_400_000)
    assert result.of(Event.ACCEPTED) == []
    assert result.reports() == []
    assert [row.code for row in result.of(Event.LOGIN_FAILED)] == [535]


def test_a_user_without_an_account_is_refused_like_one_with_a_wrong_password() -> None:
    values = world(ONE, {"mx1": FINAL})
    values["nodes"]["isp"]["accounts"] = {"joe@example.org": {"password": "secret"}}
    assert run(values).delivery().code == 535


def test_the_mailboxes_password_opens_submission_too() -> None:
    values = world(
        ONE,
        {"mx1": FINAL, "home": HOME},
    )
    values["nodes"]["isp"].update(accounts={}, store="home")
    assert run(values).state() == State.STORED


# -- refusals in session -----------------------------------------------------------------------------------------------


def test_an_unknown_local_recipient_is_refused_in_session_and_no_report_is_made() -> None:
    """The provider knows its own mailboxes: the user sees the 550 in the program, five round trips after pressing send."""
    values = world(
        ONE,
        {"mx1": FINAL, "home": HOME},
        to="nobody@example.org",
    )
    values["nodes"]["isp"]["store"] = "home"
    result = run(values)
    assert (result.state(), result.delivery().code, result.delivery().ended_us) == (State.REJECTED, 550, 500_000)
    assert result.reports() == []


def test_the_good_recipients_of_a_message_go_out_when_another_is_refused() -> None:
    values = world(ONE, {"mx1": FINAL, "home": HOME}, to=["nobody@example.org", "bob@example.com"])
    values["nodes"]["isp"]["store"] = "home"
    result = run(values)
    assert result.state(0, "bob@example.com") == State.STORED
    assert (result.state(0, "nobody@example.org"), result.delivery(0, "nobody@example.org").ended_us) == (State.REJECTED, 600_000)


def test_a_message_over_the_submission_servers_size_is_refused_in_session() -> None:
    result = run(world(ONE, {"mx1": FINAL}, size="2 MB", isp={"parameters": {"size_limit": "1 MB"}}))
    assert (result.state(), result.delivery().code) == (State.REJECTED, 552)


@pytest.mark.parametrize(
    ("how", "why", "told_us"),
    [("refused", Why.REFUSED, 100_000), ("unreachable", Why.UNREACHABLE, 100_000), ("silent", Why.SILENT, 30_000_000)],
)
def test_a_submission_server_that_is_down_leaves_the_mail_with_the_user(how: str, why: Why, told_us: int) -> None:
    result = run(world(ONE, {"mx1": FINAL}, faults=(outage("isp", "0s", how=how, length="1h"),)))
    message = result.delivery()
    assert (message.state, message.why, message.ended_us) == (State.REJECTED, why, told_us)


def test_a_submission_server_that_is_busy_leaves_the_mail_with_the_user() -> None:
    result = run(world(ONE, {"mx1": FINAL}, faults=(outage("isp", "0s", how="4xx", stage="mail", length="1h"),)))
    assert (result.state(), result.delivery().code) == (State.REJECTED, 451)
