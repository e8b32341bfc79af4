"""Stub resolvers as state machines: how a program that can't resolve by itself asks its list of servers."""

from mailsim.rules.dns.stubs.calls import BOTH, CLOSED, CUT, Call, StubMachine
from mailsim.rules.dns.stubs.cares import CaresRules, CaresStub
from mailsim.rules.dns.stubs.dighost import DighostRules, DighostStub
from mailsim.rules.dns.stubs.dnspython import DnspythonRules, DnspythonStub
from mailsim.rules.dns.stubs.glibc import GlibcRules, GlibcStub
from mailsim.rules.dns.stubs.latency import LatencyRules
from mailsim.rules.dns.stubs.rfc1035 import Rfc1035Rules, Rfc1035Stub

__all__ = [
    "BOTH",
    "CLOSED",
    "CUT",
    "Call",
    "CaresRules",
    "CaresStub",
    "DighostRules",
    "DighostStub",
    "DnspythonRules",
    "DnspythonStub",
    "GlibcRules",
    "GlibcStub",
    "LatencyRules",
    "Rfc1035Rules",
    "Rfc1035Stub",
    "StubMachine",
]
