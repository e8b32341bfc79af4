"""MTA-STS (RFC 8461): which policy a sender holds at an instant, when it fetches one, and which hosts the policy lets it use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from mailsim.rules.reasons import Why
from mailsim.rules.tls import NO_DEMAND, Demand

__all__ = ["FETCH_PAUSE_US", "NAME", "Course", "Fetch", "Policy", "course", "demand", "matches", "policy_id"]

#: after a fetch that failed the same version is not fetched again for so long (RFC 8461 section 3.3: five minutes or longer)
FETCH_PAUSE_US = 300_000_000

#: where the record stands that says there is a policy (RFC 8461 section 3.1)
NAME = "_mta-sts."

_FIELD = re.compile(r"id\s*=\s*([A-Za-z0-9]{1,32})")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


class Policy(NamedTuple):
    """A policy: ``mode`` (``enforce``, ``testing`` or ``none``), patterns of MX hosts, and for how long it may be kept."""

    mode: str
    mx: tuple[str, ...]
    max_age_us: int


class Fetch(NamedTuple):
    """A fetch of a policy: when it began and ended, the ``id`` that made it necessary, and what came of it (None: nothing)."""

    asked_us: int
    done_us: int
    id: str
    policy: Policy | None


class Course(NamedTuple):
    """What a sender does now: it waits until ``t_us``, then fetches a policy, or goes by ``policy`` (None: as if there were none)."""

    t_us: int
    fetches: bool
    policy: Policy | None


def policy_id(texts: Sequence[Any]) -> str | None:
    """The ``id`` of the one valid record among TXT records, or None (RFC 8461 section 3.1).

    Several records that begin with ``v=STSv1`` count as none.

    >>> policy_id(['"v=STSv1; id=20160831085700Z;"', '"v=spf1 -all"'])
    '20160831085700Z'
    """
    found = []
    for text in texts:
        joined = "".join(_QUOTED.findall(str(text))) or str(text)
        version, _, rest = joined.partition(";")
        if re.fullmatch(r"v\s*=\s*STSv1\s*", version):
            found.append(rest)
    if len(found) != 1:
        return None
    fields = [_FIELD.fullmatch(part.strip()) for part in found[0].split(";")]
    return next((field[1] for field in fields if field is not None), None)


def matches(host: str, patterns: Sequence[str]) -> bool:
    """Whether a policy names an MX host; a wildcard stands for exactly the leftmost label (RFC 8461 section 4.1).

    >>> [matches(host, ["*.example.net"]) for host in ("mx.example.net", "example.net", "a.mx.example.net")]
    [True, False, False]
    """
    host = host.lower().rstrip(".")
    _, _, parent = host.partition(".")
    return any(parent == pattern[2:] if pattern.startswith("*.") else host == pattern for pattern in patterns)


def course(fetches: Sequence[Fetch], live_id: str | None, t_us: int) -> Course:
    """What a sender that made these fetches does at ``t_us``, when the DNS says ``live_id`` (None: no record, or no answer).

    Parameters
    ----------
    fetches : sequence of Fetch
        In order of their beginnings; those that began after ``t_us`` are not known yet.

    Notes
    -----
    A policy counts until ``max_age`` after it was fetched, also while neither record nor policy host can be found; without
    such a one mail is sent as if the domain had none (RFC 8461 sections 3.3 and 5.1).  A new ``id`` makes the sender fetch at
    once; that is how it looks for a newer policy before anything fails for good.
    """
    known = [fetch for fetch in fetches if fetch.asked_us <= t_us]
    if known and known[-1].done_us > t_us:
        t_us = known[-1].done_us
    held = next((f for f in reversed(known) if f.policy is not None), None)
    if held is not None and held.policy is not None and t_us >= held.done_us + held.policy.max_age_us:
        held = None
    policy = None if held is None else held.policy
    if live_id is None or (held is not None and held.id == live_id):
        return Course(t_us, False, policy)
    last = known[-1] if known else None
    paused = last is not None and last.policy is None and last.id == live_id and t_us < last.done_us + FETCH_PAUSE_US
    return Course(t_us, not paused, policy)


def demand(policy: Policy | None, host: str) -> Demand:
    """What a policy demands of an MX host (RFC 8461 sections 4 and 5): nothing unless its mode is ``enforce``."""
    if policy is None or policy.mode != "enforce":
        return NO_DEMAND
    if not matches(host, policy.mx):
        return Demand(usable=Why.STS_MISMATCH)
    return Demand(encrypted=Why.STS_UNTRUSTED, trusted=Why.STS_UNTRUSTED)
