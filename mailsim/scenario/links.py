"""Links: round-trip time, bandwidth and loss-free capacity between two nodes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from mailsim.declared import Declared, DrawnDuration
from mailsim.flavours import default

__all__ = ["Link", "Links"]


def _drawn(value: Any) -> Any:
    """``40ms`` is short for a constant."""
    return {"kind": "constant", "value": value} if isinstance(value, str | int | float) else value


class Link(Declared):
    """A link: ``rtt`` (drawn for each session) and ``bandwidth`` in bits per second (``None``: no limit)."""

    rtt: Annotated[DrawnDuration, BeforeValidator(_drawn)] = Field(default_factory=lambda: DrawnDuration(**default("link.rtt")))
    bandwidth: float | None = Field(default_factory=lambda: default("link.bandwidth"), gt=0)


#: ``default``, ``local`` (same site or same machine), ``a-b`` (two nodes) or ``site:x-site:y``
Links = dict[str, Link]
