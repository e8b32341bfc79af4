"""How time passes: a clock, and Flows that wait for an instant or for each other.  The only file that imports SimPy.

For readers who know SimPy: what a run costs is its number of events and of the objects made for them.  A SimPy process
has an event to begin, an event to end and a new event for each wait; a ``Resource`` adds two for each visit.  A
:class:`Flow` drives a generator like a process does, but owns **one** event, which is armed again for each wait, and
begins and ends without one.  A Flow that waits for somebody else *parks* on a :class:`Line`, has no event at all
meanwhile, and is woken with exactly one.  Places that are shared stand in ``stations``.

Instants and durations are integer microseconds.  **Ties are ordered by number, not by luck**: events of one instant
run in the ``order`` of their Flow (SimPy's priority: ``FAULT`` 0, ``SOURCE`` 1, ``MESSAGE`` 2 + number of the message),
so the result does not depend on how many waits a model happens to make before that instant.

The commit rule: read and write shared state (queues, caches, lines, slots) only while the clock stands at your own
instant.  Who has computed a future instant has to ``yield`` to it first.  Calls that change shared state therefore take
the caller's ``t`` and assert that it is the clock's.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator
from heapq import heappop, heappush
from sys import maxsize
from typing import Any, Final, TypeAlias, cast

from simpy.core import Environment
from simpy.events import Event

from mailsim.errors import LimitError

__all__ = ["FAULT", "MESSAGE", "SOURCE", "Clock", "Flow", "Join", "Line", "Script", "Turn", "wake"]

FAULT: Final = 0  #: order of changes of conditions: an outage includes its first instant and excludes its last
SOURCE: Final = 1  #: order of what makes messages
MESSAGE: Final = 2  #: order of message number n is MESSAGE + n


class Clock(Environment):
    """SimPy's environment with an integer clock, a stop instant, a budget of steps and a count of parked Flows."""

    def __init__(self, start_us: int = 0) -> None:
        super().__init__(start_us)
        self.steps = 0  #: events processed so far
        #: Flows that wait on a line without a time limit.  Whom nobody wakes waits for ever, and SimPy forgets it without
        #: a word, since nothing of it is in the list of events: after a run this has to equal the idle servants and the
        #: waiting messages that the model knows of.
        self.parked = 0

    @property
    def now(self) -> int:
        """The current instant in microseconds."""
        return self._now  # type: ignore[return-value]

    def run(self, until: int | None = None, *, max_steps: int | None = None) -> None:  # type: ignore[override]
        """Let time pass until nothing is due, or until just before everything that is due at ``until``.

        Raises
        ------
        LimitError
            When ``max_steps`` events were processed and more are due.
        """
        stop = None if until is None else _StopEvent(self, until)
        limit = maxsize if max_steps is None else max_steps
        queue, done = self._queue, 0
        try:
            while queue and done < limit:  # the loop is SimPy's step(), written out: 4 % of a whole run
                self._now, _, _, event = heappop(queue)
                callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
                for callback in callbacks:
                    callback(event)
                if not event._ok and not event.defused:
                    raise event._value
                done += 1
        except _StopNow:
            return
        finally:
            self.steps += done
            if stop is not None:
                stop.callbacks = ()  # should it still be in the list of events, it stops nobody any more
        if queue and queue[0][3] is stop:
            self._now = heappop(queue)[0]
        elif queue:
            raise LimitError(f"the run took more than max_steps={max_steps:,} steps of its clock, which had come to {self._now} us")

    def stop(self) -> None:
        """End the run at the current instant, before anything else that is due now."""
        _StopEvent(self, self.now)


class _StopNow(Exception):
    """The instant has come at which a run was to end.  (SimPy's own StopSimulation leaves an event behind.)"""


class _StopEvent(Event):
    """Ends a run before anything else that is due at its instant."""

    _ok = True
    _value = None

    def __init__(self, env: Clock, until: int) -> None:
        if until < env.now:
            raise ValueError(f"can't run until {until} us: it is {env.now} us already")
        self.env = env
        self.callbacks: Any = (_stop,)
        env.schedule(self, cast(Any, FAULT - 1), until - env.now)


def _stop(event: Event) -> None:
    raise _StopNow


class Line(OrderedDict["Flow", None]):
    """Flows that wait, first come first served; one can leave from the middle in constant time.

    An ``OrderedDict`` because a plain ``dict`` gets slow when it is emptied from the front.
    """

    __slots__ = ()

    def append(self, flow: Flow) -> None:
        """Put a Flow at the end (yielding the line does that)."""
        self[flow] = None

    def popleft(self) -> Flow:
        """Take the first Flow off the line, to wake it."""
        return self.popitem(last=False)[0]


#: what a Flow may yield
Turn: TypeAlias = int | Line | tuple[Line, int]
#: the generator that a Flow drives; what it gets back depends on what it yielded
Script: TypeAlias = Generator[Turn, Any, object]


