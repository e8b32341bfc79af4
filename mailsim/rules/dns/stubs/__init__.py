"""Stub resolvers as state machines: how a program that can't resolve by itself asks its list of servers."""

from mailsim.rules.dns.stubs.calls import BOTH, CLOSED, Call
from mailsim.rules.dns.stubs.glibc import GlibcRules, GlibcStub

__all__ = ["BOTH", "CLOSED", "Call", "GlibcRules", "GlibcStub"]
