"""Random small worlds for hypothesis: one to three MX, a backup or none, faults of every kind, users or a population."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from fault_strategies import ANY, minutes

__all__ = ["failing_servers", "faults", "minutes", "server_faults", "worlds"]

BOB = "bob@example.com"
HOSTS = ("mx1", "mx2", "mx3")
ADDRESS = {"mx1": "192.0.2.10", "mx2": "198.51.100.20", "mx3": "192.0.2.30"}
ORG = """$ORIGIN example.org.
@    3600 IN SOA ns1 hostmaster 1 7200 900 1209600 300
@    3600 IN NS  ns1
@    3600 IN MX  10 mail
_submissions._tcp 3600 IN SRV 0 1 465 mail
mail 3600 IN A   203.0.113.25
ns1  3600 IN A   203.0.113.53
"""


def faults(
    targets: list[str], names: list[str], logins: list[str] | None = None, *, kinds: bool = False
) -> st.SearchStrategy[dict[str, Any]]:
    """An outage of a node or link in any way, of a name in DNS, or of who checks passwords; ``kinds``: or any other kind of fault."""
    span = {"kind": st.just("outage"), "start": minutes(0, 400), "length": minutes(1, 2000)}
    reach = st.fixed_dictionaries({**span, "target": st.sampled_from(targets), "how": st.sampled_from(["silent", "unreachable"])})
    nodes = [target for target in targets if not target.startswith("link ")]
    stopped = st.fixed_dictionaries({**span, "target": st.sampled_from(nodes), "how": st.just("refused")})
    speaking = [name for name in nodes if name in HOSTS]
    reply = st.fixed_dictionaries(
        {
            **span,
            "target": st.sampled_from(speaking or nodes),
            "how": st.sampled_from(["4xx", "5xx"]),
            "stage": st.sampled_from(["greeting", "ehlo", "mail", "rcpt", "data", "eod"]),
        }
    )
    rcode = st.fixed_dictionaries(
        {**span, "target": st.sampled_from(names), "how": st.sampled_from(["silent", "servfail", "refused", "nxdomain"])}
    )
    unchecked = [
        st.fixed_dictionaries({**span, "target": st.just(f"auth of {node}"), "how": st.sampled_from(["silent", "refused"])})
        for node in logins or ()
    ]
    more = [one for kind in ANY.values() for one in kind(targets)] if kinds else []
    return st.one_of(reach, stopped, rcode, *([reply] if speaking else []), *unchecked, *more)


@st.composite
def zone(draw: st.DrawFn, hosts: tuple[str, ...]) -> str:
    """The recipients' zone: MX records with preferences that may be equal, and a TTL."""
    ttl = draw(st.sampled_from([60, 300, 3600]))
    lines = ["$ORIGIN example.com.", f"@ {ttl} IN SOA ns1 hostmaster 1 7200 900 1209600 300", f"@ {ttl} IN NS ns1"]
    for host in hosts:
        lines.append(f"@ {ttl} IN MX {draw(st.sampled_from([10, 20, 30]))} {host}")
        lines.append(f"{host} {ttl} IN A {ADDRESS[host]}")
    lines += [f"imap {ttl} IN A 192.0.2.143", f"ns1 {ttl} IN A 192.0.2.53"]
    return "\n".join(lines) + "\n"


def _receivers(draw: st.DrawFn, hosts: tuple[str, ...]) -> dict[str, Any]:
    """The MX hosts: the first one is final, the others relay; and where the mailboxes are."""
    flavour = st.sampled_from(["postfix", "exim"])
    nodes: dict[str, Any] = {}
    with_store = draw(st.booleans())
    for k, host in enumerate(hosts):
        node: dict[str, Any] = {"kind": "mta", "flavour": draw(flavour)}
        if k == 0:
            node["final_for"] = ["example.com"]
            if with_store:
                node["store"] = "boxes"
        else:
            node["relays_for"] = ["example.com"]
            node["queue_lifetime"] = draw(st.sampled_from(["3h", "1d", "5d"]))
        if draw(st.booleans()):
            node["scan_phase"] = draw(minutes(0, 4))
        if draw(st.integers(0, 3)) == 0:
            node["max_sessions"] = draw(st.integers(1, 2))
        nodes[host] = node
    if with_store:
        nodes["boxes"] = {"kind": "mailstore", "host": "imap.example.com", "mailboxes": {BOB: {"password": "hunter2"}}}
        protocol = draw(st.sampled_from(["imap", "pop3"]))
        idle = protocol == "imap" and draw(st.booleans())
        fetch = {"host": "imap.example.com", "protocol": protocol, "idle": idle, "every": draw(minutes(1, 60))}
        password = draw(st.sampled_from(["hunter2", "hunter2", "hunter2", "forgotten"]))
        fetch["login_tries"] = draw(st.sampled_from([1, 1, 3, None]))
        nodes["bob"] = {"kind": "client", "address": BOB, "password": password, "fetch": fetch}
    return nodes


