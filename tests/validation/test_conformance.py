"""Proves how verdicts are counted, on cases whose simulated repeats are known, and that one bad case hides no other."""

import json

import pytest

from known_verdicts import case, fake_rooms, repeat, write_cases
from mailsim.errors import ScenarioError
from mailsim.validation import conform
from mailsim.validation.control import Count


@pytest.fixture
def conformed(monkeypatch, tmp_path):
    fake_rooms(monkeypatch)

    def run(*cases, **how):
        return conform(write_cases(tmp_path / "cases.jsonl", *cases), **how)

    return run


def test_each_seed_is_a_repeat_of_its_own(conformed):
    found = conformed(case("a", "bounced", "queued", "bounced"), case("b", "bounced"))
    (postfix,) = found.agreements
    assert (postfix.software, postfix.cases, postfix.count, postfix.share) == ("postfix", 2, Count(5, 6), 5 / 6)
    assert [run.seed for run in found.verdicts[0].runs] == [1, 2, 3]
    assert [run.agrees for run in found.verdicts[0].runs] == [True, False, True]
    assert found.verdicts[0].words == ("m01 to u@dest.test: queued, recorded bounced",)
    assert found.verdicts[1].words == ()


def test_seeds_count_on_from_the_first(conformed):
    found = conformed(case("a", "bounced", "queued", "bounced", "queued"), seeds=2, seed=3)
    assert found.seeds == (3, 4)
    assert found.agreements[0].count == Count(1, 2)


def test_the_real_program_is_judged_against_itself(conformed):
    # bounced, bounced, queued: the third is like neither of the others, each of the others has one like it
    found = conformed(case("a", "bounced", recorded=("bounced", "bounced", "queued")), case("b", "bounced"))
    assert found.agreements[0].itself == Count(5, 6)


def test_a_case_that_cant_be_rebuilt_or_trips_counts_as_failed_and_says_why(conformed):
    found = conformed(case("a", "unsupported"), case("b", "bounced", "raises"), case("c", "nan"), case("d", "bounced"), seeds=2)
    reasons = [[run.failed for run in one.runs] for one in found.verdicts]
    assert reasons[0] == ["no such thing is modelled"] * 2
    assert reasons[1][0] == ""
    assert reasons[1][1].startswith("ZeroDivisionError: by nothing (known_verdicts.py:")
    assert "Out of range float values" in reasons[2][0]
    assert reasons[3] == ["", ""]
    assert found.agreements[0].count == Count(3, 8)


def test_emitted_lines_hold_name_and_repeat_for_each_case_and_seed(conformed):
    found = conformed(case("a", "bounced", "queued"), case('b"', "unsupported"), seeds=2)
    assert [json.loads(line) for line in found.lines()] == [
        {"case": "a", "repeat": repeat("bounced")},
        {"case": "a", "repeat": repeat("queued")},
        {"case": 'b"', "repeat": {}, "failed": "no such thing is modelled"},
        {"case": 'b"', "repeat": {}, "failed": "no such thing is modelled"},
    ]


def test_a_case_without_recordings_is_simulated_but_not_judged(conformed):
    bare = {key: value for key, value in case("a", "bounced").items() if key not in ("name", "description", "repeats")}
    found = conformed(bare)
    assert (found.agreements[0].count, found.agreements[0].cases) == (Count(0, 0), 0)
    assert [json.loads(line) for line in found.lines()] == [{"case": "line 1", "repeat": repeat("bounced")}] * 3


def test_who_watches_is_told_of_each_case(conformed):
    ticks = []
    conformed(case("a", "bounced"), case("b", "bounced"), watch=ticks.append)
    assert ticks == [1, 1]


@pytest.mark.parametrize("wrong", [{"seeds": 0}, {"jobs": 0}])
def test_no_seeds_and_no_jobs_are_refused(conformed, wrong):
    with pytest.raises(ScenarioError, match="count from 1"):
        conformed(case("a", "bounced"), **wrong)


def test_many_processes_give_the_same_in_the_same_order(tmp_path):
    # a kind without a room is told the same way by every process: no world needs to be simulated for this
    cases = [{"name": f"c{k}", "hosts": {}, "world": {"zones": []}, "poll_every": "never", "repeats": []} for k in range(9)]
    path = write_cases(tmp_path / "cases.jsonl", *({**one, "poll_every": 2.0} for one in cases))
    alone, together = conform(path), conform(path, jobs=2)
    assert alone.verdicts == together.verdicts
    assert [one.name for one in together.verdicts] == [f"c{k}" for k in range(9)]
