"""Which recipients a contact is about: the log keeps a contact once for all recipients that it carried.

An MTA splits a message by domain, so a contact concerns the recipients of the domain whose MX answer names the host
that was tried; local delivery concerns those of the MTA's own domains.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailsim.events import Event
from mailsim.rules.dns.records import Rcode
from mailsim.stories.cast import Cast
from mailsim.stories.record import Row

__all__ = ["concerned", "mx_answer", "mx_records"]

_MX = 15
_MX_RECORD = re.compile(r"(?:^|[;,] )(\d+) ([^\s,;]+)")


def mx_records(row: Row) -> list[tuple[int, str]]:
    """The MX records of a look-up's answer text, sorted by preference."""
    return sorted(((int(number), host) for number, host in _MX_RECORD.findall(row.extra)), key=lambda record: record[0])


def mx_answer(rows: Sequence[Row], row: Row) -> Row | None:
    """The MX look-up that led to a contact: the latest before it that names its host, else the only one there is."""
    asked = [
        one
        for one in rows
        if one.place < row.place and one.kind == Event.LOOKED_UP and one.detail == _MX and one.code == Rcode.NOERROR
        if (one.node, one.attempt) == (row.node, row.attempt)
    ]
    naming = [one for one in asked if row.peer in {host for _, host in mx_records(one)} or (not mx_records(one) and one.peer == row.peer)]
    if naming:
        return naming[-1]
    return asked[0] if len(asked) == 1 and mx_records(asked[0]) else None


def concerned(cast: Cast, rows: Sequence[Row], row: Row, recipients: Sequence[str]) -> tuple[str, ...]:
    """The recipients that a row is about, in the order of ``recipients``; all of them where nothing tells."""
    if row.rcpt:
        return (row.rcpt,)
    if len(recipients) > 1 and row.kind == Event.TRIED:
        local = [rcpt for rcpt in recipients if cast.is_local(row.node, row.peer, rcpt)]
        asked = mx_answer(rows, row)
        found = local or [rcpt for rcpt in recipients if asked is not None and rcpt.rpartition("@")[2].lower() == asked.peer]
        if found:
            return tuple(found)
    return tuple(recipients)
