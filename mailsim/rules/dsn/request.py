"""What a sender asks of reports on its mail: NOTIFY and ORCPT for a recipient, RET and ENVID for the message.

Source: RFC 3461 sections 4.1 to 4.4.  A program that does not announce DSN never learns of it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

__all__ = ["NOTHING_ASKED", "Notify", "Request", "ReturnContent"]

#: what a report is wanted for (RFC 3461 section 4.1)
Notify: TypeAlias = Literal["success", "failure", "delay"]

#: how much of the message comes back with a failure (RFC 3461 section 4.3)
ReturnContent: TypeAlias = Literal["full", "headers"]


class Request(NamedTuple):
    """What is asked for one recipient of a message.

    Parameters
    ----------
    notify : tuple of {"success", "failure", "delay"}, optional
        What a report is wanted for; empty: never (``NOTIFY=NEVER``); None: nothing was said.
    return_content : {"full", "headers"}, optional
        RET.
    envelope_id : str, optional
        ENVID: what the sender knows the message by, without its xtext encoding.
    original : str, optional
        ORCPT: the recipient as the sender named it.
    """

    notify: tuple[Notify, ...] | None = None
    return_content: ReturnContent | None = None
    envelope_id: str | None = None
    original: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """What is reported: as asked, or, where nothing was said, failures and delays (RFC 3461 section 4.1)."""
        return ("failure", "delay") if self.notify is None else self.notify


#: of mail whose sender said nothing, or whose request got lost on its way
NOTHING_ASKED = Request()
