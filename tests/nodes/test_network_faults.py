"""What becomes of a message whose session meets a fault of the network or of its server, at each stage of the session.

ann's mail is in the queue of ``isp`` at 0.55 s.  Its body needs 1 s to mx1, and mx1 works on it for 1 s (seconds):

======================= ====== =============== ==================
command                  sent   at the server   reply at isp
======================= ====== =============== ==================
SYN                      0.55   0.60            0.65
(greeting)               0.65   0.70            0.75
EHLO                     0.75   0.80            0.85
MAIL, RCPT, DATA         0.85   0.90            0.95
body                     0.95   1.00 to 2.00
(final dot, then work)          3.00            3.05
======================= ====== =============== ==================

So an attempt that begins at t and meets nothing is taken at t + 2.45.  Postfix tries again at the first multiple of 300 s at or
after floor(e) - 1 + the age at e in whole seconds, at least 300, where e is the end of the attempt that failed: after 300 s if it
ends before 2 s, after 600 s if before 302 s (see :mod:`mailsim.rules.retry.age_clamped`).
"""

from __future__ import annotations

from typing import Any

import pytest

import mailsim
from mailsim.engine import simulate
from mailsim.events import State
from mailsim.rules.reasons import Why
from mailsim.scenario.compiled import compiled
from small_worlds import MTA, S, com, outage, run, world

WORKING: dict[str, Any] = {**MTA, "parameters": {**MTA["parameters"], "server_time": "1s"}}
MX1 = {**WORKING, "final_for": ["example.com"]}
ONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1")
TWO_HOSTS = ("@ MX 10 mx1", "@ MX 20 mx2", "mx1 A 192.0.2.1", "mx2 A 192.0.2.2")
TWO = com(*TWO_HOSTS)
LINKS = {"ann-isp": {"rtt": "100ms", "bandwidth": None}, "default": {"rtt": "100ms", "bandwidth": 80_000}}

NEW, BEFORE, BODY, DOT = "0.5s", "0.88s", "1.5s", "2.5s"
AT = {NEW: "new", BEFORE: "before DATA", BODY: "in the body", DOT: "at the final dot"}


def fault(kind: str, **what: Any) -> dict[str, Any]:
    return {"kind": kind, **what}


def outage_of(how: str, **more: Any) -> dict[str, Any]:
    return {"kind": "outage", "target": "mx1", "how": how, **more}


def partition(a: str, b: str, **more: Any) -> dict[str, Any]:
    return {"kind": "partition", "a": a, "b": b, **more}


CUTS = {
    "silent": outage_of("silent"),
    "silent link": {"kind": "outage", "target": "link isp-mx1", "how": "silent"},
    "address": {"kind": "address", "target": "192.0.2.1"},
    "partial": outage_of("silent", probability=0.999999),
    "partition": partition("isp", "mx1"),
    "lossy": fault("lossy", target="link isp-mx1", probability=1.0),
    "lossy node": fault("lossy", target="mx1", probability=1.0),
}

