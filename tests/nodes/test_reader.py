"""The fetching half of a client: IDLE and polls, what an outage of the mail store does to them, passwords."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.draws import Draws
from mailsim.events import Event, State
from mailsim.rules.reasons import Why
from small_worlds import MTA, Run, S, com, outage, run, world

ZONE = com("@ MX 10 mx1", "mx1 A 192.0.2.1", "imap A 192.0.2.3", "_imaps._tcp SRV 0 1 993 imap", "_pop3s._tcp SRV 0 1 995 imap")
EVERY = 600
#: bob's program looks at these times and every 10 min after: drawn from the scenario's seed, 1
PHASE = int(Draws(1).uniform("poll phase bob", 0) * EVERY * S)


def reading(
    fetch: dict[str, Any] | None = None,
    *faults: dict[str, Any],
    password: str = "hunter2",
    boxes: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """bob reads what ann sends; it is stored 1.45 s after she presses send."""
    store = {"kind": "mailstore", "host": "imap.example.com", "mailboxes": {"bob@example.com": {"password": "hunter2"}}, **(boxes or {})}
    bob = {"kind": "client", "address": "bob@example.com", "password": password, "fetch": {"host": "imap.example.com", **(fetch or {})}}
    nodes = {"mx1": {**MTA, "final_for": ["example.com"], "store": "boxes"}, "boxes": store, "bob": bob, **more.pop("nodes", {})}
    return world(ZONE, nodes, faults=faults, **more)


def looks(result: Run) -> list[int]:
    """Instants at which bob's program began a look, as it asks for the server's address then."""
    return [row.t_us for row in result.of(Event.LOOKED_UP, node="bob")]


def test_the_phase_of_the_looks_lies_in_the_first_interval() -> None:
    assert 10 * S < PHASE < EVERY * S  # the tests below rely on its not being at the very start


def test_an_open_imap_connection_tells_of_new_mail_at_once() -> None:
    """Half a round trip for EXISTS, one for FETCH."""
    message = run(reading()).delivery()
    assert (message.stored_us, message.fetched_us) == (1_450_000, 1_600_000)


def test_without_idle_mail_waits_for_the_next_look() -> None:
    """Connect, TLS, greeting, LOGIN, SELECT, FETCH: six round trips."""
    assert run(reading({"idle": False})).delivery().fetched_us == PHASE + 600_000


def test_pop3_needs_one_round_trip_a_message() -> None:
    result = run(reading({"protocol": "pop3"}, times=("0s", "1s", "2s")))
    assert [result.delivery(k).fetched_us - PHASE for k in range(3)] == [700_000, 800_000, 900_000]


def test_imap_fetches_all_in_one_go() -> None:
    result = run(reading({"idle": False}, times=("0s", "1s", "2s")))
    assert [result.delivery(k).fetched_us for k in range(3)] == [PHASE + 600_000] * 3


def test_a_message_that_comes_during_a_look_is_found_by_the_next_one() -> None:
    """The mailbox is listed when the login is answered, 0.4 s after the look began; what comes at that very instant is too late."""

    def stored_after(look_us: int) -> Any:
        return run(reading({"idle": False}, times=(f"{PHASE + look_us - 1_450_000}us",))).delivery().fetched_us - PHASE

    assert stored_after(399_999) == 600_000
    assert stored_after(400_000) == EVERY * S + 600_000


def test_looks_that_find_nothing_are_not_simulated() -> None:
    """Mail at 2 h; with a look every 10 min there were eleven or twelve before."""
    result = run(reading({"idle": False}, times=("2h",)))
    assert len(looks(result)) == 2  # the first one, and the one that fetches
    first_after = 7201_450_000 + (PHASE - 7201_450_000) % (EVERY * S)
    assert result.delivery().fetched_us == first_after + 600_000


def test_the_server_is_found_by_srv_where_none_is_named() -> None:
    values = reading({"idle": False})
    del values["nodes"]["bob"]["fetch"]["host"]
    result = run(values)
    assert result.delivery().fetched_us == PHASE + 600_000
    assert [row.peer for row in result.of(Event.LOOKED_UP, node="bob")] == ["_imaps._tcp.example.com", "imap.example.com"]


# -- outages -----------------------------------------------------------------------------------------------------------


def after(t_us: int) -> int:
    """The first look at or after an instant."""
    return t_us + (PHASE - t_us) % (EVERY * S)


def test_mail_that_was_stored_before_an_outage_is_fetched_after_it() -> None:
    """The store is unreachable for readers alone: the link bob-boxes is cut before the first look, for half an hour.

    Each look in vain ends after the connect time-out of 100 s; the first look after the outage fetches.
    """
    result = run(reading({"idle": False}, outage("link bob-boxes", "2s", length="30m")))
    assert result.delivery().stored_us == 1_450_000
    back = 1802 * S
    good = after(back)
    assert result.delivery().fetched_us == good + 600_000
    failed = result.of(Event.FETCH_FAILED)
    assert [row.t_us for row in failed] == [PHASE + k * EVERY * S + 100 * S for k in range((good - PHASE) // (EVERY * S))]
    assert {row.why for row in failed} == {Why.SILENT}


def test_a_connection_that_is_being_opened_when_the_outage_ends_gets_through_at_the_next_syn() -> None:
    """The outage ends 6 s after a look began: SYNs after 1, 2, 3, 4, 5 and 7 s."""
    end = PHASE + 6 * S
    result = run(reading({"idle": False}, outage("link bob-boxes", "2s", length=f"{end - 2 * S}us")))
    assert result.delivery().fetched_us == PHASE + 7 * S + 600_000


def test_an_idle_connection_that_broke_is_opened_again_at_the_next_look() -> None:
    """The store is silent from 5 to 20 min.  Mail of 10 min is kept by the MX and stored at its scan of 20 min (0.45 s later);
    there it waits for the look that opens a new connection.
    """
    result = run(reading(None, outage("boxes", "5m", length="15m"), times=("10m",)))
    message = result.delivery()
    assert message.stored_us == 1_200_450_000
    assert message.fetched_us == after(1200 * S) + 600_000


def test_after_it_was_opened_again_the_connection_tells_of_new_mail_at_once() -> None:
    result = run(reading(None, outage("boxes", "5m", length="15m"), times=("1h",)))
    message = result.delivery()
    assert message.fetched_us == message.stored_us + 150_000


def test_a_store_that_refuses_is_told_from_a_silent_one() -> None:
    result = run(reading({"idle": False}, outage("link bob-boxes", "2s", length="30m", how="unreachable")))
    assert {row.why for row in result.of(Event.FETCH_FAILED)} == {Why.UNREACHABLE}
    assert result.at(Event.FETCH_FAILED)[0] == (PHASE + 100_000) / S


# -- passwords ---------------------------------------------------------------------------------------------------------


def test_a_program_asks_its_user_after_one_wrong_password_and_the_mail_lies_safe() -> None:
    """Told after connect, TLS, greeting and LOGIN (which comes 350 ms after the look began), and Dovecot's pause: it is over at the
    first check, every 500 ms, at which the clock shows two whole seconds more.  Then the program looks no more and the run ends.
    """
    result = run(reading({"idle": False}, password="a guess"))
    assert (result.state(), result.delivery().fetched_us) == (State.STORED, -1)
    assert [row.t_us - PHASE for row in result.of(Event.LOGIN_FAILED)] == [350_000 + pause(PHASE + 350_000) + 50_000]
    assert (result.log.end_reason, len(looks(result))) == ("settled", 1)


def pause(t_us: int) -> int:
    """Dovecot's pause after a wrong password that came then."""
    return 2_000_000 if t_us % S < 500_000 else 1_500_000


