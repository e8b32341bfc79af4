"""Small worlds for readers: bob's devices, each a client of its own, and the mail store that they look into."""

from __future__ import annotations

from typing import Any

from small_worlds import MTA, com, world

__all__ = ["ZONE", "device", "reading"]

#: mx1 takes the mail, the store is imap.example.com
ZONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "imap A 192.0.2.3")


def device(**fetch: Any) -> dict[str, Any]:
    """One program of bob's; it looks every 10 min unless told otherwise."""
    settings = {"host": "imap.example.com", "every": "10m", **fetch}
    return {"kind": "client", "address": "bob@example.com", "password": "hunter2", "fetch": settings}


def reading(
    devices: dict[str, dict[str, Any]],
    *faults: dict[str, Any],
    store: dict[str, Any] | None = None,
    quota: str | None = None,
    boxes: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """bob's devices read what ann sends; a message is stored 1.45 s after she presses send.  ``store``: figures of the mail store."""
    mailbox = {"password": "hunter2", **({"quota": quota} if quota else {})}
    mailstore = {
        "kind": "mailstore",
        "host": "imap.example.com",
        "mailboxes": {"bob@example.com": mailbox, **(boxes or {})},
        "parameters": store or {},
    }
    mx1 = {**MTA, "final_for": ["example.com"], "store": "boxes"}
    nodes = {"mx1": mx1, "boxes": mailstore, **devices, **more.pop("nodes", {})}
    return world(more.pop("zone", ZONE), nodes, faults=faults, **more)
