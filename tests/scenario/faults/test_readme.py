"""The faults that README shows can be written so, and every kind is shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import mailsim
from mailsim.scenario.faults import FAULT_KINDS
from small_worlds import MTA, com, world

README = (Path(__file__).resolve().parents[3] / "README.md").read_text("utf-8")
SECTION = README[README.index("## What can fail, and when") : README.index("## Programs as data")]
SHOWN = [yaml.safe_load(text) for text in re.findall(r"`(\{kind: .*?\})`", SECTION)]
ZONE = com("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.10", "mx1 AAAA 2001:db8::25", "mx2 A 198.51.100.20", "imap A 192.0.2.30")


def everything(*faults: dict[str, Any]) -> dict[str, Any]:
    nodes = {
        "mx1": {**MTA, "site": "north", "final_for": ["example.com"], "store": "boxes"},
        "mx2": {**MTA, "relays_for": ["example.com"]},
        "boxes": {"kind": "mailstore", "host": "imap.example.com", "mailboxes": {"bob@example.com": {"password": "hunter2"}}},
        "ns1": {"kind": "nameserver", "host": "ns1.example.com"},
    }
    policies = {"example.com": {"mode": "enforce", "mx": ["mx1.example.com"], "max_age": "7d"}}
    return world(ZONE, nodes, faults=faults, policies=policies, run_until="1h")


@pytest.mark.parametrize("fault", SHOWN, ids=lambda fault: fault["kind"])
def test_a_fault_that_readme_shows_loads_and_runs(fault: dict[str, Any]) -> None:
    assert mailsim.load(everything(fault)).run().conservation.ok


def test_readme_names_every_kind_of_fault() -> None:
    assert [kind for kind in FAULT_KINDS if f"`{kind}`" not in SECTION] == []


@pytest.mark.parametrize("when", re.findall(r"`((?:every|drawn): \{.*?\})`", SECTION))
def test_when_it_holds_can_be_said_as_readme_does(when: str) -> None:
    fault = {"kind": "outage", "target": "mx1", **yaml.safe_load(f"{{{when}}}")}
    assert mailsim.load(everything(fault)).run().conservation.ok
