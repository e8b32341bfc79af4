"""Sequence diagram of one message: who talked to whom in which order, what failed, who waited, and where the time went."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from mailsim import __version__
from mailsim.errors import UnknownNameError
from mailsim.events import Event
from mailsim.plots.picture import drawing, finish
from mailsim.plots.style import COLOURS, LOOKS, SIZES, Look, look_of
from mailsim.rules.reasons import Why
from mailsim.stories.sentences import printable, rough, say
from mailsim.stories.story import Step, Story
from mailsim.units import clock

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from mailsim.plots.style import Style
    from mailsim.results import Result

__all__ = ["describe_sequence", "sequence"]

Scale = Literal["rank", "time"]
_Speak = Callable[..., str]

_DNS = Look(COLOURS["dns"], "o", True, "")
_WAIT = Look(COLOURS["deferred"], "", True, "waits")
_FOLDED = Look(COLOURS["deferred"], "", True, "attempts")
_QUIET = Look(COLOURS["quiet"], "o", True, "")
_COMMANDS = {"connect": "connect", "ehlo": "EHLO", "tls": "TLS", "auth": "AUTH", "mail": "MAIL", "rcpt": "RCPT", "data": "DATA"}
#: colour and hatch of each part of the time bar
_PARTS: dict[str, tuple[str, str]] = {
    "submit": (COLOURS["transit"], ""),
    "resolve": (COLOURS["dns"], ".."),
    "failed": (COLOURS["bounced"], "xx"),
    "transfer": (COLOURS["delivered"], ""),
    "queue": (COLOURS["note"], "--"),
    "defer": (COLOURS["deferred"], "//"),
    "mailbox": (COLOURS["faint"], "\\\\"),
}


class _Mark(NamedTuple):
    """One row of the diagram: an arrow (``peer`` is set), a wait or a note on one lifeline."""

    t_us: int
    since_us: int
    who: str
    peer: str
    label: str
    look: Look
    until_us: int = -1
    dashed: bool = False


def sequence(
    source: Story | Result,
    message: int | None = None,
    *,
    scale: Scale = "rank",
    ax: Axes | None = None,
    style: Style = "print",
) -> Axes:
    """Draw the story of one message: lifelines in the order of the path, time downward.

    A dashed arrow is a contact that timed out, a cross one that was refused; a hatched box is the time in which the
    lifeline was down.  The bar at the bottom shows where the time went.

    Parameters
    ----------
    source : Story or Result
        The story, or a run together with ``message``.
    message : int, optional
        Message number, for a run.
    scale : {"rank", "time"}
        Every step one row, or true to time (then labels that would overlap are left out).
    ax : Axes, optional
        Where to draw; by default a figure of its own.
    style : {"print", "slide"}
        For a page or a wall.

    Raises
    ------
    UnknownNameError
        There is no such scale or message.
    """
    story = _story(source, message)
    if scale not in ("rank", "time"):
        raise UnknownNameError("scale", scale, ("rank", "time"))
    marks = _waits_merged(list(_marks(story)), _speaker(story))
    names = _lifelines(story, marks)
    height = max(0.55, (len(marks) + 6) * (0.27 if style == "print" else 0.335) / SIZES[style].height)
    with drawing(ax, style=style, height=height) as axes:
        paper = _Paper(axes, marks, names, scale=scale, font=SIZES[style].font * 0.85)
        paper.lifelines()
        paper.outages(story)
        paper.rows()
        paper.time_bar(story)
        caption = " · ".join(part for part in (f"mailsim {__version__}", story.origin, f"message {story.number}") if part)
        return finish(axes, title=printable(story.title), description=describe_sequence(story), caption=caption, style=style)


def describe_sequence(source: Story | Result, message: int | None = None) -> str:
    """The diagram in a sentence or two: how it ended, how many contacts failed, where most of the time went."""
    story = _story(source, message)
    contacts = [step for step in story.steps if step.event == Event.TRIED]
    failed = sum(step.failed for step in contacts)
    spent = story.time_spent()
    parts = [story.title, f"contacts: {len(contacts)}, of which failed: {failed}"]
    if spent:
        parts.append(f"most of the time: {' '.join(spent[0].split())}")
    return printable(". ".join(parts) + ".")


def _story(source: Story | Result, message: int | None) -> Story:
    if isinstance(source, Story):
        return source
    if message is None:
        raise UnknownNameError("message", message, ["the number of a message: sequence(result, 17)"])
    return source.explain(message)


# -- what is drawn ------------------------------------------------------------------------------------------------------


def _speaker(story: Story) -> _Speak:
    """Says the labels in the story's language."""
    return partial(say, language=story.language)


