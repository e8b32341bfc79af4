"""The reports that a run made, each put together from what the log says about its subject: RFC 3464 with every field filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from email.utils import format_datetime
from typing import TYPE_CHECKING, NamedTuple

from mailsim.errors import UnknownNameError
from mailsim.events import Event, EventLog
from mailsim.language import printable
from mailsim.rules.dsn import NOTHING_ASKED, RecipientReport, Report, Request, Wording, reported, success_status
from mailsim.rules.reasons import Why
from mailsim.stories.cast import Cast
from mailsim.stories.concerns import concerned
from mailsim.stories.record import Delivery, Row, children, deliveries_of, rows_of
from mailsim.units import Instant, calendar

if TYPE_CHECKING:
    from mailsim.scenario.scenario import Scenario

__all__ = ["Subject", "last_report", "report_numbered", "subject_of"]

_MADE = (Event.BOUNCED, Event.DELAY_NOTICED)
#: reasons of the SENT row of a report that says of whom it is in its text: ``delivered|bob@example.com eve@example.com``
_SUCCESSES = (Why.REPORTED_DELIVERED, Why.REPORTED_RELAYED)


class Subject(NamedTuple):
    """A message that reports are about: its rows and deliveries, the SENT rows of the reports, and what was asked."""

    cast: Cast
    starts: Instant
    rows: Sequence[Row]
    deliveries: Sequence[Delivery]
    made: Sequence[Row]
    requests: tuple[Request, ...]

    @property
    def addresses(self) -> list[str]:
        """Its recipients."""
        return [one.rcpt for one in self.deliveries]

    def heard(self, node: str, rcpt: str) -> Request:
        """What ``node`` knows of what was asked for a recipient: DSN was announced by everybody on the way (RFC 3461)."""
        before, seen = node, set()
        while before and before not in seen and not self.cast.is_client(before):
            seen.add(before)
            if not self.cast.figures(before, self.deliveries[0].flavour).dsn:
                return NOTHING_ASKED
            before = next((row.peer for row in self.rows if row.kind == Event.ACCEPTED and row.node == before), "")
        return self.requests[self.addresses.index(rcpt)]


def subject_of(log: EventLog, scenario: Scenario | None, number: int, starts: Instant) -> Subject:
    """A message as the subject of reports.

    Raises
    ------
    UnknownNameError
        There is no such message.
    UnsupportedError
        The log was recorded below level ``events``.
    """
    rows, deliveries = rows_of(log, number), deliveries_of(log, number)
    made = [row for child in children(log, number) for row in rows_of(log, child) if row.kind == Event.SENT]
    line = scenario.traffic[log.lines[number]] if scenario is not None and number < len(log.lines) else None
    requests = tuple(NOTHING_ASKED if line is None else line.request(one.rcpt) for one in deliveries)
    return Subject(Cast(scenario), starts, rows, deliveries, made, requests)


def report_numbered(log: EventLog, scenario: Scenario | None, number: int, starts: Instant) -> Report:
    """What message ``number`` reports.

    Raises
    ------
    UnknownNameError
        There is no such message, or it is no report; says which are.
    UnsupportedError
        The log was recorded below level ``events``.
    """
    deliveries_of(log, number)
    table = log.messages
    parent = next(parent for one, parent in zip(table["message"], table["parent"], strict=True) if one == number)
    if parent < 0:
        known = sorted({one for one, about in zip(table["message"], table["parent"], strict=True) if about >= 0})
        raise UnknownNameError("report", number, [str(one) for one in known])
    subject = subject_of(log, scenario, parent, starts)
    (sent,) = (row for row in rows_of(log, number) if row.kind == Event.SENT)
    return _report(subject, number, sent)


def last_report(subject: Subject) -> Report | None:
    """The last report about a message: its return, else of success, else a notice that it is late; None if there was none."""
    failed = [row.value for row in subject.rows if row.kind == Event.BOUNCED and row.value >= 0]
    late = [row.value for row in subject.rows if row.kind == Event.DELAY_NOTICED and row.value >= 0]
    if failed:
        return _failure(subject, failed[-1])
    told = [row for row in subject.made if row.why in _SUCCESSES]
    if told:
        return _success(subject, told[-1])
    return _failure(subject, late[-1]) if late else None


def _report(subject: Subject, number: int, sent: Row) -> Report:
    if sent.why in _SUCCESSES:
        return _success(subject, sent)
    if sent.why == Why.DOUBLE_BOUNCE:
        return _double_bounce(subject, sent)
    return _failure(subject, number)


def _failure(subject: Subject, number: int) -> Report:
    """A return or a notice of delay."""
    rows, cast, addresses = subject.rows, subject.cast, subject.addresses
    made = [row for row in rows if row.kind in _MADE and row.value == number]
    last = made[-1]
    figures = cast.figures(last.node, subject.deliveries[0].flavour)
    recipients = [_recipient(subject, row, rcpt, wording=figures) for row in made for rcpt in concerned(cast, rows, row, addresses)]
    report = _framed(subject, last, recipients)
    if last.kind == Event.DELAY_NOTICED:
        until = report.arrival + (calendar(subject.starts, figures.queue_lifetime) - calendar(subject.starts, 0))
        return replace(report, recipients=tuple(replace(one, will_retry_until=until) for one in report.recipients))
    if subject.heard(last.node, recipients[0].final).return_content == "full":
        size = subject.deliveries[0].size
        return replace(report, returned_octets=size if figures.return_limit is None else min(size, figures.return_limit))
    return report


def _success(subject: Subject, sent: Row) -> Report:
    """What was delivered, or passed on to who makes no such reports."""
    action, _, text = sent.extra.partition("|")
    recipients = []
    for rcpt in text.split(" "):
        tried = [row for row in _about(subject, rcpt, (Event.TRIED,)) if row.node == sent.node and row.t_us <= sent.t_us]
        last = tried[-1] if tried and tried[-1].code == 250 else None
        recipients.append(
            RecipientReport(
                final=rcpt,
                original=subject.heard(sent.node, rcpt).original or rcpt,
                action="delivered" if action == "delivered" else "relayed",
                status=success_status(last.reply if last is not None else ""),
                remote_mta=subject.cast.host(last.peer) if last is not None else None,
                diagnostic=printable(last.reply).strip() if last is not None else None,
                last_attempt=calendar(subject.starts, last.t_us if last is not None else sent.t_us),
                why=sent.why,
                log_id=_log_id(subject),
            )
        )
    return _framed(subject, sent, recipients)


def _double_bounce(subject: Subject, sent: Row) -> Report:
    """A report that could not be delivered, told to the postmaster."""
    ended = [row for row in subject.rows if row.kind == Event.DISCARDED and (row.node, row.t_us) == (sent.node, sent.t_us)]
    wording = subject.cast.figures(sent.node, subject.deliveries[0].flavour)
    recipients = [_recipient(subject, row._replace(why=Why(row.value)), row.rcpt, wording=wording) for row in ended]
    return _framed(subject, sent, recipients)


def _framed(subject: Subject, made: Row, recipients: Sequence[RecipientReport]) -> Report:
    """A report with the fields of the message."""
    cast, starts, first = subject.cast, subject.starts, subject.deliveries[0]
    taken = [row for row in subject.rows if row.kind == Event.ACCEPTED and row.node == made.node and row.t_us <= made.t_us]
    origin, giver = cast.host(first.origin), taken[0].peer if taken else ""
    postmaster = cast.figures(made.node, first.flavour).postmaster or f"postmaster@{cast.host(made.node)}"
    return Report(
        reporting_mta=cast.host(made.node),
        sender=first.sender or postmaster,
        arrival=calendar(starts, taken[0].t_us if taken else first.sent_us),
        made=calendar(starts, made.t_us),
        recipients=tuple(recipients),
        received_from=cast.host(giver) if giver and giver != made.node else None,
        headers=(
            ("From", first.sender or f"MAILER-DAEMON@{origin}"),
            ("To", ", ".join(subject.addresses)),
            ("Date", format_datetime(calendar(starts, first.sent_us))),
            ("Message-ID", f"<{first.number}@{origin}>"),
        ),
        envelope_id=subject.heard(made.node, recipients[0].final).envelope_id,
    )


def _about(subject: Subject, rcpt: str, kinds: tuple[Event, ...]) -> list[Row]:
    """The rows of these kinds that concern a recipient."""
    cast, rows, addresses = subject.cast, subject.rows, subject.addresses
    return [row for row in rows if row.kind in kinds and rcpt in concerned(cast, rows, row, addresses)]


def _recipient(subject: Subject, row: Row, rcpt: str, *, wording: Wording) -> RecipientReport:
    """What the report says of one recipient: the reporting node's last contact and the reason of the return decide."""
    kinds = (Event.TRIED, Event.ANSWERED, Event.EXPIRED)
    here = [one for one in _about(subject, rcpt, kinds) if one.node == row.node and one.t_us <= row.t_us]
    tried = [one for one in here if one.kind != Event.EXPIRED]
    ended = next((one for one in here if one.kind == Event.EXPIRED), None)
    delayed = row.kind == Event.DELAY_NOTICED
    code, reply = (tried[-1].code, tried[-1].reply) if delayed and tried and row.code < 0 else (row.code, row.reply)
    action, status = reported(code, reply, row.why, of=ended.why if ended is not None else Why.NONE, delayed=delayed, wording=wording)
    said = row if row.code > 0 or not tried else tried[-1]
    replied = bool(tried) and said.code >= 400 and bool(said.reply)
    return RecipientReport(
        final=rcpt,
        original=subject.heard(row.node, rcpt).original or rcpt,
        action=action,
        status=status,
        remote_mta=subject.cast.host(tried[-1].peer) if replied else None,
        diagnostic=printable(said.reply).strip() if replied else None,
        last_attempt=calendar(subject.starts, tried[-1].t_us) if tried else None,
        why=row.why,
        log_id=_log_id(subject),
    )


def _log_id(subject: Subject) -> str:
    """What the message is called in the tables of the run."""
    return f"message {subject.deliveries[0].number}"
