"""What an outage study found: its tables, its headline, its picture and what it takes to repeat it."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import TYPE_CHECKING, Any, NamedTuple

from mailsim import __version__
from mailsim.language import counted, numeral, phrased, printable, say, speaking
from mailsim.markup import Markup, card, cell_table, details, joined, tag
from mailsim.results.outcomes import OUTCOMES
from mailsim.study.figures import QUANTITIES, STUDIED
from mailsim.study.headline import Measured, headline
from mailsim.study.intervals import Interval, mean_interval
from mailsim.study.words import called, interval_words
from mailsim.units import duration

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from matplotlib.axes import Axes

    from mailsim.plots.impact import Quantity
    from mailsim.plots.style import Style
    from mailsim.plots.timeaxis import Window

__all__ = ["Cell", "Run", "Setting", "Study", "StudyPlots"]

#: the figures that the text and HTML tables show
_SHOWN = ("bounced_share", "late_1h_share", "delay_p50_s", "delay_p95_s", "censored_share", "peak_queue", "drain_s")


class Run(NamedTuple):
    """One run of one cell: its seed, how many deliveries it followed, its figures, the hash of its messages, deliveries by outcome."""

    seed: int
    messages: int
    figures: dict[str, float]
    trace_hash: str
    outcomes: dict[str, int]


class Cell(NamedTuple):
    """One layout at one length of the outage, with its runs."""

    layout: str
    length_us: int
    runs: tuple[Run, ...]

    def interval(self, figure: str) -> Interval:
        """Mean and 95 % interval of a figure over the runs."""
        least, most = QUANTITIES[figure].bounds
        return mean_interval([run.figures[figure] for run in self.runs], least=least, most=most)


@dataclass(frozen=True)
class Setting:
    """What was studied.

    Attributes
    ----------
    digests : dict
        Layout to the digest of its scenario.
    target, how : str
        What failed, and how.
    mix : dict
        Weights of the senders' programs.
    to : dict
        Layout to the mailbox that the mail was for.
    messages : int
        Messages of each run.
    seeds : tuple of int
        Seed of each run.
    lifetimes : dict
        Who keeps mail how long before giving up, in seconds: the senders' programs and the layouts' own relays.
    """

    digests: Mapping[str, str]
    target: str
    how: str
    mix: Mapping[str, float]
    to: Mapping[str, str]
    messages: int
    seeds: tuple[int, ...]
    lifetimes: Mapping[str, float]

    @property
    def failing(self) -> str:
        """What failed, and how, for people: ``mx1 silent``."""
        return f"{self.target} {phrased('faults', self.how)}"


def _words(cell: Cell, name: str, *, blind: bool) -> str:
    """A figure of a cell; where it does not exist and some mail's fate is unknown, it says so."""
    found = cell.interval(name)
    return say("study.untold") if blind and isnan(found.mean) else interval_words(found, QUANTITIES[name])


