"""How every picture looks: colours, markers, words and sizes, in one place; nothing here changes matplotlib's global state.

Colours are those of Okabe and Ito (2008), which people with any colour vision tell apart.  Colour is never the only cue:
each outcome has a marker of its own, each curve a line style, each area a label.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from mailsim.errors import UnknownNameError
from mailsim.language import say

__all__ = [
    "COLOURS",
    "HATCHES",
    "LETTERS",
    "LINE_STYLES",
    "LOOKS",
    "LOOK_OF_OUTCOME",
    "NODE_COLOURS",
    "PADS_IN",
    "SHARE_TICKS",
    "SIZES",
    "Look",
    "Size",
    "Style",
    "look_of",
    "settings",
]

#: how a picture is set: for a page or for a wall
Style = Literal["print", "slide"]

#: what a colour means, the same in all pictures
COLOURS: dict[str, str] = {
    "delivered": "#009E73",
    "deferred": "#E69F00",
    "bounced": "#D55E00",
    "transit": "#56B4E9",
    "dns": "#CC79A7",
    "strong": "#0072B2",
    "note": "#F0E442",
    "down": "#8C8C8C",
    "ink": "#222222",
    "quiet": "#6B6B6B",
    "faint": "#E6E6E6",
}

#: the colour of letters that belong to something of a colour too light for letters
LETTERS: dict[str, str] = {
    COLOURS["delivered"]: "#007A59",
    COLOURS["deferred"]: "#8F6000",
    COLOURS["dns"]: "#A34F80",
    COLOURS["transit"]: COLOURS["ink"],
    COLOURS["note"]: COLOURS["ink"],
    COLOURS["faint"]: COLOURS["ink"],
}

#: one colour per queue or layout, in order
NODE_COLOURS: tuple[str, ...] = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#0072B2", "#D55E00", "#F0E442", "#8C8C8C")

#: one hatch per area, in order: what tells them apart without colour
HATCHES: tuple[str, ...] = ("", "...", "\\\\\\", "xx", "++", "oo")

#: one line style per curve, in order
LINE_STYLES: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (6, 2, 1.5, 2)), (0, (1, 1)))


class Look(NamedTuple):
    """How a kind of mark looks: colour, matplotlib marker, filled or hollow, the key of its word in ``plots.toml``, relative size."""

    colour: str
    marker: str
    filled: bool
    key: str
    size: float = 1.0

    @property
    def word(self) -> str:
        """Its word in the legend."""
        return say(f"plots.{self.key}")


#: the look of each kind of mark
LOOKS: dict[str, Look] = {
    "sent": Look(COLOURS["transit"], "|", True, "sent", 1.6),
    "ok": Look(COLOURS["delivered"], "o", True, "ok"),
    "silence": Look(COLOURS["ink"], "o", False, "silence"),
    "refused": Look(COLOURS["ink"], "x", True, "refused"),
    "tempfail": Look(COLOURS["deferred"], "v", True, "tempfail", 1.2),
    "permfail": Look(COLOURS["bounced"], "s", True, "permfail"),
    "policy": Look(COLOURS["bounced"], "*", True, "policy", 1.6),
    "lost_reply": Look(COLOURS["delivered"], "o", False, "lost_reply"),
    "stored": Look(COLOURS["delivered"], "o", True, "stored"),
    "late": Look(COLOURS["deferred"], "D", True, "late", 0.9),
    "login": Look(COLOURS["bounced"], "^", True, "login", 1.2),
    "poll": Look(COLOURS["quiet"], "1", True, "poll", 1.6),
    "read": Look(COLOURS["strong"], "|", True, "read", 1.6),
    "bounced": Look(COLOURS["bounced"], "X", True, "bounced", 1.3),
    "rejected": Look(COLOURS["bounced"], "P", True, "rejected", 1.6),
    "dns_hit": Look(COLOURS["delivered"], "|", True, "dns_hit", 1.6),
    "dns_asked": Look(COLOURS["strong"], "D", True, "dns_asked", 0.9),
    "dns_negative": Look(COLOURS["ink"], "s", False, "dns_negative"),
    "dns_stale": Look(COLOURS["deferred"], "v", True, "dns_stale", 1.2),
    "dns_failed": Look(COLOURS["bounced"], "x", True, "dns_failed", 1.1),
}

#: which look an outcome of an attempt has, by its key in :mod:`mailsim.rules.reasons`
LOOK_OF_OUTCOME: dict[str, str] = {
    "ok": "ok",
    "silent": "silence",
    "reply timeout": "silence",
    "refused": "refused",
    "unreachable": "refused",
    "closed": "refused",
    "no such service": "refused",
    "temporary failure": "tempfail",
    "permanent failure": "permfail",
    "not in the policy": "policy",
    "no trusted TLS": "policy",
    "no TLSA answer": "policy",
    "TLSA not met": "policy",
    "reply lost": "lost_reply",
}


class Size(NamedTuple):
    """Width and height in inches, letter size in points, line width in points, marker area in square points, dots per inch."""

    width: float
    height: float
    font: float
    line: float
    marker: float
    dpi: int


#: for a page (full text width) and for a wall (16:9, readable from the last row)
SIZES: dict[str, Size] = {"print": Size(7.6, 4.3, 8.5, 1.3, 16.0, 150), "slide": Size(12.8, 7.2, 15.0, 2.4, 42.0, 120)}

#: empty margin around everything on a sheet, in inches
PADS_IN: dict[str, float] = {"print": 0.08, "slide": 0.16}


#: where an axis of shares is marked, and how: for ``set_xticks`` and ``set_yticks``
SHARE_TICKS: tuple[list[float], list[str]] = ([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])


def look_of(outcome: str) -> str:
    """The key of :data:`LOOKS` for an outcome; an outcome that is a reason of its own counts as a refusal by code."""
    return LOOK_OF_OUTCOME.get(outcome, "permfail")


def settings(style: str) -> Any:
    """The rc parameters of a style, for ``matplotlib.rc_context``.

    Raises
    ------
    UnknownNameError
        There is no such style.
    """
    if style not in SIZES:
        raise UnknownNameError("style", style, SIZES)
    size = SIZES[style]
    return {
        "font.size": size.font,
        "font.family": "sans-serif",
        "text.color": COLOURS["ink"],
        "axes.titlesize": size.font * 1.2,
        "axes.titleweight": "bold",
        "axes.labelsize": size.font,
        "axes.labelcolor": COLOURS["quiet"],
        "axes.edgecolor": COLOURS["down"],
        "axes.linewidth": size.line * 0.5,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.facecolor": "white",
        "axes.grid": False,
        "axes.axisbelow": True,
        "xtick.color": COLOURS["down"],
        "xtick.major.pad": size.font * 0.45,
        "xtick.labelcolor": COLOURS["ink"],
        "ytick.color": COLOURS["down"],
        "ytick.labelcolor": COLOURS["ink"],
        "lines.linewidth": size.line,
        "lines.solid_capstyle": "butt",
        "hatch.linewidth": size.line * 0.35,
        "hatch.color": "#B5B5B5",
        "legend.frameon": False,
        "legend.fontsize": size.font * 0.92,
        "figure.facecolor": "white",
        "figure.dpi": size.dpi,
        "savefig.dpi": size.dpi,
        "text.parse_math": False,
        "text.usetex": False,
    }
