"""What repeat a run of a rebuilt case gives, worked out by hand.

For these runs everything that is drawn is fixed: the MTA takes 10 ms to accept a message, a sink 44 ms after the end of data,
queue scans come at 1, 3, 5 ... s, and the wall clock is at a full second at t = 0.  A round trip costs 0.2 ms, so a message is
accepted after 12 ms, connections that are refused cost nothing to speak of, and mail is taken 45 ms after its connection.
"""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.validation.mta import repeat_of, scenario_of
from mailsim.validation.mta import world as room
from mta_case import POSTFIX, mta_body

NO_USER = {"stage": "rcpt", "reply": "550 5.1.1 no such user", "match": "u01"}


@pytest.fixture(autouse=True)
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SCAN_PHASE", "1s"), ("SCAN_PHASE_OF", {}), ("ACCEPTS", "10ms"), ("ENDS_OF_DATA", "44ms")):
        monkeypatch.setattr(room, name, value)


def repeat(**more: Any) -> dict[str, Any]:
    body = mta_body(**more)
    scenario = scenario_of(body).replace("nodes.mta.second_phase", "0s")
    return repeat_of(body, scenario.run(seed=1, level="events", progress=False))


def only(found: dict[str, Any]) -> dict[str, Any]:
    (message,) = found["messages"]
    (recipient,) = message["recipients"]
    return recipient


def about(t: float) -> Any:
    return pytest.approx(t, abs=0.004)


def test_mail_that_is_delivered_by_the_second_server() -> None:
    found = repeat(faults=[[-1, 999, "mx1", "refused"]])
    assert found["messages"][0]["id"] == "m01"
    assert found["messages"][0]["t_accept"] == about(0.012)
    one = only(found)
    assert (one["rcpt"], one["final"], one["via"], one["copies"], one["bounce_delivered"]) == (
        "u01@dest.test",
        "delivered",
        "mx2",
        1,
        False,
    )
    assert one["t_final"] == about(0.058)
    (tried,) = one["tries"]
    assert (tried["result"], tried["t_start"], tried["t_end"]) == ("sent", about(0.013), about(0.058))
    refused, taken = tried["addresses"]
    assert (refused["host"], refused["ip"], refused["outcome"], refused["code"], refused["stage"]) == (
        "mx1",
        "10.99.2.11",
        "refused",
        None,
        None,
    )
    assert (taken["host"], taken["ip"], taken["outcome"], taken["code"], taken["stage"]) == ("mx2", "10.99.2.12", "delivered", 250, "eod")
    assert one["dsns"] == []


def test_questions_that_the_mta_asked_are_listed() -> None:
    asked = repeat()["dns"]
    assert asked[0][1:] == ["dest.test", "MX", "NOERROR"]
    assert sorted(row[1:] for row in asked[1:]) == [["mx1.dest.test", "A", "NOERROR"], ["mx2.dest.test", "A", "NOERROR"]]
    assert all(row[0] == about(0.012) for row in asked)


def test_a_recipient_that_does_not_exist() -> None:
    one = only(repeat(hosts={"mx1": {"addrs": ["10.99.2.11"], "behaviour": [NO_USER]}}))
    (tried,) = one["tries"]
    assert (one["final"], one["copies"], one["via"], one["bounce_delivered"], tried["result"]) == ("bounced", 0, None, True, "bounced")
    (address,) = tried["addresses"]  # no other server is asked
    assert (address["host"], address["outcome"], address["code"], address["enh"], address["stage"]) == (
        "mx1",
        "permfail",
        550,
        "5.1.1",
        "rcpt",
    )
    (report,) = one["dsns"]
    assert (report["action"], report["status"], report["final_recipient"]) == ("failed", "5.1.1", "rfc822; u01@dest.test")
    # the recordings know the end by the report: refused at once, then the report takes 45 ms to the sender's server
    assert (one["t_final"], report["t"]) == (report["t"], about(0.06))


def test_one_of_two_recipients_each_with_its_own_tries() -> None:
    rcpts = ("u01@dest.test", "u02@dest.test")
    (message,) = repeat(hosts={"mx1": {"addrs": ["10.99.2.11"], "behaviour": [NO_USER]}}, to=rcpts)["messages"]
    first, second = message["recipients"]
    assert [r["final"] for r in (first, second)] == ["bounced", "delivered"]
    assert [[a["outcome"] for t in r["tries"] for a in t["addresses"]] for r in (first, second)] == [["permfail"], ["delivered"]]


