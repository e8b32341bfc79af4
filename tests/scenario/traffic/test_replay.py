"""Replay: recorded arrivals from a CSV, each kind of instant, what a row leaves out, every bad row by its line, safe paths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from mailsim.errors import ScenarioError
from mailsim.scenario import Scenario, load
from mailsim.scenario.traffic.recorded import recorded
from mailsim.units import instant
from traffic_worlds import declared, sent, values

S = 1_000_000

TEXT = """instant,from,to,size
# taken from a log on a quiet morning

1h30m,ann@example.org,eve@example.com,20 kB
90.5,world,bob@example.com m2@example.com,
2026-01-05 02:00,,,300
2026-01-05T01:00:00+01:00,,,
"""


def replay(**more: Any) -> dict[str, Any]:
    return {"kind": "replay", **more}


def on_disk(folder: Path, text: str | bytes, **more: Any) -> Path:
    """A scenario file with its file of arrivals beside it."""
    (folder / "arrivals.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    path = folder / "world.yaml"
    path.write_text(yaml.safe_dump(values(replay(file="arrivals.csv", **more))), "utf-8")
    return path


def complaint(source: Path | dict[str, Any]) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        load(source)
    return str(caught.value).split("\n")


def test_rows_are_sent_at_their_instants_and_the_line_fills_in_what_they_leave_out() -> None:
    mail = sent(replay(csv=TEXT, size="5 kB", to="all@example.com"))
    found = [
        (t / S, mail.lines[n].node, mail.lines[n].recipients, size) for t, n, size in zip(mail.sent_us, mail.line, mail.size, strict=True)
    ]
    assert found == [
        (0.0, "world", ("all@example.com",), 5_000),  # 1:00 at +01:00 is 0:00 UTC, when the scenario starts
        (90.5, "world", ("bob@example.com", "m2@example.com"), 5_000),
        (5_400.0, "ann", ("eve@example.com",), 20_000),
        (7_200.0, "world", ("all@example.com",), 300),
    ]


def test_a_calendar_instant_without_a_zone_is_of_the_zone_of_the_start() -> None:
    # Berlin, 2026-03-29: from 0:00 to 4:00 on the wall there are three hours
    found = recorded("instant\n2026-03-29 04:00\n", instant("2026-03-29 00:00 Europe/Berlin"))
    assert [row.at_us for row in found.rows] == [3 * 3600 * S]


def test_recipients_and_senders_of_the_rows_are_known_to_the_scenario() -> None:
    stream = declared(replay(csv=TEXT)).traffic[0]
    assert stream.recipients == ("bob@example.com", "eve@example.com", "m2@example.com")
    assert stream.origins == ("world", "ann@example.org")


def test_a_file_is_part_of_the_scenario_and_of_its_digest(tmp_path: Path) -> None:
    scenario = load(on_disk(tmp_path, "\ufeffinstant\r\n5\r\n7\r\n"))
    assert scenario.values()["traffic"][0]["csv"] == "instant\r\n5\r\n7\r\n"
    digest = scenario.digest()
    assert load(scenario.values()).digest() == digest
    assert load(on_disk(tmp_path, "instant\r\n5\r\n8\r\n")).digest() != digest
    assert scenario.with_outage("mx1", length="1h").run().log.messages["sent_us"].tolist() == [5 * S, 7 * S]


def test_a_run_of_recorded_mail_is_the_same_at_every_level() -> None:
    scenario = declared(replay(csv=TEXT, to="all@example.com"))
    assert scenario.run(level="events").trace_hash == scenario.run(level="messages").trace_hash


def test_every_bad_row_is_told_with_its_line_and_how_to_mend_it(tmp_path: Path) -> None:
    text = """
