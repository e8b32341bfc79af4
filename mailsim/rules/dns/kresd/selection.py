"""Which server Knot Resolver asks next, over what, and how long it waits: RFC 6298 timers, back-off, a dead server's second off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, Protocol

from mailsim.rules.dns.machine import Chance

__all__ = ["AddressState", "Fault", "Flags", "Network", "SelectionFigures", "Transport"]

MS_US = 1000


class SelectionFigures(Protocol):
    """Figures of lib/selection.c, lib/selection.h and lib/selection_forward.c."""

    first_timeout: int
    timeout_maximum: int
    timeout_addition: int
    backoff_steps: int
    explore_odds: int
    explore_factor: int
    tcp_after_timeouts: int
    tcp_above: int
    dead_after_timeouts: int
    dead_timeout_minimum: int
    dead_for: int
    forward_timeout: int


class Fault(Enum):
    """What can go wrong with a server (enum kr_selection_error)."""

    TIMEOUT = "no answer in time"
    CONNECT = "no TCP connection"
    SAID_NO = "SERVFAIL or REFUSED"
    TRUNCATED = "TC over UDP"
    BAD_ALIAS = "too many aliases"


class _Rtt(NamedTuple):
    """What is known of an address by everybody (struct rtt_state), milliseconds."""

    srtt: int = 0
    variance: int = 0
    timeouts: int = 0
    dead_since_us: int = -1

    @property
    def unknown(self) -> bool:
        return self.srtt == 0 and self.timeouts == 0


@dataclass
class AddressState:
    """What one question has seen of an address (struct address_state)."""

    rtt: _Rtt = field(default_factory=_Rtt)
    errors: int = 0
    timeouts: int = 0
    broken: bool = False
    gone: bool = False  #: was dead when a forwarder was chosen; never looked at again for this question


@dataclass
class Flags:
    """What one question has learnt on its way (struct kr_qflags and struct local_state)."""

    tcp: bool = False
    whole_name: bool = False  #: NO_MINIMIZE
    plain_case: bool = False  #: NO_0X20
    no_server: bool = False  #: NO_NS_FOUND
    force_udp: bool = False
    truncated: bool = False
    timeouts: int = 0
    addresses: dict[str, AddressState] = field(default_factory=dict)


class Transport(NamedTuple):
    """A server chosen: over what, for how long, and whether that wait was cut short for an experiment."""

    address: str
    proto: str
    timeout_us: int
    capped: bool = False


class Network:
    """The memory of all servers and the choice among them."""

    def __init__(self, figures: SelectionFigures, chance: Chance) -> None:
        self._figures = figures
        self._chance = chance
        self._unknown = _Rtt(variance=figures.first_timeout // MS_US // 4)
        self._known: dict[str, _Rtt] = {}

    def choose(
        self, addresses: Sequence[str], flags: Flags, t_us: int, *, unresolved: int = 0, forward: bool = False
    ) -> Transport | int | None:
        """The next transport, or which one of ``unresolved`` name servers' names to look up first, or None.

        A variation of epsilon-greedy (selection.c select_transport): unknown servers first, then those with fewer errors in
        this question, then the shorter timeout; one time in twenty any of them.
        """
        choices = []
        for address in addresses:
            state = flags.addresses.setdefault(address, AddressState())
            state.rtt = self._known.get(address, self._unknown)
            dead = self._dead(state.rtt, t_us)
            if forward:  # selection_forward.c never takes back what invalidate_dead_upstream did to the address
                state.gone = dead = dead or state.gone
            if not dead and (forward or not state.broken):
                choices.append(address)
        if not choices and not unresolved:
            return None
        choices = self._sorted(choices, flags)
        explore = not choices or self._chance("explore") * self._figures.explore_odds < 1
        index = int(self._chance("explored") * (len(choices) + unresolved)) if explore else unresolved
        if index < unresolved:
            return index
        chosen = choices[index - unresolved]
        state = flags.addresses[chosen]
        if state.errors and unresolved:
            return int(self._chance("explored") * unresolved)
        timeout, capped = self._timeout(chosen, choices[0], flags, explore=explore)
        return self._transport(chosen, timeout, flags, capped=capped, forward=forward)

    def _transport(self, chosen: str, timeout_us: int, flags: Flags, *, capped: bool, forward: bool) -> Transport:
        figures = self._figures
        state = flags.addresses[chosen]
        tcp = flags.tcp or flags.truncated or state.timeouts >= figures.tcp_after_timeouts or timeout_us > figures.tcp_above
        if forward:
            timeout_us = figures.forward_timeout
        elif tcp and flags.force_udp and not flags.truncated:
            tcp = False
        flags.tcp = tcp
        return Transport(chosen, "tcp" if tcp else "udp", timeout_us, capped)

    def _timeout(self, chosen: str, best: str, flags: Flags, *, explore: bool) -> tuple[int, bool]:
        rtt = flags.addresses[chosen].rtt
        if rtt.unknown:
            return self._backed_off(self._figures.first_timeout, flags.timeouts), False
        timeout = self._calculated(rtt)
        if explore:
            most = self._calculated(flags.addresses[best].rtt) * self._figures.explore_factor
            if timeout > most:
                return most, True
        return timeout, False

    def _sorted(self, choices: list[str], flags: Flags) -> list[str]:
        for i in range(len(choices) - 1, 0, -1):
            j = int(self._chance("servers") * (i + 1))
            choices[i], choices[j] = choices[j], choices[i]

        def worth(address: str) -> tuple[bool, int, int]:
            state = flags.addresses[address]
            return not state.rtt.unknown, state.errors, self._calculated(state.rtt)

        return sorted(choices, key=worth)

    def _calculated(self, rtt: _Rtt) -> int:
        """RFC 6298 section 2 with our own smallest variance, doubled at each timeout in a row."""
        base = rtt.srtt + max(4 * rtt.variance, self._figures.timeout_addition // MS_US)
        return self._backed_off(base * MS_US, rtt.timeouts)

    def _backed_off(self, timeout_us: int, steps: int) -> int:
        return min(timeout_us << min(steps, self._figures.backoff_steps), self._figures.timeout_maximum)

    def _dead(self, rtt: _Rtt, t_us: int) -> bool:
        figures = self._figures
        return rtt.timeouts >= figures.dead_after_timeouts and 0 <= t_us - rtt.dead_since_us < figures.dead_for and rtt.dead_since_us >= 0

    def measured(self, address: str, rtt_ms: int) -> None:
        """A round trip (RFC 6298 section 2, in whole milliseconds with rounding as in calc_rtt_state)."""
        old = self._known.get(address, self._unknown)
        if old.unknown:
            self._known[address] = _Rtt(rtt_ms, rtt_ms // 2)
        else:
            variance = (3 * old.variance + abs(old.srtt - rtt_ms) + 2) // 4
            self._known[address] = _Rtt((7 * old.srtt + rtt_ms + 4) // 8, variance)

    def blame(self, transport: Transport, flags: Flags, fault: Fault, t_us: int, *, joined: bool = False) -> None:
        """Note an error for this question and, for a timeout that it waited for itself, for everybody (selection.c error)."""
        state = flags.addresses.get(transport.address)
        if state is None:
            return
        if fault is Fault.TRUNCATED:
            flags.truncated = True
            return
        if fault is Fault.CONNECT:
            flags.force_udp = True
            flags.plain_case = False
        if fault is Fault.BAD_ALIAS:
            state.broken = True
        elif fault is Fault.SAID_NO:
            if flags.whole_name and flags.plain_case and flags.tcp:
                state.broken = True
            elif flags.whole_name:
                flags.plain_case = flags.tcp = True
            else:
                flags.whole_name = True
        else:
            flags.timeouts += 1
            if not joined and not transport.capped:
                self._timed_out(transport, t_us)
        state.errors += 1
        state.timeouts += fault is Fault.TIMEOUT

    def _timed_out(self, transport: Transport, t_us: int) -> None:
        """Count a timeout in a row; only long waits make a server dead (cache_timeout; recorded: fwd_delay_2000, parent_down)."""
        known = self._known.get(transport.address, self._unknown)
        count, figures = known.timeouts + 1, self._figures
        dead = count >= figures.dead_after_timeouts and transport.timeout_us >= figures.dead_timeout_minimum
        self._known[transport.address] = known._replace(timeouts=count, dead_since_us=t_us if dead else known.dead_since_us)
