"""The lesson of temporary-errors-and-the-backup: which failures of the primary make which program go on to the backup."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

import mailsim
from mailsim.events import State

TWO_HOURS_US = 7_200_000_000

#: way to fail and stage to what becomes of the mail: to the next server at once, put off, or returned
#: (smtp_trouble.c and smtp_connect.c of Postfix; Exim spec, retry rules and hosts_max_try; qmail-remote.c)
MEANING = {
    ("refused", "rcpt"): {"postfix": "next", "exim": "next", "qmail": "next"},
    ("silent", "rcpt"): {"postfix": "next", "exim": "next", "qmail": "next"},
    ("4xx", "greeting"): {"postfix": "next", "exim": "next", "qmail": "waits"},
    ("5xx", "greeting"): {"postfix": "next", "exim": "next", "qmail": "waits"},
    ("4xx", "mail"): {"postfix": "next", "exim": "next", "qmail": "waits"},
    ("4xx", "rcpt"): {"postfix": "next", "exim": "next", "qmail": "waits"},
    ("4xx", "data"): {"postfix": "next", "exim": "next", "qmail": "waits"},
    ("5xx", "rcpt"): {"postfix": "returned", "exim": "returned", "qmail": "returned"},
}


def shares(how: str, stage: str) -> dict[str, str]:
    scenario = mailsim.load("temporary-errors-and-the-backup").replace("faults[0].how", how).replace("faults[0].stage", stage)
    result: Any = scenario.run(level="messages")
    columns, names = result.log.messages, result.log.names
    found: dict[str, Counter[str]] = {}
    for k, origin in enumerate(columns["origin"]):
        if columns["parent"][k] >= 0:
            continue
        via = names[columns["via"][k]].partition(".")[0] if columns["via"][k] >= 0 else ""
        late = columns["relayed_us"][k] - columns["sent_us"][k]
        fate = "returned" if columns["state"][k] == State.BOUNCED else "next" if via == "mx2" and late < 900_000_000 else "waits"
        found.setdefault(names[origin], Counter())[fate] += 1
    assert all(sum(each.values()) == 20 for each in found.values())
    return {program: "/".join(each) for program, each in found.items()}


@pytest.mark.parametrize(("how", "stage"), MEANING)
def test_who_goes_on_to_the_backup(how: str, stage: str) -> None:
    assert shares(how, stage) == MEANING[how, stage]
