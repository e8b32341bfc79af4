"""A planned edit of a zone, and what a file may get wrong about records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mailsim.declared import Declared, Duration
from mailsim.errors import did_you_mean
from mailsim.scenario.zones import records_reading, rrset_key

if TYPE_CHECKING:
    from mailsim.scenario.document import Path
    from mailsim.scenario.problems import Complaint

__all__ = ["Change", "check_records", "check_removed"]

#: TTLs are 31 bits (RFC 2181 section 8)
_LONGEST_TTL_US = (2**31 - 1) * 1_000_000


class Change(Declared):
    """A planned edit of a zone at ``at``: each RRset in ``records`` replaces the one of that name and type.

    ``remove`` lists RRsets (``name TYPE``) to take away; ``ttl`` then gives every RRset of the zone this lifetime, as one
    lowers it before a move.  The serial goes up by one, or to ``serial``.
    """

    at: Duration
    zone: str
    records: str = ""
    remove: tuple[str, ...] = ()
    ttl: Annotated[Duration, Field(le=_LONGEST_TTL_US)] | None = None
    serial: Annotated[int, Field(ge=0, lt=2**32)] | None = None


def check_records(text: str, origin: str, at: Path, there: set[tuple[str, str]]) -> Iterator[Complaint]:
    """Complain of lines that can't be read; what can is added to what is ``there``."""
    if not text:
        return
    records, problems = records_reading(text, origin)
    for row, what in problems:
        yield (*at, "records"), what, row
    there.update((record.name, record.rtype) for record in records)


def check_removed(entries: tuple[str, ...], at: Path, there: set[tuple[str, str]]) -> Iterator[Complaint]:
    """Complain of RRsets to remove that are not there."""
    for j, entry in enumerate(entries):
        key = rrset_key(entry)
        if key not in there:
            known = [" ".join(one) for one in sorted(there)]
            hint = did_you_mean(" ".join(key), known) or "; write the full name and the type, such as: mx1.example.com A"
            yield (*at, "remove", j), f"the zone has no {entry[:60]!r}{hint}", 0
