"""Connections that failed, as recordings of Courier show them: of everybody, from 50 ms before a try to its end."""

from __future__ import annotations

from typing import Any

from mailsim.validation.mta.unnamed import blurred

MX = {"name": "dest.test.", "type": "MX", "value": "10 mx1.dest.test."}
A = {"name": "mx1.dest.test.", "type": "A", "value": "10.0.0.1"}
BODY: dict[str, Any] = {"world": {"zones": [MX, A], "hosts": {"mx1": {"addrs": ["10.0.0.1"]}}}}


def contact(t: float, stage: str | None = None, host: str = "mx1") -> dict[str, Any]:
    return {"t": t, "host": host, "ip": "10.0.0.1", "stage": stage}


def message(rcpt: str, *tries: tuple[float, float, list[dict[str, Any]]]) -> dict[str, Any]:
    rows = [{"t_start": start, "t_end": end, "addresses": contacts} for start, end, contacts in tries]
    return {"recipients": [{"rcpt": rcpt, "tries": rows}]}


def shown(*messages: dict[str, Any]) -> list[list[tuple[float, str | None]]]:
    found = blurred(BODY, list(messages))
    return [[(a["t"], a["stage"]) for a in t["addresses"]] for m in found for r in m["recipients"] for t in r["tries"]]


def test_a_try_has_the_failed_connections_of_others_around_it() -> None:
    first = message("u1@dest.test", (0.1, 0.1, [contact(0.1)]))
    soon, late = message("u2@dest.test", (0.15, 0.15, [])), message("u3@dest.test", (0.155, 0.155, []))
    assert shown(first, soon, late) == [[(0.1, None)], [(0.1, None)], []]


def test_sessions_belong_to_their_message() -> None:
    one, other = message("u1@dest.test", (0.1, 0.2, [contact(0.1, "rcpt")])), message("u2@dest.test", (0.1, 0.2, []))
    assert shown(one, other) == [[(0.1, "rcpt")], []]


def test_only_hosts_of_its_domain_count() -> None:
    assert shown(message("u1@dest.test", (0.1, 0.1, [contact(0.1)])), message("u2@else.test", (0.1, 0.1, []))) == [[(0.1, None)], []]


def test_a_failure_comes_before_the_session_of_the_same_millisecond() -> None:
    assert shown(message("u1@dest.test", (0.1, 0.2, [contact(0.1), contact(0.1, "eod")]))) == [[(0.1, None), (0.1, "eod")]]