class Flow(Event):
    """Drives a generator.  The generator yields one of

    ==================  ==================================================  =======================================
    an instant          "wake me then" (not before now)                     gets back that instant
    a :class:`Line`     "park me there"                                     gets back what :func:`wake` hands over
    (Line, instant)     "park me there, but only until then"                ditto, or ``None`` when time ran out
    ==================  ==================================================  =======================================

    Parameters
    ----------
    env : Clock
        The clock.
    script : generator
        What to do.
    order : int
        Rank among the events of one instant: FAULT, SOURCE, or MESSAGE + number.

    Notes
    -----
    A script may return another script: the Flow goes on with that one.  So a message's life is handed from node to node,
    stage by stage, with no generator inside a generator.

    Traps.  The script runs up to its first ``yield`` inside the constructor, before the creator goes on.  After a park
    the generator gets a value and not the time: read ``env.now``.  The order outranks the order of arming: a Flow that
    is woken now runs after those of lower order that are due now, and before those of higher order.

    How it works: SimPy takes an event off its list, sets ``callbacks`` to None and calls each of them.  Ours puts them
    back and schedules the same event again.  They stand in one tuple for all Flows; a bound method would tie each Flow
    into a reference cycle that only the garbage collector could undo.
    """

    _ok = True
    _value = None
    callbacks: Any = None
    env: Clock
    alarm: _Alarm | None = None
    value_next: object = None  #: what the generator gets at its next turn

    def __init__(self, env: Clock, script: Script, order: int) -> None:
        self.env = env
        self.send = script.send
        self.order: Any = order  # SimPy's type for it is a NewType of int
        _fire(self)


def _fire(flow: Flow) -> None:
    """Run the generator to its next ``yield`` and arrange for its wake-up."""
    value = flow.value_next
    while True:
        try:
            turn = flow.send(value)
            break
        except StopIteration as end:
            if end.value is None:
                return
            flow.send, value = end.value.send, None
    env = flow.env
    if turn.__class__ is int:
        assert turn >= env._now, f"a Flow can't wake at {turn} us: it is {env._now} us already"
        flow.value_next = turn
        flow.callbacks = _FIRE
        heappush(env._queue, (turn, flow.order, next(env._eid), flow))  # env.schedule(), written out: 5 % of a whole run
    elif isinstance(turn, Line):
        turn[flow] = None
        env.parked += 1
    elif isinstance(turn, tuple):
        line, until = turn
        line[flow] = None
        flow.alarm = _Alarm(flow, line, until)
    else:
        raise TypeError(f"a Flow yields an int, a Line or (Line, int), not {turn!r} ({type(turn).__name__})")


_FIRE = (_fire,)


def wake(flow: Flow, value: object, t: int) -> None:
    """Resume a Flow that was taken off its line, at the current instant: exactly one event.

    ``t`` is the caller's time and must be the clock's: who has looked ahead would hand over in the past.  The reason
    for the wake-up travels as ``value``; the Flow must not look around for it, the world may have moved on.
    """
    env = flow.env
    assert t == env._now, f"wake at {t} us by somebody who has looked ahead: the clock stands at {env._now} us"
    assert flow.callbacks is None, "this Flow is due already"
    if flow.alarm is None:
        env.parked -= 1
    else:
        assert value is not None, "None means that time ran out"
        flow.alarm.flow = None
        flow.alarm = None
    flow.value_next = value
    flow.callbacks = _FIRE
    env.schedule(flow, flow.order)


class _Alarm(Event):
    """Ends a timed park.  SimPy can't take an event off its list: a void alarm (flow None) stays and passes in silence.

    So a run that ends when nothing is due may end at a void alarm, later than the last thing that happened.
    """

    _ok = True
    _value = None
    callbacks: Any = None

    def __init__(self, flow: Flow, line: Line, until: int) -> None:
        env = flow.env
        assert until >= env._now, f"a Flow can't wait until {until} us: it is {env._now} us already"
        self.flow: Flow | None = flow
        self.line = line
        self.callbacks = _RING
        env.schedule(self, flow.order, until - env._now)


def _ring(alarm: _Alarm) -> None:
    flow = alarm.flow
    if flow is not None:
        alarm.flow = flow.alarm = None
        del alarm.line[flow]
        flow.value_next = None
        _fire(flow)


_RING = (_ring,)


class Join:
    """Where a Flow waits for several others: ``yield join.line``, which goes on when ``n`` calls of :meth:`done` were made.

    With n = 0 there is nothing to wait for: ask ``join.missing`` first.
    """

    __slots__ = ("line", "missing")

    def __init__(self, n: int) -> None:
        self.missing = n  #: calls of done() still to come
        self.line = Line()

    def done(self, t: int) -> None:
        """One of them is through."""
        self.missing -= 1
        if not self.missing:
            while self.line:
                wake(self.line.popleft(), t, t)
