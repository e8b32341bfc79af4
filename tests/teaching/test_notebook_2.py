"""What notebook 2 states of how a sender picks a server is so; expected values from RFC 5321 section 5.1, RFC 7505 and counting."""

from __future__ import annotations

import ast
from math import sqrt
from pathlib import Path

import nbformat
import pytest

import mailsim
from mailsim import Result, flavours, teaching
from mailsim.scenario.scenario import Scenario
from mailsim.teaching import share_of, taken_by, with_mx

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "02-how-a-sender-picks-a-server.ipynb"
SERVERS = ("mx1", "mx2", "mx3", "web")
COUNT = 1000


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return mailsim.load("three-servers")


@pytest.fixture(scope="module")
def small(scenario: Scenario) -> Scenario:
    """The same day with less mail, for what does not hang on chance."""
    return scenario.replace("traffic[0].count", 60)


@pytest.fixture(scope="module")
def outage(scenario: Scenario) -> Result:
    return scenario.with_outage("mx1", start="12h", length="6h").run()


def shares(result: Result, window: tuple[str, str] | None = None) -> list[float]:
    return [share_of(result, server, window=window) for server in SERVERS]


def kinds(result: Result, what: str) -> set[object]:
    """What became of ordinary mail."""
    mail = result.messages[result.messages["parent"].isna()]
    return set(mail[what].dropna())


# -- the cast, predictions A to C and the story


def test_the_cast_is_as_told(scenario: Scenario) -> None:
    rrsets = scenario.parsed_zones()[0].rrsets
    assert sorted(rrsets["example.com", "MX"].rdatas) == [(10, "mx1.example.com"), (20, "mx2.example.com"), (30, "mx3.example.com")]
    assert rrsets["example.com", "A"].rdatas == ("192.0.2.80",)
    assert not scenario.faults
    result = scenario.run()
    assert (len(result.messages), scenario.nodes["world"].kind) == (COUNT, "senders")  # each message from an MTA of its own
    assert result.messages["sent_s"].max() < 86_400
    assert kinds(result, "flavour") == {"postfix"}
    for server in SERVERS:
        node = scenario.values()["nodes"][server]
        assert (node["final_for"], node["store"]) == (["example.com"], "boxes")


def test_the_smallest_number_takes_all_and_while_it_is_silent_the_next_does(outage: Result) -> None:
    assert shares(outage, ("0h", "12h")) == [1, 0, 0, 0]
    assert shares(outage, ("12h", "17h59m")) == [0, 1, 0, 0]
    assert shares(outage, ("18h", "24h")) == [1, 0, 0, 0]
    assert share_of(outage, "mx3") == 0
    assert kinds(outage, "state") == {"stored"}


def test_the_story_holds_what_the_explanation_points_to(outage: Result) -> None:
    mail = teaching.first_sent(outage, "13h")
    assert taken_by(outage, mail) == "mx2"
    lookups = teaching.lookups_of(outage, mail)
    assert lookups["type"].tolist() == ["MX", "A", "A", "A"]
    assert [name.split(".")[0] for name in lookups["name"][1:]] == ["mx1", "mx2", "mx3"]
    tried = outage.attempts[outage.attempts["message"] == mail]
    assert [host.split(".")[0] for host in tried["host"] if host][:2] == ["mx1", "mx2"]
    assert not tried["host"].str.startswith("mx3").any()
    assert flavours.mta_figures("postfix").connect_timeout == 30_000_000
    assert 30 < teaching.delay_of(outage, mail) < 33
    told = str(teaching.lesson("en").explain(outage, mail))
    for sentence in ("10 mx1.example.com, 20 mx2.example.com, 30 mx3.example.com", "first mx1 (10), then mx2 (20), then mx3 (30)", "30s"):
        assert sentence in told


# -- the numbers


def test_only_the_order_of_the_numbers_counts(small: Scenario) -> None:
    hundreds = with_mx(small, "example.com", "100 mx1", "200 mx2", "300 mx3").run()
    assert hundreds.trace_hash == small.run().trace_hash
    assert shares(hundreds) == [1, 0, 0, 0]


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    ("records", "expected"),
    [
        (("10 mx1", "10 mx2", "10 mx3"), [1 / 3, 1 / 3, 1 / 3, 0]),
        (("10 mx1", "10 mx2", "20 mx3"), [1 / 2, 1 / 2, 0, 0]),
        (("10 mx1", "10 mx1", "10 mx2"), [1 / 2, 1 / 2, 0, 0]),  # the same record twice counts once
    ],
)
def test_equal_numbers_share_the_mail_by_lot(scenario: Scenario, records: tuple[str, ...], expected: list[float], seed: int) -> None:
    count = 400
    found = shares(with_mx(scenario.replace("traffic[0].count", count), "example.com", *records).run(seed))
    for share, right in zip(found, expected, strict=True):
        assert abs(share - right) <= 4 * sqrt(right * (1 - right) / count)  # four standard deviations of a binomial count


def test_where_one_of_the_equals_fails_the_other_comes_before_a_larger_number(small: Scenario) -> None:
    mine = with_mx(small, "example.com", "10 mx1", "10 mx2", "20 mx3")
    assert shares(mine.with_outage("mx1", length="25h").run()) == [0, 1, 0, 0]


# -- no MX, null MX


