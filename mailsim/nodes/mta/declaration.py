"""The declaration of an MTA: what it is responsible for, whose program it runs and what deviates from that program."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from mailsim.declared import Declared, Duration, HostName
from mailsim.nodes.base import HostDeclaration, node_kind

__all__ = ["Account", "Mta"]


class Account(Declared):
    """A login for submission where the MTA has no mail store that knows the users."""

    password: str = ""


@node_kind("mta")
class Mta(HostDeclaration):
    """A mail transfer agent.

    *Primary* and *backup* are no properties of an MTA: the zone's MX preference makes the role.

    Parameters
    ----------
    flavour : str
        Program whose behaviour and figures it has (``postfix``, ``exim``).
    final_for : tuple of str
        Domains whose mailboxes are here (in ``store``, or in the MTA itself where no store is named).
    relays_for : tuple of str
        Domains that it takes mail for and passes on: what a backup MX does.
    store : str, optional
        The mail store node that keeps the mailboxes of ``final_for``.
    submission : bool
        Takes mail from its users on ports 465 and 587 after a login.
    accounts : dict
        Logins besides the mailboxes of ``store``.
    queue_lifetime : duration, optional
        How long mail is kept and tried; by default the flavour's.
    max_sessions : int, optional
        Sessions that it serves at a time; by default the flavour's.
    scan_phase : duration, optional
        When the first queue scan (queue run) is; by default drawn uniformly over the scan interval.
    parameters : dict
        Overrides of any other figure of the flavour.
    """

    kind: Literal["mta"] = "mta"
    flavour: str = "postfix"
    final_for: tuple[HostName, ...] = ()
    relays_for: tuple[HostName, ...] = ()
    store: str | None = None
    submission: bool = False
    accounts: dict[str, Account] = {}
    queue_lifetime: Duration | None = None
    max_sessions: Annotated[int, Field(ge=1)] | None = None
    scan_phase: Duration | None = None
    parameters: dict[str, Any] = {}
