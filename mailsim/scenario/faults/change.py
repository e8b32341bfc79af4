"""A planned edit of a zone."""

from __future__ import annotations

from mailsim.declared import Declared, Duration

__all__ = ["Change"]


class Change(Declared):
    """A planned edit of a zone at ``at``: each RRset in ``records`` replaces the one of that name and type.

    ``remove`` lists RRsets (``name TYPE``) to take away; the serial goes up by one.
    """

    at: Duration
    zone: str
    records: str = ""
    remove: tuple[str, ...] = ()