class Study:
    """What became of the mail sent while the target was down, for each layout and length of the outage.

    Parameters
    ----------
    setting : Setting
        What was studied.
    cells : tuple of Cell
        What was found, in the order of layouts and lengths.
    """

    def __init__(self, setting: Setting, cells: tuple[Cell, ...]) -> None:
        self.setting = setting
        self.cells = cells

    # -- tables

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row per layout, length and run: ``layout, length, length_s, run, seed, messages``, each figure, ``trace_hash``.

        The figures are those of :data:`mailsim.study.figures.QUANTITIES`, which says what each means; shares are of the
        mail sent while the target was down, times in seconds.
        """
        rows = [
            (*_place(cell), k, run.seed, run.messages, *(run.figures[name] for name in STUDIED), run.trace_hash)
            for cell in self.cells
            for k, run in enumerate(cell.runs)
        ]
        return self._frame(rows, ["layout", "length", "length_s", "run", "seed", "messages", *STUDIED, "trace_hash"])

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per layout and length: ``layout, length, length_s, runs, messages``, and three columns for each figure.

        ``bounced_share`` is the mean over the runs, ``bounced_share_low`` and ``bounced_share_high`` the ends of its 95 %
        Student t interval, and so on; ``messages`` counts all runs.  A figure is missing as soon as one run lacks it.
        """
        rows = [
            (
                *_place(cell),
                len(cell.runs),
                sum(run.messages for run in cell.runs),
                *(value for name in STUDIED for value in cell.interval(name)),
            )
            for cell in self.cells
        ]
        columns = [name + end for name in STUDIED for end in ("", "_low", "_high")]
        return self._frame(rows, ["layout", "length", "length_s", "runs", "messages", *columns])

    @cached_property
    def outcomes(self) -> pd.DataFrame:
        """One row per layout, length and outcome: ``layout, length, length_s, runs, outcome, messages, share``.

        The outcomes are those of :data:`mailsim.results.outcomes.OUTCOMES`; ``messages`` counts all runs of the cell, and
        ``share`` is their part of the mail sent while the target was down.
        """
        rows = []
        for cell in self.cells:
            total = sum(run.messages for run in cell.runs)
            for outcome in OUTCOMES:
                count = sum(run.outcomes[outcome] for run in cell.runs)
                rows.append((*_place(cell), len(cell.runs), outcome, count, count / total))
        return self._frame(rows, ["layout", "length", "length_s", "runs", "outcome", "messages", "share"])

    def _frame(self, rows: list[Any], columns: list[str]) -> pd.DataFrame:
        import pandas as pd

        frame = pd.DataFrame(rows, columns=columns)
        layouts = list(dict.fromkeys(cell.layout for cell in self.cells))
        lengths = [duration(us) for us in sorted({cell.length_us for cell in self.cells})]
        frame["layout"] = pd.Categorical(frame["layout"], categories=layouts)
        frame["length"] = pd.Categorical(frame["length"], categories=lengths, ordered=True)
        return frame

    # -- words

    @property
    def headline(self) -> str:
        """The answer in a few sentences, with intervals and with the share still under way."""
        what = [Measured(cell.layout, cell.length_us / 1e6, {name: cell.interval(name) for name in STUDIED}) for cell in self.cells]
        runs = [run.figures for cell in self.cells for run in cell.runs]
        censored, unknown = (max((run[name] for run in runs), default=0.0) for name in ("censored_share", "unknown_share"))
        return headline(what, target=self.setting.target, how=self.setting.how, most_censored=censored, most_unknown=unknown)

    def rows(self) -> list[tuple[str, ...]]:
        """The main figures as texts, a heading row first; intervals in brackets."""
        unknown = [any(run.figures["unknown_share"] for run in cell.runs) for cell in self.cells]
        shown = (*_SHOWN, "unknown_share") if any(unknown) else _SHOWN
        written: list[tuple[str, ...]] = [
            (say("study.column_layout"), say("study.column_outage"), *(called(QUANTITIES[name]) for name in shown))
        ]
        for cell, blind in zip(self.cells, unknown, strict=True):
            figures = (_words(cell, name, blind=blind) for name in shown)
            written.append((cell.layout, numeral(duration(cell.length_us)), *figures))
        return written

    @property
    def method(self) -> str:
        """How the figures were made, in a sentence."""
        return say("study.method", count=len(self.setting.seeds), messages=counted(self.setting.messages))

    @property
    def replay(self) -> str:
        """One line from which the study can be repeated."""
        total = sum(self.setting.mix.values())
        mix = ", ".join(f"{name} {weight / total:.0%}".replace("%", " %") for name, weight in self.setting.mix.items())
        layouts = ", ".join(f"{name} {digest[:8]}" for name, digest in self.setting.digests.items())
        sent = (say("study.senders", mix=mix), say("study.messages", messages=counted(self.setting.messages)))
        return " · ".join(
            (f"mailsim {__version__}", layouts, self.setting.failing, *sent, _seeds(self.setting.seeds))
        )

    @property
    def caption(self) -> str:
        """The line below a picture: version, digests, target, sample and seeds."""
        digests = say("study.digests", digests=", ".join(digest[:8] for digest in self.setting.digests.values()))
        target = self.setting.failing
        mails = say("study.mails_a_run", messages=counted(self.setting.messages))
        return " · ".join((f"mailsim {__version__}", digests, target, mails, _seeds(self.setting.seeds)))

    def __repr__(self) -> str:
        table = self.rows()
        widths = [max(len(row[k]) for row in table) for k in range(len(table[0]))]
        lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in table]
        return "\n".join(printable(line) for line in [self.headline, "", *lines, "", self.method, self.replay])

    def html(self) -> Markup:
        """Headline, table and method as HTML, every text escaped."""
        return joined((tag("p", self.headline), cell_table(self.rows()), details(say("study.how"), tag("p", self.method))))

    def _repr_html_(self) -> str:
        name = f"{self.setting.failing}: {', '.join(self.setting.digests)}"
        return str(card([self.html()], kind=say("study.kind"), name=name, foot=self.replay))

    # -- picture, and what to keep

    def report(self, path: str | Path, *, language: str | None = None, title: str = "") -> Path:
        """Write a memo: one HTML page that needs nothing else and prints on A4, with the answer, the picture, the table and the method.

        Parameters
        ----------
        path : path
            Of the page; its folder is made if it is not there.  The page is written whole or not at all.
        language : str, optional
            ``en`` or ``de``; by default the one spoken.
        title : str
            What stands above the headline; by default what failed.

        Raises
        ------
        UnsupportedError
            ``path`` is no path, or a folder.
        UnknownNameError
            There is no such language.
        """
        from mailsim.memo import study_memo
        from mailsim.results.files import write_page

        return write_page(path, lambda: study_memo(self, language=language, title=title))

    @cached_property
    def plot(self) -> StudyPlots:
        """Pictures: ``plot.impact()``, ``plot.outcomes_by_length()``."""
        return StudyPlots(self)

    def manifest(self) -> dict[str, Any]:
        """All that it takes to repeat the study and to see that it is the same."""
        setting = self.setting
        digest = hashlib.sha256(b"mailsim study 1\n")
        for cell in sorted(self.cells):
            digest.update("\n".join((cell.layout, str(cell.length_us), *(run.trace_hash for run in cell.runs), "")).encode())
        return {
            "mailsim": __version__,
            "study": "outage",
            "layouts": {name: {"scenario_digest": one, "to": setting.to[name]} for name, one in setting.digests.items()},
            "target": setting.target,
            "how": setting.how,
            "lengths": list(dict.fromkeys(duration(cell.length_us) for cell in self.cells)),
            "senders": dict(setting.mix),
            "messages": setting.messages,
            "runs": len(setting.seeds),
            "seeds": list(setting.seeds),
            "level": "messages",
            "trace_hash": digest.hexdigest(),
            "python": platform.python_version(),
        }


