"""Why something happened: every reason that a decision can give, with its sentence and its source.

A rule returns one of these numbers with its verdict; the log keeps the number; stories print the sentence.
So a story never guesses again what the rule had in mind.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

__all__ = ["REASONS", "Reason", "Why"]


class Why(IntEnum):
    """Numbers of :data:`REASONS`, kept in the log."""

    NONE = 0
    # -- what a contact came to
    OK = 1
    REFUSED = 2
    SILENT = 3
    UNREACHABLE = 4
    CLOSED = 5
    REPLY_TIMEOUT = 6
    TEMPFAIL = 7
    PERMFAIL = 8
    REPLY_LOST = 9
    NO_SERVICE = 10
    GAVE_UP = 11
    # -- how a name was resolved
    FROM_CACHE = 20
    FROM_SERVER = 21
    JOINED = 22
    NEGATIVE_CACHE = 23
    DNS_TIMEOUT = 24
    DNS_SERVFAIL = 25
    DNS_NXDOMAIN = 26
    DNS_NODATA = 27
    DNS_REFUSED = 28
    # -- where to go
    MX_ORDER = 40
    IMPLICIT_MX = 41
    NULL_MX = 42
    MX_SELF = 43
    MX_UNUSABLE = 44
    NO_MX_NO_ADDRESS = 45
    DOMAIN_MISSING = 46
    # -- what to do next
    NEXT_TARGET = 60
    LAST_TARGET = 61
    ADDRESS_LIMIT = 62
    SESSION_LIMIT = 63
    DESTINATION_DEAD = 64
    HOST_RETRY_TIME = 65
    HOST_CUTOFF = 66
    LIFETIME_OVER = 67
    PERMANENT = 68
    RETRY_LATER = 69
    HOP_LIMIT = 70
    ATTEMPTS_OVER = 71
    SCHEDULE_UNKNOWN = 72
    HOST_LONG_DEAD = 73
    UNWELCOME = 74
    # -- reports
    REPORT_TO_SENDER = 80
    NULL_SENDER = 81
    NOT_TO_BE_TOLD = 82
    REPORTED_DELIVERED = 83
    REPORTED_RELAYED = 84
    DOUBLE_BOUNCE = 85
    FROZEN = 86
    # -- submission and fetch
    AUTH_FAILED = 90
    AUTH_REQUIRED = 91
    RELAY_DENIED = 92
    NO_SUCH_MAILBOX = 93
    TOO_BIG = 94
    MAILBOX_FULL = 95
    NO_SUBMISSION_HOST = 96
    LOCAL_DELIVERY = 97
    PUSHED = 98
    POLLED = 99
    AUTH_UNAVAILABLE = 100
    # -- policy at the receiving side
    GREYLISTED = 101
    TOO_MANY_CONNECTIONS = 102
    RATE_LIMITED = 103
    UNVERIFIED_RECIPIENT = 104
    NOT_A_RECIPIENT = 105
    TOO_MANY_SESSIONS = 106
    EXPANDED = 107
    # -- policies on which hosts may be used
    STS_MISMATCH = 113
    STS_UNTRUSTED = 114
    DANE_LOOKUP = 115
    DANE_FAILED = 116
    POLICY_FETCHED = 117
    POLICY_MISSING = 118
    # -- mailboxes and their readers
    CONNECTION_LOST = 120
    MAILDROP_LOCKED = 121
    # -- what happened to a server
    WENT_DOWN = 125
    QUEUE_LOST = 126


class Reason(NamedTuple):
    """A reason in words: ``key`` for tables, ``sentence`` for people, ``source`` for those who check."""

    key: str
    sentence: str
    source: str


#: the words and the source of each reason
REASONS: dict[Why, Reason] = {
    Why.NONE: Reason("", "", ""),
    Why.OK: Reason("ok", "the server took the message", "RFC 5321 section 4.2.5"),
    Why.REFUSED: Reason("refused", "the connection was refused: the machine is up, nothing listens", "RFC 9293 section 3.5.3"),
    Why.SILENT: Reason("silent", "nothing came back until the connect time-out", "RFC 5321 section 4.5.4.1"),
    Why.UNREACHABLE: Reason("unreachable", "a router said that the host can't be reached", "RFC 1122 section 4.2.3.9"),
    Why.CLOSED: Reason("closed", "the connection was lost in mid-session", "RFC 5321 section 3.8"),
    Why.REPLY_TIMEOUT: Reason("reply timeout", "the server stopped answering in mid-session", "RFC 5321 section 4.5.3.2"),
    Why.TEMPFAIL: Reason("temporary failure", "the server said: not now (4yz)", "RFC 5321 section 4.2.1"),
    Why.PERMFAIL: Reason("permanent failure", "the server said: no (5yz)", "RFC 5321 section 4.2.1"),
    Why.REPLY_LOST: Reason(
        "reply lost", "the server took the message but its 250 never arrived, so the client will send it again", "RFC 1047"
    ),
    Why.NO_SERVICE: Reason("no such service", "no mail server listens at that address", "RFC 9293 section 3.5.3"),
    Why.GAVE_UP: Reason("left", "the sending program ended the session by itself", "RFC 5321 section 4.1.1.10"),
    Why.FROM_CACHE: Reason("cached", "answered from the resolver's cache", "RFC 1034 section 5.3.3"),
    Why.FROM_SERVER: Reason("asked", "the resolver asked the zone's name servers", "RFC 1034 section 5.3.3"),
    Why.JOINED: Reason("joined", "the resolver was already asking; this question waited for the same answer", "unbound 1.17 observed"),
    Why.NEGATIVE_CACHE: Reason("negative cache", "the resolver remembered that there is nothing", "RFC 2308 section 5"),
    Why.DNS_TIMEOUT: Reason("DNS time-out", "no name server answered in time", "RFC 5321 section 5.1"),
    Why.DNS_SERVFAIL: Reason("SERVFAIL", "the resolver could not get an answer", "RFC 5321 section 5.1"),
    Why.DNS_NXDOMAIN: Reason("NXDOMAIN", "the name does not exist", "RFC 5321 section 5.1"),
    Why.DNS_NODATA: Reason("no data", "the name exists but has no such record", "RFC 2308 section 2.2"),
    Why.DNS_REFUSED: Reason("DNS refused", "the name server refused to answer", "RFC 1035 section 4.1.1"),
    Why.MX_ORDER: Reason("MX order", "the smallest preference number goes first, equals in random order", "RFC 5321 section 5.1"),
    Why.IMPLICIT_MX: Reason("implicit MX", "no MX record, so the domain's own address counts as MX 0", "RFC 5321 section 5.1"),
    Why.NULL_MX: Reason("null MX", "the domain says that it takes no mail", "RFC 7505 section 3"),
    Why.MX_SELF: Reason(
        "own host", "an MTA that is in the MX list drops itself and everything no better, to stop loops", "RFC 5321 section 5.1"
    ),
    Why.MX_UNUSABLE: Reason("no usable MX", "no MX host has an address; the domain's own address must not be used", "RFC 5321 section 5.1"),
    Why.NO_MX_NO_ADDRESS: Reason("no MX, no address", "the domain has neither MX nor address", "RFC 5321 section 5.1"),
    Why.DOMAIN_MISSING: Reason("no such domain", "the domain does not exist", "RFC 5321 section 5.1"),
    Why.NEXT_TARGET: Reason("next MX", "this one failed, so the next target is tried at once", "RFC 5321 section 5.1"),
    Why.LAST_TARGET: Reason("last target", "that was the last target", "RFC 5321 section 5.1"),
    Why.ADDRESS_LIMIT: Reason("address limit", "the program tries no more addresses in one attempt", "postconf(5) smtp_mx_address_limit"),
    Why.SESSION_LIMIT: Reason("session limit", "the program opens no more sessions in one attempt", "postconf(5) smtp_mx_session_limit"),
    Why.DESTINATION_DEAD: Reason(
        "destination dead",
        "too many sessions to this destination failed, so it is left alone for a while",
        "qmgr(8); Postfix 3.7.11 observed",
    ),
    Why.HOST_RETRY_TIME: Reason("retry time not reached", "the host failed before and its retry time has not come", "Exim spec chapter 32"),
    Why.HOST_CUTOFF: Reason("retry timeout exceeded", "the host has failed for longer than the retry rule allows", "Exim spec chapter 32"),
    Why.HOST_LONG_DEAD: Reason(
        "host dead for long",
        "every host has failed for longer than the retry rule allows, so new mail is returned untried",
        "Exim spec chapter 32, delay_after_cutoff",
    ),
    Why.UNWELCOME: Reason("unwelcome", "the server said at its greeting or after it that it takes no mail (5yz)", "RFC 5321 section 3.1"),
    Why.LIFETIME_OVER: Reason("lifetime over", "the message was in the queue for longer than its lifetime", "RFC 5321 section 4.5.4.1"),
    Why.PERMANENT: Reason("permanent", "a permanent failure is returned to the sender, no other MX is asked", "RFC 5321 section 4.2.1"),
    Why.RETRY_LATER: Reason("retry later", "a temporary failure keeps the message in the queue", "RFC 5321 section 4.5.4.1"),
    Why.ATTEMPTS_OVER: Reason("attempts used up", "the program makes no more attempts than these", "the flavour's give_up"),
    Why.SCHEDULE_UNKNOWN: Reason(
        "schedule unknown",
        "nobody has seen what this sender does after its last known attempt, so nobody knows what became of the message",
        "the flavour's known_until",
    ),
    Why.HOP_LIMIT: Reason("too many hops", "the message carries too many Received lines: a loop", "RFC 5321 section 6.3"),
    Why.REPORT_TO_SENDER: Reason("report", "who can't deliver must tell the sender", "RFC 5321 section 6.1; RFC 3464"),
    Why.NULL_SENDER: Reason("null sender", "no report for a report: the null sender is never answered", "RFC 5321 section 4.5.5"),
    Why.NOT_TO_BE_TOLD: Reason("no report wanted", "the sender asked for no report of failures, so nobody is told", "RFC 3461 section 4.1"),
    Why.REPORTED_DELIVERED: Reason("delivered", "the sender asked to be told when the mail is in the mailbox", "RFC 3461 section 5.2.3"),
    Why.REPORTED_RELAYED: Reason(
        "relayed", "the next server makes no such reports, so the sender is told that there will be no more", "RFC 3461 section 5.2.2"
    ),
    Why.DOUBLE_BOUNCE: Reason("double bounce", "a report could not be delivered, so the postmaster is told", "the flavour's double_bounce"),
    Why.FROZEN: Reason(
        "frozen", "a report failed: it is left alone until its time is over, then tried once more", "Exim spec ignore_bounce_errors_after"
    ),
    Why.AUTH_FAILED: Reason("wrong password", "the login failed, and the user is told", "RFC 4954 section 6"),
    Why.AUTH_UNAVAILABLE: Reason(
        "login not possible now", "the server could not check the password in time", "RFC 4954 section 4; Postfix 3.7.11 observed"
    ),
    Why.WENT_DOWN: Reason(
        "went down", "the machine or service that held the message went down in the middle of it", "a declared fault (crash, restart)"
    ),
    Why.QUEUE_LOST: Reason("queue lost", "the server that held the message crashed and lost its queue", "a declared fault (crash)"),
    Why.AUTH_REQUIRED: Reason("login needed", "this server takes mail from users only after a login", "RFC 6409 section 4.3"),
    Why.RELAY_DENIED: Reason("relay denied", "this server is not responsible for that domain", "RFC 5321 section 3.6.2"),
    Why.NO_SUCH_MAILBOX: Reason("no such mailbox", "there is no such mailbox here", "RFC 3463 section 3.2 (X.1.1)"),
    Why.TOO_BIG: Reason("too big", "the message is larger than the server's SIZE", "RFC 1870 section 6"),
    Why.MAILBOX_FULL: Reason("mailbox full", "the mailbox has no room left", "RFC 3463 section 3.3 (X.2.2)"),
    Why.NO_SUBMISSION_HOST: Reason("no submission host", "the client found no server to hand its mail to", "RFC 6186 section 3.4"),
    Why.LOCAL_DELIVERY: Reason("local delivery", "this server is the final destination of the domain", "RFC 5321 section 2.3.10"),
    Why.PUSHED: Reason("pushed", "the open IMAP connection told the client at once", "RFC 2177"),
    Why.POLLED: Reason("polled", "the client looked again at its next interval", "RFC 1939; RFC 9051"),
    Why.GREYLISTED: Reason("greylisted", "the server turns strangers away for a while and lets in who comes back", "RFC 6647; postgrey(8)"),
    Why.TOO_MANY_CONNECTIONS: Reason(
        "too many connections",
        "the client has too many connections to this server, or made too many in a while",
        "postconf(5) smtpd_client_connection_count_limit, smtpd_client_connection_rate_limit",
    ),
    Why.RATE_LIMITED: Reason(
        "too much mail", "the client sent more messages in a while than the server lets it", "postconf(5) smtpd_client_message_rate_limit"
    ),
    Why.UNVERIFIED_RECIPIENT: Reason(
        "recipient not verified", "the server asks the next one whether the recipient exists, and has no good answer", "verify(8)"
    ),
    Why.NOT_A_RECIPIENT: Reason(
        "not a recipient", "the relay's list of the domain's recipients does not have this one", "postconf(5) relay_recipient_maps"
    ),
    Why.TOO_MANY_SESSIONS: Reason(
        "server busy", "the server has as many sessions as it may have and turns others away", "Exim spec smtp_accept_max"
    ),
    Why.EXPANDED: Reason(
        "expanded", "the address stands for others: the message goes on to them", "RFC 5321 section 3.9.1; RFC 3464 section 2.3.3"
    ),
    Why.STS_MISMATCH: Reason(
        "not in the policy", "the domain's MTA-STS policy does not name this host, so no mail may go there", "RFC 8461 sections 4.1 and 5"
    ),
    Why.STS_UNTRUSTED: Reason(
        "no trusted TLS",
        "the domain's MTA-STS policy demands TLS with a valid certificate, and the server has none",
        "RFC 8461 sections 4 and 5",
    ),
    Why.DANE_LOOKUP: Reason(
        "no TLSA answer", "the host's TLSA records could not be looked up, so it counts as unreachable", "RFC 7672 section 2.1.2"
    ),
    Why.DANE_FAILED: Reason(
        "TLSA not met",
        "the host's TLSA records demand TLS with the certificate that they name, and the server has none",
        "RFC 7672 section 2.2",
    ),
    Why.POLICY_FETCHED: Reason("policy fetched", "the policy host gave the domain's MTA-STS policy", "RFC 8461 section 3.3"),
    Why.POLICY_MISSING: Reason(
        "no policy", "the policy host gave no MTA-STS policy, so one that is still held counts, or none", "RFC 8461 section 3.3"
    ),
    Why.CONNECTION_LOST: Reason(
        "connection lost",
        "the client noticed that its open IMAP connection was gone, and opens a new one",
        "RFC 2177; RFC 9293 section 3.8.4",
    ),
    Why.MAILDROP_LOCKED: Reason(
        "maildrop locked", "another POP3 session had the mailbox to itself", "RFC 1939 section 4; RFC 2449 section 8.1.1 (IN-USE)"
    ),
}
