"""What a server that follows a script says at each stage: replies, hesitation, dropped connections, greylisting.

A *cue* is a line of the script; the first one that fits decides.  Where none fits, the server follows its own rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mailsim.rules.conditions import FOREVER
from mailsim.rules.smtp import Reply, Stage

__all__ = ["GREYLISTED", "NOTHING", "Cue", "Said", "said"]

#: RFC 6647 section 5.1: 4yz at RCPT; the wording of Postgrey
GREYLISTED = Reply(450, "4.7.1", "Greylisted, please come back later")


class Cue(NamedTuple):
    """From ``start_us`` (included) to ``end_us`` (excluded), at ``stage``, for recipients that contain ``match``."""

    stage: Stage
    reply: Reply | None = None
    delay_us: int = 0
    close: bool = False
    match: str = ""
    start_us: int = 0
    end_us: int = FOREVER


class Said(NamedTuple):
    """What comes at a stage: a reply (None: the server's own), after how long, and whether the connection ends with it."""

    reply: Reply | None = None
    delay_us: int = 0
    close: bool = False


#: the server follows its own rules
NOTHING = Said()


def said(cues: Sequence[Cue], stage: Stage, t_us: int, recipient: str = "") -> Said:
    """What the script has for a stage at an instant.

    >>> busy = Cue(Stage.RCPT, Reply(450, "4.2.0", "busy"), match="ann@", end_us=10)
    >>> said([busy], Stage.RCPT, 5, "ann@example.org").reply.code, said([busy], Stage.RCPT, 10, "ann@example.org").reply
    (450, None)
    """
    for cue in cues:
        if cue.stage == stage and cue.start_us <= t_us < cue.end_us and cue.match in recipient:
            return Said(cue.reply, cue.delay_us, cue.close)
    return NOTHING
