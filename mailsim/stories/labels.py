"""The short words of a diagram: what stands at the arrow of a contact or look-up, in the language spoken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mailsim.events import Event
from mailsim.language import say
from mailsim.rules.reasons import Why
from mailsim.stories.sentences import exact, reason_name

if TYPE_CHECKING:
    from mailsim.stories.story import Step

__all__ = ["asked_label", "contact_label", "shortened"]

_COMMANDS = {"connect": "connect", "ehlo": "EHLO", "tls": "TLS", "auth": "AUTH", "mail": "MAIL", "rcpt": "RCPT", "data": "DATA"}
#: what a contact came to: the sentence, which may name its cost
_OUTCOMES = {
    Why.SILENT: "draw_silence",
    Why.REPLY_TIMEOUT: "draw_silence",
    Why.REFUSED: "draw_refused",
    Why.NO_SERVICE: "draw_refused",
    Why.UNREACHABLE: "draw_unreachable",
    Why.CLOSED: "draw_closed",
    Why.REPLY_LOST: "draw_lost",
}


def shortened(text: str, most: int) -> str:
    """A text of at most ``most`` letters.

    Examples
    --------
    >>> shortened("450 4.7.1 try again later", 12)
    '450 4.7.1 t…'
    """
    return text if len(text) <= most else text[: most - 1] + "…"


def asked_label(group: Sequence[Step]) -> str:
    """Look-ups that follow each other in one line: the one that failed, else the first, and how many more."""
    bad = next((step for step in group if step.code > 0), None)
    if bad is not None:
        reply = bad.lines[-1].text.partition(":")[0] if bad.lines else str(bad.code)
        label = say("stories.draw_reply", command=bad.reply, reply=reply)
    elif not group[0].reply:  # questions that were told already
        label = say("stories.draw_again")
    elif len(group) == 1:
        label = group[0].reply
    else:
        label = say("stories.draw_more", question=group[0].reply, count=len(group) - 1)
    took = sum(max(one.cost_us, 0) for one in group)
    return f"{label}, {exact(took)}" if took >= 1_000_000 else label


def contact_label(step: Step, *, most: int = 28) -> str:
    """A session in one line: the last command and what came back, a reply of at most ``most`` letters."""
    fetching = step.event in (Event.FETCH_FAILED, Event.LOGIN_FAILED)
    if fetching and step.reply and not step.stage:
        return step.reply
    command = _COMMANDS.get(step.stage) or say("stories.draw_fetch" if fetching else "stories.draw_message")
    if step.why in _OUTCOMES:
        reply = say(f"stories.{_OUTCOMES[step.why]}", cost=exact(max(step.cost_us, 0)))
    elif step.code >= 400:
        reply = shortened(step.reply, most)
    else:
        reply = str(step.code) if step.code > 0 else reason_name(step.why)
    return say("stories.draw_reply", command=command, reply=reply)
