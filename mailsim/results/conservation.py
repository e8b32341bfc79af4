"""Nothing vanishes: each delivery is in exactly one state, the states add up, and each state fits its instants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mailsim.events import Event, EventLog, State
from mailsim.language import say
from mailsim.results.columns import view
from mailsim.results.metrics import ordinary

__all__ = ["Conservation", "Counts", "conservation"]


@dataclass(frozen=True)
class Counts:
    """Deliveries by what became of them; ``sent`` is the sum of all but ``fetched``, which is part of ``stored``."""

    sent: int
    stored: int
    bounced: int
    rejected: int
    queued: int
    discarded: int
    lost: int
    fetched: int
    unknown: int = 0

    def adds_up(self) -> bool:
        """``sent = stored + bounced + rejected + queued + discarded + lost + unknown``."""
        return self.sent == self.stored + self.bounced + self.rejected + self.queued + self.discarded + self.lost + self.unknown


@dataclass(frozen=True)
class Conservation:
    """The result of the check.

    Attributes
    ----------
    ok : bool
        No problem was found.
    mail, reports : Counts
        Ordinary mail, and the reports that it caused.
    problems : tuple of str
        One sentence for each rule that is broken, with the first messages that break it.
    """

    ok: bool
    mail: Counts
    reports: Counts
    problems: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Plain values, ready for JSON."""
        return {"ok": self.ok, "problems": list(self.problems), "mail": vars(self.mail).copy(), "reports": vars(self.reports).copy()}

    def __repr__(self) -> str:
        counts = vars(self.mail)
        told = ["stored", "bounced", "rejected", "queued", *(name for name in ("discarded", "lost", "unknown") if counts[name])]
        parts = " + ".join(say(f"conservation.{name}", number=counts[name]) for name in told)
        equation = f"{say('conservation.sent', number=self.mail.sent)} = {parts}"
        return equation if self.ok else say("conservation.broken", equation=equation, problems="; ".join(self.problems))


def conservation(log: EventLog) -> Conservation:
    """Check the message table (and, at level ``events``, the rows against it)."""
    mail = ordinary(log)
    reports = (view(log.messages, "parent") >= 0) & (view(log.messages, "state") != State.UNSENT)
    counts, of_reports = _counts(log, mail), _counts(log, reports)
    problems = _broken(log)
    for one, what in ((counts, "mail"), (of_reports, "reports")):
        if not one.adds_up():
            problems.append(f"the states of the {what} do not add up to what was sent")
    return Conservation(not problems, counts, of_reports, tuple(problems))


def _counts(log: EventLog, mask: npt.NDArray[np.bool_]) -> Counts:
    state = view(log.messages, "state")[mask]

    def count(*states: State) -> int:
        return int(np.isin(state, states).sum())

    return Counts(
        sent=len(state),
        stored=count(State.STORED),
        bounced=count(State.BOUNCED),
        rejected=count(State.REJECTED),
        queued=count(State.SUBMITTING, State.QUEUED),
        discarded=count(State.DISCARDED),
        lost=count(State.LOST),
        unknown=count(State.UNKNOWN),
        fetched=int(((state == State.STORED) & (view(log.messages, "fetched_us")[mask] >= 0)).sum()),
    )


def _broken(log: EventLog) -> list[str]:
    """Sentences for the rules that the message table breaks."""
    state, copies, parent = (view(log.messages, name) for name in ("state", "copies", "parent"))
    at = {name: view(log.messages, f"{name}_us") for name in ("sent", "accepted", "relayed", "stored", "fetched", "ended")}
    over = np.isin(state, (State.BOUNCED, State.REJECTED, State.DISCARDED, State.LOST, State.UNKNOWN))
    open_ = np.isin(state, (State.SUBMITTING, State.QUEUED))
    sent = state != State.UNSENT
    rules: list[tuple[str, npt.NDArray[np.bool_]]] = [
        ("is in no known state", ~np.isin(state, list(State))),
        ("was sent at or after the end of the run", sent & ((at["sent"] < 0) | (at["sent"] >= log.end_us))),
        ("is unsent though its instant lies before the end", ~sent & (at["sent"] >= 0) & (at["sent"] < log.end_us)),
        ("is stored without an instant or a copy", (state == State.STORED) & ((at["stored"] < 0) | (copies < 1))),
        ("is said to be under way but has an end", open_ & ((at["ended"] >= 0) | (at["stored"] >= 0))),
        ("has ended without an instant", over & (at["ended"] < 0)),
        ("was rejected after it had been accepted", (state == State.REJECTED) & (at["accepted"] >= 0)),
        ("is queued though no server accepted it", (state == State.QUEUED) & (at["accepted"] < 0)),
        ("is a report that caused a report", (parent >= 0) & (state == State.BOUNCED)),
        ("is at the reader but in no mailbox", (at["fetched"] >= 0) & (at["stored"] < 0)),
    ]
    for earlier, later in (("sent", "accepted"), ("accepted", "relayed"), ("accepted", "stored"), ("stored", "fetched"), ("sent", "ended")):
        rules.append((f"was {later} before it was {earlier}", (at[earlier] >= 0) & (at[later] >= 0) & (at[later] < at[earlier])))
    for name, instant in at.items():
        if name != "sent":
            rules.append((f"was {name} at or after the end of the run", instant >= log.end_us))
    problems = [_sentence(log, what, np.flatnonzero(broken)) for what, broken in rules if broken.any()]
    return problems + (_uncovered(log) if log.level == "events" else [])


def _uncovered(log: EventLog) -> list[str]:
    """Sentences for final states that no event row supports."""
    kind, message = view(log.events, "kind"), view(log.events, "message")
    number, state = view(log.messages, "message"), view(log.messages, "state")
    problems = []
    for final in (State.STORED, State.BOUNCED, State.REJECTED, State.DISCARDED, State.LOST, State.UNKNOWN):
        event = Event[final.name]
        bare = (state == final) & ~np.isin(number, message[kind == event])
        if bare.any():
            problems.append(_sentence(log, f"is {final.name.lower()} but no event says so", np.flatnonzero(bare)))
    return problems


def _sentence(log: EventLog, what: str, rows: npt.NDArray[np.intp]) -> str:
    some = ", ".join(str(number) for number in view(log.messages, "message")[rows[:3]].tolist())
    return f"message {some}{' ...' if len(rows) > 3 else ''} {what}"
