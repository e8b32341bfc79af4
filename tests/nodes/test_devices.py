"""Several devices of one user: who has a message when, what POP3 takes away from the others, and one session at a time."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailsim.errors import ScenarioError
from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from mailsim.scenario import load
from reading_worlds import device, reading
from small_worlds import Run, S, outage, run

POP = {"protocol": "pop3"}
LOOKS = {"idle": False}


def fetched(result: Run, number: int = 0) -> list[tuple[str, float]]:
    """(device, second) of each fetch of a message."""
    return [(row.node, row.t_us / S) for row in result.of(Event.FETCHED, number=number)]


def failed(result: Run, node: str) -> list[tuple[float, Why]]:
    """(second, why) of each look of a device that failed."""
    return [(row.t_us / S, Why(row.why)) for row in result.of(Event.FETCH_FAILED, node=node)]


# -- a desktop on IDLE and a phone that looks every 15 minutes ------------------------------------------------------------

DESK_AND_PHONE = {"desk": device(), "phone": device(**LOOKS, every="15m", phase="5m")}


def test_each_device_has_the_message_in_its_own_time_and_the_first_one_counts() -> None:
    """Stored at 1.45 s; pushed 1.5 RTT later; the phone looks at 5 min and needs 6 RTT."""
    result = run(reading(DESK_AND_PHONE, run_until="10m"))
    assert fetched(result) == [("desk", 1.6), ("phone", 300.6)]
    assert result.delivery().fetched_us == 1_600_000


def test_while_the_desktop_is_cut_off_the_phone_has_it_first() -> None:
    """The desktop's way is silent from 1 s to 20 min: it finds its connection dead at its first look after that."""
    desk = {"desk": device(phase="7m"), "phone": DESK_AND_PHONE["phone"]}
    result = run(reading(desk, outage("link desk-boxes", "1s", length="1199s"), run_until="1h"))
    assert fetched(result) == [("phone", 300.6), ("desk", 1620.6)]  # looks of 7, 17 and 27 min
    assert result.delivery().fetched_us == 300_600_000


def test_without_idle_on_the_server_a_client_polls() -> None:
    """The desktop's first look is its phase, 1 min; its connection is not kept."""
    devices = {"desk": device(phase="1m"), "push": device(phase="2m", reconnect="30s")}
    assert fetched(run(reading(devices, store={"idle": False}, run_until="10m"))) == [("desk", 60.6), ("push", 120.6)]


def test_a_user_with_several_devices_sends_from_the_one_that_can() -> None:
    values = reading({"phone": device(), "desk": {**device(), "submission": {"discover": "mail.example.org"}}})
    values["nodes"]["isp"]["accounts"]["bob@example.com"] = {"password": "hunter2"}
    values["traffic"] = [{"kind": "at", "from": "bob@example.com", "to": "ann@example.org", "times": ["0s"], "size": "10 kB"}]
    assert [row.node for row in run(values).of(Event.SENT)] == ["desk"]


# -- POP3 fetches and deletes (RFC 1939 section 8) ------------------------------------------------------------------------


def test_what_pop3_has_fetched_another_device_never_sees() -> None:
    """POP3 looks at 60 s, has the message after 7 RTT, and it is gone from 60.75 s on; IMAP looks at 120 s in vain."""
    result = run(reading({"pop": device(**POP, phase="1m"), "imap": device(**LOOKS, phase="2m")}, run_until="1h"))
    assert fetched(result) == [("pop", 60.7)]


def test_what_is_left_on_the_server_everybody_sees() -> None:
    result = run(reading({"pop": device(**POP, phase="1m", leave_on_server=True), "imap": device(**LOOKS, phase="2m")}, run_until="1h"))
    assert fetched(result) == [("pop", 60.7), ("imap", 120.6)]


def test_imap_leaves_the_mail_where_it_is() -> None:
    result = run(reading({"pop": device(**POP, phase="2m"), "imap": device(**LOOKS, phase="1m")}, run_until="1h"))
    assert fetched(result) == [("imap", 60.6), ("pop", 120.7)]


def test_a_look_that_lists_before_the_quit_still_sees_what_is_being_deleted() -> None:
    """QUIT is at the server at 60.75 s; a look of 60.34 s lists at 60.74 s, one of 60.36 s at 60.76 s."""
    for phase, expected in (("60.34s", [("pop", 60.7), ("imap", 60.94)]), ("60.36s", [("pop", 60.7)])):
        devices = {"pop": device(**POP, phase="1m"), "imap": device(**LOOKS, phase=phase)}
        assert fetched(run(reading(devices, run_until="1h"))) == expected


