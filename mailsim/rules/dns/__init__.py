"""What DNS should answer: zones, caches with an explicit clock, and what a lookup must ask next."""

from mailsim.rules.dns.authority import Manner, answer_octets, respond
from mailsim.rules.dns.cache import Cache, Entry, TtlRules
from mailsim.rules.dns.records import Question, Rcode, RRset, Zone
from mailsim.rules.dns.zones import Answer, ZoneIndex, zone_of

__all__ = [
    "Answer",
    "Cache",
    "Entry",
    "Manner",
    "Question",
    "RRset",
    "Rcode",
    "TtlRules",
    "Zone",
    "ZoneIndex",
    "answer_octets",
    "respond",
    "zone_of",
]
