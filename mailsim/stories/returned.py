"""The report that the sender of a message got, put together from what the log says about its return."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import format_datetime

from mailsim.events import Event
from mailsim.rules.dsn import Action, RecipientReport, Report, status_for
from mailsim.rules.reasons import Why
from mailsim.stories.cast import Cast
from mailsim.stories.record import Delivery, Row
from mailsim.stories.sentences import printable
from mailsim.units import Instant, calendar

__all__ = ["report_of"]


def report_of(cast: Cast, rows: Sequence[Row], deliveries: Sequence[Delivery], starts: Instant) -> Report | None:
    """The last report about the message: its return, else a notice that it is late; None if there was none."""
    made = [row for row in rows if row.kind == Event.BOUNCED and row.value >= 0]
    action: Action = "failed"
    if not made:
        made, action = [row for row in rows if row.kind == Event.DELAY_NOTICED and row.value >= 0], "delayed"
    if not made:
        return None
    made = [row for row in made if row.value == made[-1].value]
    last, first = made[-1], deliveries[0]
    taken = [row for row in rows if row.kind == Event.ACCEPTED and row.node == last.node and row.t_us <= last.t_us]
    arrived_us = taken[0].t_us if taken else first.sent_us
    figures = cast.figures(last.node, first.flavour)
    recipients = [
        _recipient(cast, rows, row, rcpt, starts, action, arrived_us + figures.queue_lifetime, figures.status_expired)
        for row in made
        for rcpt in ((row.rcpt,) if row.rcpt else tuple(one.rcpt for one in deliveries))
    ]
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


def _recipient(
    cast: Cast, rows: Sequence[Row], row: Row, rcpt: str, starts: Instant, action: Action, until_us: int, expired: str | None
) -> RecipientReport:
    """What the report says of one recipient: the last contact of the reporting node decides."""
    tried = [one for one in rows if one.kind == Event.TRIED and one.node == row.node and one.t_us <= row.t_us]
    ended = next((one for one in rows if one.kind == Event.EXPIRED and one.node == row.node and one.rcpt == row.rcpt), None)
    replied = tried[-1] if tried and tried[-1].code > 0 else None
    why = ended.why if ended is not None and ended.why else row.why
    status = status_for(row.code, row.reply, why)
    if expired is not None and row.why == Why.LIFETIME_OVER:
        status = expired
    return RecipientReport(
        final=rcpt,
        original=rcpt,
        action=action,
        status=status,
        remote_mta=cast.host(replied.peer) if replied is not None else None,
        diagnostic=printable(replied.reply).strip() if replied is not None else None,
        last_attempt=calendar(starts, tried[-1].t_us) if tried else None,
        will_retry_until=calendar(starts, until_us) if action == "delayed" else None,
        why=row.why,
    )
