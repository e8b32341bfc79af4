"""The points of a class as one impact curve: each pupil let the same server fail for another length of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mailsim import __version__
from mailsim.errors import UnsupportedError
from mailsim.language import printable, say, speaking
from mailsim.markup import tag
from mailsim.plots.style import COLOURS, LETTERS, SIZES, Style
from mailsim.plots.timeaxis import Window, ages_s, duration_axis, duration_text, duration_ticks
from mailsim.results.summary import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

__all__ = ["ClassPoint", "class_curve", "describe_class"]


class ClassPoint(NamedTuple):
    """What one pupil found: of the mail sent during an outage, the share that came back, and when half of it was there."""

    student: str
    length_s: float
    messages: int
    bounced_share: float
    #: None where half of it never arrived
    delay_p50_s: float | None
    #: ``en`` or ``de``: in which it is shown; None: in the one spoken
    language: str | None = None

    @property
    def line(self) -> str:
        """The point as one line of text to hand in."""
        from json import dumps

        return dumps({name: getattr(self, name) for name in self._fields[:5]}, ensure_ascii=False)

    def __repr__(self) -> str:
        with speaking(self.language):
            return _point_text(self)

    def _repr_html_(self) -> str:
        return str(tag("p", repr(self), class_="mailsim"))


def class_curve(
    points: Sequence[ClassPoint],
    *,
    student: str = "",
    ax: Axes | None = None,
    style: Style = "print",
    window: Window = None,
    language: str | None = None,
) -> Axes:
    """Draw the points of a class: share that came back above, delay below (on axes of the user's: the share only).

    Parameters
    ----------
    points : sequence of ClassPoint
        One per pupil.
    student : str
        Whose point to point out.
    ax, style, window
        As for every picture; a window is about lengths, such as ``("1d", "14d")``, and so is then the title.
    language : str, optional
        ``en`` or ``de``; by default the one spoken.

    Raises
    ------
    UnsupportedError
        The window holds no point.
    """
    from mailsim.plots.picture import drawing, finish, second_axes

    points = sorted(points, key=lambda point: (point.length_s, point.student))
    lengths = [point.length_s for point in points]
    low, high = ages_s(window, lengths[0] / 1.25, lengths[-1] * 1.25)
    shown = [point for point in points if low <= point.length_s <= high]
    if not shown:
        raise UnsupportedError(f"the window {window!r} holds no point: the lengths go from {lengths[0]:g} s to {lengths[-1]:g} s")
    two = ax is None
    with speaking(language), drawing(ax, style=style, height=1.35 if two and style == "print" else 1.0) as axes:
        duration_axis(axes, low, high)
        _curve(axes, lengths, [point.bounced_share for point in points], style)
        _mark(axes, [(point.length_s, point.bounced_share, point.student) for point in points], student, style)
        top = max(max(point.bounced_share for point in points) * 1.15, 0.05)
        axes.set_ylim(-0.03 * top, top)
        axes.locator_params(axis="y", nbins=5)
        axes.yaxis.set_major_formatter(lambda value, _: percent(value) if value > 0 else "0 %")
        axes.set_ylabel(say("classroom.axis_returned"))
        lowest = axes
        if two:
            lowest = second_axes(axes)
            _delays(lowest, points, student, style)
            lowest.set_ylabel(say("classroom.axis_delay"))
            axes.tick_params(axis="x", labelbottom=False)
            axes.figure.align_ylabels([axes, lowest])
        lowest.set_xlabel(say("classroom.axis_length"))
        messages = " / ".join(str(count) for count in sorted({point.messages for point in shown})[:3])
        caption = f"mailsim {__version__} · {say('classroom.sample', count=len(shown), messages=messages)}"
        return finish(axes, title=_title(shown), description=_described(shown), caption=caption, style=style)


def _curve(ax: Axes, x: list[float], y: list[float], style: str) -> None:
    """Points joined by a thin line: the points are what was measured."""
    ax.grid(axis="y", color=COLOURS["faint"], linewidth=0.8)
    line = SIZES[style].line
    ax.plot(x, y, color=COLOURS["strong"], linewidth=line * 0.6, marker="o", markersize=line * 3.5, zorder=3)


def _mark(ax: Axes, places: list[tuple[float, float, str]], student: str, style: str) -> None:
    """A ring and the name at one pupil's point."""
    wanted = " ".join(student.casefold().split())
    for x, y, name in places:
        if wanted and " ".join(name.casefold().split()) == wanted:
            ax.plot(
                [x], [y], marker="o", markersize=SIZES[style].line * 7, markerfacecolor="none",
                markeredgecolor=COLOURS["bounced"], markeredgewidth=SIZES[style].line, linestyle="none", zorder=4, label=name,
            )  # fmt: skip
            ax.annotate(
                printable(name)[:24], (x, y), xytext=(-8, 9), textcoords="offset points", ha="right",
                color=LETTERS.get(COLOURS["bounced"], COLOURS["bounced"]),
            )  # fmt: skip


def _delays(ax: Axes, points: Sequence[ClassPoint], student: str, style: str) -> None:
    """The delays on a logarithmic axis; at the upper edge, with a word, where half never arrived."""
    there = [(point.length_s, point.delay_p50_s, point.student) for point in points if point.delay_p50_s is not None]
    if there:
        values = [max(delay, 1e-3) for _, delay, _ in there]
        _curve(ax, [x for x, _, _ in there], values, style)
        _mark(ax, [(x, max(y, 1e-3), name) for x, y, name in there], student, style)
        low, high = min(values) / 2, max(values) * 3
    else:
        low, high = 1.0, 86_400.0
    ax.set_yscale("log")
    ax.set_ylim(low, high)
    ticks = duration_ticks(low, high, most=7)
    ax.set_yticks([value for value, _ in ticks], [text for _, text in ticks])
    ax.set_yticks([], minor=True)
    never = [point.length_s for point in points if point.delay_p50_s is None]
    if never:  # a point that can't be drawn is said, not left out
        ax.plot(
            never, [0.93] * len(never), transform=ax.get_xaxis_transform(), linestyle="none", marker="^",
            markersize=SIZES[style].line * 4, markerfacecolor="none", markeredgecolor=COLOURS["bounced"],
        )  # fmt: skip
        ax.annotate(
            say("classroom.never"), (min(never), 0.93), xycoords=ax.get_xaxis_transform(), xytext=(-8, 0), textcoords="offset points",
            ha="right", va="center", color=LETTERS.get(COLOURS["bounced"], COLOURS["bounced"]),
        )  # fmt: skip


def _title(points: Sequence[ClassPoint]) -> str:
    """What the class found, in a sentence: up to which length nothing came back, and how much at the longest."""
    longest, share = duration_text(points[-1].length_s), percent(points[-1].bounced_share)
    quiet = 0.0
    for point in points:
        if point.bounced_share:
            break
        quiet = point.length_s
    else:
        return say("classroom.title_none", longest=longest)
    if not quiet:
        return say("classroom.title_all", longest=longest, share=share)
    return say("classroom.title_from", quiet=duration_text(quiet), longest=longest, share=share)


def _point_text(point: ClassPoint) -> str:
    facts = {"student": point.student, "length": duration_text(point.length_s), "share": percent(point.bounced_share)}
    if point.delay_p50_s is None:
        return say("classroom.point_never", **facts)
    return say("classroom.point", **facts, delay=duration_text(point.delay_p50_s))


def describe_class(points: Sequence[ClassPoint], *, language: str | None = None) -> str:
    """The picture in words: its title and every point."""
    with speaking(language):
        return _described(sorted(points, key=lambda point: (point.length_s, point.student)))


def _described(points: Sequence[ClassPoint]) -> str:
    return " ".join([_title(points), *(f"{_point_text(point)}." for point in points)])
