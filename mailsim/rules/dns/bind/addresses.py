"""BIND's address database: the smoothed round-trip time of each server, and thus which one is asked first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mailsim.rules.dns.machine import Chance

__all__ = ["Addresses"]

#: an untried server's time shrinks to 98 % once a second, so that it is tried again some day (lib/dns/adb.c)
_AGED = (98, 100)
#: share of the old time when a new one is mixed in, in tenths (DNS_ADB_RTTADJDEFAULT)
_OLD = 7
#: an unanswered question adds up to this (a bit mask), the less the slower the server is already (fctx_cancelquery)
_MASKS = ((800_000, 0x3FFF), (400_000, 0x7FFF), (200_000, 0xFFFF), (100_000, 0x1FFFF), (50_000, 0x3FFFF), (25_000, 0x7FFFF))
_WIDEST = 0xFFFFF
#: a new server begins at 1 to 32 us, so that it is tried soon
_NEW_US = 32


@dataclass
class _Entry:
    srtt_us: int
    aged_s: int = 0


class Addresses:
    """The address database (lib/dns/adb.c)."""

    def __init__(self, chance: Chance, *, edns_seen: bool, longest_us: int) -> None:
        self._chance = chance
        self._shift = 0 if edns_seen else 2
        self._longest_us = longest_us
        self._entries: dict[str, _Entry] = {}

    def srtt_us(self, address: str) -> int:
        """The smoothed round-trip time."""
        return self._of(address).srtt_us

    def order(self, addresses: Iterable[str]) -> list[str]:
        """The servers, the quickest first."""
        return sorted(addresses, key=self.srtt_us)

    def answered(self, address: str, took_us: int) -> None:
        """A reply of any kind came."""
        entry = self._of(address)
        entry.srtt_us = entry.srtt_us // 10 * _OLD + took_us // 10 * (10 - _OLD)

    def lost(self, address: str) -> None:
        """No reply came."""
        entry = self._of(address)
        mask = next((mask for above, mask in _MASKS if entry.srtt_us > above), _WIDEST) >> self._shift
        rtt = min(entry.srtt_us + int(self._chance(f"unanswered {address}") * (mask + 1)), self._longest_us)
        entry.srtt_us = rtt // 10 * 10

    def age(self, addresses: Iterable[str], now_s: int) -> None:
        """Servers that were not needed: once a second their times shrink a little."""
        for address in addresses:
            entry = self._of(address)
            if entry.aged_s != now_s:
                entry.aged_s = now_s
                entry.srtt_us = entry.srtt_us * _AGED[0] // _AGED[1]

    def _of(self, address: str) -> _Entry:
        entry = self._entries.get(address)
        if entry is None:
            entry = self._entries[address] = _Entry(1 + int(self._chance(f"new server {address}") * _NEW_US), -1)
        return entry
