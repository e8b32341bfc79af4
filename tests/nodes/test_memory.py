"""What an MTA remembers of failures: Exim's records by host, message and domain; Postfix's schedule by age."""

from __future__ import annotations

import pytest

from mailsim.nodes.memory import RetryMemory
from mailsim.rules.retry import AgeClampedPolicy, HostRecordPolicy, RuleStep

S = 1_000_000
MIN, HOUR, DAY = 60 * S, 3600 * S, 86400 * S
HOST = "192.0.2.1"
OTHER = "192.0.2.2"


def exim(scale: int = 1, phase: int = 1) -> RetryMemory:
    """``F,20s,4s; G,40s,4s,1.5`` with -q2s, times ``scale``."""
    steps = (RuleStep("F", scale * 20 * S, scale * 4 * S, 1.0), RuleStep("G", scale * 40 * S, scale * 4 * S, 1.5))
    return RetryMemory(HostRecordPolicy(steps, DAY), scan_us=scale * 2 * S, phase_us=phase * S + 10_000, origin_us=0)


@pytest.mark.parametrize(
    ("scale", "phase", "recorded"),
    [
        (1, 1, [0, 5, 9, 13, 17, 21, 27, 37, 41]),  # single_refused_expire
        (2, 3, [0, 11, 19, 27, 35, 43, 55, 75, 83]),  # scale2_refused_expire
    ],
)
def test_a_lone_message_is_tried_when_exim_was_recorded_to_try_it(scale: int, phase: int, recorded: list[int]) -> None:
    """The last one comes because the message is older than the last T, though the host's time has not come."""
    memory = exim(scale, phase)
    arrived, t, found, final = 20_000, 20_000, [], False
    while not final:
        assert memory.may_try(HOST, 1, arrived, t)
        found.append(t // S)
        final = memory.note_failures((HOST,), t)
        t = memory.next_attempt(arrived, t, memory.keys([HOST], 1))
    assert found == recorded


def test_all_messages_share_the_hosts_record() -> None:
    memory = exim()
    memory.note_failures((HOST,), 0)  # next try at 4 s
    assert not memory.may_try(HOST, 1, 0, 3 * S)
    assert not memory.may_try(HOST, 2, 2 * S, 3 * S)
    assert memory.may_try(HOST, 2, 2 * S, 4 * S)
    assert memory.may_try(OTHER, 1, 0, 3 * S)


def test_a_message_that_was_put_off_waits_alone() -> None:
    memory = exim()
    memory.note_failures((f"{HOST} 1",), 0)
    assert not memory.may_try(HOST, 1, 0, 3 * S)
    assert memory.may_try(HOST, 2, 0, 3 * S)


def test_a_success_forgets_the_host() -> None:
    memory = exim()
    memory.note_failures((HOST,), 0)
    assert memory.forget(HOST)
    assert not memory.forget(HOST)
    assert memory.may_try(HOST, 1, 0, 1)


def test_a_message_older_than_the_rule_tries_without_waiting_for_the_host() -> None:
    memory = exim()
    memory.note_failures((HOST,), 30 * S)
    assert not memory.may_try(HOST, 1, 0, 33 * S)
    assert not memory.may_try(HOST, 1, 0, 33 * S)
    assert memory.may_try(HOST, 1, -10 * S, 33 * S)


def test_past_the_rule_new_mail_is_not_tried_until_the_hosts_time_comes() -> None:
    memory = exim()
    memory.note_failures((HOST,), 0)
    memory.note_failures((HOST,), 41 * S)  # failing for longer than 40 s: final; G goes on: 1.5 times the last gap of 4 s
    assert memory.past_cutoff([HOST])
    assert not memory.past_cutoff([HOST, OTHER])
    assert not memory.may_try(HOST, 2, 42 * S, 42 * S)
    assert not memory.may_try(HOST, 2, 42 * S, 46 * S)
    assert memory.may_try(HOST, 2, 42 * S, 47 * S)


def test_the_message_waits_for_the_host_that_may_be_tried_first() -> None:
    memory = exim()
    memory.note_failures((HOST,), 0)
    memory.note_failures((OTHER,), 3 * S)
    assert memory.next_attempt(0, 3 * S, memory.keys([HOST, OTHER], 1)) == 5_010_000  # the run after 4 s


def test_trouble_with_names_waits_for_its_own_time_even_beyond_the_rule() -> None:
    """Recorded: a routing deferral past 40 s waits for its retry time (51 s), a host does not (41 s)."""
    memory = exim()
    t = 20_000
    found = []
    for _ in range(9):
        found.append(t // S)
        memory.note_failures(("route example.com",), t)
        t = memory.next_attempt(20_000, t, ("route example.com",))
    assert found == [0, 5, 9, 13, 17, 21, 27, 37, 51]


def test_a_failure_without_a_record_waits_for_the_next_run() -> None:
    assert exim().next_attempt(0, 3 * S, ()) == 3_010_000


def test_postfix_keeps_no_records() -> None:
    memory = RetryMemory(AgeClampedPolicy(4 * S, 16 * S, 2 * S), scan_us=2 * S, phase_us=S, origin_us=0)
    assert not memory.note_failures((HOST,), 0)
    assert memory.records == {}
    assert memory.keys([HOST], 1) == ()
    assert memory.may_try(HOST, 1, 0, 1)
    assert memory.next_attempt(0, 10_000, ()) == 3 * S
