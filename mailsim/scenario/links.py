"""Links: round-trip time, bandwidth and loss-free capacity between two nodes."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from mailsim.declared import Declared, DrawnDuration, drawn
from mailsim.flavours import default

__all__ = ["Link", "Links"]


class Link(Declared):
    """A link: ``rtt`` (drawn for each session) and ``bandwidth`` in bits per second (``None``: no limit)."""

    rtt: Annotated[DrawnDuration, BeforeValidator(drawn)] = Field(default_factory=lambda: DrawnDuration(**default("link.rtt")))
    bandwidth: float | None = Field(default_factory=lambda: default("link.bandwidth"), gt=0)


#: ``default``, ``local`` (same site or same machine), ``a-b`` (two nodes) or ``site:x-site:y``
Links = dict[str, Link]
