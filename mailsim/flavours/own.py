"""A flavour that a scenario writes itself: another one's figures with its own on top."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, Field

from mailsim.declared import Declared

__all__ = ["OwnFlavour", "laid_over"]


class OwnFlavour(Declared):
    """An MTA program of the scenario's own.

    Every further key is a figure, as in a node's ``parameters``.

    Parameters
    ----------
    inherits : str
        The flavour whose figures it has where it gives none: a shipped one, or another of the scenario's own.
    program : str
        What it is, for people; by default what it inherits from.
    """

    model_config = ConfigDict(extra="allow")

    inherits: str = "rfc5321"
    program: str = Field(default="", max_length=200)

    @property
    def figures(self) -> dict[str, Any]:
        """The figures that it gives."""
        return dict(self.model_extra or {})


def laid_over(values: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Figures with others on top: of a figure with parts, those given replace those there, unless its ``kind`` changes."""
    result = dict(values)
    for key, value in overrides.items():
        there = result.get(key)
        if isinstance(value, dict) and isinstance(there, dict) and value.get("kind") in (None, there.get("kind")):
            result[key] = {**there, **value}
        else:
            result[key] = value
    return result
