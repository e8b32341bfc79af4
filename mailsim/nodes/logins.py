"""Checking passwords: the memory that a machine's checker has of its clients, and what an SMTP server makes of its answers.

What is known of an address is written with its instant and read as of an instant, since sessions are worked out ahead of the
clock; so a check sees what happened before it and nothing that comes later.
"""

from __future__ import annotations

from typing import NamedTuple

from mailsim.flavours import store_figures
from mailsim.flavours.models import MtaFigures
from mailsim.nodes.world import World
from mailsim.rules.auth import NOBODY, Guess, LoginRules, Suspicion, level_at, refused_us, rejected, reset, wait_us
from mailsim.rules.conditions import FOREVER, QUIET, Timeline, merged
from mailsim.rules.cues import NOTHING, Said
from mailsim.rules.reasons import Why
from mailsim.rules.smtp import Reply
from mailsim.rules.throttle import Startup, start

__all__ = ["NOT_OFFERED", "TOO_SLOW", "WRONG", "Checked", "LoginDesk", "SmtpLogins", "login_rules"]

#: RFC 4954 section 6; the text is that of Postfix with Dovecot
WRONG = Reply(535, "5.7.8", "Error: authentication failed")
#: RFC 4954 section 6; smtpd_sasl_glue.c
TOO_SLOW = Reply(454, "4.7.0", "Temporary authentication failure: Connection lost to authentication server")
#: smtpd_sasl_proto.c
NOT_OFFERED = Reply(503, "5.5.1", "Error: authentication not enabled")

#: longer than any client waits (a year)
_NEVER = 31_536_000_000_000
#: what is known of an address is kept from so long before the latest check on
_KEPT = 16


class Checked(NamedTuple):
    """Whether a password was right, and when the checker says so (FOREVER: never)."""

    right: bool
    answered_us: int


class LoginDesk:
    """What checks the passwords of a machine, for all its servers.

    Parameters
    ----------
    rules : LoginRules
        Its figures.
    outages : Timeline
        When it does not answer (``SILENT``) or does not run (``REFUSED``).
    """

    def __init__(self, world: World, rules: LoginRules, outages: Timeline = QUIET) -> None:
        self.rules = rules
        self.outages = outages
        self._origin_us = world.origin_us
        #: client address to what was known of it from each instant on, in order
        self._known: dict[str, list[tuple[int, Suspicion]]] = {}

    def calm(self, client: str) -> bool:
        """Whether a right password from this address is answered at once, whenever it comes."""
        return self.outages.quiet and client not in self._known

    def check(self, client: str, guess: Guess, right: bool, t_us: int) -> Checked:
        """Check a password that comes at ``t_us`` from a client's address.

        A question that meets no answer is put again when the checker is back: its clients reconnect and ask (Dovecot
        ``auth-client``).
        """
        condition, edge = self.outages.stretch(t_us)
        while condition.reach != Why.OK:
            if edge >= FOREVER:
                return Checked(False, FOREVER)
            t_us = edge
            condition, edge = self.outages.stretch(t_us)
        known = self._as_of(client, t_us)
        level = level_at(self.rules, known, t_us - self._origin_us)
        begun = t_us + wait_us(self.rules, level)
        now = begun - self._origin_us
        if right:
            if level:
                self._note(client, begun, reset(self._as_of(client, begun), now))
            return Checked(True, begun)
        if self.rules.most:
            self._note(client, begun, rejected(self.rules, self._as_of(client, begun), level, guess, now))
        return Checked(False, refused_us(self.rules, now) + self._origin_us)

    def _as_of(self, client: str, t_us: int) -> Suspicion:
        return next((known for since, known in reversed(self._known.get(client, ())) if since <= t_us), NOBODY)

    def _note(self, client: str, t_us: int, known: Suspicion) -> None:
        notes = self._known.setdefault(client, [])
        notes.append((t_us, known))
        notes.sort(key=lambda note: note[0])
        del notes[:-_KEPT]


def login_rules(figures: MtaFigures) -> LoginRules:
    """How the checker behind an MTA without a mail store works: its own program's figures, or none but a pause."""
    rules = store_figures(figures.logins).rules() if figures.logins is not None else LoginRules()
    if figures.auth_failure_delay is not None:
        rules = rules._replace(failure_delay_us=figures.auth_failure_delay)
    return rules


class SmtpLogins:
    """What an SMTP server makes of its password checker: patience with it, and no greeting without it (Postfix).

    Parameters
    ----------
    services : tuple of str
        Where it offers a login.
    """

    def __init__(self, desk: LoginDesk, figures: MtaFigures, services: tuple[str, ...], outages: Timeline = QUIET) -> None:
        self.desk = desk
        self.services = services
        self.patience_us = FOREVER if figures.login_timeout is None else figures.login_timeout
        self.startup = Startup(figures.stillborn_for, figures.throttle)
        #: what is wrong with the checker as this server sees it
        self.back_end = merged([desk.outages, outages])
        self.can_fail = figures.stillborn_for > 0 and any(s.condition.reach == Why.REFUSED for s in self.back_end.spans())
        self._rests: tuple[tuple[int, int], ...] = ()

    def may_fail(self, service: str) -> bool:
        """Whether there are times at which it can't even greet."""
        return self.can_fail and service in self.services

    def calm(self, client: str) -> bool:
        """Whether a right password from this address is answered at once, whenever it comes."""
        return self.back_end.quiet and self.desk.calm(client)

    def concerns(self, service: str, client: str | None) -> bool:
        """Whether a session can go otherwise than with a checker that answers at once; ``client``: the address of who logs in."""
        if service not in self.services:
            return client is not None
        return self.can_fail or (client is not None and not self.calm(client))

    def greets(self, service: str, t_us: int) -> Said:
        """What a connection that is taken up at ``t_us`` meets first."""
        if not self.may_fail(service):
            return NOTHING
        began, self._rests = start(self.startup, self.back_end, self._rests, t_us)
        if began.dies_us >= 0:
            return Said(None, began.dies_us - t_us, True)
        return Said(None, began.taken_us - t_us)

    def answers(self, service: str, client: str, guess: Guess, right: bool, t_us: int) -> Said:
        """What is said to AUTH that is at the server at ``t_us``."""
        if service not in self.services:
            return Said(NOT_OFFERED)
        if self.back_end.at(t_us).reach == Why.REFUSED:
            return Said(TOO_SLOW)
        asked = t_us
        condition, edge = self.back_end.stretch(asked)
        while condition.reach != Why.OK and edge < FOREVER:
            asked = edge
            condition, edge = self.back_end.stretch(asked)
        if condition.reach != Why.OK or asked - t_us >= self.patience_us:
            return Said(TOO_SLOW, self.patience_us if self.patience_us < FOREVER else _NEVER)
        checked = self.desk.check(client, guess, right, asked)
        if checked.answered_us - t_us >= self.patience_us:
            return Said(TOO_SLOW, self.patience_us)
        return Said(None if checked.right else WRONG, checked.answered_us - t_us)
