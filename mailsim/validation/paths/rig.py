"""What recordings of whole paths had in common: figures of the machine, and the scripts of their clients."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["clients_of", "figure"]


@cache
def _rig() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("rig.toml").read_text("utf-8"))


def figure(name: str) -> Any:
    """A figure that no case states."""
    return _rig()["figures"][name]["value"]


def clients_of(body: dict[str, Any]) -> dict[str, Any] | None:
    """Who calls the servers, besides those who send and read mail.

    A case may say so itself under ``clients``, with ``auth``, ``fetch`` or both; whatever it does not say is the rig's.  Cases with
    neither that nor mail were made with the rig's scripts: None of them says which, so both are run.
    """
    rig = _rig()["clients"]
    if "clients" in body:
        return {**rig, "auth": (), "fetch": (), **body["clients"]}
    return None if body["workload"] else rig
