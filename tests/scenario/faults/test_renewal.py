"""Outages at random: what renewal theory says of them, in exact expectation, and whose outages they are.

Each statistical bound says how rarely a right program would miss it for a seed chosen anew (a false alarm); the seeds are fixed.
"""

from __future__ import annotations

from itertools import pairwise
from math import exp, sqrt
from statistics import fmean, stdev
from typing import Any

import pytest

import mailsim
from mailsim.draws import Draws, Exponential
from mailsim.errors import ScenarioError
from mailsim.scenario.compiled import compiled
from mailsim.scenario.faults import Drawn, Window
from small_worlds import MTA, com, world

HOUR = 3_600_000_000
DAY = 24 * HOUR
ZONE = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
ONE: dict[str, Any] = {"mx1": {**MTA, "final_for": ["example.com"]}}
TWO: dict[str, Any] = {**ONE, "mx2": {**MTA, "relays_for": ["example.com"]}}
SEEDS = 1000

UPS = {
    "exponential": {"kind": "exponential", "mean": "30h"},
    "weibull that wears out": {"kind": "weibull", "mean": "30h", "shape": 3},
    "weibull that fails early": {"kind": "weibull", "mean": "30h", "shape": 0.7},
    "always as long": "30h",
}
# mean of a log-normal: median * exp(sigma^2 / 2)
DOWNS = {
    "exponential": ({"kind": "exponential", "mean": "10h"}, 10.0),
    "lognormal": ({"kind": "lognormal", "median": "6h", "sigma": 1}, 6 * exp(0.5)),
    "always as long": ("10h", 10.0),
}


def drawn(up: Any, down: Any, **more: Any) -> Drawn:
    return Drawn.model_validate({"up": up, "down": down, "until": "200h", **more})


def is_down(windows: tuple[Window, ...], at: int) -> bool:
    return any(start <= at < end for start, end in windows)


def down_for(windows: tuple[Window, ...]) -> int:
    return sum(end - start for start, end in windows)


def within(hits: int, of: int, probability: float) -> bool:
    """Five standard deviations of a binomial, and a half: missed once in some 1.7 million."""
    return abs(hits - of * probability) <= 5 * sqrt(of * probability * (1 - probability)) + 0.5


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("exponential", "exponential"),
        ("exponential", "lognormal"),
        ("weibull that wears out", "lognormal"),
        ("weibull that fails early", "always as long"),
        ("always as long", "always as long"),
    ],
)
def test_what_is_in_service_for_long_is_up_for_mtbf_by_mtbf_plus_mttr_at_every_instant(up: str, down: str) -> None:
    declared, mttr = DOWNS[down]
    process = drawn(UPS[up], declared)
    availability = 30 / (30 + mttr)
    assert process.availability == pytest.approx(availability, rel=1e-9)
    each = [process.windows(Draws(seed), "mx1") for seed in range(SEEDS)]
    for at in (0, 77 * HOUR, 199 * HOUR):
        assert within(sum(is_down(windows, at) for windows in each), SEEDS, 1 - availability), at
    # The expected time down in 200 h is 200 h times the unavailability, exactly; the mean of 1,000 is normal to within 5 standard
    # errors but once in 1.7 million.
    hours = [down_for(windows) / HOUR for windows in each]
    assert abs(fmean(hours) - 200 * (1 - availability)) <= 5 * stdev(hours) / sqrt(SEEDS)
    # In the steady state failures come at the rate 1 / (MTBF + MTTR): those that begin within (0, 200 h) are counted.
    begun = [sum(start > 0 for start, _ in windows) for windows in each]
    assert abs(fmean(begun) - 200 / (30 + mttr)) <= 5 * stdev(begun) / sqrt(SEEDS) + 1e-9


def test_what_was_just_repaired_is_up_at_the_start_and_forgets_it() -> None:
    # Exponential times with rates l = 1/30 and m = 1/10 per hour: up at t with the probability a + (1 - a) exp(-(l + m) t), a = 3/4.
    process = drawn(UPS["exponential"], DOWNS["exponential"][0], fresh=True)
    each = [process.windows(Draws(seed), "mx1") for seed in range(SEEDS)]
    assert not any(is_down(windows, 0) for windows in each)
    for hours in (3, 10, 60):
        up = 0.75 + 0.25 * exp(-(1 / 30 + 1 / 10) * hours)
        assert within(sum(is_down(windows, hours * HOUR) for windows in each), SEEDS, 1 - up), hours


def test_a_later_end_only_adds_outages_and_a_later_start_only_cuts_them() -> None:
    for seed in range(50):
        short = drawn(UPS["exponential"], DOWNS["lognormal"][0]).windows(Draws(seed), "x")
        long = drawn(UPS["exponential"], DOWNS["lognormal"][0], until="400h").windows(Draws(seed), "x")
        assert short == tuple(Window(start, min(end, 200 * HOUR)) for start, end in long if start < 200 * HOUR)