def _origin(draw: st.DrawFn, population: bool) -> tuple[dict[str, Any], str]:
    """Who sends: a population, or a user with a submission server and a mailbox for the reports."""
    if population:
        mix = draw(st.sampled_from([{"postfix": 1}, {"exim": 1}, {"postfix": 0.4, "exim": 0.6}]))
        return {"world": {"kind": "senders", "mix": mix}}, "world"
    password = draw(st.sampled_from(["secret", "secret", "secret", "a guess"]))
    discover = draw(st.sampled_from(["srv", "mail.example.org"]))
    nodes = {
        "ann": {"kind": "client", "address": "ann@example.org", "password": password, "submission": {"discover": discover}},
        "isp": {
            "kind": "mta",
            "host": "mail.example.org",
            "flavour": draw(st.sampled_from(["postfix", "exim"])),
            "final_for": ["example.org"],
            "submission": True,
            "store": "home",
        },
        "home": {"kind": "mailstore", "host": "mail.example.org", "mailboxes": {"ann@example.org": {"password": "secret"}}},
    }
    return nodes, "ann@example.org"


def _lane(fault: dict[str, Any]) -> str:
    """Two faults at one place may overlap only where they are of different kinds."""
    return f"{fault['kind']} {fault.get('target') or fault.get('zone') or fault.get('a')}"


@st.composite
def _asked(draw: st.DrawFn, to: list[str]) -> dict[str, Any]:
    """What the sender asks of reports (RFC 3461): mostly nothing."""
    if draw(st.integers(0, 2)):
        return {}
    words = st.lists(st.sampled_from(["success", "failure", "delay"]), min_size=1, unique=True)
    one = st.one_of(st.just("never"), words)
    asked: dict[str, Any] = {"notify": draw(st.one_of(one, st.dictionaries(st.sampled_from(to), one, min_size=1)))}
    if draw(st.booleans()):
        asked.update(return_content=draw(st.sampled_from(["full", "headers"])), envelope_id="QQ314159")
    return asked


def _burst(sender: str, to: list[str], fault: dict[str, Any]) -> dict[str, Any]:
    """Ten messages in the three seconds before something fails, so that some session is cut in the middle."""
    begins_ms = max(int(fault["start"][:-1]) * 60_000 - 3_000, 0)
    times = {"start": f"{begins_ms}ms", "until": f"{begins_ms + 3_000}ms", "every": "300ms"}
    return {"kind": "periodic", "from": sender, "to": to, "size": "20 kB", **times}


