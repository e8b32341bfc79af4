"""The digest of a scenario: one line that names everything that decides a run, and stays what it is when mailsim learns more.

A key that came after the digest counts only where a scenario uses it; so a file has the digest that it had before there was
such a key, and replay lines that were printed stay true.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from mailsim.flavours import default
from mailsim.nodes import Mta
from mailsim.units import duration, micros

if TYPE_CHECKING:
    from mailsim.scenario.scenario import Scenario

__all__ = ["digest_of"]

#: top-level keys that came later, left out while they are empty
_TOP = ("flavours", "groups", "signed_zones", "policies")

#: keys of faults that came later; those of one kind
_FAULTS: dict[str, Any] = {"every": None, "drawn": None, "log": None, "name": None, "together": None, "then_flush": []}
_OF_KIND: dict[str, dict[str, Any]] = {"outage": {"probability": None, "recipients": None}, "dns": {"zone": None}}

#: keys of changes that came later
_CHANGES = {"ttl": None, "serial": None}


def _mta() -> dict[str, Any]:
    """Keys of an MTA that came later, as a file would hold their defaults."""
    later = {"aliases", "recipients", "verification", "client_limits", "certificate", "tlsa_matches"}
    return Mta().model_dump(mode="json", include=later)


def _fetch() -> dict[str, Any]:
    """Keys of a client's ``fetch`` that came later, as a file would hold their defaults."""
    return {
        "leave_on_server": default("client.leave_on_server"),
        "reconnect": None,
        "keepalive": _written("client.keepalive"),
        "reissue": _written("client.reissue"),
    }


def _written(name: str) -> str:
    """A default duration as it is written out."""
    return duration(micros(default(name)))


def _without(values: dict[str, Any], usual: dict[str, Any]) -> None:
    """Take out what has its usual value."""
    for key, value in usual.items():
        if key in values and values[key] == value:
            del values[key]


def digest_of(scenario: Scenario) -> str:
    """SHA-256 of everything that decides a run besides the seed, every default included."""
    values = scenario.model_dump(mode="json", by_alias=True, exclude={"seed", "lesson", "question", "study"})
    _without(values, {key: values[key] for key in _TOP if not values[key]})
    mta, fetch = _mta(), _fetch()
    for node in values["nodes"].values():
        if node["kind"] == "mta":
            _without(node, mta)
        if isinstance(node.get("fetch"), dict):
            _without(node["fetch"], fetch)
    for fault in values["faults"]:
        _without(fault, _FAULTS | _OF_KIND.get(fault["kind"], {}))
    values["faults"] = [_as_first(fault, ("kind", "target")) for fault in values["faults"]]
    for change in values["changes"]:
        _without(change, _CHANGES)
    text = json.dumps(values, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _as_first(values: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """The same values with some keys in front."""
    return {key: values[key] for key in keys if key in values} | values
