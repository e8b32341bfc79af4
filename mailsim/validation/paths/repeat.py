"""A run of the rebuilt world of a whole-path case as one more repeat, in the schema of the recordings."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from mailsim.events import Event, EventLog, State
from mailsim.results.result import Result
from mailsim.rules.fetch import LOGIN_RTTS
from mailsim.rules.reasons import Why
from mailsim.units import micros
from mailsim.validation.paths.rig import clients_of, figure
from mailsim.validation.paths.world import CALLERS, HOSTS, PROTOCOLS

__all__ = ["repeat_of"]

#: how calls and polls that met nobody are told
_OUTCOMES = {Why.OK: "ok", Why.REFUSED: "refused", Why.NO_SERVICE: "refused", Why.SILENT: "timeout", Why.REPLY_TIMEOUT: "timeout"}
_ERRORS = {
    Why.REFUSED: "[Errno 111] Connection refused", Why.NO_SERVICE: "[Errno 111] Connection refused", Why.SILENT: "timed out",
    Why.REPLY_TIMEOUT: "timed out", Why.UNREACHABLE: "[Errno 113] No route to host", Why.AUTH_FAILED: "Authentication failed.",
}  # fmt: skip
_ENDS = {State.STORED: "stored", State.BOUNCED: "bounced", State.REJECTED: "rejected_at_submission", State.QUEUED: "queued"}
_RESULTS = {Event.DELIVERED: "sent", Event.DEFERRED: "deferred", Event.BOUNCED: "bounced", Event.DISCARDED: "bounced"}
#: swaks: the exit status after a reply or the lack of one
_EXIT = {Why.CLOSED: 6, Why.REPLY_TIMEOUT: 21, Why.REFUSED: 2, Why.SILENT: 2, Why.UNREACHABLE: 2, Why.NO_SERVICE: 2}


class _Row(NamedTuple):
    """An event row with its names."""

    t_us: int
    message: int
    kind: int
    node: str
    peer: str
    detail: str
    attempt: int
    code: int
    why: int
    value: int
    extra: str


_COLUMNS = ("t_us", "message", "kind", "node", "peer", "detail", "attempt", "code", "why", "value", "extra")


def _rows(log: EventLog) -> list[_Row]:
    names = log.names

    def text(k: int) -> str:
        return names[k] if k >= 0 else ""

    return [
        _Row(t, message, kind, text(node), text(peer), text(detail) if kind == Event.TRIED else "", attempt, code, why, value, text(extra))
        for t, message, kind, node, peer, detail, attempt, code, why, value, extra in zip(*(log.events[c] for c in _COLUMNS), strict=True)
    ]


def _s(t_us: int) -> float:
    return round(t_us / 1e6, 3)


def repeat_of(body: dict[str, Any], result: Result) -> dict[str, Any]:
    """What a run shows, as the recordings write it down.

    Parameters
    ----------
    body : dict
        The case without name, description and repeats.
    result : Result
        A run of its scenario at level ``events``.
    """
    rows = _rows(result.log)
    clients = clients_of(body)
    found: dict[str, Any] = {}
    if clients is not None:
        calls = {part: _calls(rows, node) for part, node in CALLERS.items()}
        if clients["auth"]:
            found["auth"] = [_auth(call, calls["auth"][0]) for call in calls["auth"]]
        if clients["fetch"]:
            found["fetch"] = [_fetch(one, call) for one, call in zip(clients["fetch"], calls["fetch"], strict=True)]
    if body["workload"]:
        polls = _polls(body, rows, result.log)
        found["messages"] = _messages(body, rows, result.log, polls)
        found["polls"] = [poll.told() for poll in polls]
    return found


# -- calls ------------------------------------------------------------------------------------------------------------


def _calls(rows: list[_Row], node: str) -> list[list[_Row]]:
    """The steps of each call, its end last."""
    found: dict[int, list[_Row]] = defaultdict(list)
    for row in rows:
        if row.kind == Event.PROBED and row.node == node:
            found[row.attempt].append(row)
    return [sorted(found[k], key=lambda r: (r.t_us, r.extra.startswith("done|"))) for k in sorted(found)]


def _auth(call: list[_Row], first: list[_Row]) -> dict[str, Any]:
    """A submission: its reply is the first refusal, else that of the login; times are from the first one's start."""
    end, zero = call[-1], first[-1].t_us - first[-1].value
    said = next((row.code for row in call if row.code >= 400), next((row.code for row in call if row.code > 0), -1))
    refused = {row.extra.partition("|")[0]: row.code for row in call[:-1] if row.code >= 400}
    code = 24 if "rcpt" in refused else 28 if "auth" in refused else _EXIT.get(Why(end.why), 0)
    return {
        "name": end.extra.partition("|")[2],
        "t": _s(end.t_us - end.value - zero),
        "t_end": _s(end.t_us - zero),
        "exit": code,
        "reply": str(said) if said > 0 else "none",
    }


def _fetch(what: dict[str, Any], call: list[_Row]) -> dict[str, Any]:
    """A look into a mailbox."""
    end = call[-1]
    row: dict[str, Any] = {"name": what["name"], "t": _s(end.t_us - end.value), "proto": what["proto"], "user": what["user"]}
    good = [step for step in call[:-1] if step.why == Why.OK]
    row |= {f"t_{step.extra.partition('|')[0]}": _s(step.t_us) for step in good}
    row["outcome"] = _OUTCOMES.get(Why(end.why), "error")
    if end.why != Why.OK:
        row["error"] = _ERRORS.get(Why(end.why), "")
        row["stage"] = call[-2].extra.partition("|")[0] if len(call) > 1 else "connect"
    row["t_end"] = _s(end.t_us)
    return row


# -- mail -------------------------------------------------------------------------------------------------------------


