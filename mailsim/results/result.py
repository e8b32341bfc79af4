"""What a run gives back: its log, read as tables, headline, pictures, stories and files.

Importing this needs no numpy, pandas or matplotlib: each is imported when something first asks for it.
"""

from __future__ import annotations

import json
import platform
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mailsim import __version__
from mailsim.errors import UnsupportedError
from mailsim.events import EventLog
from mailsim.results.pictures import Plots
from mailsim.results.schema import TABLES

if TYPE_CHECKING:
    import pandas as pd

    from mailsim.results.conservation import Conservation
    from mailsim.results.summary import Summary
    from mailsim.results.unseen import Unseen
    from mailsim.scenario import Scenario
    from mailsim.stories.accessor import Examples
    from mailsim.stories.explain import Story
    from mailsim.stories.sentences import Words
    from mailsim.units import Instant

__all__ = ["Plots", "Result"]


class Result:
    """One run of one scenario with one seed.

    Parameters
    ----------
    scenario : Scenario
        What was run.
    seed : int
        With which seed.
    log : EventLog
        What the engine wrote.

    Examples
    --------
    >>> import mailsim as ms
    >>> result = ms.load("first-mail").run()
    >>> result.messages[["recipient", "state"]].values.tolist()
    [['bob@example.com', 'stored']]
    >>> result.plot.timeline().get_title()
    'The mail, sent at 00:01:00, was in the mailbox after 1.9 s.'
    """

    def __init__(self, scenario: Scenario, seed: int, log: EventLog) -> None:
        self.scenario = scenario
        self.seed = seed
        self.log = log
        self._frames: dict[str, pd.DataFrame] = {}

    # -- tables

    def table(self, name: str) -> pd.DataFrame:
        """The table ``name`` (see :mod:`mailsim.results.schema`); a copy of your own, to change as you like.

        Raises
        ------
        UnsupportedError
            The recording level of this run has no such table; says which has.
        UnknownNameError
            There is no such table at all.
        """
        from mailsim.results import schema, tables

        schema.table(name)
        if name not in self._frames:
            self._frames[name] = getattr(tables, name)(self.log, self.starts)
        return self._frames[name].copy()

    @property
    def messages(self) -> pd.DataFrame:
        """One row per delivery: when sent, stored and read, by which way, in which state, and why."""
        return self.table("messages")

    @property
    def attempts(self) -> pd.DataFrame:
        """One row per address tried."""
        return self.table("attempts")

    @property
    def lookups(self) -> pd.DataFrame:
        """One row per question to a resolver."""
        return self.table("lookups")

    @property
    def questions(self) -> pd.DataFrame:
        """One row per question of a resolver to a server."""
        return self.table("questions")

    @property
    def queues(self) -> pd.DataFrame:
        """One row per change of a queue."""
        return self.table("queues")

    @property
    def bounces(self) -> pd.DataFrame:
        """One row per decision to return mail."""
        return self.table("bounces")

    @property
    def reports(self) -> pd.DataFrame:
        """One row per report and recipient that it tells of."""
        return self.table("reports")

    @property
    def faults(self) -> pd.DataFrame:
        """One row per stretch in which something was wrong."""
        return self.table("faults")

    def latency_budget(self) -> pd.DataFrame:
        """Where the time from send to read went, per delivery: submit, queue, resolve, relay, onward, store, fetch."""
        return self.table("latency_budget")

    def unseen(self) -> Unseen:
        """Mail that is stored where its reader doesn't look: how much, of what, and where it lies."""
        return self._unseen

    @cached_property
    def _unseen(self) -> Unseen:
        from mailsim.results.unseen import unseen
        from mailsim.scenario.reading import looks_into

        return unseen(self.log, looks_into(self.scenario))

    # -- headline

    def summary(self) -> Summary:
        """The headline: delivered, late, returned, still under way, each with its cohort; time to mailbox and reader."""
        return self._summary

    @cached_property
    def _summary(self) -> Summary:
        from mailsim.results.summary import summarise

        return summarise(
            self.log,
            scenario=self.scenario.name,
            digest=self.scenario.digest(),
            seed=self.seed,
            version=__version__,
            unseen=self._unseen,
        )

    @property
    def conservation(self) -> Conservation:
        """The check that nothing vanished; ``.ok`` and the counts."""
        return self._summary.conservation

    @cached_property
    def trace_hash(self) -> str:
        """SHA-256 of the message table: equal for equal scenario and seed, on every machine and Python."""
        return self.log.trace_hash()

    @cached_property
    def starts(self) -> Instant:
        """The calendar instant that times of this run count from."""
        from mailsim.units import instant

        return instant(self.scenario.starts)

    # -- pictures and stories

    @cached_property
    def plot(self) -> Plots:
        """Pictures: ``plot.timeline()``, ``latency()``, ``sawtooth()``, ``queues()``, ``topology()``, ``sequence(message)``, ``budget()``,
        ``outcomes()``, ``mx_share()``, ``raster()``, ``dns_cache()``,
        ``dashboard()``, and a film: ``animation()``.
        """
        return Plots(self)

    def explain(self, message: int, *, language: str | None = None, words: Words = "field") -> Story:
        """The story of message number ``message``: DNS answers, SMTP dialogue, and why each next step.

        In ``language`` (by default the one spoken); with ``words="pupil"`` in plain words with the field's in brackets.

        Raises
        ------
        UnknownNameError
            There is no such message or language.
        UnsupportedError
            The run kept no event rows.
        """
        from mailsim.stories.explain import explain

        return explain(self, message, language=language, words=words)

    @cached_property
    def example(self) -> Examples:
        """A message that shows something: ``example("bounced")`` or ``example.bounced``; Tab offers what this run has.

        The kinds are those of :func:`mailsim.stories.examples.example`: ``bounced``, ``fallback``, ``slowest`` ...
        """
        from mailsim.stories.accessor import Examples

        return Examples(self)

    def dsn(self, message: int) -> bytes:
        """The report that message number ``message`` is, as the RFC 3464 message that travelled: every field filled from the run.

        ``table("reports")`` lists which there are; :func:`mailsim.rules.dsn.parse_dsn` reads it back.

        Raises
        ------
        UnknownNameError
            There is no such message, or it is no report.
        UnsupportedError
            The run kept no event rows.
        """
        from mailsim.rules.dsn import build_dsn
        from mailsim.stories.returned import report_numbered

        return build_dsn(report_numbered(self.log, self.scenario, message, self.starts))

    # -- what to keep

    def report(self, path: str | Path, *, language: str | None = None, title: str = "") -> Path:
        """Write a memo: one HTML page that needs nothing else and prints on A4, with what was found, pictures and what it rests on.

        Parameters
        ----------
        path : path
            Of the page; its folder is made if it is not there.  The page is written whole or not at all.
        language : str, optional
            ``en`` or ``de``; by default the one spoken.
        title : str
            What stands above the headline; by default the scenario's name.

        Returns
        -------
        Path
            The page.

        Raises
        ------
        UnsupportedError
            ``path`` is a number: the report that a message is, is :meth:`dsn`.
        UnknownNameError
            There is no such language.
        """
        from mailsim.memo import memo
        from mailsim.results.files import write_page

        return write_page(path, lambda: memo(self, language=language, title=title))

    def manifest(self) -> dict[str, Any]:
        """All that it takes to repeat the run and to see that it is the same; nothing of when and where it ran."""
        return {
            "mailsim": __version__,
            "scenario": self.scenario.name,
            "scenario_digest": self.scenario.digest(),
            "seed": self.seed,
            "level": self.log.level,
            "trace_hash": self.trace_hash,
            "python": platform.python_version(),
            "end_us": self.log.end_us,
            "end_reason": self.log.end_reason,
        }

    def save(self, directory: str | Path, *, plots: bool = True) -> Path:
        """Write tables (CSV), ``summary.json``, ``manifest.json`` and, with ``plots``, ``timeline.png``.

        Each file is written whole or not at all.  Tables that the recording level lacks are left out, and the manifest
        lists what there is.

        Returns
        -------
        Path
            The directory, which is made if it is not there.
        """
        from mailsim.results.files import csv_text, write_whole

        place = Path(directory)
        place.mkdir(parents=True, exist_ok=True)
        written = []
        for name in TABLES:
            try:
                frame = self.table(name)
            except UnsupportedError:
                continue
            written.append(write_whole(place / f"{name}.csv", csv_text(frame)).name)
        written.append(write_whole(place / "summary.json", _json(self.summary().as_dict())).name)
        if plots:
            written.append(write_whole(place / "timeline.png", self.plot.png("timeline")).name)
        write_whole(place / "manifest.json", _json(self.manifest() | {"files": written}))
        return place

    def __repr__(self) -> str:
        return repr(self._summary)

    def _repr_html_(self) -> str:
        from mailsim.results.preview import preview

        previews = []
        for name, one in TABLES.items():
            try:
                frame = self.table(name)
            except UnsupportedError:
                continue
            if len(frame):
                previews.append(preview(frame, one))
        return str(self._summary.card(*previews))


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
