"""Who is who in a story: hosts and nodes, whom a node asks, and how a session between two of them is made up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mailsim.flavours import mta_figures
from mailsim.flavours.models import MtaFigures
from mailsim.nodes import Client, Mailstore, Mta
from mailsim.stories.dialogue import Session
from mailsim.stories.record import Delivery

if TYPE_CHECKING:
    from mailsim.scenario.scenario import Scenario

__all__ = ["Cast"]


class Cast:
    """The nodes of a scenario by name, host and address; with no scenario everybody is called what the log calls them.

    Parameters
    ----------
    scenario : Scenario, optional
        The world that was run.
    """

    def __init__(self, scenario: Scenario | None) -> None:
        self._nodes: dict[str, object] = dict(scenario.nodes) if scenario is not None else {}
        self._hosts: dict[str, str] = {}
        self._at: dict[str, tuple[str, ...]] = {}
        self._resolvers: dict[str, str] = {}
        self._own = scenario.flavours if scenario is not None else {}
        if scenario is not None:
            from mailsim.scenario.places import places

            where = places(scenario)
            self._hosts, self._at = dict(where.host), dict(where.nodes_at)
            self._resolvers = {name: scenario.resolver_of(name) or "" for name in scenario.nodes}
        self._named: dict[str, list[str]] = {}
        for node, host in self._hosts.items():
            self._named.setdefault(host, []).append(node)

    def host(self, node: str) -> str:
        """The host name of a node, or its own name."""
        return self._hosts.get(node) or node

    def node(self, host: str, *, kind: type | None = None) -> str:
        """The node at a host (of that kind where several share it), or the host itself."""
        if host in self._nodes:
            return host
        here = self._named.get(host, [])
        fitting = [name for name in here if kind is None or isinstance(self._nodes[name], kind)]
        return (fitting or here or [host])[0]

    def resolver(self, node: str) -> str:
        """The resolver that a node asks, or ``DNS``."""
        return self._resolvers.get(node) or "DNS"

    def readers(self, address: str) -> list[str]:
        """The clients that fetch an address's mail: a user's devices."""
        clients = ((name, node) for name, node in self._nodes.items() if isinstance(node, Client))
        return [name for name, node in clients if node.address == address and node.fetch is not None]

    def figures(self, node: str, flavour: str = "") -> MtaFigures:
        """The figures of an MTA (for a population: of the message's ``flavour``); Postfix's where there are none."""
        declared = self._nodes.get(node)
        if isinstance(declared, Mta):
            return declared.figures(self._own)
        return mta_figures(flavour or "postfix", own=self._own)

    def is_client(self, node: str) -> bool:
        """A user's program, or, with no scenario, unknown: False."""
        return isinstance(self._nodes.get(node), Client)

    def is_local(self, node: str, host: str, rcpt: str) -> bool:
        """Whether ``node`` trying ``host`` for ``rcpt`` is local delivery: by LMTP to the mail store of its own domain."""
        declared = self._nodes.get(node)
        if not isinstance(declared, Mta) or declared.store is None or self.host(declared.store) != host:
            return False
        return rcpt.rpartition("@")[2].lower() in declared.final_for

    def server(self, host: str, *, address: str = "", local: bool = False) -> str:
        """The node that takes mail at a host: its mail store for local delivery, else its MTA.

        The address decides where it is known: a name may mean another machine from one moment to the next.
        """
        kind = Mailstore if local else Mta
        there = [name for name in self._at.get(address, ()) if isinstance(self._nodes[name], kind)]
        return there[0] if there else self.node(host, kind=kind)

    def submission_port(self, node: str) -> int | None:
        """The port that a client was told to use, or None."""
        declared = self._nodes.get(node)
        return declared.submission.port if isinstance(declared, Client) and declared.submission is not None else None

    def session(self, client: str, host: str, *, address: str, delivery: Delivery, rcpt_to: tuple[str, ...], port: int) -> Session:
        """How ``client`` (a node) talks to ``host``: extensions that both have, and the login of a user."""
        ours, theirs = self.figures(client, delivery.flavour), self.figures(self.node(host, kind=Mta))
        tls: Literal["none", "starttls", "implicit"] = "starttls" if ours.starttls and theirs.starttls else "none"
        local = port == 24
        return Session(
            client=self.host(client),
            server=host,
            address=address,
            mail_from=delivery.sender,
            rcpt_to=rcpt_to,
            size_octets=delivery.size,
            port=port,
            tls="none" if local else "implicit" if port == 465 else tls,
            tls_version=min(ours.tls, theirs.tls),
            user=delivery.sender if port in (465, 587) else "",
            pipelining=local or (ours.pipelining and theirs.pipelining),
            greeting="LHLO" if local else "EHLO",
        )
