"""Who does it: one file (or package) per kind of node, its declaration and its behaviour."""

from mailsim.nodes.base import KINDS, NodeDeclaration, node_kind
from mailsim.nodes.client import Client, Fetch, Submission
from mailsim.nodes.dnsclient import DnsClient, DnsQuery
from mailsim.nodes.dnsprocess import DnsCall, DnsProcess
from mailsim.nodes.mailstore import Mailbox, Mailstore
from mailsim.nodes.mta import Account, Mta
from mailsim.nodes.nameserver import HealthCheck, Nameserver
from mailsim.nodes.prober import Call, Prober
from mailsim.nodes.resolver import Resolver
from mailsim.nodes.senders import Senders

__all__ = [
    "KINDS",
    "Account",
    "Call",
    "Client",
    "DnsCall",
    "DnsClient",
    "DnsProcess",
    "DnsQuery",
    "Fetch",
    "HealthCheck",
    "Mailbox",
    "Mailstore",
    "Mta",
    "Nameserver",
    "NodeDeclaration",
    "Prober",
    "Resolver",
    "Senders",
    "Submission",
    "node_kind",
]
