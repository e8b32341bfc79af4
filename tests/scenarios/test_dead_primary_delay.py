"""The lesson of dead-primary-delay: a silent primary costs one connect time-out, a refusing one a round trip."""

from __future__ import annotations

from typing import Any

import pytest

import mailsim

#: connect time-outs: postconf(5) smtp_connect_timeout, Exim spec connect_timeout (its alarm counts whole seconds, recorded at
#: 301 s), qmail timeoutconnect
TIMEOUT_S = {"postfix": 30, "exim": 300, "qmail": 60}


def arrivals(how: str) -> dict[str, list[int]]:
    log: Any = mailsim.load("dead-primary-delay").replace("faults[0].how", how).run(level="messages").log
    found: dict[str, list[int]] = {}
    for origin, sent, relayed in zip(log.messages["origin"], log.messages["sent_us"], log.messages["relayed_us"], strict=True):
        found.setdefault(log.names[origin], []).append(relayed - sent)
    return found


@pytest.mark.parametrize("program", TIMEOUT_S)
def test_silence_costs_one_time_out_more_than_a_refusal(program: str) -> None:
    """Both runs share every draw, so each mail is later by the time-out less the round trip that the refusal took (40 ms x 1.5 or so)."""
    silent, refused = arrivals("silent")[program], arrivals("refused")[program]
    steps = [(a - b) / 1e6 for a, b in zip(silent, refused, strict=True)]
    assert len(steps) == 20
    alarm_s = 1 if program == "exim" else 0
    assert all(TIMEOUT_S[program] - 0.5 < step < TIMEOUT_S[program] + alarm_s for step in steps)
    assert max(refused) < 15_000_000
