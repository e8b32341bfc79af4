"""What each way of failing does to a session at each of its stages: one row of a table per kind and stage.

With a round trip of 100 ms, a body of 1 s and a server that works for 1 s the session that starts at 0 runs so (milliseconds):

======================= ====== =============== ==================
command                  sent   at the server   reply at the client
======================= ====== =============== ==================
SYN                         0     50              100
(greeting)                100    150              200
EHLO                      200    250              300
MAIL, RCPT, DATA          300    350              400
body                      400    450 to 1450
(final dot, then work)           2450             2500
======================= ====== =============== ==================

A fault begins at 0 (a new connection meets it), at 301 (in flight, before DATA), at 1000 (in the body) or at 2000 (the server has
the final dot and works), and does not end.  The client waits 30 s for the connection, 300 s for the replies up to RCPT, 120 s for
DATA's, 180 s for a stalled block of the body, 600 s after the final dot (RFC 5321 section 4.5.3.2).
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsim.rules.conditions import FOREVER, NORMAL, Condition, Direction, Manner, Span, Timeline
from mailsim.rules.reasons import Why
from mailsim.rules.session import Contact, Script, Timeouts, contact, script
from mailsim.rules.smtp import ACCEPTED, Reply, Stage

MS = 1000
S = 1_000_000
RTT = 100 * MS
PATIENCE = Timeouts(30 * S, 300 * S, 300 * S, 300 * S, 300 * S, 120 * S, 600 * S, 180 * S)
PLAIN = script(PATIENCE)
NOT_NOW = Reply(451, "4.3.0", "not now")
NEVER = Reply(550, "5.3.0", "never")

NEW, BEFORE, BODY, DOT = 0, 301, 1000, 2000


def session(
    path: Timeline, plan: Script = PLAIN, *, octets: int = 0, body_ms: int = 1000, chance: Callable[[int], float] | None = None
) -> Contact:
    return contact(plan, path, start_us=0, rtt_us=RTT, body_us=body_ms * MS, work_us=1 * S, octets=octets, chance=chance)


def from_(start_ms: float, condition: Condition) -> Timeline:
    return Timeline([Span(int(start_ms * MS), FOREVER, condition)])


SILENT, REFUSED, UNREACHABLE = (Condition(why) for why in (Why.SILENT, Why.REFUSED, Why.UNREACHABLE))
ONLY_THERE = Condition(Why.SILENT, direction=Direction.THERE)
ONLY_BACK = Condition(Why.SILENT, direction=Direction.BACK)
ALL_LOST = Condition(packet_loss=1.0)


def says(reply: Reply, stage: Stage) -> Condition:
    return Condition(Why.OK, reply, stage)


def does(manner: Manner, stage: Stage) -> Condition:
    return Condition(stage=stage, manner=manner)


#: kind, begins, condition, what the client knows, at which stage, when (ms), when the server took the message (ms, -1 never)
CASES = [
    # no packet passes: patience of the stage; a body since when it stalls, as the client sees it: 1000 - 50 + 180,000;
    # after the dot 1450 - 50 + 600,000, and the message is taken at 2450
    *(
        (kind, begins, condition, *seen)
        for kind, condition in (("silent", SILENT), ("lossy 1.0", ALL_LOST), ("partition", SILENT))
        for begins, seen in (
            (NEW, (Why.SILENT, Stage.CONNECT, 30_000, -1)),
            (BEFORE, (Why.REPLY_TIMEOUT, Stage.MAIL, 300_300, -1)),
            (BODY, (Why.REPLY_TIMEOUT, Stage.EOD, 180_950, -1)),
            (DOT, (Why.REPLY_LOST, Stage.EOD, 601_400, 2450)),
        )
    ),
    # a router says so to a SYN; for an open connection that is a passing trouble (RFC 1122 section 4.2.3.9)
    ("unreachable", NEW, UNREACHABLE, Why.UNREACHABLE, Stage.CONNECT, 100, -1),
    ("unreachable", BEFORE, UNREACHABLE, Why.REPLY_TIMEOUT, Stage.MAIL, 300_300, -1),
    ("unreachable", BODY, UNREACHABLE, Why.REPLY_TIMEOUT, Stage.EOD, 180_950, -1),
    ("unreachable", DOT, UNREACHABLE, Why.REPLY_LOST, Stage.EOD, 601_400, 2450),
    # the process is gone: RST to the next packet; while it works, as soon as it dies
    ("refused", NEW, REFUSED, Why.REFUSED, Stage.CONNECT, 100, -1),
    ("refused", BEFORE, REFUSED, Why.CLOSED, Stage.MAIL, 400, -1),
    ("refused", BODY, REFUSED, Why.CLOSED, Stage.EOD, 1050, -1),
    ("refused", DOT, REFUSED, Why.CLOSED, Stage.EOD, 2050, -1),
    # the packets of the client are lost, those of the server arrive: so does the 250 that is still to come
    ("one way there", NEW, ONLY_THERE, Why.SILENT, Stage.CONNECT, 30_000, -1),
    ("one way there", BEFORE, ONLY_THERE, Why.REPLY_TIMEOUT, Stage.MAIL, 300_300, -1),
    ("one way there", BODY, ONLY_THERE, Why.REPLY_TIMEOUT, Stage.EOD, 180_950, -1),
    ("one way there", DOT, ONLY_THERE, Why.OK, Stage.EOD, 2500, 2450),
    # what comes back is lost: a body goes on for one round trip, until acknowledgements are missed: 1100 - 50 + 180,000
    ("one way back", NEW, ONLY_BACK, Why.SILENT, Stage.CONNECT, 30_000, -1),
    ("one way back", BEFORE, ONLY_BACK, Why.REPLY_TIMEOUT, Stage.MAIL, 300_300, -1),
    ("one way back", BODY, ONLY_BACK, Why.REPLY_TIMEOUT, Stage.EOD, 181_050, -1),
    ("one way back", DOT, ONLY_BACK, Why.REPLY_LOST, Stage.EOD, 601_400, 2450),
    # the last 50 ms of the body are under way when the way back is cut at 1400: it is taken, and comes twice
    ("one way back", 1400, ONLY_BACK, Why.REPLY_LOST, Stage.EOD, 601_400, 2450),
    # replies: at the greeting 200, at RCPT 400, to the final dot 2500
    *(
        (kind, begins, says(reply, stage), why, stage, end_ms, -1)
        for kind, reply, why in (("4xx", NOT_NOW, Why.TEMPFAIL), ("5xx", NEVER, Why.PERMFAIL))
        for begins, stage, end_ms in (
            (NEW, Stage.GREETING, 200),
            (BEFORE, Stage.RCPT, 400),
            (BEFORE, Stage.DATA, 400),
            (BODY, Stage.EOD, 2500),
            (DOT, Stage.EOD, 2500),
        )
    ),
    # the connection ends instead of a reply
    ("drop", NEW, does(Manner.DROP, Stage.GREETING), Why.CLOSED, Stage.GREETING, 200, -1),
    ("drop", BEFORE, does(Manner.DROP, Stage.DATA), Why.CLOSED, Stage.DATA, 400, -1),
    ("drop", BODY, does(Manner.DROP, Stage.EOD), Why.CLOSED, Stage.EOD, 2500, -1),
    ("drop", DOT, does(Manner.DROP, Stage.EOD), Why.CLOSED, Stage.EOD, 2500, -1),
    # no reply: 100 + 300,000; DATA 300 + 120,000; the dot 1400 + 600,000
    ("hang", NEW, does(Manner.HANG, Stage.GREETING), Why.REPLY_TIMEOUT, Stage.GREETING, 300_100, -1),
    ("hang", BEFORE, does(Manner.HANG, Stage.DATA), Why.REPLY_TIMEOUT, Stage.DATA, 120_300, -1),
    ("hang", BODY, does(Manner.HANG, Stage.EOD), Why.REPLY_TIMEOUT, Stage.EOD, 601_400, -1),
    ("hang", DOT, does(Manner.HANG, Stage.EOD), Why.REPLY_TIMEOUT, Stage.EOD, 601_400, -1),
    # the 250 alone is lost, whenever that begins before it leaves
    *(
        ("lost_reply", begins, does(Manner.LOSE, Stage.EOD), Why.REPLY_LOST, Stage.EOD, 601_400, 2450)
        for begins in (NEW, BEFORE, BODY, DOT, 2450)
    ),
    ("lost_reply", 2451, does(Manner.LOSE, Stage.EOD), Why.OK, Stage.EOD, 2500, 2450),
    # 2 s more for each reply: greeting, EHLO, MAIL, RCPT, DATA, final 250 (not for the SYN): 2500 + 6 * 2000
    ("slow host", NEW, Condition(delay_us=2 * S), Why.OK, Stage.EOD, 14_500, 14_450),
    ("slow host", BEFORE, Condition(delay_us=2 * S), Why.OK, Stage.EOD, 10_500, 10_450),  # MAIL, RCPT, DATA, 250
    ("slow host", BODY, Condition(delay_us=2 * S), Why.OK, Stage.EOD, 4500, 4450),
    ("slow host", DOT, Condition(delay_us=2 * S), Why.OK, Stage.EOD, 4500, 4450),
    # 2 s more for each of 5 round trips; the last one ends 1050 after the server has it
    ("slow link", NEW, Condition(lag_us=2 * S), Why.OK, Stage.EOD, 12_500, 11_450),
    # MAIL, RCPT and DATA were sent at 300; the way back of their replies is slow, that of the body, and that of the last reply
    ("slow link", BEFORE, Condition(lag_us=2 * S), Why.OK, Stage.EOD, 5500, 4450),
    ("slow link", BODY, Condition(lag_us=2 * S), Why.OK, Stage.EOD, 3500, 2450),  # only the way back is left: 50 + 1000
    ("slow link", DOT, Condition(lag_us=2 * S), Why.OK, Stage.EOD, 3500, 2450),
    # three times 1 s of work, as long as it has not begun
    ("capacity", NEW, Condition(slower=3.0), Why.OK, Stage.EOD, 4500, 4450),
    ("capacity", BEFORE, Condition(slower=3.0), Why.OK, Stage.EOD, 4500, 4450),
    ("capacity", BODY, Condition(slower=3.0), Why.OK, Stage.EOD, 4500, 4450),
    ("capacity", DOT, Condition(slower=3.0), Why.OK, Stage.EOD, 2500, 2450),
]


@pytest.mark.parametrize(
    ("begins_ms", "condition", "why", "stage", "end_ms", "taken_ms"),
    [case[1:] for case in CASES],
    ids=[f"{case[0]} from {case[1]} ms, {case[4].name.lower()}" for case in CASES],
)
def test_what_a_session_comes_to_that_meets_a_fault_at_this_stage(
    begins_ms: int, condition: Condition, why: Why, stage: Stage, end_ms: int, taken_ms: int
) -> None:
    reply = ACCEPTED if why == Why.OK else condition.reply
    taken = taken_ms * MS if taken_ms >= 0 else -1
    assert session(from_(begins_ms, condition)) == Contact(why, stage, reply, end_ms * MS, taken)


# -- one direction -----------------------------------------------------------------------------------------------------


def test_a_way_cut_in_both_directions_one_by_one_is_cut() -> None:
    path = Timeline([Span(0, FOREVER, ONLY_THERE), Span(0, FOREVER, ONLY_BACK)])
    assert path.at(0) == SILENT


def test_a_way_back_that_heals_within_the_patience_brings_the_reply() -> None:
    """EHLO is answered at 250; the reply is sent again after 0.2, 0.6, 1.4 s; the way back is open again at 1000: 250 + 1400 + 50."""
    assert session(Timeline([Span(240 * MS, 1000 * MS, ONLY_BACK)])).end_us == (2500 + 1400) * MS


def test_a_body_goes_on_when_the_way_back_heals() -> None:
    """Cut at 1000; until 1100 data flows, then it stalls; sent again at 1100 + 200, when the way has been open since 1250.

    The other 350 ms of the body follow: it is at the server at 1650 instead of 1450.
    """
    assert session(Timeline([Span(1000 * MS, 1250 * MS, ONLY_BACK)])).end_us == (2500 + 200) * MS


def test_who_calls_from_there_sees_a_one_way_cut_turned_round_and_hears_no_router() -> None:
    there = Condition(Why.UNREACHABLE, direction=Direction.THERE)
    assert there.seen_from_there() == Condition(Why.SILENT, direction=Direction.BACK)
    assert SILENT.seen_from_there() == SILENT
    assert session(from_(0, there)) == Contact(Why.UNREACHABLE, Stage.CONNECT, None, 100 * MS, -1)
    assert session(from_(0, there.seen_from_there())).why == Why.SILENT


def test_a_server_that_dies_behind_a_cut_takes_nothing() -> None:
    """The way is cut at 2000 and the service stopped at 2200, before it would have taken the message at 2450."""
    path = Timeline([Span(2000 * MS, FOREVER, SILENT), Span(2200 * MS, FOREVER, REFUSED)])
    assert session(path) == Contact(Why.REPLY_TIMEOUT, Stage.EOD, None, 601_400 * MS, -1)


def test_a_server_that_dies_while_only_its_words_arrive_resets_the_connection() -> None:
    path = Timeline([Span(2000 * MS, FOREVER, ONLY_THERE), Span(2200 * MS, FOREVER, REFUSED)])
    assert session(path) == Contact(Why.CLOSED, Stage.EOD, None, 2250 * MS, -1)


def test_a_connection_that_is_dropped_behind_a_cut_is_not_seen_to_end() -> None:
    path = Timeline([Span(0, FOREVER, does(Manner.DROP, Stage.EOD)), Span(2000 * MS, FOREVER, SILENT)])
    assert session(path) == Contact(Why.REPLY_TIMEOUT, Stage.EOD, None, 601_400 * MS, -1)


# -- slow: patience bites at each stage --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begins_ms", "delay_s", "stage", "end_ms", "taken_ms"),
    [
        (0, 301, Stage.GREETING, 300_100, -1),
        (200, 301, Stage.EHLO, 300_200, -1),
        (300, 301, Stage.MAIL, 300_300, -1),
        (300, 121, Stage.DATA, 0, -1),
        (1000, 599, Stage.EOD, 0, 601_450),
        (1000, 600, Stage.EOD, 601_400, 602_450),
    ],
)
def test_a_slow_host_costs_the_patience_of_the_stage_at_which_it_is_too_slow(
    begins_ms: int, delay_s: int, stage: Stage, end_ms: int, taken_ms: int
) -> None:
    """MAIL and RCPT wait 300 s, DATA only 120: 121 s late each, MAIL is answered at 350 + 121,000 and RCPT 121 s later;
    DATA is waited for since then, as the client sees it: 300 + 2 * 121,000 + 120,000.

    The final dot: at the server at 1450, work 1 s; 599 s late its reply is there at 601,500, which is 100 ms too late:
    the client gave up 600 s after it sent the dot at 1400.  It was taken all the same.
    """
    result = session(from_(begins_ms, Condition(delay_us=delay_s * S)))
    due = {(300, 121): 362_300, (1000, 599): 601_400}.get((begins_ms, delay_s), end_ms)
    assert (result.stage, result.end_us) == (stage, due * MS)
    assert result.taken_us == (taken_ms * MS if taken_ms >= 0 else -1)
    assert result.why == (Why.REPLY_LOST if taken_ms >= 0 else Why.REPLY_TIMEOUT)


def test_a_link_slower_than_the_patience_for_a_connection_is_a_silent_one() -> None:
    assert session(from_(0, Condition(lag_us=29_900 * MS))).why == Why.OK
    assert session(from_(0, Condition(lag_us=29_901 * MS))) == Contact(Why.SILENT, Stage.CONNECT, None, 30 * S, -1)


# -- lossy: which packet is lost ---------------------------------------------------------------------------------------


def losing(*lost: int) -> Callable[[int], float]:
    """Of the session's packets in order, these are lost."""
    return lambda k: 0.0 if k in lost else 0.9


