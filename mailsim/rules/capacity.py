"""How many sessions a server serves at a time where that changes, and when a further one begins: first come, first served."""

from __future__ import annotations

from collections.abc import Sequence

from mailsim.rules.conditions import Condition, Timeline

__all__ = ["begins_us", "served_at_a_time"]


def served_at_a_time(most: int | None, condition: Condition) -> int | None:
    """The number of sessions under a condition; None for as many as come.

    >>> [served_at_a_time(most, Condition(sessions=few)) for most, few in ((None, -1), (100, -1), (100, 2), (1, 2))]
    [None, 100, 2, 1]
    """
    if condition.sessions < 0:
        return most
    return condition.sessions if most is None else min(most, condition.sessions)


def begins_us(ends_us: Sequence[int], t_us: int, most: int | None, capacity: Timeline) -> int:
    """When a session that is asked for at ``t_us`` begins; sessions that are open already go on, whatever the capacity.

    Parameters
    ----------
    ends_us : sequence of int
        When the sessions asked for before end, those that still wait included.
    t_us : int
        When it is asked for.
    most : int or None
        As many sessions as ever; None for no limit.
    capacity : Timeline
        How many less there may be.

    Examples
    --------
    Two sessions are open until 10 and 20; there is room for one at a time until 15, then for two.

    >>> from mailsim.rules.conditions import Span
    >>> one = Timeline([Span(0, 15, Condition(sessions=1))])
    >>> [begins_us(ends, 5, 2, one) for ends in ([10], [10, 20], [20, 30], [20, 20, 20])]
    [10, 15, 20, 20]
    """
    instants = sorted({t_us, *(end for end in ends_us if end > t_us), *(edge for edge in capacity.edges if edge > t_us)})
    for instant in instants:
        limit = served_at_a_time(most, capacity.at(instant))
        if limit is None or sum(end > instant for end in ends_us) < limit:
            return instant
    raise AssertionError("all sessions end")