def test_a_session_that_breaks_before_its_quit_deletes_nothing_and_the_next_one_does() -> None:
    """RFC 1939 section 6: cut at 60.72 s, 30 ms before QUIT would be there.  So IMAP finds it at 120 s; POP3 deletes it with the look
    of 660 s, without fetching it again, and what looks for the first time at 700 s finds nothing.
    """
    devices = {"pop": device(**POP, phase="1m"), "imap": device(**LOOKS, phase="2m"), "late": device(**LOOKS, phase="700s")}
    result = run(reading(devices, outage("link boxes-pop", "60.72s", length="30s"), run_until="1h"))
    assert fetched(result) == [("pop", 60.7), ("imap", 120.6)]
    assert failed(result, "pop") == [(60.72, Why.CLOSED)]


def test_leaving_mail_on_the_server_is_a_choice_of_pop3() -> None:
    with pytest.raises(ScenarioError, match=r"nodes\.desk\.fetch: leave_on_server is a choice of POP3"):
        load(reading({"desk": device(leave_on_server=True)}))
    with pytest.raises(ScenarioError, match=r"nodes\.desk\.fetch: reconnect keeps an IDLE connection open"):
        load(reading({"desk": device(**POP, reconnect="30s")}))


# -- one POP3 session of a mailbox at a time ------------------------------------------------------------------------------

ONE = {"pop3_lock": True}
AT_ONCE = {"a": device(**POP, phase="1m", leave_on_server=True), "b": device(**POP, phase="1m", leave_on_server=True)}


def test_dovecot_serves_two_pop3_sessions_side_by_side() -> None:
    assert fetched(run(reading(AT_ONCE, run_until="5m"))) == [("a", 60.7), ("b", 60.7)]


def test_with_a_lock_the_second_session_waits_for_the_first_ones_quit() -> None:
    """Both PASS are there at 60.45 s; a's QUIT at 60.75 s, so b is 0.3 s late."""
    assert fetched(run(reading(AT_ONCE, store=ONE, run_until="5m"))) == [("a", 60.7), ("b", 61.0)]


def test_a_session_that_may_not_wait_is_told_that_the_maildrop_is_in_use() -> None:
    """-ERR is back half a trip after 60.45 s; b looks again at 660 s."""
    result = run(reading(AT_ONCE, store={**ONE, "pop3_lock_wait": "0s"}, run_until="15m"))
    assert fetched(result) == [("a", 60.7), ("b", 660.7)]
    (row,) = result.of(Event.FETCH_FAILED)
    assert (row.t_us, row.node, row.why) == (60_500_000, "b", Why.MAILDROP_LOCKED)
    assert "[IN-USE]" in row.extra


def test_who_had_to_wait_finds_what_the_other_one_left() -> None:
    devices = {name: device(**POP, phase="1m") for name in ("a", "b")}
    assert fetched(run(reading(devices, store=ONE, run_until="5m"))) == [("a", 60.7)]


def test_a_session_that_falls_silent_locks_the_maildrop_until_autologout() -> None:
    """RFC 1939 section 3: ten minutes after 60.72 s.  Looks of 120, 180, ... 660 s find it in use (PASS at 660.45 s), 720 s does not."""
    devices = {"a": device(**POP, phase="1m", every="1m", leave_on_server=True)}
    store = {**ONE, "pop3_lock_wait": "0s"}
    result = run(reading(devices, outage("link a-boxes", "60.72s", length="10s"), store=store, times=("0s", "100s"), run_until="1h"))
    assert failed(result, "a") == [(60.72, Why.CLOSED), *((60.0 * k + 0.5, Why.MAILDROP_LOCKED) for k in range(2, 12))]
    assert fetched(result, 1) == [("a", 720.7)]


def test_a_server_that_stops_ends_its_sessions_and_their_locks() -> None:
    devices = {"a": device(**POP, phase="1m", every="1m", leave_on_server=True)}
    fault = outage("boxes", "60.72s", length="10s", how="refused")
    result = run(reading(devices, fault, store={**ONE, "pop3_lock_wait": "0s"}, times=("0s", "100s"), run_until="1h"))
    assert failed(result, "a") == [(60.72, Why.CLOSED)]
    assert fetched(result, 1) == [("a", 120.7)]


