"""Proves what ``study`` prints and writes, and what it refuses before anything runs."""

import json

import pytest

SMALL = ("--runs", "2", "--messages", "20", "--lengths", "1h,6d")


@pytest.fixture
def file_with_study(one):
    def write(part):
        one.write_text(one.read_text() + part)
        return one

    return write


def test_one_scenario_is_a_layout_by_itself(mailsim, one):
    code, out, _ = mailsim("study", one, "--target", "mx1", *SMALL)
    assert code == 0
    assert "one " in out
    assert "20 messages a run" in out


def test_json_has_a_cell_for_each_layout_and_length(mailsim):
    code, out, _ = mailsim("study", "backup-mx", *SMALL, "--json")
    found = json.loads(out)
    assert code == 0
    assert [(cell["layout"], cell["length"]) for cell in found["cells"]] == [
        ("no backup", "1h"),
        ("no backup", "6d"),
        ("backup MX", "1h"),
        ("backup MX", "6d"),
    ]
    assert (found["target"], found["runs"], found["messages"]) == ("mx1", 2, 20)
    assert {"bounced_share", "bounced_share_low", "bounced_share_high"} <= set(found["cells"][0])


def test_options_outweigh_the_file(mailsim, file_with_study):
    path = file_with_study("study: {target: mx1, lengths: [5d], runs: 9, messages: 9}\n")
    found = json.loads(mailsim("study", path, *SMALL, "--json", "--seed", "77")[1])
    assert (found["lengths"], found["runs"], found["messages"], found["seeds"]) == (["1h", "6d"], 2, 20, [77, 78])


def test_out_leaves_tables_picture_and_manifest(mailsim, one, tmp_path):
    code, _, err = mailsim("study", one, "--target", "mx1", *SMALL, "--out", tmp_path / "s")
    assert (code, err) == (0, f"wrote {tmp_path / 's'}\n")
    assert {path.name for path in (tmp_path / "s").iterdir()} == {"study.csv", "runs.csv", "impact.png", "manifest.json"}
    assert json.loads((tmp_path / "s" / "manifest.json").read_text())["target"] == "mx1"


def test_layouts_may_be_files_beside_the_scenario(mailsim, file_with_study):
    path = file_with_study("study: {target: mx1, layouts: {this one: one.yaml, shipped: single-mx}}\n")
    found = json.loads(mailsim("study", path, *SMALL, "--json")[1])
    assert list(found["layouts"]) == ["this one", "shipped"]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("study: {target: mx1, lenghts: [1h]}\n", "study.lenghts: unknown key; did you mean 'lengths'?"),
        ("study: {lengths: [1h]}\n", "say what fails with --target; the MTAs are mx1"),
        ("study: {target: mx1, layouts: 5}\n", "layouts are a mapping of titles"),
        ("study: {target: mx1, layouts: {a: [b]}}\n", "layouts are a mapping of titles"),
        ("study: {target: mx1, layouts: {a: nowhere.yaml}}\n", "nowhere.yaml"),
        ("study: {target: mx9}\n", "mx9"),
    ],
)
def test_what_is_wrong_with_the_study_part_is_said(mailsim, file_with_study, part, said):
    code, out, err = mailsim("study", file_with_study(part), *SMALL)
    assert (code, out) == (2, "")
    assert said in err


@pytest.mark.parametrize("lengths", ["", "1h,,2h", "x", "-1h"])
def test_lengths_that_are_none_are_refused(mailsim, one, lengths):
    code, _, err = mailsim("study", one, "--target", "mx1", "--lengths", lengths)
    assert code == 2
    assert err


def test_a_quiet_study_writes_its_files_and_prints_nothing(mailsim, one, tmp_path):
    code, out, err = mailsim("study", one, "--target", "mx1", *SMALL, "--quiet", "--out", tmp_path / "s")
    assert (code, out, err) == (0, "", "")
    assert (tmp_path / "s" / "study.csv").is_file()
