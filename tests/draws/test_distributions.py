"""Distributions: closed-form moments, ends of the scale, order, refusal of nonsense, numpy equal to plain Python."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest

from mailsim.draws import (
    LONGEST_US,
    Constant,
    Distribution,
    Draws,
    Empirical,
    Exponential,
    LogNormal,
    Shifted,
    Uniform,
    Weibull,
    normal_quantile,
)

N = 40_000

# distribution, mean and variance by the textbook
MOMENTS = [
    (Exponential(400_000), 400_000, 400_000**2),
    (Uniform(1_000_000, 3_000_000), 2_000_000, (2_000_001**2 - 1) / 12),
    (LogNormal(1_000_000, 0.5), 1e6 * math.exp(0.125), 1e12 * math.exp(0.25) * (math.exp(0.25) - 1)),
    # variance of a Weibull: mean^2 * (gamma(1 + 2/k) / gamma(1 + 1/k)^2 - 1)
    (Weibull(1_000_000, 2.0), 1e6, 1e12 * (math.gamma(2) / math.gamma(1.5) ** 2 - 1)),
    (Weibull(1_000_000, 0.8), 1e6, 1e12 * (math.gamma(3.5) / math.gamma(2.25) ** 2 - 1)),
    (Empirical([10, 20, 60]), 30, (400 + 100 + 900) / 3),
    (Shifted(5_000, Exponential(30_000)), 35_000, 30_000**2),
    (Constant(77), 77, 0),
]


@pytest.mark.parametrize(("distribution", "mean", "variance"), MOMENTS, ids=lambda value: repr(value)[:40])
def test_mean_and_variance_are_those_of_the_textbook(distribution, mean, variance):
    assert distribution.mean == pytest.approx(mean, rel=1e-12)
    values = Draws(1).column("moments", N, distribution)
    found = sum(values) / N
    assert abs(found - mean) <= 4 * math.sqrt(variance / N) + 0.5  # four standard errors; half a microsecond of rounding
    assert sum((value - mean) ** 2 for value in values) / N == pytest.approx(variance, rel=0.05, abs=1)


def test_quartiles_of_an_exponential_are_multiples_of_log_2():
    exponential = Exponential(1_000_000)
    assert exponential.sample(0.5) == 693_147
    assert exponential.sample(0.75) == 1_386_294
    assert exponential.sample(0.0) == 0


def test_durations_are_those_of_arithmetic_with_40_digits():
    draws, day = Draws(12), 86_400_000_000
    exponential, log_normal = Exponential(day), LogNormal(day, 0.8)
    with localcontext() as context:
        context.prec = 40
        for item in range(300):
            u = draws.uniform("exact", item)
            exact = -day * (1 - Decimal(u)).ln()
            assert exponential.sample(u) == int(exact.to_integral_value(ROUND_HALF_UP))
            scaled = day * (Decimal("0.8") * Decimal(normal_quantile(u))).exp()
            assert log_normal.sample(u) == pytest.approx(int(scaled), abs=1)


def test_quantiles_of_a_log_normal_are_those_of_the_normal_table():
    log_normal = LogNormal(1_000_000, 1.0)
    assert log_normal.sample(0.5) == 1_000_000
    # 97.5 % point of the normal distribution: 1.959963984540054; e ** 1.959963984540054 = 7.0990713734
    assert log_normal.sample(0.975) == pytest.approx(7_099_071, abs=1)
    assert log_normal.sample(0.025) == pytest.approx(140_864, abs=1)


def test_a_weibull_of_shape_1_is_exponential_and_its_quantiles_are_powers_of_those():
    draws, exponential, weibull = Draws(3), Exponential(86_400_000_000), Weibull(86_400_000_000, 1.0)
    assert weibull.scale_us == pytest.approx(86_400_000_000, rel=1e-12)  # gamma(2) = 1
    for item in range(200):
        u = draws.uniform("weibull", item)
        assert weibull.sample(u) == pytest.approx(exponential.sample(u), abs=1)
    # shape 2, mean 1 s: scale = 1 / gamma(1.5) = 1 / 0.8862269255 = 1.1283791671 s; its median is scale * sqrt(log 2)
    # = 1.1283791671 * 0.8325546112 = 0.9394372787 s; 63.2 % (1 - 1/e) lie below the scale
    rayleigh = Weibull(1_000_000, 2.0)
    assert rayleigh.sample(0.5) == 939_437
    assert rayleigh.sample(1 - math.exp(-1)) == pytest.approx(1_128_379, abs=1)
    assert rayleigh.sample(0.0) == 0


def test_both_ends_of_a_uniform_are_drawn():
    uniform = Uniform(10, 12)
    assert [uniform.sample(u) for u in (0.0, 0.333, 0.334, 0.666, 0.667, 1 - 2**-53)] == [10, 10, 11, 11, 12, 12]
    assert Uniform(4, 4).sample(0.9) == 4


@pytest.mark.parametrize("span", [1, 3, 10**6 + 7, 2**40 + 1, LONGEST_US])
def test_the_largest_uniform_number_stays_within_the_range(span):
    assert Uniform(0, span).sample(1 - 2**-53) <= span


def test_an_empirical_distribution_sorts_its_values_and_draws_each_equally_often():
    empirical = Empirical(value for value in (9, 1, 5, 5))
    assert empirical.values == (1, 5, 5, 9)
    assert [empirical.sample(u) for u in (0.0, 0.24, 0.25, 0.74, 0.75, 1 - 2**-53)] == [1, 1, 5, 5, 9, 9]


EDGES = [0.0, 2**-53, 2**-40, 1e-12, 0.0749999, 0.075, 0.5 - 2**-53, 0.5, 0.5 + 2**-53, 0.925, 0.9250001, 1 - 2**-40, 1 - 2**-53]
EXTREMES = [Exponential(3e15), Weibull(3e15, 0.2), Weibull(0, 20), LogNormal(10**9, 20.0), LogNormal(5, 0), Uniform(0, LONGEST_US - 1)]
ALL = [*(distribution for distribution, _, _ in MOMENTS), *EXTREMES]


@pytest.mark.parametrize("distribution", ALL, ids=repr)
def test_numpy_and_plain_python_agree_at_the_edges(distribution):
    np = pytest.importorskip("numpy")
    found = distribution.samples(np.array(EDGES))
    assert found.dtype == np.int64
    assert found.tolist() == [distribution.sample(u) for u in EDGES]


@pytest.mark.parametrize("distribution", ALL, ids=repr)
def test_a_larger_number_never_gives_a_shorter_duration(distribution):
    values = [distribution.sample(u) for u in sorted([*EDGES, *(k / 5_000 for k in range(5_000))])]
    assert values == sorted(values)
    assert values[0] >= 0
    assert all(type(value) is int for value in values)


def test_no_duration_is_longer_than_the_longest():
    assert Exponential(1e16).sample(0.9) == LONGEST_US
    assert LogNormal(1e12, 20).sample(0.999) == LONGEST_US


def test_a_distribution_of_ones_own_needs_only_a_mean_and_a_sample():
    np = pytest.importorskip("numpy")

    class Coin(Distribution):
        mean = 0.5

        def sample(self, u):
            return int(u >= 0.5)

    assert Coin().samples(np.array([0.1, 0.5, 0.9])).tolist() == [0, 1, 1]
    draws = Draws(1)
    stream = draws.stream("coin", Coin())
    assert [stream.at(item) for item in range(300)] == [int(draws.uniform("coin", item) >= 0.5) for item in range(300)]


NONSENSE = [
    lambda: Constant(-1),
    lambda: Exponential(-1.0),
    lambda: Exponential(float("inf")),
    lambda: Exponential(float("nan")),
    lambda: Uniform(5, 4),
    lambda: Uniform(-1, 4),
    lambda: LogNormal(-1, 1),
    lambda: LogNormal(1, -0.1),
    lambda: LogNormal(1, 21),
    lambda: Weibull(-1, 1),
    lambda: Weibull(1, 0),
    lambda: Weibull(1, 21),
    lambda: Empirical([]),
    lambda: Empirical([3, -1]),
    lambda: Shifted(-1, Constant(3)),
]


@pytest.mark.parametrize("make", NONSENSE)
def test_nonsense_is_refused(make):
    with pytest.raises(ValueError, match=r"must|needs"):
        make()


def test_distributions_are_values():
    assert Exponential(5) == Exponential(5) != Exponential(6)
    assert len({Empirical([1, 2]), Empirical([2, 1])}) == 1
    with pytest.raises(AttributeError):
        Exponential(5).mean_us = 6
