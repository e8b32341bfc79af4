"""The seeds of a study's runs: one run after the other, the same seeds for every world."""

from __future__ import annotations

from mailsim.errors import UnsupportedError

__all__ = ["run_seeds"]


def run_seeds(seed: int, runs: int, *, least: int = 1) -> tuple[int, ...]:
    """The seeds ``seed, seed + 1, ...`` of the runs, so that ``scenario.run(seed=...)`` repeats any one of them.

    Neighbouring seeds have nothing in common (see :mod:`mailsim.draws`), but two studies whose ranges of seeds overlap
    share runs: keep their seeds further apart than their runs.

    Raises
    ------
    UnsupportedError
        Fewer than ``least`` runs, or a seed out of range.
    """
    if runs < least:
        why = "; an interval over runs needs at least two" if least > 1 else ""
        raise UnsupportedError(f"runs={runs}: the least is {least}{why}")
    if not 0 <= seed <= 2**63 - runs:
        raise UnsupportedError(f"seed={seed}: a seed lies between 0 and 2**63 - 1, that of the last run included")
    return tuple(range(seed, seed + runs))
