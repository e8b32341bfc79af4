"""The figures of unbound, validated."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from mailsim.declared import Duration
from mailsim.flavours.models import ResolverFigures

__all__ = ["UnboundFigures"]


class UnboundFigures(ResolverFigures):
    """Every figure of unbound, named after unbound.conf(5) where it has an option."""

    negative_without_soa: Duration
    first_timeout: Duration
    timeout_factor: Annotated[float, Field(ge=1)] = 2.0
    tries_per_server: Annotated[int, Field(ge=1)] = 5
    total_timeout: Duration
    discard_timeout: Duration | None = None
    restarts: Annotated[int, Field(ge=1)] = 11
