"""Outage bands: hatched grey stretches with their label, the same behind every picture that has a time axis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mailsim.events import ConditionSpan
from mailsim.language import phrased, say
from mailsim.plots.lettering import width_pt
from mailsim.plots.style import COLOURS
from mailsim.plots.timeaxis import duration_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Band", "band_labels", "bands", "draw_band", "in_short", "joined", "wrong_at"]


#: letters of what is wrong that a label has room for
_LETTERS = 28

#: so many stretches of one kind side by side can be told apart
_TOLD_APART = 60


class Band(NamedTuple):
    """One stretch on one node (or on all, with node ``""``)."""

    node: str
    start_s: float
    end_s: float
    label: str


def bands(conditions: Iterable[ConditionSpan], *, end_s: float) -> list[Band]:
    """The stretches of a run that lie before its end, in order of time, each with a label such as ``silent, 4 h``.

    Where one thing goes wrong at a node more often than can be told apart, stretches that nearly touch are one band:
    ``silent, 17 times``.
    """
    spans = sorted(conditions, key=lambda span: (span.start_us, span.end_us, span.node))
    times = Counter((span.node, span.how) for span in spans)
    found: list[Band] = []
    open_bands: dict[tuple[str, str], tuple[int, int]] = {}  # where it stands in the list, and how many stretches it holds
    for span in spans:
        start, end = span.start_us / 1e6, span.end_us / 1e6
        if start >= end_s:
            continue
        how = in_short(phrased("faults", span.how))
        key = (span.node, span.how)
        place, held = open_bands.get(key, (-1, 0))
        if times[key] > _TOLD_APART and held and start - found[place].end_s < end_s / _TOLD_APART:
            open_bands[key] = place, held + 1
            found[place] = found[place]._replace(
                end_s=min(max(end, found[place].end_s), end_s), label=say("plots.band_times", how=how, count=held + 1)
            )
            continue
        length = duration_text(end - start) if end <= end_s else say("plots.to_the_end")
        open_bands[key] = len(found), 1
        found.append(Band(span.node, start, min(end, end_s), f"{how}, {length}" if end > start else how))  # a request has no length
    return found


def wrong_at(conditions: Iterable[ConditionSpan], t_us: int) -> tuple[tuple[str, str], ...]:
    """Where something is wrong at an instant, and what, in short: a stretch includes its start and not its end."""
    active = [span for span in conditions if span.start_us <= t_us < span.end_us]
    return tuple(dict.fromkeys((span.node, in_short(phrased("faults", span.how))) for span in active))


def joined(wrong: Iterable[Band]) -> list[Band]:
    """Bands of one stretch on several nodes as one band, for a picture that has no lanes: all that suffer the same, then the others."""
    found: dict[tuple[float, float], dict[str, list[str]]] = {}
    for band in wrong:
        found.setdefault((band.start_s, band.end_s), {}).setdefault(band.label, []).append(band.node)
    together = []
    for (start_s, end_s), alike in found.items():
        told = "; ".join(f"{', '.join(nodes)} {label}" for label, nodes in alike.items())
        together.append(Band(", ".join(node for nodes in alike.values() for node in nodes), start_s, end_s, told))
    return together


def in_short(how: str) -> str:
    """What is wrong, cut to what a label has room for."""
    return how if len(how) <= _LETTERS else how[: _LETTERS - 1].rstrip() + "…"


def band_labels(found: Sequence[Band], low: float, high: float, *, points: float, size: float) -> list[str]:
    """What to write at each band (in order of time): all of its label, a shorter one, or nothing where it would run into the next.

    Parameters
    ----------
    found : sequence of Band
        Bands side by side at one height.
    low, high : float
        Stretch that is shown, in seconds.
    points : float
        Width of that stretch.
    size : float
        Letter size in points.
    """
    words: list[str] = []
    free = low  # up to where letters stand by now
    for k, band in enumerate(found):
        start, end = max(band.start_s, low), min(band.end_s, high)
        following = next((other.start_s for other in found[k + 1 :] if other.start_s > start), high)
        shown = start < end or low <= band.start_s == band.end_s <= high
        kept = ""
        for text in (band.label, band.label.rpartition(",")[0], band.label.split(" ")[0].rstrip(",")):
            takes = (width_pt(text, size) + 6) / points * (high - low)
            left, right = (end - takes, end) if _late(band, low, high) else (start, start + takes)
            if not kept and text and shown and left >= free and right <= following:
                kept, free = text, right
        words.append(kept)
    return words


def _late(band: Band, low: float, high: float) -> bool:
    """Whether a label at the band's start would leave the picture at the right."""
    return band.start_s > low + 0.7 * (high - low)


def draw_band(ax: Axes, band: Band, *, low: float, high: float, label: str = "", size: str = "small") -> None:
    """Hatch the stretch between two heights; the label stands at its upper left (near the right end of the picture: right), inside."""
    from matplotlib.patches import Rectangle

    patch = Rectangle(
        (band.start_s, low),
        band.end_s - band.start_s,
        high - low,
        facecolor="#F2F2F2",
        edgecolor="#B5B5B5",
        hatch="////",
        linewidth=0,
        zorder=0.5,
    )
    ax.add_patch(patch)
    for edge in (band.start_s, band.end_s):
        ax.plot([edge, edge], [low, high], color=COLOURS["down"], linewidth=0.8, zorder=0.6, solid_capstyle="butt")
    if label:
        left, right = ax.get_xlim()
        late = _late(band, left, right)
        ax.annotate(
            label,
            (min(band.end_s, right) if late else max(band.start_s, left), high),
            xytext=(-3 if late else 3, -2),
            textcoords="offset points",
            va="top",
            ha="right" if late else "left",
            fontsize=size,
            color=COLOURS["quiet"],
            bbox={"boxstyle": "square,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
            zorder=4,
            annotation_clip=True,
        )
