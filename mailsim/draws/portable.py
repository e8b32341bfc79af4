"""Logarithm, exponential and normal quantile with the same bits on every machine, with and without numpy.

``log`` and ``exp`` of the C library and of numpy give different bits on different platforms, SIMD levels and memory
layouts.  Those here are made of ``+ - * /``, ``sqrt``, ``frexp`` and ``ldexp`` alone, which IEEE 754 defines to the last
bit, in the same order for a float and for a column of floats.  One text serves both where there is no branch.
"""

from __future__ import annotations

from math import floor, frexp, ldexp, sqrt
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

__all__ = ["exp_column", "log_column", "normal_quantile", "portable_exp", "portable_gamma", "portable_log", "quantile_column"]

# Reductions and coefficients of log and exp: FreeBSD msun e_log.c and e_exp.c (Sun Microsystems 1993, freely usable).
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_ONE_BY_LN2 = 1.44269504088896338700
_ROOT_HALF = 0.70710678118654752440
_EXP_END = 700.0  # beyond this the arguments of exp are clamped: e**700 is 1e304

_Number = TypeVar("_Number", float, "Floats")


def _log_of_reduced(f: _Number, k: _Number) -> _Number:
    """log((1 + f) * 2**k) for 1 + f between sqrt(1/2) and sqrt(2)."""
    s = f / (2.0 + f)
    z = s * s
    r = z * 1.479819860511658591e-01
    r = z * (1.531383769920937332e-01 + r)
    r = z * (1.818357216161805012e-01 + r)
    r = z * (2.222219843214978396e-01 + r)
    r = z * (2.857142874366239149e-01 + r)
    r = z * (3.999999999940941908e-01 + r)
    r = z * (6.666666666666735130e-01 + r)
    h = 0.5 * f * f
    return k * _LN2_HIGH - ((h - (s * (h + r) + k * _LN2_LOW)) - f)


def portable_log(x: float) -> float:
    """Natural logarithm of a positive number, within one unit in the last place, the same bits everywhere."""
    m, k = frexp(x)
    if m < _ROOT_HALF:
        m *= 2.0
        k -= 1
    return _log_of_reduced(m - 1.0, float(k))


def log_column(x: Floats) -> Floats:
    """:func:`portable_log` of each entry: the same bits."""
    import numpy as np

    m, k = np.frexp(x)
    low = m < _ROOT_HALF
    return _log_of_reduced(np.where(low, m * 2.0, m) - 1.0, (k - low).astype(np.float64))


def _exp_of_reduced(x: _Number, k: _Number) -> _Number:
    """exp(x) / 2**k, where k is the nearest integer to x / log 2."""
    high = x - k * _LN2_HIGH
    low = k * _LN2_LOW
    r = high - low
    t = r * r
    p = t * 4.13813679705723846039e-08
    p = t * (-1.65339022054652515390e-06 + p)
    p = t * (6.61375632143793436117e-05 + p)
    p = t * (-2.77777777770155933842e-03 + p)
    p = t * (1.66666666666666019037e-01 + p)
    c = r - p
    return 1.0 - ((low - (r * c) / (2.0 - c)) - high)


def portable_exp(x: float) -> float:
    """e**x, within one unit in the last place, the same bits everywhere; x is clamped to -700 .. 700."""
    x = min(max(x, -_EXP_END), _EXP_END)
    k = floor(x * _ONE_BY_LN2 + 0.5)
    return ldexp(_exp_of_reduced(x, float(k)), k)


def exp_column(x: Floats) -> Floats:
    """:func:`portable_exp` of each entry: the same bits."""
    import numpy as np

    x = np.minimum(np.maximum(x, -_EXP_END), _EXP_END)
    k = np.floor(x * _ONE_BY_LN2 + 0.5)
    return np.ldexp(_exp_of_reduced(x, k), k.astype(np.int32))


# Stirling's series of log gamma: the Bernoulli numbers by 2k(2k - 1) (Abramowitz and Stegun 6.1.41), from x = 16 on exact
# to a double's last places.
_STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)
_HALF_LOG_2_PI = 0.91893853320467274178
_STIRLING_FROM = 16.0


def portable_gamma(x: float) -> float:
    """The gamma function for x from 1 to 150, to about 13 digits, the same bits everywhere."""
    below = 1.0
    while x < _STIRLING_FROM:
        below *= x
        x += 1.0
    series, power = 0.0, 1.0 / x
    for coefficient in _STIRLING:
        series += coefficient * power
        power /= x * x
    return portable_exp((x - 0.5) * portable_log(x) - x + _HALF_LOG_2_PI + series) / below


# Wichura, algorithm AS 241 (PPND16), Applied Statistics 37 (1988) 477: numerator and denominator, highest power first,
# for the centre (|u - 1/2| <= 0.425), the tails (down to about 1e-11) and what lies beyond.  Good to about 16 digits.
_CENTRE = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457, 13731.693765509461125,
     1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    (5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867, 5394.1960214247511077,
     687.1870074920579083, 42.313330701600911252, 1.0),
)  # fmt: skip
_TAIL = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258, 3.64784832476320460504,
     5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
     0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0),
)  # fmt: skip
_FAR_TAIL = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
     0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772),
    (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
     0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0),
)  # fmt: skip
_LEAST_TAIL = 2.0**-54  # stands for u = 0, whose quantile would be minus infinity


def _ratio(r: _Number, fraction: tuple[tuple[float, ...], tuple[float, ...]]) -> _Number:
    above, below = fraction
    p, q = r * above[0] + above[1], r * below[0] + below[1]
    for a, b in zip(above[2:], below[2:], strict=True):
        p, q = p * r + a, q * r + b
    return p / q


def normal_quantile(u: float) -> float:
    """The number below which a standard normal variable lies with probability u, for u in [0, 1)."""
    q = u - 0.5
    if abs(q) <= 0.425:
        return q * _ratio(0.180625 - q * q, _CENTRE)
    r = sqrt(-portable_log(max(min(u, 1.0 - u), _LEAST_TAIL)))
    z = _ratio(r - 1.6, _TAIL) if r <= 5.0 else _ratio(r - 5.0, _FAR_TAIL)
    return -z if q < 0.0 else z


def quantile_column(u: Floats) -> Floats:
    """:func:`normal_quantile` of each entry: the same bits."""
    import numpy as np

    q = u - 0.5
    z = np.empty_like(u)
    centre = np.abs(q) <= 0.425
    inner = q[centre]
    z[centre] = inner * _ratio(0.180625 - inner * inner, _CENTRE)
    outer = u[~centre]
    r = np.sqrt(-log_column(np.maximum(np.minimum(outer, 1.0 - outer), _LEAST_TAIL)))
    near = r <= 5.0
    tail = np.empty_like(r)
    tail[near] = _ratio(r[near] - 1.6, _TAIL)
    tail[~near] = _ratio(r[~near] - 5.0, _FAR_TAIL)
    z[~centre] = np.where(q[~centre] < 0.0, -tail, tail)
    return z
