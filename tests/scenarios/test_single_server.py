"""The lesson of single-server: a second MX record that leads to the same machine buys nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mailsim.events import State
from mailsim.rules.reasons import Why


def with_one_record(values: dict[str, Any]) -> dict[str, Any]:
    """The same world without the name mx2."""
    lines = values["zones"][0].splitlines()
    return {**values, "zones": ["\n".join(line for line in lines if "mx2" not in line), *values["zones"][1:]]}


def test_both_names_are_silent_together_and_the_mail_arrives_at_the_same_queue_scan(
    play: Callable[..., Any], exact: Callable[..., Any]
) -> None:
    values = exact("single-server", at=["2h"])
    two, one = play(values), play(with_one_record(values))
    # 7200 s + 762 ms submission; look-ups 3 x 101 ms with two records, 2 x 101 ms with one; 30 s for each name
    assert two.tries(0, "isp")[:2] == [(7201_065_000, "mx1", Why.SILENT), (7231_065_000, "mx2", Why.SILENT)]
    assert one.tries(0, "isp")[:1] == [(7200_964_000, "mx1", Why.SILENT)]
    # two records: end  7261, age   61 -> 300   7560 ->  7800      one record: end  7230, age   30 -> 300   7529 ->  7800
    #              end  7860, age  660          8519 ->  8700                  end  7830, age  630          8459 ->  8700
    #              end  8760, age 1560         10319 -> 10500                  end  8730, age 1530         10259 -> 10500
    #              end 10560, age 3360         13919 -> 14100                  end 10530, age 3330         13859 -> 14100
    #              end 14160, age 6960 -> 4000 18159 -> 18300                  end 14130, age 6930 -> 4000 18129 -> 18300
    #              then every 4200 s: 22500, 26700                             then every 4200 s: 22500, 26700
    scans = [7800, 8700, 10500, 14100, 18300, 22500, 26700]
    for run in (two, one):
        begins = [t // 1_000_000 for t, host, _ in run.tries(0, "isp")[1:] if host == "mx1"]
        assert begins == scans
    # the machine is back at 25200 s; at 26700 s: look-ups 303 ms or 202 ms, session 400 ms, the mailbox is on the same machine
    assert two.mails[0].stored_us == 26700_703_000
    assert one.mails[0].stored_us == 26700_602_000


def test_when_the_machine_stays_down_the_mail_comes_back_with_both(play: Callable[..., Any], exact: Callable[..., Any]) -> None:
    values = exact("single-server", at=["2h"], faults=[{"kind": "outage", "target": "mx1", "start": "1h", "length": "7d", "how": "silent"}])
    two, one = play(values), play(with_one_record(values))
    # Postfix keeps mail for 5 days: from 7200.762 s to 439200.762 s.  The attempts of 14100 s + 102 x 4200 s = 442500 s are the
    # first to end after that: 60 s and 303 ms later with two names, 30 s and 202 ms later with one
    for run, returned in ((two, 442560_303_000), (one, 442530_202_000)):
        mail, report = run.mails
        assert (mail.state, mail.ended_us) == (State.BOUNCED, returned)
        assert (report.parent, report.state) == (0, State.STORED)


@pytest.mark.parametrize("how", ["silent", "refused", "unreachable"])
def test_as_shipped_two_records_fare_no_better_than_one_however_the_machine_fails(
    play: Callable[..., Any], exact: Callable[..., Any], how: str
) -> None:
    values = exact("single-server")
    values["faults"][0]["how"] = how
    two, one = play(values).mails, play(with_one_record(values)).mails
    assert [m.state for m in two] == [m.state for m in one] == [State.STORED] * 24
    # one look-up more, 1 ms or 101 ms, and what it moves: never earlier with two records
    assert all(a.stored_us >= b.stored_us for a, b in zip(two, one, strict=True))
    assert all(a.via == b.via == "mx1.example.com" for a, b in zip(two, one, strict=True))
