"""Mail store (MDA and IMAP/POP3 server): keeps mailboxes, checks passwords and quotas, lets clients fetch."""

from __future__ import annotations

from typing import Any, Literal

from mailsim.declared import Declared, MailAddress, Octets
from mailsim.events import Event, State
from mailsim.flavours import mta_figures
from mailsim.nodes.base import HostDeclaration, node_kind
from mailsim.nodes.contact import Doorman
from mailsim.nodes.world import World
from mailsim.rules.reasons import Why
from mailsim.rules.receive import ReceiverPolicy

__all__ = ["Mailbox", "Mailstore", "MailstoreActor"]


class Mailbox(Declared):
    """An account: its password and, optionally, how much it may hold."""

    password: str = ""
    quota: Octets | None = None


@node_kind("mailstore")
class Mailstore(HostDeclaration):
    """Mailboxes by address."""

    kind: Literal["mailstore"] = "mailstore"
    mailboxes: dict[MailAddress, Mailbox] = {}


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
        self.readers: dict[str, list[Any]] = {}

    def calm(self, address: str) -> bool:
        """Whether no reader of a mailbox is in a session: then an arrival may be told ahead of the clock."""
        return not any(reader.busy for reader in self.readers.get(address.lower(), ()))

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
            log.copies[d] += 1
            if log.rows is not None:
                log.rows.extend((t_us, number, log.rcpt[d], Event.STORED, self.number, giver, -1, 0, 250, Why.LOCAL_DELIVERY, 0, -1))
            if log.copies[d] > 1:
                self.world.settled(1)  # a second copy, after a reply that was lost: stored as well, and that was its branch
                continue
            log.stored_us[d] = t_us
            log.state[d] = State.STORED
            log.holder[d] = self.number
            readers = self.readers.get(address)
            if not readers:
                self.world.settled(1)
            else:
                for reader in readers:
                    reader.arrived(d, t_us)


