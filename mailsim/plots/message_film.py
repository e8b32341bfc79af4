"""The film of one message: step after step of its story, where it is, who talks to whom, and the sentence that tells it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mailsim.events import Event
from mailsim.language import printable, say, speaking
from mailsim.plots.animation import cursor_on, sheet, strip
from mailsim.plots.bands import wrong_at
from mailsim.plots.boxes import HIGH, WIDE, Point, edge_of
from mailsim.plots.film import Film, Frame, shot_frames
from mailsim.plots.lanes import path_order
from mailsim.plots.lettering import legend_below
from mailsim.plots.stage import Stage
from mailsim.plots.style import COLOURS, SIZES, Style
from mailsim.plots.ways import ways
from mailsim.stories.sentences import rough

if TYPE_CHECKING:
    from matplotlib.artist import Artist

    from mailsim.results import Result
    from mailsim.stories.story import Step, Story

__all__ = ["Letter", "Scene", "message_film", "scenes"]

#: frames in which something goes from one node to another; stepping through the film halts at the last one
_MOVES = 4

#: how long a frame of a movement stands, and one of a step: a base and so much for each letter of its sentence, at most so long
_MOVE_MS, _STEP_MS, _LETTER_MS, _MOST_MS = 90, 1200, 35, 6000

#: events after which the message is at the node that did it
_MOVED = (Event.SENT, Event.ACCEPTED, Event.STORED, Event.FETCHED)


#: events with which the message comes to an end that is not the mailbox
_ENDED = (Event.BOUNCED, Event.REJECTED, Event.EXPIRED, Event.LOST, Event.DISCARDED)


class Scene(NamedTuple):
    """A step of the story: node at which the message was and is (or is copied to), who talks to whom, how far the frame is in it."""

    step: Step
    was: str
    now: str
    start: str
    end: str
    part: float


def message_film(result: Result, message: int, *, style: Style = "print", language: str | None = None) -> Film:
    """Make a film of one message of a run: see :func:`mailsim.plots.animation.animation`.

    Raises
    ------
    UnknownNameError
        There is no such message or language.
    UnsupportedError
        The run kept no event rows.
    """
    from mailsim.stories.explain import explain

    with speaking(language) as chosen:
        story = explain(result, message, language=chosen)
        played = scenes(story)
        pictures = _pictures(result, story, played, style)
        made = tuple(
            Frame(png, _words(scene.step), _hold_ms(scene), halt=scene.part >= 1) for png, scene in zip(pictures, played, strict=True)
        )
        told = [_words(scene.step) for scene in played if scene.part >= 1]
        described = say("animation.described_message", count=len(told), number=message, title=story.title, steps=" ".join(told))
        return Film(made, printable(story.title), described, chosen)


def scenes(story: Story) -> tuple[Scene, ...]:
    """The frames of the film: for each step of the story as it is shown one, before it some in which something moves."""
    found: list[Scene] = []
    at = ""
    for step in story.shown:
        was = at or step.who
        follows = step.event == Event.STORED and step.chapter == "report"  # the report's, not the message's
        at = step.who if step.event in _MOVED and not follows else was
        moves = at != was
        talks = bool(step.peer) and step.event in (Event.LOOKED_UP, Event.TRIED, Event.SUBMITTED, Event.REJECTED) and not moves
        start, end = (was, at) if moves else (step.who, step.peer) if talks else ("", "")
        steps = range(1, _MOVES + 1) if start else range(_MOVES, _MOVES + 1)
        found.extend(Scene(step, was, at, start, end, k / _MOVES) for k in steps)
    return tuple(found)


def _words(step: Step) -> str:
    return say("animation.step_at", since=rough(step.since_sent_us), text=step.text)


def _hold_ms(scene: Scene) -> int:
    return min(_STEP_MS + _LETTER_MS * len(scene.step.text), _MOST_MS) if scene.part >= 1 else _MOVE_MS


def _pictures(result: Result, story: Story, played: Sequence[Scene], style: str) -> list[bytes]:
    from mailsim.plots.picture import caption_of, drawing, finish

    order, found, log = path_order(result.scenario), ways(result.scenario, result.log), result.log
    caption = caption_of(result, say("animation.caption_message", number=story.number))
    with drawing(None, style=style, height=1.4 if style == "print" else 1.0) as axes:
        below = sheet(axes, style)
        stage = Stage(axes, order, found, queues=(), fullest=1, style=style)
        strip(below, result, _window_s(played), style)
        cursor = cursor_on(below, stage, style)
        letter = Letter(stage)
        wrong = any(wrong_at(log.conditions, scene.step.t_us) for scene in played)
        legend_below(below, _legend(played, style, wrong=wrong), style=style)
        finish(axes, title=printable(story.title), description="", caption=caption, style=style)
        stage.title()
        stage.fit()

        def show(number: int) -> None:
            scene = played[number]
            stage.show(wrong_at(log.conditions, scene.step.t_us), {}, {}, turn=0)
            stage.tell(say("animation.clock_message", since=rough(scene.step.since_sent_us)), scene.step.text)
            letter.show(scene)
            cursor.set_xdata([scene.step.t_us / 1e6] * 2)

        return list(shot_frames(axes.figure, stage.moving, len(played), show))


def _window_s(played: Sequence[Scene]) -> tuple[float, float]:
    """The message's life and a little before and after it."""
    first, last = (played[k].step.t_us / 1e6 for k in (0, -1))
    margin = max(0.04 * (last - first), 0.05)
    return max(0.0, first - margin), last + margin


