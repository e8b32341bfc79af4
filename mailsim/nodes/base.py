"""What every node has, the register of node kinds, and the little that a node may know of the world around it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from mailsim.declared import Declared, HostName

__all__ = ["KINDS", "HostDeclaration", "NodeDeclaration", "ServerList", "StubSettings", "node_kind"]


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


def _listed(value: object) -> object:
    """One name is a list of one; none is an empty list."""
    return () if value is None else (value,) if isinstance(value, str) else value


def _shortest(names: tuple[str, ...]) -> object:
    return names[0] if len(names) == 1 else list(names)


#: the servers that a stub asks, in order: node names; one may be written by itself
ServerList = Annotated[
    tuple[str, ...],
    BeforeValidator(_listed),
    PlainSerializer(_shortest),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, {"type": "null"}]}),
]


def _settings(value: object) -> object:
    return {"flavour": value} if isinstance(value, str) else value


class StubSettings(Declared):
    """The stub resolver that a node's programs use: ``flavour`` (``glibc``, ``cares``), ``parameters`` override its figures."""

    flavour: str = "glibc"
    parameters: dict[str, Any] = {}


class NodeDeclaration(Declared):
    """What every node may say.

    Parameters
    ----------
    site : str, optional
        Label for faults and links (``site:north``).
    resolver : str or list of str, optional
        The servers that this node's stub asks, in order: nodes of kind resolver, or name servers that it asks directly; by
        default ``defaults: {resolver: ...}`` or the only resolver there is.
    stub : str or dict
        The stub resolver of its programs: a flavour, or ``{flavour: glibc, parameters: {rotate: true}}``.
    """

    kind: str
    site: str | None = None
    resolver: ServerList = ()
    stub: Annotated[StubSettings, BeforeValidator(_settings)] = StubSettings()


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