def _marks(story: Story) -> Iterator[_Mark]:
    """The rows of the diagram, in order of time."""
    steps, speak = story.shown, _speaker(story)
    told: set[tuple[str, str]] = set()
    mailbox = ""
    k = 0
    while k < len(steps):
        step = steps[k]
        k += 1
        if step.event == Event.LOOKED_UP and step.stage:
            group = [step]
            while k < len(steps) and steps[k].event == Event.LOOKED_UP and steps[k].stage and steps[k].who == step.who:
                group.append(steps[k])
                k += 1
            yield _asked(group, speak)
        elif step.event == Event.LOOKED_UP:
            if step.reply and (step.who, step.reply) not in told:
                yield _note(step, step.reply, _QUIET)
            told.add((step.who, step.reply))
        elif step.event == Event.STORED and step.chapter == "store":
            mailbox = step.who
            yield _note(step, speak("draw_stored"), LOOKS["stored"])
        elif step.event == Event.FETCHED:
            yield _arrow(step, speak("draw_fetched"), LOOKS["ok"], who=mailbox or step.who, peer=step.who)
        else:
            mark = _mark(step, story, steps)
            if mark is not None:
                yield mark


def _waits_merged(marks: Sequence[_Mark], speak: _Speak) -> list[_Mark]:
    """Waits of one node that follow each other without a contact between them, as one."""
    found: list[_Mark] = []
    count = 1
    for mark in marks:
        last = found[-1] if found else None
        waits = mark.until_us >= 0 and mark.look is _WAIT
        if last is not None and waits and last.look is _WAIT and last.until_us == mark.t_us and last.who == mark.who:
            count += 1
            wait = clock(mark.until_us - last.t_us)
            found[-1] = last._replace(until_us=mark.until_us, label=speak("draw_waits", wait=wait, count=count))
        else:
            count = 1
            found.append(mark)
    return found


def _mark(step: Step, story: Story, steps: Sequence[Step]) -> _Mark | None:
    event, speak = step.event, _speaker(story)
    if step.chapter == "report" and event in (Event.STORED, Event.SENT) and story.steps and step.t_us > story.steps[0].t_us:
        return _arrow(step, speak("draw_report"), LOOKS["bounced"]._replace(marker="o"), peer=story.steps[0].who)
    if event in (Event.TRIED, Event.REJECTED, Event.LOGIN_FAILED, Event.FETCH_FAILED):
        return _contact(step, speak)
    if event == Event.SUBMITTED and not any(one.event == Event.TRIED and one.who == step.who for one in steps):
        return _contact(step, speak)
    if event == Event.DEFERRED:
        following = next((one.t_us for one in steps if one.t_us > step.t_us and one.who == step.who), -1)
        wait = clock(following - step.t_us) if following >= 0 else "…"
        return _note(step, speak("draw_wait", wait=wait), _WAIT)._replace(until_us=following)
    if event == Event.ACTIVATED and step.cost_us > 0:
        return _note(step, step.reply, _FOLDED)._replace(until_us=step.end_us)
    words = {
        Event.SENT: ("draw_sent", "sent"),
        Event.BOUNCED: ("draw_bounced", "bounced"),
        Event.DISCARDED: ("draw_gave_up", "bounced"),
        Event.LOST: ("draw_gave_up", "bounced"),
        Event.DELAY_NOTICED: ("draw_noticed", "late"),
    }
    if event in words:
        key, look = words[event]
        return _note(step, speak(key), LOOKS[look])
    return None


def _asked(group: Sequence[Step], speak: _Speak) -> _Mark:
    """Look-ups that follow each other as one arrow; one that failed is told, else the first."""
    bad = next((step for step in group if step.code > 0), None)
    step = bad or group[0]
    label = step.reply if len(group) == 1 else speak("draw_more", question=step.reply, count=len(group) - 1)
    if bad is not None:
        label = speak("draw_reply", command=step.reply, reply=step.lines[-1].text.partition(":")[0] if step.lines else str(step.code))
    took = sum(max(one.cost_us, 0) for one in group)
    if took >= 1_000_000:
        label = f"{label}, {clock(took)}"
    return _arrow(group[0], label, _DNS)._replace(dashed=step.why == Why.DNS_TIMEOUT)


