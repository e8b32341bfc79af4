"""How far a walk along the targets has come, and what it all came to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mailsim.rules.mx import Target
from mailsim.rules.reasons import Why
from mailsim.rules.receive import Refusal, policy_reason
from mailsim.rules.session import Contact
from mailsim.rules.smtp import Action, Reply, Stage

if TYPE_CHECKING:
    from mailsim.nodes.attempt import Item

__all__ = ["Handover", "Outcome", "Progress"]


class Handover(NamedTuple):
    """A server that took deliveries at an instant; the client knows at ``end_us``; ``keep``: its 250 was lost."""

    taken_us: int
    server: Any
    deliveries: tuple[int, ...]
    target: Target
    end_us: int
    keep: bool


class Outcome(NamedTuple):
    """What an attempt came to.

    ``handover`` is the one that ended it well; ``action`` is about the deliveries in ``left``; ``refused`` were refused
    for good one by one.
    """

    action: Action
    why: Why
    end_us: int
    handover: Handover | None
    left: tuple[int, ...]
    refused: tuple[tuple[int, Reply, Why], ...]
    reply: Reply | None
    contacted: int
    #: retry records to write: hosts that failed, ``host message`` where only this message was put off, ``route domain``
    failed_hosts: tuple[str, ...]
    site_failed: bool
    good_hosts: tuple[str, ...]
    #: retry records that decide when it is due again
    keys: tuple[str, ...] = ()
    #: a connection stood, so that a server's session was in use
    held: bool = False
    #: the last target and what trying it came to
    target: Target | None = None
    contact: Contact | None = None


class Progress:
    """How far a walk has come."""

    __slots__ = ("contact", "contacted", "failed", "good", "held", "left", "refused", "reply", "sessions", "site_failed", "target")

    def __init__(self, left: tuple[int, ...]) -> None:
        self.left = left
        self.refused: list[tuple[int, Reply, Why]] = []
        self.failed: list[str] = []
        self.good: list[str] = []
        self.reply: Reply | None = None
        self.target: Target | None = None
        self.contact: Contact | None = None
        self.contacted = self.sessions = 0
        self.site_failed = self.held = False

    def taken(self, result: Contact, server: Any, target: Target, verdicts: Sequence[Refusal | None]) -> Handover:
        """A server took what it did not refuse recipient by recipient."""
        self.good.append(target.address)
        each = list(zip(self.left, verdicts, strict=True))
        self.refused += [(d, v.reply, v.why) for d, v in each if v is not None and v.reply.code >= 500]
        self.left = tuple(d for d, v in each if v is not None and v.reply.code < 500)
        return Handover(result.taken_us, server, tuple(d for d, v in each if v is None), target, result.end_us, False)

    def failed_at(self, target: Target, item: Item, result: Contact) -> None:
        """A target failed: as a host, or only for this message."""
        self.site_failed = result.stage < Stage.MAIL or result.why not in (Why.TEMPFAIL, Why.PERMFAIL)
        self.failed.append(target.address if self.site_failed else f"{target.address} {item.number}")

    def apart(self, verdicts: Sequence[Refusal | None]) -> bool:
        """All recipients were refused: some for good, some for now?  Then those for good are done with."""
        each = [(d, v) for d, v in zip(self.left, verdicts, strict=True) if v is not None]
        later = tuple(d for d, v in each if v.reply.code < 500)
        if len(later) in (0, len(each)):
            return False
        self.refused += [(d, v.reply, v.why) for d, v in each if v.reply.code >= 500]
        self.left = later
        return True

    def outcome(self, action: Action, why: Why, end_us: int, keys: tuple[str, ...] = (), *, handover: Handover | None = None) -> Outcome:
        """What it all came to."""
        return Outcome(
            action=action,
            why=policy_reason(self.reply, why),
            end_us=end_us,
            handover=handover,
            left=self.left,
            refused=tuple(self.refused),
            reply=self.reply,
            contacted=self.contacted,
            failed_hosts=tuple(self.failed),
            site_failed=self.site_failed and action == Action.DEFER,
            good_hosts=tuple(self.good),
            keys=keys,
            held=self.held,
            target=self.target,
            contact=self.contact,
        )
