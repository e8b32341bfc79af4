"""The timetable of a DNS client."""

from __future__ import annotations

from typing import Any

import pytest

import mailsim
from dns_worlds import S, asked, dns_run, dns_world, looked_up
from mailsim.errors import ScenarioError
from mailsim.events import Event
from mailsim.rules.dns import Rcode


def test_every_counts_up_and_ends_before_until() -> None:
    run = dns_run(dns_world([{"name": "n$.example.com", "at": "1s", "every": "2s", "until": "7s", "first": 5}]))
    assert [(second, name) for second, name, _, _ in looked_up(run)] == [
        (1.0, "n5.example.com"),
        (3.0, "n6.example.com"),
        (5.0, "n7.example.com"),
    ]


def test_loop_waits_for_the_answer_first() -> None:
    run = dns_run(dns_world([{"name": "n$.example.com", "loop": "1s", "until": "3s"}]))
    assert [second for second, *_ in looked_up(run)] == [0.0, 1.01, 2.02]


def test_a_question_that_is_repeated_may_be_answered_by_either() -> None:
    """The resolver's host is silent until 3 s; the client repeats after 2 s and again after 4 s."""
    values = dns_world([{"name": "a.example.com", "timeout": "10s", "resend": "2s"}])
    values["faults"] = [{"kind": "outage", "target": "dns", "length": "3s"}]
    assert looked_up(dns_run(values)) == [(0.0, "a.example.com", 4.01, Rcode.NOERROR)]


def test_questions_may_leave_late() -> None:
    run = dns_run(dns_world([{"name": "a.example.com", "at": "1s", "late": "3ms"}]))
    assert looked_up(run)[0][0] == 1.003


def test_a_run_without_mail_ends_when_the_last_question_is_over() -> None:
    values = dns_world([{"name": "a.example.com", "at": "1s"}])
    del values["run_until"]
    run = dns_run(values)
    assert (run.log.end_reason, run.log.end_us) == ("settled", 1_010_000 + 60 * S)
    assert len(run.of(Event.LOOKED_UP)) == 1


def test_two_lines_are_told_apart_by_their_number() -> None:
    run = dns_run(dns_world([{"name": "a.example.com"}, {"name": "example.com", "type": "mx", "at": "1s"}]))
    assert [row.attempt for row in run.of(Event.LOOKED_UP)] == [1, 2]
    assert ("example.com", "MX") in [(name, rtype) for _, _, name, rtype in asked(run)]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ({"name": "a b"}, "no name to ask for"),
        ({"name": "a", "type": "XY"}, "unknown record type"),
        ({"name": "a", "every": "1s"}, "until goes with every or loop"),
        ({"name": "a", "every": "1s", "loop": "1s", "until": "5s"}, "either every or loop"),
        ({"name": "a", "at": "5s", "every": "1s", "until": "5s"}, "until must lie after at"),
        ({"name": "a", "every": "1us", "until": "1h"}, "more than 10,000,000 questions"),
    ],
)
def test_a_wrong_line_is_refused(line: dict[str, Any], what: str) -> None:
    with pytest.raises(ScenarioError, match=what):
        mailsim.load(dns_world([line]))


def test_the_phase_of_the_second_is_drawn_alike_for_all_resolvers() -> None:
    """TTL 6: with the phase at 0 the entry of 1.0 s answers until 8 s; anywhere else it ends earlier within that second."""
    ends = set()
    for seed in range(6):
        values = dns_world([{"name": "a.example.com", "at": "1s", "every": "50ms", "until": "9s"}], dns={"second_phase": "drawn"})
        run = dns_run(values, seed=seed)
        ends.add(asked(run)[1][0])
    assert len(ends) > 1
    assert all(7.0 < end <= 8.05 for end in ends)
