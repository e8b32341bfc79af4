"""PowerDNS Recursor, Knot Resolver and dnsmasq on the engine's clock: one behind the other, TCP connections, repeats of a client."""

from __future__ import annotations

from typing import Any

import pytest

from mailsim.events import Event
from mailsim.nodes.lookups import PROTOCOL_NUMBERS
from mailsim.rules.dns import Rcode
from mailsim.scenario import load

ZONES = [
    "$ORIGIN .\n$TTL 86400\n@ SOA a.root. h.root. 1 1800 900 604800 86400\n@ NS a.root.\na.root. A 192.0.2.1\n"
    "test. NS ns1.test.\ntest. NS ns2.test.\nns1.test. A 192.0.2.11\nns2.test. A 192.0.2.12\n",
    "$ORIGIN test.\n$TTL 300\n@ SOA ns1 h 1 7200 900 1209600 60\n@ NS ns1\n@ NS ns2\nns1 A 192.0.2.11\nns2 A 192.0.2.12\n"
    "a A 192.0.2.99\nb A 192.0.2.98\nc A 192.0.2.97\n",
]


def world(resolver: dict[str, Any], queries: list[dict[str, Any]], **more: Any) -> Any:
    served = {1: ".", 11: "test", 12: "test"}
    servers = {f"server{k}": {"kind": "nameserver", "address": [f"192.0.2.{k}"], "zones": [zone]} for k, zone in served.items()}
    nodes = {
        "dns": {"kind": "resolver", "address": ["192.0.2.53"], **resolver},
        "asker": {"kind": "dnsclient", "resolver": "dns", "queries": queries},
        **servers,
        **more.pop("nodes", {}),
    }
    links = {f"dns-server{k}": {"rtt": "10ms", "bandwidth": None} for k in (1, 11, 12)}
    return load({"name": "forwarding", "zones": ZONES, "nodes": nodes, "links": links, "run_until": "60s", **more}).run(
        seed=1, level="events"
    )


def answers(result: Any) -> list[tuple[int, int, int]]:
    """When each question was asked, its code and what it took."""
    events = result.log.events
    rows = range(len(events["kind"]))
    return [(events["t_us"][i], events["code"][i], events["value"][i]) for i in rows if events["kind"][i] == Event.LOOKED_UP]


def sent(result: Any, node: str) -> list[tuple[str, str, int]]:
    """What a node asked: which server, which name, over what."""
    log = result.log
    rows = [i for i, kind in enumerate(log.events["kind"]) if kind == Event.ASKED and log.names[log.events["node"][i]] == node]
    return [(log.names[log.events["peer"][i]], log.names[log.events["extra"][i]], log.events["code"][i]) for i in rows]


@pytest.mark.parametrize("flavour", ["pdns", "kresd"])
def test_a_recursor_walks_from_the_root_and_then_answers_from_its_cache(flavour: str) -> None:
    found = world({"flavour": flavour}, [{"name": "a.test", "at": "0s"}, {"name": "a.test", "at": "5s"}])
    (_, first, took), (_, second, hit) = answers(found)
    assert (first, second) == (Rcode.NOERROR, Rcode.NOERROR)
    assert 20_000 <= took < 25_000  # root, then the zone: 10 ms each
    assert hit <= 2_000
    assert next(server for server, *_ in sent(found, "dns")) == "192.0.2.1"


def test_dnsmasq_passes_on_to_a_recursor_and_keeps_what_it_says() -> None:
    behind = {"back": {"kind": "resolver", "flavour": "pdns", "address": ["192.0.2.54"]}}
    forwarder = {"flavour": "dnsmasq", "parameters": {"forward": ["192.0.2.54"]}}
    found = world(forwarder, [{"name": "a.test", "at": "0s"}, {"name": "a.test", "at": "5s"}], nodes=behind)
    assert [rcode for _, rcode, _ in answers(found)] == [Rcode.NOERROR, Rcode.NOERROR]
    assert [server for server, *_ in sent(found, "dns")] == ["192.0.2.54"]
    assert len(sent(found, "back")) >= 2


def test_a_clients_repeat_is_known_as_such() -> None:
    # recorded in drop_1of2_back: only the client's own repeat, 5 s later, reaches the other server
    forwarder = {"flavour": "dnsmasq", "parameters": {"forward": ["192.0.2.11", "192.0.2.12"]}}
    fault = {"kind": "dns", "target": "192.0.2.11", "start": "2s", "until": "60s", "how": "silent"}
    queries = [{"name": "a.test", "at": "0s"}, {"name": "b.test", "at": "3s", "timeout": "20s", "resend": "5s"}]
    found = world(forwarder, queries, faults=[fault])
    assert 5_000_000 < answers(found)[1][2] < 5_100_000
    assert [server[-2:] for server, name, _ in sent(found, "dns") if name == "b.test"] == ["11", "11", "12"]


def test_a_connection_opens_when_the_kernels_repeated_syn_gets_through() -> None:
    """UDP at 3.000, 3.031, 3.061 and 3.122 s, then a connection: SYN at 3.183 and 4.183 s, servers silent until 4 s.

    Recorded in recovery_5s: SYN at 7.2, servers back at 8.0, the question over TCP at 8.23.
    """
    fault = [{"kind": "dns", "target": f"192.0.2.{k}", "start": "2s", "until": "4s", "how": "silent"} for k in (11, 12)]
    warm = [{"name": f"{name}.test", "at": f"{k}00ms"} for k, name in enumerate("abc")]
    queries = [*warm, {"name": "d.test", "at": "3s", "timeout": "20s"}]
    found = world({"flavour": "kresd", "parameters": {"timing_noise": "0s"}}, queries, faults=fault)
    tcp = [(name, code) for _, name, code in sent(found, "dns") if code == PROTOCOL_NUMBERS["tcp"]]
    assert [name for name, _ in tcp] == ["d.test"]
    _, rcode, took = answers(found)[3]
    assert rcode == Rcode.NXDOMAIN
    assert 1_190_000 < took < 1_220_000


def test_a_resolver_without_servers_to_forward_to_refuses() -> None:
    found = world({"flavour": "dnsmasq"}, [{"name": "a.test", "at": "0s"}])
    assert [rcode for _, rcode, _ in answers(found)] == [Rcode.REFUSED]
