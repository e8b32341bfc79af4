"""The memo of a run: its figures are the summary's, its pictures have words, nothing in it runs, and it is written whole or not at all."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from shlex import quote
from typing import Any

import pytest

import mailsim
from mailsim.errors import UnknownNameError, UnsupportedError
from mailsim.language import speaking
from mailsim.memo import memo
from mailsim.memo.grounds import Ground, grounds
from mailsim.plots.picture import title_of
from mailsim.results import Result
from mailsim.scenario.assumptions import Assumption
from page_reading import ALLOWED, HOSTILE, Read
from small_logs import small_result


@cache
def ran() -> Result:
    return mailsim.load("primary-outage").run(seed=7)


@cache
def page(language: str) -> str:
    return memo(ran(), language=language)


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_table_is_the_summarys_with_its_cohorts(language: str) -> None:
    with speaking(language):
        rows = [list(row) for row in ran().summary().rows()]
    assert Read(page(language)).rows == rows
    assert len(rows[0]) == 3


@pytest.mark.parametrize("language", ["en", "de"])
def test_findings_are_the_titles_of_the_pictures_and_the_sentences_of_the_summary(language: str) -> None:
    result, read = ran(), Read(page(language))
    with speaking(language):
        first, *others = (title_of(getattr(result.plot, name)()) for name in ("timeline", "latency", "queues", "outcomes"))
        sentences = result.summary().sentences()
    assert read.within["h1"] == [first]
    assert read.within["figcaption"][1:] == others
    said = " ".join(read.within["li"]).lower()
    for sentence in sentences:
        assert sentence.lower() in said


def test_page_and_sentences_speak_the_language_and_the_figures_do_not_change() -> None:
    english, german = Read(page("en")), Read(page("de"))
    assert english.elements[0] == ("html", {"lang": "en"})
    assert german.elements[0] == ("html", {"lang": "de"})
    assert "What this rests on" in english.within["h2"]
    assert "Worauf das beruht" in german.within["h2"]
    assert "Gestört: mx1 (schweigt) ab 01:00, 4 h lang." in german.within["li"]
    assert "Wrong: mx1 (silent) from 01:00 for 4 h." in english.within["li"]
    assert english.within["code"] == german.within["code"]


def test_there_are_four_pictures_inside_the_page_each_with_its_description() -> None:
    images = [attributes for tag, attributes in Read(page("en")).elements if tag == "img"]
    assert [str(one["alt"]).split(" ")[0] for one in images] == ["Timeline", "Share", "Messages", "Stacked"]
    assert all(str(one["src"]).startswith("data:image/png;base64,iVBOR") for one in images)


def test_nothing_runs_and_nothing_is_fetched() -> None:
    text = page("en")
    read = Read(text)
    assert {tag for tag, _ in read.elements} <= ALLOWED
    assert not [name for _, attributes in read.elements for name in attributes if name.startswith("on") or name in ("href", "srcset")]
    assert not re.search(r"https?://|url\(|@import", text)
    assert "default-src 'none'" in text
    assert "@page {size: A4;" in text


def test_the_replay_line_and_the_command_stand_there() -> None:
    assert Read(page("en")).within["code"] == [ran().summary().replay, "mailsim run primary-outage --seed 7"]


def test_what_it_rests_on_is_counted_and_what_decides_is_told_with_its_source() -> None:
    read, every = Read(page("en")), ran().scenario.assumptions()
    counts = {status: sum(one.status == status for one in every) for status in ("given", "default", "unverified")}
    said = " ".join(read.within["p"])
    assert f"{len(every)} figures: {counts['given']} given in the scenario, {counts['default']} defaults" in said
    assert f"{counts['unverified']} unverified" in said
    items = " | ".join(read.within["li"])
    assert "queue_lifetime (mx2) = 2d · given in the scenario" in items
    assert "queue_lifetime (isp and mx1) = 5d · postconf(5) maximal_queue_lifetime" in items
    assert "bandwidth (default and local) = 100000000" in said


def test_equal_figures_of_several_places_are_one() -> None:
    rows = [
        Assumption("nodes.a.parameters.retry", "x", "rule", "s", "default"),
        Assumption("nodes.b.parameters.retry", "x", "rule", "s", "default"),
        Assumption("nodes.c.parameters.retry", "y", "rule", "s", "default"),
        Assumption("links[site:a-site:b].rtt", "1ms", "duration", "t", "given"),
        Assumption("starts", "z", "word", "u", "given"),
    ]
    assert grounds(rows) == [
        Ground("retry", ("a", "b"), "x", "s", "default"),
        Ground("retry", ("c",), "y", "s", "default"),
        Ground("rtt", ("site:a-site:b",), "1ms", "t", "given"),
        Ground("starts", (), "z", "u", "given"),
    ]


def test_hostile_names_stay_text() -> None:
    name = HOSTILE.removesuffix("\x1b[2J")  # a scenario takes no control character, a title does
    values: dict[str, Any] = ran().scenario.values() | {"name": name}
    values["nodes"]["mx1"]["site"] = name
    values["faults"] = [{"kind": "outage", "target": "mx1", "start": "1h", "length": "1h", "how": "4xx", "reply": f"451 4.3.0 {name}"}]
    values["traffic"] = [{"kind": "periodic", "from": "ann@example.org", "to": "bob@example.com", "every": "10m", "until": "3h"}]
    text = memo(mailsim.load(values).run(level="events"), title=HOSTILE)
    read = Read(text)
    assert {tag for tag, _ in read.elements} <= ALLOWED
    assert [tag for tag, _ in read.elements].count("img") == 4
    assert read.within["p"][0] == HOSTILE.replace("\x1b", r"\x1b")
    assert "\x1b" not in text
    assert read.within["code"][1] == f"mailsim run {quote(name)} --seed 7"


def test_a_title_stands_above_the_headline() -> None:
    assert Read(memo(small_result(), title="Our mail & the storm")).within["p"][0] == "Our mail & the storm"


def test_below_level_events_what_needs_event_rows_is_left_out() -> None:
    read = Read(memo(small_result(level="messages")))
    images = [str(attributes["alt"]).split(" ")[0] for tag, attributes in read.elements if tag == "img"]
    assert "Messages" not in images
    assert len(images) >= 3
    assert read.rows[1] == ["deliveries", "4", "6"]


def test_report_writes_the_page_and_makes_its_folder(tmp_path: Path) -> None:
    path = ran().report(tmp_path / "new" / "memo.html", language="de")
    assert path.read_text("utf-8") == page("de")
    assert [one.name for one in path.parent.iterdir()] == ["memo.html"]


@pytest.mark.parametrize("wrong", [{"language": "fr"}, {"path": ""}, {"path": 3}], ids=["language", "folder", "number"])
def test_what_can_not_be_written_leaves_what_is_there(tmp_path: Path, wrong: dict[str, Any]) -> None:
    old = tmp_path / "memo.html"
    old.write_text("old")
    path = wrong.pop("path", "memo.html")
    with pytest.raises((UnknownNameError, UnsupportedError)):
        ran().report(tmp_path / path if isinstance(path, str) else path, **wrong)
    assert old.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["memo.html"]


def test_a_number_is_told_where_the_report_of_a_message_is() -> None:
    with pytest.raises(UnsupportedError, match=r"the report that message 6 is: dsn\(6\)"):
        small_result().report(6)  # type: ignore[arg-type]


def test_a_page_that_fails_while_it_is_made_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> str:
        raise MemoryError

    monkeypatch.setattr("mailsim.memo.memo", fails)
    with pytest.raises(MemoryError):
        ran().report(tmp_path / "deep" / "memo.html")
    assert [*tmp_path.iterdir()] == []


def test_a_name_with_letters_of_the_shell_is_one_word_of_the_command() -> None:
    result = Result(small_result().scenario.replace("name", "a; touch $HOME"), 7, small_result().log)
    assert "mailsim run 'a; touch $HOME' --seed 7" in Read(memo(result)).within["code"]
