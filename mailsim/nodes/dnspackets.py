"""DNS over ways that are slow or lose packets: over UDP a lost packet is lost, over TCP it is sent again."""

from __future__ import annotations

from mailsim.nodes.world import World
from mailsim.rules.conditions import Condition
from mailsim.rules.tcp import resent_us

__all__ = ["DnsPackets", "Unheard"]


class DnsPackets:
    """What chance does to the packets between each asker and each server, in order."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sent: dict[tuple[str, str], int] = {}

    def lag_us(self, asker: str, node: str | None, t_us: int) -> int:
        """How much longer a round trip takes that begins at an instant."""
        if node is None:
            return 0
        lag: int = self._world.compiled.path(asker, node).at(t_us).lag_us
        return lag

    def lost(self, asker: str, server: str, condition: Condition) -> bool:
        """Whether the next packet is lost."""
        loss = condition.packet_loss
        if loss in (0.0, 1.0):
            return loss >= 1.0
        turn = self._sent.get((asker, server), 0)
        self._sent[(asker, server)] = turn + 1
        return self._world.draws.uniform(f"dns packets {asker} {server}", turn) < loss

    def again_us(self, asker: str, node: str | None, server: str, t_us: int, rtt_us: int) -> int | None:
        """What sending a question over TCP, and its answer, again costs; None if neither ever gets through."""
        path = None if node is None else self._world.compiled.path(asker, node)
        if path is None or not path.unsteady:
            return 0
        condition, total = path.at(t_us), 0
        for _ in ("question", "answer"):
            needed = next((r for r in (0, *resent_us(rtt_us)) if not self.lost(asker, server, condition)), None)
            if needed is None:
                return None
            total += needed
        return total


class Unheard:
    """Takes an answer whose packet is lost on its way."""

    def __call__(self, answer: object, at_us: int) -> None:
        """Nobody hears it."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unheard)

    def __hash__(self) -> int:
        return hash(Unheard)
