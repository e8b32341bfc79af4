"""Small layouts for studies: one mail server, or one with a backup, as dictionaries that tests may change."""

from copy import deepcopy
from typing import Any

import pytest

from mailsim.scenario.doors import load
from mailsim.scenario.scenario import Scenario

ZONE = """$ORIGIN example.com.
@   3600 IN SOA ns1 hostmaster 1 7200 900 1209600 300
@   3600 IN NS  ns1
@   3600 IN MX  10 mx1
mx1 3600 IN A   192.0.2.10
mx2 3600 IN A   198.51.100.20
ns1 3600 IN A   192.0.2.53
"""

SINGLE: dict[str, Any] = {
    "name": "single",
    "zones": [ZONE],
    "nodes": {"mx1": {"kind": "mta", "final_for": ["example.com"]}, "dns": {"kind": "resolver"}},
}


class Layouts:
    """Makes the layouts: ``single()``, ``backup(queue_lifetime="10d")``, ``values()`` for a dictionary to change."""

    def values(self) -> dict[str, Any]:
        return deepcopy(SINGLE)

    def single(self, **more: Any) -> Scenario:
        return load({**self.values(), **more})

    def backup(self, **figures: Any) -> Scenario:
        values = self.values()
        values["zones"] = [ZONE + "@ 3600 IN MX 20 mx2\n"]
        values["nodes"]["mx2"] = {"kind": "mta", "relays_for": ["example.com"], **figures}
        return load({**values, "name": "backup"})


@pytest.fixture(scope="session")
def layouts() -> Layouts:
    return Layouts()