#: kind, begins, fault, length, what the first contact comes to, tries, when the first copy is taken (s), copies
CASES: list[tuple[str, str, dict[str, Any], str, Why, int, float, int]] = [
    # no packet passes for 5 min: 30 s for the connection; MAIL was sent at 0.85 and is waited for until 300.85; the body stalls at
    # 1.5 and is given up at 181.45.  All try again at 600.  At the final dot TCP saves it: the 250, first sent at 3.0, is sent again
    # 0.2 * (2^11 - 1) = 409.4 s later, and the client waits until 1.95 + 600.
    *(
        (kind, begins, cut, "5m", *seen)
        for kind, cut in CUTS.items()
        for begins, seen in (
            (NEW, (Why.SILENT, 2, 602.45, 1)),
            (BEFORE, (Why.REPLY_TIMEOUT, 2, 602.45, 1)),
            (BODY, (Why.REPLY_TIMEOUT, 2, 602.45, 1)),
            (DOT, (Why.OK, 1, 3.0, 1)),
        )
    ),
    # for 15 min: given up at 601.95, tried again at 1201 - 1 -> 1500, and there twice
    *((kind, DOT, cut, "15m", Why.REPLY_LOST, 2, 3.0, 2) for kind, cut in CUTS.items()),
    # a router says so at 0.65 and at 300.1; at 600 it is over
    ("unreachable", NEW, outage_of("unreachable"), "5m", Why.UNREACHABLE, 3, 602.45, 1),
    ("unreachable", BEFORE, outage_of("unreachable"), "5m", Why.REPLY_TIMEOUT, 2, 602.45, 1),
    ("unreachable", BODY, outage_of("unreachable"), "5m", Why.REPLY_TIMEOUT, 2, 602.45, 1),
    ("unreachable", DOT, outage_of("unreachable"), "15m", Why.REPLY_LOST, 2, 3.0, 2),
    ("partition, unreachable", NEW, partition("isp", "mx1", how="unreachable"), "5m", Why.UNREACHABLE, 3, 602.45, 1),
    ("partition, unreachable", BODY, partition("mx1", "isp", how="unreachable"), "5m", Why.REPLY_TIMEOUT, 2, 602.45, 1),
    # reset at 0.65, 0.95, 1.55 and refused again at 300.1; reset at 2.55, which is due after 2 - 1 + 300; the message never taken
    *(
        ("refused", begins, outage_of("refused"), "5m", why, tries, 602.45, 1)
        for begins, why, tries in ((NEW, Why.REFUSED, 3), (BEFORE, Why.CLOSED, 3), (BODY, Why.CLOSED, 3), (DOT, Why.CLOSED, 2))
    ),
    # what isp sends is lost: the connection fails; a 250 that is still to come arrives at 3.05
    ("one way there", NEW, partition("isp", "mx1", one_way=True), "5m", Why.SILENT, 2, 602.45, 1),
    ("one way there", BEFORE, partition("isp", "mx1", one_way=True), "5m", Why.REPLY_TIMEOUT, 2, 602.45, 1),
    ("one way there", BODY, partition("isp", "mx1", one_way=True), "5m", Why.REPLY_TIMEOUT, 2, 602.45, 1),
    ("one way there", DOT, partition("isp", "mx1", one_way=True), "15m", Why.OK, 1, 3.0, 1),
    ("one way there, unreachable", NEW, partition("isp", "mx1", one_way=True, how="unreachable"), "5m", Why.UNREACHABLE, 3, 602.45, 1),
    # what mx1 sends is lost: it has the body at 2.0 if the last 100 ms of it were under way
    ("one way back", NEW, partition("mx1", "isp", one_way=True), "5m", Why.SILENT, 2, 602.45, 1),
    ("one way back, unreachable", NEW, partition("mx1", "isp", one_way=True, how="unreachable"), "5m", Why.SILENT, 2, 602.45, 1),
    ("one way back", BEFORE, partition("mx1", "isp", one_way=True), "5m", Why.REPLY_TIMEOUT, 2, 602.45, 1),
    ("one way back", BODY, partition("mx1", "isp", one_way=True), "5m", Why.REPLY_TIMEOUT, 2, 602.45, 1),
    ("one way back", "1.95s", partition("mx1", "isp", one_way=True), "15m", Why.REPLY_LOST, 2, 3.0, 2),
    ("one way back", DOT, partition("mx1", "isp", one_way=True), "15m", Why.REPLY_LOST, 2, 3.0, 2),
    # told at 0.75 (0.95) and at 300.2 (300.4); at the final dot at 3.05, due after 3 - 1 + 300, at 600
    ("4xx", NEW, outage_of("4xx", stage="greeting"), "5m", Why.TEMPFAIL, 3, 602.45, 1),
    ("4xx", BEFORE, outage_of("4xx", stage="rcpt"), "5m", Why.TEMPFAIL, 3, 602.45, 1),
    ("4xx", BODY, outage_of("4xx", stage="eod"), "5m", Why.TEMPFAIL, 2, 602.45, 1),
    # that of 602.45 falls into 2.5 to 602.5: it ends at 602.5, age 602, 602 - 1 + 602 -> 1500
    ("4xx", DOT, outage_of("4xx", stage="eod"), "10m", Why.TEMPFAIL, 3, 1502.45, 1),
    # smtp_skip_5xx_greeting: that greeting is no answer about the mail
    ("5xx", NEW, outage_of("5xx", stage="greeting"), "5m", Why.PERMFAIL, 3, 602.45, 1),
    ("drop", NEW, outage_of("drop", stage="greeting"), "5m", Why.CLOSED, 3, 602.45, 1),
    ("drop", BEFORE, outage_of("drop", stage="data"), "5m", Why.CLOSED, 3, 602.45, 1),
    ("drop", BODY, outage_of("drop", stage="eod"), "5m", Why.CLOSED, 2, 602.45, 1),
    ("drop", DOT, outage_of("drop", stage="eod"), "10m", Why.CLOSED, 3, 1502.45, 1),
    # 300 s for the greeting: 300.65 -> 600; 120 s for DATA: 120.85 -> 600; 600 s after the dot: 601.95 -> 1500, not taken before
    ("hang", NEW, outage_of("hang", stage="greeting"), "5m", Why.REPLY_TIMEOUT, 2, 602.45, 1),
    ("hang", BEFORE, outage_of("hang", stage="data"), "5m", Why.REPLY_TIMEOUT, 2, 602.45, 1),
    ("hang", BODY, outage_of("hang", stage="eod"), "5m", Why.REPLY_TIMEOUT, 2, 1502.45, 1),
    ("hang", DOT, outage_of("hang", stage="eod"), "5m", Why.REPLY_TIMEOUT, 2, 1502.45, 1),
    *(("lost_reply", begins, outage_of("lost_reply"), "5m", Why.REPLY_LOST, 2, 3.0, 2) for begins in AT),
    # each reply 2 s later: six of them, four (MAIL, RCPT, DATA, 250), one, one
    *(
        ("slow host", begins, fault("slow", target="mx1", delay="2s"), "5m", Why.OK, 1, taken, 1)
        for begins, taken in ((NEW, 15.0), (BEFORE, 11.0), (BODY, 5.0), (DOT, 5.0))
    ),
    # each round trip 2 s longer: the server hears the last octet after four and a half: 3 + 9; from 0.88 on the reply to DATA is 1 s
    # late, the body 1 s; later only the 250 is
    *(
        ("slow link", begins, fault("slow", target="link mx1-isp", delay="2s"), "5m", Why.OK, 1, taken, 1)
        for begins, taken in ((NEW, 12.0), (BEFORE, 5.0), (BODY, 3.0), (DOT, 3.0))
    ),
    # slower than the patience: the greeting is given up at 300.65 and again tried at 600; the 250 of 3.0 + 700 comes too late
    ("slow host", NEW, fault("slow", target="mx1", delay="301s"), "5m", Why.REPLY_TIMEOUT, 2, 602.45, 1),
    ("slow host", DOT, fault("slow", target="mx1", delay="700s"), "15m", Why.REPLY_LOST, 2, 703.0, 2),
    # MAIL, RCPT and DATA are answered 121 s late one after the other: DATA, waited for from 242.85 to 362.85, is given up; then 900
    ("slow host", BEFORE, fault("slow", target="mx1", delay="121s"), "8m", Why.REPLY_TIMEOUT, 2, 902.45, 1),
    # three seconds of work instead of one, where it had not begun
    *(
        ("capacity", begins, fault("capacity", target="mx1", slower=3), "5m", Why.OK, 1, taken, 1)
        for begins, taken in ((NEW, 5.0), (BEFORE, 5.0), (BODY, 5.0), (DOT, 3.0))
    ),
    ("capacity", DOT, fault("capacity", target="mx1", sessions=1), "5m", Why.OK, 1, 3.0, 1),
]


