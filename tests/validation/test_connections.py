"""Counting connections to tries as the recordings of OpenSMTPD do, and its parameters on a faster clock.

What is expected are excerpts of recordings (case ``late_message_down``, OpenSMTPD 6.8.0p2), instants rounded.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from mailsim.events import Event
from mailsim.rules.reasons import Why
from mailsim.units import micros
from mailsim.validation.mta.connections import recounted
from mailsim.validation.mta.parameters import figures_of, library_of

S = 1_000_000
IP = "10.99.2.11"


class Row(NamedTuple):
    """An event."""

    t_us: int
    kind: int
    peer: str = "mx1"
    why: int = Why.REFUSED
    value: int = 0
    extra: str = "connect|"
    node: str = "mta"
    rcpt: str = ""
    detail: Any = IP


def described(row: Any) -> dict[str, Any]:
    return {"t": row.t_us / S, "ip": IP, "outcome": "refused", "stage": None}


def attempt(end_s: float, *addresses: dict[str, Any]) -> dict[str, Any]:
    return {"t_start": None, "t_end": end_s, "addresses": list(addresses)}


def message(rcpt: str, *tries: dict[str, Any]) -> dict[str, Any]:
    return {"recipients": [{"rcpt": rcpt, "tries": list(tries)}]}


def instants(one: dict[str, Any]) -> list[list[float]]:
    return [[a["t"] for a in t["addresses"]] for t in one["recipients"][0]["tries"]]


def test_a_try_has_every_connection_of_its_domain_since_the_one_before() -> None:
    """m01 was tried at 0 and 10 s, m02 at 6 s; the other domain has nothing to do with it."""
    first = message("u01@dest.test", attempt(0.286), attempt(10.303))
    second = message("u02@dest.test", attempt(6.284))
    other = message("u03@dest2.test", attempt(7.0))
    rows = {0: [Row(9_000, Event.TRIED), Row(10_026_000, Event.TRIED)], 1: [Row(6_006_000, Event.TRIED)], 2: []}
    recounted([first, second, other], rows, range(3), described)
    assert instants(first) == [[0.009], [6.006, 10.026]]
    assert instants(second) == [[0.009, 6.006]]
    assert instants(other) == [[]]


def test_a_connection_that_several_waited_for_counts_once() -> None:
    """The one for whom it was made has its whole length; who came later only the rest."""
    first, second = message("u01@dest.test", attempt(7.6)), message("u02@dest.test", attempt(7.6))
    rows = {0: [Row(8_000, Event.TRIED, value=7_500_000)], 1: [Row(407_000, Event.TRIED, value=7_101_000)]}
    recounted([first, second], rows, range(2), described)
    assert instants(first) == instants(second) == [[0.008]]


def test_a_session_that_was_kept_is_written_down_with_its_beginning() -> None:
    """The program asks for the name of the address when it connects (PTR, type 12)."""
    sent = {"t": 1.05, "ip": IP, "outcome": "delivered", "stage": "eod"}
    one = message("u02@dest.test", attempt(1.1, sent))
    asked = Row(10_000, Event.LOOKED_UP, peer="11.2.99.10.in-addr.arpa", detail=12, extra="")
    recounted([one], {0: [asked]}, range(1), described)
    assert instants(one) == [[0.01]]
    assert one["recipients"][0]["tries"][0]["t_start"] == 0.01


def test_what_the_program_has_compiled_in_is_shorter_on_a_faster_clock() -> None:
    """400 s become 10 s, 40 min become 60 s, 5 min 7.5 s, 15 s 0.375 s; counts stay."""
    found = figures_of("opensmtpd", {"ttl": "40m", "warn": "7m", "speed": 40}, {})
    shown = (found["retry"]["base"], found["queue_lifetime"], found["connect_timeout"], found["delay_notice"])
    assert [micros(text) for text in shown] == [10 * S, 60 * S, 7_500_000, 10_500_000]
    assert [micros(found["routes"][key]) for key in ("penalty", "tick")] == [375_000, 25_000]
    assert "per_route" not in found["routes"]
    assert library_of("opensmtpd", {"speed": 40})["stub"]["parameters"] == {"first_wait": "125ms"}


def test_speed_0_is_real_speed() -> None:
    found = figures_of("opensmtpd", {"ttl": "4d", "warn": "", "speed": 0}, {})
    assert (micros(found["retry"]["base"]), micros(found["queue_lifetime"]), found["delay_notice"]) == (400 * S, 345_600 * S, None)
    assert library_of("opensmtpd", {"speed": 0}) == {}
