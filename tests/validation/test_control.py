"""Proves the two figures that a score is compared with: the program against itself, and another in its place."""

import pytest

from known_verdicts import case, write_cases
from mailsim.validation import read_cases
from mailsim.validation.control import Count, against_itself, impostors, same_world

BOUNCED, QUEUED = ("bounced",) * 3, ("queued",) * 3


@pytest.fixture
def read(tmp_path):
    def write(**programs):
        """Cases of each program, by name what was recorded."""
        found = []
        for program, recorded in programs.items():
            cases = [case(name, program=program, recorded=ends, **more) for name, (ends, more) in recorded.items()]
            found.extend(read_cases(write_cases(tmp_path / f"{program}.jsonl", *cases)))
        return found

    return write


def plain(**recorded):
    return {name: (ends, {}) for name, ends in recorded.items()}


def test_each_repeat_is_judged_against_the_others(read):
    cases = read(postfix=plain(same=BOUNCED, odd=("bounced", "bounced", "queued"), single=("bounced",), none=()))
    assert [against_itself(one) for one in cases] == [Count(3, 3), Count(2, 3), Count(), Count()]


def test_the_best_impostor_is_the_one_that_passes_most_often(read):
    found = impostors(
        read(
            postfix=plain(a=BOUNCED, b=BOUNCED),
            exim=plain(a=("bounced", "queued", "queued"), b=QUEUED),
            sendmail=plain(a=BOUNCED, b=QUEUED),
        )
    )
    assert found["postfix"] == ("sendmail", Count(3, 6))
    # for exim: postfix passes in a (bounced is one of its ends), so does sendmail; in b only sendmail's queued does
    assert found["exim"] == ("sendmail", Count(6, 6))


def test_only_the_same_name_in_the_same_world_counts(read):
    other = {"world": {"zones": [{"name": "x.", "type": "A", "ttl": 1, "value": "192.0.2.1"}]}}
    first, second = read(postfix=plain(a=BOUNCED), exim={"a": (BOUNCED, other)})
    assert not same_world(first, second)
    assert impostors([first, second]) == {}
    assert impostors(read(postfix=plain(a=BOUNCED), exim=plain(b=BOUNCED))) == {}


def test_a_part_that_is_empty_is_a_part_that_is_not_there(read):
    first, second = read(postfix=plain(a=BOUNCED), exim={"a": (BOUNCED, {"world": {"zones": [], "faults": []}})})
    assert same_world(first, second)


def test_parameters_of_the_program_make_no_other_world(read):
    first, second = read(
        postfix=plain(a=BOUNCED), exim={"a": (BOUNCED, {"horizon": 99, "world": {"zones": [], "postfix_main": {"a": "b"}}})}
    )
    assert same_world(first, second)


def test_a_handful_of_shared_cases_makes_no_impostor(read):
    cases = read(postfix=plain(a=BOUNCED, b=BOUNCED, c=BOUNCED), exim=plain(a=BOUNCED))
    assert "postfix" not in impostors(cases)
    assert impostors(cases)["exim"] == ("postfix", Count(3, 3))
