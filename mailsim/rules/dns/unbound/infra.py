"""What unbound remembers of each server: round-trip estimate, doubled time-outs, and when a dead one may be probed again."""

from __future__ import annotations

from dataclasses import dataclass

from mailsim.rules.dns.unbound.settings import UnboundRules

__all__ = ["Host", "Infra"]

_FIRST_VARIATION = 4  #: the first time-out is four times the first variation (376 = 4 x 94)


def _quotient(a: int, b: int) -> int:
    """Division as C does it, towards zero."""
    return a // b if a >= 0 else -(-a // b)


def _kind(rtype: str) -> str:
    return rtype if rtype in ("A", "AAAA") else "other"


@dataclass
class Host:
    """A server of a zone: estimator (util/rtt.c, after Stevens, UNIX Network Programming, p. 598) and probe state, ms and s."""

    ttl_s: int
    srtt: int
    rttvar: int
    rto: int
    probe_s: int = 0
    timeouts: dict[str, int] | None = None


class Infra:
    """The infra cache (services/cache/infra.c), by address and zone."""

    def __init__(self, rules: UnboundRules) -> None:
        self._rules = rules
        self._hosts: dict[tuple[str, str], Host] = {}
        self._top = rules.infra_max_rtt_ms
        self._probe = min(rules.probe_rto_ms, rules.infra_max_rtt_ms)

    def timeout_ms(self, address: str, zone: str, now_s: int) -> int:
        """How long to wait for this server; a dead one that is asked all the same is being probed from now on."""
        host = self._hosts.get((address, zone))
        if host is None:
            host = self._hosts[(address, zone)] = self._new(now_s)
        elif host.ttl_s < now_s:
            fresh = self._new(now_s)
            if host.rto >= self._top:  # TOP_TIMEOUT remains on reuse
                fresh.rto, fresh.probe_s, fresh.timeouts = self._top, host.probe_s, host.timeouts
            host = self._hosts[(address, zone)] = fresh
        if host.rto >= self._probe and (self._rules.infra_keep_probing or self._estimate(host) * 4 <= host.rto):
            host.probe_s = now_s + (host.rto + 1999) // 1000
        return host.rto

    def answered(self, address: str, zone: str, rtype: str, took_ms: int, now_s: int) -> None:
        """A reply came after so many ms."""
        host = self._of(address, zone, now_s)
        if self._unclamped(host) >= self._top:
            self._reset(host)
        delta = took_ms - host.srtt
        host.srtt += _quotient(delta, 8)
        host.rttvar += _quotient(abs(delta) - host.rttvar, 4)
        host.rto = self._estimate(host)
        host.probe_s = 0
        if host.timeouts:
            host.timeouts[_kind(rtype)] = 0

    def lost(self, address: str, zone: str, rtype: str, waited_ms: int, now_s: int) -> None:
        """No reply within the time-out that was waited for: that one is doubled, so that simultaneous ones count once."""
        host = self._of(address, zone, now_s)
        if host.rto <= 2 * waited_ms:
            host.rto = min(2 * waited_ms, self._top)
        host.timeouts = host.timeouts or {}
        host.timeouts[_kind(rtype)] = min(host.timeouts.get(_kind(rtype), 0) + 1, self._rules.probe_timeouts)

    def rank(self, address: str, zone: str, rtype: str, now_s: int) -> int | None:
        """The server's place in the choice, ms, or None for a server that must not be asked (iter_filter_unsuitable)."""
        host = self._hosts.get((address, zone))
        if host is None:
            return self._rules.unknown_server_ms
        rank = self._unclamped(host)
        if host.rto >= self._probe and now_s >= host.probe_s and self._rules.infra_keep_probing:
            rank = self._top - 1000 if rank >= self._top else rank
        elif host.rto >= self._probe and now_s < host.probe_s and self._estimate(host) * 4 <= host.rto:
            exhausted = (host.timeouts or {}).get(_kind(rtype), 0) >= self._rules.probe_timeouts
            rank = self._top if exhausted else self._top - 1000
        if now_s > host.ttl_s:
            return self._top - 1000 if host.rto >= self._top else self._rules.unknown_server_ms
        return None if rank >= self._top else rank

    def _new(self, now_s: int) -> Host:
        host = Host(now_s + self._rules.infra_host_ttl_s, 0, 0, 0)
        self._reset(host)
        return host

    def _reset(self, host: Host) -> None:
        host.srtt, host.rttvar = 0, self._rules.unknown_server_ms // _FIRST_VARIATION
        host.rto = self._estimate(host)

    def _of(self, address: str, zone: str, now_s: int) -> Host:
        host = self._hosts.get((address, zone))
        if host is None or host.ttl_s < now_s:
            host = self._hosts[(address, zone)] = self._new(now_s)
        return host

    def _estimate(self, host: Host) -> int:
        """The time-out as if none had been doubled (calc_rto)."""
        return min(max(host.srtt + 4 * host.rttvar, self._rules.infra_min_rtt_ms), self._top)

    def _unclamped(self, host: Host) -> int:
        return host.rto if self._estimate(host) != host.rto else host.srtt + 4 * host.rttvar
