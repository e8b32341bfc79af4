"""The records of a recorded world of mail servers as zones of a scenario: one name server has them all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mailsim.errors import UnsupportedError

__all__ = ["NAME_SERVER", "NEVER_S", "zone_change", "zone_texts"]

#: the name server of all zones in every recording
NAME_SERVER = "ns.gt.test"
#: as the end of an outage or of a rule: it never ends
NEVER_S = 999


def zone_texts(records: Sequence[dict[str, Any]]) -> list[str]:
    """BIND text, one zone for each SOA; what has none is left to the parent's zone.

    Raises
    ------
    UnsupportedError
        A record lies in no zone.
    """
    records = _in_zones(records)
    origins = sorted((r["name"] for r in records if r["type"] == "SOA"), key=len, reverse=True)
    texts = {origin: [f"$ORIGIN {origin}", f"{origin} 300 IN NS {NAME_SERVER}."] for origin in origins}
    for r in records:
        origin = next((o for o in origins if r["name"] == o or r["name"].endswith("." + o)), None)
        if origin is None:
            raise UnsupportedError(f"{r['name']} {r['type']}: no zone with a SOA record holds this name")
        texts[origin].append(f"{r['name']} {r['ttl']} IN {r['type']} {r['value']}")
    return ["\n".join(lines) + "\n" for lines in texts.values()]


def _in_zones(records: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """The same records where no zone begins with an alias, which none may (RFC 1034 section 3.6.2); the recordings' name server
    knew no zones and answered name by name.  Such a name is left to the zone above.
    """
    aliases = {r["name"] for r in records if r["type"] == "CNAME"}
    if not any(r["type"] == "SOA" and r["name"] in aliases for r in records):
        return records
    origins = {r["name"] for r in records if r["type"] == "SOA"} - aliases
    found = []
    for r in records:
        if r["type"] == "SOA" and r["name"] in aliases:
            above = r["name"].partition(".")[2]
            if above in origins:
                continue
            origins.add(above)
            r = {**r, "name": above}
        found.append(r)
    return found


def zone_change(change: dict[str, Any], before: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The new content of a zone, whatever was there ``before``, as a planned change."""
    zone = change["zone"].rstrip(".")
    old = {(name, r["type"]) for r in before if (name := r["name"].rstrip(".")) == zone or name.endswith("." + zone)}
    new = {(r["name"].rstrip("."), r["type"]) for r in change["records"]}
    records = "\n".join(f"{r['name']} {r['ttl']} IN {r['type']} {r['value']}" for r in change["records"])
    gone = [f"{name} {rtype}" for name, rtype in sorted(old - new)]
    return {"at": f"{change['t']}s", "zone": zone, "records": records, "remove": gone}
