"""The player of a film: a part of a page that loads nothing, runs our script only, and shows names as text."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from html.parser import HTMLParser
from typing import Any

import pytest

from mailsim.plots import player as room
from mailsim.plots.film import Film, Frame
from mailsim.plots.player import page, player

HOSTILE = "<img src=x onerror=alert(1)>'\"`</script></figure>"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 3000


class Page(HTMLParser):
    """Every element of a page with its attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.elements and self.elements[-1][0] == "script":
            self.scripts.append((self.elements[-1][1], data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def film(count: int = 4, *, words: str = "At {k}: nothing.", language: str = "en", title: str = "A title") -> Film:
    frames = tuple(Frame(PNG + bytes([k]), words.replace("{k}", str(k)), 100 + k, halt=k % 2 == 1) for k in range(count))
    return Film(frames, title, "In more words.", language)


def frames_of(html: Page) -> list[dict[str, Any]]:
    """All frames: the one that is an element, and those that the script makes elements of."""
    (first,) = html.all("img")
    (others,) = [text for attributes, text in html.scripts if attributes.get("type") == "application/json"]
    png = str(first["src"]).removeprefix("data:image/png;base64,")
    found: list[dict[str, Any]] = json.loads(others)
    return [{"alt": first["alt"], "hold": int(str(first["data-hold"])), "halt": "data-halt" in first, "png": png}, *found]


def test_each_frame_is_a_picture_inside_the_page_with_its_words_and_its_time() -> None:
    frames = frames_of(Page(film()._repr_html_()))
    assert [frame["alt"] for frame in frames] == ["At 0: nothing.", "At 1: nothing.", "At 2: nothing.", "At 3: nothing."]
    assert [frame["hold"] for frame in frames] == [100, 101, 102, 103]
    assert [frame["halt"] for frame in frames] == [False, True, False, True]
    assert [b64decode(frame["png"]) for frame in frames] == [PNG + bytes([k]) for k in range(4)]


def test_without_scripts_and_styles_there_is_the_first_picture_and_no_button() -> None:
    html = Page(player(film()))
    assert len(html.all("img")) == 1
    (controls,) = [attributes for attributes in html.all("div") if attributes.get("class") == "controls"]
    assert "hidden" in controls


def test_nothing_comes_from_outside_and_nothing_is_evaluated() -> None:
    text = page(film())
    for _, attributes in Page(text).elements:
        assert not {"href", "action", "srcset", "poster"} & attributes.keys()
        assert str(attributes.get("src", "data:")).startswith("data:")
        assert not [name for name in attributes if name.startswith("on")]
    code = re.sub(r"[A-Za-z0-9+/]{200,}", "", text)  # without the pictures
    assert not re.search(r"https?:|://|url\(|@import|eval|Function\(|innerHTML|document\.write|fetch\(|XMLHttp", code)
    (policy,) = [str(one["content"]) for one in Page(text).all("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; img-src data:;")


def test_several_players_on_a_page_share_no_names() -> None:
    elements = Page(player(film()) + player(film())).elements
    assert not [attributes for _, attributes in elements if "id" in attributes or "name" in attributes]


@pytest.mark.parametrize("door", [player, page])
def test_a_hostile_name_stays_text(door: object) -> None:
    assert callable(door)
    evil, plain = Page(door(film(words=HOSTILE, title=HOSTILE))), Page(door(film()))
    assert [tag for tag, _ in evil.elements] == [tag for tag, _ in plain.elements]
    assert [frame["alt"] for frame in frames_of(evil)] == [HOSTILE] * 4
    assert len(evil.scripts) == len(plain.scripts) == 2
    assert evil.scripts[1] == plain.scripts[1]
    assert evil.all("figure")[0]["aria-label"] == HOSTILE
    assert not [name for _, attributes in evil.elements for name in attributes if name.startswith("on")]


def test_controls_are_words_that_a_keyboard_reaches() -> None:
    html = Page(player(film()))
    assert [button["type"] for button in html.all("button")] == ["button"] * 3
    for word in ("Step back", "Play", "Step on", "Speed", "1 / 4", "0.25×", "4×"):
        assert word in html.text
    (slider,) = html.all("input")
    assert (slider["type"], slider["min"], slider["max"], slider["aria-label"]) == ("range", "0", "3", "Place in the film")


def test_in_german() -> None:
    text = Page(page(film(language="de")))
    for word in ("Schritt zurück", "Abspielen", "Schritt weiter", "Tempo", "0,25×"):
        assert word in text.text
    assert text.all("html")[0]["lang"] == "de"


def test_a_film_that_is_too_large_for_a_page_is_thinned_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_OCTETS", 3 * len(PNG))
    html = Page(player(film(6)))  # 6 pictures take 8 times their octets
    assert [(frame["alt"], frame["hold"]) for frame in frames_of(html)] == [("At 0: nothing.", 300), ("At 3: nothing.", 309)]
    assert "one frame in 3" in html.text


def test_a_film_that_fits_a_page_is_whole() -> None:
    html = Page(player(film(40)))
    assert len(frames_of(html)) == 40
    assert "one frame in" not in html.text
