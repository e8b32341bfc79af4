"""What a session must have before mail may go over it, and what a server has to offer: the meeting point of MTA-STS and DANE."""

from __future__ import annotations

from typing import NamedTuple

from mailsim.rules.reasons import Why
from mailsim.rules.smtp import Reply, Stage

__all__ = ["NO_DEMAND", "UNSAFE", "Demand", "Offer"]

#: stands for what a client finds wrong with a server's TLS, at which it leaves (RFC 3463 X.7.5: cryptographic failure)
UNSAFE = Reply(450, "4.7.5", "TLS")


class Offer(NamedTuple):
    """A server's TLS.

    Parameters
    ----------
    starttls : bool
        It offers STARTTLS (RFC 3207).
    trusted : bool
        Its certificate is valid for its host name, by an authority that everybody trusts, and not expired (RFC 8461 section 4.1).
    named : bool
        Its certificate is the one that the TLSA records of its host name (RFC 7672 section 3.1).
    """

    starttls: bool = True
    trusted: bool = True
    named: bool = True


class Demand(NamedTuple):
    """What a client demands of a host: for each demand the reason to leave where it is not met, NONE where nobody demands it.

    Parameters
    ----------
    usable : Why
        The host must not be called at all, for this reason.
    encrypted, trusted, named : Why
        TLS at all; with a trusted certificate; with the one that TLSA records name.
    """

    usable: Why = Why.NONE
    encrypted: Why = Why.NONE
    trusted: Why = Why.NONE
    named: Why = Why.NONE

    def objection(self, offer: Offer) -> tuple[Stage, Why] | None:
        """Where a session with such a server ends, and why; None: it goes on.

        Who misses STARTTLS in the reply to EHLO leaves then; a wrong certificate is seen in the handshake.
        """
        if self.encrypted != Why.NONE and not offer.starttls:
            return Stage.EHLO, self.encrypted
        for wanted, there in ((self.named, offer.named), (self.trusted, offer.trusted)):
            if wanted != Why.NONE and not there:
                return Stage.TLS, wanted
        return None

    def and_also(self, other: Demand) -> Demand:
        """Both demands: neither policy overrides the other where that one fails (RFC 8461 section 2)."""
        return Demand(*(one if one != Why.NONE else two for one, two in zip(self, other, strict=True)))


#: anything will do
NO_DEMAND = Demand()
