"""Mixtures, tables of quantiles and the heavy tail: values worked out with a pencil, closed-form means, refusal of nonsense."""

from __future__ import annotations

import math

import pytest

from mailsim.draws import Constant, Distribution, Draws, Mixture, Pareto, Quantiles

N = 40_000


def test_between_two_quantiles_the_logarithms_lie_evenly() -> None:
    # 100 to 10,000 in half of all: a quarter of all lies below the geometric mean, 1,000; the other half is 10,000 to 40,000
    table = Quantiles((0.0, 0.5, 1.0), (100, 10_000, 40_000))
    assert [table.sample(u) for u in (0.0, 0.25, 0.5, 0.75)] == [100, 1_000, 10_000, 20_000]
    assert table.sample(1 - 2**-53) == 40_000


def test_a_step_of_even_values_gives_that_value() -> None:
    table = Quantiles((0.0, 0.3, 1.0), (50, 50, 80))
    assert [table.sample(u) for u in (0.0, 0.1, 0.2999)] == [50, 50, 50]


def test_a_cut_pareto_has_its_ends_and_its_median() -> None:
    # least 1 MB, alpha 2, most 10 MB: the cut takes (1/10)^2 = 0.01; the median has (1/x)^2 = 1 - 0.5 * 0.99 = 0.505
    tail = Pareto(1_000_000, 2.0, 10_000_000)
    assert tail.sample(0.0) == 1_000_000
    assert tail.sample(0.5) == round(1e6 / math.sqrt(0.505))
    assert tail.sample(1 - 2**-53) == 10_000_000


def test_a_mixture_draws_each_part_in_its_share() -> None:
    mixture = Mixture((Constant(10), Quantiles((0.0, 1.0), (100, 10_000))), (3.0, 1.0))
    # 3 of 4 are 10; at 7/8 half of the second part's share has passed: its geometric mean, 1,000
    assert [mixture.sample(u) for u in (0.0, 0.7499, 0.75, 0.875)] == [10, 10, 100, 1_000]


@pytest.mark.parametrize(
    ("distribution", "mean", "second"),
    [
        # log-uniform: mean (b - a) / ln(b / a), mean square (b^2 - a^2) / (2 ln(b / a))
        (Quantiles((0.0, 1.0), (1_000, 10_000)), 9_000 / math.log(10), 99e6 / (2 * math.log(10))),
        # alpha 3, cut at ten times the least: mean 3/2 * (1 - 0.01) / (1 - 0.001), mean square 3 * (1 - 0.1) / (1 - 0.001)
        (Pareto(1_000_000, 3.0, 10_000_000), 1.5e6 * 0.99 / 0.999, 3e12 * 0.9 / 0.999),
        (Pareto(1_000_000, 1.0, 10_000_000), 1e6 * math.log(10) / 0.9, 1e12 * 9 / 0.9),
        (Mixture((Constant(10_000), Constant(50_000)), (3.0, 1.0)), 20_000, (3 * 1e8 + 25e8) / 4),
    ],
    ids=["log-uniform", "pareto", "pareto-1", "mixture"],
)
def test_means_are_those_of_the_textbook(distribution: Distribution, mean: float, second: float) -> None:
    assert distribution.mean == pytest.approx(mean, rel=1e-12)
    found = sum(Draws(3).column("mixtures", N, distribution)) / N
    assert abs(found - mean) <= 4 * math.sqrt((second - mean**2) / N) + 0.5  # four standard errors: 6 false alarms in 100,000


@pytest.mark.parametrize(
    "make",
    [
        lambda: Quantiles((0.0, 0.5), (1, 2)),
        lambda: Quantiles((0.0, 1.0), (2, 1)),
        lambda: Quantiles((0.0, 1.0), (0, 1)),
        lambda: Quantiles((0.0, 0.6, 0.6, 1.0), (1, 2, 3, 4)),
        lambda: Pareto(0, 1.0, 10),
        lambda: Pareto(10, 1.0, 5),
        lambda: Pareto(1, 0.0, 5),
        lambda: Mixture((), ()),
        lambda: Mixture((Constant(1),), (0.0,)),
    ],
)
def test_nonsense_is_refused(make: object) -> None:
    with pytest.raises(ValueError, match=r"needs|must|goes|are more"):
        make()  # type: ignore[operator]
