"""The topology: who hands mail to whom, from the sending client to the reader, with each way's share of the mail and its health."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mailsim.errors import UnsupportedError
from mailsim.language import printable, say, speaking
from mailsim.plots.boxes import HIGH, WIDE, edge_of, extent, positions, toward, write_beside
from mailsim.plots.lanes import Place, path_order
from mailsim.plots.lettering import legend_below
from mailsim.plots.style import COLOURS, SIZES, Style
from mailsim.plots.timeaxis import At
from mailsim.plots.topology_words import Scene, clock_of, described, title_of, wrong_of
from mailsim.plots.ways import Way, moment_of, waiting, ways
from mailsim.results.summary import percent
from mailsim.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from mailsim.results import Result

__all__ = ["describe_topology", "topology"]

#: letters of a node's name that fit its box
_LETTERS = 9

#: colours of a way by its health
_HEALTH = {"fine": COLOURS["transit"], "some": COLOURS["deferred"], "every": COLOURS["bounced"]}

#: line styles of a fallback (in a legend) and of questions
_DASHED, _DOTTED = (0, (4, 1.6)), (0, (1, 1.6))

#: what stands before the number of contacts that failed
_CROSS = "\N{BALLOT X}"


def topology(
    data: Result | Scenario, *, at: At = None, ax: Axes | None = None, style: Style = "print", language: str | None = None
) -> Axes:
    """Draw the nodes from left to right in the order of the path.

    Width of a line: share of the mail that went this way; its colour: none, some or every contact failed (then with a cross
    and their number); dashed: fallback; dotted: questions to DNS.  A hatched box was out for a time.

    Parameters
    ----------
    data : Result or Scenario
        A scenario shows what can happen, a result what did.
    at : str or float, optional
        An instant of the run, such as ``"2h"`` or seconds since the start: what is wrong then, how much mail waits where, and
        how mail went since something last went wrong or was mended.  By default the whole run.
    ax : Axes, optional
        Where to draw; by default on a new figure.
    style : str
        ``print`` or ``slide``.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.

    Raises
    ------
    UnsupportedError
        The run does not reach that instant, or a scenario that did not run is asked for one.
    """
    from mailsim.plots.picture import drawing, finish

    with speaking(language):
        scene, found, order = _scene(data, at)
        place = positions(order)
        across, upward = extent(place.values())
        with drawing(ax, style=style, height=max(0.95, 0.3 + 0.12 * (upward[1] - upward[0]))) as axes:
            axes.set_axis_off()
            axes.set_xlim(*across)
            axes.set_ylim(*upward)
            faults = wrong_of(scene)
            for way in found:
                _draw_way(axes, way, place, style, _at_fault(faults, f"{way.start}-{way.end}", f"{way.end}-{way.start}"))
            queues = waiting(scene.log, scene.moment) if scene.log is not None and scene.moment is not None else {}
            idle = _idle(found)
            for one in order:
                depth = queues.get(one.node, 0)
                wrong = _at_fault(faults, one.node)
                _draw_node(axes, one, place[one.node], wrong, waits=depth, idle=one.node in idle, style=style)
            legend_below(axes, _legend(found, style, wrong=any(node in place for node, _ in faults)), style=style)
            text = described(scene, order, found)
            return finish(axes, title=title_of(scene), description=text, caption=_caption(data, scene), style=style)


def describe_topology(data: Result | Scenario, *, at: At = None, language: str | None = None) -> str:
    """The topology in words."""
    with speaking(language):
        scene, found, order = _scene(data, at)
        return described(scene, order, found)


def _scene(data: Result | Scenario, at: At) -> tuple[Scene, list[Way], list[Place]]:
    if not isinstance(data, Scenario):
        scene = Scene(data.scenario, data.log, data.starts, None if at is None else moment_of(data.log, at))
    elif at is None:
        scene = Scene(data, None, None, None)
    else:
        raise UnsupportedError(f"a scenario that did not run has no at={at!r}: topology(scenario.run(), at={at!r})")
    order = path_order(scene.scenario)
    rank = {place.node: k for k, place in enumerate(order)}
    found = ways(scene.scenario, scene.log, moment=scene.moment)
    return scene, sorted(found, key=lambda way: (rank.get(way.start, len(rank)), rank.get(way.end, len(rank)))), order


def _caption(data: Result | Scenario, scene: Scene) -> str:
    from mailsim.plots.picture import caption_of

    if isinstance(data, Scenario):
        return f"{scene.scenario.name} · digest {scene.scenario.digest()[:8]}"
    if scene.moment is None:
        return caption_of(data)
    at, since = clock_of(scene, scene.moment.at_us), clock_of(scene, scene.moment.since_us)
    return caption_of(data, say("topology.caption", at=at, since=since))


def _at_fault(faults: Sequence[tuple[str, str]], *names: str) -> str:
    """What was wrong with a node or a link of these names, short enough to stand beside it."""
    labels = [how for node, how in faults if node in names]
    return say("topology.faults", count=len(labels)) if len(labels) > 1 else labels[0] if labels else ""


def _legend(found: Sequence[Way], style: str, *, wrong: bool) -> list[Artist]:
    """What the lines mean that occur."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    mail = [way for way in found if way.via != "dns"]
    known = any(way.share is not None for way in mail)
    line = SIZES[style].line
    entries: list[tuple[bool, str, str, Any, float, str]] = [
        (any(way.share for way in mail), "share", _HEALTH["fine"], "-", 2.5, ""),
        (not known, "possible", _HEALTH["fine"], "-", 1.0, ""),
        (any(way.health == "some" for way in mail), "some", _HEALTH["some"], "-", 1.6, ""),
        (any(way.health == "every" for way in mail), "every", _HEALTH["every"], "-", 1.6, "X"),
        (any(way.fallback for way in mail), "fallback", COLOURS["quiet"], _DASHED, 1.2, ""),
        (any(way.share == 0 and not way.failed for way in mail), "unused", COLOURS["faint"], "-", 1.0, ""),
        (len(mail) < len(found), "dns", COLOURS["dns"], _DOTTED, 0.8, ""),
    ]
    handles: list[Artist] = [
        Line2D(
            [],
            [],
            color=colour,
            linestyle=dash,
            linewidth=line * width,
            marker=marker,
            markersize=SIZES[style].font,
            label=say(f"topology.legend_{key}", cross=_CROSS),
        )
        for occurs, key, colour, dash, width, marker in entries
        if occurs
    ]
    if wrong:
        handles.append(Patch(facecolor="#F2F2F2", edgecolor=COLOURS["down"], hatch="////", label=say("topology.legend_wrong")))
    return handles


