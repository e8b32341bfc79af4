"""Could this run of a mail server be one more of its recorded repeats?  Every respect in which it could not, in words.

Each message and recipient is compared with the same one of all repeats: how it ended and where, which hosts were tried in which
order with which replies, how often, when, how many copies were stored, and which reports the sender got.  What a repeat can't
reproduce has room: the phase of the queue scans (instants: one scan, and a third of it more with every try), the count of tries
(one, or 15 %), and which of several hosts of equal preference comes first.  In a crowd (more than four messages) the order in
which the messages get their turn is chance, so their tries are compared by number and end, not one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from mailsim.validation.agreement.bands import outside, within
from mailsim.validation.shape import Json

__all__ = ["SCAN_PARAMETERS", "differences", "equals_of", "scan_s"]

#: parameters that say how often a program looks through its queue
SCAN_PARAMETERS = ("queue_run_delay", "queue_interval", "queue_run", "runner", "interval", "q")

_LEAST_SCAN_S = 2.0  #: room for programs without a scan of their own (OpenSMTPD, Courier): that of the fastest scan recorded
_FIRST_TRY_S = 1.0  #: a first try waits for nobody; the recording machine was at times this slow
_GROWTH = 0.35  #: each try inherits some of the phase of those before it
_CROWD = 4  #: more messages than this are a crowd
_POPULATION = 20  #: so many messages give shares worth comparing
_UNITS_S = {"s": 1.0, "m": 60.0, "h": 3600.0}

Way: TypeAlias = tuple[tuple[tuple[str, str | None, object], ...], ...]


class _Frame(NamedTuple):
    """What the comparison of each recipient needs to know of the case."""

    scan_s: float
    equals: Mapping[str, str]
    crowd: bool

    def place(self, host: str | None) -> str:
        """The host, or what it shares with its equals; a mail that went nowhere has none."""
        return self.equals.get(host, host) if host is not None else "nowhere"


def scan_s(params: Mapping[str, object]) -> float:
    """Seconds between two scans of the queue, at least two.

    Examples
    --------
    >>> scan_s({"queue_interval": "4s"}), scan_s({"retry": "4s"}), scan_s({"q": "soon"})
    (4.0, 2.0, 2.0)
    """
    return max([_LEAST_SCAN_S, *(_seconds(str(params[name])) for name in SCAN_PARAMETERS if name in params)])


def _seconds(text: str) -> float:
    try:
        return float(text[:-1]) * _UNITS_S[text[-1]] if text[-1:] in _UNITS_S else float(text)
    except ValueError:
        return _LEAST_SCAN_S


def equals_of(zones: Sequence[Json]) -> dict[str, str]:
    """For each mail host its name, or for hosts that a zone gives one preference the name that they share.

    Hosts go by their first label, as in the recordings.

    Examples
    --------
    >>> records = [("10", "mx1.x."), ("10", "mx2.x."), ("20", "mx3.x.")]
    >>> equals_of([{"name": "x.", "type": "MX", "value": " ".join(r)} for r in records])
    {'mx1': '10 of x.', 'mx2': '10 of x.', 'mx3': 'mx3'}
    """
    rank: dict[str, str] = {}
    for record in zones:
        if record["type"] == "MX":
            preference, host = record["value"].split()[:2]
            rank.setdefault(host.split(".")[0], f"{preference} of {record['name']}")
    sharing = Counter(rank.values())
    return {host: place if sharing[place] > 1 else host for host, place in rank.items()}


def differences(body: Json, simulated: Json, recorded: Sequence[Json]) -> list[str]:
    """What a simulated repeat has that no repeat of the real server could have had; empty where it could be one of them.

    Parameters
    ----------
    body : dict
        The case as it was set up.
    simulated : dict
        One repeat.
    recorded : sequence of dict
        The repeats of the real server, at least one.
    """
    first = recorded[0]["messages"]
    frame = _Frame(scan_s(body["mta"].get("params", {})), equals_of(body["world"]["zones"]), len(first) > _CROWD)
    mine = {(message["id"], recipient["rcpt"]): recipient for message, recipient in _recipients(simulated)}
    real: dict[tuple[str, str], list[Json]] = {}
    for repeat in recorded:
        for message, recipient in _recipients(repeat):
            real.setdefault((message["id"], recipient["rcpt"]), []).append(recipient)
    found: list[str] = []
    for message, recipient in _recipients(recorded[0]):
        key = (message["id"], recipient["rcpt"])
        own = mine.get(key)
        told = ["no such mail"] if own is None else _compared(own, real[key], frame)
        found.extend(f"{key[0]} to {key[1]}: {words}" for words in told)
    if len(first) >= _POPULATION:
        found.extend(_shares(simulated, recorded))
    return found


def _recipients(repeat: Json) -> Iterator[tuple[Json, Json]]:
    for message in repeat.get("messages", ()):
        for recipient in message["recipients"]:
            yield message, recipient


def _compared(mine: Json, real: Sequence[Json], frame: _Frame) -> list[str]:
    """One recipient: what differs.  Where the end differs, all else does too and is not told."""
    ends = {other["final"] for other in real}
    if mine.get("final") not in ends:
        return [f"{mine.get('final')}, recorded {' or '.join(sorted(ends))}"]
    return [words for check in _CHECKS if (words := check(mine, real, frame))]


def _contacts(recipient: Json) -> list[Json]:
    """The tries that reached out to somebody; the others (suspended, no route) leave no trace on the wire."""
    return [one for one in recipient.get("tries", ()) if one.get("addresses")]


def _began(attempt: Json) -> float | None:
    """When a try began; some logs give no start, then its first address or its end stands for it."""
    for instant in (attempt.get("t_start"), attempt["addresses"][0].get("t")):
        if instant is not None:
            return float(instant)
    end = attempt.get("t_end")
    return None if end is None else float(end)


def _where(mine: Json, real: Sequence[Json], frame: _Frame) -> str:
    """A delivered mail goes to a host that got it in some repeat."""
    if mine["final"] != "delivered":
        return ""
    hosts = {frame.place(other.get("via")) for other in real if other["final"] == "delivered"}
    via = mine.get("via")
    return "" if frame.place(via) in hosts else f"delivered to {via}, recorded {' or '.join(sorted(hosts))}"


def _copies(mine: Json, real: Sequence[Json], frame: _Frame) -> str:
    """A delivered mail is stored as often as in some repeat."""
    counts = sorted({other.get("copies", 1) for other in real})
    own = mine.get("copies", 1)
    return "" if mine["final"] != "delivered" or own in counts else f"stored {own} times, recorded {' or '.join(map(str, counts))}"


def _way(recipient: Json, frame: _Frame) -> Way:
    """Host, outcome and code of each address of each try; the same try again and again counts once."""
    way: list[tuple[tuple[str, str | None, object], ...]] = []
    for attempt in _contacts(recipient):
        step = tuple((frame.place(a.get("host")), a.get("outcome"), a.get("code")) for a in attempt["addresses"])
        if way[-1:] != [step]:
            way.append(step)
    return tuple(way)


def _same_way(mine: Json, real: Sequence[Json], frame: _Frame) -> str:
    """A mail meets the same hosts and the same replies as in some repeat."""
    own, others = _way(mine, frame), [_way(other, frame) for other in real]
    return "" if frame.crowd or own in others else f"way {_said(own)}, recorded {_said(others[0])}"


def _said(way: Way) -> str:
    tries = (" + ".join(f"{host} {outcome}" + (f" {code}" if code else "") for host, outcome, code in step) for step in way)
    return "; ".join(tries) or "nobody tried"


def _count(mine: Json, real: Sequence[Json], frame: _Frame) -> str:
    """As many tries as in the repeats, give or take one or 15 %."""
    counts = [len(_contacts(other)) for other in real]
    own = len(_contacts(mine))
    return "" if within(own, counts, max(1, round(0.15 * max(counts)))) else outside("tries:", own, counts)


def _instants(mine: Json, real: Sequence[Json], frame: _Frame) -> str:
    """Each try begins when it did in the repeats that had so many; the first that does not is told."""
    if frame.crowd:
        return ""
    begun = [[_began(attempt) for attempt in _contacts(other)] for other in real]
    for k, instant in enumerate(map(_began, _contacts(mine))):
        others = [column[k] for column in begun if len(column) > k]
        slack = frame.scan_s * (1 + _GROWTH * k) if k else max(_FIRST_TRY_S, frame.scan_s / 2)
        if others and not within(instant, others, slack):
            return outside(f"try {k + 1} at", instant, others) + f" s (+- {slack:.2g})"
    return ""


def _end(mine: Json, real: Sequence[Json], frame: _Frame) -> str:
    """The end comes when it did in the repeats that ended so."""
    if mine["final"] == "queued":
        return ""
    ends = [other.get("t_final") for other in real if other["final"] == mine["final"]]
    slack = frame.scan_s * (1 + _GROWTH * max(len(_contacts(other)) for other in real))
    own = mine.get("t_final")
    return "" if within(own, ends, slack) else outside(f"{mine['final']} at", own, ends) + f" s (+- {slack:.2g})"


def _reports(recipient: Json) -> Counter[tuple[str, str, str]]:
    """Action, status and recipient of each report about this mail (RFC 3464 section 2.3)."""
    return Counter(
        (str(dsn.get("action")), str(dsn.get("status")), str(dsn.get("final_recipient")).rpartition(";")[2].strip().lower())
        for dsn in recipient.get("dsns", ())
    )


def _same_reports(mine: Json, real: Sequence[Json], frame: _Frame) -> str:
    """The sender is told the same as in some repeat."""
    own, others = _reports(mine), [_reports(other) for other in real]
    if own in others:
        return ""
    told = [", ".join(f"{action} {status}" for action, status, _ in sorted(reports.elements())) or "none" for reports in (own, others[0])]
    return f"reports: {told[0]}, recorded {told[1]}" + (" (for another recipient)" if told[0] == told[1] else "")


_CHECKS: tuple[Callable[[Json, Sequence[Json], _Frame], str], ...] = (_where, _copies, _same_way, _count, _instants, _end, _same_reports)


def _first_contacts(repeat: Json) -> Counter[str]:
    return Counter(str(tries[0]["addresses"][0].get("host")) for _, mail in _recipients(repeat) if (tries := _contacts(mail)))


def _shares(simulated: Json, recorded: Sequence[Json]) -> Iterator[str]:
    """Each host is the first choice for as many mails as in the repeats, within four standard errors and 3 % of the mails."""
    others = [_first_contacts(repeat) for repeat in recorded]
    own = _first_contacts(simulated)
    number = own.total() or 1
    for host in sorted(set(own).union(*others)):
        shares = [other[host] / (other.total() or 1) for other in others]
        mean = sum(shares) / len(shares)
        if not within(own[host] / number, shares, 4 * (mean * (1 - mean) / number) ** 0.5 + 0.03):
            yield outside(f"share of first contacts at {host}:", own[host] / number, shares)
