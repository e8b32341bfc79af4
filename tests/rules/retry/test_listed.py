"""Measured schedules: every listed age, what is evenly spaced between, and nothing beyond."""

from __future__ import annotations

from itertools import pairwise

import pytest
from pydantic import ValidationError

from mailsim.flavours import mta_figures, mta_flavours, schedule
from mailsim.flavours.retry_models import Listed
from mailsim.rules.retry import ListedPolicy
from measured import MEASURED, printed

S = 1_000_000
MIN = 60 * S


def test_there_is_a_flavour_for_each_provider_that_was_measured() -> None:
    assert sorted(MEASURED) == [name for name in mta_flavours() if name.endswith("-2016")]


@pytest.mark.parametrize("name", MEASURED)
def test_every_printed_instant_is_in_the_schedule_and_the_rest_is_marked(name: str) -> None:
    times, count, gave_up = MEASURED[name]
    found = schedule(name)
    assert len(found.ages_us) == count
    assert [age for age in found.ages_us[1:] if age not in found.interpolated] == printed(times)
    assert (found.given_up_us is not None) == gave_up
    assert found.label == "measured 2016 against 4xx"


@pytest.mark.parametrize("name", MEASURED)
def test_the_figure_known_until_is_the_last_instant_that_was_seen(name: str) -> None:
    assert mta_figures(name).known_until == printed(MEASURED[name][0])[-1]


def test_elided_stretches_are_evenly_spaced() -> None:
    """Yandex: 20 more from 61:01 to 369:21, every 15:25; india.com: five more from 76:21 to 426:21, every 70 min."""
    yandex, india = schedule("yandex-2016").ages_us, schedule("indiacom-2016").ages_us
    assert {later - earlier for earlier, later in pairwise(yandex[7:])} == {15 * MIN + 25 * S}
    assert {later - earlier for earlier, later in pairwise(india[4:])} == {70 * MIN}


def test_beyond_the_list_nobody_knows() -> None:
    policy = ListedPolicy((60 * S, 180 * S))
    assert [policy.next(5 * S, 5 * S, attempt=k) for k in (1, 2, 3, 4)] == [65 * S, 185 * S, None, None]
    assert policy.known_until_us == 180 * S


def test_a_retry_that_an_attempt_outlasts_comes_when_that_ends() -> None:
    assert ListedPolicy((60 * S,)).next(0, 90 * S, attempt=1) == 90 * S


@pytest.mark.parametrize("ages", [["2m", "1m"], ["1m", "1m"], [{"evenly": 3, "until": "5m"}, "4m"], []])
def test_a_list_ascends(ages: list[object]) -> None:
    with pytest.raises(ValidationError):
        Listed.model_validate({"kind": "listed", "ages": ages})


def test_a_listed_schedule_says_until_when_it_is_known() -> None:
    with pytest.raises(ValidationError, match="known_until"):
        mta_figures("gmail-2016", {"known_until": "5h"})
