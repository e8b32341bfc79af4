"""A run of the rebuilt world of an MTA case as one more repeat, in the schema of the recordings."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

from mailsim.events import Event, EventLog, State
from mailsim.flavours import mta_figures
from mailsim.results.result import Result
from mailsim.rules.dsn import reported
from mailsim.rules.reasons import Why
from mailsim.validation.mta.connections import recounted
from mailsim.validation.mta.unnamed import PROGRAMS, blurred
from mailsim.validation.mta.world import sink_name

__all__ = ["repeat_of"]

OUTCOMES = {
    Why.OK: "delivered", Why.REFUSED: "refused", Why.NO_SERVICE: "refused", Why.SILENT: "timeout", Why.UNREACHABLE: "unreachable",
    Why.TEMPFAIL: "tempfail", Why.PERMFAIL: "permfail", Why.CLOSED: "closed", Why.REPLY_TIMEOUT: "timeout", Why.REPLY_LOST: "timeout",
    Why.GAVE_UP: "gave_up",
}  # fmt: skip

RESULTS = {Event.DELIVERED: "sent", Event.DEFERRED: "deferred", Event.BOUNCED: "bounced", Event.DISCARDED: "bounced"}


class _Row(NamedTuple):
    """An event row with its names."""

    t_us: int
    message: int
    rcpt: str
    kind: int
    node: str
    peer: str
    detail: int
    attempt: int
    code: int
    why: int
    value: int
    extra: str


def _rows(log: EventLog) -> dict[int, list[_Row]]:
    """The rows of each message, in order of time."""
    names, events = log.names, log.events
    found: dict[int, list[_Row]] = defaultdict(list)
    columns = [events[c] for c in ("t_us", "message", "rcpt", "kind", "node", "peer", "detail", "attempt", "code", "why", "value", "extra")]
    for t, message, rcpt, kind, node, peer, detail, attempt, code, why, value, extra in zip(*columns, strict=True):
        texts = [names[k] if k >= 0 else "" for k in (rcpt, node, peer, extra)]
        found[message].append(_Row(t, message, texts[0], kind, texts[1], texts[2], detail, attempt, code, why, value, texts[3]))
    return found


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
    log = result.log
    rows = _rows(log)
    scenario: Any = result.scenario
    figures = mta_figures(scenario.nodes["mta"].flavour, dict(scenario.nodes["mta"].parameters))
    host_of = {a: h for h, place in body["world"]["hosts"].items() for a in place["addrs"]}
    node_of = {sink_name(h, k): h for h, place in body["world"]["hosts"].items() for k in range(len(place["addrs"]))}
    table = log.messages
    first: dict[int, int] = {}
    for k, number in enumerate(table["message"]):
        first.setdefault(number, k)
    order = sorted(range(len(body["workload"])), key=lambda k: (body["workload"][k]["t"], k))
    messages = []
    for number, k in enumerate(order):
        mail, own = body["workload"][k], rows.get(number, [])
        accepted = next((r.t_us for r in own if r.kind == Event.ACCEPTED and r.node == "mta"), -1)
        recipients = [_recipient(log, first[number] + j, rcpt, own, rows, host_of, node_of, figures) for j, rcpt in enumerate(mail["to"])]
        messages.append({"id": mail["id"], "t_accept": _s(accepted), "recipients": recipients})
    if figures.discipline == "routes":
        recounted(messages, rows, range(len(messages)), lambda r: _address(log, r, [], host_of, node_of))
    messages.sort(key=lambda m: [mail["id"] for mail in body["workload"]].index(m["id"]))
    if body["mta"]["kind"] in PROGRAMS:
        messages = blurred(body, messages)
    return {"messages": messages, "dns": _questions(rows)}


def _questions(rows: dict[int, list[_Row]]) -> list[list[Any]]:
    asked = [r for own in rows.values() for r in own if r.kind == Event.LOOKED_UP and r.node == "mta"]
    types = {1: "A", 15: "MX", 28: "AAAA", 16: "TXT", 12: "PTR"}
    codes = {0: "NOERROR", 2: "SERVFAIL", 3: "NXDOMAIN", 5: "REFUSED"}
    return [[_s(r.t_us), r.peer, types[r.detail], codes.get(r.code)] for r in sorted(asked, key=lambda r: r.t_us) if r.detail in types]


def _recipient(
    log: EventLog, delivery: int, rcpt: str, own: list[_Row], rows: dict[int, list[_Row]], host_of: Any, node_of: Any, figures: Any
) -> dict[str, Any]:
    table = log.messages
    mine = [r for r in own if r.rcpt in ("", rcpt)]
    state, copies = table["state"][delivery], table["copies"][delivery]
    stored = [r for r in mine if r.kind == Event.STORED and r.rcpt == rcpt]
    expired = any(r.kind == Event.EXPIRED and r.rcpt == rcpt for r in mine) or _timed_out(mine, rcpt)
    frozen = next((r for r in mine if r.kind == Event.DEFERRED and r.why == Why.FROZEN), None)
    if frozen is not None:  # the log says that it failed; that it is kept for a while is another line
        expired = expired or table["why"][delivery] == Why.HOST_CUTOFF
    if copies:
        final, t_final = "delivered", stored[0].t_us
    elif state == State.REJECTED:
        final, t_final = "rejected_at_submission", table["ended_us"][delivery]
    elif frozen is not None:
        final, t_final = "expired" if expired else "bounced", frozen.t_us
    elif table["ended_us"][delivery] >= 0:
        final, t_final = "expired" if expired else "bounced", table["ended_us"][delivery]
    else:
        final, t_final = "queued", -1
    reports = _reports(log, rcpt, mine, rows, figures)
    if final in ("bounced", "expired") and reports:
        t_final = round(reports[-1]["t"] * 1e6)  # the recordings' final instant is that of the report's arrival
    return {
        "rcpt": rcpt,
        "final": final,
        "t_final": _s(t_final) if t_final >= 0 else None,
        "via": node_of.get(stored[0].node) if stored else None,
        "copies": copies,
        "bounce_delivered": any(r["action"] == "failed" for r in reports),
        "tries": _tries(log, rcpt, mine, host_of, node_of, figures),
        "dsns": reports,
    }


def _timed_out(mine: list[_Row], rcpt: str) -> bool:
    """Returned after a last attempt because its host had failed for too long (Exim: retry timeout exceeded)."""
    ends = (Event.BOUNCED, Event.DISCARDED)
    cutoffs = [r for r in mine if r.kind in ends and r.rcpt == rcpt]
    return any(Why.HOST_CUTOFF in (r.why, r.value if r.kind == Event.DISCARDED else 0) for r in cutoffs)


def _reports(log: EventLog, rcpt: str, mine: list[_Row], rows: dict[int, list[_Row]], figures: Any) -> list[dict[str, Any]]:
    """The reports on a recipient that reached its sender."""
    found = []
    for r in mine:
        if r.kind not in (Event.BOUNCED, Event.DELAY_NOTICED) or r.value < 0:
            continue
        stored = next((s.t_us for s in rows.get(r.value, ()) if s.kind == Event.STORED), None)
        if stored is None:
            continue
        ended = next((e for e in mine if e.kind == Event.EXPIRED and e.t_us == r.t_us), None)
        last = [e for e in mine if e.kind in (Event.TRIED, Event.ANSWERED) and e.t_us <= r.t_us]
        code, text = r.code, r.extra
        if r.kind == Event.DELAY_NOTICED and last:
            code, text = last[-1].code, last[-1].extra.partition("|")[2]
        of = Why(ended.why) if ended is not None else Why.NONE
        action, status = reported(code, text, Why(r.why), of=of, delayed=r.kind == Event.DELAY_NOTICED, wording=figures)
        found.append({"t": _s(stored), "action": action, "status": status, "final_recipient": f"rfc822; {rcpt}"})
    return found


def _tries(log: EventLog, rcpt: str, mine: list[_Row], host_of: Any, node_of: Any, figures: Any) -> list[dict[str, Any]]:
    """Attempt by attempt: what was contacted for this recipient, and what came of it."""
    at_mta = [r for r in mine if r.node == "mta" and r.attempt > 0]
    answered = {(r.t_us, r.attempt): r for r in at_mta if r.kind == Event.ANSWERED and r.rcpt == rcpt}
    found = []
    for attempt in sorted({r.attempt for r in at_mta}):
        here = [r for r in at_mta if r.attempt == attempt]
        contacts = [answered.get((r.t_us, attempt), None if answered else r) for r in here if r.kind == Event.TRIED]
        kept = not any(r.kind == Event.LOOKED_UP for r in here)  # a session that was open already
        contacted = [r for r in dict.fromkeys(contacts) if r is not None and not (kept and _refused_at_mail(r))]
        ended = _ended([r for r in here if r.kind in RESULTS and r.rcpt in ("", rcpt)])
        taken = contacted and contacted[-1].why == Why.OK
        if ended is None and (not contacted or (figures.discipline == "routes" and not taken)):
            continue  # nothing happened; or OpenSMTPD's log has not said yet what came of it
        result = "sent" if taken else RESULTS.get(Event(ended.kind), "deferred") if ended is not None else "deferred"
        result = "bounced" if ended is not None and ended.why == Why.FROZEN else result
        start = contacted[0].t_us if contacted else ended.t_us if ended is not None else 0
        end = contacted[-1].t_us + contacted[-1].value if contacted else start
        end = max(end, next((r.t_us for r in here if r.kind == Event.DEFERRED), end))  # it may have waited for more
        row: dict[str, Any] = {
            "t_start": _s(start),
            "t_end": _s(end),
            "result": result,
            "dsn": None,
            "addresses": [_address(log, r, mine, host_of, node_of) for r in contacted],
        }
        if not contacted and result == "deferred":
            row["suspended"] = True
        found.append(row)
    return found


def _ended(ends: list[_Row]) -> _Row | None:
    """What an attempt came to; where the message expired some time later without another one, that is no part of it."""
    if not ends:
        return None
    deferred = next((r for r in ends if r.kind == Event.DEFERRED), ends[-1])
    return deferred if ends[-1].kind in (Event.BOUNCED, Event.DISCARDED) and deferred.t_us < ends[-1].t_us else ends[-1]


def _refused_at_mail(r: _Row) -> bool:
    """The sinks of the recordings know a transaction from its MAIL on: a refused one in an open session leaves no trace there."""
    return r.extra.startswith("mail|") and r.code >= 400


def _address(log: EventLog, r: _Row, mine: list[_Row], host_of: Any, node_of: Any) -> dict[str, Any]:
    stage, _, text = r.extra.partition("|")
    ip = log.names[r.detail] if r.detail >= 0 else ""
    outcome = OUTCOMES.get(Why(r.why), "tempfail" if 400 <= r.code < 500 else "permfail")
    code: int | None = r.code if r.code > 0 else None
    if r.why == Why.TOO_BIG and code is None:  # it left without MAIL
        outcome = "gave_up"
    host = host_of.get(ip, r.peer.partition(".")[0])
    words = text.split()
    enhanced: str | None = words[1] if len(words) > 1 and words[1].count(".") == 2 else None
    if r.why == Why.OK:
        code, enhanced, stage = 250, "2.0.0", "eod"
    elif r.why == Why.REPLY_LOST:
        end = r.t_us + r.value
        said = any(s.kind == Event.ACCEPTED and s.node in node_of and node_of[s.node] == host and r.t_us <= s.t_us <= end for s in mine)
        code, enhanced = (250, "2.0.0") if said else (None, None)
    return {
        "t": _s(r.t_us), "host": host, "ip": ip, "outcome": outcome, "code": code, "enh": enhanced,
        "stage": None if stage == "connect" else stage,
    }  # fmt: skip
