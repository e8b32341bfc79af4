"""A film in a notebook or on a page of its own: pictures inside the page, buttons, a slider; nothing is loaded from anywhere."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mailsim.language import numeral, printable, say, speaking
from mailsim.markup import Markup, joined, tag

if TYPE_CHECKING:
    from mailsim.plots.film import Film, Frame

__all__ = ["MOST_OCTETS", "page", "player"]

#: what the pictures of one player take inside a page at most; of a longer film every second (third ...) frame is shown
MOST_OCTETS = 5_000_000

_STYLE = """
.mailsim-film {font: 14px/1.4 system-ui, sans-serif; max-width: 64em; margin: 0; color: #222; background: #fff}
.mailsim-film img {display: none; width: 100%; height: auto}
.mailsim-film img.shown {display: block}
.mailsim-film .controls {display: flex; flex-wrap: wrap; gap: .5em; align-items: center; padding: .3em .5em .5em}
.mailsim-film .controls[hidden] {display: none}
.mailsim-film button, .mailsim-film select {font: inherit; padding: .25em .7em; color: #222; background: #f4f4f4;
  border: 1px solid #8c8c8c; border-radius: .3em; cursor: pointer}
.mailsim-film button.play {min-width: 7em}
.mailsim-film :focus-visible {outline: 3px solid #0072B2; outline-offset: 1px}
.mailsim-film input {flex: 1 1 12em; min-width: 8em; accent-color: #0072B2}
.mailsim-film output {min-width: 5.5em; text-align: right; font-variant-numeric: tabular-nums}
@media print {.mailsim-film .controls {display: none}}
"""

# the first picture is an element, the others lie in a script element as JSON: where a notebook is not trusted both scripts and styles are
# taken out, and what is left is that picture.  Every player on the page that has not been started yet is started: no ids, so two of the
# same film do not get in each other's way.
_SCRIPT = """
(function () {
  "use strict";
  function start(film) {
    film.setAttribute("data-ready", "");
    var pictures = [film.querySelector("img")];
    var after = pictures[0];
    JSON.parse(film.querySelector("script.frames").textContent).forEach(function (frame) {
      var picture = document.createElement("img");
      picture.alt = frame.alt;
      picture.setAttribute("data-hold", frame.hold);
      if (frame.halt) { picture.setAttribute("data-halt", ""); }
      picture.src = "data:image/png;base64," + frame.png;
      after.parentNode.insertBefore(picture, after.nextSibling);
      after = picture;
      pictures.push(picture);
    });
    var controls = film.querySelector(".controls"), play = film.querySelector(".play");
    var slider = film.querySelector("input"), speed = film.querySelector("select"), count = film.querySelector("output");
    var now = 0, timer = null;
    function show(number) {
      pictures[now].classList.remove("shown");
      now = Math.max(0, Math.min(pictures.length - 1, number));
      pictures[now].classList.add("shown");
      slider.value = now;
      slider.setAttribute("aria-valuetext", pictures[now].alt);
      count.textContent = (now + 1) + " / " + pictures.length;
    }
    function pause() {
      window.clearTimeout(timer);
      timer = null;
      play.textContent = play.getAttribute("data-play");
    }
    function next() {
      timer = window.setTimeout(function () {
        if (!film.isConnected) { return; }
        if (now === pictures.length - 1) { pause(); return; }
        show(now + 1);
        next();
      }, Number(pictures[now].getAttribute("data-hold")) / Number(speed.value));
    }
    function toggle() {
      if (timer !== null) { pause(); return; }
      if (now === pictures.length - 1) { show(0); }
      play.textContent = play.getAttribute("data-pause");
      next();
    }
    function step(way) {
      pause();
      var number = now + way;
      while (number > 0 && number < pictures.length - 1 && !pictures[number].hasAttribute("data-halt")) { number += way; }
      show(number);
    }
    play.addEventListener("click", toggle);
    film.querySelector(".back").addEventListener("click", function () { step(-1); });
    film.querySelector(".forward").addEventListener("click", function () { step(1); });
    slider.addEventListener("input", function () { pause(); show(Number(slider.value)); });
    film.addEventListener("keydown", function (event) {
      var at = event.target.tagName;
      if (event.altKey || event.ctrlKey || event.metaKey || at === "SELECT") { return; }
      if (event.key === "ArrowLeft") { step(-1); }
      else if (event.key === "ArrowRight") { step(1); }
      else if (event.key === "Home") { pause(); show(0); }
      else if (event.key === "End") { pause(); show(pictures.length - 1); }
      else if (event.key === " " && at !== "BUTTON") { toggle(); }
      else { return; }
      event.preventDefault();
      event.stopPropagation();
    });
    controls.hidden = false;
    show(0);
  }
  Array.prototype.forEach.call(document.querySelectorAll(".mailsim-film:not([data-ready])"), start);
})();
"""


def player(film: Film) -> str:
    """The film as one HTML element with its player; without scripts it is its first picture."""
    with speaking(film.language):
        frames, every = _fitting(film.frames)
        thinned = tag("p", say("player.thinned", every=every)) if every > 1 else Markup("")
        style, script = Markup(f"<style>{_STYLE}</style>"), Markup(f"<script>{_SCRIPT}</script>")
        parts = (style, _picture(frames[0], every), _controls(len(frames)), thinned, _others(frames[1:], every), script)
        about = {"class": "mailsim-film", "role": "group", "aria-label": printable(film.title)}
        return str(tag("figure", joined(parts), **about))


def _fitting(frames: tuple[Frame, ...]) -> tuple[tuple[Frame, ...], int]:
    """The frames that fit the page, at equal distances, and every which they are."""
    octets = sum(len(frame.png) for frame in frames) * 4 // 3
    every = max(1, -(-octets // MOST_OCTETS))
    return frames[::every], every


def _picture(frame: Frame, times: int) -> Markup:
    about = {"class": "shown", "alt": printable(frame.words), "data-hold": str(frame.hold_ms * times)}
    about |= {"data-halt": ""} if frame.halt else {}
    return _void("img", **about, src="data:image/png;base64," + b64encode(frame.png).decode("ascii"))


def _others(frames: Sequence[Frame], times: int) -> Markup:
    """Frames as JSON that no text in it can end."""
    told = [
        {"alt": printable(one.words), "hold": one.hold_ms * times, "halt": one.halt, "png": b64encode(one.png).decode("ascii")}
        for one in frames
    ]
    text = json.dumps(told).replace("<", "\\u003c").replace("&", "\\u0026")
    return Markup(f'<script type="application/json" class="frames">{text}</script>')


def _void(name: str, **attributes: str) -> Markup:
    """An element that has no content and no end."""
    return Markup(tag(name, **attributes).removesuffix(f"</{name}>"))


def _controls(count: int) -> Markup:
    """Buttons with words, a slider and speeds; shown by the script."""
    play, button = say("player.play"), {"type": "button"}
    speeds = []
    for speed in (0.25, 0.5, 1, 2, 4):
        chosen = {"selected": ""} if speed == 1 else {}
        speeds.append(tag("option", numeral(f"{speed:g}") + "\N{MULTIPLICATION SIGN}", value=f"{speed:g}", **chosen))
    slider = {"type": "range", "aria-label": say("player.place"), "min": "0", "max": str(count - 1), "value": "0"}
    parts = (
        tag("button", say("player.back"), class_="back", **button),
        tag("button", play, class_="play", **button | {"data-play": play, "data-pause": say("player.pause")}),
        tag("button", say("player.forward"), class_="forward", **button),
        _void("input", **slider),
        tag("output", f"1 / {count}"),
        tag("label", joined((f"{say('player.speed')} ", tag("select", joined(speeds))))),
    )
    return tag("div", joined(parts), class_="controls", hidden="")


def page(film: Film) -> str:
    """The film as a whole HTML page, which is forbidden to load anything."""
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    title = tag("title", printable(film.title))
    text = tag("p", printable(film.description))
    return (
        f'<!DOCTYPE html>\n<html lang="{film.language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width">{title}</head>'
        f'<body style="font: 15px/1.5 system-ui, sans-serif; max-width: 64em; margin: 1em auto; padding: 0 1em">'
        f"{player(film)}{text}</body></html>\n"
    )
