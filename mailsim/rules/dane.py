"""DANE for SMTP (RFC 7672): what TLSA records of an MX host demand of a session with it.

Shape and source: Postfix with ``smtp_tls_security_level = dane`` (TLS_README, smtp_tls_policy.c ``dane_init``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mailsim.rules.dns.records import Rcode
from mailsim.rules.dns.zones import Answer
from mailsim.rules.reasons import Why
from mailsim.rules.tls import NO_DEMAND, Demand

__all__ = ["demand", "tlsa_name", "usable"]


def tlsa_name(host: str) -> str:
    """Where the TLSA records of a host's port 25 stand (RFC 7672 section 2.2.3).

    >>> tlsa_name("mx1.example.com")
    '_25._tcp.mx1.example.com'
    """
    return f"_25._tcp.{host}"


def usable(records: Sequence[Any]) -> bool:
    """Whether any TLSA record is of a kind that SMTP can use: usage DANE-TA(2) or DANE-EE(3) (RFC 7672 section 3.1).

    >>> usable(["3 1 1 0123"]), usable(["1 1 1 0123"])
    (True, False)
    """
    for record in records:
        usage, selector, matching, *_ = str(record).split()
        if usage in ("2", "3") and selector in ("0", "1") and matching in ("0", "1", "2"):
            return True
    return False


def demand(answer: Answer) -> Demand:
    """What the answer for the TLSA records of a host in a signed zone demands.

    Notes
    -----
    ================================== ==============================================================================
    answer                             RFC 7672
    ================================== ==============================================================================
    SERVFAIL, REFUSED, no answer       the host counts as unreachable (section 2.1.2)
    no such name, no such record       nothing: opportunistic TLS (section 2.2)
    usable records                     STARTTLS and the certificate that they name (sections 2.2 and 3)
    records, none usable               STARTTLS with any certificate (section 2.2)
    ================================== ==============================================================================
    """
    if answer.rcode not in (Rcode.NOERROR, Rcode.NXDOMAIN):
        return Demand(usable=Why.DANE_LOOKUP)
    if not answer.rdatas:
        return NO_DEMAND
    if usable(answer.rdatas):
        return Demand(encrypted=Why.DANE_FAILED, named=Why.DANE_FAILED)
    return Demand(encrypted=Why.DANE_FAILED)
