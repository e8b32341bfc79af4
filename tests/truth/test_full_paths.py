"""Whole paths that real software took, recorded, against the same worlds simulated.

``e2e.jsonl.xz`` holds six recordings, each made three times: Postfix 3.7.11 on three hosts (submission server A, backup MX,
primary MX), Dovecot 2.3.19.1 (login, LMTP, IMAP, POP3), unbound 1.17.1, swaks 20201014.0 as the sending client; Debian 12,
every host a network namespace of one machine with two cores.  Times are seconds from the start of the recording.

Three recordings have no mail but clients that call (``auth``, ``fetch``).  Their set-ups say neither who called nor that in one of
them the SASL back end of A did not run: that was told in words only.  Here it stands as data, :data:`TOLD`.

A scenario is built from what a recording was *set up* with; what was observed (``repeats``), its name and its description are
only looked at to compare.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from checkers import check
from mailsim.validation import read_cases
from mailsim.validation.agreement.paths import differences
from mailsim.validation.paths import repeat_of, scenario_of

CASES = {case.name: case for case in read_cases(Path(__file__).parent / "e2e.jsonl.xz")}
WITH_MAIL = [name for name, case in CASES.items() if case.body["workload"]]

#: what the descriptions of recordings say of their set-up, as data: who called, and what was down
TOLD: dict[str, dict[str, Any]] = {
    "auth_backend_down": {
        "clients": {"auth": [{"name": name, "user": "alice", "password": "good"} for name in ("good_plain", "good_login")]},
        "faults": [[-1, 999, "auth of A", "refused"]],
    }
}
SEEDS = range(1, 7)

#: two queue scans of 2 s and a poll of 2 s: how far an instant may lie outside the range of the recordings
SLACK_S = 2 * 2.0 + 2.0
#: the machine of the recordings had two cores for everything
LOADED_S = 0.6


def body(name: str) -> dict[str, Any]:
    """What a recording was set up with."""
    told = dict(TOLD.get(name, {}))
    found = CASES[name].body
    world = {**found["world"], "faults": [*found["world"]["faults"], *told.pop("faults", ())]}
    return {**found, "world": world, **told}


@cache
def simulated(name: str) -> list[dict[str, Any]]:
    """A repeat for each seed."""
    scenario, found = scenario_of(body(name)), []
    for seed in SEEDS:
        result = scenario.run(seed=seed, progress=False)
        check(result)
        found.append(repeat_of(body(name), result))
    return found


def real(name: str, part: str) -> list[list[dict[str, Any]]]:
    """The rows of one part in each recorded repeat."""
    return [repeat[part] for repeat in CASES[name].recorded]


def within(value: float, values: list[float], slack: float) -> bool:
    return min(values) - slack <= value <= max(values) + slack


def route(message: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    """Host by host, and how many others each host gave the mail to."""
    return tuple((hop["host"], len({t["relay"] for t in hop["tries"] if t["result"] == "sent"})) for hop in message["hops"])


def pairs(name: str) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Each simulated mail with the recorded ones."""
    recorded = real(name, "messages")
    return [(mine, [repeat[k] for repeat in recorded]) for repeat in simulated(name) for k, mine in enumerate(repeat["messages"])]


def test_the_recordings_are_there() -> None:
    assert sorted(CASES) == [
        "auth_backend_down", "auth_submission", "e2e_all_down", "e2e_all_up", "e2e_primary_down_backup", "fetch_clients",
    ]  # fmt: skip
    assert [len(case.recorded) for case in CASES.values()] == [3] * 6


# -- mail -------------------------------------------------------------------------------------------------------------

every_mail = pytest.mark.parametrize("name", WITH_MAIL)


@every_mail
def test_every_mail_ends_where_it_ended_in_reality(name: str) -> None:
    for mine, other in pairs(name):
        assert mine["final"] in {one["final"] for one in other}


@every_mail
def test_every_mail_goes_host_by_host_the_way_of_a_recording(name: str) -> None:
    for mine, other in pairs(name):
        assert route(mine) in {route(one) for one in other}, mine


@every_mail
def test_every_host_tries_as_often_as_in_the_recordings_give_or_take_one(name: str) -> None:
    for mine, other in pairs(name):
        for hop in mine["hops"]:
            counts: list[float] = [len(h["tries"]) for one in other for h in one["hops"] if h["host"] == hop["host"]]
            assert within(len(hop["tries"]), counts, 1), mine


