"""Mail store (MDA and IMAP/POP3 server): keeps mailboxes, checks passwords and quotas, lets clients fetch."""

from __future__ import annotations

from collections import deque
from typing import Any, Literal

from mailsim.declared import Declared, MailAddress, Octets
from mailsim.events import Event, State
from mailsim.flavours import mta_figures, store_figures
from mailsim.nodes.base import HostDeclaration, node_kind
from mailsim.nodes.contact import Doorman
from mailsim.nodes.logins import LoginDesk
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
        Program that checks the passwords.
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
OVER_QUOTA = Refusal(Stage.RCPT, Reply(552, "5.2.2", "Quota exceeded (mailbox for user is full)"), Why.MAILBOX_FULL)


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
        self.held: dict[str, int] = dict.fromkeys(self.mailboxes, 0)
        #: the last arrivals in each mailbox with a quota: (instant, octets)
        self.latest: dict[str, deque[tuple[int, int]]] = {
            address: deque(maxlen=256) for address, box in self.mailboxes.items() if box.quota is not None
        }
        self.readers: dict[str, list[Any]] = {}
        rules = store_figures(declaration.flavour, dict(declaration.parameters)).rules()
        #: checks passwords, also those of the MTA that delivers here
        self.desk = LoginDesk(world, rules, world.compiled.conditions.logins.get(name, QUIET))

    def full(self, address: str, octets: int, t_us: int) -> bool:
        """Whether a mailbox has no room for so many octets at ``t_us``; what was stored later (ahead of the clock) does not count."""
        box = self.mailboxes.get(address)
        if box is None or box.quota is None:
            return False
        held = self.held[address] + octets
        if held <= box.quota:
            return False
        return held - sum(size for stored, size in self.latest[address] if stored > t_us) > box.quota

    def refusals(self, recipients: tuple[str, ...], octets: int, t_us: int) -> tuple[Refusal | None, ...]:
        """Who is refused for want of room: for good, as Dovecot does (``quota_full_tempfail`` = no)."""
        return tuple([OVER_QUOTA if self.full(address.lower(), octets, t_us) else None for address in recipients])

    def calm(self, address: str, octets: int, t_us: int) -> bool:
        """Whether an arrival may be told ahead of the clock: there is room, and no reader is in a session."""
        address = address.lower()
        return not self.full(address, octets, t_us) and not any(reader.busy for reader in self.readers.get(address, ()))

    def login_ok(self, user: str, password: str) -> bool:
        """Whether the password opens the mailbox."""
        box = self.mailboxes.get(user.lower())
        return box is not None and box.password == password

    def take(self, number: int, deliveries: tuple[int, ...], hops: int, t_us: int, giver: int) -> None:
        """Put deliveries into their mailboxes at ``t_us`` (the clock or, for a plan, later) and tell their readers."""
        log = self.log
        for d in deliveries:
            address = log.names[log.rcpt[d]].lower()
            self.held[address] = self.held.get(address, 0) + log.size[d]
            if address in self.latest:
                self.latest[address].append((t_us, log.size[d]))
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
            readers = self.readers.get(address)
            if not readers:
                self.world.settled(1)
            else:
                for reader in readers:
                    reader.arrived(d, t_us)
