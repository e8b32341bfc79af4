"""From a program's own configuration to figures: each name as the program's manual explains it, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.errors import UnsupportedError
from mailsim.flavours import mta_figures
from mailsim.validation.mta.parameters import figures_of
from mta_case import POSTFIX

S = 1_000_000
STAGES = ("greeting", "ehlo", "mail", "rcpt", "data")

EXIM = {
    "retry": "* * F,20s,4s; G,40s,4s,1.5",
    "queue_interval": "2s",
    "connect_timeout": "3s",
    "command_timeout": "6s",
    "data_timeout": "7s",
    "final_timeout": "8s",
    "delay_warning": "0s",
    "ignore_bounce_errors_after": "10w",
}
SENDMAIL = {"queue_interval": "4s", "Timeout.queuereturn": "40s", "Timeout.queuewarn": "", "Timeout.connect": "3s", "Timeout.initial": "6s"}
COURIER = {
    "retryalpha": "4s", "retrybeta": "3", "retrygamma": "5s", "retrymaxdelta": "2", "queuetime": "40s", "warntime": "",
    "esmtptimeoutconnect": "3", "esmtptimeouthelo": "6", "esmtptimeout": "1m", "esmtptimeoutdata": "5m", "esmtpdelay": "4",
}  # fmt: skip


def figures(program: str, params: dict[str, Any], **world: Any) -> Any:
    """As the flavour has them with the parameters on top: so they are also checked."""
    return mta_figures(program, figures_of(program, params, world))


def test_postfix() -> None:
    found = figures("postfix", {**POSTFIX, "smtp_connect_timeout": "3s", "smtp_helo_timeout": "5s", "smtp_data_done_timeout": "9s"})
    assert (found.queue_lifetime, found.bounce_lifetime) == (40 * S, 40 * S)
    # postconf(5) smtp_helo_timeout: for sending HELO and EHLO and for the initial greeting
    assert (found.connect_timeout, found.greeting_timeout, found.ehlo_timeout, found.eod_timeout) == (3 * S, 5 * S, 5 * S, 9 * S)
    retry = dict(found.retry)
    assert (retry["minimum"], retry["maximum"], retry["scan"]) == (4 * S, 16 * S, 2 * S)
    assert found.concurrency.dead_for == 4 * S  # a dead destination is left alone for minimal_backoff_time


@pytest.mark.parametrize(("given", "notice"), [("0h", None), ("0s", None), ("10s", 10 * S), ("4h", 14_400 * S)])
def test_postfix_warns_only_where_delay_warning_time_is_not_zero(given: str, notice: int | None) -> None:
    assert figures("postfix", {**POSTFIX, "delay_warning_time": given}).delay_notice == notice


def test_settings_of_postfix_on_top_of_the_parameters() -> None:
    main = {"relayhost": "[10.99.2.12]", "smtp_fallback_relay": "mx3.dest.test", "smtp_mx_address_limit": "2", "smtp_mx_session_limit": "1"}
    found = figures("postfix", POSTFIX, postfix_main=main)
    assert (found.smarthost, found.fallback_relay, found.address_limit, found.session_limit) == ("[10.99.2.12]", "mx3.dest.test", 2, 1)


def test_exim() -> None:
    found = figures("exim", EXIM)
    assert figures_of("exim", EXIM, {})["retry"] == {
        "steps": [{"kind": "F", "until": "20s", "interval": "4s"}, {"kind": "G", "until": "40s", "interval": "4s", "factor": 1.5}],
        "scan": "2s",
    }
    # spec chapter 14: command_timeout for every command, data_timeout for each block, final_timeout for the reply to the dot
    assert [getattr(found, f"{stage}_timeout") for stage in ("connect", *STAGES, "body", "eod")] == [3 * S, *[6 * S] * 5, 7 * S, 8 * S]
    assert found.queue_lifetime == 40 * S  # the last T of the retry rule
    assert found.delay_notice is None  # 0s, where 24h is the default
    assert figures("exim", {**EXIM, "delay_warning": "10s"}).delay_notice == 10 * S
    assert found.tcp_fast_open
    assert not figures("exim", EXIM, mta_sysctl={"net/ipv4/tcp_fastopen": "0"}).tcp_fast_open


def test_sendmail() -> None:
    found = figures("sendmail", SENDMAIL)
    assert (found.queue_lifetime, found.bounce_lifetime, dict(found.retry)["scan"]) == (40 * S, 40 * S, 4 * S)
    assert (found.connect_timeout, found.greeting_timeout, found.delay_notice) == (3 * S, 6 * S, None)
    assert figures("sendmail", {**SENDMAIL, "Timeout.queuewarn": "10s"}).delay_notice == 10 * S


def test_courier_counts_seconds_where_no_unit_is_given() -> None:
    found = figures("courier", COURIER)
    assert (found.connect_timeout, found.greeting_timeout, found.ehlo_timeout) == (3 * S, 6 * S, 6 * S)
    assert (found.mail_timeout, found.rcpt_timeout, found.data_timeout) == (60 * S, 60 * S, 60 * S)
    assert (found.body_timeout, found.eod_timeout) == (300 * S, 300 * S)
    retry = dict(found.retry)
    assert (retry["alpha"], retry["beta"], retry["gamma"], retry["maxdelta"]) == (4 * S, 3, 5 * S, 2)
    assert found.queue_lifetime == 40 * S
    assert dict(found.workers)["down_for"] == 4 * S


def test_what_opensmtpd_has_compiled_in_was_as_much_shorter_as_its_clock_was_faster() -> None:
    """smtpd: 5 min for a connection, 400 s as base of the schedule; 40 times faster 7.5 s and 10 s, and a ttl of 40 min is 1 min."""
    found = figures("opensmtpd", {"ttl": "40m", "warn": "20m", "speed": 40})
    assert (found.connect_timeout, found.queue_lifetime, found.delay_notice) == (7_500_000, 60 * S, 30 * S)
    assert 10 * S in dict(found.retry).values()
    real = figures("opensmtpd", {"ttl": "40m", "warn": "", "speed": 0})  # 0: recorded at its own speed
    assert (real.connect_timeout, real.queue_lifetime, real.delay_notice) == (300 * S, 2400 * S, None)
    assert 400 * S in dict(real.retry).values()


def test_a_program_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="known are those of courier, exim, opensmtpd, postfix, sendmail"):
        figures_of("pigeon", {}, {})