@pytest.mark.parametrize(
    ("begins", "declared", "length", "why", "tries", "taken_s", "copies"),
    [case[1:] for case in CASES],
    ids=[f"{case[0]} {AT.get(case[1], case[1])} {case[3]}" for case in CASES],
)
def test_what_becomes_of_a_message_whose_session_meets_a_fault(
    begins: str, declared: dict[str, Any], length: str, why: Why, tries: int, taken_s: float, copies: int
) -> None:
    values = world(ONE, {"mx1": MX1}, links=LINKS, faults=({**declared, "start": begins, "length": length},))
    result = run(values)
    delivery = result.delivery()
    assert result.tries()[0] == (0.55, "mx1", why)
    assert (delivery.state, delivery.tries, delivery.copies) == (State.STORED, tries, copies)
    assert delivery.stored_us == round(taken_s * S)
    assert run(values, level="messages").log.trace_hash() == result.log.trace_hash()


@pytest.mark.parametrize(
    ("begins", "stage", "ended_s"), [(BEFORE, "rcpt", 0.95), (BEFORE, "data", 0.95), (BODY, "eod", 3.05), (DOT, "eod", 3.05)]
)
def test_a_5xx_in_mid_session_returns_the_message_when_it_arrives(begins: str, stage: str, ended_s: float) -> None:
    result = run(world(ONE, {"mx1": MX1}, links=LINKS, faults=(outage("mx1", begins, how="5xx", stage=stage),)))
    assert (result.state(), result.delivery().ended_us) == (State.BOUNCED, round(ended_s * S))


