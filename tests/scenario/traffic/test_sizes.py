"""Sizes: tables, bins, the heavy tail, mixtures and the preset, as files write them."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.draws import Constant, Distribution, LogNormal, Mixture, Pareto, Quantiles
from mailsim.errors import ScenarioError
from mailsim.scenario import load
from traffic_worlds import declared, sent

LINE: dict[str, Any] = {"kind": "periodic", "every": "1s", "until": "20000s"}


def distribution(size: Any) -> Distribution:
    found: Distribution = declared({**LINE, "size": size}).traffic[0].size.distribution()
    return found


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ("20 kB", Constant(20_000)),
        ({"median": "5 kB", "sigma": 1}, LogNormal(5_000, 1.0)),
        (
            {"kind": "empirical", "quantiles": {"0%": "500 B", "99.5%": "1 MB", "0.5": "10 kB", "100%": "20 MB"}},
            Quantiles((0.0, 0.5, 0.995, 1.0), (500, 10_000, 1_000_000, 20_000_000)),
        ),
        (
            {"kind": "bins", "least": "1 kB", "up_to": {"1 MB": 1, "10 kB": 2, "100 kB": 1}},
            Quantiles((0.0, 0.5, 0.75, 1.0), (1_000, 10_000, 100_000, 1_000_000)),
        ),
        ({"kind": "pareto", "least": "1 MB", "alpha": 2, "most": "10 MB"}, Pareto(1_000_000, 2.0, 10_000_000)),
        (
            {"kind": "mixture", "parts": [{"weight": 3, "size": "1 kB"}, {"weight": 1, "size": {"median": "2 kB", "sigma": 0}}]},
            Mixture((Constant(1_000), LogNormal(2_000, 0.0)), (3.0, 1.0)),
        ),
    ],
)
def test_a_size_means_this_distribution_and_is_written_so_that_it_can_be_read_again(size: Any, wanted: Distribution) -> None:
    assert distribution(size) == wanted
    scenario = declared({**LINE, "size": size})
    assert load(scenario.values()).digest() == load(scenario.values(given=True)).digest() == scenario.digest()


def test_the_sizes_of_mail_have_the_shares_of_the_source() -> None:
    # of 20,000: 5 % over 1 MB; 10 % from 100 kB to 1 MB, and of the body (85 %) those over 10 times its median: sigma is 1 and
    # ln 10 = 2.3026, beyond which 1.0651 % of a normal distribution lie: 0.85 * 1.0651 % = 0.905 %
    sizes = sent({**LINE, "size": "mail"}).size
    over = sum(size > 1_000_000 for size in sizes)
    between = sum(100_000 < size <= 1_000_000 for size in sizes)
    assert abs(over - 1_000) < 4 * (20_000 * 0.05 * 0.95) ** 0.5  # four standard deviations: 6 false alarms in 100,000
    assert abs(between - 2_181) < 4 * (20_000 * 0.10905 * 0.89095) ** 0.5
    assert max(sizes) <= 10_000_000


@pytest.mark.parametrize(
    ("size", "what"),
    [
        ("mial", "traffic[0].size: no size preset 'mial'; did you mean 'mail'?; one size is written as 20 kB"),
        (
            {"kind": "gausian"},
            "traffic[0].size.kind: unknown kind 'gausian'; there is: constant, lognormal, empirical, bins, pareto, mixture",
        ),
        (
            {"kind": "empirical", "quantiles": {"10%": "1 kB", "100%": "2 kB"}},
            "traffic[0].size: quantiles need the sizes at 0% and at 100%, the smallest and the largest",
        ),
        (
            {"kind": "empirical", "quantiles": {"0%": "1 kB", "50%": "3 kB", "100%": "2 kB"}},
            "traffic[0].size: the size at 100% is smaller than the one at 50%; quantiles do not fall",
        ),
        (
            {"kind": "empirical", "quantiles": {"half": "1 kB"}},
            "traffic[0].size.quantiles.half: 'half' is no share of the messages; write for example 95%",
        ),
        (
            {"kind": "bins", "least": "20 kB", "up_to": {"10 kB": 1}},
            "traffic[0].size: least is at least 1 B and no more than the end of the first bin",
        ),
        ({"kind": "pareto", "least": "1 MB", "alpha": 0, "most": "2 MB"}, "traffic[0].size.alpha: 0 is too small; it must be more than 0"),
        ({"kind": "pareto", "least": "3 MB", "alpha": 1, "most": "2 MB"}, "traffic[0].size: least is at least 1 B and no more than most"),
        (
            {"kind": "mixture", "parts": [{"weight": 0, "size": "1 kB"}]},
            "traffic[0].size.parts[0].weight: 0 is too small; it must be more than 0",
        ),
    ],
)
def test_a_wrong_size_is_refused_with_the_way_to_mend_it(size: Any, what: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        declared({**LINE, "size": size})
    assert str(caught.value) == what
