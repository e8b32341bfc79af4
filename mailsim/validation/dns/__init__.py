"""Recorded DNS cases: the world of a case as a scenario, and a run of it in the shape of a recording."""

from mailsim.validation.dns.recording import repeat_of
from mailsim.validation.dns.world import scenario_of

__all__ = ["repeat_of", "scenario_of"]
