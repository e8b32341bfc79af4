"""PowerDNS Recursor 4.8 as a state machine."""

from mailsim.rules.dns.pdns.recursor import Pdns

__all__ = ["Pdns"]
