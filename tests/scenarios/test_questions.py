"""Each of the twenty questions that people ask has a small shipped scenario, named by its subject and carrying its number."""

from __future__ import annotations

from pathlib import Path

import pytest

import mailsim

QUESTIONS = {
    1: "need-a-backup", 2: "six-hour-outage", 3: "how-long-senders-retry", 4: "temporary-errors-and-the-backup",
    5: "dead-primary-delay", 6: "stuck-on-the-backup", 7: "thundering-herd", 8: "equal-preference", 9: "split-brain",
    10: "backscatter", 11: "spammers-aim-at-the-backup", 12: "nolisting", 13: "moving-the-mx", 14: "dns-outage",
    15: "greylisting-two-mx", 16: "when-the-sender-hears", 17: "permanent-errors-in-an-outage", 18: "mta-sts-and-the-backup",
    19: "same-datacentre", 20: "polling",
}  # fmt: skip


@pytest.mark.parametrize("number", range(1, 21))
def test_the_question_has_its_scenario_and_its_test(number: int) -> None:
    name = QUESTIONS[number]
    assert mailsim.load(name).question == number
    assert (Path(__file__).parent / f"test_{name.replace('-', '_')}.py").exists()
