"""The report that the sender of a message got, put together from what the log says about its return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from email.utils import format_datetime

from mailsim.events import Event
from mailsim.rules.dsn import RecipientReport, Report, Wording, reported
from mailsim.rules.reasons import Why
from mailsim.stories.cast import Cast
from mailsim.stories.concerns import concerned
from mailsim.stories.record import Delivery, Row
from mailsim.stories.sentences import printable
from mailsim.units import Instant, calendar

__all__ = ["report_of"]


def report_of(cast: Cast, rows: Sequence[Row], deliveries: Sequence[Delivery], starts: Instant) -> Report | None:
    """The last report about the message: its return, else a notice that it is late; None if there was none."""
    made = [row for row in rows if row.kind == Event.BOUNCED and row.value >= 0]
    action = "failed"
    if not made:
        made, action = [row for row in rows if row.kind == Event.DELAY_NOTICED and row.value >= 0], "delayed"
    if not made:
        return None
    made = [row for row in made if row.value == made[-1].value]
    last, first = made[-1], deliveries[0]
    taken = [row for row in rows if row.kind == Event.ACCEPTED and row.node == last.node and row.t_us <= last.t_us]
    arrived_us = taken[0].t_us if taken else first.sent_us
    figures = cast.figures(last.node, first.flavour)
    addresses = [one.rcpt for one in deliveries]
    recipients = [
        _recipient(cast, _about(cast, rows, rcpt, addresses), row, rcpt, starts=starts, wording=figures)
        for row in made
        for rcpt in concerned(cast, rows, row, addresses)
    ]
    if action == "delayed":
        until = calendar(starts, arrived_us + figures.queue_lifetime)
        recipients = [replace(one, will_retry_until=until) for one in recipients]
    origin = cast.host(first.origin)
    return Report(
        reporting_mta=cast.host(last.node),
        sender=first.sender,
        arrival=calendar(starts, arrived_us),
        made=calendar(starts, last.t_us),
        recipients=tuple(recipients),
        received_from=cast.host(taken[0].peer) if taken and taken[0].peer and taken[0].peer != last.node else None,
        headers=(
            ("From", first.sender),
            ("To", ", ".join(one.rcpt for one in deliveries)),
            ("Date", format_datetime(calendar(starts, first.sent_us))),
            ("Message-ID", f"<{first.number}@{origin}>"),
        ),
    )


def _about(cast: Cast, rows: Sequence[Row], rcpt: str, addresses: Sequence[str]) -> list[Row]:
    """The contacts and expiries that concern a recipient."""
    kinds = (Event.TRIED, Event.EXPIRED)
    return [row for row in rows if row.kind in kinds and rcpt in concerned(cast, rows, row, addresses)]


def _recipient(cast: Cast, about: Sequence[Row], row: Row, rcpt: str, *, starts: Instant, wording: Wording) -> RecipientReport:
    """What the report says of one recipient: the reporting node's last contact and the reason of the return decide."""
    here = [one for one in about if one.node == row.node and one.t_us <= row.t_us]
    tried = [one for one in here if one.kind == Event.TRIED]
    ended = next((one for one in here if one.kind == Event.EXPIRED), None)
    delayed = row.kind == Event.DELAY_NOTICED
    action, status = reported(
        row.code, row.reply, row.why, of=ended.why if ended is not None else Why.NONE, delayed=delayed, wording=wording
    )
    said = row if row.code > 0 or not tried else tried[-1]
    replied = bool(tried) and said.code >= 400 and bool(said.reply)
    return RecipientReport(
        final=rcpt,
        original=rcpt,
        action=action,
        status=status,
        remote_mta=cast.host(tried[-1].peer) if replied else None,
        diagnostic=printable(said.reply).strip() if replied else None,
        last_attempt=calendar(starts, tried[-1].t_us) if tried else None,
        why=row.why,
    )