@st.composite
def worlds(draw: st.DrawFn, *, max_faults: int = 4, alone: bool = False, spare_first: bool = False, kinds: bool = False) -> dict[str, Any]:
    """A scenario as a dict, ready for ``mailsim.load``.

    Parameters
    ----------
    max_faults : int
        At most so many outages.
    spare_first : bool
        No fault of ``mx1`` itself, so that a law may add one.
    kinds : bool
        Faults of every kind that there is.
    alone : bool
        One MX and a population: no message shares a queue with another one, so each can be reasoned about by itself.
    """
    hosts = HOSTS[: 1 if alone else draw(st.integers(1, 3))]
    sending, sender = _origin(draw, population=alone or draw(st.booleans()))
    nodes = {**sending, "dns": {"kind": "resolver"}, **_receivers(draw, hosts)}
    to = draw(st.sampled_from([*[[BOB]] * 4, ["nobody@example.com"], [BOB, "nobody@example.com"], [BOB, "ann@example.org"]]))
    times = draw(st.lists(minutes(0, 300), min_size=1, max_size=6))
    traffic: list[dict[str, Any]] = [{"kind": "at", "from": sender, "to": to, "times": times, "size": "20 kB", **draw(_asked(to))}]
    if draw(st.booleans()):
        start = draw(st.integers(0, 200))
        count = draw(st.integers(1, 6))
        traffic.append({"kind": "spread", "from": sender, "to": to, "count": count, "start": f"{start}m", "until": f"{start + 120}m"})
    targets = [*hosts[1 if spare_first else 0 :], f"link {next(iter(sending))}-{hosts[0]}"]
    if kinds and draw(st.booleans()):
        nodes["ns1"] = {"kind": "nameserver", "host": "ns1.example.com"}
    targets += [name for name in ("isp", "boxes", "dns", "ns1") if name in nodes]
    targets += [f"link {hosts[1]}-{hosts[0]}"] if len(hosts) > 1 else []
    names = ["dns example.com/MX", "dns example.com", f"dns {hosts[0]}.example.com/A"]
    logins = [name for name in ("isp", "home", "boxes") if name in nodes]
    failing = draw(st.lists(faults(targets, names, logins, kinds=kinds), max_size=max_faults, unique_by=_lane))
    if failing and draw(st.booleans()):
        traffic.append(_burst(sender, to, failing[0]))
    policy = {"mode": "enforce", "mx": ["*.example.com"], "max_age": "1d"}
    return {
        **({"signed_zones": ["example.com"], "policies": {"example.com": policy}} if kinds else {}),
        "name": "random",
        "seed": draw(st.integers(0, 2**32)),
        "run_until": draw(st.sampled_from(["settled", "settled", "6h", "3d"])),
        "zones": [draw(zone(hosts)), ORG],
        "defaults": {"resolver": "dns"},
        "nodes": nodes,
        "traffic": traffic,
        "faults": failing,
    }


@st.composite
def server_faults(draw: st.DrawFn, mtas: list[str], stores: list[str]) -> dict[str, Any]:
    """What happens to a server and its queue."""
    kind = draw(st.sampled_from(["crash", "crash", "restart", "stuck", "flush", "disk_full", "mailbox_full"]))
    if kind == "mailbox_full":
        targets = [name for name in (*mtas, *stores) if name not in ("isp", "home")]
    else:
        targets = [*mtas, *(stores if kind in ("crash", "disk_full") else [])]
    fault: dict[str, Any] = {"kind": kind, "target": draw(st.sampled_from(targets)), "start": f"{draw(st.integers(0, 24_000))}s"}
    if kind == "flush":
        return fault | draw(st.sampled_from([{}, {"domain": "example.com"}]))
    fault["length"] = f"{draw(st.sampled_from([1, 5, 30, 300, 1800, 7200, 40_000]))}s"
    if draw(st.booleans()):
        fault["then_flush"] = [draw(st.sampled_from(mtas))]
    if kind == "crash":
        fault["queue"] = draw(st.sampled_from(["kept", "lost"]))
    elif kind == "mailbox_full":
        fault |= {"mailbox": BOB, "answer": draw(st.sampled_from(["4xx", "5xx"]))}
    return fault


@st.composite
def failing_servers(draw: st.DrawFn) -> dict[str, Any]:
    """A random world of all programs, with outages and up to four of :func:`server_faults`."""
    world = draw(worlds(max_faults=2))
    nodes = world["nodes"]
    mtas = [name for name, node in nodes.items() if node["kind"] == "mta"]
    stores = [name for name, node in nodes.items() if node["kind"] == "mailstore"]
    for name in mtas:
        nodes[name]["flavour"] = draw(st.sampled_from(["postfix", "exim", "sendmail", "opensmtpd", "courier"]))
    lanes = st.lists(server_faults(mtas, stores), min_size=1, max_size=4, unique_by=lambda fault: (fault["kind"], fault["target"]))
    more = draw(lanes)
    if draw(st.booleans()):
        world["traffic"].append(_burst_at(world, int(more[0]["start"][:-1])))
    if not any(fault["target"] == "mx1" for fault in world["faults"]):
        away = {"kind": "outage", "target": "mx1", "length": f"{draw(st.integers(100, 30_000))}s"}
        world["faults"].append(away | {"how": draw(st.sampled_from(["silent", "refused", "4xx"]))})
    return {**world, "faults": [*world["faults"], *more]}


def _burst_at(world: dict[str, Any], start_s: int) -> dict[str, Any]:
    """Ten messages in the three seconds before an instant."""
    first = world["traffic"][0]
    begins = max(start_s - 3, 0)
    times = {"start": f"{begins}s", "until": f"{begins + 3}s", "every": "300ms"}
    return {"kind": "periodic", "from": first["from"], "to": first["to"], "size": "20 kB", **times}