instant,from,to,size
yesterday,world,bob@example.com,
5,wrold,bob@example.com,10 kB
-3,world,bob@example.com,
5 minutes,world,bob,10 kb
2026-01-04 23:00,world,bob@example.com,1
,world,bob@example.com,1
0.0000001,world,bob@example.com,1
7,world,bob@example.com
2026-02-30,world,bob@example.com,1
"""
    assert complaint(on_disk(tmp_path, text)) == [
        f"{tmp_path.as_posix()}/arrivals.csv:{line}"
        for line in (
            "3: traffic[0].csv: instant: 'yesterday' is not a duration; write for example 5m, 1h30m or PT5M",
            "4: traffic[0].csv: no client has the address 'wrold'; did you mean 'world'?",
            "5: traffic[0].csv: instant: '-3' is negative; a duration is zero or longer, such as 5m or 300s",
            "6: traffic[0].csv: to: 'bob' is not a mail address; write for example ann@example.org",
            "6: traffic[0].csv: size: '10 kb' has an unknown unit 'kb'; did you mean 'kB'?",
            "7: traffic[0].csv: instant: '2026-01-04 23:00' lies 1h before the scenario starts; let it start earlier, or take the row out",
            "8: traffic[0].csv: instant: the cell is empty; write seconds such as 90.5, a duration such as 1m30s, or a calendar instant",
            "9: traffic[0].csv: instant: '0.0000001' is no whole number of microseconds, the shortest step of the clock",
            "10: traffic[0].csv: the row has 3 cells, the first line names 4 (instant, from, to, size)",
            "11: traffic[0].csv: instant: '2026-02-30' is not on the calendar: day is out of range for month",
        )
    ]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "line 1: the file is empty; its first line names the columns: instant, from, to, size"),
        ("# nothing\n", "line 1: the file is empty; its first line names the columns: instant, from, to, size"),
        ("instant\n", "line 1: the file has no row with an arrival"),
        ("time,to\n5,bob@example.com\n", "line 1: the first line names the columns, and 'time' is none; there is: instant, from, to, size"),
        ("to\nbob@example.com\n", "line 1: the column instant is missing from the first line; it says when a message was sent"),
        ("instant,Size,size\n", "line 1: the column size is there twice"),
        ('instant,to\n5,"bob\n', "line 2: this is no CSV: unexpected end of data"),
    ],
)
def test_a_text_without_arrivals_is_refused(text: str, what: str) -> None:
    assert complaint(values(replay(csv=text))) == [f"traffic[0].csv: {what}"]


def test_who_sends_and_who_gets_it_is_said_in_the_file_or_beside_it() -> None:
    line = {key: value for key, value in values(replay(csv="instant,to\n5,\n6,bob@example.com\n"))["traffic"][0].items() if key != "to"}
    nobody = {**values(), "traffic": [{**line, "from": "world"}]}
    assert complaint(nobody) == ["traffic[0].csv: line 2: to: the cell is empty, and the line of traffic says nothing of it"]
    del line["from"]
    assert complaint({**nobody, "traffic": [{**line, "to": "bob@example.com"}]}) == [
        "traffic[0]: the file has no column from; give from here or in the file"
    ]


def test_reading_stops_after_a_hundred_bad_rows() -> None:
    found = recorded("instant\n" + "x\n" * 5_000, instant("2026-01-05"))
    assert len(found.problems) == 101
    assert found.problems[-1] == (101, "so many rows are wrong that reading stopped here")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("../../etc/passwd", "'../../etc/passwd' lies outside the scenario's folder; it lies beside the scenario or below it"),
        ("/etc/passwd", "'/etc/passwd' lies outside the scenario's folder; it lies beside the scenario or below it"),
        ("nothing.csv", "no file of arrivals 'nothing.csv' beside the scenario"),
        ("", "the name of the file of arrivals is empty"),
    ],
)
def test_a_file_elsewhere_or_nowhere_is_refused(tmp_path: Path, name: str, what: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(values(replay(file=name)), file=tmp_path / "world.yaml")
    assert str(caught.value).endswith(f"traffic[0].file: {what}")


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.csv").write_text("instant\n5\n", "utf-8")
    (inside / "arrivals.csv").symlink_to(tmp_path / "secret.csv")
    with pytest.raises(ScenarioError, match="lies outside the scenario's folder"):
        load(values(replay(file="arrivals.csv")), file=inside / "world.yaml")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    assert complaint(on_disk(tmp_path, b"\xff\xfe\x00"))[0].endswith("traffic[0].file: the file of arrivals 'arrivals.csv' is no text")


def test_a_dict_has_no_folder_to_look_in() -> None:
    with pytest.raises(ScenarioError) as caught:
        load(values(replay(file="arrivals.csv")))
    assert str(caught.value) == (
        "traffic[0].file: a file of arrivals lies beside a scenario file; give the arrivals as csv, or load the scenario from a file"
    )
    with pytest.raises(ScenarioError, match="the file was not read; load the scenario from a file, or give the text as csv"):
        Scenario.model_validate(values(replay(file="arrivals.csv")))


@pytest.mark.parametrize("given", [{}, {"file": "a.csv", "csv": "instant\n1\n"}])
def test_a_replay_has_exactly_one_source(given: dict[str, str]) -> None:
    what = "traffic[0]: a replay has one source: file: arrivals.csv, or csv with the text itself"
    assert complaint(values(replay(**given))) == [what]
