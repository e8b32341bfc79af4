"""Faults by name: incidents that happened, and test servers that fail on purpose; each is data with its source."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from mailsim.scenario.faults.when import Window
from mailsim.units import micros

__all__ = ["Preset", "chaos_tools", "incidents"]


class Preset(NamedTuple):
    """A fault by name.

    Attributes
    ----------
    name : str
        What it is called.
    what : str
        What happens, in a few words.
    faults : tuple of dict
        What it is made of, as in a file, without target and times.
    windows : tuple of Window
        When, counted from its start; empty for what has no length of its own.
    source : str
        Where this is told.
    assumed : str
        What the source leaves open and how it is filled in; ``""``: nothing.
    lacks : str
        What happened besides; ``""``: nothing.
    needs, takes : tuple of str
        Keys that a fault must, or may, give for all its parts.
    """

    name: str
    what: str
    faults: tuple[dict[str, Any], ...]
    windows: tuple[Window, ...]
    source: str
    assumed: str
    lacks: str
    needs: tuple[str, ...]
    takes: tuple[str, ...]

    @property
    def length_us(self) -> int:
        """From its start to the end of its last window; 0 for what has no length of its own."""
        return self.windows[-1].end_us if self.windows else 0


def incidents() -> dict[str, Preset]:
    """Incidents that happened, by name."""
    return _presets("incidents.toml")


def chaos_tools() -> dict[str, Preset]:
    """Test servers that fail on purpose, by name."""
    return _presets("chaos.toml")


@cache
def _presets(file: str) -> dict[str, Preset]:
    values = tomllib.loads((resources.files("mailsim.scenario.faults") / file).read_text("utf-8"))
    return {name: _preset(name, value) for name, value in values.items()}


def _preset(name: str, value: dict[str, Any]) -> Preset:
    pairs = value.get("windows", [["0s", value["length"]]] if "length" in value else [])
    windows = tuple(Window(micros(start), micros(start) + micros(length)) for start, length in pairs)
    return Preset(
        name=name,
        what=value["what"],
        faults=tuple(value["faults"]),
        windows=windows,
        source=value["source"],
        assumed=value.get("assumed", ""),
        lacks=value.get("lacks", ""),
        needs=tuple(value.get("needs", ())),
        takes=(*value.get("needs", ()), *value.get("takes", ())),
    )
