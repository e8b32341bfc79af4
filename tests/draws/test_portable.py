"""Our own log, exp and normal quantile: next to the C library's, the textbook's table, and numpy to the last bit."""

from __future__ import annotations

import math
from statistics import NormalDist

import pytest

from mailsim.draws import Draws, normal_quantile, portable_exp, portable_gamma, portable_log
from mailsim.draws.portable import exp_column, log_column, quantile_column

UNIFORMS = Draws(1).column("portable", 30_000).tolist()


def test_the_logarithm_is_within_one_unit_in_the_last_place():
    for u in UNIFORMS:
        for x in (1.0 - u, math.ldexp(1.0 + u, int(2_000 * u) - 1_000)):
            assert abs(portable_log(x) - math.log(x)) <= math.ulp(math.log(x))


def test_logarithms_that_are_known():
    assert portable_log(1.0) == 0.0
    assert portable_log(2.0) == math.log(2.0) == 0.6931471805599453
    assert portable_log(2.0**-53) == pytest.approx(-36.7368005696771, rel=1e-15)
    assert portable_log(5e-324) == pytest.approx(-744.4400719213812, rel=1e-15)


def test_the_exponential_is_within_one_unit_in_the_last_place():
    for u in UNIFORMS:
        for x in (u - 0.5, 60.0 * (u - 0.5), 1_400.0 * (u - 0.5)):
            assert abs(portable_exp(x) - math.exp(x)) <= math.ulp(math.exp(x))


def test_exponentials_that_are_known():
    assert portable_exp(0.0) == 1.0
    assert portable_exp(1.0) == math.e + math.ulp(math.e)  # where e_exp.c is known to be one unit off
    assert portable_exp(-math.log(2.0)) == 0.5
    assert portable_exp(1e9) == portable_exp(700.0) < math.inf
    assert portable_exp(-1e9) == portable_exp(-700.0) > 0.0


def test_the_quantile_is_that_of_the_standard_library():
    normal = NormalDist()
    for u in [*UNIFORMS[1:], 1e-16, 1e-12, 1e-11, 0.075, 0.925, 1 - 1e-15]:
        assert normal_quantile(u) == pytest.approx(normal.inv_cdf(u), rel=1e-13, abs=1e-15)


def test_the_distribution_function_of_the_quantile_is_where_we_began():
    for u in UNIFORMS:
        assert 0.5 * math.erfc(-normal_quantile(u) / math.sqrt(2)) == pytest.approx(u, rel=1e-13)


@pytest.mark.parametrize(("u", "z"), [(0.5, 0.0), (0.8413447460685429, 1.0), (0.975, 1.959963984540054), (0.001, -3.090232306167813)])
def test_quantiles_of_the_table(u, z):
    assert normal_quantile(u) == pytest.approx(z, rel=1e-14, abs=1e-15)


def test_the_quantile_of_nothing_is_finite():
    assert -8.4 < normal_quantile(0.0) < normal_quantile(2.0**-53) < -8.1


COLUMNS = [(log_column, portable_log, 1.0), (exp_column, portable_exp, 50.0), (quantile_column, normal_quantile, 1.0)]


@pytest.mark.parametrize(("column", "single", "scale"), COLUMNS)
def test_a_column_has_the_bits_of_single_numbers_in_any_memory_layout(column, single, scale):
    np = pytest.importorskip("numpy")
    x = (1.0 - np.array(UNIFORMS)) * scale
    x = x[x < scale]
    wanted = [single(value) for value in x.tolist()]
    assert column(x).tolist() == wanted
    assert column(x[::-1])[::-1].tolist() == wanted
    assert column(x[::3]).tolist() == wanted[::3]


def test_the_gamma_function_is_that_of_the_textbook():
    assert [portable_gamma(float(n)) for n in (1, 2, 3, 6, 11)] == pytest.approx([1, 1, 2, 120, 3_628_800], rel=1e-13)
    assert portable_gamma(1.5) == pytest.approx(math.sqrt(math.pi) / 2, rel=1e-13)
    assert [portable_gamma(1 + 9 * u) for u in UNIFORMS[:500]] == pytest.approx([math.gamma(1 + 9 * u) for u in UNIFORMS[:500]], rel=1e-12)
