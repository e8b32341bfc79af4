"""The lesson of permanent-errors-in-an-outage: 5yz returns all mail of the window, every other failure only delays it."""

from __future__ import annotations

from typing import Any

import pytest

import mailsim
from mailsim.events import State

MINUTE_US = 60_000_000
#: 22:16 to 00:38 on a clock that starts at 22:00
BEGIN_US, END_US = 16 * MINUTE_US, 158 * MINUTE_US


def run(how: str) -> Any:
    values = mailsim.load("permanent-errors-in-an-outage").values(given=True)
    if how != "5xx":
        fault = {key: value for key, value in values["faults"][0].items() if key not in ("reply", "stage")}
        values["faults"] = [{**fault, "how": how}]
    return mailsim.load(values).run(level="messages").log.messages


def test_all_mail_of_the_window_comes_back_and_no_other() -> None:
    """One mail each minute, at a drawn instant of it: the 142 of the 142 minutes, give or take the two at the edges."""
    messages = run("5xx")
    returned = {sent for sent, state in zip(messages["sent_us"], messages["state"], strict=True) if state == State.BOUNCED}
    others = {
        sent
        for sent, state, parent in zip(messages["sent_us"], messages["state"], messages["parent"], strict=True)
        if state != State.BOUNCED and parent < 0
    }
    assert len(returned) + len(others) == 240
    assert all(BEGIN_US - MINUTE_US / 4 < sent < END_US for sent in returned)
    assert not any(BEGIN_US <= sent < END_US - MINUTE_US / 4 for sent in others)


@pytest.mark.parametrize("how", ["4xx", "silent", "refused"])
def test_a_failure_for_now_loses_nothing(how: str) -> None:
    messages = run(how)
    assert set(messages["state"]) == {State.STORED}
    assert len(messages["state"]) == 240