# -- the next MX -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "begins", "why", "next_s", "copies"),
    [
        (partition("isp", "mx1"), NEW, Why.SILENT, 30.55, 1),
        (partition("isp", "mx1", one_way=True), NEW, Why.SILENT, 30.55, 1),
        (partition("mx1", "isp", one_way=True), NEW, Why.SILENT, 30.55, 1),
        (partition("isp", "mx1", how="unreachable"), NEW, Why.UNREACHABLE, 0.65, 1),
        (partition("isp", "mx1"), BEFORE, Why.REPLY_TIMEOUT, 300.85, 1),
        (partition("isp", "mx1"), BODY, Why.REPLY_TIMEOUT, 181.45, 1),
        (partition("mx1", "isp", one_way=True), BODY, Why.REPLY_TIMEOUT, 181.55, 1),
        # mx1 has it at 3.0 and nobody knows: it goes to mx2 as well, which hands the second copy to mx1 (nothing is wrong there)
        (partition("mx1", "isp", one_way=True), DOT, Why.REPLY_LOST, 601.95, 2),
        (fault("slow", target="mx1", delay="301s"), NEW, Why.REPLY_TIMEOUT, 300.65, 1),
        (fault("slow", target="link isp-mx1", delay="30s"), NEW, Why.SILENT, 30.55, 1),
        (fault("lossy", target="link isp-mx1", probability=1.0), NEW, Why.SILENT, 30.55, 1),
        (outage_of("refused"), DOT, Why.CLOSED, 2.55, 1),
    ],
)
def test_where_the_first_mx_fails_the_next_one_is_tried_when_the_client_knows(
    declared: dict[str, Any], begins: str, why: Why, next_s: float, copies: int
) -> None:
    nodes = {"mx1": MX1, "mx2": {**WORKING, "relays_for": ["example.com"]}}
    result = run(world(TWO, nodes, links=LINKS, faults=({**declared, "start": begins, "length": "15m"},)))
    assert result.tries()[:2] == [(0.55, "mx1", why), (next_s, "mx2", Why.OK)]
    assert (result.state(), result.delivery().copies) == (State.STORED, copies)


