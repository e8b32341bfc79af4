"""The YAML door: YAML 1.2 scalars, the place of every value, and caps that stop hostile files at once."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml

from mailsim.errors import ScenarioError
from mailsim.scenario import yamlfile
from mailsim.scenario.document import Document, Mark
from mailsim.scenario.yamlfile import read_yaml


def read(text: str | bytes) -> Document:
    return read_yaml(text.encode() if isinstance(text, str) else text, "f.yaml")


def refusal(text: str | bytes) -> str:
    with pytest.raises(ScenarioError) as caught:
        read(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("10", 10),
        ("-7", -7),
        ("010", 10),
        ("0x10", "0x10"),
        ("0o10", "0o10"),
        ("1:30", "1:30"),
        ("190:20:30", "190:20:30"),
        ("1_000", "1_000"),
        ("2.5", 2.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("'10'", "10"),
        ('"true"', "true"),
        ("5m", "5m"),
        ("2026-01-05", "2026-01-05"),
        ("2026-01-05T00:00:00Z", "2026-01-05T00:00:00Z"),
    ],
)
def test_a_scalar_is_read_by_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    found = read(f"a: {text}\n").value["a"]
    assert (found, type(found)) == (value, type(value))


def test_values_and_keys_have_their_place() -> None:
    document = read("# c\na: 1\nb:\n  - {c: x}\n  - |\n    one\n    two\n")
    assert document.marks[("a",)] == Mark(2, 4, 2, 1)
    assert document.marks[("b", 0, "c")] == Mark(4, 9, 4, 6)
    assert document.marks[("b", 1)] == Mark(5, 5, 5, 5, 6)
    assert str(document.problem(("b", 1), "wrong", row=2)) == "f.yaml:7: b[1]: wrong"
    assert str(document.problem(("b", 0, "d"), "missing", key=True)) == "f.yaml:4:5: b[0].d: missing"


def test_the_pure_python_reader_gives_the_same_values_and_places(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: {b: [1, x, 'y'], c: ~}\nd: |\n  one\n\n  two\ne: >\n  folded\n  text\n'f g': &x [1]\nh: *x\n"
    fast = read(text)
    monkeypatch.setattr(yamlfile, "_LOADER", yaml.SafeLoader)
    slow = read(text)
    assert (fast.value, fast.marks) == (slow.value, slow.marks)


@pytest.mark.parametrize(
    ("text", "lesson"),
    [
        ("# Lesson: one thing.\nname: x\n", "one thing."),
        ("# Lesson: one thing\n# in two lines.\n\n# Not this.\nname: x\n", "one thing in two lines."),
        ("# Lesson: first.\n#\n# Not this.\nname: x\n", "first."),
        ("# yaml-language-server: $schema=s.json\n# Lesson: below.\nname: x\n", "below."),
        ("\n\n# No word in front.\nname: x\n", "No word in front."),
        ("name: x\n# Lesson: too late.\n", ""),
    ],
)
def test_the_first_comment_is_the_lesson(text: str, lesson: str) -> None:
    assert read(text).lesson == lesson


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"", "f.yaml: the file is empty"),
        (b" \n\n", "f.yaml: the file is empty"),
        (b"# only\n", "f.yaml:2:1: the file holds only comments"),
        (b"\xff\xfe\x00a", "f.yaml:1:1: the file is not UTF-8 text"),
        (b"a: 1\nb: \xe4\n", "f.yaml:2:4: the file is not UTF-8 text"),
        (b"a: 1\nb: x\x00y\n", "f.yaml:2:5: control character U+0000"),
        (b"\x7fELF\x01", "f.yaml:1:1: control character U+007F"),
        (b"\x89PNG\r\n\x1a\n", "f.yaml:1:1: the file is not UTF-8 text"),
        (b"x" * (4 * 2**20 + 1), "f.yaml: the file is larger than 4 MiB"),
    ],
)
def test_a_file_that_is_no_text_is_refused(text: bytes, what: str) -> None:
    assert refusal(text).startswith(what)


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read(b"\xef\xbb\xbfa: 1\n").value == {"a": 1}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a: " + "[" * 20_000, "nested more than 50 levels deep"),
        ("a: " + "{a: " * 20_000, "nested more than 50 levels deep"),
        ("- " * 20_000, "nested more than 50 levels deep"),
        ("a: &a [x]\nb: [" + "*a, " * 20_000 + "]", "more than 50 aliases"),
        ("a: [" + "x, " * 200_000 + "]", "more than 100,000 values"),
    ],
    ids=["brackets", "braces", "dashes", "aliases", "values"],
)
def test_a_hostile_file_meets_a_named_limit_within_two_seconds(text: str, what: str) -> None:
    began = time.process_time()
    assert what in refusal(text)
    assert time.process_time() - began < 2


def test_the_values_behind_aliases_are_counted() -> None:
    text = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        text += f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n"
    assert "more than" in refusal(text)


def test_an_alias_to_something_unfinished_or_unknown_is_a_problem() -> None:
    assert [str(p) for p in read("a: &a [*a]\n").problems] == ["f.yaml:1:8: a[0]: the alias *a has no finished anchor &a before it"]
    assert [str(p) for p in read("a: *b\n").problems] == ["f.yaml:1:4: a: the alias *b has no finished anchor &b before it"]


def test_an_alias_is_read_as_its_value() -> None:
    assert read("a: &x {b: 1}\nc: *x\n").value == {"a": {"b": 1}, "c": {"b": 1}}


def problems(text: str) -> list[str]:
    return [str(p) for p in read(text).problems]


def test_refused_values_do_not_stop_the_reading() -> None:
    text = "a: 1\na: 2\n7: x\n<<: {b: 1}\nc: !!str x\nd: .inf\n? [x]\n: 1\ne: 2\n"
    assert read(text).value == {"a": 1, "c": "x", "d": 0, "e": 2}
    assert problems(text) == [
        "f.yaml:2:1: a: the key 'a' is given twice, first in line 1",
        "f.yaml:3:1: a key is a text; write '7' in quotes if you mean it",
        "f.yaml:4:1: merge keys (<<) are not allowed; write the keys out",
        "f.yaml:5:4: c: the tag 'tag:yaml.org,2002:str' is not allowed; write the plain value",
        "f.yaml:6:4: d: '.inf' is no number that a scenario can use; write a finite one",
        "f.yaml:7:3: a key is a plain text, not a list, a mapping or an alias",
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a:\n\tb: 1\n", "f.yaml:2:1: this is no YAML: found character that cannot start any token (a tab); indent with spaces"),
        ("a: @x\n", "put the text that begins with '@' in quotes"),
        ("a: b: c\n", "a text that holds ': ' needs quotes"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document begins here"),
    ],
)
def test_a_slip_in_the_syntax_says_how_to_mend_it(text: str, what: str) -> None:
    assert what in refusal(text)


@pytest.mark.parametrize("text", ["a: !!python/object/apply:os.system [touch x]\n", "!!python/object/new:list {}\n", "a: !x {b: 1}\n"])
def test_a_tag_never_makes_an_object(text: str) -> None:
    def plain(value: Any) -> bool:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return type(value) in (dict, list, str, int, float, bool, type(None)) and all(plain(one) for one in inner)

    document = read(text)
    assert document.problems
    assert plain(document.value)
