"""MTA-STS policies as declared (RFC 8461), and what a policy host serves over time."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, TypeAdapter, model_validator

from mailsim.declared import Declared, Duration, HostName
from mailsim.flavours import default
from mailsim.rules.sts import Policy

__all__ = ["LaterPolicy", "PolicyTimeline", "StsPolicy"]

#: the longest ``max_age`` (RFC 8461 section 3.2)
LONGEST_US = 31_557_600_000_000

_HOST: TypeAdapter[str] = TypeAdapter(HostName)


def _pattern(text: str) -> str:
    """A host name, or one with ``*`` for its leftmost label (RFC 8461 section 4.1)."""
    star, name = ("*.", text[2:]) if text.startswith("*.") else ("", text)
    if "*" in name:
        raise ValueError(f"{text[:80]!r} is no pattern of MX hosts; * stands for the whole first label: *.example.net")
    return star + _HOST.validate_python(name)


#: a host name or ``*.example.net``, which stands for one label
Pattern = Annotated[str, AfterValidator(_pattern)]


class _Terms(Declared):
    """What a policy says."""

    mode: Literal["enforce", "testing", "none"]
    mx: tuple[Pattern, ...] = ()
    max_age: Annotated[Duration, Field(le=LONGEST_US)]

    @model_validator(mode="after")
    def _names_hosts(self) -> _Terms:
        if self.mode != "none" and not self.mx:
            raise ValueError("a policy that is not mode: none names at least one MX host (RFC 8461 section 3.2)")
        return self

    def policy(self) -> Policy:
        """As the rules take it."""
        return Policy(self.mode, self.mx, self.max_age)


class LaterPolicy(_Terms):
    """What the policy host serves from ``at`` on, in place of what it served before.

    Senders that hold the old policy look again when the ``id`` in the ``_mta-sts`` record changes: edit that too.

    Parameters
    ----------
    at : duration
        From when on.
    mode, mx, max_age : str, list of str, duration
        As for the policy itself.
    """

    at: Duration


class StsPolicy(_Terms):
    """The MTA-STS policy of a domain, served over HTTPS by its policy host (RFC 8461 section 3.2).

    The zone has to say that there is one: ``_mta-sts TXT "v=STSv1; id=1"``.  Senders with the figure ``sts: true`` heed it.

    Parameters
    ----------
    mode : str
        ``enforce``: mail goes only to MX hosts that the policy names, over TLS with a valid certificate · ``testing``: it goes to
        others all the same · ``none``: as if there were no policy.
    mx : list of str
        Host names of MX records; ``*.example.net`` stands for one label.
    max_age : duration
        For how long senders may keep it, at most 31557600 s.
    fetch_time : duration
        What fetching it costs a sender that does not hold it.
    later : list of LaterPolicy
        What is served instead, and from when on.
    """

    fetch_time: Duration = Field(default_factory=lambda: default("policies.fetch_time"))
    later: tuple[LaterPolicy, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> StsPolicy:
        instants = [0, *(one.at for one in self.later)]
        if any(one >= other for one, other in pairwise(instants)):
            raise ValueError("what comes later is listed in order of time, each with an `at` of its own")
        return self


class PolicyTimeline:
    """What a policy host serves over time."""

    def __init__(self, declared: StsPolicy, offset_us: int = 0) -> None:
        self.fetch_us = declared.fetch_time
        self.edges = [one.at + offset_us for one in declared.later]
        self._served = [declared.policy(), *(one.policy() for one in declared.later)]

    def at(self, t_us: int) -> Policy:
        """What is served at an instant."""
        return self._served[bisect_right(self.edges, t_us)]