def test_a_partition_splits_groups_and_lets_each_side_talk_within() -> None:
    """isp and mx2 are on one side, mx1 on the other: mx2 takes the mail at 30.55 + 2.45 and can't hand it on either."""
    nodes = {"mx1": {**MX1, "site": "west"}, "mx2": {**WORKING, "relays_for": ["example.com"]}}
    groups = {"east": ["ann", "isp", "mx2"]}
    cut = {**partition("group:east", "site:west"), "start": "0s", "length": "1h"}
    result = run(world(TWO, nodes, links=LINKS, groups=groups, faults=(cut,)))
    assert result.tries() == [(0.55, "mx1", Why.SILENT), (30.55, "mx2", Why.OK)]
    assert [why for _, _, why in result.tries("mx2")][:2] == [Why.SILENT, Why.SILENT]
    assert result.delivery().stored_us > 3600 * S


# -- capacity ----------------------------------------------------------------------------------------------------------


def test_sessions_that_are_open_go_on_and_who_comes_later_waits_for_his_turn() -> None:
    """Two at a time until now; from 2 s on, one.  Both of the first pair are taken at 3.0 and end at 3.05.

    The pair of 1.6 s calls at 2.15 s.  One of them begins when both of the first have ended: its greeting, which would have
    come at 2.35, comes 3.05 - 2.15 later, so it is taken at 2.15 + 2.45 + 0.9 = 5.5 and ends at 5.55; the other is
    2.5 s behind it: 8.0.
    """
    few = {"kind": "capacity", "target": "mx1", "sessions": 1, "start": "2s", "length": "1h"}
    values = world(ONE, {"mx1": {**MX1, "max_sessions": 2}}, times=("0s", "0s", "1.6s", "1.6s"), links=LINKS, faults=(few,))
    result = run(values)
    assert sorted(d.stored_us / S for d in result.deliveries) == [3.0, 3.0, 5.5, 8.0]
    assert run(values, level="messages").log.trace_hash() == result.log.trace_hash()


def test_who_waits_when_the_capacity_comes_back_is_served_at_that_instant() -> None:
    """One at a time until 2.0 s: the second of two, who calls at 0.55 too, begins at 2.0: taken at 2.0 + 2.45."""
    few = {"kind": "capacity", "target": "mx1", "sessions": 1, "start": "0s", "until": "2s"}
    result = run(world(ONE, {"mx1": MX1}, times=("0s", "0s"), links=LINKS, faults=(few,)))
    assert sorted(d.stored_us / S for d in result.deliveries) == [3.0, 4.45]


def test_more_sessions_than_it_ever_serves_change_nothing() -> None:
    many = {"kind": "capacity", "target": "mx1", "sessions": 50, "start": "0s", "length": "1h"}
    one_at_a_time = {"mx1": {**MX1, "max_sessions": 1}}
    with_fault = run(world(ONE, one_at_a_time, times=("0s", "0s"), links=LINKS, faults=(many,)))
    assert sorted(d.stored_us / S for d in with_fault.deliveries) == [3.0, 5.5]


# -- both levels, and populations --------------------------------------------------------------------------------------

EVERY_KIND = {
    "partition": partition("sender", "mx1"),
    "one way there": partition("sender", "mx1", one_way=True),
    "one way back": partition("mx1", "sender", one_way=True),
    "slow host": fault("slow", target="mx1", delay="40s"),
    "slow link": fault("slow", target="link sender-mx1", delay="40s"),
    "lossy link": fault("lossy", target="link sender-mx1", probability=0.3),
    "lossy node": fault("lossy", target="mx1", probability=0.2),
    "few sessions": fault("capacity", target="mx1", sessions=1, slower=30),
    "slow dns": fault("slow", target="ns", delay="3s"),
    "lossy dns": fault("lossy", target="ns", probability=0.5),
}


