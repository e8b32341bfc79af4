"""unbound 1.17.1: what it asks, keeps and answers."""

from mailsim.rules.dns.unbound.program import Unbound
from mailsim.rules.dns.unbound.settings import UnboundRules

__all__ = ["Unbound", "UnboundRules"]