def test_servers_that_refuse_for_ever() -> None:
    """Postfix: an attempt that ends in second e with age a comes again at the first scan from e + clamp(a, 4, 16) - 1 on.

    0 + 4 - 1 = 3: 3; 3 + 4 - 1 = 6: 7; 7 + 7 - 1: 13; 13 + 13 - 1: 25; 25 + 16 - 1 = 40: 41, and 41 s are more than 40.
    """
    one = only(repeat(faults=[[-1, 999, "mx1", "refused"], [-1, 999, "mx2", "refused"]]))
    assert [tried["t_start"] for tried in one["tries"]] == [about(t) for t in (0.013, 3, 7, 13, 25, 41)]
    assert [tried["result"] for tried in one["tries"]] == ["deferred"] * 5 + ["bounced"]
    assert {tuple(a["outcome"] for a in tried["addresses"]) for tried in one["tries"]} == {("refused", "refused")}
    assert (one["final"], one["bounce_delivered"]) == ("expired", True)
    (report,) = one["dsns"]
    assert (report["action"], report["status"], report["t"]) == ("failed", "4.4.1", about(41.046))
    assert one["t_final"] == report["t"]


def test_silent_servers_take_3_s_each_and_one_that_is_back_is_tried_first() -> None:
    # both silent until 10 s: the attempt of 0 ends at 6: 6 + 6 - 1 = 11: 11 s
    one = only(repeat(faults=[[-1, 10, "mx1", "timeout"], [-1, 10, "mx2", "timeout"]]))
    first, second = one["tries"]
    assert (first["t_start"], first["t_end"], first["result"]) == (about(0.013), about(6.013), "deferred")
    assert [(a["host"], a["outcome"], a["t"]) for a in first["addresses"]] == [
        ("mx1", "timeout", about(0.013)),
        ("mx2", "timeout", about(3.013)),
    ]
    assert [(a["host"], a["outcome"]) for a in second["addresses"]] == [("mx1", "delivered")]
    assert (second["t_start"], one["t_final"], one["via"]) == (about(11), about(11.045), "mx1")


def test_a_dropped_connection_after_the_end_of_data_and_one_whose_reply_never_comes() -> None:
    closed = only(repeat(hosts={"mx1": {"addrs": ["10.99.2.11"], "behaviour": [{"stage": "eod", "close": True}]}}))
    assert [(a["host"], a["outcome"], a["stage"]) for a in closed["tries"][0]["addresses"]] == [
        ("mx1", "closed", "eod"),
        ("mx2", "delivered", "eod"),
    ]
    # mx1 answers after 30 s and has taken the mail, Postfix leaves after 6 s: mx2 takes it a second time (RFC 1047)
    slow = only(repeat(hosts={"mx1": {"addrs": ["10.99.2.11"], "behaviour": [{"stage": "eod", "delay": 30}]}}))
    assert [(a["host"], a["outcome"]) for a in slow["tries"][0]["addresses"]] == [("mx1", "timeout"), ("mx2", "delivered")]
    assert slow["tries"][0]["addresses"][1]["t"] == about(6.014)
    assert slow["copies"] == 2


def test_a_warning_is_a_report_of_its_own() -> None:
    """delay_warning_time 10 s: at the first attempt that fails after that, here at 13 s."""
    params = {**POSTFIX, "delay_warning_time": "10s"}
    one = only(repeat(params=params, faults=[[-1, 20, "mx1", "refused"], [-1, 20, "mx2", "refused"]]))
    (report,) = one["dsns"]
    assert (report["action"], report["status"], report["t"]) == ("delayed", "4.4.1", about(13.046))
    assert (one["final"], one["t_final"], one["bounce_delivered"]) == ("delivered", about(25.046), False)


def test_a_message_that_waits_when_the_recording_ends_is_queued() -> None:
    body = mta_body(faults=[[-1, 999, "mx1", "refused"], [-1, 999, "mx2", "refused"]])
    body["horizon"] = 10
    found = repeat_of(body, scenario_of(body).replace("nodes.mta.second_phase", "0s").run(seed=1, level="events", progress=False))
    one = only(found)
    assert (one["final"], one["t_final"], len(one["tries"])) == ("queued", None, 3)  # 0, 3 and 7 s


def test_messages_come_in_the_order_of_the_case_whatever_their_instants() -> None:
    body = mta_body()
    body["workload"] = [{**body["workload"][0], "id": name, "t": t} for name, t in (("m01", 2.0), ("m02", 1.0))]
    found = repeat_of(body, scenario_of(body).run(seed=1, level="events", progress=False))
    assert [(m["id"], m["t_accept"]) for m in found["messages"]] == [("m01", about(2.012)), ("m02", about(1.012))]
