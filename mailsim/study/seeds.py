"""The seeds of a study's runs, and its progress bar: one run after the other, the same seeds for every world."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TypeVar

from mailsim.errors import UnsupportedError

__all__ = ["run_seeds", "shown"]

#: a progress bar appears only after so many seconds of work
_PATIENCE_S = 2.0

T = TypeVar("T")


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


def shown(work: Sequence[T], *, progress: bool | None, title: str) -> Iterator[T]:
    """The items of ``work`` one by one, with a progress bar where it is long and someone watches.

    Parameters
    ----------
    progress : bool, optional
        True: always; False: never; None: after two seconds, on a terminal or in a notebook.
    """
    watched = sys.stderr.isatty() or "ipykernel" in sys.modules if progress is None else progress
    if not watched:
        yield from work
        return
    from tqdm import tqdm

    with tqdm(work, desc=title, unit="run", delay=0.0 if progress else _PATIENCE_S, leave=False) as bar:
        yield from bar
