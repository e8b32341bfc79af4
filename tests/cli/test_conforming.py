"""Proves what ``conform`` prints and writes, its exit codes, and that names and recordings don't reach the simulation."""

import json

import pytest

from known_verdicts import case, fake_rooms, repeat, write_cases

CASES = (case("calm", "bounced"), case("stormy", "bounced", "queued", "bounced"), case("strange", "unsupported"))


@pytest.fixture
def conform(mailsim, monkeypatch, tmp_path):
    """Call ``conform`` with fakes for the simulation; gives exit code, standard output and standard error."""
    fake_rooms(monkeypatch)
    path = write_cases(tmp_path / "cases.jsonl", *CASES)
    return lambda *words: mailsim("conform", path, *words)


def test_the_table_and_what_differs_are_printed(conform):
    code, out, err = conform()
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "program  cases  mailsim        the program itself  another in its place",
        "postfix  3      56 % (5 of 9)  100 %               -",
        "",
        "postfix: 2 of 3 cases differ in some run",
        "  stormy  2 of 3  m01 to u@dest.test: queued, recorded bounced",
        "  strange  0 of 3  no such thing is modelled",
    ]


def test_one_reason_of_many_cases_is_one_line(mailsim, monkeypatch, tmp_path):
    fake_rooms(monkeypatch)
    cases = [case(f"{show}{k}", show) for show in ("unsupported", "queued") for k in range(20)]
    lines = mailsim("conform", write_cases(tmp_path / "many.jsonl", *cases))[1].splitlines()
    assert lines[4] == "  20 cases  no such thing is modelled"
    assert lines[5].startswith("  queued0  0 of 3  ")
    assert lines[-1] == "  ... and 8 more; --json or --report shows all"


def test_json_has_the_figures_and_every_run(conform):
    code, out, _ = conform("--json", "--seeds", "2")
    found = json.loads(out)
    assert code == 0
    assert found["seeds"] == [1, 2]
    assert found["programs"] == [
        {"program": "postfix", "kind": "mta", "cases": 3, "agreed": 3, "repeats": 6, "share": 0.5, "itself": 1.0, "impostor": None}
    ]
    assert [[run["agrees"] for run in one["runs"]] for one in found["cases"]] == [[True, True], [True, False], [False, False]]


def test_table_is_markdown_and_nothing_else(conform):
    code, out, _ = conform("--table")
    assert code == 0
    assert [line[:12] for line in out.splitlines()] == ["| program | ", "| --- | ---:", "| postfix | "]


def test_quiet_prints_nothing(conform, tmp_path):
    assert conform("--quiet", "--report", tmp_path / "page.html") == (0, "", "")
    assert "56 % (5 of 9)" in (tmp_path / "page.html").read_text("utf-8")


def test_emit_writes_a_line_for_each_case_and_seed(conform, tmp_path):
    conform("--quiet", "--seeds", "2", "--emit", tmp_path / "out.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [line["case"] for line in lines] == ["calm", "calm", "stormy", "stormy", "strange", "strange"]
    assert [line["repeat"] for line in lines[:4]] == [repeat("bounced"), repeat("bounced"), repeat("bounced"), repeat("queued")]


def test_emitted_repeats_stay_the_same_without_name_description_and_recordings(conform, mailsim, tmp_path):
    bare = [{key: value for key, value in one.items() if key not in ("name", "description", "repeats")} for one in CASES]
    conform("--quiet", "--emit", tmp_path / "named.jsonl")
    mailsim("conform", write_cases(tmp_path / "bare.jsonl", *bare), "--quiet", "--emit", tmp_path / "bare.out")
    named, unnamed = ((tmp_path / name).read_text("utf-8").splitlines() for name in ("named.jsonl", "bare.out"))
    assert [json.loads(line)["repeat"] for line in named] == [json.loads(line)["repeat"] for line in unnamed]


def test_names_that_several_programs_share_are_warned_of_when_emitted(mailsim, monkeypatch, tmp_path):
    fake_rooms(monkeypatch)
    files = [write_cases(tmp_path / f"{program}.jsonl", case("calm", "bounced", program=program)) for program in ("exim", "postfix")]
    code, _, err = mailsim("conform", *files, "--quiet", "--emit", tmp_path / "out.jsonl")
    assert code == 0
    assert err == "1 names of cases, such as 'calm', are used by several programs; emit one program at a time to tell them apart\n"


def test_a_missed_floor_is_exit_code_1_and_a_raised_one_is_written(conform, tmp_path):
    floors = tmp_path / "floors.json"
    assert conform("--quiet", "--floor", floors, "--raise-floor")[0] == 0
    assert json.loads(floors.read_text()) == {"postfix": {"agreed": 5, "of": 9}}
    assert conform("--quiet", "--floor", floors)[0] == 0
    floors.write_text('{"postfix": {"agreed": 6, "of": 9}}')
    assert conform("--quiet", "--floor", floors) == (1, "", "postfix: 5 of 9 repeats agree, the floor is 6\n")
    conform("--quiet", "--floor", floors, "--raise-floor")
    assert json.loads(floors.read_text()) == {"postfix": {"agreed": 6, "of": 9}}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--raise-floor"], "--raise-floor needs --floor FILE"),
        (["--floor", "nowhere.json"], "nowhere.json: can't be read"),
        (["--seeds", "0"], "0 is not in the range"),
    ],
)
def test_wrong_options_are_exit_code_2(conform, words, said):
    code, out, err = conform(*words)
    assert (code, out) == (2, "")
    assert said in err


def test_wrong_cases_are_exit_code_2_with_file_and_line(mailsim, tmp_path):
    (tmp_path / "broken.jsonl").write_text("{}\n")
    code, out, err = mailsim("conform", tmp_path / "broken.jsonl")
    assert (code, out) == (2, "")
    assert "broken.jsonl:1: no recorded case" in err
    assert mailsim("conform", tmp_path / "nowhere.jsonl")[0] == 2
