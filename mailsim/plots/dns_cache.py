"""DNS cache lanes: what resolvers held of each name and type and until when, how each question fared, and what was wrong meanwhile."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mailsim.events import ConditionSpan
from mailsim.language import listed, printable, say, speaking
from mailsim.plots.bands import Band, band_labels, bands, draw_band
from mailsim.plots.lettering import legend_below, room_pt, width_pt
from mailsim.plots.marks import Mark, draw_marks, mark_handles
from mailsim.plots.stacks import PAPER
from mailsim.plots.style import COLOURS, SIZES, Style
from mailsim.plots.timeaxis import Window, clock_axis, clock_text, duration_text, window_s
from mailsim.results.cache_lives import KINDS, CacheLane, Forgotten, Life, forgotten, lanes_of, zone_edits

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from mailsim.results import Result
    from mailsim.scenario import Scenario

__all__ = ["MOST_LANES", "describe_dns_cache", "dns_cache"]

#: most lanes of a picture; what is left out is counted in the caption
MOST_LANES = 6

#: colour and hatch of the first, second ... set of records that a lane held; nothing has its own
_VERSIONS: tuple[tuple[str, str], ...] = ((COLOURS["dns"], ""), (COLOURS["transit"], "..."), (COLOURS["note"], "\\\\\\"))
_NOTHING = (COLOURS["down"], "xx")

#: in a lane of height 1: where bars begin and end, and the middle of the marks
_BAR_TOP, _BAR_FOOT, _MARKS = 0.3, 0.6, 0.79

#: the target of a fault of a name: ``dns example.com/MX``
_NAMED = re.compile(r"dns ([^\s|/]+)(?:/(\w+))?$")

#: letters of a name that a lane's label has room for
_LETTERS = 26


class _Shown(NamedTuple):
    """What a picture shows: its lanes, how many are left out, all that were read, the change that was forgotten last, the run's end."""

    lanes: list[CacheLane]
    left_out: int
    every: list[CacheLane]
    last: Forgotten | None
    end_us: int


def dns_cache(
    result: Result, *, ax: Axes | None = None, style: Style = "print", window: Window = None, language: str | None = None
) -> Axes:
    """Draw a lane for each name and type that a resolver was asked for: bars from the answer to the end of its TTL, and each question.

    What a cache holds is read off the recorded answers and their TTLs (:mod:`mailsim.results.cache_lives` says how).  The life of a
    negative answer is not recorded; its bar reaches to the last question that was answered from it.  Where there are more
    lanes than there is room for, those are shown whose records changed, then those with failed, stale and negative answers, then
    those that were asked for most.

    Parameters
    ----------
    result : Result
        A run at level ``events``.
    ax : Axes, optional
        Where to draw; by default on a new figure.
    style : str
        ``print`` or ``slide``.
    window : pair, optional
        Stretch to show, such as ``("1h", "6h")``.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.

    Raises
    ------
    UnsupportedError
        The run kept no event rows.
    """
    from mailsim.plots.picture import caption_of, drawing, finish

    shown = _shown(result)
    low, high = window_s(window, *_stretch(result, shown.lanes))
    height = 0.42 + 0.13 * max(len(shown.lanes), 2) if style == "print" else 1.0
    with speaking(language), drawing(ax, style=style, height=height) as axes:
        clock_axis(axes, result.starts, low, high)
        axes.set_ylim(max(len(shown.lanes), 1), 0)
        axes.set_yticks([k + 0.5 for k in range(len(shown.lanes))], [_label(lane) for lane in shown.lanes])
        axes.tick_params(axis="y", length=0, pad=SIZES[style].font * 0.7)
        axes.spines["left"].set_visible(False)
        wrong, edits = _wrong(result), zone_edits(result.log)
        marks = [mark for k, lane in enumerate(shown.lanes) for mark in _draw_lane(axes, k, lane, style, (low, high))]
        points = 0.86 * room_pt(axes, style=style)
        for k, lane in enumerate(shown.lanes):
            _draw_bands(axes, k, [band for span, band in wrong if _concerns(result.scenario, span, lane)], (low, high), points, style)
        edited = [_draw_edits(axes, k, lane, edits, style) for k, lane in enumerate(shown.lanes)]
        legend_below(axes, _handles(marks, shown, any(edited), style), style=style)
        notes = _notes(shown)
        return finish(axes, title=_title(shown), description=_described(result, shown), caption=caption_of(result, *notes), style=style)


def _shown(result: Result) -> _Shown:
    from mailsim.results.tables import require_level

    require_level(result.log, "lookups")
    every = lanes_of(result.log, result.scenario)
    last = forgotten(result.log, every)

    def rank(lane: CacheLane) -> tuple[int, ...]:
        versions = len({life.records for life in lane.lives})
        return (-versions, *(-len(lane.asked_us[kind]) for kind in ("failed", "stale", "negative")), -lane.questions)

    kept = {id(lane) for lane in sorted(every, key=rank)[:MOST_LANES]}
    return _Shown([lane for lane in every if id(lane) in kept], len(every) - len(kept), every, last, result.log.end_us)