def _contact(step: Step, speak: _Speak) -> _Mark:
    """A session as one arrow: the last command and what came back."""
    ok = step.event == Event.SUBMITTED or step.why == Why.OK
    look = LOOKS["ok" if ok else look_of(step.reason.key)]
    if step.event in (Event.FETCH_FAILED, Event.LOGIN_FAILED) and step.reply and not step.stage:
        return _arrow(step, step.reply, look)
    cost = clock(max(step.cost_us, 0))
    command = _COMMANDS.get(step.stage) or speak("draw_message" if step.stage in ("eod", "greeting", "") else "draw_fetch")
    if step.event in (Event.FETCH_FAILED, Event.LOGIN_FAILED) and not step.stage:
        command = speak("draw_fetch")
    reply = {
        Why.SILENT: speak("draw_silence", cost=cost),
        Why.REPLY_TIMEOUT: speak("draw_silence", cost=cost),
        Why.REFUSED: speak("draw_refused"),
        Why.NO_SERVICE: speak("draw_refused"),
        Why.UNREACHABLE: speak("draw_unreachable"),
        Why.CLOSED: speak("draw_closed"),
        Why.REPLY_LOST: speak("draw_lost", cost=cost),
    }.get(step.why, str(step.code) if step.code > 0 else step.reason.key)
    if not ok and step.code > 0:
        reply = step.reply if len(step.reply) <= 28 else step.reply[:27] + "…"
    dashed = step.why in (Why.SILENT, Why.REPLY_TIMEOUT, Why.REPLY_LOST)
    return _arrow(step, speak("draw_reply", command=command, reply=reply), look)._replace(dashed=dashed)


def _arrow(step: Step, label: str, look: Look, *, who: str = "", peer: str = "") -> _Mark:
    return _Mark(step.t_us, step.since_sent_us, who or step.who, peer or step.peer, printable(label), look)


def _note(step: Step, label: str, look: Look) -> _Mark:
    return _Mark(step.t_us, step.since_sent_us, step.who, "", printable(label), look)


def _lifelines(story: Story, marks: Sequence[_Mark]) -> list[str]:
    """Everybody who takes part: in order of appearance, the resolver behind the first MTA."""
    asked = {step.peer for step in story.steps if step.event == Event.LOOKED_UP and step.peer}
    seen = list(dict.fromkeys(name for mark in marks for name in (mark.who, mark.peer) if name))
    resolvers = [name for name in seen if name in asked]
    others = [name for name in seen if name not in asked]
    taken = next((others.index(step.who) + 1 for step in story.steps if step.event == Event.ACCEPTED and step.who in others), 1)
    return others[:taken] + resolvers + others[taken:]


# -- drawing ------------------------------------------------------------------------------------------------------------


