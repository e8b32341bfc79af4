"""One mailbox of a store as POP3 sees it: who has it to himself, what was taken away, and what it holds."""

from __future__ import annotations

from collections import deque
from typing import Any

from mailsim.flavours.logins import StoreFigures
from mailsim.nodes.world import Life, World

__all__ = ["IN_USE", "Maildrop"]

READER_ORDER = 1

#: RFC 2449 section 8.1.1; the text is that of Dovecot's pop3-client.c
IN_USE = "auth|-ERR [IN-USE] Mailbox is locked by another POP3 session."


class Maildrop:
    """A mailbox: octets and quota, readers, and the lock of its POP3 sessions.

    What a POP3 session deletes goes when its QUIT is at the server and not before: a session that ends otherwise deletes nothing
    (RFC 1939 section 6).  IMAP clients leave mail where it is.

    Parameters
    ----------
    quota : int or None
        How many octets it may hold.
    """

    def __init__(self, world: World, figures: StoreFigures, quota: int | None) -> None:
        self.world = world
        self.figures = figures
        self.quota = quota
        self.held = 0
        #: the last arrivals, where there is a quota: (instant, octets)
        self.latest: deque[tuple[int, int]] = deque(maxlen=256)
        self.readers: list[Any] = []
        #: how many programs began to read it; those that look no more are no longer in ``readers``
        self.begun = 0
        #: deliveries that a POP3 session has deleted, kept where another program reads the mailbox
        self.gone: set[int] = set()
        #: some program deletes what it fetches
        self.emptied = False
        self._octets: dict[int, int] = {}
        self._locked = False
        self._line = world.line()

    # -- room

    def put(self, delivery: int, octets: int, t_us: int) -> None:
        """Something is stored at ``t_us`` (the clock or later)."""
        self.held += octets
        if self.quota is not None:
            self.latest.append((t_us, octets))
        if self.emptied and self.quota is not None:
            self._octets[delivery] = self._octets.get(delivery, 0) + octets

    def full(self, octets: int, t_us: int) -> bool:
        """Whether there is no room for so many octets at ``t_us``; what was stored later (ahead of the clock) does not count."""
        if self.quota is None or self.held + octets <= self.quota:
            return False
        return self.held + octets - sum(size for stored, size in self.latest if stored > t_us) > self.quota

    # -- POP3 sessions

    @property
    def deletions_matter(self) -> bool:
        """Whether anybody can tell a mailbox that was emptied from one that was not."""
        return self.quota is not None or self.begun > 1

    @property
    def locks(self) -> bool:
        """Whether one POP3 session keeps others out."""
        return self.figures.pop3_lock

    def enter(self, t_us: int) -> Life:
        """A POP3 session wants the mailbox to itself at ``t_us`` (the clock): gives whether it gets it, perhaps after a wait."""
        until = t_us + self.figures.pop3_lock_wait
        while self._locked and self.world.now < until:
            yield self._line, until
        if self._locked:
            return False
        self._locked = True
        return True

    def leave(self) -> None:
        """The session that had the mailbox is over (the clock)."""
        self._locked = False
        if self._line:
            self.world.wake_one(self._line, True)

    def leave_later(self, at_us: int) -> None:
        """The server hears no more of the session and ends it at ``at_us``."""
        self.world.spawn(self._leave(at_us), READER_ORDER)

    def _leave(self, at_us: int) -> Life:
        yield at_us
        self.leave()

    def delete(self, deliveries: list[int]) -> None:
        """A session's QUIT is here (the clock): what it marked goes, and makes room."""
        self.held -= sum(self._octets.pop(d, 0) for d in deliveries)
        if self.begun > 1:
            self.gone.update(deliveries)
            for reader in self.readers:
                reader.taken_away(self.gone)