def test_outages_are_apart_and_within_the_time_that_is_looked_at() -> None:
    for seed in range(100):
        windows = drawn(UPS["weibull that fails early"], DOWNS["lognormal"][0], start="50h").windows(Draws(seed), "x")
        assert all(50 * HOUR <= start < end <= 200 * HOUR for start, end in windows)
        assert all(one.end_us <= other.start_us for one, other in pairwise(windows))


# -- groups ------------------------------------------------------------------------------------------------------------------------


def members(together: float, count: int, seed: int, **more: Any) -> list[tuple[Window, ...]]:
    process = drawn(UPS["exponential"], DOWNS["exponential"][0], **more)
    return process.windows_of_members(Draws(seed), "group", [(f"m{k}", f"m{k}") for k in range(count)], together)


@pytest.mark.parametrize("together", [0.3, 0.8])
def test_two_servers_are_down_at_once_as_the_chain_of_their_states_says(together: float) -> None:
    # MTBF 30 h, MTTR 10 h: r = 1/3, each is down for 1/4 of the time.  Balance of the chain (up-up, one down, both down by one
    # cause, both by two) gives, with b the share of common causes:  (b r + (1 - b) r^2) / ((1 + r) (1 + (1 - b) r)).
    r, b = 1 / 3, together
    both = (b * r + (1 - b) * r * r) / ((1 + r) * (1 + (1 - b) * r))
    # b = 0.3: (0.1 + 0.7 / 9) / (4/3 * 37/30) = 4/37; b = 0.8: (0.8 / 3 + 0.2 / 9) / (4/3 * 16/15) = 13/64
    assert both == pytest.approx({0.3: 4 / 37, 0.8: 13 / 64}[b])
    at = 120 * HOUR
    found = [[is_down(windows, at) for windows in members(together, 2, seed)] for seed in range(SEEDS)]
    assert within(sum(one and other for one, other in found), SEEDS, both)
    assert within(sum(one for one, _ in found), SEEDS, 1 / 4)
    assert within(sum(other for _, other in found), SEEDS, 1 / 4)


@pytest.mark.parametrize("count", [2, 3])
def test_servers_that_fail_alone_are_all_down_for_the_power_of_the_unavailability(count: int) -> None:
    # Availability of n independent servers, each with a: 1 - (1 - a)^n.
    found = [all(is_down(windows, 120 * HOUR) for windows in members(0, count, seed)) for seed in range(SEEDS)]
    assert within(sum(found), SEEDS, 0.25**count)


@pytest.mark.parametrize("together", [0.2, 0.7])
def test_each_member_keeps_its_own_mtbf_and_mttr_whatever_the_share(together: float) -> None:
    ups, downs = [], []
    for seed in range(20):
        for windows in members(together, 2, seed, until="8000h"):
            inner = windows[1:-1]  # those at the ends are cut
            downs += [(end - start) / HOUR for start, end in inner]
            ups += [(after.start_us - before.end_us) / HOUR for before, after in pairwise(inner)]
    # Exponential: standard deviation = mean, and the second moment is 2 * mean^2.  Both members share some, so the sample is worth
    # at least half its size: 5 standard errors of it.
    for found, mean in ((ups, 30.0), (downs, 10.0)):
        error = 5 * mean / sqrt(len(found) / 2)
        assert abs(fmean(found) - mean) <= error
        assert abs(fmean(x * x for x in found) - 2 * mean**2) <= 5 * sqrt(20) * mean**2 / sqrt(len(found) / 2)


def test_the_share_of_outages_that_begin_together_is_the_one_declared() -> None:
    # Of the failures of one member, 30 % are common causes; the other member has it too if it was up, which it is for 3/4 of the
    # time at such an instant (causes arrive whatever the state): the share of begins in common is 0.3 * 3/4.
    common = begun = 0
    for seed in range(30):
        one, other = members(0.3, 2, seed, until="8000h")
        starts = {start for start, _ in other}
        begun += len(one)
        common += sum(start in starts for start, _ in one)
    # given that a common cause found the first member up; then the second is up with the probability P(both up) / P(one up)
    r, b = 1 / 3, 0.3
    both_up = 1 / ((1 + r) * (1 + (1 - b) * r))
    assert within(common, begun, b * both_up / 0.75)


# -- in a scenario -----------------------------------------------------------------------------------------------------------------


def year(target: str, **more: Any) -> dict[str, Any]:
    up, down = {"kind": "exponential", "mean": "30d"}, {"kind": "exponential", "mean": "1d"}
    return {"kind": "outage", "target": target, "drawn": {"up": up, "down": down, "until": "365d"}, **more}


def times(scenario: mailsim.Scenario, node: str, seed: int) -> list[tuple[int, int]]:
    return sorted((one.start_us, one.end_us) for one in compiled(scenario, seed).conditions.spans if one.node == node)


