"""Recorded whole paths: the world of a case as a scenario, and a run of it as one more repeat."""

from mailsim.validation.paths.repeat import repeat_of
from mailsim.validation.paths.world import scenario_of

__all__ = ["repeat_of", "scenario_of"]