@every_mail
def test_every_host_takes_the_mail_within_the_range_of_the_recordings(name: str) -> None:
    for mine, other in pairs(name):
        same = [one for one in other if route(one) == route(mine)]
        for k, hop in enumerate(mine["hops"]):
            assert within(hop["t_received"], [one["hops"][k]["t_received"] for one in same], SLACK_S), mine


@every_mail
def test_both_readers_have_seen_every_mail_within_the_range_of_the_recordings(name: str) -> None:
    for mine, other in pairs(name):
        for protocol, seen in mine["t_fetched"].items():
            assert within(seen, [one["t_fetched"][protocol] for one in other], SLACK_S), mine
        assert set(mine["t_fetched"]) == {"imap", "pop3"}


@every_mail
def test_every_poll_comes_to_what_a_recorded_poll_came_to(name: str) -> None:
    """A look every 2 s by IMAP and POP3 in turns; those that meet silence end after 2 s.  Up to the first that saw mail."""
    for repeat in simulated(name):
        mine = [(poll["proto"], poll["outcome"]) for poll in repeat["polls"]]
        for recorded in real(name, "polls"):
            common = min(len(mine), len(recorded))
            assert mine[:common] == [(poll["proto"], poll["outcome"]) for poll in recorded][:common]
        for poll in repeat["polls"]:
            assert poll["outcome"] == "ok" or 2.0 <= poll["t_end"] - poll["t"] <= 2.01


# -- clients that call ------------------------------------------------------------------------------------------------


def took(row: dict[str, Any]) -> float:
    return float(row["t_end"] - row["t"])


@pytest.mark.parametrize("name", ["auth_submission", "auth_backend_down"])
def test_every_submission_gets_a_recorded_reply_in_its_time(name: str) -> None:
    recorded = real(name, "auth")
    for repeat in simulated(name):
        assert [row["name"] for row in repeat["auth"]] == [row["name"] for row in recorded[0]]
        for k, row in enumerate(repeat["auth"]):
            same = [one[k] for one in recorded if one[k]["reply"] == row["reply"]]
            assert same, (row, [one[k]["reply"] for one in recorded])
            assert row["exit"] in {one["exit"] for one in same}
            assert within(took(row), [took(one[k]) for one in recorded], LOADED_S), row


def test_a_late_refusal_is_seen_as_535_or_as_454_as_in_the_recordings() -> None:
    """8 s of penalty and a pause of 1.5 s, or of 2 s, which is too late for Postfix: both occur, as in the recordings."""
    assert {repeat["auth"][6]["reply"] for repeat in simulated("auth_submission")} == {"454", "535"}
    assert {repeat[6]["reply"] for repeat in real("auth_submission", "auth")} == {"454", "535"}


def test_every_look_into_a_mailbox_ends_as_recorded_and_at_the_same_stage() -> None:
    recorded = real("fetch_clients", "fetch")
    for repeat in simulated("fetch_clients"):
        for k, row in enumerate(repeat["fetch"]):
            same = {(one[k]["name"], one[k]["proto"], one[k]["user"], one[k]["outcome"], one[k].get("stage")) for one in recorded}
            assert (row["name"], row["proto"], row["user"], row["outcome"], row.get("stage")) in same
            assert within(took(row), [took(one[k]) for one in recorded], LOADED_S), row


# -- nothing that was observed goes in --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_the_world_of_a_recording_is_built_from_its_set_up_alone(name: str) -> None:
    assert scenario_of(body(name)).values() == scenario_of({**body(name), "repeats": [], "name": "x", "description": ""}).values()


@pytest.mark.parametrize("name", CASES)
def test_every_run_could_be_one_more_of_the_recorded_repeats(name: str) -> None:
    for repeat in simulated(name):
        assert differences(body(name), repeat, CASES[name].recorded) == []


def test_where_a_set_up_does_not_say_who_called_all_scripts_of_the_rig_are_run() -> None:
    silent = CASES["auth_submission"].body
    repeat = repeat_of(silent, scenario_of(silent).run(seed=1, progress=False))
    assert [len(repeat["auth"]), len(repeat["fetch"])] == [7, 16]
