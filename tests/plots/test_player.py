"""The player of a film: a part of a page that loads nothing, runs our script only, and shows names as text."""

from __future__ import annotations

import re
from base64 import b64decode
from html.parser import HTMLParser

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
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def film(count: int = 4, *, words: str = "At {k}: nothing.", language: str = "en", title: str = "A title") -> Film:
    frames = tuple(Frame(PNG + bytes([k]), words.replace("{k}", str(k)), 100 + k, halt=k % 2 == 1) for k in range(count))
    return Film(frames, title, "In more words.", language)


def test_each_frame_is_a_picture_inside_the_page_with_its_words_and_its_time() -> None:
    pictures = Page(film()._repr_html_()).all("img")
    assert [picture["alt"] for picture in pictures] == ["At 0: nothing.", "At 1: nothing.", "At 2: nothing.", "At 3: nothing."]
    assert [picture["data-hold"] for picture in pictures] == ["100", "101", "102", "103"]
    assert ["data-halt" in picture for picture in pictures] == [False, True, False, True]
    assert b64decode(str(pictures[2]["src"]).removeprefix("data:image/png;base64,")) == PNG + b"\x02"


def test_without_a_script_the_first_picture_is_shown_and_no_button() -> None:
    html = Page(player(film()))
    assert [picture.get("class") for picture in html.all("img")] == ["shown", None, None, None]
    (controls,) = [attributes for attributes in html.all("div") if attributes.get("class") == "controls"]
    assert "hidden" in controls


def test_nothing_comes_from_outside_and_nothing_is_evaluated() -> None:
    text = page(film())
    for _, attributes in Page(text).elements:
        assert not {"href", "action", "srcset", "poster"} & attributes.keys()
        assert str(attributes.get("src", "data:")).startswith("data:")
        assert not [name for name in attributes if name.startswith("on")]
    code = re.sub(r'src="data:[^"]*"', "", text)
    assert not re.search(r"https?:|//|url\(|@import|eval|Function\(|innerHTML|document\.write|fetch\(|XMLHttp", code)
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
    assert evil.all("img")[1]["alt"] == HOSTILE
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
    assert [picture["alt"] for picture in html.all("img")] == ["At 0: nothing.", "At 3: nothing."]
    assert [picture["data-hold"] for picture in html.all("img")] == ["300", "309"]
    assert "one frame in 3" in html.text


def test_a_film_that_fits_a_page_is_whole() -> None:
    html = Page(player(film(40)))
    assert len(html.all("img")) == 40
    assert "one frame in" not in html.text