@pytest.mark.parametrize("sender", ["isp", "world"])
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_both_levels_give_the_same_run_for_users_and_for_populations(kind: str, sender: str) -> None:
    """Mail every 20 s for 40 min, with the fault from 5 to 25 min."""
    declared = {k: v.replace("sender", sender) if isinstance(v, str) else v for k, v in EVERY_KIND[kind].items()}
    nodes: dict[str, Any] = {
        "mx1": MX1,
        "mx2": {**WORKING, "relays_for": ["example.com"]},
        "ns": {"kind": "nameserver", "host": "ns1.example.com"},
        "world": {"kind": "senders", "mix": {"postfix": 1, "exim": 1}},
    }
    values = world(com(*TWO_HOSTS, ttl=60), nodes, links=LINKS, faults=({**declared, "start": "5m", "length": "20m"},))
    origin = "ann@example.org" if sender == "isp" else "world"
    values["traffic"] = [{"kind": "periodic", "from": origin, "to": "bob@example.com", "until": "40m", "every": "20s", "size": "10 kB"}]
    hashes = {level: run(values, level=level).log.trace_hash() for level in ("events", "messages")}
    assert len(set(hashes.values())) == 1
    values["faults"] = []
    assert run(values, level="messages").log.trace_hash() not in hashes.values()


def test_losses_are_drawn_by_the_message_and_the_instant_and_not_by_what_else_happens() -> None:
    """The same link loses the same packets of the first message whether or not a second one follows."""
    lossy = {"kind": "lossy", "target": "link isp-mx1", "probability": 0.3, "start": "0s", "length": "1h"}
    taken = set()
    for times in (("0s",), ("0s", "0s", "1m")):
        scenario = mailsim.load(world(ONE, {"mx1": MX1}, times=times, links=LINKS, faults=(lossy,)))
        taken.add(next(iter(simulate(compiled(scenario), 1, "messages").messages["stored_us"])))
    assert len(taken) == 1
    assert taken.pop() > 3 * S


@pytest.mark.parametrize("kind", ["partition", "one way back", "slow host", "slow link", "lossy link", "few sessions"])
@pytest.mark.parametrize("flavour", ["courier", "exim", "opensmtpd", "qmail", "sendmail"])
def test_every_program_gets_its_mail_through_in_the_end_alike_at_both_levels(flavour: str, kind: str) -> None:
    """Programs that keep sessions open, or greet before they send, among them."""
    declared = {k: v.replace("sender", "isp") if isinstance(v, str) else v for k, v in EVERY_KIND[kind].items()}
    values = world(ONE, {"mx1": MX1}, links=LINKS, isp={"flavour": flavour}, faults=({**declared, "start": "10s", "length": "20m"},))
    values["traffic"][0]["times"] = [f"{k}s" for k in (0, 1, 2, 9, 10, 11, 12, 600)]
    result = run(values)
    assert {d.state for d in result.deliveries if d.parent < 0} == {State.STORED}
    assert run(values, level="messages").log.trace_hash() == result.log.trace_hash()


def test_the_checkers_notice_mail_that_passes_a_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    cut = {**partition("isp", ["mx1"]), "start": "0s", "length": "1h"}
    monkeypatch.setattr("mailsim.scenario.timeline.Divide.between", lambda *_: None)
    with pytest.raises(AssertionError, match=r"though isp cut off from mx1"):
        run(world(ONE, {"mx1": MX1}, links=LINKS, faults=(cut,), times=("60s",)))


# -- people ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_a_run_with_each_kind_can_be_drawn_and_told(kind: str) -> None:
    declared = {k: v.replace("sender", "isp") if isinstance(v, str) else v for k, v in EVERY_KIND[kind].items()}
    nodes = {"mx1": MX1, "mx2": {**WORKING, "relays_for": ["example.com"]}, "ns": {"kind": "nameserver", "host": "ns1.example.com"}}
    values = world(TWO, nodes, links=LINKS, faults=({**declared, "start": "5m", "length": "20m"},), times=("0s", "5m", "10m"))
    result = mailsim.load(values).run()
    words = {span.how for span in result.log.conditions}
    drawn = result.plot.timeline()
    assert drawn is not None
    assert "bob@example.com" in str(result.example("slowest").explain())
    assert all(str(how) in result.scenario.faults[0].words or how for how in words)