class Letter:
    """The message as an envelope at the corner of a box or on its way to the next, and an arrow where two talk."""

    def __init__(self, stage: Stage) -> None:
        from matplotlib.patches import FancyArrowPatch
        from matplotlib.path import Path

        self.stage, font, line = stage, stage.size.font, stage.size.line
        arrow = FancyArrowPatch(
            (0, 0), (1, 1), arrowstyle="-|>", mutation_scale=font * 1.4, linewidth=line * 1.8, shrinkA=2, shrinkB=2, zorder=5
        )
        self.arrow = stage.keep(stage.ax.add_patch(arrow))
        ends: Any = {"linestyle": "none", "zorder": 6, "clip_on": False}
        self.cross = stage.keep(
            stage.ax.plot([], [], marker="X", markersize=font * 1.3, markeredgecolor="white", color=COLOURS["bounced"], **ends)[0]
        )
        corners = [(-1, -0.68), (1, -0.68), (1, 0.68), (-1, 0.68), (-1, -0.68), (-1, 0.68), (0, -0.1), (1, 0.68)]
        envelope = Path(corners, [Path.MOVETO, *[Path.LINETO] * 4, Path.MOVETO, *[Path.LINETO] * 2])
        looks: Any = {"markersize": font * 2.1, "markeredgecolor": COLOURS["ink"], "markeredgewidth": line * 0.8}
        self.letter = stage.keep(stage.ax.plot([], [], marker=envelope, **looks, **ends)[0])

    def show(self, scene: Scene) -> None:
        """The message where it is on this frame, and who talks to whom."""
        place, step = self.stage.place, scene.step
        known = scene.start in place and scene.end in place and scene.start != scene.end
        self.arrow.set_visible(known)
        self.cross.set_visible(known and _failed(step) and scene.part >= 1)
        here = place.get(scene.now)
        corner = None if here is None else (here[0] + 0.92 * WIDE, here[1] + 0.92 * HIGH)
        if known:
            a, b = edge_of(place[scene.start], place[scene.end]), edge_of(place[scene.end], place[scene.start])
            self.arrow.set_positions(a, _between(a, b, scene.part))
            self.arrow.set_color(COLOURS["bounced" if _failed(step) else "dns" if step.event == Event.LOOKED_UP else "strong"])
            self.cross.set_data(*([one] for one in _between(a, b, 0.85)))
            if scene.was != scene.now and scene.part < 1:
                corner = _between(a, b, scene.part)
        self.letter.set_visible(corner is not None)
        if corner is not None:
            self.letter.set_data(*([one] for one in corner))
        self.letter.set_markerfacecolor(COLOURS["bounced"] if step.event in _ENDED else COLOURS["note"])


def _between(a: Point, b: Point, part: float) -> Point:
    return a[0] + part * (b[0] - a[0]), a[1] + part * (b[1] - a[1])


def _failed(step: Step) -> bool:
    return step.failed or (step.event == Event.LOOKED_UP and step.code > 0)


def _legend(played: Sequence[Scene], style: str, *, wrong: bool) -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    line, font = SIZES[style].line, SIZES[style].font
    talks = [scene.step for scene in played if scene.start]
    handles: list[Artist] = [
        Line2D([], [], linestyle="none", marker="s", markersize=font, markerfacecolor=COLOURS["note"], markeredgecolor=COLOURS["ink"],
               label=say("animation.legend_message")),
    ]  # fmt: skip
    for occurs, key, colour, marker in (
        (any(step.event != Event.LOOKED_UP and not _failed(step) for step in talks), "said", "strong", ">"),
        (any(step.event == Event.LOOKED_UP for step in talks), "asked", "dns", ">"),
        (any(_failed(step) for step in talks), "refused", "bounced", "X"),
    ):
        if occurs:
            looks: Any = {"marker": marker, "markersize": font * 0.9, "linewidth": line * 1.5, "color": COLOURS[colour]}
            handles.append(Line2D([], [], label=say(f"animation.legend_{key}"), **looks))
    if wrong:
        handles.append(Patch(facecolor="#F2F2F2", edgecolor=COLOURS["down"], hatch="////", label=say("animation.legend_wrong")))
    return handles
