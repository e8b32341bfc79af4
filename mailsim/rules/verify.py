"""Address verification: what a relay knows of its recipients by asking the next server, and for how long (Postfix verify(8))."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from mailsim.rules.reasons import Why
from mailsim.rules.session import Contact
from mailsim.rules.smtp import Reply, Stage

__all__ = ["Entry", "Found", "Probing", "learned", "looked_up", "poll_us", "probe_result", "said_of"]

#: a probe that brought no result after so long counts as lost (verify.c ``PROBE_TTL``)
PROBE_LOST_US = 1_000_000_000


class Found(IntEnum):
    """What is known of an address."""

    NOTHING = 0  #: nothing yet: a probe is under way
    GOOD = 1
    BAD = 2
    UNSURE = 3  #: the probe met a temporary failure


class Probing(NamedTuple):
    """The figures: how long results are kept and when they are asked for anew, how long a client has to wait for one, and the code
    of a refusal.
    """

    positive_expire_us: int
    positive_refresh_us: int
    negative_expire_us: int
    negative_refresh_us: int
    poll_count: int
    poll_delay_us: int
    reject_code: int


class Entry(NamedTuple):
    """What is remembered of an address: the result, since when, and when a probe was sent whose result is not here (-1: none is)."""

    found: Found
    updated_us: int
    probed_us: int


def looked_up(rules: Probing, entry: Entry | None, t_us: int) -> tuple[Found, Entry | None]:
    """What is known at ``t_us``; and what to remember if a probe is sent now (None: none is), verify.c ``verify_query_service``.

    An entry too old to be used counts as none, unless a probe is under way.
    """
    waits = entry is not None and entry.probed_us >= 0 and t_us - entry.probed_us <= PROBE_LOST_US
    if entry is not None and not waits and entry.updated_us >= 0:
        keeps = rules.positive_expire_us if entry.found == Found.GOOD else rules.negative_expire_us
        if t_us - entry.updated_us > keeps:
            entry = None
    if entry is None:
        return Found.NOTHING, Entry(Found.NOTHING, -1, t_us)
    if waits:
        return entry.found, None
    after = rules.positive_refresh_us if entry.found == Found.GOOD else rules.negative_refresh_us
    stale = entry.updated_us < 0 or t_us - entry.updated_us > after
    return entry.found, entry._replace(probed_us=t_us) if stale else None


def learned(entry: Entry | None, found: Found, t_us: int) -> Entry:
    """What is remembered from a probe's result on: a failure does not take the place of a good result (``verify_update_service``)."""
    if found != Found.GOOD and entry is not None and entry.found == Found.GOOD:
        return entry
    return Entry(found, t_us, -1)


def poll_us(rules: Probing, t_us: int, known_us: int) -> int | None:
    """When a server that asked at ``t_us`` sees a result that is there from ``known_us`` on; None: it stops asking before.

    It asks ``poll_count`` times, ``poll_delay`` apart (smtpd_check.c ``reject_unverified_address``).

    >>> probing = Probing(0, 0, 0, 0, 3, 3, 450)
    >>> poll_us(probing, 100, 100), poll_us(probing, 100, 101), poll_us(probing, 100, 106), poll_us(probing, 100, 107)
    (100, 103, 106, None)
    """
    late = max(known_us - t_us, 0)
    polls = -(-late // rules.poll_delay_us) if rules.poll_delay_us else int(late > 0)
    return t_us + polls * rules.poll_delay_us if polls < rules.poll_count else None


def said_of(rules: Probing, recipient: str, found: Found) -> Reply | None:
    """What is said to RCPT: nothing against a good address; ``unverified_recipient_defer_code`` 450, ``..._reject_code``."""
    if found == Found.GOOD:
        return None
    why = "Address verification in progress" if found == Found.NOTHING else "the next server does not take it"
    code = rules.reject_code if found == Found.BAD else 450
    return Reply(code, f"{code // 100}.1.1", f"<{recipient}>: Recipient address rejected: unverified address: {why}")


def probe_result(contact: Contact) -> Found:
    """What a session that asked for one recipient and was left then says of it.

    >>> probe_result(Contact(Why.PERMFAIL, Stage.RCPT, Reply(550, "5.1.1", ""), 0, -1)).name
    'BAD'
    """
    if contact.why == Why.OK:
        return Found.GOOD
    refused = contact.why == Why.PERMFAIL and contact.stage in (Stage.MAIL, Stage.RCPT)
    return Found.BAD if refused else Found.UNSURE
