"""Proves what reading recorded cases gives, and what it says about files that are none."""

import gzip
import json
import lzma

import pytest

from mailsim.errors import LimitError, MailsimError, ScenarioError
from mailsim.validation import cases, read_cases

MTA = {
    "name": "a",
    "description": "words",
    "horizon": 60,
    "mta": {"kind": "postfix", "params": {}},
    "world": {"zones": [{"name": "dest.test.", "type": "MX", "ttl": 5, "value": "10 mx1.dest.test."}]},
    "workload": [{"id": "m01", "t": 0.0}],
    "repeats": [{"messages": []}, {"messages": []}],
}
DNS = {"name": "b", "software": "unbound 1.17.1-2", "zones": {}, "servers": {}, "queries": [{"t": 0}], "repeats": []}
PATH = {"name": "c", "software": {"postfix": "3.7"}, "hosts": {}, "world": {"zones": []}, "poll_every": 2.0, "repeats": [{"auth": []}]}


def lines(*objects):
    return "".join(json.dumps(found) + "\n" for found in objects)


@pytest.fixture
def file(tmp_path):
    def write(text, name="cases.jsonl"):
        path = tmp_path / name
        path.write_text(text, "utf-8")
        return path

    return write


def test_the_three_kinds_are_told_apart_by_their_keys(file):
    found = read_cases(file(lines(MTA, DNS, PATH)))
    assert [(case.name, case.kind, case.software) for case in found] == [
        ("a", "mta", "postfix"),
        ("b", "dns", "unbound"),
        ("c", "path", "full paths"),
    ]


def test_the_body_is_the_case_without_name_description_and_repeats(file):
    (case,) = read_cases(file(lines(MTA)))
    assert set(case.body) == {"horizon", "mta", "world", "workload"}
    assert case.recorded == ({"messages": []}, {"messages": []})
    assert case.place.endswith("cases.jsonl:1")


def test_a_case_without_name_and_repeats_goes_by_its_line(file):
    bare = {key: value for key, value in DNS.items() if key not in ("name", "repeats")}
    (case,) = read_cases(file("\n" + lines(bare)))
    assert (case.name, case.recorded) == ("line 2", ())


@pytest.mark.parametrize(
    ("software", "program"),
    [
        ("bind9 9.18.49-1~deb12u3", "bind"),
        ("bind9 9.18.49-1~deb12u3 (authoritative)", "auth-bind"),
        ("bind9-host 9.18.49", "host"),
        ("bind9-dnsutils 9.18.49", "dig"),
        ("pycares 5.2.1 (bundled c-ares)", "cares"),
        ("knot 3.2.6-1", "auth-knot"),
        ("pdns-server 4.7.3-2 (bind backend)", "auth-pdns"),
        ("newcomer 1", "newcomer"),
    ],
)
def test_a_program_goes_by_its_short_name_whatever_its_version(file, software, program):
    assert read_cases(file(lines(DNS | {"software": software})))[0].software == program


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_packed_files_are_known_by_their_first_octets(tmp_path, file, pack):
    packed = tmp_path / "packed.jsonl"
    packed.write_bytes(pack(lines(MTA, DNS).encode()))
    assert [(c.name, c.body) for c in read_cases(packed)] == [(c.name, c.body) for c in read_cases(file(lines(MTA, DNS)))]


def test_a_folder_stands_for_its_case_files_in_order(tmp_path, file):
    (tmp_path / "b").mkdir()
    file(lines(DNS), "b/dns.jsonl")
    file(lines(PATH), "a.jsonl")
    file("no case", "README.md")
    assert [case.name for case in read_cases(tmp_path)] == ["c", "b"]
    assert [case.name for case in read_cases([tmp_path, tmp_path / "a.jsonl"])] == ["c", "b"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{\n", "cases.jsonl:1: no JSON"),
        (lines(DNS) + "[1]\n", "cases.jsonl:2: no JSON object"),
        ('{"a": NaN}\n', "NaN is no number of JSON"),
        ("[" * 100_000 + "\n", "cases.jsonl:1: "),
        (lines({"name": "x"}), "cases.jsonl:1: no recorded case: an MTA case has mta"),
        (lines({key: value for key, value in MTA.items() if key != "world"}), "cases.jsonl:1: world: is missing"),
        (lines(MTA | {"workload": 5}), "workload: is 5, should be a list"),
        (lines(MTA | {"repeats": [{"messages": [{"id": 5, "recipients": []}]}]}), "repeats[0].messages[0].id: is 5, should be a text"),
        (lines(DNS | {"repeats": [{"upstream": []}]}), "repeats[0].observed: is missing"),
        (lines(DNS | {"name": 7}), "name: is 7, should be a text"),
        (lines(DNS, MTA, DNS), "cases.jsonl:3: name: case 'b' stands in line 1 already"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(file, text, said):
    with pytest.raises(ScenarioError) as caught:
        read_cases(file(text))
    assert said in str(caught.value)


@pytest.mark.parametrize("content", [b"\xfd7zXZ\x00broken", b"\x1f\x8bbroken", b"\xff\xfe{}", lzma.compress(b"{}\n" * 99)[:30]])
def test_a_broken_file_is_an_error_with_its_name(tmp_path, content):
    path = tmp_path / "broken.jsonl"
    path.write_bytes(content)
    with pytest.raises(ScenarioError, match=r"broken\.jsonl:\d: .*JSON"):
        read_cases(path)


def test_what_is_not_there_is_named(tmp_path):
    with pytest.raises(MailsimError, match="there is no such file"):
        read_cases(tmp_path / "nowhere.jsonl")
    with pytest.raises(MailsimError, match="no case file in this folder"):
        read_cases(tmp_path)


def test_a_file_that_unpacks_without_end_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(cases, "LARGEST_FILE", 1000)
    path = tmp_path / "bomb.jsonl.xz"
    path.write_bytes(lzma.compress(b" " * 100_000))
    with pytest.raises(LimitError, match="LARGEST_FILE"):
        read_cases(path)


def test_a_file_of_another_kind_does_not_flood_the_terminal(file):
    with pytest.raises(ScenarioError) as caught:
        read_cases(file("no case\n" * 100))
    assert len(caught.value.problems) == 21
    assert str(caught.value).endswith("... and 80 more")
