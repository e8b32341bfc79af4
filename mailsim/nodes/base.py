"""What every node has, the register of node kinds, and the little that a node may know of the world around it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Annotated, TypeVar

from pydantic import BeforeValidator

from mailsim.declared import Declared, HostName

__all__ = ["KINDS", "HostDeclaration", "NodeDeclaration", "node_kind"]


def _addresses(value: object) -> object:
    """One or more addresses, each in its one canonical spelling (RFC 5952); what is none is left for the check of places."""
    if isinstance(value, str):
        value = (value,)
    return tuple(_canonical(one) for one in value) if isinstance(value, list | tuple) else value


def _canonical(address: object) -> object:
    try:
        return str(ipaddress.ip_address(address)) if isinstance(address, str) else address
    except ValueError:
        return address


class NodeDeclaration(Declared):
    """What every node may say.

    Parameters
    ----------
    site : str, optional
        Label for faults and links (``site:north``).
    resolver : str, optional
        The resolver node that this node asks; by default ``defaults: {resolver: ...}`` or the only one there is.
    """

    kind: str
    site: str | None = None
    resolver: str | None = None


class HostDeclaration(NodeDeclaration):
    """What every node that others connect to may say besides.

    Parameters
    ----------
    host : str, optional
        Fully qualified name; by default the one zone name whose first label is the node's name.
    address : tuple of str
        Addresses, where no zone has any for ``host``; else the next free documentation address.
    """

    host: HostName | None = None
    address: Annotated[tuple[str, ...], BeforeValidator(_addresses)] = ()


#: kind -> declaration class; filled by :func:`node_kind`
KINDS: dict[str, type[NodeDeclaration]] = {}

N = TypeVar("N", bound=type[NodeDeclaration])


def node_kind(name: str) -> Callable[[N], N]:
    """Make a declaration known to YAML, schema, documentation and command line under ``kind: name``."""

    def register(cls: N) -> N:
        assert name not in KINDS, f"node kind {name!r} is registered twice"
        KINDS[name] = cls
        return cls

    return register
