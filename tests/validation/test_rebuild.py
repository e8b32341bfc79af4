"""Proves that runs of different worlds with one seed don't share chance, and that only the world decides about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mailsim.errors import UnsupportedError
from mailsim.scenario import load
from mailsim.validation import rebuild
from mailsim.validation.cases import Case, read_cases
from mailsim.validation.rebuild import seed_for
from mta_case import mta_case

ZONE = "$ORIGIN example.org.\n@ 3600 IN SOA ns1 h 1 7200 900 1209600 300\n@ 3600 IN NS ns1\nns1 3600 IN A 192.0.2.53\n"


def world(rtt: str = "1ms", **more: Any) -> Any:
    return load(
        {
            "name": "recorded",
            "zones": [ZONE],
            "nodes": {"dns": {"kind": "resolver"}},
            "links": {"default": {"rtt": rtt}},
            "traffic": [],
            **more,
        }
    )


def test_the_same_world_and_seed_give_the_same_seed_in_every_process() -> None:
    assert seed_for(world(), 1) == seed_for(world(), 1)
    assert len({seed_for(world(), seed) for seed in range(100)}) == 100


def test_another_world_draws_other_chances_with_the_same_seed() -> None:
    assert len({seed_for(world(f"{rtt}us"), 1) for rtt in range(100, 200)}) == 100


def test_a_seed_is_one_that_a_run_takes() -> None:
    # seeds of runs are less than 2^63, so that they fit into a signed 64-bit column
    assert all(0 <= seed_for(world(), seed) < 2**63 for seed in range(100))


def test_what_a_scenario_says_of_itself_and_its_own_seed_never_matter() -> None:
    assert seed_for(world(), 1) == seed_for(world(seed=9, lesson="something else", question=1), 1)


def test_name_and_description_of_a_case_never_matter(tmp_path: Path) -> None:
    cases = [mta_case(name=name, description=f"about {name}") for name in ("calm", "stormy")]
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in cases), "utf-8")
    calm, stormy = read_cases(path)
    assert (calm.name, stormy.name) == ("calm", "stormy")
    assert seed_for(rebuild.scenario_of(calm), 1) == seed_for(rebuild.scenario_of(stormy), 1)
    other = Case("calm", "mta", "postfix", {**calm.body, "horizon": calm.body["horizon"] + 1}, ())
    assert seed_for(rebuild.scenario_of(other), 1) != seed_for(rebuild.scenario_of(calm), 1)


def test_a_kind_without_a_room_can_not_be_rebuilt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rebuild._ROOMS, "mta", "mailsim.validation.nowhere")
    with pytest.raises(UnsupportedError, match=r"mailsim\.validation\.nowhere is missing"):
        rebuild.scenario_of(Case("a", "mta", "postfix", {}, (), ""))