class StudyPlots:
    """The pictures of a study."""

    def __init__(self, study: Study) -> None:
        self._study = study

    def impact(
        self,
        *,
        ax: Axes | None = None,
        style: Style = "print",
        window: Window = None,
        of: Quantity | None = None,
        language: str | None = None,
    ) -> Axes:
        """Returned mail and delay against the length of the outage, one line per layout, a band over runs.

        ``of`` (``bounced``, ``late`` or ``delay``) draws one of them alone; see :func:`mailsim.plots.impact.impact`.
        """
        from mailsim.plots.impact import impact

        with speaking(language):
            return impact(self._study.runs, ax=ax, style=style, window=window, of=of, caption=self._study.caption)

    def outcomes_by_length(
        self, *, ax: Axes | None = None, style: Style = "print", window: Window = None, language: str | None = None
    ) -> Axes:
        """What became of the mail, one bar for each length of the outage, with the lifetimes of the queues marked.

        ``language`` is ``en`` or ``de``, by default the one spoken; see :func:`mailsim.plots.outcomes_by_length.outcomes_by_length`.
        """
        from mailsim.plots.outcomes_by_length import outcomes_by_length

        study = self._study
        with speaking(language):
            return outcomes_by_length(
                study.outcomes, lifetimes=study.setting.lifetimes, ax=ax, style=style, window=window, caption=study.caption
            )


def _place(cell: Cell) -> tuple[str, str, float]:
    return cell.layout, duration(cell.length_us), cell.length_us / 1e6


def _seeds(seeds: tuple[int, ...]) -> str:
    return say("study.seeds", count=len(seeds), first=seeds[0], last=seeds[-1])
