"""Every shipped scenario: it is there, says its lesson, keeps to documentation names and addresses, and runs under all checkers."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import mailsim

FOLDER = Path(__file__).resolve().parents[2] / "scenarios"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))

#: what the first edition ships
LESSONS = {
    "backup-mx", "backup-spool-48h", "client-side-fallback", "first-mail", "health-checked-dns", "preference-numbers",
    "primary-outage", "single-mx", "single-server", "submission-by-mx", "wrong-password",
}  # fmt: skip

#: RFC 5737 and RFC 3849
DOCUMENTATION = [ipaddress.ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]


def test_all_lessons_are_shipped_and_listed_with_their_sentence() -> None:
    listed = {one.name: one.lesson for one in mailsim.scenarios()}
    assert LESSONS <= set(listed) == set(NAMES)
    assert all(lesson.endswith(".") and len(lesson) < 200 for lesson in listed.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_file_is_named_like_its_scenario_and_uses_documentation_names_and_addresses(name: str) -> None:
    scenario = mailsim.load(name)
    assert scenario.name == name
    for zone in scenario.parsed_zones():
        assert re.search(r"(^|\.)(example\.(com|org|net)|test)$", zone.origin), zone.origin
        for rrset in zone.rrsets.values():
            for address in rrset.rdatas if rrset.rtype in ("A", "AAAA") else ():
                assert any(ipaddress.ip_address(address) in network for network in DOCUMENTATION), address


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_is_small_and_readable(name: str) -> None:
    lines = (FOLDER / f"{name}.yaml").read_text("utf-8").splitlines()
    assert len(lines) <= 80
    assert [line for line in lines if len(line) > 160] == []
    assert "\t" not in "".join(lines)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_runs_under_all_checkers_the_same_at_each_level(play: Callable[..., Any], name: str) -> None:
    played = play(name)
    assert mailsim.load(name).run(level="messages").trace_hash == played.result.trace_hash