class _Poll(NamedTuple):
    """A look of a reader: what it saw of the mail, by place in the workload."""

    start_us: int
    protocol: str
    end_us: int
    why: Why
    seen: tuple[int, ...]

    def told(self) -> dict[str, Any]:
        """As a row."""
        row: dict[str, Any] = {"t": _s(self.start_us), "proto": self.protocol, "outcome": _OUTCOMES.get(self.why, "error")}
        if self.why == Why.OK:
            row["messages"] = len(self.seen)
        else:
            row |= {"error": _ERRORS.get(self.why, ""), "stage": "login" if self.why == Why.AUTH_FAILED else "connect"}
        return {**row, "t_end": _s(self.end_us)}


def _order(body: dict[str, Any]) -> list[int]:
    """The mails of the workload in the order of their numbers in the log."""
    return sorted(range(len(body["workload"])), key=lambda k: (body["workload"][k]["t"], k))


def _polls(body: dict[str, Any], rows: list[_Row], log: EventLog) -> list[_Poll]:
    """All looks until readers by both protocols have seen all mail, or until the horizon.

    A run writes down only looks that fail or fetch; the others are as good as the arithmetic says.
    """
    every, rtt, horizon = micros(f"{body['poll_every']}s"), micros(figure("rtt")), micros(f"{body['horizon']}s")
    stored = {number: log.messages["stored_us"][k] for k, number in reversed(list(enumerate(log.messages["message"])))}
    place = _order(body)
    failed = {p: [r for r in rows if r.kind in _FAILED and r.node == f"reader0-{p}"] for p in PROTOCOLS}
    found: list[_Poll] = []
    latest: dict[str, int] = {}
    busy_until = 0
    for k in range(horizon // every):
        start, protocol = k * every, PROTOCOLS[k % len(PROTOCOLS)]
        if start < busy_until - every:
            continue
        bad = next((r for r in failed[protocol] if start <= r.t_us < start + len(PROTOCOLS) * every), None)
        listed = start + LOGIN_RTTS[protocol] * rtt
        end, why = (bad.t_us, Why(bad.why)) if bad is not None else (listed + 2 * rtt, Why.OK)
        there = [place[n] for n in range(len(place)) if 0 <= stored.get(n, -1) < listed]
        found.append(_Poll(start, protocol, end, why, tuple(sorted(there)) if why == Why.OK else ()))
        busy_until = end
        latest[protocol] = len(found[-1].seen)
        if len(latest) == len(PROTOCOLS) and min(latest.values()) == len(place):
            break
    return found


_FAILED = (Event.FETCH_FAILED, Event.LOGIN_FAILED)


def _messages(body: dict[str, Any], rows: list[_Row], log: EventLog, polls: list[_Poll]) -> list[dict[str, Any]]:
    """Each mail of the workload with its way."""
    table, own = log.messages, defaultdict(list)
    for one in rows:
        own[one.message].append(one)
    address = {node: place["ip"] for node, place in body["hosts"].items()}
    found = []
    for number, k in enumerate(_order(body)):
        mail, delivery = body["workload"][k], list(table["message"]).index(number)
        told = next((r for r in own[number] if r.kind in (Event.SUBMITTED, Event.REJECTED)), None)
        end = table["sent_us"][delivery] if told is None else told.t_us
        state = State(table["state"][delivery])
        fetched = {poll.protocol: _s(poll.end_us) for poll in polls if k in poll.seen}
        row: dict[str, Any] = {
            "id": mail["id"],
            "submitted": {"t": mail["t"], "t_end": _s(end), "exit": 0 if state != State.REJECTED else 24},
            "hops": [_hop(host, own[number], address) for host in _way(own[number])],
            "t_fetched": fetched,
            "received_headers": [],
            "final": "fetched" if fetched else _ENDS.get(state, state.name.lower()),
        }
        found.append((k, row))
    return [row for _, row in sorted(found, key=lambda one: one[0])]


def _way(rows: list[_Row]) -> list[str]:
    """The hosts that took the mail, in order."""
    return list(dict.fromkeys(row.node for row in rows if row.kind == Event.ACCEPTED and row.node in HOSTS))


def _hop(host: str, rows: list[_Row], address: dict[str, str]) -> dict[str, Any]:
    """What a host did with a mail: when it took it, each attempt, when it was rid of it."""
    here = [row for row in rows if row.node == host]
    tries: list[dict[str, Any]] = []
    for attempt in sorted({row.attempt for row in here if row.attempt > 0}):
        steps = [row for row in here if row.attempt == attempt]
        contacts = [row for row in steps if row.kind == Event.TRIED]
        ended = next((row for row in reversed(steps) if row.kind in _RESULTS), None)
        if ended is None and not contacts:
            continue
        start = contacts[0].t_us if contacts else ended.t_us if ended is not None else 0
        end = max([ended.t_us if ended is not None else start, *(row.t_us + row.value for row in contacts)])
        good = [row for row in contacts if row.why == Why.OK]
        bad = [row for row in contacts if row.why != Why.OK]
        tries.append(
            {
                "t_start": _s(start),
                "t_end": _s(end),
                "result": "sent" if good else _RESULTS[Event(ended.kind)] if ended is not None else "deferred",
                "relay": f"{good[0].peer}[{good[0].detail}]" if good else "none",
                "earlier_hosts": [{"t": _s(row.t_us + row.value), "host": row.peer, "ip": row.detail} for row in bad],
            }
        )
    taken = next(row.t_us for row in here if row.kind == Event.ACCEPTED)
    gone = max((row["t_end"] for row in tries if row["result"] != "deferred"), default=None)
    return {"host": host, "ip": address[host], "t_received": _s(taken), "t_removed": gone, "tries": tries}
