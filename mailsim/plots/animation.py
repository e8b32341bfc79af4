"""A run as a film: the network with its queues and faults, the mail that goes from node to node, a clock, and where in the run we are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mailsim.errors import UnsupportedError
from mailsim.language import listed, say, speaking
from mailsim.plots.bands import band_labels, bands, draw_band, joined
from mailsim.plots.film import DPI, Film, Frame, checked, shot_frames
from mailsim.plots.lanes import path_order
from mailsim.plots.lettering import legend_below, room_pt
from mailsim.plots.shots import Shot, instants_us, shots
from mailsim.plots.stage import CROSS, Stage
from mailsim.plots.style import COLOURS, SIZES, Style
from mailsim.plots.tale import tale_of
from mailsim.plots.timeaxis import Window, clock_axis, clock_text, duration_text, window_s
from mailsim.plots.timeline import title_of
from mailsim.plots.ways import Way, ways
from mailsim.results.queues import queue_total

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from mailsim.results import Result

__all__ = ["animation", "cursor_on", "sheet", "strip", "told"]

#: a gauge is full at no fewer than so many messages
_LEAST_FULL = 5

#: faults that there is room for beside the clock
_ROOM = 4

#: height of the strip below the network, relative to it
_STRIP = {"print": 0.2, "slide": 0.16}


def animation(
    result: Result,
    *,
    message: int | None = None,
    frames: int = 120,
    seconds: float = 15.0,
    window: Window = None,
    style: Style = "print",
    language: str | None = None,
) -> Film:
    """Make a film of a run, or of one of its messages; ``.save("film.gif")`` writes it.

    Each frame is the run at an instant: hatched boxes are at fault, a gauge and a number say what waits in a queue, and a way is lit
    where mail was handed over since the frame before, with how many (dots: as many, where there is room for them).  No ffmpeg is needed.

    Parameters
    ----------
    result : Result
        A run at level ``events``.
    message : int, optional
        Follow this message, step after step, instead; ``frames`` and ``window`` mean nothing then.
    frames : int
        How many instants, at equal distances.
    seconds : float
        How long it plays; that of a message plays as long as its steps take to read.
    window : pair, optional
        Stretch to show, such as ``("1h", "6h")``.
    style : str
        ``print`` or ``slide``.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.

    Raises
    ------
    UnsupportedError, LimitError, UnknownNameError
        The run kept no event rows, or such a film can't be made; too many frames; no such message.

    Examples
    --------
    >>> import mailsim as ms
    >>> film = ms.load("first-mail").run().plot.animation(frames=4, seconds=2)
    >>> len(film), film.title
    (4, 'The mail, sent at 00:01:00, was in the mailbox after 1.9 s.')
    """
    if message is not None:
        from mailsim.plots.message_film import message_film

        return message_film(result, message, style=style, language=language)
    checked(frames, seconds)
    with speaking(language) as chosen:
        taken = shots(result.scenario, result.log, instants_us(*_shown_s(result, window), frames))
        title, mail = title_of(result, tale_of(result)), _mail_ways(result)
        pictures = _pictures(result, taken, title, style)
        hold_ms = max(1, round(seconds * 1000 / frames))
        made = tuple(Frame(png, told(result, shot, mail), hold_ms) for png, shot in zip(pictures, taken, strict=True))
        first, last = (_clock(result, shot.t_us) for shot in (taken[0], taken[-1]))
        description = say("animation.described", count=frames, first=first, last=last, title=title)
        return Film(made, title, description, chosen)


def _shown_s(result: Result, window: Window) -> tuple[float, float]:
    """The stretch that the film shows, inside the run."""
    end = result.log.end_us / 1e6
    low, high = window_s(window, *tale_of(result).shown_s)
    if low >= end or high <= 0:
        raise UnsupportedError(f"window={window!r} lies outside the run, which lasts {duration_text(end)}")
    return max(low, 0.0), min(high, end)


def _pictures(result: Result, taken: Sequence[Shot], title: str, style: str) -> list[bytes]:
    from mailsim.plots.picture import caption_of, drawing, finish

    order, found = path_order(result.scenario), ways(result.scenario, result.log)
    queues = sorted({node for shot in taken for node in shot.waiting})
    fullest = max([_LEAST_FULL, *(depth for shot in taken for depth in shot.waiting.values())])
    window = (taken[0].t_us / 1e6, taken[-1].t_us / 1e6)
    with drawing(None, style=style, height=1.4 if style == "print" else 1.0) as axes:
        below = sheet(axes, style)
        stage = Stage(axes, order, found, queues=queues, fullest=fullest, style=style)
        strip(below, result, window, style)
        cursor = cursor_on(below, stage, style)
        legend_below(below, _legend(taken, found, fullest if queues else 0, style), style=style)
        step = say("animation.caption", step=duration_text((taken[1].t_us - taken[0].t_us) / 1e6))
        finish(axes, title=title, description="", caption=caption_of(result, step), style=style)
        stage.title()
        stage.fit()

        def show(number: int) -> None:
            shot = taken[number]
            stage.show(shot.wrong, shot.waiting, shot.passed, turn=number)
            stage.tell(_clock(result, shot.t_us), _state(shot, most=_ROOM))
            cursor.set_xdata([shot.t_us / 1e6] * 2)

        return list(shot_frames(axes.figure, stage.moving, len(taken), show))


def sheet(ax: Axes, style: str) -> Axes:
    """Axes below these on their figure, a low strip; the figure gets as many dots as a film has."""
    figure: Any = ax.figure
    figure.set_dpi(DPI[style])
    grid = figure.add_gridspec(2, 1, height_ratios=[1, _STRIP[style]])
    ax.set_subplotspec(grid[0])
    below: Axes = figure.add_subplot(grid[1])
    return below


def strip(ax: Axes, result: Result, window: tuple[float, float], style: str) -> None:
    """All queues together over time, with what was wrong behind them."""
    clock_axis(ax, result.starts, *window)
    total = queue_total(result.log)
    t_s = np.concatenate([[0.0], total.t_us / 1e6, [result.log.end_us / 1e6]])
    depth = np.concatenate([[0], total.depth, total.depth[-1:] if len(total.depth) else [0]])
    shown = (t_s >= window[0]) & (t_s <= window[1])
    top = max(_LEAST_FULL, int(depth[shown].max(initial=0)))
    ax.fill_between(t_s, depth, step="post", color=COLOURS["transit"], alpha=0.75, linewidth=0, zorder=1)
    ax.set_ylim(0, 1.9 * top)  # labels of outages stand above
    ax.set_yticks([0, top])
    ax.set_ylabel(say("animation.waiting_axis"))
    found = joined(bands(result.log.conditions, end_s=result.log.end_us / 1e6))
    words = band_labels(found, *window, points=0.86 * room_pt(ax, style=style), size=SIZES[style].font * 0.84)
    for band, label in zip(found, words, strict=True):
        draw_band(ax, band, low=0, high=1.9 * top, label=label)


def cursor_on(ax: Axes, stage: Stage, style: str) -> Any:
    """A line that moves along the strip."""
    return stage.keep(ax.axvline(0, color=COLOURS["bounced"], linewidth=SIZES[style].line * 1.3, zorder=6))


def _clock(result: Result, t_us: int) -> str:
    return clock_text(result.starts, t_us / 1e6, span_s=result.log.end_us / 1e6)


def _state(shot: Shot, *, most: int = 1000) -> str:
    """What is wrong; of more than there is room for the first ones, and how many more."""
    if not shot.wrong:
        return say("animation.fine")
    told = [say("topology.fault_at", node=node, how=how) for node, how in shot.wrong]
    if len(told) > most + 1:
        return say("animation.more", wrong=", ".join(told[:most]), count=len(told) - most)
    return listed(told)


def _mail_ways(result: Result) -> list[tuple[str, str]]:
    """The ways that mail can go, in the order of its path."""
    rank = {place.node: k for k, place in enumerate(path_order(result.scenario))}
    found = [(way.start, way.end) for way in ways(result.scenario, result.log) if way.via != "dns"]
    return sorted(found, key=lambda pair: (rank.get(pair[0], len(rank)), rank.get(pair[1], len(rank))))


def told(result: Result, shot: Shot, mail: Sequence[tuple[str, str]]) -> str:
    """A frame in words: the instant, what is wrong, what waits, what mail went where since the one before on these ways."""
    at, since = _clock(result, shot.t_us), _clock(result, max(shot.since_us, 0))
    parts = [say("topology.at_wrong", at=at, wrong=_state(shot)) if shot.wrong else say("topology.at_fine", at=at)]
    if shot.waiting:
        queues = ", ".join(say("topology.told_queue", depth=depth, node=node) for node, depth in shot.waiting.items())
        parts.append(say("topology.told_queues", queues=queues))
    for key in ("passed", "failed"):
        ways_told = [
            say("animation.passed_way", start=start, end=end, count=count)
            for start, end in mail
            if (went := shot.passed.get((start, end))) and (count := went.failed if key == "failed" else went.moved)
        ]
        parts += [say(f"animation.{key}", since=since, ways=", ".join(ways_told))] if ways_told else []
    return " ".join(parts)


def _legend(taken: Sequence[Shot], found: Sequence[Way], fullest: int, style: str) -> list[Artist]:
    """What the marks mean that occur."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    mail = {(way.start, way.end) for way in found if way.via != "dns"}
    passed = [went for shot in taken for pair, went in shot.passed.items() if pair in mail]
    line, font = SIZES[style].line, SIZES[style].font
    entries: list[tuple[bool, str, dict[str, Any]]] = [
        (any(went.moved for went in passed), "mail", {"color": COLOURS["transit"], "marker": "o", "markerfacecolor": COLOURS["strong"]}),
        (any(went.moved and went.failed for went in passed), "some", {"color": COLOURS["deferred"], "marker": "X"}),
        (any(went.failed and not went.moved for went in passed), "every", {"color": COLOURS["bounced"], "marker": "X"}),
        (any(way.fallback for way in found), "fallback", {"color": COLOURS["quiet"], "linestyle": (0, (4, 1.6))}),
        (len(mail) < len(found), "dns", {"color": COLOURS["dns"], "linestyle": (0, (1, 1.6))}),
    ]
    looks: dict[str, Any] = {"linewidth": line * 1.5, "markersize": font * 0.9, "markeredgecolor": "white"}
    handles: list[Artist] = [
        Line2D([], [], label=say(f"animation.legend_{key}", cross=CROSS), **looks | special) for occurs, key, special in entries if occurs
    ]
    if fullest:
        handles.append(Patch(facecolor=COLOURS["strong"], linewidth=0, label=say("animation.legend_queue", fullest=fullest)))
    if any(shot.wrong for shot in taken):
        handles.append(Patch(facecolor="#F2F2F2", edgecolor=COLOURS["down"], hatch="////", label=say("animation.legend_wrong")))
    return handles
