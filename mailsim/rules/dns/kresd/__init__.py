"""Knot Resolver 5.6 as a state machine."""

from mailsim.rules.dns.kresd.worker import Kresd

__all__ = ["Kresd"]
