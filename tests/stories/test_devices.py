"""Stories of mail for people with several devices: what kept each of them from having it."""

from __future__ import annotations

from mailsim.scenario import load
from reading_worlds import device, reading
from small_worlds import outage


def told(*args: object, **more: object) -> str:
    return str(load(reading(*args, **more)).run().explain(0))  # type: ignore[arg-type]


def test_a_story_tells_of_the_connection_that_was_lost() -> None:
    text = told({"phone": device(reconnect="30s")}, outage("link boxes-phone", "1s", length="10m"))
    assert "phone notices that its open connection to boxes is gone" in text


def test_a_story_tells_of_every_device_that_failed_before_the_first_had_it() -> None:
    """a's session holds the maildrop, falls silent before the message is there, and keeps b out until autologout."""
    devices = {name: device(protocol="pop3", every="1m", phase=phase) for name, phase in (("a", "60s"), ("b", "90s"))}
    store = {"pop3_lock": True, "pop3_lock_wait": "0s"}
    text = told(devices, outage("link a-boxes", "60.65s", length="1h"), store=store)
    assert "b looks for mail, and boxes says that another session has the mailbox" in text
    assert "a looks for mail and does not reach boxes" in text
