"""Mail store (MDA and IMAP/POP3 server): keeps mailboxes, checks passwords and quotas, lets clients fetch."""

from __future__ import annotations

from typing import Any, Literal

from mailsim.declared import Declared, MailAddress, Octets
from mailsim.events import Event, State
from mailsim.flavours import mta_figures, store_figures
from mailsim.nodes.base import HostDeclaration, node_kind
from mailsim.nodes.contact import Doorman
from mailsim.nodes.logins import LoginDesk
from mailsim.nodes.maildrop import Maildrop
from mailsim.nodes.world import World
from mailsim.rules.conditions import QUIET
from mailsim.rules.reasons import Why
from mailsim.rules.receive import ReceiverPolicy, Refusal
from mailsim.rules.smtp import Reply, Stage

__all__ = ["Mailbox", "Mailstore", "MailstoreActor"]


class Mailbox(Declared):
    """An account: its password and, optionally, how much it may hold."""

    password: str = ""
    quota: Octets | None = None


@node_kind("mailstore")
class Mailstore(HostDeclaration):
    """Mailboxes by address.

    Parameters
    ----------
    flavour : str
        Program that keeps the mailboxes and checks the passwords.
    mailboxes : dict
        The accounts.
    parameters : dict
        Overrides of figures of the flavour.
    """

    kind: Literal["mailstore"] = "mailstore"
    flavour: str = "dovecot"
    mailboxes: dict[MailAddress, Mailbox] = {}
    parameters: dict[str, Any] = {}


#: Dovecot 2.3 quota plugin, ``quota_exceeded_message``; RFC 3463 X.2.2
_FULL = "Quota exceeded (mailbox for user is full)"
OVER_QUOTA = Refusal(Stage.RCPT, Reply(552, "5.2.2", _FULL), Why.MAILBOX_FULL)
#: the same with ``quota_full_tempfail`` = yes
OVER_QUOTA_NOW = Refusal(Stage.RCPT, Reply(452, "4.2.2", _FULL), Why.MAILBOX_FULL)


class MailstoreActor:
    """One mail store: takes by LMTP, tells readers, counts what each mailbox holds."""

    def __init__(self, world: World, name: str, declaration: Mailstore) -> None:
        self.world = world
        self.log = world.log
        self.name = name
        self.number = world.log.name(name)
        node = world.compiled.nodes[name]
        self.host = node.host or name
        self.lmtp_address = node.addresses[0]
        self.declaration = declaration
        self.mailboxes = {address.lower(): box for address, box in declaration.mailboxes.items()}
        domains = frozenset(address.rpartition("@")[2] for address in self.mailboxes)
        policy = ReceiverPolicy(self.host, domains, frozenset(), self.mailboxes.__contains__, self.login_ok, None)
        figures = mta_figures("postfix", {"server_time": "0s", "starttls": False, "size_limit": None})
        self.door = Doorman(world, name, figures, policy, limit=None)
        self.figures = store_figures(declaration.flavour, dict(declaration.parameters))
        #: what a full mailbox says
        self.over_quota = OVER_QUOTA_NOW if self.figures.quota_full_tempfail else OVER_QUOTA
        self.drops = {address: Maildrop(world, self.figures, box.quota) for address, box in self.mailboxes.items()}
        #: checks passwords, also those of the MTA that delivers here
        self.desk = LoginDesk(world, self.figures.rules(), world.compiled.conditions.logins.get(name, QUIET))

    def full(self, address: str, octets: int, t_us: int) -> bool:
        """Whether a mailbox has no room for so many octets at ``t_us``; what was stored later (ahead of the clock) does not count."""
        drop = self.drops.get(address)
        return drop is not None and drop.full(octets, t_us)

    def refusals(self, recipients: tuple[str, ...], octets: int, t_us: int) -> tuple[Refusal | None, ...]:
        """Who is refused for want of room: for good, as Dovecot does by default, or for now (``quota_full_tempfail``)."""
        return tuple([self.over_quota if self.full(address.lower(), octets, t_us) else None for address in recipients])

    def calm(self, address: str, octets: int, t_us: int) -> bool:
        """Whether an arrival may be told ahead of the clock: there is room, and no reader is in a session."""
        drop = self.drops.get(address.lower())
        return drop is None or (not drop.full(octets, t_us) and not any(reader.busy for reader in drop.readers))

    def login_ok(self, user: str, password: str) -> bool:
        """Whether the password opens the mailbox."""
        box = self.mailboxes.get(user.lower())
        return box is not None and box.password == password

    def take(self, number: int, deliveries: tuple[int, ...], hops: int, t_us: int, giver: int) -> None:
        """Put deliveries into their mailboxes at ``t_us`` (the clock or, for a plan, later) and tell their readers."""
        log = self.log
        for d in deliveries:
            drop = self.drops.get(log.names[log.rcpt[d]].lower())
            if drop is not None:
                drop.put(d, log.size[d], t_us)
            log.copies[d] += 1
            if log.rows is not None:
                log.rows.extend((t_us, number, log.rcpt[d], Event.STORED, self.number, giver, -1, 0, 250, Why.LOCAL_DELIVERY, 0, -1))
            if log.copies[d] > 1:
                log.last_us = max(log.last_us, t_us)
                self.world.settled(1)  # a second copy, after a reply that was lost: stored as well, and that was its branch
                continue
            log.stored_us[d], log.ended_us[d] = t_us, -1
            log.state[d] = State.STORED
            log.holder[d] = self.number
            if drop is None or not drop.readers:
                self.world.settled(1)
            else:
                for reader in drop.readers:
                    reader.arrived(d, t_us)