@pytest.mark.parametrize(
    ("lost", "late_ms"),
    [
        ((), 0),
        ((1,), 1000),  # the SYN: sent again after 1 s
        ((2,), 1000),  # the answer to it
        ((1, 2), 2000),  # two SYNs
        ((3,), 200),  # what prompts the greeting, then the greeting, EHLO, its reply
        ((4,), 200),
        ((5,), 200),
        ((6,), 200),
        ((5, 6), 600),  # EHLO twice: 0.2 + 0.4 s
        ((5, 6, 7), 1400),
        ((5, 7), 400),  # EHLO once, its reply once
        ((7,), 200),  # MAIL, RCPT and DATA are one packet
        ((10,), 200),  # DATA's 354 (8 and 9 are the replies to MAIL and RCPT)
        ((11,), 200),  # the final 250
        ((1, 3, 5, 7), 4000),  # the SYN, then the answers to those sent at 1, 2 and 3 s
    ],
)
def test_a_lost_packet_costs_the_time_until_it_is_sent_again(lost: tuple[int, ...], late_ms: int) -> None:
    """A body passes at its own pace, whose losses are part of it; 100 segments at 1 % take 1206.828 ms (see test_tcp)."""
    result = session(from_(0, Condition(packet_loss=0.01)), octets=146_000, chance=losing(*lost))
    assert result.why == Why.OK
    assert result.end_us == pytest.approx((2706.828 + late_ms) * MS, abs=2)


