"""The lesson of nolisting: a dead first MX costs a time-out, and the mail of who tries no other."""

from __future__ import annotations

from typing import Any

import mailsim
from mailsim.events import State

DAY_US = 86_400_000_000


def runs() -> tuple[Any, Any]:
    scenario = mailsim.load("nolisting")
    logs = [scenario.replace("faults[0].how", how).run(level="messages").log for how in ("silent", "refused")]
    return logs[0], logs[1]


def of(log: Any, origin: str, column: str) -> list[int]:
    rows = zip(log.messages["origin"], log.messages["parent"], log.messages[column], strict=True)
    return [value for name, parent, value in rows if log.names[name] == origin and parent < 0]


def test_honest_programs_lose_a_connect_time_out_and_a_round_trip_where_it_is_refused() -> None:
    """Both runs share all draws: the step is Postfix's 30 s less the round trip of the refusal (median 40 ms)."""
    silent, refused = runs()
    steps = [(a - b) / 1e6 for a, b in zip(of(silent, "honest", "stored_us"), of(refused, "honest", "stored_us"), strict=True)]
    assert len(steps) == 40
    assert all(29.5 < step < 30 for step in steps)


def test_who_tries_the_best_only_gets_its_mail_back_after_five_days() -> None:
    for log in runs():
        assert set(of(log, "hasty", "state")) == {State.BOUNCED}
        ages = [end - sent for end, sent in zip(of(log, "hasty", "ended_us"), of(log, "hasty", "sent_us"), strict=True)]
        assert all(5 * DAY_US <= age <= 5 * DAY_US + 4_400_000_000 for age in ages)
