"""From event rows to steps: what each row says in words, with the dialogue that belongs to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from mailsim.events import Event, State
from mailsim.language import say
from mailsim.rules.reasons import Why
from mailsim.rules.receive import policy_reason
from mailsim.rules.smtp import Reply
from mailsim.stories.cast import Cast
from mailsim.stories.concerns import concerned, mx_answer, mx_records
from mailsim.stories.dialogue import RECORD_TYPES, Line, dialogue, lookup_lines, size_text
from mailsim.stories.record import Delivery, Row
from mailsim.stories.sentences import exact, reason_name, rough
from mailsim.stories.story import Step
from mailsim.units import Instant, calendar

__all__ = ["Teller", "contact_failed"]

_SRV = 33
_SRV_RECORD = re.compile(r"(?:^|[;,] )\d+ \d+ \d+ [^\s,;]+")


def contact_failed(rows: Sequence[Row]) -> Row | None:
    """The first contact of the first relaying node, if it failed and another host then took the message in the same attempt."""
    submitted = next((row.node for row in rows if row.kind == Event.ACCEPTED), None)
    tried = [row for row in rows if row.kind == Event.TRIED and row.node == submitted]
    for first, row in pairwise(tried):
        if first.attempt == row.attempt and first.why != Why.OK and row.peer != first.peer:
            return first
    return None


class Teller:
    """Tells the rows of one message.

    Parameters
    ----------
    cast : Cast
        Who is who.
    deliveries : sequence of Delivery
        The message's deliveries.
    rows : sequence of Row
        Its event rows in order of time.
    starts : Instant
        The scenario's start on the calendar.

    Notes
    -----
    It speaks the language that is spoken when a row is told.
    """

    def __init__(self, cast: Cast, deliveries: Sequence[Delivery], rows: Sequence[Row], *, starts: Instant) -> None:
        self.cast = cast
        self.deliveries = deliveries
        self.rows = rows
        self._starts = starts
        self._told = {
            Event.SENT: self._sent,
            Event.LOOKED_UP: self._looked_up,
            Event.SUBMITTED: self._submitted,
            Event.REJECTED: self._rejected,
            Event.ACCEPTED: self._accepted,
            Event.ACTIVATED: self._activated,
            Event.TRIED: self._tried,
            Event.DELIVERED: self._delivered,
            Event.DEFERRED: self._deferred,
            Event.DELAY_NOTICED: self._noticed,
            Event.EXPIRED: self._expired,
            Event.BOUNCED: self._bounced,
            Event.DISCARDED: self._discarded,
            Event.STORED: self._stored,
            Event.FETCHED: self._fetched,
            Event.LOGIN_FAILED: self._login_failed,
            Event.FETCH_FAILED: self._fetch_failed,
            Event.LOST: self._lost,
            Event.UNKNOWN: self._unknown,
        }

    def steps(self) -> Iterator[Step]:
        """All steps of the message, in order of time; choices follow the look-ups that they rest on."""
        if not any(row.kind == Event.SENT for row in self.rows):
            yield self._unrecorded_sending()
        for k, row in enumerate(self.rows):
            if row.kind == Event.TRIED:
                choice = self._choice(k)
                if choice is not None:
                    yield choice
            step = self.step(row)
            if step is not None:
                yield step

    def step(self, row: Row) -> Step | None:
        """The step that a row is, or None where another step says it already."""
        teller = self._told.get(row.kind)
        return teller(row) if teller is not None else None

    # -- what they have in common

    def _say(self, key: str, **facts: object) -> str:
        return say(f"stories.{key}", **facts)

    def _step(self, row: Row, chapter: str, text: str, **more: Any) -> Step:
        facts: dict[str, Any] = {
            "peer": self.cast.node(row.peer) if row.peer else "",
            "why": row.why,
            "code": row.code,
            "stage": row.stage,
            "reply": row.reply,
        }
        return Step(
            chapter=chapter,
            event=row.kind,
            t_us=row.t_us,
            since_sent_us=row.t_us - self.deliveries[0].sent_us,
            when=calendar(self._starts, row.t_us),
            who=row.node,
            text=text,
            **{**facts, **more},
        )

    def _recipients(self, row: Row) -> tuple[str, ...]:
        return concerned(self.cast, self.rows, row, [one.rcpt for one in self.deliveries])

    def _spoken(self, row: Row) -> dict[str, Any]:
        """The session of a contact and what was said in it."""
        session = self.cast.session(
            row.node,
            row.peer,
            address=row.address,
            delivery=self.deliveries[0],
            rcpt_to=self._recipients(row),
            port=self._port(row),
        )
        if row.why == Why.OK:
            session = replace(session, refusals=self._refusals(row))
        lines = dialogue(session, row.stage, outcome=row.why, code=row.code, text=row.reply, cost_us=row.value)
        return {"session": session, "lines": lines}

    def _refusals(self, row: Row) -> tuple[tuple[str, str], ...]:
        """Recipients that a session was refused for while it was taken for others: returned or rejected at its end."""
        refused = (Event.BOUNCED, Event.DISCARDED, Event.REJECTED)
        end = row.t_us + max(row.value, 0)
        return tuple(
            (one.rcpt, one.reply)
            for one in self.rows
            if one.kind in refused and one.node == row.node and one.t_us == end and one.code >= 400 and one.rcpt
        )

    def _port(self, row: Row) -> int:
        """25 to relay, 24 to a mail store (LMTP), else the port that the client found or was told."""
        if self._is_local(row):
            return 24
        if not self._at_origin(row):
            return 25
        found = [one.peer for one in self.rows if one.kind == Event.LOOKED_UP and one.detail == _SRV and _SRV_RECORD.search(one.extra)]
        return self.cast.submission_port(row.node) or (465 if any(name.startswith("_submissions.") for name in found) else 587)

    def _is_local(self, row: Row) -> bool:
        return row.kind == Event.TRIED and self.cast.is_local(row.node, row.peer, self._recipients(row)[0])

    def _at_origin(self, row: Row) -> bool:
        first = self.deliveries[0]
        accepts = any(one.kind == Event.ACCEPTED and one.node == row.node for one in self.rows)
        return row.node == first.origin and first.parent < 0 and not accepts

    # -- sending

    def _unrecorded_sending(self) -> Step:
        first = self.deliveries[0]
        row = Row(-1, first.sent_us, "", Event.SENT, first.origin, "", -1, "", 0, -1, Why.NONE, first.parent, "")
        return self._sent(row)

    def _sent(self, row: Row) -> Step:
        first = self.deliveries[0]
        key = "sent_report" if first.parent >= 0 else "sent_on" if first.parent < -1 else "sent"
        rcpt, parent = ", ".join(one.rcpt for one in self.deliveries), first.parent if first.parent >= -1 else -2 - first.parent
        text = self._say(key, who=row.node, size=size_text(first.size), rcpt=rcpt, parent=parent)
        return self._step(row, "report" if first.parent >= 0 else "submit", text, peer="")

    def _looked_up(self, row: Row) -> Step:
        stored = any(one.kind == Event.STORED and one.t_us <= row.t_us for one in self.rows)
        chapter = "discover" if self._at_origin(row) and not stored else "fetch" if self.cast.is_client(row.node) else "resolve"
        rtype = RECORD_TYPES.get(row.detail, f"TYPE{row.detail}")
        return self._step(
            row,
            chapter,
            self._say("asked", who=row.node, name=row.peer, rtype=rtype),
            peer=self.cast.resolver(row.node),
            lines=lookup_lines(row.peer, row.detail, rcode=row.code, answer=row.extra),
            cost_us=row.value,
            stage="dns",
            reply=f"{row.peer} {rtype}",
        )

    def _submitted(self, row: Row) -> Step:
        peer = self.cast.server(row.peer)
        told = self._from_start(row._replace(why=Why.OK, address=""))
        text = self._say("submitted", who=row.node, peer=peer)
        return self._step(told, "submit", text, peer=peer, why=Why.NONE, cost_us=told.value, **self._spoken(told))

    def _rejected(self, row: Row) -> Step:
        key = "rejected" if self._at_origin(row) else "refused_in_session"
        told = self._from_start(row)
        said = self._spoken(told._replace(why=self._outcome(row))) if row.peer and row.stage else {}
        peer = self.cast.server(row.peer) if row.peer else ""
        text = self._say(key, who=row.node, peer=peer or row.node)
        return self._step(told, "submit", text, peer=peer, cost_us=told.value, **said)

    def _from_start(self, row: Row) -> Row:
        """The end of a submission as a contact: it began when the look-ups were done (or the user pressed send)."""
        before = [one for one in self.rows if one.place < row.place and one.node == row.node and one.kind in (Event.SENT, Event.LOOKED_UP)]
        began = max((one.t_us + max(one.value, 0) for one in before), default=row.t_us)
        return row._replace(t_us=min(began, row.t_us), value=max(row.t_us - began, 0))

    def _outcome(self, row: Row) -> Why:
        """What a refusal came to on the wire; the row's own reason may say more (wrong password)."""
        if row.code > 0:
            return Why.TEMPFAIL if row.code < 500 else Why.PERMFAIL
        return row.why

    def _took(self, row: Row) -> int:
        """A duration, where the row has one (an instant or number is none)."""
        return row.value if 0 < row.value <= row.t_us + row.value else -1

    # -- relaying

    def _accepted(self, row: Row) -> Step:
        peer = self.cast.node(row.peer) if row.peer else ""
        text = self._say("accepted_from" if peer and peer != row.node else "accepted", who=row.node, peer=peer)
        return self._step(row, "accept", text, why=Why.NONE, code=-1)

    def _activated(self, row: Row) -> Step:
        return self._step(row, "queue", self._say("activated", who=row.node))

    def _choice(self, k: int) -> Step | None:
        """The order of targets, told before the first contact of an attempt whose MX answer is recorded."""
        row = self.rows[k]
        asked = mx_answer(self.rows, row)
        if asked is None or any(one.kind == Event.TRIED and mx_answer(self.rows, one) is asked for one in self.rows[:k]):
            return None
        records = mx_records(asked)
        own = min((number for number, host in records if host == self.cast.host(row.node)), default=None)
        kept = [(number, host) for number, host in records if own is None or number < own]
        choice = self.cast.figures(row.node, self.deliveries[0].flavour).mx_choice
        if choice.startswith("worst"):
            kept.reverse()
        if choice == "sticky":
            kept = [(number, host) for number, host in kept if host == row.peer]
        elif choice.endswith("only"):
            kept = kept[:1]
        named = [self._say("with_preference", name=self.cast.server(host), preference=number) for number, host in kept]
        order = ", ".join(self._say("then" if n else "first", name=name) for n, name in enumerate(named or [row.peer]))
        key = "chosen_own_way" if choice != "best_first" else "chosen" if own is None else "chosen_itself"
        text = self._say(key, who=row.node, order=order, choice=self._say(f"choice_{choice}"))
        why = Why.IMPLICIT_MX if not records else Why.MX_ORDER if choice == "best_first" else Why.NONE
        then = Why.NONE if own is None else Why.MX_SELF
        told = row._replace(kind=Event.LOOKED_UP)
        return self._step(told, "choose", text, peer="", why=why, then=then, code=-1, stage="", reply=order)

    def _tried(self, row: Row) -> Step:
        peer = self.cast.server(row.peer, address=row.address, local=self._is_local(row))
        ok = row.why == Why.OK
        policy = policy_reason(Reply(row.code, "", row.reply), row.why) if row.code > 0 else row.why
        text = self._say("tried_ok" if ok else "tried_failed", who=row.node, peer=peer, outcome=reason_name(policy))
        following = next((one for one in self.rows if one.place > row.place and one.node == row.node and one.kind in _ENDS), None)
        return self._step(
            row,
            "submit" if self._at_origin(row) else "relay",
            text,
            peer=peer,
            **self._spoken(row),
            then=Why.NONE if ok or following is None else self._what_follows(row, following),
            cost_us=row.value,
            attempt=row.attempt,
            policy=policy if policy != row.why else Why.NONE,
        )

    def _what_follows(self, row: Row, following: Row) -> Why:
        """The rule that made the next step of the same node what it is, where that step leaves no doubt."""
        if following.kind == Event.TRIED:
            return Why.NEXT_TARGET if following.attempt == row.attempt else Why.NONE
        return Why.PERMANENT if following.kind == Event.BOUNCED and following.why == row.why == Why.PERMFAIL else Why.NONE

    def _delivered(self, row: Row) -> Step | None:
        if any(one.kind == Event.TRIED and one.node == row.node and one.why == Why.OK and one.t_us <= row.t_us for one in self.rows):
            return None
        return self._step(row, "relay", self._say("delivered", who=row.node, peer=self.cast.node(row.peer)), reply="")

    def _deferred(self, row: Row) -> Step:
        known = row.value > row.t_us
        text = self._say("deferred" if known else "deferred_unknown", who=row.node, wait=exact(max(row.value - row.t_us, 0)))
        then = Why.RETRY_LATER if row.why in _TEMPORARY else Why.NONE
        return self._step(row, "defer", text, then=then, attempt=row.attempt)

    # -- reporting

    def _noticed(self, row: Row) -> Step:
        return self._step(row, "report", self._say("noticed", who=row.node))

    def _expired(self, row: Row) -> Step:
        key = "expired" if row.why else "expired_silently"
        return self._step(row, "report", self._say(key, who=row.node, outcome=reason_name(row.why)), why=Why.LIFETIME_OVER)

    def _bounced(self, row: Row) -> Step:
        key = "bounced_silently" if row.value < 0 else "bounced" if len(self.deliveries) == 1 else "bounced_for"
        text = self._say(key, who=row.node, rcpt=row.rcpt)
        lines = (Line("<-", row.reply),) if row.reply else ()
        told = any(one.kind == Event.EXPIRED and (one.node, one.t_us) == (row.node, row.t_us) for one in self.rows)
        why = Why.NONE if told else row.why
        return self._step(row, "report", text, lines=lines, why=why, then=Why.REPORT_TO_SENDER if row.value >= 0 else Why.NULL_SENDER)

    def _discarded(self, row: Row) -> Step:
        key = "discarded_unasked" if row.why == Why.NOT_TO_BE_TOLD else "discarded"
        return self._step(row, "report", self._say(key, who=row.node), why=row.why if key == "discarded_unasked" else Why.NONE)

    def _lost(self, row: Row) -> Step:
        return self._step(row, "lost", self._say("lost", who=row.node))

    def _unknown(self, row: Row) -> Step:
        return self._step(row, "report", self._say("unknown", who=row.node), why=Why.SCHEDULE_UNKNOWN)

    def followed(self, report: Delivery, end_us: int) -> Step:
        """What became of a report about this message."""
        ended = max(report.stored_us, report.ended_us)
        text = self._say(
            "followed",
            number=report.number,
            rcpt=report.rcpt,
            state=self._say(f"state_{report.state.name.lower()}"),
            age=rough((ended if ended >= 0 else end_us) - report.sent_us),
        )
        kind = Event.STORED if report.state == State.STORED else Event.SENT
        at = ended if ended >= 0 else report.sent_us
        row = Row(-1, at, report.rcpt, kind, report.origin, "", -1, "", 0, -1, report.why, -1, "")
        return self._step(row, "report", text)

    # -- reading

    def _stored(self, row: Row) -> Step:
        copies = sum(one.kind == Event.STORED and one.rcpt == row.rcpt and one.place <= row.place for one in self.rows)
        rcpt = ", ".join(self._recipients(row))
        key = "stored_by_alias" if row.why == Why.EXPANDED else "stored" if copies < 2 else "stored_again"
        text = self._say(key, rcpt=rcpt, who=row.node, copies=copies)
        return self._step(row, "store", text, code=-1)

    def _fetched(self, row: Row) -> Step:
        return self._step(row, "fetch", self._say("fetched", who=row.node))

    def _login_failed(self, row: Row) -> Step | None:
        if any(one.kind == Event.REJECTED and one.node == row.node and one.t_us == row.t_us for one in self.rows):
            return None  # the rejection tells it with its dialogue
        lines = (Line("<-", row.reply),) if row.reply else ()
        text = self._say("login_failed", who=row.node, peer=self.cast.node(row.peer) if row.peer else "?")
        return self._step(row, "fetch", text, lines=lines, why=row.why or Why.AUTH_FAILED)

    def _fetch_failed(self, row: Row) -> Step:
        peer = self.cast.node(row.peer) if row.peer else "?"
        key = {Why.CONNECTION_LOST: "fetch_gone", Why.MAILDROP_LOCKED: "fetch_locked"}.get(Why(row.why), "fetch_failed")
        lines = (Line("<-", row.reply),) if row.reply else ()
        return self._step(row, "fetch", self._say(key, who=row.node, peer=peer), lines=lines, cost_us=self._took(row))

    def counted(self, step: Step, count: int) -> Step:
        """One step that stands for ``count`` failed polls, the last of which is ``step``."""
        text = self._say("fetch_failed_more", who=step.who, count=count)
        return replace(step, text=text, lines=(), stage="", reply=self._say("draw_same", count=count))


#: failures that keep a message in the queue
_TEMPORARY = frozenset(
    {Why.SILENT, Why.REFUSED, Why.UNREACHABLE, Why.NO_SERVICE, Why.CLOSED, Why.REPLY_TIMEOUT, Why.REPLY_LOST, Why.TEMPFAIL}
    | {Why.DNS_TIMEOUT, Why.DNS_SERVFAIL, Why.DNS_REFUSED}
    | {Why.STS_MISMATCH, Why.STS_UNTRUSTED, Why.DANE_LOOKUP, Why.DANE_FAILED}
)
#: what can follow a contact of the same node
_ENDS = frozenset({Event.TRIED, Event.DEFERRED, Event.BOUNCED, Event.EXPIRED, Event.REJECTED, Event.DISCARDED})