# -- a full mailbox ---------------------------------------------------------------------------------------------------------

TEMPFAIL = {"quota_full_tempfail": True}
POPPER = {"pop": device(**POP, phase="1m")}


def test_a_full_mailbox_refuses_for_good_and_the_mail_is_returned() -> None:
    """10 kB each into 15 kB; 552 5.2.2 is Dovecot's default."""
    result = run(reading({}, quota="15 kB", times=("0s", "10s")))
    assert [(d.state, d.code) for d in result.deliveries if d.parent < 0] == [(State.STORED, -1), (State.BOUNCED, 552)]


def test_a_full_mailbox_that_refuses_for_now_leaves_the_mail_in_the_queue() -> None:
    result = run(reading({}, quota="15 kB", store=TEMPFAIL, times=("0s", "10s"), run_until="1h"))
    assert [(d.state, d.code) for d in result.deliveries] == [(State.STORED, -1), (State.QUEUED, 452)]


def test_pop3_makes_room() -> None:
    """Deleted at 60.75 s.  What is stored at 51.45 s finds the mailbox full, what comes 20 s later finds it empty."""
    early = run(reading(POPPER, quota="15 kB", times=("0s", "50s")))
    late = run(reading(POPPER, quota="15 kB", times=("0s", "70s")))
    assert (early.state(1), late.state(1)) == (State.BOUNCED, State.STORED)
    kept = {"pop": device(**POP, phase="1m", leave_on_server=True)}
    assert run(reading(kept, quota="15 kB", times=("0s", "70s"))).state(1) == State.BOUNCED


def test_mail_that_waited_for_room_comes_with_the_next_attempt() -> None:
    """Refused for now at 11 s; not before 311 s, which is the scan of 600 s (Postfix), and LMTP takes 0.45 s."""
    result = run(reading(POPPER, quota="15 kB", store=TEMPFAIL, times=("0s", "10s")))
    assert (result.delivery(1).stored_us, result.delivery(1).fetched_us) == (600_450_000, 660_700_000)


def test_of_two_recipients_only_the_one_without_room_waits() -> None:
    amy = {"amy@example.com": {"password": "x"}}
    to = ["bob@example.com", "amy@example.com"]
    result = run(reading(POPPER, quota="15 kB", store=TEMPFAIL, boxes=amy, to=to, times=("0s", "10s")))
    assert [result.delivery(1, rcpt).stored_us for rcpt in to] == [600_450_000, 11_450_000]
    assert result.reports(1) == []


# -- both recording levels give the same messages -----------------------------------------------------------------------------


@st.composite
def _devices(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    found = {}
    for name in ("a", "b", "c")[: draw(st.integers(1, 3))]:
        kind = draw(st.sampled_from(["push", "idle", "imap", "pop", "pop", "pop left"]))
        fetch: dict[str, Any] = {"every": f"{draw(st.integers(1, 15))}m", "phase": draw(st.sampled_from(["1m", "2m", "75s"]))}
        fetch |= {"push": {"reconnect": "30s"}, "idle": {}, "imap": LOOKS, "pop": POP, "pop left": {**POP, "leave_on_server": True}}[kind]
        found[name] = device(**fetch)
    return found


@settings(deadline=None, derandomize=True, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(
    _devices(),
    st.lists(
        st.tuples(st.integers(0, 1500), st.sampled_from(["boxes", "link a-boxes", "mx1"]), st.integers(1, 900)),
        max_size=2,
        unique_by=lambda fault: fault[1],
    ),
    st.sampled_from(["silent", "refused", "unreachable"]),
    st.sampled_from([None, "15 kB", "25 kB"]),
    st.booleans(),
    st.lists(st.integers(0, 2400), min_size=1, max_size=8),
)
def test_levels_agree_whatever_the_devices(
    devices: dict[str, Any], faults: list[tuple[int, str, int]], how: str, quota: str | None, strict: bool, times: list[int]
) -> None:
    store = {**TEMPFAIL, **ONE} if strict else {}
    declared = [
        outage(where, f"{start}s", length=f"{length}s", how=how if " " not in where or how != "refused" else "silent")
        for start, where, length in faults
    ]
    values = reading(devices, *declared, store=store, quota=quota, times=tuple(f"{t}s" for t in times), run_until="2h")
    assert run(values).log.trace_hash() == run(values, level="messages").log.trace_hash()