def test_a_reply_to_the_final_dot_that_is_lost_for_too_long_is_a_lost_reply() -> None:
    """The ladder 0.2 * (2^k - 1) s has 11 more tries within 600 s: 0.2 ... 409.4; all of them and the first are lost."""
    result = session(from_(0, Condition(packet_loss=0.5)), chance=losing(*range(11, 23)))
    assert (result.why, result.end_us, result.taken_us) == (Why.REPLY_LOST, 601_400 * MS, 2450 * MS)
    assert session(from_(0, Condition(packet_loss=0.5)), chance=losing(*range(11, 22))).why == Why.OK


def test_a_narrow_link_is_not_slowed_further_by_losses_it_recovers_from() -> None:
    """100 segments at 1 % need 1.2 s with bandwidth without end; at a bandwidth of 10 s for the body they need 10 s."""
    assert session(from_(0, Condition(packet_loss=0.01)), octets=146_000, body_ms=10_000, chance=losing()).end_us == 11_500 * MS


def test_a_body_slows_down_while_its_link_is_lossy() -> None:
    """From 950 on: half of the body is there at 950; the other half takes half of 1206.828 ms."""
    result = session(from_(950, Condition(packet_loss=0.01)), octets=146_000, chance=losing())
    assert result.end_us == pytest.approx((2500 - 500 + 603.414) * MS, abs=2)


