"""The headline of a run: what became of the mail, each share with its cohort, in text, HTML and plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mailsim.events import Event, EventLog
from mailsim.language import SOURCE, numeral, printable, say, speaking
from mailsim.markup import Markup, card, cell_table, details, joined, lines
from mailsim.results.columns import view
from mailsim.results.conservation import Conservation, conservation
from mailsim.results.metrics import ArrivalCurve, Mask, Shares, arrival_curve, cohorts, shares
from mailsim.results.queues import QueuePeak, queue_peaks
from mailsim.results.unseen import Unseen
from mailsim.units import clock

__all__ = ["LATER_THAN_US", "CohortFigures", "Summary", "percent", "summarise"]

_HOUR_US = 3_600_000_000

#: the delays that people ask about; 4 h is when many programs send their delay notice (Exim delay_warning, sendmail Timeout.queuewarn)
LATER_THAN_US: dict[str, int] = {"1h": _HOUR_US, "4h": 4 * _HOUR_US, "24h": 24 * _HOUR_US}


@dataclass(frozen=True)
class CohortFigures:
    """The figures of one cohort.

    Attributes
    ----------
    key : str
        Which cohort (see :class:`mailsim.results.metrics.Cohort`).
    shares : Shares
        What became of it.
    later_than : dict
        For ``1h``, ``4h`` and ``24h``: the share that was not in the mailbox that long after sending (returned and lost
        mail included); None where the run was too short to know.
    stored, read : ArrivalCurve
        Time to the mailbox and to the reader's client.
    """

    key: str
    shares: Shares
    later_than: dict[str, float | None]
    stored: ArrivalCurve
    read: ArrivalCurve

    @property
    def words(self) -> str:
        """Which cohort, for people."""
        return say(f"cohorts.{self.key}")

    def as_dict(self) -> dict[str, object]:
        """Plain values, ready for JSON, the same in every language: shares of the cohort, times in seconds."""
        with speaking(SOURCE):
            about = self.words
        return {
            "about": about,
            **vars(self.shares),
            "later_than": dict(self.later_than),
            "latency_s": _times(self.stored),
            "latency_read_s": _times(self.read),
        }


@dataclass(frozen=True, repr=False)
class Summary:
    """What a run came to.

    ``figures`` holds the default cohort first: mail sent while a fault was active (where there was any), then all mail.
    ``notices`` and ``failed_logins`` are None below level ``events``.
    """

    scenario: str
    digest: str
    seed: int
    version: str
    level: str
    end_us: int
    end_reason: str
    trace_hash: str
    figures: tuple[CohortFigures, ...]
    conservation: Conservation
    queues: tuple[QueuePeak, ...]
    notices: int | None
    failed_logins: int | None
    notes: tuple[str, ...]
    #: mail stored where its reader doesn't look; None where it is not known who reads where
    unseen: Unseen | None = None

    def as_dict(self) -> dict[str, object]:
        """The object that ``mailsim run --json`` prints; counts are deliveries of ordinary mail, times are in seconds.

        ``latency_s`` is the time to the mailbox of all mail sent: a quantile is null where that share never arrived.
        """
        mail, every, chosen = self.conservation.mail, self.figures[-1], self.figures[0]
        return {
            "scenario": self.scenario,
            "seed": self.seed,
            "sent": mail.sent,
            "delivered": mail.stored,
            "bounced": mail.bounced,
            "rejected": mail.rejected,
            "queued": mail.queued,
            "discarded": mail.discarded,
            "lost": mail.lost,
            "unknown": mail.unknown,
            "fetched": mail.fetched,
            "unseen": None if self.unseen is None else self.unseen.as_dict(),
            "reports": vars(self.conservation.reports).copy(),
            "latency_s": _times(every.stored),
            "latency_read_s": _times(every.read),
            "cohort": chosen.key,
            "later_than": dict(chosen.later_than),
            "bounced_share": chosen.shares.bounced,
            "censored_share": chosen.shares.censored,
            "cohorts": {one.key: one.as_dict() for one in self.figures},
            "queues": [_queue(peak) for peak in self.queues],
            "delay_notices": self.notices,
            "failed_logins": self.failed_logins,
            "level": self.level,
            "end_s": self.end_us / 1e6,
            "end_reason": self.end_reason,
            "notes": list(self.notes),
            "conservation": self.conservation.as_dict(),
            "version": self.version,
            "digest": self.digest,
            "trace_hash": self.trace_hash,
        }

    def rows(self) -> list[tuple[str, ...]]:
        """The headline table as texts: a heading row, then one row per figure with a cell per cohort."""
        table: list[tuple[str, ...]] = [("", *(one.words for one in self.figures))]

        def add(title: str, cells: Iterable[str]) -> None:
            table.append((title, *cells))

        add(say("summary.deliveries"), (str(one.shares.total) for one in self.figures))
        add(say("summary.in_mailbox"), (percent(one.shares.delivered) for one in self.figures))
        for text in LATER_THAN_US:
            add(say("summary.not_there", after=text), (percent(one.later_than[text], unknown=_untold(one)) for one in self.figures))
        add(say("summary.returned"), (percent(one.shares.bounced) for one in self.figures))
        for word in ("rejected", "lost", "discarded"):
            found = [getattr(one.shares, word) for one in self.figures]
            if any(found):
                add(say(f"summary.{word}"), (percent(share) for share in found))
        add(say("summary.under_way"), (percent(one.shares.censored) for one in self.figures))
        if any(one.shares.unknown for one in self.figures):
            add(say("summary.unknown"), (percent(one.shares.unknown) for one in self.figures))
        for what, curves in (("stored", [one.stored for one in self.figures]), ("read", [one.read for one in self.figures])):
            if any(curve.max_us is not None for curve in curves):
                add(say(f"summary.half_{what}"), (_said(curve, 0.5, _untold(one)) for curve, one in zip(curves, self.figures, strict=True)))
                add(
                    say(f"summary.most_{what}"), (_said(curve, 0.95, _untold(one)) for curve, one in zip(curves, self.figures, strict=True))
                )
                add(say(f"summary.slowest_{what}"), ("–" if curve.max_us is None else numeral(clock(curve.max_us)) for curve in curves))
        return table

    def sentences(self) -> list[str]:
        """What the table has no room for: queue, reports, failed logins, how the run ended, notes."""
        lines = []
        if self.queues and self.queues[0].peak > 1:
            lines.append(_filled(self.queues))
        if self.conservation.reports.sent:
            lines.append(say("summary.reports", sent=self.conservation.reports.sent, arrived=self.conservation.reports.stored))
        if self.notices:
            lines.append(say("summary.notices", number=self.notices))
        if self.unseen is not None and self.unseen.count:
            lines.append(self.unseen.sentence())
        if self.failed_logins:
            lines.append(say("summary.failed_logins", number=self.failed_logins))
        lines.append(say(f"summary.ended_{self.end_reason}", after=numeral(clock(self.end_us))))
        return [*lines, *self.notes]

    @property
    def replay(self) -> str:
        """One line from which the run can be repeated."""
        return f"mailsim {self.version} · {self.scenario} · digest {self.digest[:8]} · seed {self.seed} · trace {self.trace_hash[:12]}"

    def __repr__(self) -> str:
        table = self.rows()
        widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
        lines = ["  ".join((row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)))) for row in table]
        check = say("summary.conservation", equation=repr(self.conservation))
        return "\n".join(printable(line.rstrip()) for line in [*lines, "", *self.sentences(), check, self.replay])

    def html(self) -> Markup:
        """Table and sentences as HTML, every text escaped."""
        check = ("✓ " if self.conservation.ok else "✗ ") + say("summary.conservation", equation=repr(self.conservation))
        return joined((cell_table(self.rows()), details(say("summary.more"), lines([*self.sentences(), check]))))

    def card(self, *more: Markup) -> Markup:
        """The headline as a notebook shows it, with ``more`` below it."""
        return card([self.html(), *more], kind=say("summary.kind"), name=self.scenario, foot=self.replay)

    def _repr_html_(self) -> str:
        return str(self.card())


def percent(share: float | None, *, unknown: str = "–") -> str:
    """A share for people: ``0 %``, ``under 0.1 %``, ``12.3 %``, ``over 99.9 %``, ``100 %``."""
    if share is None:
        return unknown
    if 0 < share < 0.001:
        return say("calendar.under", figure=numeral("0.1 %"))
    if 0.999 < share < 1:
        return say("calendar.over", figure=numeral("99.9 %"))
    return numeral(f"{share * 100:.1f}".removesuffix(".0") + " %")


def summarise(log: EventLog, *, scenario: str, digest: str, seed: int, version: str, unseen: Unseen | None = None) -> Summary:
    """The summary of a log; at level ``messages`` without what only event rows know (queues, notices, logins)."""
    rich = log.level == "events"
    kinds = np.bincount(view(log.events, "kind").astype(np.int64), minlength=max(Event) + 1) if rich else None
    return Summary(
        scenario=scenario,
        digest=digest,
        seed=seed,
        version=version,
        level=log.level,
        end_us=log.end_us,
        end_reason=log.end_reason,
        trace_hash=log.trace_hash(),
        figures=tuple(_figures(log, one.key, one.mask) for one in cohorts(log)),
        conservation=conservation(log),
        queues=tuple(queue_peaks(log)) if rich else (),
        notices=_notices(log) if kinds is not None else None,
        failed_logins=int(kinds[Event.LOGIN_FAILED]) if kinds is not None else None,
        notes=tuple(log.notes),
        unseen=unseen,
    )


def _figures(log: EventLog, key: str, mask: Mask) -> CohortFigures:
    stored = arrival_curve(log, mask)
    later = {text: None if (there := stored.share_within(us)) is None else round(1 - there, 12) for text, us in LATER_THAN_US.items()}
    return CohortFigures(key, shares(log, mask), later, stored, arrival_curve(log, mask, to="read"))


def _times(curve: ArrivalCurve) -> dict[str, float | None]:
    found = {"p50": curve.quantile_us(0.5), "p95": curve.quantile_us(0.95), "max": curve.max_us}
    return {name: None if us is None else us / 1e6 for name, us in found.items()}


def _untold(one: CohortFigures) -> str:
    """Why a figure of a cohort is not known."""
    return say("summary.untold_unknown" if one.shares.unknown else "summary.untold_short")


def _said(curve: ArrivalCurve, p: float, untold: str) -> str:
    found = curve.quantile_us(p)
    if found is not None:
        return numeral(clock(found))
    return say("summary.never") if (curve.total and curve.never / curve.total > 1 - p) or not curve.censored else untold


def _queue(peak: QueuePeak) -> dict[str, object]:
    return {
        "node": peak.node or "all",
        "peak": peak.peak,
        "peak_octets": peak.peak_octets,
        "peak_s": peak.peak_us / 1e6,
        "usual": peak.level,
        "drained_s": None if peak.drained_us is None else peak.drained_us / 1e6,
    }


def _filled(peaks: tuple[QueuePeak, ...]) -> str:
    total = peaks[0]
    most = max(peaks[1:], key=lambda peak: peak.peak, default=total)
    facts = {"peak": total.peak, "at": numeral(clock(total.peak_us)), "fullest": most.node, "most": most.peak}
    if total.drained_us is None:
        return say("summary.queues", **facts)
    return say("summary.queues_drained", **facts, drained=numeral(clock(total.drained_us)))


def _notices(log: EventLog) -> int:
    """Reports that mail is late, one for all recipients that wait together."""
    return len(np.unique(view(log.events, "value")[view(log.events, "kind") == Event.DELAY_NOTICED]))