def _stretch(result: Result, lanes: Sequence[CacheLane]) -> tuple[float, float]:
    """From the start to just behind the last question and the last end of a life, as far as the run goes."""
    ends = [t for lane in lanes for kind in lane.asked_us.values() for t in kind[-1:]]
    ends += [life.end_us for lane in lanes for life in lane.lives[-1:]]
    last = min(max(ends, default=result.log.end_us), result.log.end_us) / 1e6
    return 0.0, last * 1.02 or 1.0


def _label(lane: CacheLane) -> str:
    name = printable(lane.name) or "."
    short = name if len(name) <= _LETTERS else name[: _LETTERS - 1] + "…"
    return f"{short}\n{say('dns_cache.lane_at', rtype=lane.rtype, resolver=lane.resolver)}"


def _draw_lane(ax: Axes, number: int, lane: CacheLane, style: str, window: tuple[float, float]) -> list[Mark]:
    """The bars of a lane, each with its records where they fit, and below them a mark for each question."""
    ax.axhline(number, color=COLOURS["faint"], linewidth=0.8, zorder=0.2)
    versions = list(dict.fromkeys(life.records for life in lane.lives if not life.negative))
    for life in lane.lives:
        if life.end_us > life.begin_us:
            _draw_life(ax, number, life, versions)
    for records, run in groupby(lane.lives, key=lambda life: life.records):
        stretch = [*run]
        _write_records(ax, number, records, (stretch[0].begin_us / 1e6, stretch[-1].end_us / 1e6), style, window)
    marks = [Mark(f"dns_{kind}", "", np.array(lane.asked_us[kind], dtype=np.float64) / 1e6) for kind in KINDS]
    draw_marks(ax, marks, y=number + _MARKS, style=style, window=window)
    low, high = window
    return [mark for mark in marks if ((mark.t_s >= low) & (mark.t_s <= high)).any()]


def _draw_life(ax: Axes, number: int, life: Life, versions: Sequence[str]) -> None:
    colour, hatch = _NOTHING if life.negative else _VERSIONS[versions.index(life.records) % len(_VERSIONS)]
    ax.barh(
        number + (_BAR_TOP + _BAR_FOOT) / 2,
        (life.end_us - life.begin_us) / 1e6,
        left=life.begin_us / 1e6,
        height=_BAR_FOOT - _BAR_TOP,
        color=colour,
        hatch=hatch,
        edgecolor="white",
        linewidth=0.6,
        zorder=2,
        label="_nothing" if life.negative else "_kept",
    )


def _write_records(ax: Axes, number: int, records: str, stretch: tuple[float, float], style: str, window: tuple[float, float]) -> None:
    """The records at the left end of the bars that hold them, or only their beginning, or nothing where there is no room."""
    low, high = max(stretch[0], window[0]), min(stretch[1], window[1])
    size = SIZES[style].font * 0.84
    room = (high - low) / (window[1] - window[0]) * 0.86 * room_pt(ax, style=style) - 10
    text = printable(records)
    while len(text) > 6 and width_pt(text, size) > room:
        text = text[: max(len(text.rstrip("…")) - 2, 1)].rstrip(" ,.") + "…"
    if 0 < width_pt(text, size) <= room:
        ax.annotate(
            text,
            (low, number + (_BAR_TOP + _BAR_FOOT) / 2),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=size,
            bbox=PAPER,
            zorder=4,
        )


def _wrong(result: Result) -> list[tuple[ConditionSpan, Band]]:
    """What was wrong with DNS, with its band."""
    end_s = result.log.end_us / 1e6
    return [(span, band) for span in result.log.conditions for band in bands([span], end_s=end_s)]


def _concerns(scenario: Scenario, span: ConditionSpan, lane: CacheLane) -> bool:
    """Whether a fault is about a lane: one of its resolver, of a declared name server of its zone, of the way between, or of the name."""
    named = _NAMED.match(span.target)
    if named:
        return lane.name == named[1].lower().rstrip(".") and (named[2] or lane.rtype).upper() == lane.rtype
    servers = _servers_of(scenario, lane.name)
    ways = {way for server in servers for way in (f"{lane.resolver}-{server}", f"{server}-{lane.resolver}")}
    return span.node in {lane.resolver, *servers, *ways}


def _servers_of(scenario: Scenario, name: str) -> set[str]:
    """The declared nodes that the NS records of the zone of a name lead to."""
    from mailsim.scenario.places import places

    hosts = {host: node for node, host in places(scenario).host.items()}
    zones = [zone for zone in scenario.parsed_zones() if not zone.origin or name == zone.origin or name.endswith(f".{zone.origin}")]
    if not zones:
        return set()
    zone = max(zones, key=lambda one: len(one.origin))
    rrset = zone.rrsets.get((zone.origin, "NS"))
    return {hosts[host] for host in (rrset.rdatas if rrset else ()) if host in hosts}


