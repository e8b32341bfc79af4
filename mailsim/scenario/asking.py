"""What a line of traffic asks of reports on its mail (RFC 3461): declared with the traffic, looked up by message and recipient."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, PlainSerializer, Tag, WithJsonSchema, model_validator

from mailsim.declared import Declared, MailAddress
from mailsim.errors import did_you_mean
from mailsim.rules.dsn import NOTHING_ASKED, Notify, Request, ReturnContent

__all__ = ["Asking", "NotifyList"]

_WORDS = ("success", "failure", "delay")
_ENVELOPE_ID = re.compile(r"[!-~](?:[ -~]{0,98}[!-~])?")


def _notify(value: object) -> object:
    """``never`` is an empty list; one word is a list of one; each word once, in the order of RFC 3461."""
    if value == "never":
        return ()
    words = (value,) if isinstance(value, str) else value
    if not isinstance(words, list | tuple):
        return value
    if not words:
        raise ValueError("write never where no report is wanted")
    if "never" in words:
        raise ValueError("never stands alone: it can't be combined with other words (RFC 3461 section 4.1)")
    for word in words:
        if word not in _WORDS:
            raise ValueError(f"{word!r} is none of {', '.join(_WORDS)} or never{did_you_mean(str(word), [*_WORDS, 'never'])}")
    return tuple(word for word in _WORDS if word in words)


_ITEMS = {"type": "array", "minItems": 1, "items": {"enum": list(_WORDS)}}

#: what a report is wanted for: words of ``success``, ``failure``, ``delay``; or ``never``
NotifyList: TypeAlias = Annotated[
    tuple[Notify, ...],
    BeforeValidator(_notify),
    PlainSerializer(lambda words: list(words) or "never"),
    WithJsonSchema({"anyOf": [{"enum": [*_WORDS, "never"]}, _ITEMS]}),
]


def _shape(value: object) -> str:
    """Only one reading of a value is tried, so that only one is complained about."""
    return "by recipient" if isinstance(value, dict) else "plain"


#: for all recipients, or by recipient
_Notified = Annotated[
    Annotated[NotifyList, Tag("plain")] | Annotated[dict[MailAddress, NotifyList], Tag("by recipient")], Discriminator(_shape)
]


def _written(notify: tuple[Notify, ...] | dict[str, tuple[Notify, ...]] | None) -> object:
    if isinstance(notify, dict):
        return {address: list(words) or "never" for address, words in notify.items()}
    return None if notify is None else list(notify) or "never"


class Asking(Declared):
    """What the sender asks of reports; where nothing is said, failures and delays are reported.

    Parameters
    ----------
    notify : list of str, "never" or dict, optional
        What a report is wanted for (RFC 3461 section 4.1): ``[success, failure, delay]``, some of them, or ``never``; for
        all recipients, or by recipient: ``{bob@example.com: never}`` (nothing is said for the others).
    return_content : {"full", "headers"}, optional
        How much of the message comes back with a failure (RET, section 4.3).
    envelope_id : str, optional
        What the sender knows the message by (ENVID, section 4.4).
    original_recipients : dict
        By recipient, whom the sender named (ORCPT, section 4.2).
    """

    notify: Annotated[_Notified | None, PlainSerializer(_written)] = None
    return_content: ReturnContent | None = None
    envelope_id: Annotated[str, Field(max_length=100)] | None = None
    original_recipients: dict[MailAddress, MailAddress] | None = None

    @model_validator(mode="after")
    def _sayable(self) -> Asking:
        notify = self.notify
        for name, table in (("notify", notify), ("original_recipients", self.original_recipients)):
            to = getattr(self, "recipients", ()) if isinstance(table, dict) else ()
            for address in table if isinstance(table, dict) else ():
                if address not in to:
                    raise ValueError(f"{name}: {address} is no recipient of this mail{did_you_mean(address, to)}")
        if self.envelope_id is not None and not _ENVELOPE_ID.fullmatch(self.envelope_id):
            raise ValueError("envelope_id: up to 100 printable ASCII characters, no blank at either end (RFC 3461 section 4.4)")
        wanted = notify.values() if isinstance(notify, dict) else (notify,)
        if getattr(self, "null_sender", False) and any(wanted):
            raise ValueError("notify: nobody can be told about mail from the null sender; write never, or leave it out")
        return self

    @property
    def asks(self) -> bool:
        """Whether anything is asked of reports."""
        return any(getattr(self, name) is not None for name in Asking.model_fields)

    def request(self, recipient: str) -> Request:
        """What is asked for a recipient."""
        if not self.asks:
            return NOTHING_ASKED
        notify = self.notify.get(recipient) if isinstance(self.notify, dict) else self.notify
        return Request(notify, self.return_content, self.envelope_id, (self.original_recipients or {}).get(recipient))
