"""A story as HTML for notebooks and as a page of its own; every text is escaped, nothing in it runs."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from mailsim.language import printable, say
from mailsim.stories.sentences import rough, voice

if TYPE_CHECKING:
    from mailsim.stories.story import Step, Story

__all__ = ["story_html", "story_page"]

_STYLE = """
.mailsim-story {font: 14px/1.45 system-ui, sans-serif; max-width: 60em}
.mailsim-story h3 {margin: 0 0 .2em}
.mailsim-story h4 {margin: 1em 0 .2em; font-size: 12px; letter-spacing: .08em; text-transform: uppercase; opacity: .75}
.mailsim-story ol {list-style: none; margin: 0; padding: 0 0 0 .8em; border-left: 3px solid #56B4E9}
.mailsim-story li {margin: .25em 0; padding-left: 8.2em}
.mailsim-story ul li {padding-left: 0}
.mailsim-story li.failed > .what::before {content: "\\2717\\00a0"; color: #D55E00}
.mailsim-story .at {float: left; margin-left: -8.2em; font-variant-numeric: tabular-nums; opacity: .8}
.mailsim-story pre {margin: .2em 0; padding: .4em .6em; font: 12px/1.4 ui-monospace, monospace;
  background: rgba(128,128,128,.12); overflow-x: auto}
.mailsim-story .note {font-size: 13px; opacity: .85}
.mailsim-story summary {cursor: pointer; font-size: 13px}
"""


def _safe(text: str) -> str:
    return escape(printable(text), quote=True)


def story_html(story: Story) -> str:
    """The story as one HTML element."""
    with voice(story.language, story.words):
        return "".join(_parts(story))


def _parts(story: Story) -> Iterator[str]:
    yield f'<div class="mailsim-story"><style>{_STYLE}</style>'
    heading = say("stories.headline", number=story.number, title=story.title)
    yield f"<h3>{_safe(heading)}</h3><div>{_safe(story.facts)}</div>"
    chapter = ""
    for step in story.shown:
        if step.chapter != chapter:
            yield ("</ol>" if chapter else "") + f"<h4>{_safe(say(f'stories.chapter_{step.chapter}'))}</h4><ol>"
            chapter = step.chapter
        yield _step(step)
    yield "</ol>" if chapter else ""
    if story.stretches:
        yield (
            f"<h4>{_safe(say('stories.time_heading'))}</h4><ul>"
            + "".join(f"<li>{_safe(words)}</li>" for words in story.time_spent())
            + "</ul>"
        )
    yield "</div>"


def _step(step: Step) -> str:
    when = _safe(step.when.strftime("%Y-%m-%d %H:%M:%S %z"))
    parts = [
        f"<li{' class=' + chr(34) + 'failed' + chr(34) if step.failed else ''}>",
        f'<span class="at" title="{when}">+{_safe(rough(step.since_sent_us))}</span><span class="what">{_safe(step.text)}</span>',
    ]
    if step.lines:
        said = "\n".join(escape(str(line), quote=True) for line in step.lines)
        shown = f"<pre>{said}</pre>"
        summary = _safe(say("stories.lines_folded", count=len(step.lines)))
        parts.append(shown if len(step.lines) < 6 else f"<details><summary>{summary}</summary>{shown}</details>")
    parts.extend(f'<div class="note">{_safe(note)}</div>' for note in step.notes())
    parts.append("</li>")
    return "".join(parts)


def story_page(story: Story) -> str:
    """The story as a whole HTML page."""
    with voice(story.language, story.words):
        title = say("stories.headline", number=story.number, title=story.title)
    return (
        f'<!DOCTYPE html>\n<html lang="{_safe(story.language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{_safe(title)}</title></head>'
        f"<body>{story_html(story)}</body></html>\n"
    )
