"""Names, replies and addresses that want to be more than text are shown as text at every door: page, notebook, picture, terminal, CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

import mailsim
from mailsim.cli.app import app
from mailsim.memo import memo, study_memo
from mailsim.plots.picture import describe, drawn
from mailsim.results import Result
from mailsim.teaching import class_point, lesson

HOSTILE = "<img src=x onerror=alert(1)>'\"`;&amp;${{7*7}}</script></details>"
FORMULA = "=cmd"
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


@cache
def world() -> Result:
    """A run in which everything that may be written freely is hostile: name, lesson, site, reply, password; and an address is a formula."""
    scenario = mailsim.load("backup-spool-48h").values()
    text = repr(scenario).replace("ann@example.org", f"{FORMULA}@example.org")
    values: dict[str, Any] = eval(text)
    values |= {"name": HOSTILE, "lesson": HOSTILE}
    values["nodes"]["mx1"]["site"] = HOSTILE
    values["nodes"]["ann"]["password"] = HOSTILE
    values["nodes"]["home"]["mailboxes"][f"{FORMULA}@example.org"]["password"] = HOSTILE
    values["faults"] = [{"kind": "outage", "target": "mx1", "start": "30m", "length": "3d", "how": "4xx", "reply": f"451 4.3.0 {HOSTILE}"}]
    return mailsim.load(values).run(level="events")


class Page(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def study() -> Any:
    return mailsim.outage_study(
        {HOSTILE: mailsim.load("single-mx")}, target="mx1", lengths=["5m", "1h"], runs=1, messages=5, progress=False
    )


def comparison() -> Any:
    return mailsim.compare("first-mail", "first-mail", runs=2, names=(HOSTILE, "\x1b[2J\u202eb"), progress=False)


def risky() -> mailsim.Scenario:
    """A scenario whose sites and zone texts are hostile, and of which there is something to find."""
    values = mailsim.load("single-mx").values(given=True)
    text = HOSTILE.replace('"', "").replace(";", "")
    zone = f'$ORIGIN example.net.\n@ 60 IN SOA ns1 h 1 2 3 4 5\n@ 60 IN TXT "{text}\u202e"\n@ 60 IN MX 10 192.0.2.9\n'
    return mailsim.load({**values, "zones": [*values["zones"], zone]}).replace("nodes.mx1.site", HOSTILE)


def beside() -> Any:
    made = lesson("en", student=HOSTILE)
    made.predict(HOSTILE, HOSTILE)
    return made.beside({HOSTILE: 3})


def story() -> Any:
    return world().explain(world().example("bounced").number)


PAGES: dict[str, Callable[[], str]] = {
    "scenario": lambda: world().scenario._repr_html_(),
    "result": lambda: world()._repr_html_(),
    "summary": lambda: world().summary()._repr_html_(),
    "story": lambda: story()._repr_html_(),
    "story as a page": lambda: story().html(),
    "study": lambda: study()._repr_html_(),
    "picture of a study": lambda: study().plot.outcomes_by_length()._repr_html_(),
    "memo": lambda: memo(world(), title=HOSTILE),
    "memo of a study": lambda: study_memo(study(), title=HOSTILE),
    "comparison": lambda: comparison()._repr_html_(),
    "assumptions": lambda: world().scenario.assumptions()._repr_html_(),
    "findings": lambda: risky().findings()._repr_html_(),
    "scenario of many": lambda: risky()._repr_html_(),
    "predictions": lambda: beside()._repr_html_(),
    "lesson": lambda: lesson("en", student=HOSTILE).predict(HOSTILE, HOSTILE)._repr_html_(),
    "class point": lambda: class_point(HOSTILE)._repr_html_(),
    **{
        f"picture {name}": lambda name=name: getattr(world().plot, name)()._repr_html_()  # type: ignore[misc]
        for name in ("timeline", "queues", "outcomes", "dashboard")
    },
}

TEXTS: dict[str, Callable[[], str]] = {
    "scenario": lambda: repr(world().scenario),
    "result": lambda: repr(world()),
    "story": lambda: str(story()),
    "story in German": lambda: str(world().explain(world().example("bounced").number, language="de", words="pupil")),
    "transcript": lambda: story().transcript(),
    "Mermaid diagram": lambda: story().mermaid(),
    "study": lambda: repr(study()),
    "comparison": lambda: repr(comparison()),
    "examples": lambda: repr(world().example),
    "assumptions": lambda: repr(world().scenario.assumptions()),
    "outcomes by length in words": lambda: describe(study().plot.outcomes_by_length()),
    "findings": lambda: repr(risky().findings()),
    "unseen": lambda: world().unseen().sentence(),
    "timeline in words": lambda: describe(world().plot.timeline()),
}


@pytest.mark.parametrize("door", PAGES)
def test_no_page_lets_a_name_become_markup(door: str) -> None:
    page = Page(PAGES[door]())
    assert page.elements
    for tag, attributes in page.elements:
        assert tag not in ("script", "iframe", "object", "embed"), tag
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert tag != "img" or str(attributes["src"]).startswith("data:image/png;base64,")
    assert CONTROL.findall(PAGES[door]()) == []


def test_a_film_runs_our_script_only_and_shows_names_as_text() -> None:
    evil = Page(world().plot.animation(frames=2)._repr_html_())
    plain = Page(mailsim.load("backup-spool-48h").run(level="events").plot.animation(frames=2)._repr_html_())
    assert [tag for tag, _ in evil.elements] == [tag for tag, _ in plain.elements]
    for tag, attributes in evil.elements:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert tag != "img" or str(attributes["src"]).startswith("data:image/png;base64,")
    words = [frame.words for frame in world().plot.animation(frames=2, window=("1h", "2h")).frames]
    assert CONTROL.findall("".join(words)) == []


@pytest.mark.parametrize("door", TEXTS)
def test_no_text_has_power_over_a_terminal(door: str) -> None:
    assert CONTROL.findall(TEXTS[door]().replace("\n", "")) == []


def test_a_mermaid_diagram_has_nothing_that_mermaid_or_a_browser_would_read() -> None:
    text = story().mermaid()
    assert "#60;img src=x onerror=alert(1)#62;" in text
    assert set("<&\"'`%$\\{}") & set(text.replace("->>", "").replace("<br/>", "")) == set()
    assert re.findall(r"#(?!\d+;)", text) == []
    assert text.count(";") == len(re.findall(r"#\d+;", text))


@pytest.mark.parametrize("name", ["timeline", "topology", "latency", "queues", "mx_share", "outcomes", "dns_cache"])
def test_a_vector_picture_holds_names_as_letters_only(name: str) -> None:
    svg = drawn(getattr(world().plot, name)(), "svg").decode()
    root = ElementTree.fromstring(svg)
    assert {element.tag.rpartition("}")[2] for element in root.iter()}.isdisjoint({"script", "foreignObject", "img"})
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on")]


def test_no_cell_of_a_table_is_a_formula_and_no_file_leaves_its_folder(tmp_path: Path) -> None:
    place = world().save(tmp_path / "out", plots=False)
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} == {place}
    cells = [cell for path in place.glob("*.csv") for row in csv.reader(io.StringIO(path.read_text("utf-8"))) for cell in row]
    assert f"'{FORMULA}@example.org" in cells
    assert [
        cell for cell in cells if cell[:1] in ("=", "@", "+") or (cell[:1] == "-" and not re.fullmatch(r"-[\d.]+(e-?\d+)?", cell))
    ] == []


def test_the_command_line_prints_hostile_names_as_letters(tmp_path: Path) -> None:
    file = tmp_path / "hostile.yaml"
    file.write_text(
        'name: "a\\u001b[2J<b>"\nzones: ["$ORIGIN example.com.\\n@ IN MX 10 mx1\\nmx1 IN A 192.0.2.1"]\nnodes: {"m\\u001bx": {kind: mta}}\n'
    )
    for command in ("check", "run"):
        done = CliRunner().invoke(app, [command, str(file)])
        assert done.exit_code in (1, 2)
        assert CONTROL.findall(done.output.replace("\n", "")) == []
