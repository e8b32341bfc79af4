"""What an MTA remembers of failures, and when that lets it try again: per message (Postfix) or per host (Exim)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mailsim.rules.retry import AgeClampedPolicy, GivingUp, HostRecord, HostRecordPolicy, RetryPolicy, next_scan

__all__ = ["RetryMemory"]

AFTER_ATTEMPT = GivingUp()


class RetryMemory:
    """Retry records and the schedule.

    Keys of records: an address for failures of the host, ``address number`` where only one message was put off,
    ``route domain`` for failures to resolve (Exim spec chapter 32).  The others keep none: their schedule is the message's own.
    """

    __slots__ = ("by_host", "cutoff_us", "draw", "giving_up", "origin_us", "phase_us", "policy", "records", "scan_us")

    def __init__(
        self,
        policy: RetryPolicy | HostRecordPolicy,
        *,
        scan_us: int,
        phase_us: int,
        origin_us: int,
        giving_up: GivingUp = AFTER_ATTEMPT,
        draw: Callable[[int, int], float] | None = None,
    ) -> None:
        self.policy = policy
        self.giving_up = giving_up
        #: ``draw(message, attempt)`` for a schedule with jitter
        self.draw = draw
        self.by_host = isinstance(policy, HostRecordPolicy)
        self.cutoff_us = policy.cutoff_us if isinstance(policy, HostRecordPolicy) else 0
        self.scan_us = scan_us
        self.phase_us = phase_us
        self.origin_us = origin_us
        self.records: dict[str, HostRecord] = {}

    def may_try(self, address: str, number: int, arrived_us: int, t_us: int) -> bool:
        """Whether an address may be tried now; a message older than the last T ignores the retry times of hosts."""
        if not self.records:
            return True
        records = [r for key in (address, f"{address} {number}") if (r := self.records.get(key)) is not None]
        if all(t_us >= record.next_us for record in records):
            return True
        return not any(record.expired for record in records) and t_us - arrived_us > self.cutoff_us

    def may_route(self, domain: str, t_us: int) -> bool:
        """Whether a queue run may look for the way to a domain now.

        Trouble with names is kept per domain and shared by all messages; only a new message asks before its time (Exim 4.96
        observed, case dns_outage_cached; spec chapter 32).
        """
        record = self.records.get(f"route {domain}") if self.records else None
        return record is None or t_us >= record.next_us

    def keys(self, addresses: Sequence[str], number: int) -> tuple[str, ...]:
        """Keys of the records that can concern a message for these addresses."""
        if not self.by_host:
            return ()
        return tuple(key for address in addresses for key in (address, f"{address} {number}"))

    def past_cutoff(self, addresses: Sequence[str]) -> bool:
        """Whether every host has failed for longer than the retry rule allows."""
        return all((record := self.records.get(address)) is not None and record.expired for address in addresses)

    def note_failures(self, keys: Sequence[str], t_us: int) -> bool:
        """Write the records at the end of a delivery; True if all of them are past the last T."""
        if not isinstance(self.policy, HostRecordPolicy) or not keys:
            return False
        expired = True
        for key in keys:
            record = self.records[key] = self.policy.failed(self.records.get(key), t_us)
            expired = expired and record.expired
        return expired

    def forget(self, address: str) -> bool:
        """A host took mail: forget its record; True if there was one."""
        return self.records.pop(address, None) is not None

    def next_attempt(
        self, arrived_us: int, failed_us: int, keys: Sequence[str], *, number: int = 0, attempt: int = 1, started_us: int = -1
    ) -> int | None:
        """When message ``number`` is due again after an attempt from ``started_us`` to ``failed_us``; None where nobody knows."""
        policy = self.policy
        if isinstance(policy, AgeClampedPolicy):
            return policy.next(arrived_us, failed_us, phase_us=self.phase_us, origin_us=self.origin_us)
        if not isinstance(policy, HostRecordPolicy):
            return policy.next(
                arrived_us,
                failed_us,
                attempt=attempt,
                started_us=started_us,
                draw=0.5 if self.draw is None else self.draw(number, attempt),
                phase_us=self.phase_us,
                origin_us=self.origin_us,
            )
        earliest = min((self.records[key].next_us for key in keys if key in self.records), default=failed_us + 1)
        if not any(key.startswith("route ") for key in keys):  # trouble with names waits for its own time
            earliest = min(earliest, arrived_us + self.cutoff_us + 1)
        return next_scan(max(earliest, failed_us + 1), self.scan_us, self.phase_us)
