"""Reports (delivery status notifications): when one is due, what it says, and the RFC 3464 message, written and read."""

from mailsim.rules.dsn.message import build_dsn, parse_dsn
from mailsim.rules.dsn.report import Action, RecipientReport, Report
from mailsim.rules.dsn.request import NOTHING_ASKED, Notify, Request, ReturnContent
from mailsim.rules.dsn.status import REPORT_OCTETS, Wording, report_due, report_size, reported, status_for, success_status

__all__ = [
    "NOTHING_ASKED",
    "REPORT_OCTETS",
    "Action",
    "Notify",
    "RecipientReport",
    "Report",
    "Request",
    "ReturnContent",
    "Wording",
    "build_dsn",
    "parse_dsn",
    "report_due",
    "report_size",
    "reported",
    "status_for",
    "success_status",
]
