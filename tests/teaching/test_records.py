"""MX records that a pupil writes: they replace a domain's own and nothing else, and each slip is told with the way to mend it."""

from __future__ import annotations

import pytest

import mailsim
from mailsim import teaching
from mailsim.errors import ScenarioError, UnknownNameError
from mailsim.scenario.scenario import Scenario

MX = ("example.com", "MX")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return mailsim.load("three-servers")


def records(scenario: Scenario, key: tuple[str, str] = MX) -> list[tuple[int, str]]:
    found = next((zone.rrsets[key] for zone in scenario.parsed_zones() if key in zone.rrsets), None)
    return sorted(found.rdatas) if found is not None else []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (("10 mx1",), [(10, "mx1.example.com")]),
        ((" 0  MX1 ", "mx 65535 mx2.example.com."), [(0, "mx1.example.com"), (65535, "mx2.example.com")]),
        (("5 mx1", "5 mx1", "5 mx2"), [(5, "mx1.example.com"), (5, "mx2.example.com")]),  # a set of records holds each once
        (("5 mx1", "9 mx1"), [(5, "mx1.example.com"), (9, "mx1.example.com")]),
        (("7 @",), [(7, "example.com")]),
        (("0 .",), [(0, "")]),
        ((), []),
    ],
)
def test_what_is_written_stands_in_place_of_all_that_was_there(scenario: Scenario, written: tuple[str, ...], meant: object) -> None:
    assert records(teaching.with_mx(scenario, "example.com", *written)) == meant


def test_nothing_but_the_mx_of_this_domain_changes() -> None:
    before = mailsim.load("primary-outage")
    after = teaching.with_mx(before, "Example.COM.", "30 mx2")
    assert records(after) == [(30, "mx2.example.com")]
    for one, other in zip(before.parsed_zones(), after.parsed_zones(), strict=True):
        assert one.origin == other.origin
        assert {key: rrset for key, rrset in one.rrsets.items() if key != MX} == {
            key: rrset for key, rrset in other.rrsets.items() if key != MX
        }
    left = ("zones", "digest")
    assert {key: value for key, value in before.values().items() if key not in left} == {
        key: value for key, value in after.values().items() if key not in left
    }
    assert records(before) == [(10, "mx1.example.com"), (20, "mx2.example.com")]


def test_the_new_records_keep_the_ttl_of_the_old_and_without_old_ones_it_is_an_hour(scenario: Scenario) -> None:
    zone = scenario.zones[0].replace("3600 IN MX", "77 IN MX")
    short = teaching.with_mx(scenario.replace("zones", [zone]), "example.com", "10 mx1")
    assert short.parsed_zones()[0].rrsets[MX].ttl == 77
    again = teaching.with_mx(teaching.with_mx(short, "example.com"), "example.com", "10 mx1")
    assert again.parsed_zones()[0].rrsets[MX].ttl == 3600


def test_a_domain_below_the_zone_gets_mx_records_of_its_own_and_names_relative_to_it() -> None:
    values = mailsim.load("three-servers").values(given=True)
    zone = values["zones"][0] + "\nmx.shop 3600 IN A 192.0.2.90\n"
    ours = teaching.with_mx(mailsim.load({**values, "zones": [zone]}), "shop.example.com", "10 mx", "20 mx1.example.com.")
    assert records(ours, ("shop.example.com", "MX")) == [(10, "mx.shop.example.com"), (20, "mx1.example.com")]
    assert len(records(ours)) == 3


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("mx1 10", 'write a number and the name of a server, such as "10 mx1"'),
        ("mx1", "write a number"),
        ("-5 mx1", "write a number"),
        ("10 mx1 mx2", "write a number"),
        (None, "write a number"),
        ("65536 mx1", "65536 is too large: a preference is a number from 0 to 65535"),
        ("10 192.0.2.10", "192.0.2.10 is an address, but an MX record holds the name of a server"),
        ("10 2001:db8::1", "2001:db8::1 is an address"),
        ("10 mx4", "no server is called mx4.example.com here; did you mean mx"),
        ("10 mx1.example.com", "without a final dot this means mx1.example.com.example.com: write mx1, or mx1.example.com. with the dot"),
        ("10 .", 'the null MX is "0 ." and stands alone'),
    ],
)
def test_a_slip_is_told_with_the_way_to_mend_it(scenario: Scenario, written: str, told: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        teaching.with_mx(scenario, "example.com", written)
    assert f'"{written}": {told}' in str(caught.value)


def test_all_slips_are_told_at_once_each_beside_its_record_and_in_the_language_of_the_lesson(scenario: Scenario) -> None:
    with pytest.raises(ScenarioError) as caught:
        teaching.with_mx(scenario, "example.com", "mx1 10", "20 mx2", "0 .", language="de")
    assert str(caught.value).splitlines() == [
        '"mx1 10": Schreib eine Zahl und den Namen eines Servers, zum Beispiel "10 mx1".',
        '"0 .": Der Null-MX heißt "0 ." und steht allein: Wer keine Post will, nennt keinen Server.',
    ]


def test_what_a_pupil_writes_has_no_power_over_a_terminal(scenario: Scenario) -> None:
    with pytest.raises(ScenarioError) as caught:
        teaching.with_mx(scenario, "example.com", "10 mx1\x1b[2J", "\x1b]0;x\x07" * 50)
    assert "\x1b" not in str(caught.value)
    assert "\x07" not in str(caught.value)


def test_a_domain_in_none_of_the_zones_is_refused(scenario: Scenario) -> None:
    with pytest.raises(UnknownNameError, match=r"example\.con.*did you mean 'example\.com'"):
        teaching.with_mx(scenario, "example.con", "10 mx1")