def test_a_program_that_does_not_ask_its_user_is_turned_away_at_every_look() -> None:
    """The same password again does not raise the penalty, and it lasts no 10 min anyway."""
    result = run(reading({"idle": False, "login_tries": None}, password="a guess", run_until="1h"))
    failed = [row.t_us - PHASE for row in result.of(Event.LOGIN_FAILED)]
    assert failed == [k * EVERY * S + 400_000 + pause(PHASE + 350_000) for k in range(6)]
    three = run(reading({"idle": False, "login_tries": 3}, password="a guess"))  # the run goes on until it stops looking
    assert len(three.of(Event.LOGIN_FAILED)) == 3


def test_mail_that_comes_after_the_program_has_stopped_looking_ends_the_run_too() -> None:
    result = run(reading({"idle": False}, password="a guess", times=("0s", "2h")))
    assert (result.log.end_reason, [d.fetched_us for d in result.deliveries]) == ("settled", [-1, -1])


def test_another_program_of_the_same_user_reads_what_the_one_without_the_password_does_not() -> None:
    phone = {"kind": "client", "address": "bob@example.com", "password": "hunter2", "fetch": {"host": "imap.example.com", "idle": False}}
    result = run(reading({"idle": False}, password="a guess", nodes={"phone": phone}, times=("0s", "2h")))
    assert all(d.fetched_us > d.stored_us for d in result.deliveries)
    assert {row.node for row in result.of(Event.FETCHED)} == {"phone"}


def test_another_password_for_fetching_than_for_sending_is_used() -> None:
    result = run(reading({"password": "hunter2"}, password="another one"))
    assert result.delivery().fetched_us == 1_600_000


def test_two_programs_of_one_user_both_fetch_and_the_first_one_counts() -> None:
    phone = {"kind": "client", "address": "bob@example.com", "password": "hunter2", "fetch": {"host": "imap.example.com"}}
    values = reading(nodes={"phone": phone}, times=("0s", "10s"))
    values["links"]["boxes-phone"] = {"rtt": "60ms", "bandwidth": None}
    result = run(values)
    assert result.delivery().fetched_us == 1_450_000 + 90_000
    assert [row.node for row in result.of(Event.FETCHED, number=0)] == ["phone", "bob"]
    assert result.delivery(1).fetched_us == 11_450_000 + 90_000
    assert result.log.end_reason == "settled"


