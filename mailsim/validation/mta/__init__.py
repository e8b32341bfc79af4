"""Recorded cases of single MTAs: the world of a case as a scenario, and a run of it as one more repeat."""

from mailsim.validation.mta.repeat import repeat_of
from mailsim.validation.mta.world import scenario_of

__all__ = ["repeat_of", "scenario_of"]
