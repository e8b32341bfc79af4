"""Proves what ``check``, ``scenarios`` and ``schema`` print and exit with."""

import json

import jsonschema
import yaml

import mailsim as ms


def test_check_of_a_sound_file_exits_with_zero(mailsim):
    code, out, err = mailsim("check", "primary-outage")
    assert (code, err) == (0, "")
    assert "primary-outage is well-formed" in out


def test_check_tells_the_addresses_that_it_assigned(mailsim, tmp_path):
    values = ms.load("primary-outage").values(given=True)
    values["nodes"]["spare"] = {"kind": "mta", "host": "spare.example.net"}
    file = tmp_path / "spare.yaml"
    file.write_text(yaml.safe_dump(values))
    _, out, _ = mailsim("check", file)
    assert "spare: no zone has an address for spare.example.net; 192.0.2.4 is assigned" in out


def test_check_exits_with_one_where_there_are_warnings(mailsim, one):
    code, out, _ = mailsim("check", one)
    assert code == 1
    assert "warning: " in out


def test_check_of_a_wrong_file_exits_with_two_and_gives_every_problem_with_its_place(mailsim, one):
    text = one.read_text().replace("kind: resolver", "kind: resolvr").replace("times: [1h]", "times: [1x]")
    one.write_text(text)
    code, out, err = mailsim("check", one)
    lines = err.splitlines()
    assert (code, out) == (2, "")
    assert len(lines) >= 2
    assert all(line.startswith(f"{one}:") for line in lines)
    assert any("did you mean 'resolver'" in line for line in lines)


def test_check_looks_at_all_files_even_after_a_wrong_one(mailsim, one):
    code, out, err = mailsim("check", "nowhere.yaml", "primary-outage")
    assert code == 2
    assert "nowhere.yaml" in err
    assert "primary-outage is well-formed" in out


def test_check_json_holds_problems_findings_and_notes(mailsim, one):
    code, out, _ = mailsim("check", one, "nowhere.yaml", "--json")
    sound, wrong = json.loads(out)
    assert code == 2
    assert (sound["name"], sound["problems"], wrong["name"]) == ("one", [], None)
    assert {"severity", "where", "what", "mend", "source", "number"} == set(sound["findings"][0])
    assert wrong["problems"][0]["what"]


def test_check_quiet_prints_nothing_but_errors(mailsim, one):
    assert mailsim("check", one, "--quiet") == (1, "", "")


def test_scenarios_lists_every_shipped_one_with_its_lesson(mailsim):
    code, out, _ = mailsim("scenarios")
    assert code == 0
    assert len(out.splitlines()) == 1 + len(ms.scenarios())
    assert "primary-outage" in out


def test_scenarios_json_has_name_lesson_and_question(mailsim):
    listed = json.loads(mailsim("scenarios", "--json")[1])
    assert [set(one) for one in listed] == [{"name", "lesson", "question"}] * len(ms.scenarios())
    assert all(one["lesson"] and (one["question"] is None or 1 <= one["question"] <= 20) for one in listed)


def test_incidents_lists_all_with_their_kind_and_length(mailsim):
    code, out, _ = mailsim("incidents")
    assert code == 0
    rows = {line.split()[1]: line for line in out.splitlines()[1:]}
    assert rows["gmail-2020a"].split()[:3] == ["incident", "gmail-2020a", "2h22m"]
    assert rows["jim"].startswith("chaos")


def test_incidents_json_has_what_each_is_made_of_and_its_source(mailsim):
    listed = {one["name"]: one for one in json.loads(mailsim("incidents", "--json")[1])}
    assert listed["y2k22"]["faults"] == [{"kind": "stuck"}]
    assert listed["y2k22"]["windows_s"] == [[0, 108_000]]
    assert all(one["source"] and one["what"] for one in listed.values())


def test_the_schema_accepts_what_loads(mailsim, one):
    schema = json.loads(mailsim("schema")[1])
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load(one.read_text()), schema)
