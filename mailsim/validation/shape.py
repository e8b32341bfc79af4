"""Has a recorded case the parts that rebuilding and comparing need?  Every fault is named with its place inside the case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

__all__ = ["SHAPES", "Json", "kind_of", "misshapen"]

#: an object of a JSON text
Json: TypeAlias = dict[str, Any]

_TEXT, _NUMBER, _NAME = "a text", "a number", "a text or null"
_INSTANT = "a number or null"

_TRY = {"?t_start": _INSTANT, "?t_end": _INSTANT, "?addresses": [{"?t": _INSTANT, "?host": _NAME, "?outcome": _NAME}]}
_REPORT = {"?action": _NAME, "?final_recipient": _NAME}
_RECIPIENT = {"rcpt": _TEXT, "final": _TEXT, "?t_final": _INSTANT, "?via": _NAME, "tries": [_TRY], "?dsns": [_REPORT]}
_MTA_REPEAT = {"messages": [{"id": _TEXT, "recipients": [_RECIPIENT]}]}

_QUESTION = {"?qname": _NAME, "?qtype": _NAME, "?rcode": _NAME, "t_sent": _NUMBER, "t_answer": _INSTANT, "?answers": "a list or null"}
_DNS_REPEAT = {"observed": [_QUESTION], "upstream": [[]]}

_HOP = {"host": _TEXT, "?t_received": _INSTANT, "?tries": [{"?result": _NAME}]}
_MAIL = {"id": _TEXT, "?final": _NAME, "?hops": [_HOP], "?t_fetched": "an object or null"}
_PATH_REPEAT = {"?messages": [_MAIL], "?auth": [{}], "?fetch": [{}]}

_RECORDS = [{"name": _TEXT, "type": _TEXT, "value": _TEXT}]

#: what each kind of case must have: ``?`` marks what may be missing; entries of a list
#: have the shape that stands in the list, if one stands there
SHAPES: dict[str, Json] = {
    "mta": {
        "mta": {"kind": _TEXT, "?params": {}},
        "world": {"zones": _RECORDS},
        "workload": [{"id": _TEXT}],
        "?repeats": [_MTA_REPEAT],
    },
    "dns": {"software": _TEXT, "zones": {}, "servers": {}, "queries": [{}], "?repeats": [_DNS_REPEAT]},
    "path": {"hosts": {}, "world": {"zones": _RECORDS}, "?poll_every": _NUMBER, "?repeats": [_PATH_REPEAT]},
}

_PLAIN: dict[str, tuple[type, ...]] = {
    _TEXT: (str,),
    _NAME: (str, type(None)),
    _NUMBER: (int, float),
    _INSTANT: (int, float, type(None)),
    "a list or null": (list, type(None)),
    "an object or null": (dict, type(None)),
}


def kind_of(case: Mapping[str, object]) -> str | None:
    """The kind of a case, ``mta``, ``dns`` or ``path``, told by its keys; None where they fit no kind."""
    if "mta" in case:
        return "mta"
    if "queries" in case:
        return "dns"
    return "path" if "hosts" in case and {"poll_every", "auth", "fetch"} & case.keys() else None


def misshapen(value: object, shape: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Where ``value`` has not this shape, as pairs of place and what should be there.

    Examples
    --------
    >>> list(misshapen({"a": [{"t": "now"}]}, {"a": [{"t": "a number"}], "b": {}}))
    [('a[0].t', "is 'now', should be a number"), ('b', 'is missing')]
    """
    if isinstance(shape, dict):
        yield from _members(value, shape, path)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield path, f"is {_short(value)}, should be a list"
            return
        for k, entry in enumerate(value):
            for wanted in shape:
                yield from misshapen(entry, wanted, f"{path}[{k}]")
    else:
        assert isinstance(shape, str)
        if not isinstance(value, _PLAIN[shape]) or isinstance(value, bool):
            yield path, f"is {_short(value)}, should be {shape}"


def _members(value: object, shape: Json, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        yield path, f"is {_short(value)}, should be an object"
        return
    for key, wanted in shape.items():
        name = key.removeprefix("?")
        place = f"{path}.{name}" if path else name
        if name in value:
            yield from misshapen(value[name], wanted, place)
        elif key == name:
            yield place, "is missing"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
