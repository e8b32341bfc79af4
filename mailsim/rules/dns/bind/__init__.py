"""BIND 9.18.49 as a recursive server: what it asks, keeps and answers."""

from mailsim.rules.dns.bind.program import Bind
from mailsim.rules.dns.bind.settings import BindRules

__all__ = ["Bind", "BindRules"]
