"""An outage: something does not answer, does not run, can't be reached, or answers wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from mailsim.rules.conditions import Condition, Manner
from mailsim.rules.cues import Cue
from mailsim.rules.dns import Rcode
from mailsim.rules.reasons import Why
from mailsim.rules.smtp import Reply, Stage, parse_reply
from mailsim.scenario.faults.base import Effect, FaultDeclaration, Ground, Place, fault_kind
from mailsim.scenario.faults.targets import AUTH_OF, STAGES, check_reply, check_target, link_of

if TYPE_CHECKING:
    from mailsim.scenario.document import Path
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["Outage"]

_REACH = {"silent": Why.SILENT, "refused": Why.REFUSED, "unreachable": Why.UNREACHABLE}
_RCODE = {"servfail": Rcode.SERVFAIL, "refused": Rcode.REFUSED, "nxdomain": Rcode.NXDOMAIN}
_REPLY = {"4xx": Reply(451, "4.3.0", "Temporary failure, try again later"), "5xx": Reply(550, "5.3.0", "Mail system refuses")}
_MANNER = {"drop": Manner.DROP, "hang": Manner.HANG, "lost_reply": Manner.LOSE}

_FOR_NAMES = ("silent", "servfail", "refused", "nxdomain")
_FOR_LINKS = ("silent", "unreachable")
_FOR_LOGINS = ("silent", "refused")
_FOR_NODES = ("silent", "refused", "unreachable", "4xx", "5xx", "drop", "hang", "lost_reply")
#: what a server says or does within a session
_IN_SESSION = ("4xx", "5xx", "drop", "hang", "lost_reply")


@fault_kind("outage")
class Outage(FaultDeclaration):
    """``target`` fails from ``start`` (included) for ``length`` (its end excluded), or until ``until``.

    Parameters
    ----------
    target : str
        A node, an address, ``link a-b``, ``site:x``, ``group:x``, ``dns name/TYPE``, or ``auth of a`` (who checks the passwords
        of node a).
    how : str
        ``silent`` nothing comes back (host or network down) · ``refused`` the machine is up, the service is not ·
        ``unreachable`` a router says so · ``4xx`` / ``5xx`` the server answers with ``reply`` at ``stage`` ·
        ``drop`` it closes the connection at ``stage`` · ``hang`` it does not answer at ``stage`` · ``lost_reply`` it takes the
        message and its 250 is lost ·
        for ``dns`` targets: ``silent``, ``servfail``, ``refused``, ``nxdomain``; for ``auth of`` targets: ``refused`` the checker
        does not run, ``silent`` it does not answer.
    reply : str, optional
        The reply of ``4xx`` and ``5xx``, such as ``451 4.3.0 try again later``.
    stage : str
        Where the reply comes: ``greeting``, ``ehlo``, ``mail``, ``rcpt``, ``data`` or ``eod`` (end of data).
    probability : float, optional
        Only this share of the SMTP sessions with a node meets it, each by chance.
    recipients : str, optional
        Only recipients that contain this are answered so; with ``4xx`` and ``5xx`` at ``rcpt``.
    """

    kind: Literal["outage"]
    target: str
    how: Literal["silent", "refused", "unreachable", "4xx", "5xx", "drop", "hang", "lost_reply", "servfail", "nxdomain"] = "silent"
    reply: str | None = None
    stage: Literal["greeting", "ehlo", "mail", "rcpt", "data", "eod"] = "rcpt"
    probability: Annotated[float, Field(gt=0, lt=1)] | None = None
    recipients: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _fits(self) -> Outage:
        if self.recipients is not None and (self.how not in ("4xx", "5xx") or self.stage != "rcpt"):
            raise ValueError("recipients goes with how: 4xx or 5xx at stage: rcpt")
        if self.recipients is not None and self.probability is not None:
            raise ValueError("give probability (of sessions) or recipients, not both")
        return self

    @property
    def lane(self) -> tuple[str, ...]:
        """What happens to a share of the sessions, or to some recipients, may come on top of another outage."""
        target = " ".join(self.target.split())
        part = "" if self.probability is None and self.recipients is None else f"{self.how} {self.stage} {self.recipients or ''}"
        return (self.kind, target.lower() if target.startswith("dns ") else target, part)

    @property
    def words(self) -> str:
        """What is wrong, for people: ``silent``, ``451 4.3.0 try again later at rcpt``."""
        return self.how

    def effects(self, ground: Ground, number: int) -> Iterator[Effect]:
        """As its target is a name, a checker of passwords, a link or nodes."""
        if self.target.startswith("dns "):
            name, _, rtype = self.target[4:].strip().partition("/")
            condition = Condition(Why.SILENT) if self.how == "silent" else Condition(rcode=_RCODE[self.how])
            yield Effect(Place("name", (name.rstrip(".").lower(), rtype.upper())), condition, "dns", self.how)
        elif self.target.startswith(AUTH_OF):
            node = self.target.removeprefix(AUTH_OF).strip()
            yield Effect(Place("auth", node), Condition(_REACH[self.how]), node, f"no logins ({self.how})")
        elif self.target.startswith("link "):
            a, b = link_of(self.target, ground.names)
            yield Effect(Place("link", (a, b)), Condition(_REACH[self.how]), f"{a}-{b}", self.how)
        else:
            yield from self._of_nodes(ground, number)

    def _of_nodes(self, ground: Ground, number: int) -> Iterator[Effect]:
        condition, words = self._condition()
        whole = condition.reach in (Why.SILENT, Why.UNREACHABLE)
        nodes = ground.of_kind(self.target, "mta", "mailstore") if self.how in _IN_SESSION else ground.targets(self.target)
        for node in ground.machines(self.target) if whole else nodes:
            if self.recipients is not None:
                cue = Cue(Stage.RCPT, condition.reply, match=self.recipients)
                yield Effect(Place("cues", node), cue, node, f"{words} for {self.recipients}")
            elif self.probability is not None:
                part = Place("part", (node, number, self.probability))
                yield Effect(part, condition, node, f"{words} ({100 * self.probability:g} % of sessions)")
            else:
                yield Effect(Place("node", node), condition, node, words)

    def _condition(self) -> tuple[Condition, str]:
        if self.how in _REACH:
            return Condition(_REACH[self.how]), self.how
        if self.how in _MANNER:
            stage = Stage.EOD if self.how == "lost_reply" else STAGES[self.stage]
            said = {"drop": f"drops connections at {self.stage}", "hang": f"hangs at {self.stage}", "lost_reply": "loses its 250"}
            return Condition(stage=stage, manner=_MANNER[self.how]), said[self.how]
        reply = parse_reply(self.reply) if self.reply else _REPLY[self.how]
        return Condition(Why.OK, reply, STAGES[self.stage]), f"{reply} at {self.stage}"

    def check(self, sight: Sight, at: Path) -> Iterator[Complaint]:
        """The target exists, and the way of failing fits it."""
        yield from check_target(sight, (*at, "target"), self.target)
        kind, space, _ = self.target.partition(" ")
        special = {"dns": ("a name", _FOR_NAMES), "link": ("a link", _FOR_LINKS), "auth": ("who checks passwords", _FOR_LOGINS)}
        what, possible = special.get(kind if space else "", ("a node", _FOR_NODES))
        if self.how not in possible:
            yield (*at, "how"), f"{what} can't fail by {self.how}; write {', '.join(possible[:-1])} or {possible[-1]}", 0
        elif self.how in _IN_SESSION:
            node = sight.scenario.nodes.get(self.target)
            if node is not None and node.kind not in ("mta", "mailstore"):
                says = f"{self.target} is a node of kind {node.kind} and gives no replies; write silent, refused or unreachable"
                yield (*at, "how"), says, 0
        elif self.probability is not None and possible is not _FOR_NODES:
            yield (*at, "probability"), f"{what} has no sessions of which a share could fail; leave probability out", 0
        yield from check_reply(self, at, self.reply, self.how)
        if self.stage != "rcpt" and (self.how not in _IN_SESSION or (self.how == "lost_reply" and self.stage != "eod")):
            stays = "what is lost is the 250 after the message" if self.how == "lost_reply" else "write hang for silence at a stage"
            yield (*at, "stage"), f"stage goes with how: 4xx, 5xx, drop or hang, not {self.how}; {stays}", 0
