"""Proves that floors only rise, and what is said when one is missed or its file is wrong."""

import pytest

from mailsim.errors import ScenarioError
from mailsim.validation.conformance import Conformance, Run, Verdict
from mailsim.validation.control import Count
from mailsim.validation.floors import below, raised, read_floors, written

WRONG = ('"agreed": 3, "of": 2', '"agreed": true, "of": 2', '"of": 2', '"agreed": -1, "of": 2')


def found(agreeing, of=3, software="postfix"):
    runs = tuple(Run(k + 1, "{}", () if k < agreeing else ("differs",)) for k in range(of))
    return Conformance((1, 2, 3), (Verdict("a", "mta", software, "", runs, Count(3, 3), True),), {})


def test_a_floor_is_reached_or_named():
    assert below(found(2), {"postfix": Count(2, 3)}) == []
    assert below(found(1), {"postfix": Count(2, 3)}) == ["postfix: 1 of 3 repeats agree, the floor is 2"]


def test_programs_without_floor_or_without_cases_here_have_none_to_miss():
    assert below(found(0), {"exim": Count(2, 3)}) == []


def test_a_floor_for_other_repeats_cant_be_judged():
    (told,) = below(found(3), {"postfix": Count(5, 6)})
    assert told == "postfix: the floor is for 6 repeats, here are 3; take the same cases and seeds"


def test_floors_rise_and_never_sink():
    assert raised(found(2), {"postfix": Count(1, 3), "exim": Count(1, 1)}) == {"exim": Count(1, 1), "postfix": Count(2, 3)}
    assert raised(found(1), {"postfix": Count(2, 3)}) == {"postfix": Count(2, 3)}
    assert raised(found(3), {}) == {"postfix": Count(3, 3)}


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / "floors.json"
    floors = {"exim": Count(1, 3), "postfix": Count(2, 3)}
    path.write_text(written(floors))
    assert path.read_text() == '{\n  "exim": {"agreed": 1, "of": 3},\n  "postfix": {"agreed": 2, "of": 3}\n}\n'
    assert read_floors(path) == floors


@pytest.mark.parametrize("text", ["", "[]", '{"a": 5}', *(f'{{"a": {{{wrong}}}}}' for wrong in WRONG)])
def test_a_wrong_file_is_an_error_that_shows_a_right_one(tmp_path, text):
    path = tmp_path / "floors.json"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=r'floors\.json: .*"agreed": 180'):
        read_floors(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ScenarioError, match=r"nothing\.json: can't be read"):
        read_floors(tmp_path / "nothing.json")
