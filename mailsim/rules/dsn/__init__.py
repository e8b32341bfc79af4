"""Reports (delivery status notifications): when one is due, what it says, and the RFC 3464 message, written and read."""

from mailsim.rules.dsn.message import build_dsn, parse_dsn
from mailsim.rules.dsn.report import Action, RecipientReport, Report
from mailsim.rules.dsn.status import REPORT_OCTETS, Wording, report_due, report_size, reported, status_for

__all__ = [
    "REPORT_OCTETS",
    "Action",
    "RecipientReport",
    "Report",
    "Wording",
    "build_dsn",
    "parse_dsn",
    "report_due",
    "report_size",
    "reported",
    "status_for",
]
