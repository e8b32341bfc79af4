"""MTA: receives by SMTP, queues, resolves, relays target after target, defers, expires and reports."""

from mailsim.nodes.mta.actor import MtaActor
from mailsim.nodes.mta.declaration import Account, Mta
from mailsim.nodes.mta.host_workers import HostWorkers
from mailsim.nodes.mta.queue_runs import QueueRuns
from mailsim.nodes.mta.routes import RoutesDiscipline

__all__ = ["Account", "HostWorkers", "Mta", "MtaActor", "QueueRuns", "RoutesDiscipline"]
