"""Could this run of a resolver or stub be one more of its recorded repeats?  Every respect in which it could not, in words.

The questions of the client are paired by name, type and how often it was asked before.  An answer agrees when some repeat had the
same code and the same records (their order and TTLs aside), and when it came as late as in the repeats, within 60 ms or 15 %, or
never, as in some repeat.  One question in twenty may differ: packets race, and machines stall.  The number of questions that the
program itself asked must lie in the range of the repeats, give or take two or 20 %.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from mailsim.validation.agreement.bands import outside, span, within
from mailsim.validation.shape import Json

__all__ = ["TOLD", "differences"]

#: so many questions that differ are told
TOLD = 3

_LATE_S, _LATE_SHARE = 0.06, 0.15  #: how much later or earlier an answer may come
_DIFFERING = 0.05  #: share of the questions that may differ
_ASKED, _ASKED_SHARE = 2, 0.2  #: room for the number of questions upstream

Key: TypeAlias = tuple[str, str | None, int]
Records: TypeAlias = frozenset[tuple[str, ...]]


def differences(simulated: Json, recorded: Sequence[Json]) -> list[str]:
    """What a simulated repeat has that no repeat of the real program could have had; empty where it could be one of them.

    Parameters
    ----------
    simulated : dict
        One repeat.
    recorded : sequence of dict
        The repeats of the real program, at least one.
    """
    mine = _by_question(simulated.get("observed", ()))
    real = [_by_question(repeat["observed"]) for repeat in recorded]
    sizes = [len(one) for one in real]
    if not mine or not 0.9 * min(sizes) - 1 <= len(mine) <= 1.1 * max(sizes) + 1:
        return [outside("questions of the client:", len(mine), sizes)]
    found = []
    asked = [len(repeat["upstream"]) for repeat in recorded]
    own = len(simulated.get("upstream", ()))
    if not within(own, asked, max(_ASKED, round(_ASKED_SHARE * max(asked)))):
        found.append(outside("questions asked upstream:", own, asked))
    wrong = list(_differing(mine, real))
    if found or len(wrong) > _DIFFERING * len(mine):
        found.extend(wrong[:TOLD])
        if len(wrong) > TOLD:
            found.append(f"{len(wrong)} of {len(mine)} questions differ")
    return found


def _by_question(observed: Sequence[Json]) -> dict[Key, Json]:
    """The questions of a repeat by name, type and how often they were asked before."""
    asked: Counter[tuple[str, str | None]] = Counter()
    rows: dict[Key, Json] = {}
    for row in observed:
        question = (str(row.get("qname", row.get("call"))).lower(), row.get("qtype"))
        rows[(*question, asked[question])] = row
        asked[question] += 1
    return rows


def _differing(mine: Mapping[Key, Json], real: Sequence[Mapping[Key, Json]]) -> Iterator[str]:
    """The questions that differ, one sentence each, in the order of asking."""
    for key, row in mine.items():
        others = [one[key] for one in real if key in one]
        words = _compared(row, others) if others else "asked, recorded never"
        if words:
            yield f"{_name(key)}: {words}"
    for key in real[0]:
        if key not in mine and all(key in one for one in real):  # what some repeats lack may be missing here as well
            yield f"{_name(key)}: not asked, recorded always"


def _compared(mine: Json, real: Sequence[Json]) -> str:
    """One question: what differs first, or nothing."""
    codes = {other.get("rcode") for other in real}
    if mine.get("rcode") not in codes:
        return f"{mine.get('rcode')}, recorded {' or '.join(sorted(map(str, codes)))}"
    if _records(mine) not in [_records(other) for other in real]:
        return f"{_said(mine)}, recorded {_said(real[0])}"
    waits = [_wait_s(other) for other in real]
    own = _wait_s(mine)
    answered = [wait for wait in waits if wait is not None]
    if own is None:
        fits = None in waits
    else:
        fits = bool(answered) and within(own, answered, max(_LATE_S, _LATE_SHARE * max(answered)))
    return "" if fits else f"{_after([own])}, recorded {_after(waits)}"


def _wait_s(row: Json) -> float | None:
    """Seconds from question to answer; None where there was none."""
    answer = row.get("t_answer")
    return None if answer is None else float(answer) - float(row["t_sent"])


def _after(waits: Sequence[float | None]) -> str:
    words = [] if set(waits) == {None} else [f"answered after {span(waits)} s"]
    return " or ".join([*words, *(["never answered"] if None in waits else [])])


def _records(row: Json) -> Records:
    """The records of an answer: name, type and content of each, or the text that a program printed, whole."""
    return frozenset(
        (answer,) if isinstance(answer, str) else (answer[0].rstrip(".").lower(), str(answer[2]), *sorted(map(str, answer[3])))
        for answer in row.get("answers") or ()
    )


def _said(row: Json) -> str:
    return "; ".join(sorted(" ".join(record) for record in _records(row)))[:120] or "no record"


def _name(key: Key) -> str:
    name, kind, before = key
    return f"{name} {kind}" + (f" (time {before + 1})" if before else "")
