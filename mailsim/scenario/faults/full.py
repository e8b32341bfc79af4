"""No room: on the disk of a server, or in one mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from mailsim.declared import MailAddress
from mailsim.errors import did_you_mean
from mailsim.rules.conditions import Condition
from mailsim.rules.cues import Cue
from mailsim.rules.reasons import Why
from mailsim.rules.smtp import Reply, Stage
from mailsim.scenario.faults.base import Effect, FaultDeclaration, Ground, Place, fault_kind
from mailsim.scenario.faults.targets import check_kinds, is_one_of

if TYPE_CHECKING:
    from mailsim.scenario.document import Path
    from mailsim.scenario.problems import Complaint, Sight

__all__ = ["DiskFull", "MailboxFull"]

#: RFC 3463 X.3.1; Postfix smtpd.c (``queue_minfree``); that a mail store, and programs not named below, say the same is an assumption
_NO_SPACE = Reply(452, "4.3.1", "Insufficient system storage")

#: what other programs say, at MAIL as well
_SAID = {
    "exim": Reply(452, "", "Space shortage, please try later"),  # smtp_in.c, check_spool_space
    "sendmail": Reply(452, "4.4.5", "Insufficient disk space; try again later"),  # srvrsmtp.c, MinFreeBlocks
}

#: RFC 3463 X.2.2; RFC 5321 section 4.2.3 (452, 552); Dovecot 2.3 quota plugin, ``quota_exceeded_message``
_FULL = {
    "4xx": Reply(452, "4.2.2", "Quota exceeded (mailbox for user is full)"),
    "5xx": Reply(552, "5.2.2", "Quota exceeded (mailbox for user is full)"),
}


@fault_kind("disk_full")
class DiskFull(FaultDeclaration):
    """The disk of a server is full: new mail is told 452 and stays with the sender; what an MTA has already goes its way.

    Parameters
    ----------
    target : str
        An MTA (it says so at MAIL, in its program's words) or a mail store (at RCPT, by LMTP), an address, ``site:x`` or ``group:x``.
    """

    kind: Literal["disk_full"]
    target: str

    @property
    def words(self) -> str:
        """What is wrong, for people."""
        return "disk full"

    def effects(self, ground: Ground, number: int) -> Iterator[Effect]:
        """Each server of the target says it in its own way."""
        for name in ground.of_kind(self.target, "mta", "mailstore"):
            node = ground.nodes.get(name)
            if getattr(node, "kind", "") == "mailstore":
                reply, stage = _NO_SPACE, Stage.RCPT
            else:
                reply, stage = _SAID.get(getattr(node, "flavour", ""), _NO_SPACE), Stage.MAIL
            yield Effect(Place("node", name), Condition(Why.OK, reply, stage), name, f"{reply} at {stage.name.lower()}")

    def check(self, sight: Sight, at: Path) -> Iterator[Complaint]:
        """The target takes mail."""
        yield from check_kinds(sight, (*at, "target"), self.target, ("mta", "mailstore"), "a full disk")


@fault_kind("mailbox_full")
class MailboxFull(FaultDeclaration):
    """One mailbox is full, whatever it may hold: what comes for it is refused at RCPT.

    Parameters
    ----------
    target : str
        The mail store, which refuses by LMTP, so that its MTA waits or returns the mail; or an MTA, which refuses in session.
    mailbox : str
        The address.
    answer : str
        ``4xx``: 452 4.2.2, try again later; ``5xx``: 552 5.2.2, the sender is told at once.
    """

    kind: Literal["mailbox_full"]
    target: str
    mailbox: MailAddress
    answer: Literal["4xx", "5xx"] = "4xx"

    @property
    def words(self) -> str:
        """What is wrong, for people: ``mailbox bob@example.com full (4xx)``."""
        return f"mailbox {self.mailbox} full ({self.answer})"

    @property
    def lane(self) -> tuple[str, ...]:
        """Several mailboxes may be full."""
        return (*super().lane, self.mailbox.lower())

    def effects(self, ground: Ground, number: int) -> Iterator[Effect]:
        """A line of the server's script."""
        for node in ground.of_kind(self.target, "mta", "mailstore"):
            cue = Cue(Stage.RCPT, _FULL[self.answer], match=self.mailbox.lower(), whole=True)
            yield Effect(Place("cues", node), cue, node, self.words)

    def check(self, sight: Sight, at: Path) -> Iterator[Complaint]:
        """The target takes mail, and a mail store has the mailbox."""
        yield from check_kinds(sight, (*at, "target"), self.target, ("mta", "mailstore"), "a full mailbox")
        boxes = getattr(sight.scenario.nodes.get(self.target), "mailboxes", None)
        if boxes is not None and self.mailbox.lower() not in {address.lower() for address in boxes}:
            what = f"{self.target} has no mailbox {self.mailbox[:60]}"
            yield (*at, "mailbox"), f"{what}{did_you_mean(self.mailbox, boxes) or is_one_of(list(boxes))}", 0