def _draw_bands(ax: Axes, number: int, found: list[Band], window: tuple[float, float], points: float, style: str) -> None:
    """Bands of one stretch as one, its label above the bars."""
    kept = list(dict.fromkeys(band._replace(node="") for band in found))
    words = band_labels(kept, *window, points=points, size=SIZES[style].font * 0.84)
    for band, label in zip(kept, words, strict=True):
        draw_band(ax, band, low=number + 0.97, high=number + 0.03, label=label)


def _draw_edits(ax: Axes, number: int, lane: CacheLane, edits: Sequence[tuple[str, int]], style: str) -> bool:
    """Lines at the changes of the zone between two lives of a lane with different records; gives whether there are any."""
    ours = [t_us for zone, t_us in edits if lane.name == zone or lane.name.endswith(f".{zone}")]
    pairs = [(old, new) for old, new in pairwise(lane.lives) if old.records != new.records]
    low, high = ax.get_xlim()
    between = [t_us / 1e6 for t_us in ours if any(old.begin_us < t_us <= new.begin_us for old, new in pairs)]
    instants = [t_s for t_s in between if low <= t_s <= high]
    for t_s in instants:
        ax.plot([t_s, t_s], [number, number + 1], **_changed_line(style), zorder=3.4)
    return bool(instants)


def _changed_line(style: str) -> dict[str, Any]:
    return {"color": COLOURS["ink"], "linewidth": SIZES[style].line * 0.9, "linestyle": (0, (4, 2))}


def _handles(marks: Sequence[Mark], shown: _Shown, edited: bool, style: str) -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    lives = [life for lane in shown.lanes for life in lane.lives if life.end_us > life.begin_us]
    handles: list[Artist] = []
    if any(not life.negative for life in lives):
        handles.append(Patch(facecolor=_VERSIONS[0][0], linewidth=0, label=say("dns_cache.kept")))
    if any(life.negative for life in lives):
        handles.append(Patch(facecolor=_NOTHING[0], hatch=_NOTHING[1], edgecolor="white", linewidth=0, label=say("dns_cache.nothing")))
    handles += mark_handles(marks, style=style)
    if edited:
        handles.append(Line2D([], [], **_changed_line(style), label=say("dns_cache.changed")))
    return handles


def _notes(shown: _Shown) -> list[str]:
    notes = []
    if shown.lanes:
        negative = any(life.negative for lane in shown.lanes for life in lane.lives)
        notes.append(say("dns_cache.note_life_negative" if negative else "dns_cache.note_life"))
    if shown.left_out:
        notes.append(say("dns_cache.more", count=shown.left_out))
    return notes


def _title(shown: _Shown) -> str:
    totals = {kind: sum(len(lane.asked_us[kind]) for lane in shown.every) for kind in KINDS}
    count = sum(totals.values())
    if not count:
        return say("dns_cache.title_none")
    if shown.last is not None:
        last = shown.last
        several = len({lane.name for lane in shown.every if lane.rtype == last.rtype}) > 1
        key = f"dns_cache.title_{'forgot' if last.until_us < shown.end_us else 'keeps'}{'_several' if several else ''}"
        return say(key, name=last.name, rtype=last.rtype, after=duration_text((last.until_us - last.changed_us) / 1e6))
    if totals["stale"]:
        return say("dns_cache.title_stale", stale=totals["stale"], count=count)
    if totals["failed"]:
        return say("dns_cache.title_failed", failed=totals["failed"], hits=totals["hit"], count=count)
    return say("dns_cache.title_hits", hits=totals["hit"], count=count)


def describe_dns_cache(result: Result, *, language: str | None = None) -> str:
    """The lanes in words."""
    shown = _shown(result)
    with speaking(language):
        return _described(result, shown)


def _described(result: Result, shown: _Shown) -> str:
    parts = [say("dns_cache.described")]
    concerned = [one for one in _wrong(result) if any(_concerns(result.scenario, one[0], lane) for lane in shown.lanes)]
    if concerned:
        end_s = result.log.end_us / 1e6
        told = [f"{band.node} ({band.label}), {clock_text(result.starts, band.start_s, span_s=end_s)}" for _, band in concerned]
        parts.append(say("dns_cache.described_wrong", wrong="; ".join(told)))
    parts.append(_title(shown))
    for lane in shown.lanes:
        told = [say(f"dns_cache.described_{kind}", count=len(lane.asked_us[kind])) for kind in KINDS if lane.asked_us[kind]]
        facts = {"name": lane.name, "rtype": lane.rtype, "resolver": lane.resolver, "count": lane.questions}
        parts.append(say("dns_cache.described_lane", **facts, told=listed(told)))
    if shown.left_out:
        more = say("dns_cache.more", count=shown.left_out)
        parts.append(f"{more[0].upper()}{more[1:]}.")
    return " ".join(parts)
