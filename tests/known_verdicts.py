"""Recorded cases whose simulation is a fake: its repeats are those that the case's set-up asks for, so every verdict is known."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from mailsim.errors import UnsupportedError
from mailsim.validation import conformance, rebuild

__all__ = ["case", "fake_rooms", "repeat", "write_cases"]

#: what a rebuilding must never see
FORBIDDEN = {"name", "description", "repeats"}


def repeat(final: object) -> dict[str, Any]:
    """One mail that nobody tried, with this end at 1 s."""
    return {"messages": [{"id": "m01", "recipients": [{"rcpt": "u@dest.test", "final": final, "t_final": 1.0, "tries": []}]}]}


def case(name: str, *shows: str, recorded: tuple[str, ...] = ("bounced",) * 3, program: str = "postfix", **more: Any) -> dict[str, Any]:
    """A case of an MTA whose simulated run with seed k ends as the k-th of ``shows`` says."""
    return {
        "name": name,
        "description": f"about {name}",
        "mta": {"kind": program, "shows": list(shows)},
        "world": {"zones": []},
        "workload": [{"id": "m01"}],
        "repeats": [repeat(final) for final in recorded],
        **more,
    }


def _scenario_of(body: dict[str, Any]) -> SimpleNamespace:
    assert not FORBIDDEN & body.keys()
    shows = body["mta"]["shows"]
    if shows == ["unsupported"]:
        raise UnsupportedError("no such thing is modelled")
    body["mta"]["kind"] = "spoilt"  # whoever changes what he was given harms nobody
    return SimpleNamespace(run=lambda seed, progress: shows[(seed - 1) % len(shows)])


def _repeat_of(body: dict[str, Any], result: str) -> dict[str, Any]:
    assert not FORBIDDEN & body.keys()
    assert body["mta"]["kind"] != "spoilt"
    if result == "raises":
        raise ZeroDivisionError("by nothing")
    return repeat(float("nan") if result == "nan" else result)


def fake_rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on every case is rebuilt by the fake."""
    room = ModuleType("fake_room")
    room.scenario_of, room.repeat_of = _scenario_of, _repeat_of  # type: ignore[attr-defined]
    monkeypatch.setattr(rebuild, "_room", lambda case: room)
    monkeypatch.setattr(conformance, "seed_for", lambda scenario, seed: seed)  # which world draws what is no matter here


def write_cases(path: Path, *cases: dict[str, Any]) -> Path:
    """The cases as JSON lines."""
    path.write_text("".join(json.dumps(one) + "\n" for one in cases), "utf-8")
    return path