# -- laws --------------------------------------------------------------------------------------------------------------

PLANS = st.builds(
    lambda **extensions: script(PATIENCE, **extensions), starttls=st.booleans(), pipelining=st.booleans(), recipients=st.integers(1, 4)
)
PLANS_FOR_ONE = st.builds(lambda **extensions: script(PATIENCE, **extensions), starttls=st.booleans(), pipelining=st.booleans())
INSTANTS = st.integers(0, 4_000).map(lambda ms: ms * MS)
#: unsteady, and no session notices: so that each command is looked at by itself
UNNOTICED = Span(FOREVER - 2, FOREVER - 1, Condition(lag_us=1))


STEADY = [SILENT, REFUSED, UNREACHABLE, says(NOT_NOW, Stage.RCPT), says(NEVER, Stage.EOD)]


@given(PLANS_FOR_ONE, INSTANTS, st.sampled_from(STEADY), INSTANTS)
def test_each_command_by_itself_comes_to_the_same_as_all_together(plan: Script, begins: int, condition: Condition, lasts: int) -> None:
    span = Span(begins, begins + lasts + 1, condition)
    assert session(Timeline([span, UNNOTICED]), plan) == session(Timeline([span]), plan)


@given(PLANS, INSTANTS, st.integers(0, 1000), INSTANTS)
def test_a_loss_of_all_packets_is_silence(plan: Script, begins: int, octets: int, lasts: int) -> None:
    lossy, silent = (Timeline([Span(begins, begins + lasts + 1, c), UNNOTICED]) for c in (ALL_LOST, SILENT))
    assert session(lossy, plan, octets=octets) == session(silent, plan, octets=octets)


