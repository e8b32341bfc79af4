"""A strategy for each kind of fault, for random worlds; a test sees to it that no kind is missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from mailsim.scenario.faults import chaos_tools, incidents

__all__ = ["ANY", "kind_of_fault", "minutes"]

Strategy = st.SearchStrategy[dict[str, Any]]

#: by kind: strategies for a world with these targets (nodes and links)
ANY: dict[str, Callable[[list[str]], list[Strategy]]] = {}

STAGES = ["greeting", "ehlo", "mail", "rcpt", "data", "eod"]
SERVERS = ("mx1", "mx2", "mx3", "isp")
WINDOW = {"start": st.integers(0, 400).map(lambda n: f"{n}m"), "length": st.integers(1, 2000).map(lambda n: f"{n}m")}


def minutes(low: int, high: int) -> st.SearchStrategy[str]:
    """A duration as text."""
    return st.integers(low, high).map(lambda n: f"{n}m")


def kind_of_fault(name: str) -> Callable[[Callable[[list[str]], list[Strategy]]], Callable[[list[str]], list[Strategy]]]:
    """Say how faults of a kind are drawn."""

    def register(function: Callable[[list[str]], list[Strategy]]) -> Callable[[list[str]], list[Strategy]]:
        ANY[name] = function
        return function

    return register


def _servers(targets: list[str]) -> list[str]:
    return [name for name in targets if name in SERVERS]


def _of(kind: str, targets: list[str], **fields: Strategy | st.SearchStrategy[Any]) -> list[Strategy]:
    """Faults of a kind at one of these targets, none where there are none."""
    if not targets:
        return []
    return [st.fixed_dictionaries({"kind": st.just(kind), "target": st.sampled_from(targets), **WINDOW, **fields})]


@kind_of_fault("outage")
def _outages(targets: list[str]) -> list[Strategy]:
    """A share of the sessions, some recipients, connections that are dropped or hang, a 250 that is lost; the rest is drawn elsewhere."""
    servers = _servers(targets)
    share = st.sampled_from([0.1, 0.5, 0.9])
    return [
        *_of("outage", servers, how=st.sampled_from(["silent", "refused", "unreachable", "lost_reply"]), probability=share),
        *_of("outage", servers, how=st.sampled_from(["4xx", "5xx", "drop", "hang"]), stage=st.sampled_from(STAGES), probability=share),
        *_of("outage", servers, how=st.sampled_from(["4xx", "5xx"]), recipients=st.sampled_from(["bob@", "nobody"])),
        *_of("outage", servers, how=st.sampled_from(["drop", "hang"]), stage=st.sampled_from(STAGES)),
        *_of("outage", servers, how=st.just("lost_reply")),
    ]


@kind_of_fault("address")
def _addresses(targets: list[str]) -> list[Strategy]:
    address = {"mx1": "192.0.2.10", "mx2": "198.51.100.20", "mx3": "192.0.2.30"}
    found = [address[name] for name in targets if name in address]
    return _of("address", found, how=st.sampled_from(["silent", "refused", "unreachable"]))


@kind_of_fault("stuck")
def _stuck(targets: list[str]) -> list[Strategy]:
    return _of("stuck", _servers(targets))


@kind_of_fault("incident")
def _incidents(targets: list[str]) -> list[Strategy]:
    of_servers = [name for name, one in incidents().items() if len(one.windows) == 1 and not one.what.startswith("the mail store")]
    return _of("incident", _servers(targets), name=st.sampled_from(of_servers))


@kind_of_fault("chaos")
def _chaos(targets: list[str]) -> list[Strategy]:
    tools = [name for name, tool in chaos_tools().items() if not tool.needs]
    return _of("chaos", _servers(targets), name=st.sampled_from(tools))


@kind_of_fault("dns")
def _dns(targets: list[str]) -> list[Strategy]:
    resolvers = [name for name in targets if name == "dns"]
    servers = [name for name in targets if name == "ns1"]
    share = {"how": st.just("lossy"), "probability": st.sampled_from([0.2, 0.9])}
    how = st.sampled_from(["silent", "closed", "servfail", "refused", "nxdomain", "truncated"])
    return [
        *_of("dns", resolvers + servers, how=how, rtype=st.sampled_from([None, "MX", "A"])),
        *_of("dns", resolvers + servers, **share),
        *_of("dns", resolvers + servers, how=st.just("slow"), delay=st.sampled_from(["100ms", "3s", "40s"])),
        *_of("dns", servers, how=st.sampled_from(["lame", "stale"]), zone=st.sampled_from([None, "example.com"])),
    ]


@kind_of_fault("wrong_records")
def _wrong_records(targets: list[str]) -> list[Strategy]:
    edits = [
        {"records": "@ 300 IN MX 10 mx1.example.org."},
        {"records": "mx1 300 IN A 203.0.113.77"},
        {"remove": ["example.com MX"]},
        {"records": "@ 60 IN MX 0 ."},
    ]
    window = st.fixed_dictionaries({"kind": st.just("wrong_records"), "zone": st.just("example.com"), **WINDOW})
    return [st.tuples(window, st.sampled_from(edits)).map(lambda both: {**both[0], **both[1]})]


@kind_of_fault("policy")
def _policies(targets: list[str]) -> list[Strategy]:
    return _of("policy", ["example.com"], how=st.sampled_from(["silent", "refused", "unreachable"]))


@kind_of_fault("bogus")
def _bogus(targets: list[str]) -> list[Strategy]:
    return _of("bogus", ["example.com"])


@kind_of_fault("crash")
def _crashes(targets: list[str]) -> list[Strategy]:
    machines = _servers(targets) + [name for name in targets if name in ("boxes", "dns")]
    return _of("crash", machines, queue=st.sampled_from(["kept", "lost"]))


@kind_of_fault("restart")
def _restarts(targets: list[str]) -> list[Strategy]:
    return _of("restart", _servers(targets), length=st.sampled_from(["1s", "5s", "10m"]))


@kind_of_fault("flush")
def _flushes(targets: list[str]) -> list[Strategy]:
    servers = _servers(targets)
    if not servers:
        return []
    fields = {"kind": st.just("flush"), "target": st.sampled_from(servers), "start": WINDOW["start"]}
    return [st.fixed_dictionaries(fields, optional={"domain": st.just("example.com")})]


@kind_of_fault("disk_full")
def _full_disks(targets: list[str]) -> list[Strategy]:
    return _of("disk_full", _servers(targets) + [name for name in targets if name == "boxes"])


@kind_of_fault("mailbox_full")
def _full_mailboxes(targets: list[str]) -> list[Strategy]:
    places = [name for name in targets if name in ("mx1", "mx2", "mx3", "boxes")]
    return _of("mailbox_full", places, mailbox=st.just("bob@example.com"), answer=st.sampled_from(["4xx", "5xx"]))


def _nodes(targets: list[str]) -> list[str]:
    return [name for name in targets if not name.startswith("link ")]


@kind_of_fault("partition")
def _partitions(targets: list[str]) -> list[Strategy]:
    """Between two nodes, or between one and two others; in both directions or in one."""
    nodes = _nodes(targets)
    if len(nodes) < 2:
        return []
    sides = st.permutations(nodes).flatmap(lambda order: st.sampled_from([(order[0], order[1]), (order[0], tuple(order[1:3]))]))
    how = {"how": st.sampled_from(["silent", "unreachable"]), "one_way": st.booleans()}
    window = st.fixed_dictionaries({"kind": st.just("partition"), **WINDOW, **how})
    return [st.tuples(window, sides).map(lambda both: {**both[0], "a": both[1][0], "b": both[1][1]})]


@kind_of_fault("slow")
def _slow(targets: list[str]) -> list[Strategy]:
    """By less than the checkers allow a session for its work; and by more than any client waits for a connection."""
    slow = [name for name in targets if name in (*SERVERS, "boxes", "dns", "ns1") or name.startswith("link ")]
    return _of("slow", slow, delay=st.sampled_from(["50ms", "2s", "9s", "35s"]))


@kind_of_fault("lossy")
def _lossy(targets: list[str]) -> list[Strategy]:
    return _of("lossy", targets, probability=st.sampled_from([0.01, 0.2, 0.6, 1.0]))


@kind_of_fault("capacity")
def _capacity(targets: list[str]) -> list[Strategy]:
    servers = _servers(targets)
    return [*_of("capacity", servers, sessions=st.integers(1, 3)), *_of("capacity", servers, slower=st.sampled_from([1.5, 20.0]))]
