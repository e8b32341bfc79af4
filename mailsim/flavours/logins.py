"""The figures of a mail store's program, validated: they serve its TOML file and a user's overrides."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mailsim.declared import Declared, Duration
from mailsim.rules.auth import LoginRules

__all__ = ["StoreFigures"]


class StoreFigures(Declared):
    """Every figure of a mail store's program: how it checks passwords, what a full mailbox says, what it offers its readers.

    Parameters
    ----------
    quota_full_tempfail : bool
        A full mailbox refuses for now (452 4.2.2, so the sending MTA keeps the mail), not for good (552 5.2.2).
    idle : bool
        It offers IMAP IDLE (RFC 2177); where it does not, clients poll.
    pop3_lock : bool
        Only one POP3 session of a mailbox at a time (RFC 1939 section 4).
    pop3_lock_wait : duration
        How long a further session waits for its end before it is told ``-ERR [IN-USE]``.
    pop3_autologout : duration
        A POP3 session of which nothing is heard any more ends after this, with nothing deleted (RFC 1939 section 3).
    """

    failure_delay: Duration = 0
    failure_check: Duration = 0
    penalty_unit: Duration = 0
    penalty_longest: Duration = 0
    penalty_levels: Annotated[int, Field(ge=0, le=16)] = 0
    passwords_remembered: Annotated[int, Field(ge=0)] = 0
    penalty_forgotten: Duration = 0
    quota_full_tempfail: bool = False
    idle: bool = True
    pop3_lock: bool = False
    pop3_lock_wait: Duration = 0
    pop3_autologout: Duration = Field(default=600_000_000, gt=0)

    def rules(self) -> LoginRules:
        """The figures as a pure rule."""
        return LoginRules(
            self.failure_delay,
            self.failure_check,
            self.penalty_unit,
            self.penalty_longest,
            self.penalty_levels,
            self.passwords_remembered,
            self.penalty_forgotten,
        )
