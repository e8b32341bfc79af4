"""The declared world: one frozen, validated scenario, and every door that leads to it."""

from mailsim.scenario.doors import load, scenario_index, scenario_names, scenarios
from mailsim.scenario.scenario import Scenario
from mailsim.scenario.schema import schema

__all__ = ["Scenario", "load", "scenario_index", "scenario_names", "scenarios", "schema"]
