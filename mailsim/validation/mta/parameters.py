"""What a program's own parameters are called here: from its configuration to figures of its flavour."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from mailsim.errors import UnsupportedError
from mailsim.flavours import flavour, mta_figures
from mailsim.units import duration, micros

__all__ = ["POSTFIX_NAMES", "figures_of", "library_of"]

Figures = dict[str, Any]

#: parameters of Postfix and what they are called here
POSTFIX_NAMES = {
    "maximal_queue_lifetime": ("queue_lifetime",),
    "bounce_queue_lifetime": ("bounce_lifetime",),
    "smtp_connect_timeout": ("connect_timeout",),
    "smtp_helo_timeout": ("greeting_timeout", "ehlo_timeout"),
    "smtp_mail_timeout": ("mail_timeout",),
    "smtp_rcpt_timeout": ("rcpt_timeout",),
    "smtp_data_init_timeout": ("data_timeout",),
    "smtp_data_xfer_timeout": ("body_timeout",),
    "smtp_data_done_timeout": ("eod_timeout",),
}


def figures_of(program: str, params: dict[str, Any], world: dict[str, Any]) -> Figures:
    """The figures that the parameters of a recorded MTA stand for.

    Raises
    ------
    UnsupportedError
        No such program.
    """
    if program not in _PROGRAMS:
        raise UnsupportedError(f"the parameters of {program!r}; known are those of {', '.join(sorted(_PROGRAMS))}")
    return _PROGRAMS[program](params, world)


def _renamed(params: dict[str, Any], names: dict[str, tuple[str, ...]], unit: str = "") -> Figures:
    return {ours: f"{params[theirs]}{unit}" for theirs, several in names.items() if params.get(theirs) for ours in several}


def _notice(text: str) -> str | None:
    """When to warn of a delay: zero is never (postconf(5) delay_warning_time; Exim specification, delay_warning, 24h by default)."""
    return None if re.fullmatch(r"0+[smhd]?", text) else text


def _postfix(params: dict[str, Any], world: dict[str, Any]) -> Figures:
    found = _renamed(params, POSTFIX_NAMES)
    minimum = params["minimal_backoff_time"]
    found["retry"] = {"minimum": minimum, "maximum": params["maximal_backoff_time"], "scan": params["queue_run_delay"]}
    found["concurrency"] = {"dead_for": minimum}
    found["delay_notice"] = _notice(params.get("delay_warning_time", "0h"))
    more = {**params, **world.get("postfix_main", {})}
    for theirs, ours in (("relayhost", "smarthost"), ("smtp_fallback_relay", "fallback_relay")):
        if more.get(theirs):
            found[ours] = more[theirs]
    for theirs, ours in (("smtp_mx_address_limit", "address_limit"), ("smtp_mx_session_limit", "session_limit")):
        if more.get(theirs):
            found[ours] = int(more[theirs])
    return found


def _exim(params: dict[str, Any], world: dict[str, Any]) -> Figures:
    found = _renamed(
        params,
        {
            "connect_timeout": ("connect_timeout",),
            "command_timeout": ("greeting_timeout", "ehlo_timeout", "mail_timeout", "rcpt_timeout", "data_timeout"),
            "data_timeout": ("body_timeout",),
            "final_timeout": ("eod_timeout",),
            "ignore_bounce_errors_after": ("bounce_lifetime",),
        },
    )
    steps = [_exim_step(text) for text in params["retry"].split(" ", 2)[2].split(";")]
    found["retry"] = {"steps": steps, "scan": params["queue_interval"]}
    found["queue_lifetime"] = steps[-1]["until"]
    found["delay_notice"] = _notice(params.get("delay_warning", "24h"))
    if str(world.get("mta_sysctl", {}).get("net/ipv4/tcp_fastopen", "")) == "0":
        found["tcp_fast_open"] = False
    return found


def _exim_step(text: str) -> Figures:
    kind, until, interval, *factor = text.strip().split(",")
    return {"kind": kind, "until": until, "interval": interval, **({"factor": float(factor[0])} if factor else {})}


def _opensmtpd(params: dict[str, Any], world: dict[str, Any]) -> Figures:
    """``speed``: the program's clock ran so much faster than the network's, so all that it has compiled in is shorter; 0 is 1."""
    speed = params.get("speed") or 1
    own = mta_figures("opensmtpd")

    def scaled(time_us: int) -> str:
        return duration(round(time_us / speed))

    found: Figures = {name: scaled(getattr(own, name)) for name in _OPENSMTPD_TIMES}
    found["queue_lifetime"] = found["bounce_lifetime"] = scaled(micros(params["ttl"]))
    found["delay_notice"] = scaled(micros(params["warn"])) if params.get("warn") else None
    found["retry"] = {key: scaled(value) for key, value in own.retry if key != "kind"}
    found["routes"] = {key: scaled(value) for key, value in own.routes or () if value >= 1000}  # counts are smaller
    return found


def library_of(program: str, params: dict[str, Any]) -> Figures:
    """What the program's node says of its stub: nothing, but for a resolver library whose clock ran faster."""
    speed = params.get("speed") or 1
    if program != "opensmtpd" or speed == 1:
        return {}
    first_wait = micros(flavour("libasr", "stub").figures["first_wait"].value)
    return {"stub": {"flavour": "libasr", "parameters": {"first_wait": duration(round(first_wait / speed))}}}