@pytest.mark.parametrize("fetch", [{}, {"idle": False}, {"protocol": "pop3"}])
def test_the_run_ends_when_all_mail_is_read(fetch: dict[str, Any]) -> None:
    result = run(reading(fetch, times=("0s", "5m", "61m")))
    assert result.log.end_reason == "settled"
    assert all(d.fetched_us >= d.stored_us for d in result.deliveries)


# -- slow, lossy and one-way networks ----------------------------------------------------------------------------------


def wrong(kind: str, **what: Any) -> dict[str, Any]:
    """A fault of the network for 10 h."""
    return {"kind": kind, "start": "0s", "length": "10h", **what}


SLOW_STORE = wrong("slow", target="boxes", delay="2s")
SLOW_LINK = wrong("slow", target="link bob-boxes", delay="2s")


@pytest.mark.parametrize(
    ("protocol", "fault", "later_s"),
    [
        ("imap", SLOW_STORE, 5 * 2),  # TLS, greeting, LOGIN, SELECT, FETCH; not the connection
        ("imap", SLOW_LINK, 6 * 2),
        ("pop3", SLOW_STORE, 6 * 2),  # TLS, greeting, USER, PASS, LIST, RETR
        ("pop3", SLOW_LINK, 7 * 2),
    ],
)
def test_each_round_trip_of_a_look_pays_for_a_slow_store_or_link(protocol: str, fault: dict[str, Any], later_s: int) -> None:
    usual = {"imap": 600_000, "pop3": 700_000}[protocol]
    assert run(reading({"protocol": protocol, "idle": False}, fault)).delivery().fetched_us == PHASE + usual + later_s * S


def test_a_slow_link_delays_what_idle_pushes() -> None:
    """The connection stands after 12.6 s.  The store has the mail of 60 s at 61.45; EXISTS takes 0.05 + 1 s, FETCH 0.1 + 2 s."""
    assert run(reading(None, SLOW_LINK, times=("60s",))).delivery().fetched_us == 64_600_000


def test_mail_that_comes_while_a_slow_connection_is_opened_is_fetched_by_it() -> None:
    """LOGIN is answered at 4 * 2.1 = 8.4 s, when the mail of 1.45 s is listed; it is here after six round trips."""
    assert run(reading(None, SLOW_LINK)).delivery().fetched_us == 12_600_000


def test_a_slow_store_delays_its_own_replies_to_who_delivers_and_who_reads() -> None:
    """LMTP from 1.0 on: greeting, LHLO, MAIL, RCPT, DATA, 250 are 2 s late each: 1.45 + 12; EXISTS and FETCH: 0.15 + 4."""
    message = run(reading(None, SLOW_STORE)).delivery()
    assert (message.stored_us, message.fetched_us) == (13_450_000, 17_600_000)


def test_a_store_slower_than_the_clients_patience_can_not_be_read() -> None:
    """60 s for each reply: every look fails 60 s after the TLS handshake began at 0.1 s, until it is over."""
    too_slow = {"kind": "slow", "target": "link bob-boxes", "delay": "61s", "start": "0s", "length": "1h"}
    result = run(reading({"idle": False, "timeout": "60s"}, too_slow))
    assert result.of(Event.FETCH_FAILED)[0].t_us == PHASE + 60 * S
    assert result.of(Event.FETCH_FAILED)[0].why == Why.SILENT
    assert result.delivery().fetched_us == PHASE + 6 * EVERY * S + 600_000


@pytest.mark.parametrize(("a", "b"), [("bob", "boxes"), ("boxes", "bob")])
def test_a_store_is_out_of_reach_whichever_direction_is_cut(a: str, b: str) -> None:
    """Each look fails until 1 h is over; the first one after that fetches."""
    cut = {"kind": "partition", "a": a, "b": b, "one_way": True, "start": "0s", "length": "1h"}
    result = run(reading({"idle": False}, cut))
    assert {row.why for row in result.of(Event.FETCH_FAILED)} == {Why.SILENT}
    assert result.delivery().fetched_us == PHASE + 6 * EVERY * S + 600_000


def test_a_link_that_loses_everything_is_a_silent_one() -> None:
    lost = {"kind": "lossy", "target": "link bob-boxes", "probability": 1, "start": "0s", "length": "1h"}
    silent = {"kind": "outage", "target": "link bob-boxes", "start": "0s", "length": "1h"}
    one, other = (run(reading({"idle": False}, fault)) for fault in (lost, silent))
    assert one.log.trace_hash() == other.log.trace_hash()


@pytest.mark.parametrize("level", ["events", "messages"])
def test_a_lossy_link_costs_a_reader_what_is_sent_again(level: str) -> None:
    """Every packet of the first look that is lost costs at least 0.2 s."""
    lossy = wrong("lossy", target="link bob-boxes", probability=0.2)
    late = [run(reading({"idle": False}, lossy), seed=seed, level=level).delivery().fetched_us for seed in range(1, 9)]
    phases = [int(Draws(seed).uniform("poll phase bob", 0) * EVERY * S) for seed in range(1, 9)]
    extra = [at - phase - 600_000 for at, phase in zip(late, phases, strict=True) if phase > 2 * S]
    assert all(more >= 0 for more in extra)
    assert any(more >= 200_000 for more in extra)
