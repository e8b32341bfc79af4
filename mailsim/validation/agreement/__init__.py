"""Could a simulated repeat be one more recorded repeat?  One file for each kind of case, each a pure function."""

from __future__ import annotations

from collections.abc import Sequence

from mailsim.validation.agreement import dns, mta, paths
from mailsim.validation.cases import Case
from mailsim.validation.shape import Json

__all__ = ["differences"]


def differences(case: Case, simulated: Json, recorded: Sequence[Json] | None = None) -> list[str]:
    """What a simulated repeat has that no recorded repeat could have had, in words; empty where it could be one of them.

    Parameters
    ----------
    case : Case
        What was set up.
    simulated : dict
        One repeat, simulated or recorded.
    recorded : sequence of dict, optional
        What it is compared with; by default all repeats of the case.
    """
    real = case.recorded if recorded is None else recorded
    if not real:
        return ["nothing was recorded to compare with"]
    if case.kind == "mta":
        return mta.differences(case.body, simulated, real)
    return dns.differences(simulated, real) if case.kind == "dns" else paths.differences(case.body, simulated, real)
