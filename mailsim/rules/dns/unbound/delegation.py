"""A delegation point of unbound: a zone's servers with what is known of their addresses, and which one is asked next."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailsim.rules.dns.machine import Chance
from mailsim.rules.dns.unbound.infra import Infra
from mailsim.rules.dns.unbound.settings import UnboundRules

__all__ = ["Delegation", "Target"]


@dataclass
class Target:
    """An address of a zone's server: how often this lookup has asked it, and whether it may be asked again."""

    address: str
    attempts: int = 0
    usable: bool = True


@dataclass
class Delegation:
    """A zone and its servers (iterator/iter_delegpt.c)."""

    zone: str
    #: NS names to whether their addresses need no (further) look-up
    hosts: dict[str, bool] = field(default_factory=dict)
    #: NS names whose addresses were asked for at the parent's side
    at_parent: set[str] = field(default_factory=set)
    targets: list[Target] = field(default_factory=list)
    #: the NS records are those of the parent zone
    parent_side: bool = False
    #: recursive servers: asked with RD, with nobody above them
    forward: bool = False

    def add(self, address: str) -> None:
        """Add an address, unless it is there already."""
        if all(target.address != address for target in self.targets):
            self.targets.append(Target(address))

    def forgive(self, limit: int) -> None:
        """One attempt less for each target: a longer name is asked now (iter_dec_attempts)."""
        for target in self.targets:
            if target.attempts >= limit:
                target.usable = True
            target.attempts = max(target.attempts - 1, 0)

    def inherit(self, earlier: Delegation, limit: int) -> None:
        """The attempts made when the same zone's servers were asked before (iter_merge_retry_counts)."""
        made = {target.address: target.attempts for target in earlier.targets}
        for target in self.targets:
            target.attempts = made.get(target.address, target.attempts)
            target.usable = target.attempts < limit

    def choose(self, infra: Infra, rtype: str, now_s: int, rules: UnboundRules, chance: Chance) -> Target | None:
        """The next server to ask: any of those within 400 ms of the best, each equally likely (iter_server_selection)."""
        ranked = [
            (rank, target)
            for target in self.targets
            if target.usable and (rank := infra.rank(target.address, self.zone, rtype, now_s)) is not None
        ]
        if not ranked:
            return None
        best = min(rank for rank, _ in ranked)
        equals = [target for rank, target in ranked if rank - best <= rules.rtt_band_ms]
        chosen = equals[0] if len(equals) == 1 else equals[int(chance(f"server of {self.zone}") * len(equals))]
        chosen.attempts += 1
        if chosen.attempts >= rules.outbound_msg_retry:
            chosen.usable = False
        return chosen
