"""The declaration of an MTA: what it is responsible for, whose program it runs and what deviates from that program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from mailsim.declared import Declared, DrawnDuration, Duration, HostName, MailAddress, drawn
from mailsim.flavours import OwnFlavour, mta_figures
from mailsim.flavours.models import MtaFigures
from mailsim.nodes.base import HostDeclaration, node_kind
from mailsim.nodes.mta.policies import Greylisted, Limits, Recipients, Verification
from mailsim.rules.conditions import FOREVER
from mailsim.rules.cues import Cue
from mailsim.rules.smtp import Stage, parse_reply
from mailsim.units import duration

__all__ = ["Account", "Mta", "ScriptedReply"]


class Account(Declared):
    """A login for submission where the MTA has no mail store that knows the users."""

    password: str = ""


class ScriptedReply(Declared):
    """A line of the script of a server: what it says at ``stage`` instead of its own reply.

    Parameters
    ----------
    stage : str
        ``greeting``, ``ehlo``, ``mail``, ``rcpt``, ``data`` or ``eod`` (end of data).
    reply : str, optional
        Such as ``450 4.2.0 busy``; by default its own.
    delay : duration
        How long it hesitates.
    close : bool
        The connection ends there: after the reply, or without one.
    match : str
        Only for recipients that contain this.
    start, until : duration
        Only from ``start`` (included) until ``until`` (excluded).
    """

    stage: Literal["greeting", "ehlo", "mail", "rcpt", "data", "eod"]
    reply: str | None = None
    delay: Duration = 0
    close: bool = False
    match: str = ""
    start: Duration = 0
    until: Duration | None = None

    @field_validator("reply")
    @classmethod
    def _is_reply(cls, text: str | None) -> str | None:
        if text is not None:
            parse_reply(text)
        return text

    def cue(self, offset_us: int = 0) -> Cue:
        """The line as a rule, on a clock that shows ``offset_us`` when the scenario starts."""
        reply = None if self.reply is None else parse_reply(self.reply)
        end = FOREVER if self.until is None else self.until + offset_us
        return Cue(Stage[self.stage.upper()], reply, self.delay, self.close, self.match, self.start + offset_us, end)


@node_kind("mta")
class Mta(HostDeclaration):
    """A mail transfer agent.

    *Primary* and *backup* are no properties of an MTA: the zone's MX preference makes the role.

    Parameters
    ----------
    flavour : str
        Program whose behaviour and figures it has: one that ``mailsim flavours`` lists, or one of the scenario's own.
    final_for : tuple of str
        Domains whose mailboxes are here (in ``store``, or in the MTA itself where no store is named).
    relays_for : tuple of str
        Domains that it takes mail for and passes on: what a backup MX does.
    store : str, optional
        The mail store node that keeps the mailboxes of ``final_for``.
    submission : bool
        Takes mail from its users on ports 465 and 587 after a login.
    login_on_smtp : bool
        Offers the login on port 25 too.
    accounts : dict
        Logins besides the mailboxes of ``store``.
    queue_lifetime : duration, optional
        How long mail is kept and tried; by default the flavour's.
    max_sessions : int, optional
        Sessions that it serves at a time; by default the flavour's.
    scan_phase : duration or distribution, optional
        When the first queue scan (queue run) is; by default drawn uniformly over the scan interval.
    script : tuple of ScriptedReply
        What it says instead of its own replies: the first line that fits decides.
    greylist : duration or Greylist, optional
        Strangers (client, sender and recipient not seen for so long) are told to come back later (RFC 6647).  A duration is that
        delay and nothing else: no bounds, no whitelist, whole addresses; a mapping is Postgrey with all it has.
    aliases : dict
        Addresses in ``final_for`` that stand for others: mail to one goes on to all of its list, from the same sender (RFC 5321
        section 3.9.1).  One that is in its own list has a mailbox as well.
    recipients : "none", "list", "probe", or one of them by domain
        What it knows of the recipients in ``relays_for``: nothing, so that it takes what the next server may refuse; the list of
        their mailboxes; or what the next server says when it is asked (``verification``).
    verification : Verification
        How recipients are asked for.
    client_limits : Limits, optional
        How many connections and messages it takes from one client.
    certificate : str
        ``valid`` for its host name, as MTA-STS wants it (RFC 8461 section 4.2), or ``invalid``: self-signed, expired, for another
        name.  Senders without policies take any; without TLS altogether: ``parameters: {starttls: false}``.
    tlsa_matches : bool
        Its certificate is the one that the TLSA records of its host name, where there are any (RFC 7672 section 3).
    second_phase : duration or "drawn"
        How far the wall clock is into its second when the scenario starts, for programs that count whole seconds.
    parameters : dict
        Overrides of any other figure of the flavour.
    """

    kind: Literal["mta"] = "mta"
    flavour: str = "postfix"
    final_for: tuple[HostName, ...] = ()
    relays_for: tuple[HostName, ...] = ()
    store: str | None = None
    submission: bool = False
    login_on_smtp: bool = False
    accounts: dict[str, Account] = {}
    queue_lifetime: Duration | None = None
    max_sessions: Annotated[int, Field(ge=1)] | None = None
    scan_phase: Annotated[DrawnDuration, BeforeValidator(drawn)] | None = None
    second_phase: Duration | Literal["drawn"] = 0
    script: tuple[ScriptedReply, ...] = ()
    greylist: Greylisted | None = None
    aliases: dict[MailAddress, Annotated[tuple[MailAddress, ...], Field(min_length=1)]] = {}
    recipients: Recipients = "none"
    verification: Verification = Field(default_factory=Verification)
    client_limits: Limits | None = None
    certificate: Literal["valid", "invalid"] = "valid"
    tlsa_matches: bool = True
    parameters: dict[str, Any] = {}

    def figures(self, own: Mapping[str, OwnFlavour] | None = None) -> MtaFigures:
        """The figures of its flavour (shipped or of a scenario's ``own``) with what it declares itself on top."""
        kept = {} if self.queue_lifetime is None else {"queue_lifetime": duration(self.queue_lifetime)}
        return mta_figures(self.flavour, {**self.parameters, **kept}, own=own)

    def knows_recipients(self, domain: str) -> str:
        """``none``, ``list`` or ``probe``: what is known of the recipients of a domain in ``relays_for``."""
        return self.recipients if isinstance(self.recipients, str) else self.recipients.get(domain, "none")