def test_two_layouts_have_the_same_outages_whatever_else_differs() -> None:
    alone = mailsim.load(world(ZONE, ONE, faults=(year("mx1"),)))
    late = {"kind": "stuck", "target": "mx2", "start": "1d", "length": "1d"}
    other = mailsim.load(
        world(ZONE, TWO, faults=(late, year("mx2"), year("mx1", how="refused")), times=("1s", "5h"), links={"default": {"rtt": "1ms"}})
    )
    grouped = mailsim.load(world(ZONE, TWO, faults=(year("group:both", together=0),), groups={"both": ["mx1", "mx2"]}))
    for seed in (1, 2, 3):
        assert times(alone, "mx1", seed) == times(other, "mx1", seed) == times(grouped, "mx1", seed) != []
        assert times(other, "mx1", seed) != times(other, "mx2", seed)
    assert times(alone, "mx1", 1) != times(alone, "mx1", 2)
    assert times(alone, "mx1", 1) == times(alone, "mx1", alone.seed)


def test_what_has_one_name_has_the_same_outages_and_what_has_another_has_others() -> None:
    power = mailsim.load(world(ZONE, TWO, faults=(year("mx1", name="power"), year("mx2", name="power", how="refused"))))
    site = mailsim.load(world(ZONE, TWO, faults=(year("group:both", name="power"),), groups={"both": ["mx1", "mx2"]}))
    assert times(power, "mx1", 4) == times(power, "mx2", 4) == times(site, "mx2", 4)
    assert times(power, "mx1", 4) != times(mailsim.load(world(ZONE, TWO, faults=(year("mx1"),))), "mx1", 4)


def test_a_group_without_together_fails_as_one() -> None:
    groups = {"both": ["mx1", "mx2"]}
    plain = mailsim.load(world(ZONE, TWO, faults=(year("group:both"),), groups=groups))
    whole = mailsim.load(world(ZONE, TWO, faults=(year("group:both", together=1),), groups=groups))
    assert times(plain, "mx1", 7) == times(plain, "mx2", 7) == times(whole, "mx1", 7) == times(whole, "mx2", 7)


@pytest.mark.parametrize("together", [0.0, 0.25, 1.0])
def test_minutes_a_year_without_any_mx_follow_from_mtbf_mttr_and_correlation(together: float) -> None:
    # Is a second MX in the same place redundancy?  MTBF 30 d, MTTR 1 d: r = 1/30, down for 1/31 of the time each.  Both at once:
    # 0: 1/961 of the year = 547 min; 1: 1/31 = 16,955 min.
    r, b = 1 / 30, together
    share = (b * r + (1 - b) * r * r) / ((1 + r) * (1 + (1 - b) * r))
    scenario = mailsim.load(world(ZONE, TWO, faults=(year("group:both", together=together),), groups={"both": ["mx1", "mx2"]}))
    minutes = []
    for seed in range(150):
        conditions = compiled(scenario, seed).conditions.nodes
        both = 0
        for one in conditions["mx1"].spans() if "mx1" in conditions else ():
            for other in conditions["mx2"].spans() if "mx2" in conditions else ():
                both += max(0, min(one.end_us, other.end_us) - max(one.start_us, other.start_us))
        minutes.append(both / 60e6)
    expected = 365 * 1440 * share
    assert {0.0: round(expected) == 547, 1.0: round(expected) == 16955}.get(b, 547 < expected < 16955)
    assert abs(fmean(minutes) - expected) <= 5 * stdev(minutes) / sqrt(len(minutes))


def test_a_correlated_group_needs_times_up_that_forget_their_age() -> None:
    assert isinstance(drawn(UPS["exponential"], "1h").up.distribution(), Exponential)
    wearing = {"up": UPS["weibull that wears out"], "down": "1h", "until": "9d"}
    for share in (0, 1):  # all their own, or all in common: any distribution will do
        fault = {"kind": "outage", "target": "group:both", "together": share, "drawn": wearing}
        mailsim.load(world(ZONE, TWO, faults=(fault,), groups={"both": ["mx1", "mx2"]}))
    half = {"kind": "outage", "target": "group:both", "together": 0.5, "drawn": wearing}
    with pytest.raises(ScenarioError, match=r"keeps its own MTBF"):
        mailsim.load(world(ZONE, TWO, faults=(half,), groups={"both": ["mx1", "mx2"]}))


def test_drawn_outages_are_told_as_assumptions() -> None:
    scenario = mailsim.load(world(ZONE, TWO, faults=(year("group:both", together=0.5),), groups={"both": ["mx1", "mx2"]}))
    rows = {row.path: row for row in scenario.assumptions()}
    assert rows["faults[0].drawn.up"].value == "exponential (mean 30d)"
    for path in ("faults[0].drawn.up", "faults[0].drawn.down", "faults[0].together"):
        assert rows[path].status == "unverified"
        assert "read sceptically (Uptime Institute, Annual Outage Analysis 2024" in rows[path].source
    assert "in service for long" in rows["faults[0].drawn.fresh"].source
    assert scenario.replace("faults[0].drawn.up.mean", "60d").faults[0].drawn.up.mean == 60 * DAY  # type: ignore[union-attr]