class _Paper:
    """Where things are: lifelines at whole numbers of x, rows downward."""

    def __init__(self, ax: Axes, marks: Sequence[_Mark], names: Sequence[str], *, scale: Scale, font: float) -> None:
        self.ax, self.marks, self.names, self.font = ax, marks, list(names), font
        self.x = {name: k for k, name in enumerate(self.names)}
        if scale == "rank":  # a wait takes more room than a contact
            self.y = list(accumulate([0.0, *(1.6 if mark.until_us >= 0 else 1.0 for mark in marks[:-1])]))[: len(marks)]
        else:
            whole = max(marks[-1].since_us - marks[0].since_us, 1) if marks else 1
            self.y = [(mark.since_us - marks[0].since_us) / whole * max(len(marks) - 1, 1) for mark in marks]
        self.bottom = (self.y[-1] if marks else 0) + 0.9
        ax.set_xlim(-0.75, max(len(self.names) - 0.5, 1))
        ax.set_ylim(self.bottom + 1.8, -1.5)
        ax.set_axis_off()

    def lifelines(self) -> None:
        """Names in boxes and a line below each."""
        for name, x in self.x.items():
            self.ax.plot([x, x], [-0.6, self.bottom], color=COLOURS["down"], linewidth=1, zorder=1)
            box = {"boxstyle": "round,pad=0.35", "facecolor": "white", "edgecolor": COLOURS["ink"]}
            self.ax.text(x, -1.0, printable(name), ha="center", va="center", fontsize=self.font * 1.1, fontweight="bold", bbox=box)

    def _at(self, t_us: int) -> float:
        """The height of an instant: between the rows around it."""
        times = [mark.t_us for mark in self.marks]
        if not times or t_us <= times[0]:
            return -0.45
        for k in range(1, len(times)):
            if t_us <= times[k]:
                part = (t_us - times[k - 1]) / max(times[k] - times[k - 1], 1)
                return self.y[k - 1] + part * (self.y[k] - self.y[k - 1])
        return self.bottom

    def outages(self, story: Story) -> None:
        """A hatched box where a lifeline was down."""
        from matplotlib.patches import Rectangle

        for span in story.conditions:
            if span.node not in self.x or not self.marks:
                continue
            low, high, x = self._at(span.start_us), self._at(span.end_us), self.x[span.node]
            how = span.how.partition(" ")[0] if span.how[:1].isdigit() else span.how
            words = printable(f"{span.target[4:]} {how}" if span.target.startswith("dns ") else how)
            grey: dict[str, Any] = {"facecolor": "#F2F2F2", "edgecolor": "#B5B5B5", "hatch": "////", "linewidth": 0.6}
            self.ax.add_patch(Rectangle((x - 0.17, low), 0.34, high - low, zorder=1.2, **grey))
            self.ax.text(x, low + 0.04, words, ha="center", va="top", fontsize=self.font * 0.85, color=COLOURS["quiet"], zorder=6)

    def rows(self) -> None:
        """Arrows, waits and notes, each with its time at the left."""
        small = self.font * 0.85
        last, told = -9.0, ""
        for k, mark in enumerate(self.marks):
            y = self.y[k]
            labelled = y - last >= 0.6
            if mark.peer and mark.peer != mark.who:
                self._arrow(mark, y, labelled)
            else:
                self._note(mark, y, k, labelled)
            if labelled:
                since = f"+{rough(mark.since_us)}"
                self.ax.text(-0.7, y, since if since != told else "", ha="left", va="center", fontsize=small, color=COLOURS["quiet"])
                last, told = y, since

    def _arrow(self, mark: _Mark, y: float, labelled: bool) -> None:
        start, end = self.x[mark.who], self.x[mark.peer]
        way = 1 if end > start else -1
        taken = mark.look.marker == "o"
        tip = end - way * (0.0 if taken and not mark.dashed else 0.08)
        self.ax.annotate(
            "",
            (tip, y),
            (start, y),
            arrowprops={
                "arrowstyle": "->" if mark.dashed else "-|>" if taken else "-",
                "color": mark.look.colour,
                "linewidth": self.font * 0.17,
                "linestyle": (0, (4, 2.5)) if mark.dashed else "-",
                "shrinkA": 0,
                "shrinkB": 0,
            },
            zorder=3,
        )
        if not taken:
            self.ax.plot(
                [tip], [y], marker=mark.look.marker, color=mark.look.colour, markersize=self.font * 0.85, markeredgewidth=2, zorder=4
            )
        if labelled:
            self._label((start + end) / 2, y - 0.16, mark.label, "center", "bottom", mark.look.colour)

    def _note(self, mark: _Mark, y: float, k: int, labelled: bool) -> None:
        x = self.x[mark.who]
        if mark.until_us >= 0:
            following = next((self.y[j] for j in range(k + 1, len(self.marks)) if self.marks[j].who == mark.who), y + 0.8)
            self.ax.plot([x, x], [y, following], color=mark.look.colour, linewidth=self.font * 0.55, alpha=0.85, zorder=2.5)
        elif mark.look.marker not in ("", "|") and mark.look is not _QUIET:
            self.ax.plot([x], [y], marker=mark.look.marker, color=mark.look.colour, markersize=self.font * 0.9, zorder=4)
        if labelled:
            right = x >= len(self.names) - 1 > 0
            middle = y + 0.5 if mark.until_us >= 0 else y
            self._label(x + (-0.12 if right else 0.12), middle, mark.label, "right" if right else "left", "center", COLOURS["ink"])

    def _label(self, x: float, y: float, text: str, ha: str, va: str, colour: str) -> None:
        box = {"boxstyle": "square,pad=0.04", "facecolor": "white", "edgecolor": "none", "alpha": 0.9}
        self.ax.text(x, y, text, ha=ha, va=va, fontsize=self.font * 0.92, color=_dark(colour), bbox=box, zorder=5)

    def time_bar(self, story: Story) -> None:
        """A stacked bar of where the time went, with the three largest parts in words."""
        total: dict[str, int] = {}
        for stretch in story.stretches:
            total[stretch.kind] = total.get(stretch.kind, 0) + stretch.end_us - stretch.start_us
        whole, speak = sum(total.values()), _speaker(story)
        if not whole:
            return
        left, width = -0.7, max(len(self.names) - 0.5, 1) + 0.65
        low = self.bottom + 0.75
        for kind, (colour, hatch) in _PARTS.items():
            share = total.get(kind, 0) / whole
            self.ax.barh(low, share * width, 0.5, left=left, color=colour, hatch=hatch, edgecolor="white", linewidth=0.5, zorder=3)
            if share > 0.22:
                self._label(left + share * width / 2, low, speak(f"time_{kind}"), "center", "center", COLOURS["ink"])
            left += share * width
        words = " · ".join(" ".join(part.split()) for part in story.time_spent()[:3])
        self.ax.text(-0.7, low + 0.5, words, ha="left", va="top", fontsize=self.font * 0.9, color=COLOURS["ink"])


def _dark(colour: str) -> str:
    """Letters need more contrast than lines: light colours are written in ink."""
    return COLOURS["ink"] if colour in (COLOURS["transit"], COLOURS["deferred"], COLOURS["note"], COLOURS["faint"]) else colour
