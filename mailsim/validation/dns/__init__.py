"""Recorded DNS cases: the world of a case as a scenario, and a run of it in the shape of a recording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mailsim.scenario.scenario import Scenario
from mailsim.validation.dns import recording, world
from mailsim.validation.dns.authcases import auth_scenario_of, is_auth_case
from mailsim.validation.dns.stubcases import is_stub_case, stub_repeat_of, stub_scenario_of

__all__ = ["repeat_of", "scenario_of"]


def scenario_of(body: Mapping[str, Any]) -> Scenario:
    """The scenario of a case (its body: no name, no description, no repeats): of a resolver, a stub or an authoritative server."""
    if is_stub_case(body):
        return stub_scenario_of(body)
    return auth_scenario_of(body) if is_auth_case(body) else world.scenario_of(body)


def repeat_of(body: Mapping[str, Any], result: Any) -> dict[str, Any]:
    """One run of ``scenario_of(body)`` as a repeat of the case."""
    return stub_repeat_of(body, result) if is_stub_case(body) else recording.repeat_of(body, result)
