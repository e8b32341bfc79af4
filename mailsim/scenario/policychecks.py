"""Checks of what a scenario says about policies: MTA-STS policies and signed zones belong to zones that are there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mailsim.errors import did_you_mean
from mailsim.scenario.document import Path
from mailsim.scenario.nodechecks import among
from mailsim.scenario.problems import KEY

if TYPE_CHECKING:
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["check_policies"]


def check_policies(sight: Sight) -> Iterator[Complaint]:
    """Domains with a policy lie in a zone, signed zones are zones, and each is there once."""
    scenario = sight.scenario
    if "zones" in sight.unsure:
        return
    origins = [zone.origin for zone in scenario.parsed_zones()]
    seen: set[str] = set()
    for domain in scenario.policies:
        at: Path = ("policies", domain)
        name = _name(domain)
        if not _within(name, origins):
            yield at, f"{domain[:60]} lies in none of the zones{did_you_mean(name, origins) or among(origins)}", KEY
        elif name in seen:
            yield at, f"{name} has two policies", KEY
        seen.add(name)
    for k, origin in enumerate(scenario.signed_zones):
        if origin not in origins:
            yield ("signed_zones", k), f"there is no zone {origin[:60]!r}{did_you_mean(origin, origins) or among(origins)}", 0
        elif origin in scenario.signed_zones[:k]:
            yield ("signed_zones", k), f"{origin} is in the list twice", 0


def _name(text: str) -> str:
    return text.strip().rstrip(".").lower()


def _within(name: str, origins: list[str] | tuple[str, ...]) -> bool:
    return any(name == origin or name.endswith("." + origin) for origin in origins)
