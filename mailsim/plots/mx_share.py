"""Which server first took the mail: the share of each over time, outages above, or as bars where there is little mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from mailsim.language import begun, say, speaking
from mailsim.plots.bands import band_labels, bands, draw_band, joined
from mailsim.plots.groups import group_name
from mailsim.plots.lettering import legend_below, room_pt
from mailsim.plots.stacks import Part, Row, draw_stacks, stacks_height
from mailsim.plots.style import COLOURS, HATCHES, NODE_COLOURS, SHARE_TICKS, SIZES, Style
from mailsim.plots.timeaxis import Window, clock_axis, duration_text, window_s
from mailsim.results.summary import percent
from mailsim.results.takers import Takers, takers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mailsim.results import Result

__all__ = ["describe_mx_share", "mx_share"]

#: mail that makes a picture over time, at least, and mail that a step of it should hold on average
_ENOUGH, _PER_STEP = 40, 8

#: lengths of a step in seconds
_STEPS: tuple[float, ...] = (1, 5, 10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 604_800)

#: most steps, and most areas of their own
_MOST, _AREAS = 72, 6

#: top of the strip in which the outages stand, above 100 %
_TOP = 1.17


class _Steps(NamedTuple):
    """Mail taken per step of time: edges in seconds, counts by server and step."""

    edges_s: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]


def mx_share(result: Result, *, ax: Axes | None = None, style: Style = "print", window: Window = None, language: str | None = None) -> Axes:
    """Draw which server first took the mail from the sending side, by the instant at which it took it.

    Parameters
    ----------
    result : Result
        A run.
    ax : Axes, optional
        Where to draw; by default on a new figure.
    style : str
        ``print`` or ``slide``.
    window : pair, optional
        Stretch to show and to count, such as ``("1h", "6h")``.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.
    """
    from mailsim.plots.picture import caption_of, drawing, finish

    with speaking(language):
        found = _found(result, window)
        over_time = len(found.t_us) >= _ENOUGH
        with drawing(ax, style=style, height=1.0 if over_time else stacks_height(len(_groups(found)), style)) as axes:
            if over_time:
                note = say("mx_share.note_steps", length=duration_text(_draw_areas(axes, result, found, window, style)))
            else:
                note = say("mx_share.note_instant")
                _draw_bars(axes, found, style)
            caption = caption_of(result, note, _open_words(found))
            return finish(axes, title=_title(found), description=_described(found), caption=caption, style=style)


def _found(result: Result, window: Window) -> Takers:
    """Who took what in the window; at most so many servers by name, all others together."""
    found = takers(result.log)
    if window is not None:
        low, high = window_s(window, 0, 1)
        inside = (found.t_us >= low * 1e6) & (found.t_us < high * 1e6)
        found = found._replace(host=found.host[inside], t_us=found.t_us[inside], in_fault=found.in_fault[inside])
    if len(found.hosts) > _AREAS:
        others = say("mx_share.others", count=len(found.hosts) - _AREAS + 1)
        found = found._replace(hosts=(*found.hosts[: _AREAS - 1], others), host=np.minimum(found.host, _AREAS - 1))
    return found


def _look(place: int) -> tuple[str, str]:
    return NODE_COLOURS[place % len(NODE_COLOURS)], HATCHES[place % len(HATCHES)]


def _steps(found: Takers, low: float, high: float) -> _Steps:
    """Mail by server and step, in steps of a round length that hold enough of it."""
    most = max(1, min(_MOST, len(found.t_us) // _PER_STEP))
    step = next((step for step in _STEPS if (high - low) / step <= most), _STEPS[-1])
    first = low // step * step
    edges = first + step * np.arange(int(-((high - first) // -step)) + 1, dtype=np.float64)
    counts = [np.histogram(found.t_us[found.host == place] / 1e6, edges)[0] for place in range(len(found.hosts))]
    return _Steps(edges, np.array(counts, dtype=np.int64))


def _draw_areas(ax: Axes, result: Result, found: Takers, window: Window, style: str) -> float:
    """The stack of shares, the outages in a strip above; gives the length of a step in seconds."""
    wrong = bands(result.log.conditions, end_s=result.log.end_us / 1e6)
    last = max([float(found.t_us[-1]) / 1e6, *(band.end_s for band in wrong)])
    low, high = window_s(window, 0.0, min(last * 1.02, result.log.end_us / 1e6))
    steps = _steps(found, low, high)
    clock_axis(ax, result.starts, low, high)
    ax.set_ylim(0, _TOP if wrong else 1.02)
    ax.set_yticks(*SHARE_TICKS)
    ax.set_ylabel(say("mx_share.axis"))
    ax.yaxis.set_label_coords(-0.075, 0.5 / ax.get_ylim()[1])
    together = joined(wrong)
    words = band_labels(together, low, high, points=room_pt(ax, style=style), size=SIZES[style].font * 0.84)
    for band, label in zip(together, words, strict=True):
        draw_band(ax, band, low=1.04, high=_TOP, label=label)
        for edge in (band.start_s, band.end_s):
            ax.plot([edge, edge], [0, 1.04], color=COLOURS["ink"], linewidth=0.9, linestyle=(0, (2, 2)), zorder=3)
    total = steps.counts.sum(axis=0)
    corners_s = np.repeat(steps.edges_s, 2)[1:-1]
    bottom = np.where(total > 0, 0.0, np.nan)  # a step without mail stays blank
    counts = found.counts()
    handles = []
    for place, host in enumerate(found.hosts):
        colour, hatch = _look(place)
        top = bottom + steps.counts[place] / np.maximum(total, 1)
        handles.append(
            ax.fill_between(
                corners_s,
                np.repeat(bottom, 2),
                np.repeat(top, 2),
                facecolor=colour,
                hatch=hatch,
                edgecolor="white",
                linewidth=0,
                label=say("mx_share.in_all", host=host, share=percent(counts[place] / counts.sum()), count=counts[place]),
                zorder=2,
            )
        )
        bottom = top
    legend_below(ax, handles, style=style)
    return float(steps.edges_s[1] - steps.edges_s[0])


def _draw_bars(ax: Axes, found: Takers, style: str) -> None:
    ax.set_xlim(0, 1)
    ax.set_xticks(*SHARE_TICKS)
    ax.set_xlabel(say("mx_share.axis"))
    parts = {host: Part(*_look(place), host, host) for place, host in enumerate(found.hosts)}
    draw_stacks(ax, [_row(name, counts, found) for name, counts in _groups(found)], parts, style=style)


def _groups(found: Takers) -> list[tuple[str, npt.NDArray[np.int64]]]:
    """Counts by server, of the mail taken while a fault was active and of all."""
    if not len(found.t_us):
        return []
    during = ("mx_share.during_faults", found.counts(found.in_fault))
    return [*([during] if found.in_fault.any() else []), *([("cohorts.all", found.counts())] if not found.in_fault.all() else [])]


def _row(name: str, counts: npt.NDArray[np.int64], found: Takers) -> Row:
    total = int(counts.sum())
    shares = {host: int(count) / total for host, count in zip(found.hosts, counts, strict=True) if count}
    texts = {host: f"{percent(share)} ({round(share * total)})" for host, share in shares.items()}
    return Row(group_name(f"{name}_lines", total), "", shares, texts)


def _most(found: Takers, mask: npt.NDArray[np.bool_]) -> tuple[str, float]:
    """Who took most of some mail, and its share."""
    counts = found.counts(mask)
    place = int(np.argmax(counts))
    return found.hosts[place], float(counts[place] / counts.sum())


def _title(found: Takers) -> str:
    if not len(found.t_us):
        return say("mx_share.nothing")
    during, otherwise = found.in_fault, ~found.in_fault
    if not during.any() or not otherwise.any():
        host, share = _most(found, during | otherwise)
        return say("mx_share.title_of_fault" if during.any() else "mx_share.title", host=host, share=_of_mail(share))
    host, share = _most(found, during)
    other, usual = _most(found, otherwise)
    rest = say("mx_share.all") if usual == 1 else percent(usual)
    if host == other:
        return say("mx_share.title_same", host=host, share=_of_mail(share), usual=rest)
    return say("mx_share.title_other", host=host, share=_of_mail(share), other=other, usual=rest)


def _of_mail(share: float) -> str:
    return say("mx_share.all_mail") if share == 1 else say("mx_share.share_of_mail", share=percent(share))


def _open_words(found: Takers) -> str:
    return say("mx_share.open", count=found.open) if found.open else ""


def describe_mx_share(result: Result, *, window: Window = None, language: str | None = None) -> str:
    """The shares in words."""
    with speaking(language):
        return _described(_found(result, window))


def _described(found: Takers) -> str:
    parts = [say("mx_share.described"), _title(found)]
    for name, counts in _groups(found):
        told = ", ".join(f"{host} {text}" for host, text in _row(name, counts, found).texts.items())
        who = say(name)
        parts.append(say("mx_share.described_group", who=begun(who), count=int(counts.sum()), parts=told))
    return " ".join([*parts, *([_open_words(found) + "."] if found.open else [])])
