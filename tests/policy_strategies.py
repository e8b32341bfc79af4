"""Random worlds in which everything meets: policies of receivers and senders, aliases, reports asked for, devices, all programs."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from strategies import BOB, HOSTS, server_faults, worlds

__all__ = ["busy_worlds"]

PROGRAMS = ["postfix", "exim", "sendmail", "opensmtpd", "courier"]
GREYLISTS = ["5m", {"delay": "5m", "auto_whitelist": 1}, {"memory": "shared"}, {"network": 24, "memory": "shared", "retry_window": "1h"}]
LIMITS = [{"connections": 1}, {"connection_rate": 2}, {"message_rate": 1}, {"connections": 2, "message_rate": 3, "exempt": ["mx1"]}]
ALIASES: list[dict[str, list[str]]] = [
    {"info@example.com": [BOB, "ann@example.org"]},
    {BOB: ["ann@example.org"]},
    {BOB: [BOB, "nobody@example.com"]},
    {"info@example.com": ["team@example.com", BOB], "team@example.com": ["info@example.com", "ann@example.org"]},
    {"info@example.com": ["loop@example.org"]},
    {"info@example.com": ["nobody@example.com"]},
]
DEVICES: list[dict[str, Any]] = [
    {"protocol": "pop3", "idle": False},
    {"protocol": "pop3", "idle": False, "leave_on_server": True},
    {"protocol": "imap", "idle": True, "reconnect": "30s"},
]


def _one_in(draw: st.DrawFn, n: int) -> bool:
    return draw(st.integers(1, n)) == n


def _figures(draw: st.DrawFn, flavour: str) -> dict[str, Any]:
    """Figures of a program that are set otherwise."""
    found: dict[str, Any] = {}
    if _one_in(draw, 5):
        found["over_limit"] = draw(st.sampled_from(["421", "wait"]))
    if _one_in(draw, 5):
        found["delay_notice"] = "20m"
    if flavour != "opensmtpd" and _one_in(draw, 4):
        found |= {"starttls": True, draw(st.sampled_from(["sts", "dane"])): True}
    if flavour == "postfix" and _one_in(draw, 3):
        found |= {"double_bounce": "postmaster", "postmaster": draw(st.sampled_from(["info@example.com", "ann@example.org"]))}
    return found


def _policies(draw: st.DrawFn, node: dict[str, Any]) -> None:
    """What a receiver has against strangers, and what it knows of recipients."""
    if _one_in(draw, 4):
        node["greylist"] = draw(st.sampled_from(GREYLISTS))
    if _one_in(draw, 5):
        node["client_limits"] = draw(st.sampled_from(LIMITS))
    if _one_in(draw, 5):
        node["certificate"] = "invalid"
    if "relays_for" in node and _one_in(draw, 3):
        node["recipients"] = draw(st.sampled_from(["list", "probe"]))


def _traffic(draw: st.DrawFn, line: dict[str, Any]) -> None:
    """Mail to an alias or to many, from nobody or from somebody else."""
    kind = draw(st.integers(0, 9))
    if kind < 4:
        line.pop("notify", None)
    if kind < 2:
        line["to"] = ["info@example.com"] if kind == 0 else ["info@example.com", BOB, "nobody@example.com"]
    elif kind == 2:
        line |= {"to": "m{n}@example.com", "members": 5, "fan_out": draw(st.sampled_from(["envelope", "each", "one"]))}
    elif kind == 3:
        for key in ("return_content", "envelope_id"):
            line.pop(key, None)
        line["null_sender"] = True
        return
    elif kind == 4 and line["from"] == "world":
        line["sender"] = draw(st.sampled_from(["ann@example.org", BOB, "x@nowhere.test"]))
    if "notify" not in line and _one_in(draw, 3):
        line["notify"] = draw(st.sampled_from([["success"], ["success", "failure", "delay"], "never"]))


@st.composite
def busy_worlds(draw: st.DrawFn) -> dict[str, Any]:
    """A world of :func:`strategies.worlds` with faults of every kind, and much more that may meet."""
    world = draw(worlds(max_faults=3, kinds=True))
    nodes = world["nodes"]
    mtas = [name for name, node in nodes.items() if node["kind"] == "mta"]
    stores = [name for name, node in nodes.items() if node["kind"] == "mailstore"]
    world["zones"][0] += '_mta-sts 60 IN TXT "v=STSv1; id=1"\n'
    for name in mtas:
        node = nodes[name]
        node["flavour"] = draw(st.sampled_from(PROGRAMS))
        node["parameters"] = _figures(draw, node["flavour"])
        if "over_limit" in node["parameters"]:
            node["max_sessions"] = draw(st.integers(1, 3))
        if name in HOSTS:
            _policies(draw, node)
    if _one_in(draw, 2):
        nodes["mx1"]["aliases"] = draw(st.sampled_from(ALIASES))
        if "isp" in nodes:
            nodes["isp"]["aliases"] = {"loop@example.org": ["info@example.com"]}
    if "bob" in nodes and _one_in(draw, 2):
        fetch = {"host": "imap.example.com", "every": "2m", **draw(st.sampled_from(DEVICES))}
        nodes["phone"] = {"kind": "client", "address": BOB, "password": "hunter2", "fetch": fetch}
    for line in world["traffic"]:
        _traffic(draw, line)
    world["run_until"] = draw(st.sampled_from(["settled", "6h", "12h"]))
    if _one_in(draw, 10):
        world["warm_up"] = "1h"
    if _one_in(draw, 2):
        known = {(fault["kind"], fault.get("target")) for fault in world["faults"]}
        more = draw(st.lists(server_faults(mtas, stores), min_size=1, max_size=2, unique_by=lambda f: (f["kind"], f["target"])))
        world["faults"] += [fault for fault in more if (fault["kind"], fault["target"]) not in known]
    return world
