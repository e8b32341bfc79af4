"""Addressed randomness: a draw is a pure function of (seed, stream, item, turn), the same bits on every machine.

Nothing is consumed, so nobody disturbs anybody: a feature with a stream of its own leaves all other draws as they
were, and a run "with outage" and one "without" share every draw that they have in common (common random numbers).

>>> draws = Draws(7)
>>> service = draws.stream("mx1 service", Exponential(400_000))
>>> service.at(12) == service.at(12) == Draws(7).stream("mx1 service", Exponential(400_000)).at(12)
True

Where it stands: ``streams`` makes the draws, ``distributions`` turns them into microseconds, ``portable`` holds the
logarithm, exponential and normal quantile that have the same bits everywhere.  numpy is optional: with it long runs
draw whole blocks at once and are faster, never different.
"""

from mailsim.draws.distributions import LONGEST_US, Constant, Distribution, Empirical, Exponential, LogNormal, Shifted, Uniform, Weibull
from mailsim.draws.mixtures import Mixture, Pareto, Quantiles
from mailsim.draws.portable import normal_quantile, portable_exp, portable_gamma, portable_log
from mailsim.draws.streams import BLOCK, Draws, Stream, numpy_present

__all__ = [
    "BLOCK",
    "LONGEST_US",
    "Constant",
    "Distribution",
    "Draws",
    "Empirical",
    "Exponential",
    "LogNormal",
    "Mixture",
    "Pareto",
    "Quantiles",
    "Shifted",
    "Stream",
    "Uniform",
    "Weibull",
    "normal_quantile",
    "numpy_present",
    "portable_exp",
    "portable_gamma",
    "portable_log",
]
