"""How a contact is written down: a row for the session, and one for each recipient where there are several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mailsim.events import Event
from mailsim.rules.mx import Target
from mailsim.rules.reasons import Why
from mailsim.rules.receive import Refusal
from mailsim.rules.session import Contact
from mailsim.rules.smtp import Stage

if TYPE_CHECKING:
    from mailsim.nodes.attempt import Agent, Item

__all__ = ["answered_row", "tried_row"]


def answered_row(
    mta: Agent,
    item: Item,
    target: Target,
    result: Contact,
    start_us: int,
    left: Sequence[int],
    verdicts: Sequence[Refusal | None],
    *,
    attempt: int | None = None,
) -> None:
    """One row for each recipient of the session, where the message has several; ``attempt``: by default the item's last."""
    name, log = mta.log.name, mta.log
    host, address = name(target.host), name(target.address)
    for d, refusal in zip(left, verdicts or (None,) * len(left), strict=True):
        reply = result.reply if refusal is None else refusal.reply
        own = refusal is not None and (result.why in (Why.OK, refusal.why) or (result.stage == Stage.RCPT and None not in verdicts))
        why = refusal.why if refusal is not None and own else result.why
        stage = result.stage if refusal is None else refusal.stage
        text = name(f"{stage.name.lower()}|{reply if reply is not None else ''}")
        code = reply.code if reply is not None else -1
        row = (start_us, item.number, log.rcpt[d], Event.ANSWERED, mta.number, host, address, item.attempt if attempt is None else attempt)
        log.rows.extend((*row, code, why, result.end_us - start_us, text))


def tried_row(mta: Agent, item: Item, target: Target, result: Contact, start_us: int, *, attempt: int | None = None) -> None:
    """One row for the contact; ``attempt``: by default the item's last."""
    name = mta.log.name
    said = str(result.reply) if result.reply is not None else ""
    mta.log.rows.extend(
        (
            start_us,
            item.number,
            -1,
            Event.TRIED,
            mta.number,
            name(target.host),
            name(target.address),
            item.attempt if attempt is None else attempt,
            result.reply.code if result.reply is not None else -1,
            result.why,
            result.end_us - start_us,
            name(f"{result.stage.name.lower()}|{said}"),
        )
    )
