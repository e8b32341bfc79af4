"""The lesson of greylisting-two-mx: servers that remember for themselves turn a stranger away once each."""

from __future__ import annotations

from typing import Any

import mailsim


def quarters(memory: str | None) -> list[int]:
    """After how many quarters of an hour each mail is taken."""
    values = mailsim.load("greylisting-two-mx").values(given=True)
    for name in ("mx1", "mx2"):
        values["nodes"][name]["greylist"] = {"delay": "5m"} if memory is None else {"delay": "5m", "memory": memory}
    messages: Any = mailsim.load(values).run(level="messages").log.messages
    return [round((stored - sent) / 900e6) for stored, sent in zip(messages["stored_us"], messages["sent_us"], strict=True)]


def test_with_one_memory_each_stranger_is_turned_away_once() -> None:
    assert set(quarters("shared")) == {1}


def test_with_two_memories_every_second_one_is_turned_away_twice() -> None:
    """A fair coin decides whether the second attempt meets the other server; of 200, 100 +- 4.5 x 7.1 (false alarm 7e-6)."""
    found = quarters(None)
    assert set(found) == {1, 2}
    assert abs(found.count(2) - 100) < 32
