"""The memory of greylisting: triplets and clients that came, of one server or shared by several."""

from __future__ import annotations

from mailsim.nodes.notes import Notes
from mailsim.rules.greylist import Greylisting, Known, Regular, put_off, triplet, visit
from mailsim.rules.smtp import Reply

__all__ = ["Greylist", "GreylistMemory"]


class GreylistMemory:
    """A data base of triplets and of clients."""

    def __init__(self) -> None:
        self.triplets: Notes[Known] = Notes()
        self.clients: Notes[Regular] = Notes()


class Greylist:
    """Greylisting by some figures with a memory, its own or shared."""

    def __init__(self, rules: Greylisting, memory: GreylistMemory) -> None:
        self.rules = rules
        self.memory = memory

    def says(self, client: str, sender: str, recipient: str, t_us: int) -> Reply | None:
        """What a client hears that names sender and recipient at ``t_us``: nothing if it is let in."""
        memory, key = self.memory, triplet(self.rules, client, sender, recipient)
        came = visit(self.rules, memory.triplets.as_of(key, t_us), memory.clients.as_of(client, t_us), t_us)
        if came.known is not None:
            memory.triplets.write(key, t_us, came.known)
        if came.regular is not None:
            memory.clients.write(client, t_us, came.regular)
        return None if came.welcome else put_off(self.rules, recipient)