@given(PLANS, INSTANTS, st.integers(0, 3_000).map(lambda ms: ms * MS), st.booleans())
def test_more_delay_never_helps(plan: Script, begins: int, delay: int, link: bool) -> None:
    slow, slower = (
        session(from_(begins / MS, Condition(lag_us=d) if link else Condition(delay_us=d)), plan).end_us for d in (delay, delay + MS)
    )
    assert slow <= slower


@given(PLANS, INSTANTS, st.floats(0.0, 1.0), st.integers(0, 2**32))
def test_losses_never_make_a_session_faster(plan: Script, begins: int, loss: float, seed: int) -> None:
    def chance(k: int) -> float:
        return (seed * 2654435761 + k * 40503) % 65_521 / 65_521

    undisturbed = session(Timeline(), plan)
    result = session(from_(begins / MS, Condition(packet_loss=loss)) if loss else Timeline(), plan, octets=20_000, chance=chance)
    assert result.why != Why.OK or result.end_us >= undisturbed.end_us
    assert (result.taken_us >= 0) == (result.why in (Why.OK, Why.REPLY_LOST))


def test_what_is_wrong_in_both_places_adds_up() -> None:
    one, other = Condition(packet_loss=0.1, lag_us=5, slower=2.0), Condition(packet_loss=0.5, delay_us=7, sessions=3)
    assert one.with_worse(other) == Condition(packet_loss=1 - 0.9 * 0.5, lag_us=5, delay_us=7, sessions=3, slower=2.0)
    assert one.with_worse(NORMAL) == one