def _idle(found: list[Way]) -> set[str]:
    """Nodes that no mail passed, where that is known."""
    known = [way for way in found if way.share is not None]
    return {node for way in known for node in (way.start, way.end)} - {node for way in known if way.share for node in (way.start, way.end)}


def _draw_node(ax: Axes, place: Place, at: tuple[float, float], wrong: str, *, waits: int, idle: bool, style: str) -> None:
    from matplotlib.patches import FancyBboxPatch

    x, y = at
    size = SIZES[style]
    border = COLOURS["down"] if wrong else COLOURS["dns"] if place.layer == "DNS" else COLOURS["faint"] if idle else COLOURS["delivered"]
    box = FancyBboxPatch(
        (x - WIDE, y - HIGH),
        2 * WIDE,
        2 * HIGH,
        boxstyle="round,pad=0,rounding_size=0.08",
        linewidth=size.line * 1.3,
        edgecolor=border,
        facecolor="#F2F2F2" if wrong else "white",
        hatch="////" if wrong else None,
        zorder=3,
    )
    ax.add_patch(box)
    plain: dict[str, Any] = {"ha": "center", "va": "center", "zorder": 4}
    quiet: dict[str, Any] = {"color": COLOURS["quiet"], "fontsize": size.font * 0.85}
    paper: dict[str, Any] = {"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.9}
    inside, role = paper if wrong else None, place.role_word
    name = printable(place.node)
    letters = size.font * 1.1 * min(1.0, _LETTERS / len(name))
    ax.text(x, y + 0.06, name, fontsize=letters, weight="bold", bbox=inside, **plain)
    ax.text(x, y - 0.14, role, bbox=inside, **plain, **quiet | {"fontsize": size.font * 0.85 * min(1.0, _LETTERS / len(role))})
    if wrong:
        ax.text(x, y + HIGH + 0.05, wrong, ha="center", va="bottom", zorder=4, bbox=paper, **quiet)
    if waits:
        told = say("topology.waiting", count=waits)
        colour = COLOURS["strong"]
        ax.text(x - WIDE, y - HIGH - 0.05, told, ha="left", va="top", zorder=4, bbox=paper, **quiet | {"color": colour})


def _draw_way(ax: Axes, way: Way, place: dict[str, tuple[float, float]], style: str, wrong: str) -> None:
    from matplotlib.patches import FancyArrowPatch

    if way.start not in place or way.end not in place or way.start == way.end:
        return
    (x1, y1), (x2, y2) = place[way.start], place[way.end]
    size, dns = SIZES[style], way.via == "dns"
    unused = way.share == 0.0 and not way.failed
    width = size.line * (0.5 if dns or unused else 1.0 if way.share is None else 1.0 + 4.0 * way.share)
    colour = COLOURS["dns"] if dns else COLOURS["faint"] if unused else _HEALTH[way.health]
    bend = 0.35 if x1 == x2 and not dns else 0.0
    start, end = edge_of((x1, y1), (x2, y2)), edge_of((x2, y2), (x1, y1))
    dash = 4 / (1 + 3 * (way.share or 0.0))  # in line widths: a thick line has no longer ones than a thin one
    head = size.font * 1.1 + (width if bend else 2 * width)  # wider than its line
    line: dict[str, Any] = {
        "color": colour,
        "capstyle": "butt",
        "shrinkA": 2,
        "connectionstyle": f"arc3,rad={bend}",
        "mutation_scale": head,
    }
    line["zorder"] = 1 if dns or unused else 2
    stroke: Any = _DOTTED if dns else (0, (dash, 0.45 * dash)) if way.fallback else "-"
    if dns or bend:
        ax.add_patch(FancyArrowPatch(start, end, arrowstyle="-" if dns else "-|>", linewidth=width, linestyle=stroke, shrinkB=2, **line))
    else:  # dashes would tear the head and a thick line blunt it: it is drawn by itself
        ax.add_patch(FancyArrowPatch(start, end, arrowstyle="-", linewidth=width, linestyle=stroke, shrinkB=0.4 * head, **line))
        ax.add_patch(FancyArrowPatch(toward(end, start, 0.1), end, arrowstyle="-|>", linewidth=0.1, shrinkB=2, **line | {"shrinkA": 0}))
    if dns:
        return
    if way.health == "every":
        ax.plot(
            *toward(end, start, 0.12),
            marker="X",
            markersize=size.font * 1.1,
            color=colour,
            markeredgecolor="white",
            zorder=5,
            linestyle="none",
        )
    told = [percent(way.share) if way.share else "", f"{_CROSS} {way.failed}" if way.failed else "", wrong]
    if text := "\n".join(part for part in told if part):
        write_beside(ax, text, (x1, y1), (x2, y2), clear_pt=0.2 * head + 0.1 * size.font, style=style)