#: what OpenSMTPD has compiled in
_OPENSMTPD_TIMES = (
    *(f"{stage}_timeout" for stage in ("connect", "greeting", "ehlo", "mail", "rcpt", "data", "body", "eod")),
    "report_pause",
)  # fmt: skip


def _sendmail(params: dict[str, Any], world: dict[str, Any]) -> Figures:
    found = _renamed(
        params,
        {
            "Timeout.queuereturn": ("queue_lifetime", "bounce_lifetime"),
            "Timeout.queuewarn": ("delay_notice",),
            "Timeout.connect": ("connect_timeout",),
            "Timeout.initial": ("greeting_timeout",),
            "Timeout.helo": ("ehlo_timeout",),
            "Timeout.mail": ("mail_timeout",),
            "Timeout.rcpt": ("rcpt_timeout",),
            "Timeout.datainit": ("data_timeout",),
            "Timeout.datablock": ("body_timeout",),
            "Timeout.datafinal": ("eod_timeout",),
            "Timeout.hoststatus": ("host_status",),
        },
    )
    found.setdefault("delay_notice", None)
    found["retry"] = {"scan": params["queue_interval"]}
    return found


def _courier(params: dict[str, Any], world: dict[str, Any]) -> Figures:
    timeouts = {
        "esmtptimeoutconnect": ("connect_timeout",),
        "esmtptimeouthelo": ("greeting_timeout", "ehlo_timeout"),
        "esmtptimeout": ("mail_timeout", "rcpt_timeout", "data_timeout"),
        "esmtptimeoutdata": ("body_timeout", "eod_timeout"),
    }
    found = _renamed({key: _seconds(params[key]) for key in timeouts if params.get(key)}, timeouts)
    found["queue_lifetime"] = found["bounce_lifetime"] = _seconds(params["queuetime"])
    found["retry"] = {
        "alpha": _seconds(params["retryalpha"]),
        "beta": int(params["retrybeta"]),
        "gamma": _seconds(params["retrygamma"]),
        "maxdelta": int(params["retrymaxdelta"]),
    }
    workers = {"esmtpdelay": "down_for", "esmtptimeoutkeepalive": "idle"}
    found["workers"] = {ours: _seconds(params[theirs]) for theirs, ours in workers.items() if params.get(theirs)}
    if params.get("warntime"):
        found["delay_notice"] = _seconds(params["warntime"])
    return found


def _seconds(text: str) -> str:
    """A duration of Courier's, which are seconds where no unit is given (comreadtime.c)."""
    return f"{text}s" if text[-1].isdigit() else text


_PROGRAMS: dict[str, Callable[[dict[str, Any], dict[str, Any]], Figures]] = {
    "postfix": _postfix,
    "exim": _exim,
    "sendmail": _sendmail,
    "courier": _courier,
    "opensmtpd": _opensmtpd,
}