def test_without_mx_the_domains_own_address_stands_in_and_what_refuses_there_costs_five_days(small: Scenario) -> None:
    no_mx = with_mx(small, "example.com")
    assert shares(no_mx.run()) == [0, 0, 0, 1]
    refused = no_mx.with_outage("web", length="7d", how="refused").replace("traffic[0].count", 10).run()
    assert kinds(refused, "state") == {"bounced"}
    days = flavours.mta_figures("postfix").queue_lifetime / 86_400e6
    assert days == 5
    assert days < teaching.returned_after(refused, 0) / 86_400 < days + 0.1
    assert refused.messages["tries"][0] > 50  # "tries again"


def test_the_null_mx_returns_all_mail_at_once_and_nobody_is_disturbed(small: Scenario) -> None:
    nobody = with_mx(small, "example.com", "0 .").run()
    assert kinds(nobody, "state") == {"bounced"}
    assert kinds(nobody, "why") == {"null MX"}
    assert all(teaching.returned_after(nobody, mail) < 1 for mail in range(10))
    mail = nobody.messages[nobody.messages["parent"].isna()]
    assert set(mail["tries"]) == {0}  # nobody was knocked at, though the web server has an address
    assert shares(nobody) == [0, 0, 0, 0]


# -- the check


def checks(scenario: Scenario, *records: str) -> list[bool]:
    """What the notebook's three checks say of a set of records."""
    mine = with_mx(scenario, "example.com", *records)
    calm = mine.run()
    storm = mine.with_outage("mx1", length="1h").with_outage("mx2", length="1h").run()
    found = [share_of(calm, "mx1"), share_of(calm, "mx2"), share_of(storm, "mx3", window=("0h", "1h"))]
    expected = ("50 %", "50 %", "100 %")
    return [bool(teaching.check(one, right, unit="share", tolerance=0.1)) for one, right in zip(found, expected, strict=True)]


def test_the_solution_passes_its_three_checks(scenario: Scenario) -> None:
    assert checks(scenario, "10 mx1", "10 mx2", "20 mx3") == [True, True, True]


@pytest.mark.parametrize(
    "records", [("10 mx1", "20 mx2", "30 mx3"), ("10 mx1", "10 mx2", "10 mx3"), ("10 mx1", "10 mx2"), ("10 mx1", "10 mx3", "20 mx2")]
)
def test_what_comes_near_the_solution_does_not_pass(small: Scenario, records: tuple[str, ...]) -> None:
    assert not all(checks(small, *records))


def test_as_handed_out_the_notebook_solves_neither_exercise() -> None:
    code = [cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells if cell.cell_type == "code"]
    calls = [node for cell in code for node in ast.walk(ast.parse(cell)) if isinstance(node, ast.Call)]
    sets = [[part.value for part in call.args[2:]] for call in calls if ast.unparse(call.func) == "lesson.with_mx"]  # type: ignore[attr-defined]
    assert sets[-2:] == [["10 mx1", "20 mx2", "30 mx3"]] * 2
    assert ["0 ."] not in sets
    predicted = [call.args[1].value for call in calls if ast.unparse(call.func) == "lesson.predict"]  # type: ignore[attr-defined]
    assert predicted == [None] * 7


# -- the whole picture, line by line


@pytest.mark.parametrize(("how", "retries"), [("nxdomain", False), ("servfail", True), ("silent", True)])
def test_no_such_domain_returns_the_mail_at_once_and_dns_out_of_order_keeps_it(small: Scenario, how: str, retries: bool) -> None:
    result = small.with_outage("dns example.com/MX", length="2h", how=how).replace("traffic[0].until", "1h").run()
    assert kinds(result, "state") == ({"stored"} if retries else {"bounced"})
    if retries:
        assert result.messages["stored_s"].min() > 7_200
    else:
        assert teaching.returned_after(result, 0) < 1


@pytest.mark.parametrize(("how", "goes_on"), [("4xx", True), ("refused", True), ("silent", True), ("5xx", False)])
def test_only_a_final_no_ends_the_search_for_a_server(small: Scenario, how: str, goes_on: bool) -> None:
    stage = {"stage": "rcpt", "reply": {"4xx": "450 4.3.0 not now", "5xx": "550 5.1.1 no such mailbox"}[how]} if "xx" in how else {}
    result = small.with_outage("mx1", length="25h", how=how, **stage).run()
    if goes_on:
        assert shares(result) == [0, 1, 0, 0]
    else:
        assert shares(result) == [0, 0, 0, 0]
        assert kinds(result, "state") == {"bounced"}
        assert teaching.returned_after(result, 0) < 10


def test_at_the_end_of_the_list_the_mail_is_kept_and_later_all_begins_again_with_the_question_to_the_dns(scenario: Scenario) -> None:
    down = scenario.replace("traffic[0].count", 10).replace("traffic[0].until", "10m")
    for server in ("mx1", "mx2", "mx3"):
        down = down.with_outage(server, length="3h", how="refused")
    result = down.run()
    assert kinds(result, "state") == {"stored"}
    assert result.messages["stored_s"].min() > 3 * 3_600
    lookups = teaching.lookups_of(result, 0)
    assert (lookups["type"] == "MX").sum() == result.attempts.query("message == 0")["attempt"].nunique() > 1
