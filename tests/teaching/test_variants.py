"""Variants: the same lesson with figures of one's own, for every shipped scenario."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mailsim
from mailsim.errors import UnsupportedError
from mailsim.scenario.scenario import Scenario
from mailsim.teaching import variant
from mailsim.units import micros

CLASS = [f"pupil {k}" for k in range(24)]


def preferences(scenario: Scenario) -> list[int]:
    return [int(number) for zone in scenario.zones for number in re.findall(r"\sMX\s+(\d+)", zone)]


def test_a_pupil_gets_the_same_figures_whatever_the_spelling_and_another_pupil_gets_others() -> None:
    ours = variant("primary-outage", student="Ada Lovelace")
    assert ours == variant("primary-outage", student="  ada   LOVELACE ")
    digests = {variant("primary-outage", student=name).digest() for name in CLASS}
    assert len(digests) == len(CLASS)


def test_these_figures_stay_the_same_in_later_versions() -> None:
    # a pinned variant: a change of it would give a class other figures than its teacher's copy has
    ours = variant("primary-outage", student="Ada")
    assert (ours.seed, preferences(ours)[:2]) == (638077861, [5, 9])
    assert (ours.faults[0].start, ours.faults[0].length) == (micros("38m"), micros("3h15m"))  # type: ignore[attr-defined]


@given(st.text(min_size=1).filter(lambda name: name.strip()))
def test_figures_stay_within_their_bounds_whatever_the_name(name: str) -> None:
    try:
        ours = variant("primary-outage", student=name)
    except UnsupportedError:
        assert not name.strip("\ufeff\u00ad").split()
        return
    first, second, third = preferences(ours)
    assert 1 <= first < second <= 32  # two steps of at most 16
    assert 1 <= third <= 16
    fault = ours.faults[0]
    assert micros("30m") <= fault.start <= micros("90m")  # type: ignore[operator]
    assert micros("2h") <= fault.length <= micros("8h")  # type: ignore[operator]


@pytest.mark.parametrize("name", [one.name for one in mailsim.scenarios()])
def test_every_shipped_scenario_has_variants_that_load_and_keep_the_order_of_servers(name: str) -> None:
    scenario = mailsim.load(name)
    for student in CLASS[:3]:
        ours = variant(name, student=student)
        assert ours.seed != scenario.seed
        assert len(ours.faults) == len(scenario.faults)
        for before, after in zip(scenario.zones, ours.zones, strict=True):
            old = [int(number) for number in re.findall(r"(?m)^[^;\n]*\sMX\s+(\d+)", before)]
            new = [int(number) for number in re.findall(r"(?m)^[^;\n]*\sMX\s+(\d+)", after)]
            assert len(old) == len(new)
            pairs = sorted(zip(old, new, strict=True))
            assert all((a[0] == b[0]) == (a[1] == b[1]) and a[1] <= b[1] for a, b in pairwise(pairs))


def test_a_null_mx_and_a_comment_stay_as_they_are() -> None:
    values = mailsim.load("single-mx").values(given=True)
    zone = values["zones"][0].replace("MX  10 mx1", "MX 10 mx1 ; an MX 10 mx1") + "\nnothing 60 IN MX 0 .\n"
    ours = variant({**values, "zones": [zone]}, student="Ada")
    assert "; an MX 10 mx1" in ours.zones[0]
    assert "MX 0 ." in ours.zones[0]
    assert "MX 10 mx1 ;" not in ours.zones[0]


def test_without_a_name_there_is_no_variant() -> None:
    with pytest.raises(UnsupportedError, match="write your name"):
        variant("first-mail", student="  ")
