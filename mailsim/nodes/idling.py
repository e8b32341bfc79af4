"""A mail program that keeps its IMAP connection open by itself, as push does: it notices a dead one and opens another."""

from __future__ import annotations

from typing import Any

from mailsim.nodes.reader import Reader
from mailsim.nodes.world import Life
from mailsim.rules.conditions import FOREVER
from mailsim.rules.fetch import IdlePatience, idle_ends, pushed_us
from mailsim.rules.reasons import Why

__all__ = ["Idler"]


class Idler(Reader):
    """Waits on IDLE (RFC 2177); where the server has none it polls like any other."""

    def __init__(self, client: Any, declaration: Any) -> None:
        super().__init__(client, declaration)
        fetch = self.fetch
        self.patience = IdlePatience(fetch.keepalive, fetch.reissue, fetch.timeout)
        #: the open connection: since when, when it is cut for good, and when that is noticed
        self.opened_us = self.cut_us = self.noticed_us = -1

    def arrived(self, delivery: int, t_us: int) -> None:
        """The store has something new at ``t_us`` (the clock or, for a plan, later)."""
        if not self.idles:
            super().arrived(delivery, t_us)
        elif self.busy or not self._pushed(delivery, t_us):
            self.pending.append(delivery)

    def _pushed(self, delivery: int, t_us: int) -> bool:
        """Whether the open connection brings a message that is there since ``t_us``."""
        if t_us >= self.cut_us:
            return False
        log = self.client.log
        rtt = self.wire.rtt_us(log.message[delivery], 1000)
        rtt, late, transfer = self._as_it_is(t_us, rtt, delivery)
        done = pushed_us(self.path, t_us + late, rtt, transfer + late, self.cut_us)
        if done >= FOREVER:
            return False
        self._fetched(delivery, done, Why.PUSHED)
        return True

    def _live(self) -> Life:
        """Open a connection when the program starts, and another one whenever it is gone."""
        if not self.idles or self.store is None:
            return (yield from super()._live())
        world = self.client.world
        now = yield world.origin_us
        while True:
            self.busy = True
            good = yield from self._session(now)
            self.busy = False
            if not good and self.rejections == self.fetch.login_tries:
                return self._give_up()
            if not good:
                now = yield world.now + self.fetch.reconnect
                continue
            self.opened_us = world.now
            self.cut_us, self.noticed_us = idle_ends(self.path, self.opened_us, self.patience)
            came, self.pending = sorted(self.pending), []
            stored = self.client.log.stored_us
            self.pending = [d for d in came if not self._pushed(d, max(stored[d], self.opened_us))]
            if self.noticed_us >= FOREVER:
                return None
            now = yield self.noticed_us
            self._failed(now, Why.CONNECTION_LOST, self.store.name)
