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
    #: ``match`` is all of the address, in any case of letters, and not a part of it
    whole: bool = False

    def fits(self, stage: Stage, t_us: int, recipient: str) -> bool:
        """Whether it is about this command."""
        if self.stage != stage or not self.start_us <= t_us < self.end_us:
            return False
        return self.match == recipient.lower() if self.whole else self.match in recipient


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
        if cue.fits(stage, t_us, recipient):
            return Said(cue.reply, cue.delay_us, cue.close)
    return NOTHING
